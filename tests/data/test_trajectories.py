import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path

import pytest

from data.trajectories import TrajectoryError, TrajectoryWriter, compact, read_trajectories
from tests.fakes import samples


def _some(count: int, start: int = 0) -> list:
    return [samples.trajectory(f"t{i:03d}", solved=i % 2 == 0, tries=1 + i % 3) for i in range(start, start + count)]


def test_what_is_added_can_be_read_at_once(tmp_path: Path) -> None:
    writer = TrajectoryWriter(tmp_path, "runner", roll=4)
    for number, trajectory in enumerate(_some(10), start=1):
        writer.add(trajectory)
        assert len(list(read_trajectories(tmp_path))) == number
    writer.close()
    found = sorted(read_trajectories(tmp_path), key=lambda t: t.id)
    assert [asdict(t) for t in found] == [asdict(t) for t in _some(10)]  # what == leaves out, too
    assert not list(tmp_path.glob("*.arrows"))


def test_compacting_joins_everything_once(tmp_path: Path) -> None:
    for start in (0, 7):
        with TrajectoryWriter(tmp_path, "runner", roll=5) as writer:
            for trajectory in _some(7, start):
                writer.add(trajectory)
    doubled = next(tmp_path.glob("*.parquet"))
    (tmp_path / "zz-copy.parquet").write_bytes(doubled.read_bytes())
    target = compact(tmp_path)
    assert target is not None
    assert [file.name for file in tmp_path.iterdir()] == [target.name]
    assert sorted(read_trajectories(target), key=lambda t: t.id) == _some(14)
    assert compact(tmp_path) == target
    assert compact(tmp_path / "nothing") is None


def test_kill_loses_no_finished_trajectory(tmp_path: Path) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from data.trajectories import TrajectoryWriter
        from tests.fakes import samples
        writer = TrajectoryWriter(Path(sys.argv[1]), "runner", roll=8)
        for i in range(1000):
            writer.add(samples.trajectory(f"t{i:03d}"))
            print(i, flush=True)
            if i == 20:
                time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == "20":
            break
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert sorted(t.id for t in read_trajectories(tmp_path)) == [f"t{i:03d}" for i in range(21)]
    compact(tmp_path)
    assert len(list(read_trajectories(tmp_path))) == 21


def test_a_torn_journal_gives_what_is_whole(tmp_path: Path) -> None:
    writer = TrajectoryWriter(tmp_path, "runner")
    for trajectory in _some(3):
        writer.add(trajectory)
    journal = next(tmp_path.glob("*.arrows"))
    journal.write_bytes(journal.read_bytes()[:-40])
    assert [t.id for t in read_trajectories(tmp_path)] == ["t000", "t001"]


def test_a_corrupt_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "part.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(TrajectoryError, match=r"part\.parquet"):
        list(read_trajectories(tmp_path))
