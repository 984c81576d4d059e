import pytest

from core.errors import PluginError
from core.records import Step, Trajectory
from rewards.component import BUILT_IN, check_component, make_component
from rewards.components.edit_economy import EditEconomy
from rewards.components.functionality import Functionality
from rewards.composite import CompositeReward
from rewards.config import RewardsConfig
from tests.fakes import samples

CASES = [
    samples.trajectory("solved"),
    samples.trajectory("failed", solved=False),
    samples.trajectory("long", tries=4, solution_edits=2),
    samples.trajectory("lost", lost="sandbox"),
]


class Unstable:
    name = "unstable"

    def __init__(self) -> None:
        self.calls = 0

    def calculate(self, trajectory: Trajectory) -> float | None:
        self.calls += 1
        return 1.0 / self.calls


class TooLarge:
    name = "too_large"

    def calculate(self, trajectory: Trajectory) -> float | None:
        return 2.0


class StepsSeen:
    name = "steps_seen"

    def calculate(self, trajectory: Trajectory) -> float | None:
        return 1.0 if trajectory.steps else None


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_built_in_components_keep_the_contract(name: str) -> None:
    check_component(make_component(name), CASES)


@pytest.mark.parametrize("broken", [Unstable(), TooLarge(), object()])
def test_the_check_finds_what_breaks_the_contract(broken: object) -> None:
    with pytest.raises(PluginError):
        check_component(broken, CASES)  # type: ignore[arg-type]


def test_a_user_adds_a_component_by_name() -> None:
    component = make_component("tests.rewards.test_components:StepsSeen")
    check_component(component, CASES)
    score = CompositeReward({"functionality": 1.0, "tests.rewards.test_components:StepsSeen": 1.0}).score(CASES[0])
    assert score.components["steps_seen"] == 1.0


def test_an_unknown_name_lists_what_exists() -> None:
    with pytest.raises(PluginError, match="functionality"):
        make_component("functionalty")


def test_functionality_puts_a_gap_before_solved() -> None:
    component = Functionality()
    assert component.calculate(CASES[0]) == 1.0
    assert component.calculate(CASES[1]) == pytest.approx(0.5 / 3)
    assert component.calculate(CASES[3]) is None


def test_economy_counts_edits_in_force() -> None:
    economy = EditEconomy()
    kept = samples.step(True)
    undo = Step("undo", None, "", None, True, 0.0, None, False, 0.0)
    submit = CASES[0].steps[-1]

    def of(*steps: Step) -> float | None:
        base = samples.trajectory("x")
        return economy.calculate(Trajectory(**{**_fields(base), "steps": (*steps, submit)}))

    assert of(kept) == 1.0
    assert of(kept, kept) == 0.5
    assert of(kept, kept, undo) == 1.0
    assert economy.calculate(CASES[1]) is None


def _fields(trajectory: Trajectory) -> dict:
    return {name: getattr(trajectory, name) for name in trajectory.__slots__}


def test_missing_is_not_zero() -> None:
    composite = CompositeReward(RewardsConfig().weights)
    solved, failed, lost = (composite.score(case) for case in (CASES[0], CASES[1], CASES[3]))
    assert solved.total == 1.0
    assert failed.weights == {"functionality": 1.0}
    assert failed.total == pytest.approx(0.5 / 3)
    assert lost.components == {"functionality": None, "edit_economy": None}
    assert (lost.weights, lost.total) == ({}, 0.0)
