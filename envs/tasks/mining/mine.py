"""
Mining one module: from its text to functions whose behaviour a suite of checks pins down.

    with FastLane(mining_sandbox()) as lane, FastLane(replay_sandbox(lane.config)) as second:
        mined = mine_module("textwrap", package=package("python"), lane=lane, settings=settings, second=second)

Every function goes through: a search for inputs in a confined child; a replay in another process with another hash
seed, time zone, date and order; a run of the program text with coverage; mutants. It leaves at the first floor that it
misses.
"""

from __future__ import annotations

import time
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import Any, NamedTuple

from core.records import Check, Outcome, Program, Provenance
from core.seeding import derive_seed, digest, rng
from envs.sandbox.config import Limits, SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.mining.discover import FunctionSite, ModuleIndex, index_of
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.oracle import Kills, choose_visible, kill_mutants
from envs.tasks.mining.record import MinedFunction, MinedModule
from envs.tasks.mining.settings import MINER_VERSION, MiningSettings
from envs.tasks.mining.usage import usage_as_json
from envs.tasks.packages import Package, find_module

EXPLORE = "envs.tasks.mining.jobs.explore:explore"
_MOST_TRACES = 60
# Four decades and some months: another month, day of the week, and side of most windows around the present year.
_DECADES = 14_765


class _Reject(Exception):
    """A floor that the function missed; the message is the cause. ``practice``: what it is good for all the same."""

    def __init__(self, cause: str, practice: MinedFunction | None = None) -> None:
        super().__init__(cause)
        self.practice = practice


class _Found(NamedTuple):
    """What the search gave: checks with their kinds and lines, fresh checks, and readable calls."""

    checks: list[Check]
    fresh: list[Check]
    returning: frozenset[str]
    calls: dict[str, str]
    executable: frozenset[int]


def mining_sandbox(base: SandboxConfig | None = None) -> SandboxConfig:
    """Tighter limits than episodes have: what hangs is dropped sooner, what passes passes there too."""
    return (base or SandboxConfig()).model_copy(update={"check_seconds": 0.12, "cpu_seconds": 2.0, "wall_seconds": 4.0})


def replay_sandbox(config: SandboxConfig) -> SandboxConfig:
    """The same sandbox in another environment, where what isn't deterministic comes out differently."""
    elsewhere = {"hash_seed": config.hash_seed + 4711, "timezone": "Asia/Kathmandu", "days": config.days + _DECADES}
    return config.model_copy(update=elsewhere)


def mine_module(
    module: str,
    *,
    package: Package,
    lane: FastLane,
    settings: MiningSettings,
    traces: Mapping[str, Sequence[bytes]] | None = None,
    second: FastLane | None = None,
    index: ModuleIndex | None = None,
    only: frozenset[str] | None = None,
) -> MinedModule:
    """
    Mines the functions of ``module`` (``only`` these, by qualified name).

    ``traces``: recorded ``(args, kwargs)`` pickles by qualified name. ``second``: a lane with another environment
    (default: one for this call). ``index``: the module's functions, where the caller has read them.

    Raises:
        TaskError: the package has no such module. SandboxError: the sandbox itself failed.
    """
    found = index or index_of(find_module(package, module), settings)
    if second is None:
        with FastLane(replay_sandbox(lane.config)) as own:
            return _mine_sites(found, package, _Lanes(lane, own), settings, traces or {}, only)
    return _mine_sites(found, package, _Lanes(lane, second), settings, traces or {}, only)


class _Lanes(NamedTuple):
    first: FastLane
    second: FastLane


def _mine_sites(
    index: ModuleIndex,
    package: Package,
    lanes: _Lanes,
    settings: MiningSettings,
    traces: Mapping[str, Sequence[bytes]],
    only: frozenset[str] | None,
) -> MinedModule:
    functions: list[MinedFunction] = []
    practice: list[MinedFunction] = []
    rejects: Counter[str] = Counter()
    meter = _Meter()
    for site in index.sites:
        if only is not None and site.qualname not in only:
            continue
        try:
            functions.append(_mine(site, index, package, lanes, settings, traces.get(site.qualname, ()), meter))
        except _Reject as cause:
            rejects[str(cause)] += 1
            practice += [cause.practice] if cause.practice else []
    return MinedModule(tuple(functions), rejects, meter.cpu_s, meter.children, tuple(practice))


class _Meter:
    """CPU seconds of this process and, as far as they are reported, of the children."""

    def __init__(self) -> None:
        self.children = 0.0
        self.started = time.process_time()

    @property
    def cpu_s(self) -> float:
        return self.children + time.process_time() - self.started


def _mine(
    site: FunctionSite,
    index: ModuleIndex,
    package: Package,
    lanes: _Lanes,
    settings: MiningSettings,
    traces: Sequence[bytes],
    meter: _Meter,
) -> MinedFunction:
    if not _small(site.source, settings.max_source_tokens):
        raise _Reject("too many tokens")
    program = Program(site.module, site.qualname, site.source)
    found = _explore(site, index, lanes.first, settings, traces, meter)
    checks, fresh = _stable(program, found, lanes, settings, meter)
    returning = sum(check.id in found.returning for check in checks)
    if returning < settings.min_returning:
        raise _Reject("few inputs")
    coverage = _coverage(program, checks, found.executable, lanes.first, meter)
    record = partial(
        _record, site, index, package, fresh=fresh, coverage=coverage, returning=returning, calls=found.calls
    )
    if coverage < settings.min_coverage:
        raise _Reject("low coverage", record(Kills((), 0, 0), checks))
    random = rng(settings.seed, "mutants", site.module, site.qualname)
    kills = kill_mutants(program, checks, lanes.first, random, count=settings.mutants, floor=settings.min_kill_rate)
    if kills.rate < settings.min_kill_rate or kills.tried < settings.mutants // 2:
        raise _Reject("weak oracle", record(kills, checks))
    visible = choose_visible(len(checks), kills.mutants, random, settings.visible_share)
    return record(kills, [replace(check, visible=at in visible) for at, check in enumerate(checks)])


