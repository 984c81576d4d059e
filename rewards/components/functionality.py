"""Does the program do what it should?"""

from __future__ import annotations

from core.records import Trajectory


class Functionality:
    """
    1 for a submit that passes every check, hidden ones included; otherwise half the share that passes at the end.

    The gap keeps a nearly right program from being worth nearly as much as a right one. None where the end was not run.
    """

    name = "functionality"

    def calculate(self, trajectory: Trajectory) -> float | None:
        """See the class."""
        if trajectory.lost or trajectory.final is None:
            return None
        return 1.0 if trajectory.solved else 0.5 * trajectory.final.fraction()
