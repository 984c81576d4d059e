"""
Mining in parallel, within a time budget, over a cache that later runs extend.

    mined = mine(MiningSettings(), packages=packages_of(Split.TRAIN), split=Split.TRAIN, deadline_s=240, ...)
    mined.tasks, mined.functions

Work is cut into visits: some functions of one module, the most promising first; a module with more to give goes to the
end of the queue, so that a short budget sees many modules of every package. Workers are Ray actors where Ray runs,
and processes otherwise. What a visit finds is on disk before it is reported.
"""

from __future__ import annotations

import importlib.util
import logging
import multiprocessing
import os
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from core.errors import SandboxError, TaskError
from core.progress import Progress, SilentProgress, Stage
from core.records import Split, Task
from core.seeding import rng
from envs.sandbox.namespaces import die_with_parent
from envs.tasks.dedup import shapes, without_copies
from envs.tasks.mining.discover import read_source
from envs.tasks.mining.record import Harvest, MinedFunction
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import STANDARD_LIBRARY, modules, package
from envs.tasks.splits import assign, protected_shapes
from learning.mining_worker import MiningWorker, Visit, Visited
from learning.quota import Quota

Backend = Literal["auto", "ray", "processes"]
_POLL_SECONDS = 1.0
logger = logging.getLogger(__name__)
_TOUCHY = re.compile(
    r"\b(socket|subprocess|threading|os\.(?!path)\w+|open\(|asyncio|signal|ctypes|tkinter|self\._sock)\b"
)
# Modules of a package that are looked into before it is given up, where there is enough of everything.
_TURNS = 4
# How much faster the standard library is gone through than other packages.
_PACE = 4
_ALL = Quota()


@dataclass(frozen=True, slots=True)
class Mined:
    """
    What a mining run found. ``complete``: every function was tried. ``failed``: modules that could not be mined, with
    the reason. ``cpu_s``: CPU seconds spent on what is reported, also by earlier runs that left it in the cache.
    ``practice``: functions to learn from that judge nobody (``envs.tasks.mining.record.MinedModule``).
    """

    functions: tuple[MinedFunction, ...]
    tasks: tuple[Task, ...]
    rejects: Counter[str]
    cpu_s: float
    complete: bool
    failed: dict[str, str] = field(default_factory=dict)
    practice: tuple[MinedFunction, ...] = ()


def mine(
    settings: MiningSettings,
    *,
    packages: Sequence[str],
    split: Split,
    deadline_s: float,
    cache_dir: Path,
    workers: int = 0,
    progress: Progress | None = None,
    quota: Quota = _ALL,
    backend: Backend = "auto",
) -> Mined:
    """
    Mines ``packages`` for at most ``deadline_s`` seconds of wall time, or until the ``quota`` is met and every package
    gave some tasks, or nothing in its first few modules.

    ``workers``: 0 for one per core. ``cache_dir`` is made where it is missing. Ctrl-C ends the workers; all that was
    found stays in the cache.

    Raises:
        TaskError: a package isn't installed, or isn't of ``split``.
    """
    queue = deque(plan(settings, packages, split, spread=quota.enough is not None))
    harvests: list[Harvest] = []
    failed: dict[str, str] = {}
    deadline = time.time() + deadline_s
    total = sum(not visit.start for visit in queue)
    count = workers or os.cpu_count() or 1
    shown = (progress or SilentProgress()).stage(f"mining {split.value}", deadline_s, "s")
    paths = tuple(path for name in packages for path in package(name).paths)
    with shown as stage, _pool(backend, count, (settings, cache_dir, deadline, paths)) as submit:
        meter = _Meter(stage, time.time(), total, settings.categories)
        complete = _drive(queue, submit, 2 * count, deadline, harvests, failed, meter, quota)
    return _collect(harvests, failed, split, complete)


def plan(settings: MiningSettings, packages: Sequence[str], split: Split, *, spread: bool = False) -> list[Visit]:
    """
    First visits of all modules: packages interleaved, the promising and, by seed, random modules of each first. The
    standard library goes faster: its tests are quick, and more of its functions are admitted for the time. ``spread``:
    begin with one module of every package, as is always done with held-out ones.
    """
    ranked: list[tuple[float, Visit]] = []
    for name in packages:
        found = package(name)
        if found.split is not split:
            raise TaskError(f"the package {name!r} serves {found.split.value}, not {split.value}", where="mining")
        random = rng(settings.seed, "modules", found.name)
        scores = sorted((_reluctance(m.file) + random.random(), m.name) for m in modules(found))
        pace = _PACE if name == STANDARD_LIBRARY else 1
        # What is evaluated on should come of every package, however little time there is.
        first = 0.0 if spread or split is Split.HELDOUT else 0.5
        ranked += [((at + first) / len(scores) / pace, Visit(name, module)) for at, (_, module) in enumerate(scores)]
    return [visit for _, visit in sorted(ranked, key=lambda pair: (pair[0], pair[1].package, pair[1].module))]


def _reluctance(file: Path) -> float:
    """How much a module deals with the outside world, per function; modules without functions come last."""
    try:
        text = read_source(file)
    except TaskError:
        return 9.0
    functions = len(re.findall(r"^\s*def ", text, re.MULTILINE))
    return min(3.0, len(_TOUCHY.findall(text)) / functions) if functions else 9.0


@dataclass(slots=True)
class _Meter:
    """Tells the progress bar how far the budget is used."""

    stage: Stage
    last: float
    total: int
    categories: tuple[str, ...]
    finished: int = 0

    def tick(self, harvests: Sequence[Harvest]) -> None:
        """Advances by the time since the last tick."""
        now = time.time()
        functions = sum(len(harvest.functions) for harvest in harvests)
        tasks = sum(len(harvest.tasks) for harvest in harvests)
        self.stage.advance(now - self.last, functions=functions, tasks=tasks, modules=self.finished, of=self.total)
        self.last = now


