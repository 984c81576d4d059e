"""Finds a policy by what a person calls it: ``starter``, a run, a checkpoint, or a policy's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cluster.runs import LATEST, PROJECT, find_run
from core.errors import CheckpointError
from policies.description import DESCRIPTION

STARTER = "starter"
STARTER_FOLDER = PROJECT / "policies" / "starter"
FINAL, WARM, CHECKPOINTS = "policy", "warm", "checkpoints"


def find_model(name: str, runs: Path) -> Path:
    """
    The folder of the policy that ``name`` stands for. Of a run it is the final one, else that of its last checkpoint,
    else its warm start.

    Raises:
        CheckpointError: there is no such run, or no policy in it yet.
    """
    if name == STARTER:
        return _existing([STARTER_FOLDER], name, "Train one with `make train`, then use --model latest")
    path = Path(name)
    if name != LATEST and (path / DESCRIPTION).is_file():
        return path
    if name != LATEST and (path / FINAL / DESCRIPTION).is_file():
        return path / FINAL
    run = find_run(name, runs)
    return _existing(policies_of(run), str(run), "The run stopped before its first checkpoint: train --resume")


def policies_of(run: Path) -> Iterator[Path]:
    """Where a run's policies would be, the best first."""
    yield run / FINAL
    steps = [step for step in (run / CHECKPOINTS).glob("*") if step.name.isdigit()]
    for step in sorted(steps, key=lambda step: int(step.name), reverse=True):
        yield step / FINAL
    yield run / WARM


def _existing(folders: Iterator[Path] | list[Path], where: str, remedy: str) -> Path:
    for folder in folders:
        if (folder / DESCRIPTION).is_file():
            return folder
    raise CheckpointError("no policy here", where=where, remedy=remedy)
