"""What the commands tell, made from figures alone."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from cluster.commands.evaluate import losses, table
from cluster.commands.train import ending, kept, rates
from learning.checkpoints import DriverState, save_checkpoint
from learning.evaluation import Attempt, Evaluation, TaskFacts, Throughput
from learning.figures import Report, RunFacts, make_report
from learning.run_record import RunRecord
from learning.train import RunResult

LOST = {"trained": 4, "warm": 1, "uniform": 0}


def report() -> Report:
    tasks = tuple(TaskFacts(f"t{i}", "boltons", f"m:f{i}", ("swap",), 1) for i in range(4))
    attempts = tuple(
        Attempt(task.id, agent, 0, 0.0, 1, True, 1, 0.1, "ActorDiedError" if i < lost else "")
        for agent, lost in LOST.items()
        for i, task in enumerate(tasks)
    )
    return make_report(
        Evaluation(tasks, tuple(LOST), attempts, 10, Throughput(12, 12, 4, 1.0)), RunFacts("r", 1.0), 100
    )


def test_the_table_shows_no_rate_for_an_agent_that_was_not_measured() -> None:
    shown = io.StringIO()
    Console(file=shown, width=160).print(table(report()))
    by_agent = {line.split()[0]: line for line in shown.getvalue().splitlines() if line.split()}
    assert "not measured" in by_agent["trained"]
    assert "%" not in by_agent["trained"]
    assert "75.0 %" in by_agent["warm"]
    assert "100.0 %" in by_agent["uniform"]


def test_losses_are_told_by_agent_and_cause() -> None:
    assert losses(report()) == [
        "trained: 4 of 4 attempts lost (ActorDiedError 4); nothing was measured",
        "warm: 1 of 4 attempts lost (ActorDiedError 1); they count as not fixed",
    ]


def test_a_training_run_ends_with_rates_where_there_are_any_and_with_the_losses() -> None:
    told = rates({"uniform_at_1": 0.25, "uniform_at_10": 0.5, "lost": {"trained": "4 of 4 attempts lost"}})
    assert [line.split()[0] for line in told] == ["held-out", "uniform", "trained:"]
    assert told[1].split()[1:] == ["25.0", "%", "50.0", "%", "-"]


def test_a_training_run_on_several_categories_ends_with_the_rates_of_each() -> None:
    categories = {"bug_fix": {"trained_at_1": 0.5}, "testing": {"trained_at_1": 0.25, "trained_at_100": 1.0}}
    told = rates({"trained_at_1": 0.375, "categories": categories})
    assert told[2] == "trained, by category"
    assert told[3].split() == ["bug_fix", "50.0", "%", "-", "-"]
    assert told[4].split() == ["testing", "25.0", "%", "-", "100.0", "%"]


def test_a_stopped_run_says_what_of_it_is_kept(tmp_path: Path) -> None:
    assert "cache" in kept(tmp_path)
    for file, said in (("tasks/heldout.parquet", "kept: the tasks"), ("warm/state.pt", "warm start so far")):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_bytes(b"")
        assert kept(tmp_path).endswith(said)
    save_checkpoint(tmp_path / "checkpoints", DriverState(iteration=7), lambda folder: None, keep=1)
    assert kept(tmp_path).endswith("iteration 7")


def test_a_run_whose_training_is_over_says_how_to_go_on(tmp_path: Path) -> None:
    record = RunRecord("r", "", {}, {"learn": {"seconds": 1.0, "iterations": 3}})
    result = RunResult(tmp_path, tmp_path / "policy", tmp_path / "report.html", record, ())
    command = f"journeyman train --config {tmp_path}/config.yaml --from-pretrained {tmp_path}"
    said = ending(result)
    assert said[0].startswith("nothing is left to do in")
    assert said[1].endswith(command)
    assert any(command in line for line in ending(replace(result, did=("measure",))))
    assert not any(command in line for line in ending(replace(result, did=("learn", "measure"))))
