"""The tasks of one commit, and a count of what became of everything that it changed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import EditError, TaskError
from core.records import Outcome, Task
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.sandbox.process import default_search_path
from envs.sandbox.suite import SuiteLane, SuiteVerdict
from envs.tasks.commits.changes import Change, changes
from envs.tasks.commits.history import SHORT, Commit, History, runs
from envs.tasks.commits.make import OUT_OF_REACH, NoTask, Site, make
from envs.tasks.commits.starts import Start, starts
from envs.tasks.mining.discover import ModuleIndex, index_of
from envs.tasks.mining.mine import mining_sandbox, replay_sandbox
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.mining.trace import TestFile, trace
from envs.tasks.packages import Package, modules, package

USED, FAILING = "used", "whose own tests fail"
_SUITE_SECONDS = 40.0
_MOST_TESTS = 6
# A commit that changes more is a sweep, or the import of somebody else's code.
_MOST_CHANGES = 20
Reachable = list[tuple[ModuleIndex, Change, list[Start]]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    What came of a commit. ``commits`` counts the commit by what it is, ``functions`` the functions that it changed by
    why no task came of them.
    """

    tasks: tuple[Task, ...] = ()
    commits: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)


def gather(
    history: History, commit: Commit, source: Package, today: tuple[FastLane, FastLane], settings: MiningSettings
) -> Gathered:
    """
    ``source``: the repository's package; ``today``: two lanes in its files that differ in hash seed and time zone. The
    commit's files are written to a folder of their own, without history, and run nowhere but in the sandbox.

    Raises:
        SandboxError: the sandbox failed.
    """
    tests = [path for path in commit.tests if runs(path)][:_MOST_TESTS]
    if not (commit.code and tests):
        return Gathered(commits={"without code and tests together": 1})
    causes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="journeyman-commit-") as folder:
        home = Path(folder).resolve() / source.name
        try:
            history.export(commit.revision, home)
            then = replace(package(f"{home}/"), name=source.name, version=commit.revision[:SHORT])
            changed = _changed(history, commit, then, settings, causes)
        except TaskError as error:
            return Gathered(commits={f"unreadable ({error.what})": 1})
        if not changed:
            return Gathered(commits={"without a changed function that can be used": 1}, functions=dict(causes))
        if not _mostly_pass(SuiteLane().run(home, {}, tests, timeout_s=_SUITE_SECONDS)):
            return Gathered(commits={FAILING: 1}, functions=dict(causes))
        files = [TestFile("pytest", str(home / path), home / path) for path in tests]
        tasks = _made(commit, changed, then, files, today, settings, causes)
    return Gathered(tuple(tasks), {USED: 1}, dict(causes))


def _mostly_pass(verdict: SuiteVerdict) -> bool:
    """Whether the tests say what the code does: what some of them lack here (a file, a network) the others don't."""
    ran = [test.outcome for test in verdict.tests if test.outcome is not Outcome.MISSING]
    return ran.count(Outcome.PASSED) > len(ran) / 2


def _changed(
    history: History, commit: Commit, then: Package, settings: MiningSettings, causes: Counter[str]
) -> Reachable:
    """The functions that the commit changed and that edits can change so, each with where to begin; at most so many."""
    home = then.home or then.base
    files = {str(module.file.relative_to(home)): module for module in modules(then)}
    found: Reachable = []
    changed = 0
    for path in commit.code:
        old = history.text(commit.parent, path)
        if path not in files or old is None:
            causes["in files that aren't mined"] += 1
            continue
        try:
            index = index_of(files[path], settings)
            own = changes(old, index, causes)
        except (TaskError, EditError):
            causes["in files that can't be parsed"] += 1
            continue
        changed += len(own)
        if changed > _MOST_CHANGES:
            causes["more than a commit may change"] += len(own)
            continue
        begun = [(index, change, starts(change, settings.categories)) for change in own]
        found += [each for each in begun if each[2]]
        causes[OUT_OF_REACH] += sum(not each[2] for each in begun)
    return found


def _made(
    commit: Commit,
    changed: Reachable,
    then: Package,
    tests: Sequence[TestFile],
    today: tuple[FastLane, FastLane],
    settings: MiningSettings,
    causes: Counter[str],
) -> list[Task]:
    indices = {index.module: index for index, _, _ in changed}
    calls = _calls(list(indices.values()), then, tests)
    config = mining_sandbox(SandboxConfig(paths=then.paths))
    # An installed version of the same package comes after the commit's.
    path = (*then.paths, *default_search_path())
    tasks = []
    with ExitStack() as stack:
        first, second = (FastLane(each, search_path=path) for each in (config, replay_sandbox(config)))
        lanes = stack.enter_context(first), stack.enter_context(second)
        site = Site(commit, then, lanes, today, settings)
        for index, change, begin in changed:
            inputs = calls.get(f"{index.module}:{change.qualname}", ())
            try:
                tasks.append(make(change, begin, index, site, inputs))
            except NoTask as cause:
                causes[str(cause)] += 1
    return tasks


def _calls(indices: Sequence[ModuleIndex], then: Package, tests: Sequence[TestFile]) -> dict[str, list[bytes]]:
    """What the tests call the modules' functions with, by ``module:qualname``."""
    found: dict[str, list[bytes]] = {}
    for test in tests:
        for name, inputs in trace(test, indices, then).calls.items():
            found.setdefault(name, []).extend(inputs)
    return {name: list(dict.fromkeys(inputs)) for name, inputs in found.items()}
