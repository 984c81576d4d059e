from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluster.runs import CONFIG, JOB_CONFIG, find_run, new_run, runs_directory
from core.errors import CheckpointError, UserError

NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


def make(runs: Path, name: str) -> Path:
    (runs / name).mkdir(parents=True)
    (runs / name / CONFIG).touch()
    return runs / name


def test_runs_are_named_by_the_time_and_never_share_a_directory(tmp_path: Path) -> None:
    names = [new_run(tmp_path / "runs", NOON).name for _ in range(3)]
    assert names == ["20260102-120000", "20260102-120000-2", "20260102-120000-3"]


def test_a_file_in_the_way_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(UserError, match="runs"):
        new_run(tmp_path / "runs", NOON)


def test_a_run_is_found_by_path_by_id_and_as_the_latest(tmp_path: Path) -> None:
    old, new = make(tmp_path, "20260101-000000"), make(tmp_path, "20260102-000000")
    (tmp_path / "20260103-000000").mkdir()  # died before it wrote anything
    assert find_run(str(old), Path("elsewhere")) == old
    assert find_run(old.name, tmp_path) == old
    assert find_run("latest", tmp_path) == new


def test_a_run_that_is_not_there_is_told_with_its_nearest(tmp_path: Path) -> None:
    make(tmp_path, "20260101-000000")
    with pytest.raises(CheckpointError, match="did you mean '20260101-000000'"):
        find_run("20260101-00000", tmp_path)
    with pytest.raises(CheckpointError, match="there are 0 runs"):
        find_run("latest", tmp_path / "none")


def test_where_runs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNEYMAN_RUNS", raising=False)
    monkeypatch.delenv(JOB_CONFIG, raising=False)
    assert runs_directory(None) == Path("runs")
    monkeypatch.setenv(JOB_CONFIG, "{}")
    assert runs_directory(None) == Path.home() / "journeyman-runs"
    monkeypatch.setenv("JOURNEYMAN_RUNS", str(tmp_path))
    assert runs_directory(None) == tmp_path
    assert runs_directory(Path("x")) == Path("x")
