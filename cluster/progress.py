"""Shows ``core.progress``: bars with rate and time left in a terminal, plain lines everywhere else."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from core.progress import Stage

SECONDS = "s"
LINE_EVERY_S = 10.0


def duration(seconds: float) -> str:
    """``seconds`` as ``m:ss``, or ``h:mm:ss`` from an hour on."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def amount(done: float, total: float | None, unit: str) -> str:
    """How much is done: ``3/10 episodes``, ``0:05/1:00`` for a time budget, ``3 episodes`` where the end is open."""
    if unit == SECONDS:
        return duration(done) if total is None else f"{duration(min(done, total))}/{duration(total)}"
    shown = f"{done:,.0f}" if total is None else f"{done:,.0f}/{total:,.0f}"
    return f"{shown} {unit}".rstrip()


def pace(done: float, total: float | None, unit: str, elapsed: float, before: float = 0.0) -> str:
    """Rate and time left, as far as both can be known yet. ``before``: what of ``done`` took none of ``elapsed``."""
    if done <= before or elapsed <= 0:
        return ""
    rate = (done - before) / elapsed
    parts = [] if unit == SECONDS else [f"{rate:,.1f}/s" if rate >= 1 else f"{60 * rate:,.1f}/min"]
    if total is not None and done < total and math.isfinite(left := elapsed * (total - done) / (done - before)):
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def figures_text(figures: dict[str, float]) -> str:
    """``loss 0.41  fixed 0.73``: whole numbers whole, others with three significant digits."""
    return "  ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in figures.items())


def _short(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


class PlainStage:
    """A stage that prints a line when it begins, at most one every ``every_s`` seconds, and one at its end."""

    def __init__(
        self,
        name: str,
        total: float | None,
        unit: str,
        done: float,
        write: Callable[[str], None],
        clock: Callable[[], float],
        every_s: float,
    ) -> None:
        self._name, self._total, self._unit = name, total, unit
        self._write, self._clock, self._every_s = write, clock, every_s
        self._done = self._before = done
        self._figures: dict[str, float] = {}
        self._started = self._last = clock()

    def __enter__(self) -> PlainStage:
        goal = f" ({amount(self._done, self._total, self._unit)})" if self._total is not None else ""
        self._write(f"{self._name}{goal} ...")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ending = "done" if kind is None else "stopped"
        elapsed = duration(self._clock() - self._started)
        self._write(self._line(f"{ending} in {elapsed}"))

    def advance(self, n: float = 1, **figures: float) -> None:
        """Counts ``n`` more units; prints a line where the last one is old enough."""
        self._done += n
        self._figures.update(figures)
        now = self._clock()
        if now - self._last >= self._every_s:
            self._last = now
            self._write(self._line(pace(self._done, self._total, self._unit, now - self._started, self._before)))

    def _line(self, ending: str) -> str:
        counted = amount(self._done, self._total, self._unit) if self._done else ""
        parts = [self._name + ":", counted, ending, figures_text(self._figures)]
        return "  ".join(part for part in parts if part)


class PlainProgress:
    """Progress as lines, for log files, pipes and Ray jobs."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float] = time.monotonic, every_s: float = LINE_EVERY_S
    ) -> None:
        self._stream, self._clock, self._every_s = stream, clock, every_s

    def stage(self, name: str, total: float | None = None, unit: str = "", done: float = 0.0) -> Stage:
        """A stage shown as lines."""
        return PlainStage(name, total, unit, done, self._write, self._clock, self._every_s)

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class _AmountColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        unit: str = task.fields["unit"]
        elapsed = task.elapsed or 0.0
        over = task.stop_time is not None
        before: float = task.fields["before"]
        ending = f"in {duration(elapsed)}" if over else pace(task.completed, task.total, unit, elapsed, before)
        text = amount(task.completed, task.total, unit)
        return Text("  ".join(part for part in (text, ending) if part), style="cyan")


class RichStage:
    """One bar."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars, self._task = bars, task
        self._figures: dict[str, float] = {}

    def __enter__(self) -> RichStage:
        self._bars.start_task(self._task)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.update(self._task, mark="[green]✓" if kind is None else "[red]✗")
        self._bars.stop_task(self._task)

    def advance(self, n: float = 1, **figures: float) -> None:
        """Moves the bar."""
        self._figures.update(figures)
        self._bars.update(self._task, advance=n, figures=figures_text(self._figures))


class RichProgress:
    """Progress as bars. They stay on the screen when their stages end."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.fields[mark]}"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            _AmountColumn(),
            TextColumn("[dim]{task.fields[figures]}"),
            console=console,
            refresh_per_second=4,
        )

    def stage(self, name: str, total: float | None = None, unit: str = "", done: float = 0.0) -> Stage:
        """A stage shown as a bar."""
        self._bars.start()
        # Rich counts ``completed`` in whole numbers when a bar is made.
        task = self._bars.add_task(name, start=False, total=total, unit=unit, before=done, figures="", mark="…")
        self._bars.update(task, completed=done)
        return RichStage(self._bars, task)

    def close(self) -> None:
        """Leaves the bars as they are and gives the terminal back."""
        self._bars.stop()


def progress_for(stream: TextIO) -> PlainProgress | RichProgress:
    """Bars where ``stream`` is a terminal that can show them, lines otherwise."""
    console = Console(file=stream)
    if console.is_terminal and not console.is_dumb_terminal:
        return RichProgress(console)
    return PlainProgress(stream)
