from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from core.garbage import collect_less


@pytest.fixture(autouse=True)
def collector_as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Knot:
    def __init__(self) -> None:
        self.self = self


def test_what_is_held_is_not_walked_again() -> None:
    collect_less()
    assert gc.get_freeze_count() > 1000


def test_garbage_made_later_is_still_found() -> None:
    collect_less()
    seen = weakref.ref(Knot())
    assert seen() is not None
    held = [Knot() for _ in range(50_000)]
    assert seen() is None
    assert held
