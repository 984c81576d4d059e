import json
from pathlib import Path

import pytest

from core.errors import CheckpointError
from data.files import StorageError
from learning.checkpoints import DriverState, latest_checkpoint, read_state, save_checkpoint
from learning.run_record import finished, open_record, save_record
from learning.settings import Settings
from learning.training_config import TrainingConfig
from learning.training_log import append_figures, read_figures, training_series


def _fill(folder: Path) -> None:
    (folder / "policy").mkdir()
    (folder / "policy" / "weights").write_bytes(b"w")


def test_the_last_ones_stay_and_come_back(tmp_path: Path) -> None:
    for iteration in range(5):
        state = DriverState(iteration, 2.0 * iteration, {"tasks": ["a"]}, {"late": 1}, {"episodes": 3.0})
        save_checkpoint(tmp_path, state, _fill, keep=2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["000003", "000004"]
    last = latest_checkpoint(tmp_path)
    assert last is not None
    assert read_state(last) == state
    assert (last / "policy" / "weights").read_bytes() == b"w"


def test_one_that_fails_half_way_leaves_the_older_ones(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, DriverState(1), _fill, keep=3)

    def full(folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="no room left"):
        save_checkpoint(tmp_path, DriverState(2), full, keep=3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["000001"]


def test_none_yet(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "checkpoints") is None


def test_figures_of_an_iteration_done_twice_count_once(tmp_path: Path) -> None:
    for iteration, solved in ((1, 0.1), (2, 0.2), (2, 0.3)):
        append_figures(tmp_path, iteration, {"solved": solved})
    with (tmp_path / "training.jsonl").open("a") as file:
        file.write('{"iteration": 3, "sol')
    assert {i: figures["solved"] for i, figures in read_figures(tmp_path).items()} == {1: 0.1, 2: 0.3}
    assert training_series(tmp_path)[0].points == ((1.0, 0.1), (2.0, 0.3))
    assert training_series(tmp_path / "other") == ()


def test_the_record_of_a_run(tmp_path: Path) -> None:
    record = open_record(tmp_path).with_stage("mine", 1.25, {"train_tasks": 3}).with_stage("warm", 2.0, {})
    save_record(tmp_path, finished(record))
    again = open_record(tmp_path)
    assert again.stages["mine"] == {"seconds": 1.2, "train_tasks": 3}
    assert again.seconds == pytest.approx(3.2)
    assert again.finished
    (tmp_path / "run.json").write_text(json.dumps({"id": 3, "what": 1}))
    with pytest.raises(CheckpointError, match=r"run\.json"):
        open_record(tmp_path)


def test_the_reward_is_given_once() -> None:
    with pytest.raises(ValueError, match="terminal_reward"):
        Settings.model_validate({"environment": {"terminal_reward": 1.0}})


def test_the_learning_rate_rises_and_falls() -> None:
    config = TrainingConfig(learning_rate=1.0, warmup_steps=4, final_rate=0.1, iterations=10)
    assert [config.rate_at(step, 0.0) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert config.rate_at(100, 0.5) == pytest.approx(0.55)
    assert config.rate_at(100, 1.3) == pytest.approx(0.1)
