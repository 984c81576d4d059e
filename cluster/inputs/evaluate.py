"""The input of ``journeyman evaluate``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.models import find_model
from cluster.runs import runs_directory
from core.errors import TaskError, UserError
from core.records import Task
from data.store import read_tasks
from learning.grammar_meta import grammar_meta
from policies.description import read_description

HELDOUT = Path("tasks") / "heldout.parquet"


@dataclass(frozen=True, slots=True)
class EvaluateInput:
    """``policy``: its folder. ``out``: an existing directory for the report."""

    policy: Path
    tasks: tuple[Task, ...]
    budget: int
    out: Path | None
    address: str
    json_output: bool


def check(
    *,
    model: str,
    tasks: Path | None,
    categories: list[str],
    budget: int,
    limit: int | None,
    out: Path | None,
    address: str,
    runs: Path | None,
    json_output: bool,
) -> EvaluateInput:
    """
    The policy and the tasks; ``out`` is made.

    Raises:
        UserError: there is no such policy, or one for another grammar; no tasks; nothing can be written to ``out``.
    """
    policy = find_model(model, runs_directory(runs))
    read_description(policy, grammar_meta())
    file = tasks or heldout_tasks(policy)
    chosen = spread(of_categories(read_tasks(file), categories, file), limit)
    if out is not None:
        _make(out)
    return EvaluateInput(policy, chosen, budget, out, address, json_output)


def heldout_tasks(policy: Path) -> Path:
    """
    The held-out tasks of the run that the policy belongs to.

    Raises:
        TaskError: it belongs to none.
    """
    for run_folder in policy.parents[:3]:
        if (run_folder / HELDOUT).is_file():
            return run_folder / HELDOUT
    remedy = "Give --tasks FILE; `journeyman tasks generate --split heldout --out FILE` makes one"
    raise TaskError("no held-out tasks beside this policy", where=str(policy), remedy=remedy)


def of_categories(tasks: Sequence[Task], categories: Collection[str], file: Path) -> list[Task]:
    """
    Those of ``tasks`` (of ``file``) that are of ``categories``; all where none are named.

    Raises:
        TaskError: there are none of a category that is named.
    """
    held = {task.category for task in tasks}
    if missing := [name for name in categories if name not in held]:
        remedy = f"It holds: {', '.join(sorted(held))}"
        raise TaskError(f"no task of the category {missing[0]!r}", where=str(file), remedy=remedy)
    return [task for task in tasks if not categories or task.category in categories]


def spread(tasks: Sequence[Task], limit: int | None) -> tuple[Task, ...]:
    """``limit`` of ``tasks``, evenly spread over the file, so that every package is among them."""
    count = len(tasks) if limit is None else min(limit, len(tasks))
    return tuple(tasks[index * len(tasks) // count] for index in range(count))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"can't be made a directory ({error.strerror})"
        raise UserError(what, where=str(folder), remedy="Choose another with --out DIR") from error
