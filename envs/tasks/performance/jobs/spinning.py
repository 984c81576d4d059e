"""
The jobs that repeat a plain program so that the kernel's CPU seconds tell something: ``spin``, and ``idle`` for what it
takes to read the inputs. What they report is untrusted, as in ``jobs.ticking``.
"""

from __future__ import annotations

import io
import marshal
import pickle
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

from envs.sandbox.outcome import disarm, soft_limit
from envs.tasks.performance.jobs.growth import grown
from envs.tasks.performance.jobs.ticking import Request, consumed, prepared

_SPIN_SECONDS, _MOST_ROUNDS = 0.02, 4_000


def spin(payload: bytes) -> bytes:
    """Runs the inputs over and over; gives the number of rounds."""
    request = Request(*marshal.loads(payload))
    call = prepared(request.module, request.qualname, request.source)[1]
    return marshal.dumps(_spun(request, call))


def idle(payload: bytes) -> bytes:
    """What ``spin`` does but for the calls, so that its CPU seconds can be taken off; runs nothing of the program."""
    return marshal.dumps(_spun(Request(*marshal.loads(payload)), None))


def _spun(request: Request, call: Callable[..., Any] | None) -> int:
    inputs = [grown(args, growth) for args, growth in request.inputs]
    wanted, until, done = request.rounds or _MOST_ROUNDS, process_time() + _SPIN_SECONDS, 0
    before, sys.stdout = sys.stdout, io.StringIO()
    try:
        while done < wanted and (request.rounds or process_time() < until):
            for data in inputs:
                soft_limit(request.seconds)
                args, kwargs = pickle.loads(data)
                if call is not None:
                    consumed(call, args, kwargs)
                disarm()
            done += 1
    finally:
        sys.stdout = before
    return done
