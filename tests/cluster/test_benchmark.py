"""What ``journeyman benchmark`` says, and the command as a whole."""

import json
from pathlib import Path

import pytest
import torch

from cluster.cli import main
from cluster.commands.benchmark import sentence
from data.store import write_tasks
from envs.tasks.builtin import builtin_tasks
from learning.comparison import Comparison
from learning.grammar_meta import grammar_meta
from learning.statistics import Estimate
from policies.checkpoint import load_policy, save_policy

STARTER = Path(__file__).resolve().parents[2] / "policies" / "starter"


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_verdict_is_a_sentence() -> None:
    told = sentence(Comparison(Estimate(0.05, 0.01, 0.09), (1, 5), 40))
    assert told == "The candidate is better: +5.0 (+1.0 to +9.0) points in the mean of the rates after 1, 5 executions."
    assert sentence(Comparison(Estimate(0.0, -0.1, 0.1), (1,), 40)).startswith("No difference can be told")


def test_a_policy_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--baseline", "starter", "--candidate", tmp_path / "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err


def test_without_tasks_it_says_where_to_get_some(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--baseline", "starter", "--candidate", "starter") == 2
    assert "tasks generate" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(600)
def test_itself_is_no_better_and_one_with_noise_is_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tasks.parquet"
    write_tasks(file, builtin_tasks())
    arguments = ("--tasks", file, "--budget", 25, "--json")
    assert call("--baseline", STARTER, "--candidate", STARTER, *arguments) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "no difference"
    noisy = load_policy(STARTER)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in noisy.network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.5)
    folder = save_policy(tmp_path / "noisy", noisy.network, grammar_meta())
    assert call("--baseline", STARTER, "--candidate", folder, *arguments) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "worse"
    assert found["ci"][1] < 0
