"""A handful of tasks made on the spot from the standard library, so that the environment can be tried with no file."""

from __future__ import annotations

import inspect
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from core.records import Category, Check, Program, Provenance, SourceFile, Split, Task, task_id
from core.seeding import rng
from envs.edits.inject import Injection, inject
from envs.edits.program import program_text
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.expected import expected_values

_PER_SUBJECT = 3
_STATEMENT = "{name} in {module} is broken: some of its checks fail. Edit it until they pass."


@dataclass(frozen=True, slots=True)
class _Subject:
    """A function that needs no file and no clock, and inputs that reach all of it."""

    module: str
    qualname: str
    inputs: tuple[tuple[Any, ...], ...]


_FRACTIONS = (0.0, 0.2, 0.5, 0.9, 1.0)
_COLOURS = tuple(zip(_FRACTIONS * 3, (0.1, 0.6, 1.0) * 5, (0.7, 0.3, 0.0, 0.7) * 4, strict=False))
_MONTHS = tuple((year, month) for year in (1999, 2000, 2024, 2100) for month in (1, 2, 12, 13))
_PATHS = ("", "a", "c:", "c:\\a", "c:a", "\\\\h\\s\\d", "\\\\h", "//h/s", "\\a", "ab")
_TEXTS = (("a\nb\n", "> "), ("", "x"), ("\n \nq", "--"), ("a\r\nb", "\t"), ("one", ""), (" s\n\n\nt", "."))
_SUBJECTS: tuple[_Subject, ...] = (
    _Subject("colorsys", "rgb_to_hsv", _COLOURS),
    _Subject("colorsys", "hls_to_rgb", _COLOURS),
    _Subject("calendar", "monthrange", _MONTHS),
    _Subject("ntpath", "splitdrive", tuple((path,) for path in _PATHS)),
    _Subject("textwrap", "indent", _TEXTS),
    _Subject("difflib", "_format_range_unified", tuple((a, b) for a in (0, 1, 5) for b in (0, 1, 2, 5, 9))),
)


@lru_cache(maxsize=2)
def builtin_tasks(seed: int = 0) -> tuple[Task, ...]:
    """
    The same tasks at every call with the same Python version, single bugs, each failing at least one visible check and
    passing at least one. They are for trying out the environment; nothing is evaluated on them.

    Raises:
        SandboxError: the sandbox failed.
        SandboxUnavailable: this machine can't isolate code.
    """
    with FastLane(SandboxConfig()) as lane:
        return tuple(task for subject in _SUBJECTS for task in _tasks(subject, lane, seed))


def _tasks(subject: _Subject, lane: FastLane, seed: int) -> list[Task]:
    module = import_module(subject.module)
    path = Path(inspect.getsourcefile(module) or "")
    program = program_text(path.read_text(encoding="utf-8"), subject.qualname)
    checks = _checks(subject, lane)
    stream = rng(seed, "builtin", subject.module, subject.qualname)
    found: list[Task] = []
    while len(found) < _PER_SUBJECT:
        bug = inject(program.text, stream)
        visible = [check for check in checks if check.visible]
        verdict = lane.run(Program(subject.module, subject.qualname, bug.source), visible)
        if 0 < verdict.fraction() < 1:
            file = SourceFile(path.name, bug.source, program.first_line, program.header_lines)
            found.append(_task(subject, file, checks, bug, seed))
    return found


def _checks(subject: _Subject, lane: FastLane) -> tuple[Check, ...]:
    """Every third check is hidden."""
    inputs = [pickle.dumps((args, {}), protocol=4) for args in subject.inputs]
    expected = expected_values(lane, subject.module, subject.qualname, inputs)
    pairs = [(args, value) for args, value in zip(inputs, expected, strict=True) if value is not None]
    return tuple(Check(f"c{i}", args, value, i % 3 != 2) for i, (args, value) in enumerate(pairs))


def _task(subject: _Subject, file: SourceFile, checks: Sequence[Check], bug: Injection, seed: int) -> Task:
    version = ".".join(map(str, sys.version_info[:3]))
    return Task(
        id=task_id(Category.BUG_FIX, subject.module, subject.qualname, file.text, tuple(checks)),
        category=Category.BUG_FIX,
        difficulty="easy",
        language="python",
        statement=_STATEMENT.format(name=subject.qualname, module=subject.module),
        files=(file,),
        module=subject.module,
        qualname=subject.qualname,
        checks=tuple(checks),
        fresh=(),
        reference=bug.repairs,
        operators=bug.operators,
        provenance=Provenance("python", version, "PSF-2.0", file.path, file.first_line),
        split=Split.TRAIN,
        seed=seed,
        solution_edits=len(bug.repairs),
    )
