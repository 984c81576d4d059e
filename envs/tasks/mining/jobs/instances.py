"""Instances of classes, from generated constructor arguments that experience sharpens."""

from __future__ import annotations

import enum
import inspect
import pickle
import random
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from envs.tasks.mining.jobs.plan import ArgumentPlan
from envs.tasks.mining.jobs.values import Pool

_TRIES = 4
_DEEPEST = 3
_MOST_FAILURES = 80
_MOST_READY = 20


class Unbuildable(Exception):
    """No instance of the class came about."""


class InstanceFactory:
    """Makes instances of one class. Classes may need each other; the depth of nesting is bounded."""

    depth = 0

    def __init__(self, owner: type, usage: Mapping[str, Any], pool: Pool, ready: list[bytes]) -> None:
        self.owner, self.pool, self.ready = owner, pool, ready
        self.usage = usage
        self.plan: ArgumentPlan | None = None
        self.failures = 0

    def build(self, rng: random.Random) -> object:
        """
        An instance.

        Raises:
            Unbuildable: the class is abstract, or the constructor refused every try.
        """
        if issubclass(self.owner, enum.Enum):
            return self._member(rng)
        if self.ready and (rng.random() < 0.3 or self.failures > _MOST_FAILURES):
            return pickle.loads(rng.choice(self.ready))
        if inspect.isabstract(self.owner) or self.failures > _MOST_FAILURES:
            raise Unbuildable(self.owner.__name__)
        if InstanceFactory.depth >= _DEEPEST:
            raise Unbuildable("nested too deep")
        return self._construct(rng)

    def _member(self, rng: random.Random) -> object:
        members = list(self.owner)  # type: ignore[call-overload]  # an Enum class
        if not members:
            raise Unbuildable(self.owner.__name__)
        return rng.choice(members)

    def _construct(self, rng: random.Random) -> object:
        if self.plan is None:
            self.plan = ArgumentPlan(constructor_parameters(self.owner), self.usage, self.pool)
        InstanceFactory.depth += 1
        try:
            for _ in range(_TRIES):
                try:
                    args, kwargs, choices = self.plan.draw(rng)
                except Exception:  # noqa: BLE001  # an argument's own class can't be built
                    self.failures += 1
                    continue
                try:
                    made: object = self.owner(*args, **kwargs)
                except Exception as error:  # noqa: BLE001  # the class's own constructor may raise anything
                    self.failures += 1
                    self.plan.learn(choices, 0.0 if isinstance(error, (TypeError, AttributeError)) else 0.2)
                    continue
                self.plan.learn(choices, 1.0)
                self._remember(made)
                return made
        finally:
            InstanceFactory.depth -= 1
        raise Unbuildable(self.owner.__name__)

    def _remember(self, made: object) -> None:
        """Keeps what was built by luck, for when trying on costs too much."""
        self.failures = max(0, self.failures - 2)
        if len(self.ready) < _MOST_READY:
            data = try_pickle(made)
            self.ready += [data] if data is not None else []


def constructor_parameters(owner: type) -> list[inspect.Parameter]:
    """The parameters that calling ``owner`` takes; a guess of one optional value where it doesn't tell."""
    try:
        return list(inspect.signature(owner).parameters.values())
    except (ValueError, TypeError):
        return [inspect.Parameter("value", inspect.Parameter.POSITIONAL_ONLY, default=None)]


def ready_instances(module: ModuleType, owner: type) -> list[bytes]:
    """Pickled instances of ``owner`` that stand in the module's namespace."""
    found = [value for value in vars(module).values() if type(value) is owner]
    return [data for data in map(try_pickle, found[:8]) if data is not None]


def try_pickle(value: object) -> bytes | None:
    """The pickle, or None where the value refuses or is over 20 kB."""
    try:
        data = pickle.dumps(value, 4)
    except Exception:  # noqa: BLE001  # objects raise what they like when pickled
        return None
    return data if len(data) <= 20_000 else None
