"""The job that records what a commit's function does on the inputs of the commit's tests; it runs in the sandbox."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from core.records import Check
from core.seeding import digest
from envs.sandbox.lane import Caller
from envs.sandbox.outcome import expected_form, observe
from envs.sandbox.program import ProgramError, resolve_function
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.jobs.calls import call_text
from envs.tasks.mining.jobs.closure import ModuleGuard
from envs.tasks.mining.jobs.explore import unbound
from envs.tasks.mining.jobs.ordering import order_depends_on_hashes
from envs.tasks.mining.jobs.search import EffectWatch

_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Recorded:
    """A check, and its call as a person would write it."""

    check: Check
    call: str


def record(payload: bytes) -> bytes:
    """
    Header ``{module, qualname}`` and inputs to header ``{calls}`` and, in turn, the inputs that are fit with what the
    function does on them. Unfit: what is slow, reaches for files, or can't be told to be the same in any process.
    """
    header, inputs = unpack(payload)
    try:
        _, call = resolve_function(header["module"], header["qualname"])
    except ProgramError:
        return pack({"calls": []})
    watch, guard = EffectWatch(), ModuleGuard(sys.modules[header["module"]])
    bound = isinstance(getattr(call, "__self__", None), type)
    found: list[tuple[bytes, bytes]] = []
    for data in inputs:
        args, watch.seen = unbound(data) if bound else data, False
        observed = observe(call, args, None, _SECONDS)
        done = observed.kind in ("returned", "raised") and not watch.seen
        if done and guard.admits(args) and not order_depends_on_hashes(args):
            found.append((args, expected_form(observed.payload)))
    return pack({"calls": [call_text(args) for args, _ in found]}, [part for pair in found for part in pair])


def recorded(lane: Caller, module: str, qualname: str, inputs: Sequence[bytes]) -> list[Recorded]:
    """
    Checks of ``module``'s function as it stands in the lane's files, one for each input that is fit. None where the
    function can't be run at all.
    """
    reply = lane.call(f"{__name__}:record", pack({"module": module, "qualname": qualname}, inputs), modules=(module,))
    if reply.data is None:
        return []
    try:
        header, blobs = unpack(reply.data)
        pairs = list(zip(blobs[::2], blobs[1::2], strict=True))
        calls = list(map(str, header["calls"]))
        return [
            Recorded(Check(digest(args, size=6), args, expected), call[:200])
            for (args, expected), call in zip(pairs, calls, strict=True)
        ]
    except (ValueError, KeyError, TypeError):
        # The code of the commit shares the process with the job, so its answer may be anything.
        return []