_Arguments = tuple[MiningSettings, Path, float, tuple[str, ...]]  # of a worker
Submit = Callable[[Visit], "Future[Visited]"]


def _drive(
    queue: deque[Visit],
    submit: Submit,
    ahead: int,
    deadline: float,
    harvests: list[Harvest],
    failed: dict[str, str],
    meter: _Meter,
    quota: Quota,
) -> bool:
    """Keeps the workers busy until the queue is empty, time is up, or there is enough. True where all was tried."""
    running: dict[Future[Visited], Visit] = {}
    owed = Counter({visit.package: _TURNS for visit in queue})
    cut = False
    while queue or running:
        plenty = quota.reached(harvests, meter.categories)
        satisfied = not +owed and quota.met(plenty, meter.categories)
        over = time.time() >= deadline
        cut = cut or over or satisfied
        if satisfied or (over and not running):
            break
        while queue and len(running) < ahead and not over:
            visit = replace(queue.popleft(), skip=plenty)
            running[submit(visit)] = visit
        done, _ = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            visit = running.pop(future)
            visited = _outcome(future)
            owed[visit.package] -= _TURNS if visited.harvest and visited.harvest.tasks else 1
            harvests += [visited.harvest] if visited.harvest else []
            if visited.error:
                failed[visit.module] = visited.error
            cut = cut or visited.cut
            queue.extend([visited.next] if visited.next else [])
            meter.finished += visited.next is None and not visited.cut
        meter.tick(harvests)
    return not cut


def _outcome(future: Future[Visited]) -> Visited:
    """What a visit found. A worker that was lost costs its visit, not the run; a pool that is gone ends it."""
    try:
        return future.result()
    except BrokenExecutor as error:
        raise SandboxError("the mining workers died; what they found is in the cache") from error
    except Exception as error:  # noqa: BLE001  # Ray raises errors of its own for a lost actor
        logger.warning("a mining worker failed: %s", error)
        return Visited(None, error=f"worker lost: {type(error).__name__}")


def _collect(harvests: Sequence[Harvest], failed: dict[str, str], split: Split, complete: bool) -> Mined:
    """One result in an order that does not depend on which worker was first, without near-copies."""
    every = sorted((f for harvest in harvests for f in harvest.functions), key=lambda f: (f.module, f.qualname))
    # By the function and not by its tasks: what is to be trained on may be something else than its text.
    functions = without_copies(every, protected_shapes() if split is Split.TRAIN else ())
    kept = {(function.module, function.qualname) for function in functions}
    named = {task.id: task for harvest in harvests for task in harvest.tasks}
    tasks = [task for task in named.values() if (task.module, task.qualname) in kept]
    own = sorted(assign(tasks, split), key=lambda task: (task.module, task.qualname, task.id))
    rejects: Counter[str] = Counter()
    for harvest in harvests:
        rejects.update(harvest.rejects)
    cpu_s = sum(harvest.cpu_s for harvest in harvests)
    return Mined(tuple(functions), tuple(own), rejects, cpu_s, complete, failed, _practice(harvests, functions, split))


def _practice(
    harvests: Sequence[Harvest], functions: Sequence[MinedFunction], split: Split
) -> tuple[MinedFunction, ...]:
    """What is left to practise on: nothing that is evaluated on, no near-copy of that, and none of ``functions``."""
    if split is not Split.TRAIN:
        return ()
    found = sorted((f for harvest in harvests for f in harvest.practice), key=lambda f: (f.module, f.qualname))
    return tuple(without_copies(found, shapes(functions) | protected_shapes()))


def _pool(backend: Backend, workers: int, arguments: _Arguments) -> AbstractContextManager[Submit]:
    if backend == "ray" or (backend == "auto" and _ray_is_running()):
        return _ray_workers(workers, arguments)
    return _processes(workers, arguments)


def _ray_is_running() -> bool:
    if importlib.util.find_spec("ray") is None:
        return False
    ray: Any = importlib.import_module("ray")
    return bool(ray.is_initialized())


_worker: MiningWorker | None = None


def _start_worker(settings: MiningSettings, cache_dir: Path, deadline: float, paths: tuple[str, ...]) -> None:
    global _worker
    # A killed driver must not leave workers behind that wait for it.
    die_with_parent()
    os.nice(5)
    _worker = MiningWorker(settings, cache_dir, deadline, paths)


def _visit(visit: Visit) -> Visited:
    if _worker is None:
        raise AssertionError("the pool starts its workers before it uses them")
    return _worker.visit(visit)


@contextmanager
def _processes(workers: int, arguments: _Arguments) -> Iterator[Submit]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=arguments)
    try:
        yield lambda visit: pool.submit(_visit, visit)
    finally:
        # Zygotes die with their workers (the kernel sees to it), so the workers may be stopped at once.
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


@contextmanager
def _ray_workers(workers: int, arguments: _Arguments) -> Iterator[Submit]:
    ray: Any = importlib.import_module("ray")
    remote = ray.remote(num_cpus=1, max_restarts=2)(MiningWorker)
    actors = [remote.remote(*arguments) for _ in range(workers)]
    turn = iter(range(1 << 62))

    def submit(visit: Visit) -> Future[Visited]:
        future: Future[Visited] = actors[next(turn) % workers].visit.remote(visit).future()
        return future

    try:
        yield submit
    finally:
        for actor in actors:
            ray.kill(actor)
