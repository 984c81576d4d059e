"""One mining worker: two sandbox lanes in different environments, and the cache of what was mined before."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from core.errors import SandboxError, TaskError
from core.garbage import collect_less
from core.records import Task
from core.seeding import digest, rng
from envs.edits.grammar import GRAMMAR_VERSION
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.category import Bench, TaskCategory
from envs.tasks.difficulty import graded
from envs.tasks.mining import store
from envs.tasks.mining.discover import FunctionSite, ModuleIndex, index_of
from envs.tasks.mining.mine import mine_module, mining_sandbox, replay_sandbox
from envs.tasks.mining.record import Harvest, MinedFunction
from envs.tasks.mining.settings import MINER_VERSION, MiningSettings
from envs.tasks.mining.trace import TraceBook
from envs.tasks.packages import ModuleFile, Package, find_module, modules, package
from envs.tasks.registry import category_of
from envs.tasks.siblings import material_of

_CHUNK = 8
_CHUNKS_PER_VISIT = 3
# With less time left than this, no tests are traced: it would use up what is left.
_TRACE_MARGIN_S = 45.0


@dataclass(frozen=True, slots=True)
class Visit:
    """Some functions of one module: the chunks from ``start`` on. ``skip``: categories of which there is enough."""

    package: str
    module: str
    start: int = 0
    skip: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Visited:
    """What a visit found; ``next`` goes on with the module; ``cut``: the deadline ended it; ``error``: why nothing."""

    harvest: Harvest | None
    next: Visit | None = None
    cut: bool = False
    error: str = ""


class MiningWorker:
    """Serves visits until the deadline (seconds since the epoch). Lives in a process of its own."""

    def __init__(self, settings: MiningSettings, cache_dir: Path, deadline: float, paths: tuple[str, ...] = ()) -> None:
        """``paths``: what is to be importable beside the installed packages (``SandboxConfig.paths``)."""
        self.settings, self.cache, self.deadline = settings, cache_dir, deadline
        config = mining_sandbox(SandboxConfig(paths=paths))
        self.lane = FastLane(config)
        self.second = FastLane(replay_sandbox(config))
        self.traces = TraceBook(cache_dir / "traces")
        collect_less()

    def close(self) -> None:
        """Ends the lanes."""
        self.lane.close()
        self.second.close()

    def visit(self, visit: Visit) -> Visited:
        """Mines or reads the chunks of a visit; failures of one module are told, not raised."""
        try:
            return self._visit(visit)
        except (TaskError, SandboxError) as error:
            return Visited(None, error=str(error))

    def _visit(self, visit: Visit) -> Visited:
        source = package(visit.package)
        module = find_module(source, visit.module)
        index = _index(module, self.settings)
        chunks = _chunks(index, self.settings.seed)
        harvests: list[Harvest] = []
        end = min(len(chunks), visit.start + _CHUNKS_PER_VISIT)
        for chunk in chunks[visit.start : end]:
            path = self._path(source, index, chunk)
            found = _cached(path)
            whole = found is not None
            if found is None:
                found, whole = self._mine(source, module, index, chunk)
                if whole:
                    store.write(path, found)
            wanted = [name for name in self.settings.categories if name not in visit.skip]
            parts, made = self._of_categories(wanted, found, path if whole else None, index)
            harvests += [found, *parts]
            whole = whole and made
            if not whole:
                return Visited(_joined(harvests), cut=True)
        following = replace(visit, start=end) if end < len(chunks) else None
        return Visited(_joined(harvests), following)

    def _path(self, source: Package, index: ModuleIndex, chunk: tuple[FunctionSite, ...]) -> Path:
        versions = (source.name, source.version, sys.version, str(MINER_VERSION), str(GRAMMAR_VERSION))
        names = [part for site in chunk for part in (site.qualname, site.source)]
        # What tasks are made of a function has no influence on whether it is admitted.
        settings = self.settings.model_dump_json(exclude={"categories", "per_function"})
        return self.cache / "functions" / f"{digest(*versions, settings, index.text, *names)}.mined"

    def _mine(
        self, source: Package, module: ModuleFile, index: ModuleIndex, chunk: tuple[FunctionSite, ...]
    ) -> tuple[Harvest, bool]:
        """Mines function by function; a whole chunk goes to the cache, one that the deadline cut does not."""
        started, traced_before = time.process_time(), self.traces.cpu_s
        traces = self._traces(source, module, index)
        functions: list[MinedFunction] = []
        practice: list[MinedFunction] = []
        rejects: Counter[str] = Counter()
        children = 0.0
        for site in chunk:
            if time.time() > self.deadline:
                break
            mined = mine_module(
                index.module,
                package=source,
                lane=self.lane,
                second=self.second,
                settings=self.settings,
                traces=traces,
                index=index,
                only=frozenset((site.qualname,)),
            )
            functions += mined.functions
            practice += mined.practice
            rejects += mined.rejects
            children += mined.children_s
        spent = time.process_time() - started + children + self.traces.cpu_s - traced_before
        harvest = Harvest(tuple(functions), (), dict(rejects), spent, tuple(practice))
        return harvest, len(functions) + rejects.total() == len(chunk)

    def _of_categories(
        self, names: Sequence[str], mined: Harvest, path: Path | None, index: ModuleIndex
    ) -> tuple[list[Harvest], bool]:
        """
        The tasks of the categories, made or read; False where the deadline left some unmade. ``path``: where the
        functions are kept; None for part of a chunk, whose tasks aren't kept either.
        """
        parts: list[Harvest] = []
        for name in names:
            category = category_of(name)
            key = digest(path.stem, name, str(category.version), str(self.settings.per_function)) if path else ""
            place = self.cache / "tasks" / f"{key}.mined"
            part = _cached(place) if path else None
            if part is None and parts and time.time() > self.deadline:
                return parts, False
            if part is None:
                part = self._made(category, mined, index)
                if path:
                    store.write(place, part)
            parts.append(part)
        return parts, True

    def _made(self, category: TaskCategory, mined: Harvest, index: ModuleIndex) -> Harvest:
        started = time.process_time()
        tasks: list[Task] = []
        for function in mined.functions:
            random = rng(self.settings.seed, "tasks", category.name, function.digest)
            bench = Bench(self.lane, random, self.settings, self.second)
            tasks += map(graded, category.generate(material_of(function, index), bench))
        return Harvest((), tuple(tasks), {}, time.process_time() - started)

    def _traces(self, source: Package, module: ModuleFile, index: ModuleIndex) -> dict[str, list[bytes]]:
        if self.deadline - time.time() < _TRACE_MARGIN_S:
            return {}
        return self.traces.inputs_of(source, module, index, _family(source, module.name, self.settings))


def _cached(path: Path) -> Harvest | None:
    if not path.is_file():
        return None
    try:
        return store.read(Harvest, path)
    except TaskError:
        # Torn by a crash of the machine: made anew.
        path.unlink(missing_ok=True)
        return None


@lru_cache(maxsize=64)
def _index(module: ModuleFile, settings: MiningSettings) -> ModuleIndex:
    return index_of(module, settings)


@lru_cache(maxsize=16)
def _family(source: Package, name: str, settings: MiningSettings) -> tuple[ModuleIndex, ...]:
    """The modules that the tests of ``name`` exercise along with it: its top-level package, or itself alone."""
    top = name.partition(".")[0]
    files = [m for m in modules(source) if m.name.partition(".")[0] == top] if not source.roots else []
    found = []
    for module in files or [find_module(source, name)]:
        try:
            found.append(_index(module, settings))
        except TaskError:
            continue
    return tuple(found)


def _chunks(index: ModuleIndex, seed: int) -> list[tuple[FunctionSite, ...]]:
    """The functions in chunks, the promising ones first, by seed among equals."""
    order = rng(seed, "functions", index.module).permutation(len(index.sites))
    sites = sorted((index.sites[at] for at in order), key=lambda site: -site.promise)
    return [tuple(sites[at : at + _CHUNK]) for at in range(0, len(sites), _CHUNK)]


def _joined(harvests: list[Harvest]) -> Harvest:
    rejects: Counter[str] = Counter()
    for harvest in harvests:
        rejects.update(harvest.rejects)
    functions = tuple(f for harvest in harvests for f in harvest.functions)
    tasks = tuple(task for harvest in harvests for task in harvest.tasks)
    practice = tuple(f for harvest in harvests for f in harvest.practice)
    return Harvest(functions, tasks, dict(rejects), sum(harvest.cpu_s for harvest in harvests), practice)
