"""``journeyman tasks show``: a file, an id, or both."""

from pathlib import Path

import pytest

from cluster.commands import tasks_show
from cluster.inputs.tasks_show import ShowInput, check
from core.errors import TaskError
from core.records import Task
from data.store import write_tasks
from tests.fakes import samples


def given(
    what: str | None, task: str | None = None, *, named: str | None = None, runs: Path | None = None
) -> ShowInput:
    return check(what=what, task=task, named=named, limit=20, runs=runs)


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """Four tasks: two in files of the current folder, three in two runs, one of them in both places."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOURNEYMAN_RUNS", raising=False)
    made = [samples.task(seed) for seed in range(4)]
    write_tasks(Path("one.parquet"), made[:2])
    write_tasks(Path("runs/20260101-000000/tasks/train.parquet"), [made[1], made[2]])
    write_tasks(Path("runs/20260102-000000/tasks/heldout.parquet"), [made[3]])
    return made


def test_an_id_is_looked_for_in_the_folder_and_in_the_runs(tasks: list[Task]) -> None:
    for at, place in enumerate(("one", "one", "20260101-000000/tasks/train", "20260102-000000/tasks/heldout")):
        found = given(tasks[at].id)
        assert found.task == tasks[at]
        assert found.found
        assert str(found.file).removeprefix("runs/") == f"{place}.parquet"
        assert given(None, named=tasks[at].id[:12]).task == tasks[at]


def test_the_file_that_it_is_from_is_told(tasks: list[Task], capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks_show.run(given(tasks[2].id)) == 0
    shown = capsys.readouterr().out
    assert "from runs/20260101-000000/tasks/train.parquet" in shown
    assert tasks[2].statement in shown
    assert f"{tasks[2].provenance.package} {tasks[2].provenance.version}" in shown
    # Its inputs are pairs of numbers, which are pickles that only a sandbox may read.
    assert "check: middle(0, 2)\n" in shown


def test_a_task_that_is_judged_by_goals_alone_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tasks(tmp_path / "t.parquet", [samples.task(0, ())])
    assert tasks_show.run(given(str(tmp_path / "t.parquet"), samples.task(0, ()).id)) == 0
    assert "0 visible, 0 hidden, 2 fresh checks" in capsys.readouterr().out


def test_a_file_is_listed_and_a_task_of_it_shown_as_before(tasks: list[Task]) -> None:
    assert given("one.parquet").tasks == tuple(tasks[:2])
    assert given("one.parquet").task is None
    for wanted in (given("one.parquet", tasks[1].id), given("one.parquet", named=tasks[1].id)):
        assert wanted.task == tasks[1]
        assert not wanted.found
    with pytest.raises(TaskError, match=r"one\.parquet: no task has the id"):
        given("one.parquet", tasks[3].id)
    with pytest.raises(TaskError, match=r"absent\.parquet: no such file"):
        given("absent.parquet")


def test_a_prefix_of_several_ids_is_one_line_that_names_some(tmp_path: Path, tasks: list[Task]) -> None:
    many = [samples.task(seed) for seed in range(4, 40)]
    write_tasks(Path("many.parquet"), many)
    digit = next(d for d in "0123456789abcdef" if sum(task.id.startswith(d) for task in many) > 3)
    with pytest.raises(TaskError, match=rf"tasks have ids that begin with '{digit}': .*, \.\.\.\. Give more") as told:
        given(digit)
    assert "\n" not in str(told.value)


def test_what_is_nowhere_is_told_with_where_it_was_looked_for(tasks: list[Task]) -> None:
    with pytest.raises(TaskError, match="3 Parquet files in the current folder and in runs: no task has the id 'ffff'"):
        given("ffff")
    with pytest.raises(TaskError, match="nothing to show"):
        given(None)


def test_other_parquet_files_are_passed_over_and_broken_ones_told(
    tasks: list[Task], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.parquet").write_bytes(Path("one.parquet").read_bytes()[:-9])
    assert given(tasks[0].id).task == tasks[0]
    assert "left out: a.parquet: corrupt" in capsys.readouterr().err
