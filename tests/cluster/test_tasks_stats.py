"""``journeyman tasks stats`` as it is called."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.cli import main
from data.store import write_tasks
from tests.fakes.clamp import ONE_BUG, clamp_task
from tests.fakes.loud import quiet_task


@pytest.fixture
def file(tmp_path: Path) -> Path:
    bug = clamp_task(ONE_BUG)
    write_tasks(tmp_path / "t.parquet", [bug, replace(bug, id="2", difficulty="hard"), quiet_task()])
    return tmp_path / "t.parquet"


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["tasks", "stats", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_counts_by_category_difficulty_and_package(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(file) == 0
    told = capsys.readouterr().out
    assert "3 tasks" in told
    assert all(word in told for word in ("bug_fix", "tests.fakes.loud:Loud", "easy", "hard", "fake"))
    assert call(file, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["categories"]["bug_fix"]["difficulties"] == {"easy": 1, "hard": 1}
    assert found["categories"]["bug_fix"]["functions"] == 1


def test_a_picture_is_drawn(file: Path, tmp_path: Path) -> None:
    assert call(file, "--picture", tmp_path / "p.svg") == 0
    assert "<svg" in (tmp_path / "p.svg").read_text()
    assert call(file, "--picture", tmp_path / "p.gif") == 2
    assert not (tmp_path / "p.gif").exists()


def test_an_empty_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tasks(tmp_path / "t.parquet", [])
    assert call(tmp_path / "t.parquet") == 2
    assert "holds no tasks" in capsys.readouterr().err
