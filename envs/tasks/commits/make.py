"""
A task of a function that a commit changed: as it was before the commit, judged by what it does since.

The function is mined where it was written, in the commit's own files. A task is played in the repository as it is
today, so that every check has to hold there, too: what the function leans on may have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.records import Check, Program, Provenance, Task
from core.seeding import rng
from envs.edits.grammar import apply
from envs.sandbox.lane import FastLane
from envs.tasks.categories.bug_fix import task_of
from envs.tasks.category import Bench
from envs.tasks.commits.changes import Change
from envs.tasks.commits.feature import feature_task
from envs.tasks.commits.history import SHORT, Commit
from envs.tasks.commits.job import recorded
from envs.tasks.commits.reference import way
from envs.tasks.commits.starts import Start
from envs.tasks.commits.suite import Suite, narrowed, outcomes, shown
from envs.tasks.commits.telling import asked
from envs.tasks.difficulty import graded
from envs.tasks.feature.removals import Removal
from envs.tasks.mining.discover import ModuleIndex
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.oracle import run_mutant
from envs.tasks.mining.record import MinedFunction
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import Package
from envs.tasks.siblings import material_of
from envs.tasks.states import candidates_of
from envs.tasks.validate import MIN_CHECKS, validate

OUT_OF_REACH = "out of reach of the edits"
# Checks from the commit's tests beside those that the search has kept.
_MOST_OWN = 12


class NoTask(Exception):
    """A change of which no task comes; the message is the cause."""


@dataclass(frozen=True, slots=True)
class Site:
    """
    Where changes of a commit are mined and played: ``package`` is the commit's files, ``then`` are lanes in them and
    ``today`` in the repository's; in each two that differ in hash seed and time zone.
    """

    commit: Commit
    package: Package
    then: tuple[FastLane, FastLane]
    today: tuple[FastLane, FastLane]
    settings: MiningSettings


def make(change: Change, begin: Sequence[Start], index: ModuleIndex, site: Site, inputs: Sequence[bytes]) -> Task:
    """
    The task of a changed function of the module ``index``, from the first of the states ``begin`` that gives one.
    ``inputs``: what the commit's tests called the function with.

    Raises:
        NoTask: there is none. SandboxError: the sandbox failed.
    """
    function = _mined(change, index, site, {change.qualname: inputs})
    suite = _suite(function, index, site, inputs)
    causes: list[NoTask] = []
    for start in begin:
        try:
            return _from(start, change, suite, replace(function, source=change.after), index, site)
        except NoTask as cause:
            causes.append(cause)
    raise causes[0] if causes else NoTask(OUT_OF_REACH)


def _from(start: Start, change: Change, suite: Suite, function: MinedFunction, index: ModuleIndex, site: Site) -> Task:
    found = _today(start.source, suite, function, site)
    visible = shown(found, site.settings.visible_share)
    if not visible:
        raise NoTask("one check tells both versions apart")
    checks = tuple(replace(check, visible=at in visible) for at, check in enumerate(found.checks))
    program = Program(function.module, function.qualname, function.source)
    fresh = _holding(function.fresh, program, site)
    judged = replace(function, checks=checks, examples=found.calls, fresh=fresh)
    told = asked(site.commit.subject, change)
    task = (
        _bug(start, judged, told, site)
        if start.piece is None
        else _feature(start, start.piece, judged, told, index, site)
    )
    if task is None or not _offered(task):
        raise NoTask(OUT_OF_REACH)
    problems = validate(task, site.today)
    if problems:
        raise NoTask(f"not valid: {problems[0]}")
    return graded(task)


def _mined(change: Change, index: ModuleIndex, site: Site, traces: Mapping[str, Sequence[bytes]]) -> MinedFunction:
    mined = mine_module(
        index.module,
        package=site.package,
        lane=site.then[0],
        second=site.then[1],
        settings=site.settings,
        traces=traces,
        index=index,
        only=frozenset((change.qualname,)),
    )
    if not mined.functions:
        raise NoTask(next(iter(mined.rejects), "not mined"))
    found = mined.functions[0]
    return replace(found, mutants=(), provenance=_provenance(found.provenance, site.commit))


def _provenance(found: Provenance, commit: Commit) -> Provenance:
    """A repository's code has no version but the commit that it is of."""
    return replace(found, version=commit.revision[:SHORT])


def _suite(function: MinedFunction, index: ModuleIndex, site: Site, inputs: Sequence[bytes]) -> Suite:
    """The mined checks, and more of what the tests do."""
    known = {check.args for check in function.checks}
    own = recorded(site.then[0], index.module, function.qualname, list(inputs))
    more = [each for each in own if each.check.args not in known][:_MOST_OWN]
    args = {each.check.args for each in own}
    checks = (*function.checks, *(each.check for each in more))
    calls = (*function.examples, *(each.call for each in more))
    return Suite(checks, calls, frozenset(at for at, check in enumerate(checks) if check.args in args))


def _today(start: str, suite: Suite, function: MinedFunction, site: Site) -> Suite:
    program = Program(function.module, function.qualname, function.source)
    after = outcomes(program, suite.checks, site.today)
    before = outcomes(replace(program, source=start), suite.checks, site.today)
    if after is None:
        raise NoTask("does not run in today's files")
    if before is None:
        raise NoTask("the old version does not run in today's files")
    found = narrowed(suite, after, before)
    if len(found.checks) < MIN_CHECKS:
        raise NoTask("does something else in today's files")
    if not found.failing:
        raise NoTask("no difference shows")
    if len(found.failing) == len(found.checks):
        raise NoTask("the old version passes nothing")
    return found


def _bug(start: Start, function: MinedFunction, told: str, site: Site) -> Task | None:
    program, lane = Program(function.module, function.qualname, function.source), site.today[0]
    visible = [check for check in function.checks if check.visible]
    edits = way(start.source, function.source, lambda text: _share(program, text, visible, lane))
    mutant = run_mutant(program, start.source, edits, (start.operator,), function.checks, lane) if edits else None
    if mutant is None:
        return None
    task = task_of(function, mutant, site.settings)
    return replace(task, statement=f"{task.statement} {told}".strip())


def _feature(
    start: Start, piece: Removal, function: MinedFunction, told: str, index: ModuleIndex, site: Site
) -> Task | None:
    bench = Bench(site.today[0], rng(site.settings.seed, "commits", function.digest), site.settings)
    return feature_task(start.source, piece, material_of(function, index), bench, told, start.operator)


def _offered(task: Task) -> bool:
    """Whether an agent finds every edit of the reference among the candidates of the state that it is for."""
    state = task.source
    for edit in task.reference:
        if replace(edit, path="") not in [each.edit for each in candidates_of(task, state)]:
            return False
        state = apply(state, edit)
    return True


def _share(program: Program, text: str, checks: Sequence[Check], lane: FastLane) -> float:
    return lane.run(replace(program, source=text), [replace(check, visible=False) for check in checks]).fraction()


def _holding(fresh: Sequence[Check], program: Program, site: Site) -> tuple[Check, ...]:
    found = (outcomes(program, fresh, site.today) if fresh else None) or [None] * len(fresh)
    return tuple(check for check, passed in zip(fresh, found, strict=True) if passed)
