"""
Checkpoints of a training run: one folder per iteration that appears whole or not at all.

``<iteration>/rllib`` is the algorithm's state (weights, optimizer, counters), ``policy/`` the policy by itself,
``state.json`` the driver's: iteration, seconds spent, curriculum, counts.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.errors import CheckpointError
from data.files import storage_error, sync_folder

STATE, ALGORITHM, POLICY = "state.json", "rllib", "policy"


@dataclass(frozen=True, slots=True)
class DriverState:
    """``lost`` and ``counts`` are totals over the whole run, resumed or not."""

    iteration: int = 0
    seconds: float = 0.0
    curriculum: Mapping[str, Any] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)


def save_checkpoint(folder: Path, state: DriverState, fill: Callable[[Path], None], *, keep: int) -> Path:
    """
    Writes ``folder/<iteration>``: ``fill`` puts the algorithm and the policy into a temporary folder, which is synced
    and renamed. Older ones than the last ``keep`` are deleted.

    Raises:
        data.files.StorageError: a full disk; the older checkpoints stay.
    """
    target = folder / f"{state.iteration:06d}"
    temporary = folder / f".{target.name}.{os.getpid()}.tmp"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        fill(temporary)
        (temporary / STATE).write_text(json.dumps(asdict(state)), encoding="utf-8")
        _sync(temporary)
        shutil.rmtree(target, ignore_errors=True)
        temporary.replace(target)
        sync_folder(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise storage_error(error, target) from error
    _prune(folder, keep)
    return target


def latest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint of the highest iteration, None where there is none."""
    found = _complete(folder)
    return found[-1] if found else None


def read_state(checkpoint: Path) -> DriverState:
    """
    The driver's part of a checkpoint.

    Raises:
        CheckpointError: it is missing or torn.
    """
    try:
        return DriverState(**json.loads((checkpoint / STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"not a checkpoint of a training run ({error})", where=str(checkpoint)) from error


def _complete(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if entry.name.isdigit() and (entry / STATE).is_file())


def _prune(folder: Path, keep: int) -> None:
    for old in _complete(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    for torn in folder.glob(".*.tmp"):
        shutil.rmtree(torn, ignore_errors=True)


def _sync(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for name in files:
            handle = os.open(Path(place) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(place))
