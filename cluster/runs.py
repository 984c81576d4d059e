"""Where things live: the project, and runs in ``<runs>/<id>/``, named by path, id, or ``latest``."""

from __future__ import annotations

import difflib
import os
from datetime import UTC, datetime
from pathlib import Path

from core.errors import CheckpointError, UserError

PROJECT = Path(__file__).resolve().parents[1]
LATEST = "latest"
CONFIG = "config.yaml"
JOB_CONFIG = "RAY_JOB_CONFIG_JSON_ENV_VAR"


def runs_directory(given: Path | None) -> Path:
    """
    Where new runs go: ``given``, else ``JOURNEYMAN_RUNS``, else ``runs``. A Ray job's working directory is a copy that
    the cluster deletes, so that a job without either writes to the home directory.
    """
    if given is not None:
        return given
    if "JOURNEYMAN_RUNS" in os.environ:
        return Path(os.environ["JOURNEYMAN_RUNS"])
    return Path.home() / "journeyman-runs" if JOB_CONFIG in os.environ else Path("runs")


def new_run(runs: Path, now: datetime | None = None) -> Path:
    """
    Makes the directory of a new run, named by the time (UTC).

    Raises:
        UserError: where the directory can't be made.
    """
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        path = runs / f"{stamp}{suffix}"
        try:
            path.mkdir(parents=True)
        except FileExistsError as error:
            if not runs.is_dir():
                raise UserError("not a directory", where=str(runs), remedy="Choose another with --runs DIR") from error
            continue
        except OSError as error:
            raise UserError(f"can't write here ({error.strerror})", where=str(runs), remedy="See --runs DIR") from error
        return path
    raise UserError("too many runs in one second", where=str(runs))


def find_run(name: str, runs: Path) -> Path:
    """
    The directory of an existing run.

    Raises:
        CheckpointError: with the nearest run, where there is none called ``name``.
    """
    known = sorted(path.parent for path in runs.glob(f"*/{CONFIG}"))
    if name == LATEST and known:
        return known[-1]
    for path in (Path(name), runs / name):
        if (path / CONFIG).is_file():
            return path
    near = difflib.get_close_matches(name, [path.name for path in known], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {len(known)} runs under {runs}"
    raise CheckpointError(f"no such run; {hint}", where=name)
