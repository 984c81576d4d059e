"""The input of ``journeyman benchmark``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cluster.inputs.evaluate import heldout_tasks, of_categories, spread
from cluster.models import find_model
from cluster.runs import runs_directory
from core.errors import TaskError
from core.records import Task
from data.store import read_tasks
from learning.grammar_meta import grammar_meta
from policies.description import read_description


@dataclass(frozen=True, slots=True)
class BenchmarkInput:
    """Two policies' folders and the tasks that both try."""

    baseline: Path
    candidate: Path
    tasks: tuple[Task, ...]
    budget: int
    seeds: int
    address: str
    json_output: bool


def check(
    *,
    baseline: str,
    candidate: str,
    tasks: Path | None,
    categories: list[str],
    budget: int,
    limit: int | None,
    seeds: int,
    address: str,
    runs: Path | None,
    json_output: bool,
) -> BenchmarkInput:
    """
    The policies and the tasks: by default the candidate's held-out ones.

    Raises:
        UserError: there is no such policy, or one for another grammar; or no tasks.
    """
    folder = runs_directory(runs)
    ours, theirs = find_model(candidate, folder), find_model(baseline, folder)
    for policy in (ours, theirs):
        read_description(policy, grammar_meta())
    file = tasks or _tasks_of(ours, theirs)
    chosen = spread(of_categories(read_tasks(file), categories, file), limit)
    return BenchmarkInput(theirs, ours, chosen, budget, seeds, address, json_output)


def _tasks_of(*policies: Path) -> Path:
    for policy in policies:
        try:
            return heldout_tasks(policy)
        except TaskError:
            continue  # a policy of no run, such as the starter, has none; the other one may
    return heldout_tasks(policies[0])
