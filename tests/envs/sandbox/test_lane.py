from __future__ import annotations

import os
import pickle
import signal
import textwrap
from collections.abc import Iterator

import psutil
import pytest

from core.errors import SandboxUnavailable
from core.protocols import Executor
from core.records import Check, Limit, Outcome, Program
from envs.sandbox.codec import encode
from envs.sandbox.config import Limits, SandboxConfig
from envs.sandbox.lane import FastLane
from envs.sandbox.outcome import expected_form, observe


@pytest.fixture(scope="module")
def lane() -> Iterator[FastLane]:
    with FastLane(SandboxConfig(check_seconds=0.3)) as lane:
        yield lane


def check(text: str, index: int = 0, *, visible: bool = True) -> Check:
    args = pickle.dumps(((text,), {}))
    return Check(f"c{index}", args, expected_form(observe(textwrap.dedent, args).payload), visible)


def dedent(*lines: str) -> Program:
    return Program("textwrap", "dedent", "\n".join(("def dedent(text):", *(f" {line}" for line in lines))))


def test_it_is_an_executor(lane: FastLane) -> None:
    assert isinstance(lane, Executor)


def test_a_right_program_passes_and_a_wrong_one_fails(lane: FastLane) -> None:
    checks = [check("  a\n  b"), check("  a\n   b", 1)]
    right = dedent("lines = text.split('\\n')", "return '\\n'.join(line[2:] for line in lines)")
    assert lane.run(right, checks).passed
    verdict = lane.run(dedent("return text.lstrip()"), checks)
    assert not verdict.passed
    assert [result.outcome for result in verdict.results] == [Outcome.FAILED, Outcome.FAILED]


def test_the_rest_of_the_module_stays_as_it_is(lane: FastLane) -> None:
    """Globals come from the real module, so that helpers and constants work."""
    verdict = lane.run(dedent("return _whitespace_only_re.sub('', text)"), [check("a")])
    assert verdict.passed, verdict


def test_only_visible_checks_are_traced_and_results_keep_their_order(lane: FastLane) -> None:
    checks = [check("a", 0, visible=False), check("b", 1), check("c", 2, visible=False), check("d", 3)]
    verdict = lane.run(dedent("if text:", "    text = text", "else:", "    return 1", "return text"), checks)
    assert [result.check_id for result in verdict.results] == ["c0", "c1", "c2", "c3"]
    assert [result.lines for result in verdict.results] == [(), (2, 3, 6), (), (2, 3, 6)]
    assert verdict.passed


def test_the_raising_line_is_the_programs_own(lane: FastLane) -> None:
    verdict = lane.run(dedent("x = 1", "return _whitespace_only_re.sub(text, 5, x, y=1)"), [check("a")])
    assert verdict.results[0].outcome is Outcome.RAISED
    assert verdict.results[0].raised_line == 3
    assert verdict.results[0].detail.startswith("TypeError")


def test_text_that_does_not_compile_is_an_error(lane: FastLane) -> None:
    verdict = lane.run(Program("textwrap", "dedent", "def dedent(text):\n return (\n"), [check("a")])
    assert verdict.error.startswith("SyntaxError")
    assert [result.outcome for result in verdict.results] == [Outcome.MISSING]


@pytest.mark.parametrize(
    ("module", "qualname"), [("no_such_module_x", "f"), ("textwrap", "no_such"), ("textwrap", "re")]
)
def test_what_is_not_there_is_an_error(lane: FastLane, module: str, qualname: str) -> None:
    assert lane.run(Program(module, qualname, "def f(): pass"), [check("a")]).error


def test_one_hanging_input_does_not_hide_the_others(lane: FastLane) -> None:
    program = dedent("while text == 'hang': pass", "return text")
    verdict = lane.run(program, [check("a", 0), check("hang", 1), check("b", 2)])
    assert [result.outcome for result in verdict.results] == [Outcome.PASSED, Outcome.TIMEOUT, Outcome.PASSED]


def test_after_two_hanging_inputs_it_stops(lane: FastLane) -> None:
    program = dedent("while text == 'hang': pass", "return text")
    verdict = lane.run(program, [check("hang", 0), check("hang", 1), check("a", 2)])
    assert [result.outcome for result in verdict.results] == [Outcome.TIMEOUT, Outcome.TIMEOUT, Outcome.MISSING]


def test_what_no_python_code_can_interrupt_is_killed_and_the_checks_before_it_count() -> None:
    with FastLane(SandboxConfig(cpu_seconds=1, wall_seconds=1.5)) as lane:
        program = dedent("sum(range(10**11 if text == 'hang' else 1))", "return text")
        verdict = lane.run(program, [check("a", 0), check("hang", 1), check("b", 2)])
    assert [result.outcome for result in verdict.results] == [Outcome.PASSED, Outcome.TIMEOUT, Outcome.MISSING]
    assert verdict.limit in (Limit.WALL, Limit.CPU)


