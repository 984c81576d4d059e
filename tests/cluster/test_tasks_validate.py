"""``journeyman tasks validate``: what goes where, and what is refused before anything is run."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cluster.commands import tasks_show, tasks_validate
from cluster.inputs import tasks_show as show_input
from cluster.inputs.tasks_validate import ValidateInput, check
from core.errors import TaskError
from core.records import Task
from data.store import read_problems, read_tasks, write_tasks
from envs.tasks.builtin import builtin_tasks
from envs.tasks.validate import MIN_CHECKS
from tests.fakes import samples

ROOT = Path(__file__).resolve().parents[2]


def good(count: int) -> list[Task]:
    return [task for task in builtin_tasks() if len(task.checks) >= MIN_CHECKS][:count]


def checked(
    file: Path, *, limit: int | None = None, quarantine: Path | None = None, keep: Path | None = None
) -> ValidateInput:
    return check(file=file, limit=limit, quarantine=quarantine, keep=keep, paths=[], json_output=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.parquet"
    write_tasks(path, [samples.task(0), samples.task(1)])
    return path


def test_what_does_not_hold_is_moved_aside_with_its_cause_and_no_task_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, bad, fit = (tmp_path / f"{name}.parquet" for name in ("tasks", "bad", "fit"))
    whole = good(2)
    unsolved = replace(whole[0], id="f" * 32, reference=())
    write_tasks(file, [whole[0], unsolved, whole[1]])
    before = file.read_bytes()
    earlier = samples.task(7)
    write_tasks(bad, [earlier], {earlier.id: ("it was flaky",)})
    assert tasks_validate.run(checked(file, quarantine=bad, keep=fit)) == 1
    assert "2 of 3 tasks hold" in capsys.readouterr().out
    assert file.read_bytes() == before
    assert read_tasks(fit) == whole
    assert read_tasks(bad) == [earlier, unsolved]
    causes = read_problems(bad)
    assert causes[earlier.id] == ("it was flaky",)
    assert causes[unsolved.id][0].startswith("the reference fails")
    given = show_input.check(what=str(bad), task="ffff", named=None, limit=1, runs=None)
    assert tasks_show.run(given) == 0
    assert f"does not hold: {causes[unsolved.id][0]}" in capsys.readouterr().out


def test_where_everything_holds_there_is_no_quarantine(tmp_path: Path) -> None:
    file, bad, fit = (tmp_path / f"{name}.parquet" for name in ("tasks", "bad", "fit"))
    write_tasks(file, good(1))
    assert tasks_validate.run(checked(file, quarantine=bad, keep=fit)) == 0
    assert not bad.exists()
    assert read_tasks(fit) == good(1)


def test_nothing_that_is_there_is_overwritten(file: Path, tmp_path: Path) -> None:
    bad, there = tmp_path / "bad.parquet", tmp_path / "there.parquet"
    write_tasks(there, [])
    (tmp_path / "link.parquet").symlink_to(file)
    for name in ("tasks.parquet", "link.parquet"):
        with pytest.raises(TaskError, match=r"--quarantine: .* is the file that is checked"):
            checked(file, quarantine=tmp_path / name)
        with pytest.raises(TaskError, match=r"--keep: .* is the file that is checked"):
            checked(file, quarantine=bad, keep=tmp_path / name)
    with pytest.raises(TaskError, match="is there already"):
        checked(file, quarantine=bad, keep=there)
    with pytest.raises(TaskError, match="is the quarantine"):
        checked(file, quarantine=bad, keep=tmp_path / "." / "bad.parquet")
    with pytest.raises(TaskError, match="is a folder"):
        checked(file, quarantine=tmp_path)


def test_no_task_is_left_out_of_both_files(file: Path, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="Give --quarantine"):
        checked(file, keep=tmp_path / "fit.parquet")
    with pytest.raises(TaskError, match="--limit"):
        checked(file, limit=1, quarantine=tmp_path / "bad.parquet", keep=tmp_path / "fit.parquet")


def test_a_quarantine_that_can_not_be_read_is_told_before_anything_is_run(file: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_text("nothing of the kind")
    with pytest.raises(TaskError, match=r"bad\.parquet"):
        checked(file, quarantine=tmp_path / "bad.parquet")


def test_a_limit_takes_tasks_from_all_of_the_file(tmp_path: Path) -> None:
    write_tasks(tmp_path / "t.parquet", [samples.task(seed) for seed in range(9)])
    assert [task.seed for task in checked(tmp_path / "t.parquet", limit=3).tasks] == [0, 3, 6]


def test_ctrl_c_ends_it_with_all_its_processes(tmp_path: Path) -> None:
    write_tasks(tmp_path / "t.parquet", good(1) * 300)
    command = [sys.executable, "-m", "cluster.cli", "tasks", "validate", str(tmp_path / "t.parquet")]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    assert running.stderr is not None
    assert running.stderr.readline().startswith("validate")
    family: list[psutil.Process] = []
    while len(family) < 2:
        family = psutil.Process(running.pid).children(recursive=True)
    for each in (psutil.Process(running.pid), *family):  # as a terminal does
        each.send_signal(signal.SIGINT)
    out, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == ""
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
