"""What the episodes of an iteration come to, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from learning.scoring_desk import DeskReport


def episode_figures(reports: Sequence[DeskReport]) -> dict[str, float]:
    """Means over the episodes that ended since the last reports; nothing where none did."""
    outcomes = [outcome for report in reports for outcome in report.outcomes]
    if not outcomes:
        return {}
    figures = {
        "episodes": float(len(outcomes)),
        "solved": float(np.mean([outcome.solved for outcome in outcomes])),
        "plausible": float(np.mean([outcome.plausible for outcome in outcomes])),
        "first_hit": float(np.mean([outcome.first_hit for outcome in outcomes])),
        "executions": float(np.mean([outcome.executions for outcome in outcomes])),
        "score": float(np.mean([outcome.score for outcome in outcomes])),
    }
    names = {name for report in reports for name in report.components}
    for name in sorted(names):
        values = [value for report in reports for value in report.components.get(name, [])]
        figures[f"reward/{name}"] = float(np.mean(values))
    return figures