def test_too_much_memory_is_named(lane: FastLane) -> None:
    verdict = lane.run(dedent("return bytearray(2 << 30)"), [check("a")])
    assert verdict.limit is Limit.MEMORY
    assert not verdict.passed


def test_an_early_end_is_not_a_pass(lane: FastLane) -> None:
    verdict = lane.run(dedent("import os", "os._exit(0)"), [check("a", 0), check("a", 1)])
    assert [result.outcome for result in verdict.results] == [Outcome.DIED, Outcome.MISSING]
    assert verdict.limit is Limit.DIED


def test_files_are_refused_alike_on_all_tiers(lane: FastLane) -> None:
    verdict = lane.run(dedent("return open('/etc/passwd')"), [check("a")])
    assert verdict.results[0].detail == "PermissionError: [Errno 13] Permission denied: '/etc/passwd'"


def test_modules_that_functions_import_late_are_there(lane: FastLane) -> None:
    checks = [Check("x", pickle.dumps((("2020-01-02", "%Y-%m-%d"), {})), b"")]
    verdict = lane.run(
        Program("_strptime", "_strptime_time", "def _strptime_time(data, format):\n import locale\n return 1"), checks
    )
    assert verdict.results[0].outcome is Outcome.FAILED, verdict


def test_a_killed_zygote_is_replaced_and_the_run_repeated() -> None:
    before = set(psutil.Process().children())
    with FastLane() as lane:
        assert lane.run(dedent("return text"), [check("a")]).passed
        (zygote,) = set(psutil.Process().children()) - before
        os.kill(zygote.pid, signal.SIGKILL)
        assert lane.run(dedent("return text"), [check("a")]).passed
        assert lane.stats()["restarts:fault"] == 1
        assert lane.stats()["evaluations"] == 2
    assert set(psutil.Process().children()) == before


def test_zygotes_are_recycled_by_age() -> None:
    with FastLane(SandboxConfig(recycle_after=2)) as lane:
        for _ in range(5):
            assert lane.run(dedent("return text"), [check("a")]).passed
        assert lane.stats()["restarts:age"] == 2


def test_a_fork_of_the_process_starts_its_own_zygote() -> None:
    with FastLane() as lane:
        assert lane.run(dedent("return text"), [check("a")]).passed
        child = os.fork()
        if child == 0:
            passed = lane.run(dedent("return text"), [check("a")]).passed
            lane.close()
            os._exit(0 if passed else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert lane.run(dedent("return text"), [check("a")]).passed
        assert lane.stats().get("restarts:fault", 0) == 0


def test_a_demand_above_the_tier_in_force_is_an_error() -> None:
    with pytest.raises(SandboxUnavailable, match="below the demanded"), FastLane(SandboxConfig(tier="C")) as lane:
        lane.run(dedent("return text"), [check("a")])


def test_jobs_give_bytes_or_say_why_not(lane: FastLane) -> None:
    assert lane.call("base64:b64encode", b"abc").data == b"YWJj"
    failed = lane.call("base64:b64decode", b"a")
    assert failed.data is None
    assert failed.error.startswith("Error: ")
    assert lane.call("no_such_module_x:f", b"").error.startswith("can't import no_such_module_x: ModuleNotFoundError")


def test_jobs_may_be_granted_the_standard_librarys_files(lane: FastLane) -> None:
    assert lane.call("os:stat", os.__file__.encode()).error.startswith("PermissionError")
    granted = lane.call("os:stat", os.__file__.encode(), read_stdlib=True)
    assert granted.error.startswith("TypeError"), granted  # it got a stat_result, which is not bytes
    refused = lane.call("os:listdir", b"/root", read_stdlib=True)
    assert refused.data is None
    assert refused.error


def test_jobs_have_their_own_limits(lane: FastLane) -> None:
    reply = lane.call("time:sleep", b"", limits=Limits(wall_seconds=0.5))
    assert reply.data is None
    reply = lane.call("tests.fakes.sandbox_jobs:spin", b"", limits=Limits(cpu_seconds=1, wall_seconds=0.3))
    assert reply.limit is Limit.WALL


def test_the_childs_hash_seed_is_configured() -> None:
    seen = set()
    for seed in (0, 1):
        with FastLane(SandboxConfig(hash_seed=seed)) as lane:
            seen.add(lane.call("tests.fakes.sandbox_jobs:hashed", b"x").data)
    assert len(seen) == 2


def test_expected_values_are_those_of_observe() -> None:
    args = pickle.dumps((("a",), {}))
    assert observe(textwrap.dedent, args).payload == encode(("returned", "a", ("a",), {}, ""))
