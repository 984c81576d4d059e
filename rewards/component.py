"""
The contract of a reward component, and the check that a new one needs to pass.

A component is a class without arguments that implements ``core.protocols.RewardComponent``: a ``name`` and
``calculate(trajectory)``, a pure function that returns a value in [0, 1], or None where the aspect could not be
measured. A user adds one by naming ``module:Class`` in ``rewards.weights``; ``check_component`` is the test it needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from core.errors import PluginError
from core.plugins import resolve
from core.protocols import RewardComponent
from core.records import Trajectory

BUILT_IN = {
    "functionality": "rewards.components.functionality:Functionality",
    "edit_economy": "rewards.components.edit_economy:EditEconomy",
}


def make_component(name: str) -> RewardComponent:
    """
    A new component by built-in name, entry point of the group ``journeyman.reward``, or ``module:Class``.

    Raises:
        PluginError: nothing answers to the name, or what does is no component.
    """
    found = resolve("reward", name, BUILT_IN)
    try:
        component = found() if callable(found) else found
    except TypeError as error:
        raise PluginError(f"the reward component {name!r} can't be made without arguments ({error})") from error
    if not isinstance(component, RewardComponent):
        raise PluginError(f"{name!r} is no reward component", remedy="It needs `name` and `calculate(trajectory)`")
    return component


def check_component(component: RewardComponent, trajectories: Iterable[Trajectory]) -> None:
    """
    Raises PluginError where ``component`` breaks the contract on any of ``trajectories``.

    Beside those given it is tried on what each would be without steps, verdicts and submit: cut off by a fault.
    """
    if not isinstance(component, RewardComponent) or not component.name:
        raise PluginError(f"{component!r} needs `name` and `calculate(trajectory)`")
    for trajectory in trajectories:
        cut = replace(trajectory, steps=(), start=None, final=None, submitted=False, lost="cut off")
        for case in (trajectory, cut):
            _check_case(component, case)


def _check_case(component: RewardComponent, trajectory: Trajectory) -> None:
    first, second = component.calculate(trajectory), component.calculate(trajectory)
    if first != second:
        raise PluginError(f"{component.name}: {first} and {second} for the same trajectory; it must be a pure function")
    if first is None:
        return
    if not isinstance(first, float) or not math.isfinite(first) or not 0.0 <= first <= 1.0:
        raise PluginError(f"{component.name}: {first!r} is neither None nor a float in [0, 1]")
