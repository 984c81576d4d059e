"""Small changes of values that already run: the neighbourhood search of mining."""

from __future__ import annotations

import copy
import math
import random

from envs.tasks.mining.jobs import values
from envs.tasks.mining.jobs.values import Pool


def mutated(value: object, rng: random.Random, pool: Pool, depth: int = 0) -> object:
    """A neighbour of ``value``, mostly of the same type. ``value`` itself may be changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return _integer(value, rng, pool)
    if isinstance(value, float):
        return rng.choice((value + 1, -value, value / 2, value * 2, values.real(rng, pool), float(rng.randint(-9, 9))))
    if type(value) is str:
        return _text(value, rng, pool)
    if type(value) is bytes:
        return _text(value.decode("latin-1"), rng, pool).encode("latin-1", "replace")
    if isinstance(value, (list, dict, set)) or type(value) is tuple:
        return _container(value, rng, pool, depth)
    if value is None:
        return values.scalar(rng, pool)
    return _instance(value, rng, pool, depth)


def _integer(value: int, rng: random.Random, pool: Pool) -> int:
    if abs(value) > 1 << 40:
        return value >> rng.randrange(1, 9)
    return rng.choice((value + 1, value - 1, -value, value * 2, value // 2, values.integer(rng, pool)))


def _text(value: str, rng: random.Random, pool: Pool) -> str:
    at = rng.randrange(len(value) + 1)
    to = min(len(value), at + rng.randrange(1, 4))
    piece = rng.choice(pool.texts) if pool.texts and rng.random() < 0.5 else rng.choice(values.WORDS)[:12]
    other = rng.randrange(len(value) + 1)
    return rng.choice(
        (
            value[:at] + value[to:],
            value[:at] + piece + value[at:],
            value[:at] + piece + value[to:],
            value[:at] + value[at:to] * 2 + value[to:],
            value[:at] + value[at:to].swapcase() + value[to:],
            value[:at],
            value[at:],
            value[: min(at, other)] + value[max(at, other) :] + value[min(at, other) : max(at, other)],
        )
    )[:2000]


def _container(value: object, rng: random.Random, pool: Pool, depth: int) -> object:
    if isinstance(value, dict):
        return _mapping(value, rng, pool, depth)
    if isinstance(value, set):
        return (
            {*list(value)[: rng.randrange(len(value) + 1)], values.scalar(rng, pool)} if rng.random() < 0.7 else set()
        )
    items = list(value) if isinstance(value, (list, tuple)) else []
    changed = _items(items, rng, pool, depth)
    if type(value) is list:
        return changed
    if isinstance(value, list):
        value[:] = changed
        return value
    return tuple(changed)


def _items(items: list[object], rng: random.Random, pool: Pool, depth: int) -> list[object]:
    if not items:
        return [rng.choice((values.integer, values.text))(rng, pool)]
    at = rng.randrange(len(items))
    draw = rng.random()
    if draw < 0.5 and depth < 3:
        items[at] = mutated(items[at], rng, pool, depth + 1)
    elif draw < 0.65:
        del items[at]
    elif draw < 0.85:
        items.insert(at, copy.deepcopy(rng.choice(items)))
    else:
        rng.shuffle(items)
    return items[:200]


def _mapping(value: dict[object, object], rng: random.Random, pool: Pool, depth: int) -> object:
    keys = list(value)
    draw = rng.random()
    if keys and draw < 0.5 and depth < 3:
        key = rng.choice(keys)
        value[key] = mutated(value[key], rng, pool, depth + 1)
    elif keys and draw < 0.7:
        del value[rng.choice(keys)]
    else:
        sample = value[rng.choice(keys)] if keys else values.scalar(rng, pool)
        value[mutated(rng.choice(keys), rng, pool, 3) if keys else values.text(rng, pool)] = copy.deepcopy(sample)
    return value


def _instance(value: object, rng: random.Random, pool: Pool, depth: int) -> object:
    """Changes one simple attribute of an object; others are left as they are."""
    names = [name for name, held in getattr(value, "__dict__", {}).items() if _simple(held)]
    if names and depth < 2:
        name = rng.choice(names)
        setattr(value, name, mutated(getattr(value, name), rng, pool, depth + 1))
    return value


def _simple(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, (bool, int, str, bytes, list, dict, tuple, set))
