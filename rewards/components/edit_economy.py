"""Was the repair no larger than it had to be?"""

from __future__ import annotations

from core.records import Trajectory


class EditEconomy:
    """
    Edits of the shortest known solution over edits that stayed; 1 where the agent found one as short or shorter.

    None for what isn't solved: a small wrong patch earns nothing by being small (style only after substance).
    """

    name = "edit_economy"

    def calculate(self, trajectory: Trajectory) -> float | None:
        """See the class."""
        if not trajectory.solved:
            return None
        return min(1.0, trajectory.solution_edits / max(1, kept_edits(trajectory)))


def kept_edits(trajectory: Trajectory) -> int:
    """Edits in force at the end: kept ones less those that an ``undo`` took back."""
    kept = 0
    for step in trajectory.steps:
        if step.edit is not None and step.kept:
            kept += 1
        elif step.action == "undo":
            kept = max(0, kept - 1)
    return kept
