"""
Checks many tasks at once, each as ``envs.tasks.validate`` does, in processes of their own.

    findings = validate_all(tasks, progress=progress)
    fit = [finding.task for finding in findings if finding.holds]

A process checks one task at a time, in sandbox lanes of its own. Where it dies, the task that it had is told as such,
and another process takes its place.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from core.errors import SandboxError, UserError
from core.garbage import collect_less
from core.progress import Progress, SilentProgress
from core.records import Task
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.sandbox.namespaces import die_with_parent
from envs.tasks.validate import validate

# What holds has to hold in processes that differ in these: the second one is four years and some months ahead, on
# another day of the week, with a leap day between.
CIRCUMSTANCES = (
    SandboxConfig(hash_seed=0, timezone="UTC"),
    SandboxConfig(hash_seed=4021, timezone="Asia/Kolkata", days=1613),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a task, one line each."""

    task: Task
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.problems


def validate_all(
    tasks: Sequence[Task], *, workers: int = 0, paths: tuple[str, ...] = (), progress: Progress | None = None
) -> list[Finding]:
    """
    What is wrong with each of the tasks, in their order. ``workers``: how many processes, 0 for one per core.
    ``paths``: see ``SandboxConfig``.

    Raises:
        UserError: this machine can't isolate code, or nothing answers to a task's category.
    """
    count = min(workers or len(os.sched_getaffinity(0)), len(tasks))
    problems: list[tuple[str, ...]] = [()] * len(tasks)
    with ExitStack() as stack:
        stage = stack.enter_context((progress or SilentProgress()).stage("validate", len(tasks), "tasks"))
        crew: list[_Worker] = []
        stack.callback(_dismiss, crew)
        for _ in range(count):
            crew.append(_Worker(paths))
        for at, found in _answers(tasks, crew):
            problems[at] = found
            stage.advance(broken=sum(map(bool, problems)))
    return [Finding(task, found) for task, found in zip(tasks, problems, strict=True)]


def circumstances(config: SandboxConfig) -> str:
    """What sets a sandbox apart, in words."""
    ahead = f", {config.days} days ahead" if config.days else ""
    return f"hash seed {config.hash_seed}, {config.timezone}{ahead}"


def _answers(tasks: Sequence[Task], crew: Sequence[_Worker]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """What is wrong with which task, as soon as it is known."""
    waiting = iter(range(len(tasks)))
    busy: dict[Connection, tuple[_Worker, int]] = {}
    for worker, at in zip(crew, waiting, strict=False):
        busy[worker.give(tasks[at])] = worker, at
    while busy:
        for pipe in wait(list(busy)):
            assert isinstance(pipe, Connection)
            worker, at = busy.pop(pipe)
            yield at, worker.take()
            following = next(waiting, None)
            if following is not None:
                busy[worker.give(tasks[following])] = worker, following


class _Worker:
    """One process that checks tasks; another takes its place where it dies."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = paths
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._paths), daemon=True)
        with _uninterrupted(), theirs:
            self._process.start()

    def give(self, task: Task) -> Connection:
        """Has ``task`` checked; the answer can be taken when there is something on the connection."""
        try:
            self._pipe.send(task)
        except OSError:  # it died of nothing that it was given
            self.close()
            self._start()
            self._pipe.send(task)
        return self._pipe

    def take(self) -> tuple[str, ...]:
        """What is wrong with the task that was given. Raises UserError."""
        try:
            answer = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self.close()
            self._start()
            return (f"the process that checked it died ({_ending(code)})",)
        if isinstance(answer, UserError):
            raise answer
        found: tuple[str, ...] = answer
        return found

    def close(self) -> None:
        """Ends the process; its zygotes go with it, which the kernel sees to."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()


def _dismiss(crew: Sequence[_Worker]) -> None:
    for worker in crew:
        worker.close()


def _ending(code: int | None) -> str:
    return f"exit code {code}" if code is None or code >= 0 else signal.Signals(-code).name


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """
    A process that is started within is started whole, and doesn't get the Ctrl-C that is meant for this one, which gets
    it afterwards. The signal has to be both blocked, which is inherited, and caught, since another thread may get it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    missed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: missed.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
        for number in missed:
            signal.raise_signal(number)


def _serve(pipe: Connection, paths: tuple[str, ...]) -> None:
    """The whole life of a worker: tasks in, what is wrong with them out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    # A killed parent must not leave workers behind that wait for it.
    die_with_parent()
    collect_less()
    with ExitStack() as stack:
        configs = [config.model_copy(update={"paths": paths}) for config in CIRCUMSTANCES]
        lanes = [stack.enter_context(FastLane(config)) for config in configs]
        while True:
            try:
                task = pipe.recv()
            except EOFError:
                return
            pipe.send(_checked(task, lanes))


def _checked(task: Task, lanes: Sequence[FastLane]) -> tuple[str, ...] | UserError:
    try:
        return tuple(validate(task, lanes, [circumstances(lane.config) for lane in lanes]))
    except UserError as error:
        return error
    except SandboxError as error:
        return (f"the sandbox failed: {error}",)
    except Exception as error:  # noqa: BLE001  one task that can't be judged must not hide what is wrong with others
        return (f"it can't be checked: {type(error).__name__}: {error}",)
