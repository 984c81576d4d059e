"""Draws argument lists for one callable."""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from envs.tasks.mining.jobs.values import Pool, make
from envs.tasks.mining.jobs.weights import KindChoice, kind_weights

Arguments = tuple[list[object], dict[str, object]]
Choice = tuple[int, str]
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(slots=True)
class _Slot:
    parameter: inspect.Parameter
    choice: KindChoice

    @property
    def optional(self) -> bool:
        return self.parameter.default is not inspect.Parameter.empty


class ArgumentPlan:
    """Kinds and their weights for each parameter; ``draw`` makes arguments, ``learn`` sharpens the weights."""

    def __init__(
        self,
        parameters: Sequence[inspect.Parameter],
        usage: Mapping[str, Any],
        pool: Pool,
        classes: Mapping[str, type] | None = None,
    ) -> None:
        self.pool = pool
        self.slots = [_Slot(p, KindChoice(self._weights(p, usage, classes or {}))) for p in parameters]

    @staticmethod
    def _weights(
        parameter: inspect.Parameter, usage: Mapping[str, Any], classes: Mapping[str, type]
    ) -> dict[str, float]:
        has_default = parameter.default is not inspect.Parameter.empty
        default = parameter.default if has_default else None
        return kind_weights(parameter.name, usage.get(parameter.name, {}), default, has_default, classes)

    def draw(self, rng: random.Random) -> tuple[list[object], dict[str, object], list[Choice]]:
        """Positional arguments, keyword arguments, and which kind each parameter got (parameter index, kind)."""
        args: list[object] = []
        kwargs: dict[str, object] = {}
        choices: list[Choice] = []
        positional = True
        for index, slot in enumerate(self.slots):
            kind = slot.parameter.kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                args += self._several(index, slot, rng, choices) if positional else []
            elif kind is inspect.Parameter.VAR_KEYWORD:
                kwargs |= self._named(index, slot, rng, choices) if rng.random() < 0.3 else {}
            elif slot.optional and rng.random() < 0.5:
                positional = False
            elif kind in _POSITIONAL and positional:
                args.append(self._value(index, slot, rng, choices))
            elif kind is not inspect.Parameter.POSITIONAL_ONLY:
                kwargs[slot.parameter.name] = self._value(index, slot, rng, choices)
        return args, kwargs, choices

    def _value(self, index: int, slot: _Slot, rng: random.Random, choices: list[Choice]) -> object:
        if slot.optional and rng.random() < 0.1:
            return slot.parameter.default
        kind = slot.choice.draw(rng)
        choices.append((index, kind))
        return make(kind, rng, self.pool)

    def _several(self, index: int, slot: _Slot, rng: random.Random, choices: list[Choice]) -> list[object]:
        kind = slot.choice.draw(rng)
        choices.append((index, kind))
        return [make(kind, rng, self.pool) for _ in range(rng.choice((0, 1, 1, 2, 2, 3)))]

    def _named(self, index: int, slot: _Slot, rng: random.Random, choices: list[Choice]) -> dict[str, object]:
        kind = slot.choice.draw(rng)
        choices.append((index, kind))
        return {name: make(kind, rng, self.pool) for name in rng.sample(("a", "b", "key", "x"), rng.randrange(1, 3))}

    def learn(self, choices: Sequence[Choice], reward: float) -> None:
        """Tells every parameter's choice what came of it (``KindChoice.learn``)."""
        for index, kind in choices:
            self.slots[index].choice.learn(kind, reward)
