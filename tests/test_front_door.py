"""
The real command line: what a person sees, and what a script gets as exit code. Most calls are made in this process,
since importing Ray and torch anew for each would take minutes.
"""

import contextlib
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from cluster.cli import main
from data.store import write_tasks
from envs.tasks.builtin import builtin_tasks
from envs.tasks.validate import MIN_CHECKS
from learning.grammar_meta import grammar_meta
from policies.checkpoint import save_policy
from policies.config import ModelConfig
from policies.network import RepairNetwork

ROOT = Path(__file__).resolve().parents[1]
TINY = ModelConfig(hidden_size=16, num_layers=1, num_heads=2, vocab_size=64)


def journeyman(*arguments: object) -> subprocess.CompletedProcess[str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(list(arguments), ended.value.code, out.getvalue(), err.getvalue())


def process(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=400)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEBUG", "RAY_ADDRESS", "JOURNEYMAN_RUNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def refused(done: subprocess.CompletedProcess[str], *says: str) -> None:
    """Exit code 2, nothing on standard output, and one line of error, the last one, that holds all of ``says``."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    *progress, last = done.stderr.splitlines()
    assert last.startswith("error: ")
    assert "Traceback (most recent" not in done.stderr
    assert len(progress) <= 3
    for part in says:
        assert part in last


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return save_policy(tmp_path_factory.mktemp("policy"), RepairNetwork(TINY), grammar_meta())


@pytest.fixture(scope="module")
def task_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tasks") / "tasks.parquet"
    write_tasks(path, [task for task in builtin_tasks() if len(task.checks) >= MIN_CHECKS])
    return path


def make_repo(folder: Path, source: str, tests: str) -> Path:
    folder.mkdir()
    (folder / "shop.py").write_text(source)
    (folder / "test_shop.py").write_text(tests)
    return folder


GOOD = "def total(prices, discount):\n    subtotal = sum(prices)\n    return subtotal - discount\n"
TESTS = """from shop import total


def test_total():
    assert total([3, 4], 2) == 5


def test_none():
    assert total([], 0) == 0
"""


def test_help_answers_at_once() -> None:
    process("cluster.cli", "--help")  # the first call compiles
    times = []
    for _ in range(3):
        began = time.monotonic()
        done = process("cluster.cli", "--help")
        times.append(time.monotonic() - began)
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("train", "evaluate", "fix", "doctor", "tasks", "version"))
    assert min(times) < 1.5  # 0.2 s on an idle machine; importing Ray or torch takes longer than this


@pytest.mark.parametrize(
    "arguments", [["nope"], ["train", "--nope"], ["fix", "--repo", "."], ["tasks", "show"], ["evaluate"]]
)
def test_bad_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = journeyman(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback (most recent" not in done.stderr


def test_version_names_what_it_stands_on() -> None:
    done = journeyman("version")
    assert done.returncode == 0
    assert "journeyman 0.1.0" in done.stdout
    assert "torch 2.13.0" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "training.learning_rat=1"], ["did you mean 'training.learning_rate'?"]),
        (["--set", "model.hidden_size=wide"], ["model.hidden_size", "'wide'"]),
        (["--config", "standart"], ["standart", "Did you mean 'standard'?"]),
        (["--resume", "no-such-run"], ["no-such-run", "no such run"]),
        (["--from-pretrained", "no-such-model"], ["no-such-model", "no such run"]),
        (["--set", "tasks.file=absent.parquet"], ["absent.parquet", "no such file"]),
        (["--set", "tasks.packages=[no-such-package-x]"], ["no-such-package-x", "pip install"]),
        (["--set", "rewards.weights={functionalty: 1}"], ["Did you mean 'functionality'?"]),
    ],
)
def test_bad_training_input_is_one_line(arguments: list[str], says: list[str], tmp_path: Path) -> None:
    refused(journeyman("train", *arguments, "--runs", tmp_path / "runs"), *says)
    assert not (tmp_path / "runs").exists()


HEAVY = """
import sys
from cluster.cli import main
for arguments in {commands}:
    try:
        main(arguments)
    except SystemExit as ended:
        assert ended.code == 2, arguments
assert not (found := {{"torch", "ray", "transformers"}} & set(sys.modules)), found
"""


def test_bad_input_is_refused_before_heavy_modules_are_imported(policy: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("modle: {}\n")
    (tmp_path / "file").write_text("")
    save_policy(tmp_path / "other", RepairNetwork(TINY), grammar_meta() | {"grammar_version": -1})
    fix = ["fix", "--repo", str(tmp_path), "--tests"]
    commands = [
        ["train", "--config", str(tmp_path / "c.yaml")],
        ["train", "--resume", "no-such-run"],
        ["train", "--from-pretrained", str(tmp_path / "other")],
        ["evaluate", "no-such-run"],
        ["evaluate", str(policy), "--tasks", str(tmp_path / "file")],
        ["evaluate", str(tmp_path / "other")],
        [*fix, "absent.py"],
        [*fix, "file", "--model", "no-such-run"],
        ["tasks", "generate", "--out", str(tmp_path / "t"), "--from", "no-such-package-x"],
    ]
    script = HEAVY.format(commands=commands)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    assert [line[:6] for line in done.stderr.splitlines()] == ["error:"] * len(commands)


def test_a_report_that_can_not_be_written_is_said_before_the_evaluation(
    policy: Path, task_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    refused(journeyman("evaluate", policy, "--tasks", task_file, "--out", tmp_path / "file"), "file", "--out")


def test_the_job_s_entry_point_takes_the_same_options(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("modle: {hidden_size: 64}\n")
    refused(process("cluster.train", "--config", tmp_path / "c.yaml"), "c.yaml", "did you mean 'model'?")


def test_a_config_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("a: [")
    refused(journeyman("train", "--config", tmp_path / "c.yaml"), "c.yaml", "YAML")


def test_a_cluster_that_does_not_answer_is_bad_input(tmp_path: Path) -> None:
    done = journeyman("train", "--address", "ray://127.0.0.1:1", "--config", "quick", "--runs", tmp_path)
    refused(done, "ray job submit")


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    refused(journeyman("evaluate", "no-such-run", "--runs", tmp_path), "no-such-run", "no such run")
    repo = make_repo(tmp_path / "repo", GOOD, TESTS)
    refused(journeyman("fix", "--repo", repo, "--tests", ".", "--model", "latest", "--runs", tmp_path), "latest")


def test_a_checkpoint_of_another_shape_or_grammar_is_one_line(policy: Path, task_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    save_policy(other, RepairNetwork(TINY), grammar_meta() | {"grammar_version": -1})
    refused(journeyman("evaluate", other, "--tasks", task_file), str(other), "grammar_version")
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "policy.json").write_bytes((policy / "policy.json").read_bytes())
    (torn / "model.safetensors").write_bytes((policy / "model.safetensors").read_bytes()[:100])
    refused(journeyman("evaluate", torn, "--tasks", task_file), str(torn))


def test_a_policy_without_tasks_beside_it_says_how_to_get_some(policy: Path) -> None:
    refused(journeyman("evaluate", policy), "no held-out tasks", "tasks generate")


def test_a_corrupt_task_file_is_named(task_file: Path, policy: Path, tmp_path: Path) -> None:
    corrupt = tmp_path / "corrupt.parquet"
    corrupt.write_bytes(task_file.read_bytes()[:-200])
    for arguments in (("tasks", "show", corrupt), ("tasks", "validate", corrupt)):
        refused(journeyman(*arguments), "corrupt.parquet")
    refused(journeyman("evaluate", policy, "--tasks", corrupt), "corrupt.parquet")
    refused(journeyman("tasks", "show", tmp_path / "absent.parquet"), "absent.parquet")


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    done = journeyman("tasks", "generate", "--from", "no-such-package-x", "--out", tmp_path / "t.parquet")
    refused(done, "no-such-package-x", "pip install")
    assert not (tmp_path / "t.parquet").exists()


def test_tasks_are_listed_and_shown(task_file: Path) -> None:
    listing = journeyman("tasks", "show", task_file)
    assert listing.returncode == 0, listing.stderr
    task = next(task for task in builtin_tasks() if len(task.checks) >= MIN_CHECKS)
    assert task.id[:10] in listing.stdout
    shown = journeyman("tasks", "show", task_file, "--id", task.id[:10])
    assert shown.returncode == 0, shown.stderr
    assert task.qualname in shown.stdout
    assert "+++ reference" in shown.stdout
    refused(journeyman("tasks", "show", task_file, "--id", "zzz"), "no task has the id 'zzz'")


def test_tasks_that_hold_are_validated(task_file: Path) -> None:
    done = journeyman("tasks", "validate", task_file, "--limit", 4, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["checked"] == 4
    assert said["broken"] == []


def test_a_repository_whose_tests_pass_has_nothing_to_fix(policy: Path, tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", GOOD, TESTS)
    refused(journeyman("fix", "--repo", repo, "--tests", "test_shop.py", "--model", policy), "pass")


def test_tests_that_can_not_be_collected_are_bad_input(policy: Path, tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", GOOD, "import no_such_module_x\n")
    refused(journeyman("fix", "--repo", repo, "--tests", "test_shop.py", "--model", policy), "test_shop.py")
    refused(journeyman("fix", "--repo", repo, "--tests", "absent.py", "--model", policy), "absent.py")
    refused(journeyman("fix", "--repo", tmp_path / "none", "--tests", "x", "--model", policy), "none")


def test_a_bug_is_fixed_and_written_only_when_told(policy: Path, tmp_path: Path) -> None:
    broken = GOOD.replace("subtotal - discount", "subtotal + discount")
    repo = make_repo(tmp_path / "repo", broken, TESTS)
    command = ("fix", "--repo", repo, "--tests", "test_shop.py", "--model", policy, "--budget", 400, "--json")
    done = journeyman(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert "-    return subtotal + discount" in said["diff"]
    assert said["tests"]["after"]["failing"] == []
    assert said["written"] is False
    assert (repo / "shop.py").read_text() == broken
    assert json.loads(journeyman(*command, "--write").stdout)["written"] is True
    assert (repo / "shop.py").read_text() != broken
    refused(journeyman(*command), "pass")  # nothing fails any more


def test_a_bug_beyond_the_budget_is_exit_code_1(policy: Path, tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", "def total(prices, discount):\n    return None\n", TESTS)
    done = journeyman("fix", "--repo", repo, "--tests", "test_shop.py", "--model", policy, "--budget", 2, "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    assert json.loads(done.stdout)["fixed"] is False


def smallest_run(task_file: Path, runs: Path) -> list[str]:
    settings = (
        *(f"tasks.file={task_file}", f"tasks.heldout_file={task_file}", "tasks.heldout_limit=4", "evaluation.budget=5"),
        *("model.hidden_size=16", "model.num_layers=1", "model.num_heads=2", "model.vocab_size=64"),
        *("warm_start.seconds=15", "warm_start.validation=5", "training.iterations=1", "training.batch_size=64"),
    )
    options = [part for setting in settings for part in ("--set", setting)]
    return ["train", "--config", "quick", "--runs", str(runs), *options]


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(900)
def test_ctrl_c_stops_a_run_that_goes_on_where_it_was_and_says_when_nothing_is_left(
    task_file: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "cluster.cli", *smallest_run(task_file, tmp_path / "runs")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("warm start"):
            break
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=300)
    assert running.returncode == 130
    assert "kept: the tasks" in said
    assert "go on with: journeyman train --resume" in said
    resume = ("train", "--resume", "latest", "--runs", tmp_path / "runs")
    finished = process("cluster.cli", *resume)
    assert finished.returncode == 0, finished.stderr
    report = next((tmp_path / "runs").glob("*/report.json"))
    assert json.loads(report.read_text())["tasks"] == 4
    again = process("cluster.cli", *resume)
    assert again.returncode == 0
    assert "nothing is left to do" in again.stdout
