"""Inputs as a person would write them. They are read only here, inside the sandbox's child."""

from __future__ import annotations

import json
import marshal
import pickle
import reprlib


def describe(payload: bytes) -> bytes:
    """The job: ``marshal`` of pickled inputs to JSON of their texts, which whoever asks can read without risk."""
    return json.dumps([call_text(data) for data in marshal.loads(payload)]).encode()


def call_text(data: bytes) -> str:
    """The pickled ``(args, kwargs)`` as a call has them, shortened; ``(...)`` where they can't be read."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 40
    try:
        args, kwargs = pickle.loads(data)
        parts = [short.repr(arg) for arg in args] + [f"{name}={short.repr(value)}" for name, value in kwargs.items()]
    except Exception:  # noqa: BLE001  # the objects' own repr may raise anything
        return "(...)"
    text = ", ".join(parts).encode("ascii", "backslashreplace").decode()
    return f"({text if len(text) <= 160 else text[:157] + '...'})"
