"""
Records that cross a boundary between rooms: frozen, versioned, never bare dicts.

A *program* is a parseable text that holds one function: as many header lines as the function is nested deep
(``class A:``, or ``if True:`` for a function that is indented for another reason), each one space deeper than the
one before, then the function's own lines exactly as they stand in the real file, from its ``def`` line on
(decorators left out). Parsing a program gives the same code object as the real file would: private names are mangled
and ``super()`` finds its class. Only the code object is ever taken from it; a program is never executed as a module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.seeding import digest

# 2: goals of tasks.
SCHEMA_VERSION = 2


class Category(StrEnum):
    """The kinds of development task."""

    BUG_FIX = "bug_fix"
    FEATURE = "feature"
    REFACTORING = "refactoring"
    TESTING = "testing"
    DOCUMENTATION = "documentation"
    ARCHITECTURE = "architecture"
    PERFORMANCE = "performance"


CATEGORIES: tuple[Category, ...] = tuple(Category)


class Split(StrEnum):
    """Which packages a task may be used for; a package belongs to one split only."""

    TRAIN = "train"
    VALIDATION = "validation"
    HELDOUT = "heldout"


class Outcome(StrEnum):
    """What one check showed. Only ``PASSED`` is a success; ``MISSING``: the run ended before the check did."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    TIMEOUT = "timeout"
    DIED = "died"
    MISSING = "missing"


class Limit(StrEnum):
    """The limit that ended a run."""

    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Check:
    """
    One input and what the reference does on it.

    ``args`` is the pickle of ``(args, kwargs)``; it is read only inside the sandbox's confined child. ``expected`` is
    the canonical encoding of the reference's outcome (result or exception, arguments after the call, output), or ``#``
    and its BLAKE2b-32 digest where that is longer than 256 bytes; it never enters the process that runs the agent's
    code.
    """

    id: str
    args: bytes
    expected: bytes
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Goal:
    """
    Something that is measured of a state rather than compared with an outcome: what ``measure`` (a name that the task's
    category knows) gives has to be at most ``bound``. ``text``: what is measured against, where the measure needs such
    a thing (a mutant to kill, a name to document); it never enters the observation of a hidden goal.
    """

    id: str
    measure: str
    bound: float = 0.0
    text: str = ""
    visible: bool = True


@dataclass(frozen=True, slots=True)
class SourceFile:
    """
    One file of a task: ``text`` is a program (see the module's docstring) whose first ``header_lines`` lines are
    scaffolding and whose next line is line ``first_line`` (from 1) of ``path`` in the package that it comes from.
    """

    path: str
    text: str
    first_line: int = 1
    header_lines: int = 0


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a task's code comes from. ``line`` counts from 1."""

    package: str
    version: str
    licence: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``[start, end)`` (characters of the program text) by ``replacement``, by the rule ``operator``."""

    path: str
    start: int
    end: int
    replacement: str
    operator: str


@dataclass(frozen=True, slots=True)
class Program:
    """What the sandbox runs: ``source`` (a program text) in place of ``module``'s function ``qualname``."""

    module: str
    qualname: str
    source: str


@dataclass(frozen=True, slots=True)
class Task:
    """
    A verifiable task. ``checks`` holds visible and hidden ones; ``fresh`` are inputs used only to report agreement
    with the reference. ``goals``: what has to be reached beside. ``reference`` is the hidden patch, applied in order,
    whose result passes every check and reaches every goal. ``files``: the first is what is edited, others are there to
    be read. ``solution_edits`` is the number of edits of the shortest known solution. ``category``: one of ``Category``
    or the name of a plug-in's.
    """

    id: str
    category: str
    difficulty: str
    language: str
    statement: str
    files: tuple[SourceFile, ...]
    module: str
    qualname: str
    checks: tuple[Check, ...]
    fresh: tuple[Check, ...]
    reference: tuple[Edit, ...]
    operators: tuple[str, ...]
    provenance: Provenance
    split: Split
    seed: int
    solution_edits: int = 1
    goals: tuple[Goal, ...] = ()
    schema: int = SCHEMA_VERSION

    @property
    def visible_ids(self) -> frozenset[str]:
        """The ids of the checks and goals that an agent may see."""
        checks = frozenset(check.id for check in self.checks if check.visible)
        return checks | frozenset(goal.id for goal in self.goals if goal.visible)

    @property
    def source(self) -> str:
        """The start state's program text."""
        return self.files[0].text

    def program(self, source: str | None = None) -> Program:
        """The program to run for a state of this task (default: its start state)."""
        return Program(self.module, self.qualname, self.source if source is None else source)


