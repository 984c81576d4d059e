"""Start states from text alone: what a category may offer beside tasks, so that a policy can practise on any code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from core.records import SourceFile, Task


class Draft(NamedTuple):
    """
    A start state that nothing has verified. ``task``: without checks, as far as proposing and showing need one;
    ``targets``: every edit whose result is one of these texts is right.
    """

    task: Task
    targets: tuple[str, ...]


@runtime_checkable
class Drafting(Protocol):
    """What a ``TaskCategory`` may offer besides."""

    def drafts(self, text: str, siblings: Sequence[SourceFile], rng: np.random.Generator) -> Iterator[Draft]:
        """
        Different start states from which ``text``, a program text, is one edit away, or nearer after one edit; lazily,
        in a random order. Nothing is run.
        """
        ...
