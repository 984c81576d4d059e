"""
The fast lane: functions, judged in milliseconds.

    with FastLane() as lane:
        verdict = lane.run(program, checks)

One fork of the zygote per run. Expected values stay in this process, which compares bytes and decodes nothing that a
child wrote but lengths, line numbers and a name to show.
"""

from __future__ import annotations

import marshal
import os
import signal
import sysconfig
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType

from core.errors import SandboxError, SandboxUnavailable
from core.records import Check, CheckResult, Limit, Outcome, Program, Verdict
from envs.sandbox.child import EXIT_OUTPUT, Order
from envs.sandbox.config import TIERS, Limits, SandboxConfig, Tier
from envs.sandbox.frames import JOB_DONE, JOB_ERROR, LOAD_ERROR, TAGS, Frame, read_frames
from envs.sandbox.imports import ModuleFacts, module_facts
from envs.sandbox.namespaces import PR_SET_DUMPABLE
from envs.sandbox.probe import require
from envs.sandbox.process import PROJECT_ROOT, Ended, TierFailed, ZygoteProcess, default_search_path, died_of
from envs.sandbox.program import ProgramError, compile_program
from envs.sandbox.syscalls import prctl

ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Reply:
    """What a job gave: ``data``, or None with the limit that ended it or the error that it raised."""

    data: bytes | None
    limit: Limit | None
    cpu_s: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Run:
    """A child's end, its frames, and whether the answer was whole."""

    ended: Ended
    frames: list[Frame]
    whole: bool
    limit: Limit | None


class FastLane:
    """
    Implements ``core.protocols.Executor``. Starts its zygote on first use, one per process: a fork of this process (a
    DataLoader worker) starts its own. Calls from several threads take turns.

    The worker stays traceable (py-spy, Ray's tools) at tiers A and B, where the kernel keeps children away from it;
    at tier C it makes itself undumpable, since only seccomp stands between them then.
    """

    def __init__(self, config: SandboxConfig | None = None, *, search_path: Sequence[str] | None = None) -> None:
        self.config = config or SandboxConfig()
        self._path = tuple(search_path) if search_path is not None else default_search_path()
        self._zygote: ZygoteProcess | None = None
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> FastLane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the zygote. The lane may be used again; it starts another one then."""
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote = None

    @property
    def tier(self) -> Tier:
        """The tier in force."""
        return self.config.tier or require(self.config.minimum_tier).tier

    def stats(self) -> Mapping[str, int]:
        """Counters: evaluations, starts, restarts by cause, ends of children by cause."""
        return dict(self._counts)

    def run(self, program: Program, checks: Sequence[Check]) -> Verdict:
        """One execution in a fresh child. Raises SandboxError where the sandbox fails twice in a row."""
        order = sorted(range(len(checks)), key=lambda index: not checks[index].visible)
        limits = self.config.limits()
        inputs = [(checks[index].args, checks[index].visible) for index in order]
        try:
            code = compile_program(program.source, program.qualname, self._facts(program.module).flags)
        except ProgramError as refused:
            return Verdict(tuple(_missing(check) for check in checks), 0.0, self.tier, None, str(refused))
        request = marshal.dumps((code, limits.check_seconds, inputs))
        target = (program.module, program.qualname)
        run = self._execute(self._order((program.module,), limits, target=target), request)
        error = run.ended.error or _load_error(run.frames)
        if error:
            return Verdict(tuple(_missing(check) for check in checks), run.ended.cpu_s, self.tier, None, error)
        judged = _judge(run, [checks[index] for index in order])
        results = dict(zip(order, judged, strict=True))
        limit = run.limit or _limit_shown(judged)
        return Verdict(tuple(results[i] for i in range(len(checks))), run.ended.cpu_s, self.tier, limit)

    def call(
        self,
        job: str,
        payload: bytes,
        *,
        modules: Sequence[str] = (),
        limits: Limits | None = None,
        read_stdlib: bool = False,
    ) -> Reply:
        """
        ``module:function`` (bytes to bytes, trusted) on ``payload`` in a confined child, after the zygote has imported
        ``modules`` too. ``read_stdlib``: the child may read the standard library's and installed packages' files,
        which tier C can't grant. Raises SandboxError, SandboxUnavailable.
        """
        if read_stdlib and self.tier == "C":
            raise SandboxUnavailable("tier C can't let a child read files", where="sandbox")
        wanted = (job.partition(":")[0], *modules)
        run = self._execute(self._order(wanted, limits or self.config.limits(), job=job, reading=read_stdlib), payload)
        last = run.frames[-1] if run.frames else None
        error = run.ended.error or (last.detail if last is not None and last.tag == JOB_ERROR else "")
        done = last is not None and last.tag == JOB_DONE and run.limit is None and not error
        return Reply(last.payload if last is not None and done else None, run.limit, run.ended.cpu_s, error)

    def _execute(self, order: Order, request: bytes) -> _Run:
        with self._lock:
            for attempt in range(1, ATTEMPTS + 1):
                zygote = self._ready()
                try:
                    ended = zygote.run_order(order, request)
                except SandboxError as error:
                    self._discard("fault")
                    if attempt == ATTEMPTS:
                        raise SandboxError(f"twice in a row: {error}") from error
                    continue
                return self._account(zygote, order, ended)
        raise AssertionError("unreachable")

    def _order(
        self,
        modules: tuple[str, ...],
        limits: Limits,
        *,
        job: str = "",
        target: tuple[str, str] = ("", ""),
        reading: bool = False,
    ) -> Order:
        lazy = tuple(name for module in modules for name in self._facts(module).lazy)
        return Order(
            job,
            target,
            modules,
            lazy,
            limits.cpu_seconds,
            limits.wall_seconds,
            limits.memory_mb << 20,
            limits.output_bytes,
            reading,
        )

    def _facts(self, module: str) -> ModuleFacts:
        return module_facts(module, (*self._path, *_stdlib_path(), str(PROJECT_ROOT)))

    def _account(self, zygote: ZygoteProcess, order: Order, ended: Ended) -> _Run:
        """Reads the answer (the child is dead), counts, and recycles the zygote where it is due."""
        frames, whole = read_frames(zygote.arena, order.output_bytes) if not ended.error else ([], True)
        limit = _limit(ended, whole) if not ended.error else None
        self._counts["evaluations"] += 1
        self._counts[f"ended:{limit or ('import' if ended.error else 'ok')}"] += 1
        if zygote.evaluations >= self.config.recycle_after:
            self._discard("age")
        elif ended.zygote_mb > self.config.max_zygote_mb:
            self._discard("size")
        return _Run(ended, frames, whole, limit)

    def _ready(self) -> ZygoteProcess:
        if self._zygote is not None and self._zygote.owner != os.getpid():
            self._zygote.kill()  # inherited by a fork: only lets go of it
            self._zygote = None
        if self._zygote is None:
            self._zygote = self._start()
        return self._zygote

    def _start(self) -> ZygoteProcess:
        self._counts["starts"] += 1
        path = (*self._path, *([] if str(PROJECT_ROOT) in self._path else [str(PROJECT_ROOT)]))
        tier = self._allowed_tier()
        if tier == "C":
            prctl(PR_SET_DUMPABLE, 0)
        try:
            return ZygoteProcess(self.config, tier, path)
        except TierFailed as error:
            raise SandboxError(f"the zygote can't be started: {error}") from error

    def _allowed_tier(self) -> Tier:
        tier = self.tier
        if TIERS.index(tier) > TIERS.index(self.config.minimum_tier):
            raise SandboxUnavailable(f"tier {tier} is below the demanded {self.config.minimum_tier}", where="sandbox")
        return tier

    def _discard(self, cause: str) -> None:
        if self._zygote is not None:
            self._counts[f"restarts:{cause}"] += 1
        self.close()


@lru_cache(maxsize=1)
def _stdlib_path() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return (paths["stdlib"], paths["platstdlib"])


def _missing(check: Check) -> CheckResult:
    return CheckResult(check.id, Outcome.MISSING)


def _limit_shown(results: Sequence[CheckResult]) -> Limit | None:
    """A limit that the kernel didn't report: an exit in the middle of the checks, or a MemoryError."""
    if any(result.outcome is Outcome.DIED for result in results):
        return Limit.DIED
    short = any(not result.passed and result.detail.startswith("MemoryError") for result in results)
    return Limit.MEMORY if short else None