def task_id(
    category: str, module: str, qualname: str, source: str, checks: tuple[Check, ...], goals: tuple[Goal, ...] = ()
) -> str:
    """The content hash that identifies a task: what is to be done, on which text, judged by what."""
    body = [part for check in checks for part in (check.args, check.expected)]
    aims = [part for goal in goals for part in (goal.measure, repr(goal.bound), goal.text)]
    return digest(category, module, qualname, source, *body, *aims)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """
    ``lines``: the program's lines (from 1) that the check executed, ascending, only where it was traced.
    ``raised_line``: the program's last line in the traceback, where it raised. ``detail``: how it failed, shown and
    never judged by: the exception, in the untrusted child's words, or how the outcome differs from the expected one, in
    words that hold neither of them.
    """

    check_id: str
    outcome: Outcome
    lines: tuple[int, ...] = ()
    raised_line: int | None = None
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the outcome equals the reference's."""
        return self.outcome is Outcome.PASSED


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What one execution showed, made by the parent process from bytes that it compared itself.

    ``results`` are in the order of the checks that were asked for. ``error`` is set where the program did not compile
    or load (then every outcome is ``MISSING``). ``cpu_s``: CPU seconds of the child, from the kernel.
    """

    results: tuple[CheckResult, ...]
    cpu_s: float
    tier: str
    limit: Limit | None = None
    error: str = ""
    schema: int = SCHEMA_VERSION

    @property
    def passed(self) -> bool:
        """Whether there was at least one check and all of them passed."""
        return bool(self.results) and all(result.passed for result in self.results)

    def fraction(self) -> float:
        """Share of checks that passed, 0 where there were none."""
        return sum(result.passed for result in self.results) / len(self.results) if self.results else 0.0

    def only(self, check_ids: frozenset[str]) -> Verdict:
        """The same run seen through a subset of its checks."""
        kept = tuple(result for result in self.results if result.check_id in check_ids)
        return Verdict(kept, self.cpu_s, self.tier, self.limit, self.error, self.schema)


@dataclass(frozen=True, slots=True)
class Step:
    """
    One action of an episode. ``edit`` is None for ``submit`` and ``undo``; ``redo`` puts an edit back that was undone.
    ``verdict`` shows the visible checks after the action; ``kept`` tells whether the edit stayed. ``executed``: the
    state had to be run (it was not in the cache). ``executed`` and ``seconds`` are circumstances: two steps that differ
    in nothing else are equal.
    """

    action: str
    edit: Edit | None
    observation: str
    verdict: Verdict | None
    kept: bool
    reward: float
    log_probability: float | None
    executed: bool = field(compare=False)
    seconds: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """
    One finished episode. ``start`` is the verdict of the start state, ``final`` that of all checks, hidden ones
    included, on the last state. ``lost`` names the cause where the episode was cut off by a fault and must not be
    learnt from.
    """

    id: str
    task_id: str
    category: str
    policy_version: str
    steps: tuple[Step, ...]
    start: Verdict | None
    final: Verdict | None
    submitted: bool
    budget: int
    solution_edits: int
    lost: str = ""
    seed: int = 0
    schema: int = SCHEMA_VERSION

    @property
    def solved(self) -> bool:
        """Whether the episode ended in a submit whose every check passed."""
        return self.submitted and self.final is not None and self.final.passed


@dataclass(frozen=True, slots=True)
class Score:
    """
    Every component by name (None where it could not be measured: missing is not zero), the normalised weights of those
    that were measured, the bounded additive adjustments, and the total.
    """

    trajectory_id: str
    components: dict[str, float | None]
    weights: dict[str, float]
    total: float
    adjustments: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Version:
    """An agent version. ``state`` is one of registered, shadow, canary, live, retired, failed."""

    id: str
    checkpoint: str
    config: str
    code_revision: str
    evaluation: str
    parent: str = ""
    state: str = "registered"
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Feedback:
    """What came of an answer in use."""

    request_id: str
    version: str
    accepted: bool
    tests_after: bool | None = None
    schema: int = SCHEMA_VERSION
