"""Several components as one number."""

from __future__ import annotations

from collections.abc import Mapping

from core.protocols import RewardComponent
from core.records import Score, Trajectory
from rewards.component import make_component


class CompositeReward:
    """The weighted mean of the components that could be measured; a missing one is left out, it is not a zero."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._parts: list[tuple[RewardComponent, float]] = [(make_component(name), w) for name, w in weights.items()]

    def score(self, trajectory: Trajectory) -> Score:
        """Every component, the weights in effect (they sum to 1), and the total: 0 where nothing could be measured."""
        values = {component.name: component.calculate(trajectory) for component, _ in self._parts}
        measured = {component.name: weight for component, weight in self._parts if values[component.name] is not None}
        whole = sum(measured.values())
        weights = {name: weight / whole for name, weight in measured.items()}
        total = sum(weight * (values[name] or 0.0) for name, weight in weights.items())
        return Score(trajectory.id, values, weights, total)