def _record(
    site: FunctionSite,
    index: ModuleIndex,
    package: Package,
    kills: Kills,
    checks: Sequence[Check],
    *,
    fresh: Sequence[Check],
    coverage: float,
    returning: int,
    calls: Mapping[str, str],
) -> MinedFunction:
    provenance = Provenance(package.name, package.version, package.licence, index.path, site.line)
    parts = [part for check in checks for part in (check.args, check.expected)]
    return MinedFunction(
        site.module,
        site.qualname,
        site.source,
        provenance,
        site.header_lines,
        tuple(checks),
        tuple(fresh),
        kills.rate,
        coverage,
        returning,
        digest(str(MINER_VERSION), site.module, site.qualname, site.source, *parts),
        tuple(calls[check.id] for check in checks),
        kills.mutants,
    )


def _small(source: str, limit: int) -> bool:
    layout = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER}
    try:
        tokens = sum(token.type not in layout for token in tokenize.generate_tokens(StringIO(source).readline))
    except (tokenize.TokenError, IndentationError):
        return False
    return tokens <= limit


def _explore(
    site: FunctionSite,
    index: ModuleIndex,
    lane: FastLane,
    settings: MiningSettings,
    traces: Sequence[bytes],
    meter: _Meter,
) -> _Found:
    request = _request(site, index, settings)
    spare = settings.generate_seconds * 3 + settings.mutate_seconds + 1.5
    limits = Limits(cpu_seconds=spare, wall_seconds=12 * spare, memory_mb=1024, output_bytes=8 << 20)
    reply = lane.call(EXPLORE, pack(request, traces[:_MOST_TRACES]), modules=(site.module,), limits=limits)
    meter.children += reply.cpu_s
    if reply.data is None:
        raise _Reject(f"died ({reply.limit})" if reply.limit else "not importable" if "mport" in reply.error else "job")
    try:
        header, blobs = unpack(reply.data)
        if header["reject"]:
            raise _Reject(str(header["reject"]))
        return _found(header, blobs)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        # Mined code shares the process with the search, so its answer may be anything.
        raise _Reject("torn answer") from error


def _request(site: FunctionSite, index: ModuleIndex, settings: MiningSettings) -> dict[str, Any]:
    return {
        "module": site.module,
        "qualname": site.qualname,
        "source": site.source,
        "line": site.line,
        "header_lines": site.header_lines,
        "seed": derive_seed(settings.seed, "explore", site.module, site.qualname),
        "seconds": [settings.generate_seconds, settings.mutate_seconds],
        "usage": usage_as_json(site.usage),
        "constructors": {name: usage_as_json(usage) for name, usage in index.constructors.items()},
        "docs": list(site.docs),
        # A few more than needed: the replays drop some.
        "keep": settings.checks + 6,
        "fresh": settings.fresh_checks,
        "min_returning": settings.min_returning,
        "min_coverage": settings.min_coverage,
    }


def _found(header: dict[str, Any], blobs: list[bytes]) -> _Found:
    described = [*header["checks"], *header["fresh"]]
    if len(blobs) != 2 * len(described):
        raise ValueError("as many inputs as descriptions expected")
    inputs = list(zip(blobs[::2], blobs[1::2], strict=True))
    checks = [Check(digest(args, size=6), args, expected, visible=True) for args, expected in inputs]
    count = len(header["checks"])
    returning = frozenset(c.id for c, d in zip(checks, described, strict=True) if d["kind"] == "returned")
    calls = {c.id: str(d["call"])[:200] for c, d in zip(checks, described, strict=True)}
    hidden = [replace(check, visible=False) for check in checks[count:]]
    return _Found(checks[:count], hidden, returning, calls, frozenset(map(int, header["executable"])))


def _stable(
    program: Program, found: _Found, lanes: _Lanes, settings: MiningSettings, meter: _Meter
) -> tuple[list[Check], list[Check]]:
    """The checks that pass in a fresh process of another environment, run in reverse."""
    every = [replace(check, visible=False) for check in (*found.checks, *found.fresh)]
    verdict = lanes.second.run(program, every[::-1])
    meter.children += verdict.cpu_s
    if verdict.error:
        raise _Reject("not importable")
    passed = {result.check_id for result in verdict.results if result.passed}
    # One outcome that is another one here means that others would be in yet another environment: an order of hashes is
    # the same by chance in every second one. What only takes too long is dropped by itself.
    if any(result.outcome in (Outcome.FAILED, Outcome.RAISED) for result in verdict.results):
        raise _Reject("nondeterministic")
    if len(passed) < (1 - settings.max_flaky) * len({check.id for check in every}):
        raise _Reject("nondeterministic")
    checks = [check for check in found.checks if check.id in passed][: settings.checks]
    return checks, [check for check in found.fresh if check.id in passed]


def _coverage(
    program: Program, checks: Sequence[Check], executable: frozenset[int], lane: FastLane, meter: _Meter
) -> float:
    """Runs the program text as it will be judged, in a third process, and measures the lines that the checks run."""
    verdict = lane.run(program, checks)
    meter.children += verdict.cpu_s
    if not verdict.passed:
        raise _Reject("nondeterministic")
    lines = {line for result in verdict.results for line in result.lines}
    return len(lines & executable) / len(executable) if executable else 1.0
