"""How long work tells how far it is. ``cluster/progress.py`` shows it; parts only report."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol


class Stage(AbstractContextManager["Stage"], Protocol):
    """One stretch of work, used as a context manager."""

    def advance(self, n: float = 1, **figures: float) -> None:
        """``n`` more units are done; ``figures`` are shown beside the bar."""
        ...


class Progress(Protocol):
    """Opens stages."""

    def stage(self, name: str, total: float | None = None, unit: str = "", done: float = 0.0) -> Stage:
        """
        A new stage of ``total`` units (None: unknown); for a time budget the unit is ``s``. ``done``: how many an
        earlier run did; they count for no rate.
        """
        ...


class SilentStage:
    """A stage that shows nothing."""

    def __enter__(self) -> SilentStage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def advance(self, n: float = 1, **figures: float) -> None:
        """Shows nothing."""


class SilentProgress:
    """Progress for tests and workers, where nobody looks."""

    def stage(self, name: str, total: float | None = None, unit: str = "", done: float = 0.0) -> Stage:
        """A stage that shows nothing."""
        return SilentStage()
