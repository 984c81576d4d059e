"""
An executor that runs trusted programs in this process, with no isolation at all: deterministic, and strict about the
contract of ``core.protocols.Executor``.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any

from core.errors import SandboxError
from core.records import Category, Check, CheckResult, Outcome, Program, Provenance, SourceFile, Split, Task, Verdict
from core.records import task_id as make_task_id

STEPS = 2_000


class OutOfSteps(BaseException):
    pass


class InlineExecutor:
    """
    Counts its runs; ``fails_at`` names the runs (from 0) in which the sandbox itself fails. What takes more than
    ``STEPS`` lines has timed out. Expected values are ``repr`` of (kind, value), as ``make_task`` records them.
    """

    def __init__(self, fails_at: Sequence[int] = ()) -> None:
        self.runs: list[str] = []
        self.fails_at = frozenset(fails_at)
        self.closed = False

    def run(self, program: Program, checks: Sequence[Check]) -> Verdict:
        assert not self.closed, "the executor was closed"
        assert len({check.id for check in checks}) == len(checks), "check ids must differ"
        number = len(self.runs)
        self.runs.append(program.source)
        if number in self.fails_at:
            raise SandboxError("the sandbox failed, as it was told to")
        try:
            function = load(program)
        except (SyntaxError, KeyError) as error:  # no Python, or no such function in it
            missing = tuple(CheckResult(check.id, Outcome.MISSING) for check in checks)
            return Verdict(missing, 0.0, "D", error=str(error))
        return Verdict(tuple(judge(function, check) for check in checks), 0.0, "D")

    def close(self) -> None:
        self.closed = True


class ComparingExecutor(InlineExecutor):
    """One that also compares alternatives, as ``envs.encoding.infection.Comparer``: each changes every check."""

    def __init__(self) -> None:
        super().__init__()
        self.comparisons: list[str] = []

    def compare(self, program: Program, checks: Sequence[Check], sites: Sequence[Any], pairs: Sequence[Any]) -> bytes:
        assert sites
        assert all(0 <= site < len(sites) for site, _, _ in pairs)
        self.comparisons.append(program.source)
        return bytes([2]) * (len(checks) * len(pairs))


def load(program: Program) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(compile(program.source, "<program>", "exec"), space)
    return space[program.qualname]


def judge(function: Callable[..., Any], check: Check) -> CheckResult:
    args, kwargs = pickle.loads(check.args)
    shown, lines, raised_line = observe(function, args, kwargs)
    traced = lines if check.visible else ()
    if shown is None:
        return CheckResult(check.id, Outcome.TIMEOUT, traced)
    if shown == check.expected:
        return CheckResult(check.id, Outcome.PASSED, traced)
    raised = raised_line is not None
    return CheckResult(check.id, Outcome.RAISED if raised else Outcome.FAILED, traced, raised_line)


def observe(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[bytes | None, tuple[int, ...], int | None]:
    """Kind and value, lines, the line that raised; None where it ran out of steps."""
    lines: list[int] = []
    code: CodeType = function.__code__

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code is not code:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
            if len(lines) > STEPS:
                raise OutOfSteps
        return trace

    before, raised_line = sys.gettrace(), None
    sys.settrace(trace)
    try:
        shown = repr(("returned", function(*args, **kwargs)))
    except OutOfSteps:
        return None, tuple(sorted(set(lines))), None
    except (Exception, SystemExit) as error:  # noqa: BLE001  what the program does is an outcome
        shown, raised_line = repr(("raised", type(error).__name__)), lines[-1]
    finally:
        sys.settrace(before)
    return shown.encode(), tuple(sorted(set(lines))), raised_line


def make_task(reference: str, source: str, qualname: str, inputs: Sequence[tuple[Any, ...]], hidden: int = 3) -> Task:
    """A task whose expected values come from running ``reference``; every ``hidden``-th check is hidden."""
    function = load(Program("fake", qualname, reference))
    checks = []
    for index, args in enumerate(inputs):
        shown, _, _ = observe(function, args, {})
        assert shown is not None
        checks.append(Check(f"c{index}", pickle.dumps((args, {})), shown, index % hidden != hidden - 1))
    return Task(
        id=make_task_id(Category.BUG_FIX, "fake", qualname, source, tuple(checks)),
        category=Category.BUG_FIX,
        difficulty="easy",
        language="python",
        statement="Fix it.",
        files=(SourceFile("fake.py", source),),
        module="fake",
        qualname=qualname,
        checks=tuple(checks),
        fresh=(),
        reference=(),
        operators=("comparison",),
        provenance=Provenance("fake", "0", "MIT", "fake.py", 1),
        split=Split.TRAIN,
        seed=0,
    )
