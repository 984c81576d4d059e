"""``training.jsonl``: one line of figures per iteration, and the curves that a report draws of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from data.files import storage_error
from learning.figures import Series

LOG = "training.jsonl"
_CURVES = {
    "solved": "share of training episodes that ended with every check passing",
    "first_hit": "share of training episodes whose first edit helped",
    "executions": "executions per training episode",
    "score": "mean reward total per training episode",
}


def append_figures(run_dir: Path, iteration: int, figures: Mapping[str, float]) -> None:
    """Adds a line. StorageError on a full disk."""
    path = run_dir / LOG
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"iteration": iteration, **figures}) + "\n")
    except OSError as error:
        raise storage_error(error, path) from error


def read_figures(run_dir: Path) -> dict[int, Mapping[str, float]]:
    """Figures by iteration; of one that a resumed run did again, the last; a torn last line is left out."""
    path = run_dir / LOG
    found: dict[int, Mapping[str, float]] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.endswith("}"):
            figures = json.loads(line)
            found[int(figures["iteration"])] = figures
    return dict(sorted(found.items()))


def training_series(run_dir: Path) -> tuple[Series, ...]:
    """The curves of the training, without those that have no points."""
    figures = read_figures(run_dir)
    series = []
    for name, meaning in _CURVES.items():
        points = tuple((float(i), float(found[name])) for i, found in figures.items() if name in found)
        if points:
            series.append(Series(name, meaning, "iteration", points))
    return tuple(series)
