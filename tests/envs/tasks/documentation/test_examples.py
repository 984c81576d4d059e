"""Examples of documentation, made of checked calls inside the sandbox."""

import pickle
import random
import textwrap
from collections.abc import Sequence
from typing import Any

import pytest

from envs.sandbox.lane import FastLane
from envs.tasks.mining.frames import pack, unpack


def examples(module: str, qualname: str, calls: Sequence[tuple[Any, ...]]) -> list[list[str]]:
    payload = pack({"module": module, "qualname": qualname}, [pickle.dumps((args, {})) for args in calls])
    with FastLane() as lane:
        reply = lane.call("envs.tasks.documentation.job:observe", payload, modules=(module,))
    assert reply.data is not None, reply
    header, _ = unpack(reply.data)
    found: list[list[str]] = header["examples"]
    return found


def test_what_shows_something_else_each_time_is_no_example() -> None:
    """The checked calls had an object with a known state; the example makes one, and that is seeded by chance."""
    assert examples("random", "Random.randrange", [(random.Random(seed), 4, 6) for seed in range(3)]) == []


@pytest.mark.parametrize("text", ["a", "b"])
def test_what_shows_the_same_each_time_is_one(text: str) -> None:
    assert textwrap.indent(text, "> ") == f"> {text}"
    assert examples("textwrap", "indent", [(text, "> ")]) == [[f"indent({text!r}, '> ')", f"'> {text}'\n"]]
