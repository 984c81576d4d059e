"""What the confinement is made of: tables, filters, frames, import facts, the probe."""

from __future__ import annotations

import mmap
import platform
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SandboxUnavailable
from envs.sandbox import probe as probing
from envs.sandbox.frames import ARENA_BYTES, HALF, Frame, FrameWriter, OutputLimit, read_frames, write_request
from envs.sandbox.imports import lazy_imports, module_facts
from envs.sandbox.screen import reaching_names
from envs.sandbox.seccomp import function_filter, suite_filter
from envs.sandbox.syscalls import MACHINES, numbers

NEEDED = ["read", "openat", "futex", "clone", "clone3", "landlock_restrict_self", "pivot_root", "prctl", "capset"]


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_tables_hold_what_the_sandbox_calls(machine: str) -> None:
    table = numbers(machine)
    assert all(name in table for name in NEEDED)
    assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("machine", sorted(MACHINES))
@pytest.mark.parametrize("reading", [False, True])
def test_filters_are_well_formed(machine: str, reading: bool) -> None:
    for code in (
        function_filter(reading=reading, machine=machine).code,
        suite_filter(sockets=True, machine=machine).code,
    ):
        instructions = list(struct.iter_unpack("=HBBI", code))
        assert len(instructions) < 4096
        assert instructions[-1][0] == 0x06  # ends in a return
        for at, (operation, when_true, when_false, _) in enumerate(instructions):
            if operation & 0x07 == 0x05:  # jumps stay inside
                assert at + 1 + max(when_true, when_false) < len(instructions)


def test_what_a_child_says_is_read_back() -> None:
    arena = mmap.mmap(-1, ARENA_BYTES)
    frames = [Frame(b"V", b"payload", (1, 2, 300), 2, "déjà"), Frame(b"E", b"")]
    writer = FrameWriter(arena, 1 << 20)
    for frame in frames:
        writer.write(frame)
    assert read_frames(arena, 1 << 20) == (frames, True)
    write_request(arena, b"next")
    assert read_frames(arena, 1 << 20) == ([], True)


def test_output_is_bounded() -> None:
    arena = mmap.mmap(-1, ARENA_BYTES)
    with pytest.raises(OutputLimit):
        FrameWriter(arena, 1000).write(Frame(b"V", b"x" * 1000))
    with pytest.raises(ValueError, match="at most"):
        write_request(arena, bytes(HALF))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 1 << 63))
def test_no_answer_breaks_the_reader(data: bytes, length: int) -> None:
    arena = ARENA
    arena[HALF + 16 : HALF + 16 + 200] = data.ljust(200, b"\xff")
    struct.pack_into("<Q", arena, HALF, length % 300 if length % 2 else length)
    frames, _ = read_frames(arena, 1 << 20)
    assert sum(len(frame.payload) for frame in frames) <= 300


ARENA = mmap.mmap(-1, ARENA_BYTES)


def test_late_imports_are_found_without_importing(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "mod.py").write_text(
        "from __future__ import annotations\nimport os\nraise RuntimeError('imported')\n"
        "def f():\n    import json.decoder\n    from . import other\n    from ..x import y\n    import antigravity\n"
    )
    facts = module_facts("pack.mod", (str(tmp_path),))
    assert set(facts.lazy) == {"json.decoder", "pack", "pack.other"}
    assert facts.flags == 0x1000000
    assert lazy_imports("no.such.module", (str(tmp_path),)) == ()


def test_introspection_is_noticed_where_it_is_new() -> None:
    assert reaching_names("", "import gc\nsys._getframe()\ngetattr(x, name)") == (
        "_getframe",
        "gc",
        "getattr of a computed name",
    )
    assert reaching_names("import gc", "import gc\nx = 1") == ()
    assert reaching_names("", "def f(x):\n    return getattr(x, 'y', None)") == ()


def test_the_probe_says_what_this_machine_offers() -> None:
    found = probing.probe()
    assert found.tier in "ABCD"
    assert found.landlock_abi >= 0
    assert platform.machine() in MACHINES
    assert probing.require("D") == found


def test_less_than_demanded_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = probing.Probe("C", 0, False, True, 0, ("tier A: no", "tier B: no"))
    monkeypatch.setattr(probing, "probe", lambda: weak)
    with pytest.raises(SandboxUnavailable, match=r"offers sandbox tier C, the configuration demands B.*tier A: no"):
        probing.require("B")
