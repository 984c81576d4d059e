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
import sysconfig
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from core.errors import SandboxError, SandboxUnavailable
from core.records import Check, Limit, Program, Verdict
from envs.sandbox.child import Order
from envs.sandbox.config import TIERS, Limits, SandboxConfig, Tier
from envs.sandbox.frames import JOB_DONE, JOB_ERROR, read_frames
from envs.sandbox.imports import ModuleFacts, module_facts
from envs.sandbox.infection import Pair, SiteFields
from envs.sandbox.judging import Run, judge, limit_of, limit_shown, load_error, missing
from envs.sandbox.namespaces import PR_SET_DUMPABLE
from envs.sandbox.probe import require
from envs.sandbox.process import PROJECT_ROOT, Ended, TierFailed, ZygoteProcess, default_search_path
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


@runtime_checkable
class Caller(Protocol):
    """An executor that also runs jobs, for what is no check of one function: ``FastLane``."""

    @property
    def tier(self) -> str:
        """The sandbox's tier."""
        ...

    def call(self, job: str, payload: bytes, *, modules: Sequence[str] = ()) -> Reply:
        """``module:function`` (bytes to bytes, trusted) on ``payload`` in a confined child, beside ``modules``."""
        ...


class FastLane:
    """
    Implements ``core.protocols.Executor``. Starts its zygote on first use, one per process: a fork of this process (a
    DataLoader worker) starts its own. Calls from several threads take turns.

    The worker stays traceable (py-spy, Ray's tools) at tiers A and B, where the kernel keeps children away from it;
    at tier C it makes itself undumpable, since only seccomp stands between them then.
    """

    def __init__(self, config: SandboxConfig | None = None, *, search_path: Sequence[str] | None = None) -> None:
        self.config = config or SandboxConfig()
        path = tuple(search_path) if search_path is not None else default_search_path()
        self._path = tuple(dict.fromkeys((*path, *self.config.paths)))
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
            return Verdict(tuple(missing(check) for check in checks), 0.0, self.tier, None, str(refused))
        request = marshal.dumps((code, limits.check_seconds, inputs))
        target = (program.module, program.qualname)
        run = self._execute(self._order((program.module,), limits, target=target), request)
        error = run.ended.error or load_error(run.frames)
        if error:
            return Verdict(tuple(missing(check) for check in checks), run.ended.cpu_s, self.tier, None, error)
        judged = judge(run, [checks[index] for index in order])
        results = dict(zip(order, judged, strict=True))
        limit = run.limit or limit_shown(judged)
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

    def compare(
        self, program: Program, checks: Sequence[Check], sites: Sequence[SiteFields], pairs: Sequence[Pair]
    ) -> bytes:
        """
        What the alternatives of ``envs.edits.alternatives`` would change, from one run of ``program`` as it is: a byte
        of ``envs.sandbox.infection`` per check and pair, row by row; empty where the run was cut off or failed.
        """
        request: Any = (
            *(program.module, program.qualname, program.source, self._facts(program.module).flags),
            self.config.limits().check_seconds,
            [check.args for check in checks],
            *([tuple(each) for each in rows] for rows in (sites, pairs)),
        )
        reply = self.call("envs.sandbox.infection:infected", marshal.dumps(request), modules=(program.module,))
        return reply.data or b""

    def _execute(self, order: Order, request: bytes) -> Run:
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

    def _account(self, zygote: ZygoteProcess, order: Order, ended: Ended) -> Run:
        """Reads the answer (the child is dead), counts, and recycles the zygote where it is due."""
        frames, whole = read_frames(zygote.arena, order.output_bytes) if not ended.error else ([], True)
        limit = limit_of(ended, whole) if not ended.error else None
        self._counts["evaluations"] += 1
        self._counts[f"ended:{limit or ('import' if ended.error else 'ok')}"] += 1
        if zygote.evaluations >= self.config.recycle_after:
            self._discard("age")
        elif ended.zygote_mb > self.config.max_zygote_mb:
            self._discard("size")
        return Run(ended, frames, whole, limit)

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
