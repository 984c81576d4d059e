"""
What the policy gradient adds to the warm start that it begins from.

    python -m benchmarks.policy_gradient --json --run latest --seeds 3 --set training.seconds=600 \
        --variant imitation training.policy_weight=0

Tasks, configuration and warm start are those of a run, unless options name others. ``ppo`` is the configuration as it
stands, with what ``--set`` says; each ``--variant`` is that with its own ``a.b=c`` on top. Every variant is trained
once per seed, on an embedded Ray, and tries the held-out tasks: greedily and tempered, each state ordered once
(``once``) or anew after every try (``anew``), within the same budget and never the same edit twice. Differences to
the start policy are paired by task, averaged over seeds, with a bootstrap over functions; each seed's own stands
beside them. What is in ``--out`` already is not trained again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cluster.models import WARM, find_model
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from cluster.runs import CONFIG, LATEST, find_run, runs_directory
from core.config import load
from core.errors import UserError
from core.progress import Progress
from core.records import Task
from data.store import read_tasks
from learning.evaluate import evaluate_policies
from learning.evaluation import Evaluation
from learning.evaluation_config import EvaluationConfig
from learning.ppo import TrainingJob, train_policy
from learning.scorers import NETWORK, ScorerSpec
from learning.settings import Settings
from learning.statistics import Bootstrap, Estimate, Floats, fixed_by

PPO, START = "ppo", "start"
MARKS = (1, 10)
# How a state's edits are ordered: the number of tries after each of which they are ordered anew.
ORDERS = {"once": 0, "anew": max(MARKS)}


@dataclass(frozen=True, slots=True)
class Given:
    """What is trained, from what, and on what it is tried. ``variants``: overrides by name."""

    start: Path
    tasks: Path
    heldout: Path
    config: Path
    variants: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Trained:
    """A policy that a variant came to with one seed."""

    variant: str
    seed: int
    policy: Path

    @property
    def name(self) -> str:
        """As evaluations call it."""
        return f"{self.variant}-{self.seed}"


def given(options: argparse.Namespace) -> Given:
    """From the options, and for the rest from the run that they name."""
    runs = runs_directory(None)
    run = find_run(options.run, runs)
    return Given(
        start=find_model(options.policy, runs) if options.policy else run / WARM,
        tasks=options.tasks or run / "tasks" / "train.parquet",
        heldout=options.heldout or run / "tasks" / "heldout.parquet",
        config=options.config or run / CONFIG,
        variants={PPO: options.set} | {name: [*options.set, *more] for name, *more in options.variant},
    )


def train_all(given: Given, seeds: int, out: Path, progress: Progress) -> Iterator[Trained]:
    """Every variant with every seed; seeds outermost, so that a run that is cut off has whole comparisons."""
    for seed in range(seeds):
        for variant, overrides in given.variants.items():
            run_dir = out / f"{variant}-{seed}"
            run_dir.mkdir(parents=True, exist_ok=True)
            settings = load(Settings, given.config, [*overrides, f"seed={seed}"])
            job = TrainingJob(settings, run_dir, given.tasks, given.start)
            yield Trained(variant, seed, train_policy(job, progress, resume=True).policy)


def compare(
    given: Given, trained: Sequence[Trained], tasks: Sequence[Task], tempered: int, progress: Progress
) -> dict[str, object]:
    """Every policy on the held-out tasks, in each way of trying."""
    folders = {START: given.start} | {one.name: one.policy for one in trained}
    scorers = {name: ScorerSpec(NETWORK, str(folder.resolve())) for name, folder in folders.items()}
    cases: dict[str, object] = {}
    for order, anew in ORDERS.items():
        config = EvaluationConfig(budget=max(MARKS), tempered_seeds=tempered, rescore_first=anew)
        workers = len(os.sched_getaffinity(0))
        evaluation = evaluate_policies(tasks, scorers, config, workers=workers, progress=progress)
        for greedy in (True, False) if tempered else (True,):
            found = figures(evaluation, trained, greedy)
            cases |= {f"{'greedy' if greedy else 'tempered'}/{order}/{name}": value for name, value in found.items()}
    return {"cases": cases, "ratios": {}}


def figures(evaluation: Evaluation, trained: Sequence[Trained], greedy: bool) -> Mapping[str, object]:
    """Fix rates, and differences to the start policy, by variant and mark."""
    bootstrap = Bootstrap([task.function for task in evaluation.tasks])
    shares = {name: _shares(evaluation, name, greedy) for name in evaluation.agents}
    found: dict[str, object] = {}
    for at in MARKS:
        begun = shares[START][:, at - 1]
        found[f"{START}@{at}"] = _figure(bootstrap.mean(begun), len(begun))
        for variant in dict.fromkeys(one.variant for one in trained):
            reached = [shares[one.name][:, at - 1] for one in trained if one.variant == variant]
            mean = np.mean(reached, axis=0)
            by_seed = [round(float((one - begun).mean()), 4) for one in reached]
            gain = bootstrap.difference(mean, begun)
            found[f"{variant}@{at}"] = _figure(bootstrap.mean(mean), len(begun))
            found[f"{variant}@{at}/gain"] = _figure(gain, len(begun)) | {"by_seed": by_seed}
    return found


def _shares(evaluation: Evaluation, agent: str, greedy: bool) -> Floats:
    """[tasks, budget]: the share of an agent's attempts at a task that had fixed it by then."""
    fixed = fixed_by(evaluation.fixed_at(agent, greedy=greedy), evaluation.budget)
    return np.asarray(fixed.reshape(len(evaluation.tasks), -1, evaluation.budget).mean(1))


def _figure(estimate: Estimate, n: int) -> dict[str, object]:
    interval = [round(estimate.low, 4), round(estimate.high, 4)]
    return {"value": round(estimate.value, 4), "unit": "share", "n": n, "ci": interval}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--run", default=LATEST, help="whose tasks, configuration and warm start are taken")
    parser.add_argument("--policy", help="to begin from: starter, a run, or a policy's folder")
    parser.add_argument("--tasks", type=Path, help="training tasks (Parquet)")
    parser.add_argument("--heldout", type=Path, help="held-out tasks (Parquet)")
    parser.add_argument("--limit", type=int, help="at most so many held-out tasks")
    parser.add_argument("--config", type=Path, help="a configuration (YAML)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of every variant")
    parser.add_argument("--variant", action="append", nargs="+", default=[], metavar="NAME KEY=VALUE", help="one more")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tempered", type=int, default=2, help="tempered attempts per task; 0: greedy ones only")
    parser.add_argument("--out", type=Path, help="where the trained policies stay; left out, they don't")
    return parser.parse_args()


def main() -> None:
    """Entry point."""
    options = _options()
    try:
        found = _measure(options)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(json.dumps(found if options.json else found["cases"], indent=1))


def _measure(options: argparse.Namespace) -> dict[str, object]:
    chosen = given(options)
    tasks = read_tasks(chosen.heldout)[: options.limit]
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        out = options.out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="journeyman-bench-")))
        stack.enter_context(ray_session(RayOptions()))
        trained = list(train_all(chosen, options.seeds, out, progress))
        return compare(chosen, trained, tasks, options.tempered, progress)


if __name__ == "__main__":
    main()
