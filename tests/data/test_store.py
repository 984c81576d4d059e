import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TaskError
from core.records import Check
from data.files import StorageError
from data.store import read_problems, read_tasks, task_ids, write_tasks
from tests.fakes import samples


def test_tasks_come_back_equal_and_in_order(tmp_path: Path) -> None:
    tasks = [samples.task(seed) for seed in range(5)]
    assert write_tasks(tmp_path / "new" / "tasks.parquet", tasks) == 5
    assert read_tasks(tmp_path / "new" / "tasks.parquet") == tasks


def test_an_empty_file_holds_no_tasks(tmp_path: Path) -> None:
    write_tasks(tmp_path / "tasks.parquet", [])
    assert read_tasks(tmp_path / "tasks.parquet") == []


@given(
    st.lists(
        st.builds(Check, st.text(max_size=5), st.binary(max_size=9), st.binary(max_size=9), st.booleans()), max_size=5
    )
)
def test_any_suite_survives(suite: list[Check]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.parquet"
        write_tasks(path, [samples.task(1, tuple(suite))])
        assert read_tasks(path)[0].checks == tuple(suite)


def test_equal_suites_share_memory_after_reading(tmp_path: Path) -> None:
    write_tasks(tmp_path / "t.parquet", [samples.task(0), samples.task(1), samples.task(2, samples.checks(3))])
    first, second, third = read_tasks(tmp_path / "t.parquet")
    assert first.checks is second.checks
    assert first.checks is not third.checks
    assert first.fresh is second.fresh


def test_rows_are_self_contained(tmp_path: Path) -> None:
    write_tasks(tmp_path / "t.parquet", [samples.task(0), samples.task(1)])
    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [len(row["checks"]) for row in rows] == [4, 4]


@pytest.mark.parametrize("damage", ["torn", "flipped", "other", "missing"])
def test_a_bad_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "tasks.parquet"
    write_tasks(path, [samples.task(seed) for seed in range(3)])
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "other":
        path.write_bytes(b"not a table")
    else:
        content[40] ^= 0xFF
        path.write_bytes(content)
    with pytest.raises(TaskError, match=r"tasks\.parquet"):
        read_tasks(path)


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tasks.parquet"
    write_tasks(path, [samples.task(0)])
    script = """
        import resource, signal, sys
        from pathlib import Path
        from data.files import StorageError
        from data.store import write_tasks
        from tests.fakes import samples
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_tasks(Path(sys.argv[1]), [samples.task(seed) for seed in range(20)])
        except StorageError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path)], capture_output=True, text=True, check=True
    )
    assert "no room left" in done.stdout
    assert "tasks.parquet" in done.stdout
    assert read_tasks(path) == [samples.task(0)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["tasks.parquet"]


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        write_tasks(tmp_path / "file" / "tasks.parquet", [])


def test_what_is_wrong_with_tasks_stands_beside_them(tmp_path: Path) -> None:
    tasks = [samples.task(seed) for seed in range(3)]
    path = tmp_path / "bad.parquet"
    write_tasks(path, tasks, {tasks[1].id: ("flaky", "a lazy answer passes")})
    assert read_tasks(path) == tasks
    assert read_problems(path) == {tasks[1].id: ("flaky", "a lazy answer passes")}
    write_tasks(path, tasks)
    assert read_problems(path) == {}


def test_ids_are_read_of_task_files_alone(tmp_path: Path) -> None:
    tasks = [samples.task(seed) for seed in range(3)]
    write_tasks(tmp_path / "t.parquet", tasks)
    assert task_ids(tmp_path / "t.parquet") == tuple(task.id for task in tasks)
    pq.write_table(pq.read_table(tmp_path / "t.parquet").replace_schema_metadata({}), tmp_path / "other.parquet")
    assert task_ids(tmp_path / "other.parquet") == ()
    (tmp_path / "text.parquet").write_text("no Parquet")
    with pytest.raises(TaskError, match=r"text\.parquet"):
        task_ids(tmp_path / "text.parquet")
