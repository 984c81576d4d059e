"""
Tasks from the commits of repositories, within a time budget, over a cache that later runs extend.

    found = mine_commits(settings, homes=["/path/to/repository"], most=50, split=Split.TRAIN, ...)
    found.tasks, found.told

One commit after the other, in this process; what a commit gave is on disk before the next one is looked at.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from core.errors import SandboxError, TaskError
from core.progress import Progress, SilentProgress, Stage
from core.records import Split, Task
from core.seeding import digest
from envs.edits.grammar import GRAMMAR_VERSION
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.commits.gather import FAILING, USED, Gathered, gather
from envs.tasks.commits.history import SHORT, Commit, History
from envs.tasks.mining import store
from envs.tasks.mining.mine import mining_sandbox, replay_sandbox
from envs.tasks.mining.settings import MINER_VERSION, MiningSettings
from envs.tasks.packages import Package, modules, package
from envs.tasks.registry import category_of
from envs.tasks.splits import assign

# Part of the cache's key: raise it when other tasks are made of a commit than before.
COMMITS_VERSION = 1


@dataclass(frozen=True, slots=True)
class MinedCommits:
    """``told``: what a person wants to know, in lines: what became of the commits and of the functions, what failed."""

    tasks: tuple[Task, ...] = ()
    told: tuple[str, ...] = ()


def mine_commits(
    settings: MiningSettings,
    *,
    homes: Sequence[str],
    most: int,
    split: Split,
    deadline_s: float,
    cache_dir: Path,
    progress: Progress | None = None,
) -> MinedCommits:
    """
    Looks at the newest ``most`` commits of each of ``homes`` (paths of repositories) for at most ``deadline_s`` seconds
    of wall time. What is wrong with one of them is told, not raised.
    """
    tasks: list[Task] = []
    told: list[str] = []
    deadline = time.time() + deadline_s
    with (progress or SilentProgress()).stage("commits", most * len(homes), "commits") as stage:
        for home in homes:
            try:
                found = _mine(settings, home, most, deadline, cache_dir, stage)
            except (TaskError, SandboxError) as error:
                told.append(f"commits: {error}")
                continue
            tasks += found.tasks
            told += found.told
    named = {task.id: task for task in assign(tasks, split)}
    return MinedCommits(tuple(named.values()), tuple(told))


def _mine(
    settings: MiningSettings, home: str, most: int, deadline: float, cache_dir: Path, stage: Stage
) -> MinedCommits:
    source = package(home)
    history = History.of(source.home or source.base)
    commits = list(history.commits(most))
    found: list[Gathered] = []
    with ExitStack() as stack:
        config = mining_sandbox(SandboxConfig(paths=source.paths))
        lanes = stack.enter_context(FastLane(config)), stack.enter_context(FastLane(replay_sandbox(config)))
        key = _key(source, settings)
        for commit in commits:
            if time.time() > deadline:
                break
            place = cache_dir / "commits" / f"{digest(key, commit.revision)}.mined"
            found.append(_kept(place, partial(gather, history, commit, source, lanes, settings)))
            stage.advance(tasks=sum(len(each.tasks) for each in found))
    tasks = tuple(chain.from_iterable(each.tasks for each in found))
    return MinedCommits(tasks, tuple(_told(source, history, commits, found)))


def _key(source: Package, settings: MiningSettings) -> str:
    """A task has to hold in the repository's files as they are, so all of these count."""
    files = [part for module in modules(source) for part in (module.name, module.file.read_bytes())]
    own = (
        COMMITS_VERSION,
        MINER_VERSION,
        GRAMMAR_VERSION,
        *(category_of(name).version for name in settings.categories),
    )
    return digest(source.name, sys.version, *map(str, own), settings.model_dump_json(exclude={"per_function"}), *files)


def _kept(place: Path, make: Callable[[], Gathered]) -> Gathered:
    """What the cache has, or what is made; a commit at which the sandbox fails is counted and tried again next time."""
    if place.is_file():
        try:
            return store.read(Gathered, place)
        except TaskError:
            # Torn by a crash of the machine: made anew.
            place.unlink(missing_ok=True)
    try:
        made = make()
    except SandboxError as error:
        return Gathered(commits={f"at which the sandbox failed ({error})": 1})
    store.write(place, made)
    return made


def _told(source: Package, history: History, commits: Sequence[Commit], found: Sequence[Gathered]) -> Iterator[str]:
    name, used = source.name, [each for each in found if USED in each.commits]
    if history.shallow:
        yield f"{name}: a shallow clone, {len(commits)} commits are there. `git fetch --unshallow` gets the others"
    if len(found) < len(commits):
        yield f"{name}: time was up after {len(found)} of {len(commits)} commits. Give more --seconds"
    tested = next((at for at, each in enumerate(found) if {USED, FAILING} & each.commits.keys()), None)
    if tested is not None and FAILING in found[tested].commits:
        yield f"{name}: the tests of its newest commit that has some ({commits[tested].revision[:SHORT]}) fail"
    if not used:
        yield f"{name}: no commit can be used"
    yield f"{name}: commits: {_counted(each.commits for each in found) or 'none'}"
    functions = _counted(each.functions for each in found)
    if functions:
        yield f"{name}: changed functions: tasks {sum(len(each.tasks) for each in found)}, {functions}"


def _counted(parts: Iterable[Mapping[str, int]]) -> str:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part)
    return ", ".join(f"{cause} {count}" for cause, count in counts.most_common() if count)
