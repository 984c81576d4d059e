"""``journeyman tasks stats``: how many tasks there are of what, as a table, JSON, or a picture."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console
from rich.table import Table

from core.errors import TaskError
from core.records import Task
from data.store import read_tasks
from envs.tasks.difficulty import LEVELS

_FORMATS = (".svg", ".png", ".pdf")


@dataclass(frozen=True, slots=True)
class Row:
    """The tasks of one category. ``solution_edits``: mean of the shortest known solutions."""

    category: str
    tasks: int
    functions: int
    packages: int
    difficulties: dict[str, int]
    solution_edits: float
    checks: float
    goals: float


def run(*, file: Path, picture: Path | None, json_output: bool) -> int:
    """Prints; with ``picture`` it writes an image, too."""
    if picture is not None and picture.suffix not in _FORMATS:
        raise TaskError("not a kind of picture that can be made", where=str(picture), remedy=f"One of {_FORMATS}")
    tasks = read_tasks(file)
    if not tasks:
        raise TaskError("holds no tasks", where=str(file))
    if json_output:
        typer.echo(json.dumps(as_json(tasks), indent=2))
    else:
        console = Console(width=None if Console().is_terminal else 140)
        console.print(_by_category(tasks))
        console.print(_by_package(tasks))
    if picture is not None:
        draw(tasks).savefig(picture)
        typer.echo(f"picture: {picture}", err=True)
    return 0


def rows(tasks: Sequence[Task]) -> list[Row]:
    """One for each category, by name."""
    return [
        _row(name, [task for task in tasks if task.category == name]) for name in sorted({t.category for t in tasks})
    ]


def _row(category: str, tasks: Sequence[Task]) -> Row:
    return Row(
        category,
        len(tasks),
        len({(task.module, task.qualname) for task in tasks}),
        len({task.provenance.package for task in tasks}),
        dict(sorted(Counter(task.difficulty for task in tasks).items())),
        statistics.fmean(task.solution_edits for task in tasks),
        statistics.fmean(len(task.checks) for task in tasks),
        statistics.fmean(len(task.goals) for task in tasks),
    )


def as_json(tasks: Sequence[Task]) -> dict[str, object]:
    """Counts in all, by category with its packages, difficulties and splits."""
    found = {}
    for row in rows(tasks):
        own = [task for task in tasks if task.category == row.category]
        found[row.category] = {
            "tasks": row.tasks,
            "functions": row.functions,
            "difficulties": row.difficulties,
            "packages": dict(Counter(task.provenance.package for task in own).most_common()),
            "splits": dict(Counter(task.split.value for task in own)),
            "mean_solution_edits": round(row.solution_edits, 3),
        }
    return {"tasks": len(tasks), "categories": found}


def _by_category(tasks: Sequence[Task]) -> Table:
    known = [name for name, _ in LEVELS]
    names = [*known, *sorted({task.difficulty for task in tasks} - set(known))]
    table = Table(box=None, header_style="bold", title=f"{len(tasks)} tasks", title_justify="left")
    table.add_column("category")
    for head in ("tasks", "functions", "packages", *names, "edits", "checks", "goals"):
        table.add_column(head, justify="right")
    for row in rows(tasks):
        counts = [str(n) for n in (row.tasks, row.functions, row.packages)]
        means = [f"{mean:.1f}" for mean in (row.solution_edits, row.checks, row.goals)]
        table.add_row(row.category, *counts, *(str(row.difficulties.get(name, 0)) for name in names), *means)
    return table


def _by_package(tasks: Sequence[Task]) -> Table:
    categories = sorted({task.category for task in tasks})
    table = Table(box=None, header_style="bold")
    for head in ("package", "split", *categories):
        table.add_column(head, justify="right" if head in categories else "left")
    by_package: dict[tuple[str, str], Counter[str]] = {}
    for task in tasks:
        by_package.setdefault((task.provenance.package, task.split.value), Counter())[task.category] += 1
    for (package, split), counts in sorted(by_package.items(), key=lambda item: -item[1].total()):
        table.add_row(package, split, *(str(counts[name]) for name in categories))
    return table


def draw(tasks: Sequence[Task]) -> Figure:
    """Bars by category, cut by difficulty, and by package, cut by category."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, tasks, lambda task: task.category, lambda task: task.difficulty, "tasks by category and difficulty")
    _bars(right, tasks, lambda task: task.provenance.package, lambda task: task.category, "tasks by package")
    return figure


def _bars(axes: Axes, tasks: Sequence[Task], of: Callable[[Task], str], cut: Callable[[Task], str], title: str) -> None:
    names = [name for name, _ in Counter(map(of, tasks)).most_common()][::-1]
    base = [0] * len(names)
    order = {name: at for at, (name, _) in enumerate(LEVELS)}
    for part in sorted(set(map(cut, tasks)), key=lambda part: (order.get(part, 0), part)):
        counts = Counter(of(task) for task in tasks if cut(task) == part)
        sizes = [counts[name] for name in names]
        axes.barh(names, sizes, left=base, label=part)
        base = [a + b for a, b in zip(base, sizes, strict=True)]
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=4)
