from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from core.errors import EditError
from learning.injection import HARD, draw_bugs

SOURCE = "def total(xs, start):\n    n = start\n    for x in xs:\n        n = n + x\n    return n\n"
BARE = "def f():\n    return\n"


def kinds(share: float, draws: int = 60) -> Counter[str]:
    rng = np.random.default_rng(0)
    return Counter(draw_bugs(SOURCE, rng, 1, share).operators[0] for _ in range(draws))


def test_the_share_of_hard_kinds_can_be_raised() -> None:
    assert set(kinds(1.0)) <= HARD
    plain = kinds(0.0)
    assert 0 < sum(count for kind, count in plain.items() if kind in HARD) < sum(plain.values()) / 2


def test_where_no_hard_kind_has_a_place_any_will_do() -> None:
    found = draw_bugs(BARE, np.random.default_rng(0), 1, 1.0)
    assert not set(found.operators) & HARD


def test_what_can_not_be_broken_is_refused() -> None:
    with pytest.raises(EditError):
        draw_bugs("def f(:", np.random.default_rng(0), 1, 1.0)


def test_several_bugs_come_from_the_same_kinds() -> None:
    found = draw_bugs(SOURCE, np.random.default_rng(1), 2, 1.0)
    assert len(found.operators) == 2
    assert set(found.operators) <= HARD
