"""How an episode goes."""

from __future__ import annotations

from core.config import Config


class EpisodeSettings(Config):
    """
    ``budget``: executions. ``gamma``: discount of the shaping. ``execution_cost``: reward lost per execution.
    ``terminal_reward``: for a submit that passes all checks, hidden ones too; 0 leaves that to the reward actors.
    ``auto_undo``: an edit that doesn't help is taken back. ``auto_submit``: passing all visible checks ends it.
    ``compare_alternatives``: each state that is kept runs once more, with what its candidates put in evaluated beside
    (``envs.edits.alternatives``); no candidate is executed by that, and it counts against no budget.
    """

    budget: int = 20
    gamma: float = 0.99
    execution_cost: float = 0.01
    terminal_reward: float = 0.0
    auto_undo: bool = True
    auto_submit: bool = True
    compare_alternatives: bool = True

    @property
    def max_steps(self) -> int:
        """Steps after which an episode is cut off: undoing costs no execution."""
        return 2 * self.budget