def _load_error(frames: Sequence[Frame]) -> str:
    return frames[0].detail if frames and frames[0].tag == LOAD_ERROR else ""


def _limit(ended: Ended, whole: bool) -> Limit | None:
    """Which limit a child's end shows; None for a clean one."""
    if ended.cause:
        return Limit.WALL
    killed = died_of(ended.status)
    if killed is signal.SIGXCPU or (killed is signal.SIGKILL and ended.cpu_s > 1):
        return Limit.CPU
    if killed is not None:
        return Limit.DIED
    if os.waitstatus_to_exitcode(ended.status) == EXIT_OUTPUT:
        return Limit.OUTPUT
    return Limit.DIED if ended.status or not whole else None


_JUDGED = {tag: kind for kind, tag in TAGS.items()}


def _judge(run: _Run, checks: Sequence[Check]) -> list[CheckResult]:
    """One result per check, in the order in which they ran: what was said, what was cut off, what never began."""
    frames = run.frames if len(run.frames) <= len(checks) else []
    results = [_compare(check, frame) for check, frame in zip(checks, frames, strict=False)]
    hanging = run.limit in (Limit.CPU, Limit.WALL)
    gave_up = sum(result.outcome is Outcome.TIMEOUT for result in results) > 1
    if len(results) < len(checks) and not gave_up:
        cut_off = Outcome.TIMEOUT if hanging else Outcome.DIED
        results.append(CheckResult(checks[len(results)].id, cut_off))
    elif run.limit is not None and results and not gave_up:  # all was said, and yet the end was not clean
        results[-1] = CheckResult(results[-1].check_id, Outcome.TIMEOUT if hanging else Outcome.DIED)
    return results + [_missing(check) for check in checks[len(results) :]]


def _compare(check: Check, frame: Frame) -> CheckResult:
    kind = _JUDGED.get(frame.tag, "unencodable")
    if kind == "timeout":
        outcome = Outcome.TIMEOUT
    elif frame.payload and frame.payload == check.expected:
        outcome = Outcome.PASSED
    else:
        outcome = Outcome.RAISED if kind == "raised" else Outcome.FAILED
    return CheckResult(check.id, outcome, frame.lines, frame.raised_line, frame.detail)
