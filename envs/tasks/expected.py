"""The job that records what a reference does on given inputs; it runs inside the sandbox."""

from __future__ import annotations

import marshal
from collections.abc import Sequence

from core.errors import SandboxError
from envs.sandbox.lane import FastLane
from envs.sandbox.outcome import expected_form, observe
from envs.sandbox.program import resolve_function


def record(payload: bytes) -> bytes:
    """``marshal`` of (module, qualname, inputs) to ``marshal`` of the expected values, None where there is none."""
    module, qualname, inputs = marshal.loads(payload)
    _, call = resolve_function(module, qualname)
    seen = [observe(call, each) for each in inputs]
    return marshal.dumps([expected_form(each.payload) if each.payload else None for each in seen])


def expected_values(lane: FastLane, module: str, qualname: str, inputs: Sequence[bytes]) -> list[bytes | None]:
    """
    What ``module``'s function gives on each input (pickled ``(args, kwargs)``), in the form of ``Check.expected``.

    Raises:
        SandboxError: the reference could not be run.
    """
    request = marshal.dumps((module, qualname, list(inputs)))
    reply = lane.call("envs.tasks.expected:record", request, modules=(module,))
    if reply.data is None:
        raise SandboxError(f"{module}.{qualname} could not be run: {reply.error or reply.limit}")
    found: list[bytes | None] = marshal.loads(reply.data)
    return found
