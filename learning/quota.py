"""How many tasks of each category are wanted, so that no more time goes into a kind of which there is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.records import Category
from envs.tasks.mining.record import Harvest

# Of what is wanted; near-copies are dropped in the end.
MARGIN = 1.2


@dataclass(frozen=True, slots=True)
class Quota:
    """
    ``enough``: so many tasks of each category, then mining is done; None: it goes on while there is time. ``most``: so
    many of each category but bug fixing, whose tasks come with the functions at no cost; mining goes on without them.
    """

    enough: int | None = None
    most: int | None = None

    def reached(self, harvests: Sequence[Harvest], categories: Sequence[str]) -> frozenset[str]:
        """The categories of which no more are to be made."""
        counts = Counter(task.category for harvest in harvests for task in harvest.tasks)
        return frozenset(name for name in categories if self._has(name, counts[name]))

    def met(self, reached: frozenset[str], categories: Sequence[str]) -> bool:
        """Whether nothing more is wanted at all."""
        return self.enough is not None and reached == set(categories)

    def _has(self, category: str, count: int) -> bool:
        if self.enough is not None and count >= self.enough:
            return True
        return self.most is not None and category != Category.BUG_FIX and count >= self.most
