"""``run.json``: what became of a run, stage by stage. Written after each stage, so that a resumed run knows."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.errors import CheckpointError
from data.files import write_atomically

RECORD = "run.json"
_SHOWN_VERSIONS = ("ray", "torch", "transformers", "gymnasium", "numpy")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """``stages``: wall seconds and figures of each stage that is done, by name."""

    id: str
    started: str
    versions: Mapping[str, str]
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    finished: str = ""

    def with_stage(self, name: str, seconds: float, figures: Mapping[str, Any]) -> RunRecord:
        """This record with one more stage done."""
        return replace(self, stages={**self.stages, name: {"seconds": round(seconds, 1), **figures}})

    @property
    def seconds(self) -> float:
        """Wall seconds of all stages."""
        return float(sum(stage["seconds"] for stage in self.stages.values()))


def open_record(run_dir: Path) -> RunRecord:
    """
    The record of ``run_dir``, a new one where there is none.

    Raises:
        CheckpointError: it can't be read.
    """
    path = run_dir / RECORD
    if not path.exists():
        versions = {name: version(name) for name in _SHOWN_VERSIONS} | {"python": platform.python_version()}
        return RunRecord(run_dir.name, _now(), versions)
    try:
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"not the record of a run ({error})", where=str(path)) from error


def save_record(run_dir: Path, record: RunRecord) -> RunRecord:
    """Writes ``record`` atomically and gives it back."""
    write_atomically(run_dir / RECORD, (json.dumps(asdict(record), indent=1) + "\n").encode())
    return record


def finished(record: RunRecord) -> RunRecord:
    """``record``, closed now."""
    return replace(record, finished=_now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
