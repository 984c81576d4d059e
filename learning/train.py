"""
The main job: real code in, a trained and measured agent out.

    run = Run(settings, run_dir, progress)
    run.mine()        # tasks/train.parquet, tasks/heldout.parquet
    run.warm()        # warm/: imitation of injected bugs, or the policy that was given
    run.learn()       # checkpoints/, trajectories/, policy/: policy gradient
    run.measure()     # report.html, report.json: against its baselines, on packages it never saw

A stage that is done is not done again; a stage that was cut off goes on where it was.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.config import dump
from core.errors import TaskError
from core.progress import Progress
from core.records import Split, Task
from core.seeding import digest
from data.files import write_atomically
from data.store import read_tasks, write_tasks
from envs.tasks.balance import balanced
from envs.tasks.mining import store
from envs.tasks.mining.record import Harvest, MinedFunction
from envs.tasks.packages import package, packages_of
from learning.evaluate import evaluate_policies
from learning.figures import Rates, RunFacts, make_report
from learning.grammar_meta import grammar_meta
from learning.mine import mine
from learning.ppo import TrainingJob, train_policy
from learning.quota import MARGIN, Quota
from learning.report import write_report
from learning.run_record import RunRecord, finished, open_record, save_record
from learning.scorers import NETWORK, ScorerSpec, baselines
from learning.settings import Settings
from learning.training_log import training_series
from learning.warm_start import warm_start
from policies.checkpoint import load_policy

logger = logging.getLogger(__name__)
LEARN, LAST_STAGE = "learn", "measure"
CONFIG, TASKS, WARM, POLICY = "config.yaml", "tasks", "warm", "policy"


@dataclass(frozen=True, slots=True)
class RunResult:
    """``did``: the stages that this call did; none: nothing was left to do."""

    run_dir: Path
    policy: Path
    report: Path
    record: RunRecord
    did: tuple[str, ...]


def train(
    settings: Settings, run_dir: Path, progress: Progress, *, start: Path | None = None, profile: bool = False
) -> RunResult:
    """
    Runs every stage that ``run_dir`` still lacks, on a Ray that is running.

    ``start``: a policy folder to train on from, in place of the warm start. ``profile``: profiles go to
    ``run_dir/profiles``. Other settings than before count for the stages that are still to be done; they reopen none.

    Raises:
        UserError: bad input, a full disk, a checkpoint of another shape: one clear line; what was done is not lost.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    run_dir = run_dir.resolve()  # Ray takes a relative path for a URI, and workers start elsewhere
    if not (run_dir / CONFIG).exists():
        write_atomically(run_dir / CONFIG, dump(settings).encode())
    if start is not None:
        load_policy(start, expect=grammar_meta())  # one that can't be used is refused before minutes of mining
    run = Run(settings, run_dir, progress, start, profile)
    run.stage("mine", run.mine)
    run.stage("warm", run.warm)
    run.stage(LEARN, run.learn)
    run.stage(LAST_STAGE, run.measure)
    if not run.did:
        logger.info("nothing is left to do in %s", run_dir)
    return RunResult(run_dir, run_dir / POLICY, run_dir / "report.html", run.record, tuple(run.did))


class Run:
    """One run's stages. Each gives figures for ``run.json``."""

    def __init__(
        self, settings: Settings, run_dir: Path, progress: Progress, start: Path | None, profile: bool
    ) -> None:
        self.settings, self.dir, self.progress = settings, run_dir, progress
        self._start, self._profile = start, profile
        self.record = open_record(run_dir)
        self.did: list[str] = []

    def stage(self, name: str, work: Callable[[], Mapping[str, Any]]) -> None:
        """Does ``work`` unless an earlier call did."""
        if name in self.record.stages:
            return
        began = time.monotonic()
        figures = work()
        self.record = self.record.with_stage(name, time.monotonic() - began, figures)
        self.did.append(name)
        if name == LAST_STAGE:
            self.record = finished(self.record)
        save_record(self.dir, self.record)

    def mine(self) -> Mapping[str, Any]:
        """Makes the two task files, from mining or from the files that the settings name."""
        tasks = self.settings.tasks
        most = Quota(most=tasks.per_category)
        learn, practice = self._tasks(tasks.file, tasks.packages, Split.TRAIN, tasks.seconds, most)
        check, _ = self._tasks(
            tasks.heldout_file, tasks.heldout_packages, Split.HELDOUT, tasks.heldout_seconds, self._heldout_quota()
        )
        held = self._held(check)
        write_tasks(self.train_tasks, learn)
        write_tasks(self.heldout_tasks, held)
        store.write(self.practice, Harvest(practice, (), {}, 0.0))
        functions = len({(task.module, task.qualname) for task in learn})
        counts = {"train_tasks": len(learn), "train_functions": functions, "heldout_tasks": len(held)}
        return {**counts, "practice_functions": len(practice)}

    def _heldout_quota(self) -> Quota:
        """Of several categories the same number of each, and no more; of one, what there is time for."""
        count, limit = len(self.settings.mining.categories), self.settings.tasks.heldout_limit
        return Quota(math.ceil(MARGIN * limit / count)) if limit is not None and count > 1 else Quota()

    def _held(self, check: list[Task]) -> list[Task]:
        """What is evaluated on: at random; of several categories, the same number of each."""
        limit = self.settings.tasks.heldout_limit
        if len({task.category for task in check}) > 1:
            return balanced(check, limit or len(check), self.settings.seed)
        return sorted(check, key=lambda task: digest("held out", task.id))[:limit]

    def warm(self) -> Mapping[str, Any]:
        """The policy that training starts from."""
        if self._start is not None:
            _copy_folder(self._start, self.dir / WARM)
            return {"from": str(self._start)}
        warm_start(
            self.settings.warm_start,
            self.settings.model,
            [*read_tasks(self.train_tasks), *self._practice()],
            out=self.dir / WARM,
            excluded=unseen_imports(),
            sandbox=self.settings.sandbox,
            progress=self.progress,
        )
        return dict(load_policy(self.dir / WARM).meta.get("validation") or {})

    def learn(self) -> Mapping[str, Any]:
        """Policy gradient from there."""
        job = TrainingJob(self.settings, self.dir, self.train_tasks, self.dir / WARM, profile=self._profile)
        result = train_policy(job, self.progress, resume=True)
        _copy_folder(result.policy, self.dir / POLICY)
        return {"iterations": result.iteration, "lost": dict(result.lost), **result.counts}

    def measure(self) -> Mapping[str, Any]:
        """Trained, warm and the two baselines, on the held-out tasks."""
        scorers = {
            "trained": ScorerSpec(NETWORK, str((self.dir / POLICY).resolve())),
            "warm": ScorerSpec(NETWORK, str((self.dir / WARM).resolve())),
            **baselines(self.settings.seed),
        }
        config = self.settings.evaluation.model_copy(update={"sandbox": self.settings.sandbox})
        tasks = read_tasks(self.heldout_tasks)
        found = evaluate_policies(tasks, scorers, config, workers=cores(), progress=self.progress)
        wall = self.record.seconds + found.throughput.seconds
        facts = RunFacts(f"Run {self.dir.name}", wall, self._throughput(), training_series(self.dir))
        report = make_report(found, facts, config.resamples)
        write_report(self.dir, report)
        lost = {name: agent.losses for name, agent in report.agents.items() if agent.losses}
        trained = report.agents["trained"].per_category
        split = {name: _rounded("trained", rates) for name, rates in trained.items()} if len(trained) > 1 else {}
        rates = {
            mark: rate for name, agent in report.agents.items() for mark, rate in _rounded(name, agent.fix).items()
        }
        return rates | {"lost": lost, "categories": split}

    @property
    def train_tasks(self) -> Path:
        """The file of training tasks."""
        return self.dir / TASKS / "train.parquet"

    @property
    def heldout_tasks(self) -> Path:
        """The file of held-out tasks."""
        return self.dir / TASKS / "heldout.parquet"

    @property
    def practice(self) -> Path:
        """The file of functions that only the warm start learns from (``learning.mine.Mined``)."""
        return self.dir / TASKS / "practice.mined"

    def _practice(self) -> tuple[MinedFunction, ...]:
        # A run of an earlier version has none.
        return store.read(Harvest, self.practice).functions if self.practice.exists() else ()

    def _tasks(
        self, file: Path | None, names: tuple[str, ...] | None, split: Split, seconds: float, quota: Quota
    ) -> tuple[list[Task], tuple[MinedFunction, ...]]:
        if file is not None:
            return read_tasks(file), ()
        tasks = self.settings.tasks
        found = mine(
            self.settings.mining,
            packages=names or packages_of(split),
            split=split,
            deadline_s=seconds,
            cache_dir=tasks.cache or user_cache(),
            workers=tasks.workers or cores(),
            progress=self.progress,
            quota=quota,
        )
        if not found.tasks:
            raise TaskError(f"no {split} task came of {seconds:.0f} s of mining", remedy="Give tasks.seconds more")
        return list(found.tasks), found.practice

    def _throughput(self) -> dict[str, float]:
        stages = self.record.stages
        mined, learnt = stages["mine"], stages[LEARN]
        return {
            "train_tasks_per_mining_minute": 60 * mined["train_tasks"] / max(mined["seconds"], 1e-9),
            "episodes_per_s": learnt.get("episodes", 0.0) / max(learnt["seconds"], 1e-9),
            "executions_per_s": learnt.get("executions", 0.0) / max(learnt["seconds"], 1e-9),
        }


def _rounded(agent: str, rates: Rates) -> dict[str, float]:
    return {f"{agent}_at_{mark}": round(each.value, 4) for mark, each in rates.at.items() if each.measured}


def unseen_imports() -> frozenset[str]:
    """Import names of the packages that are evaluated on."""
    names = [*packages_of(Split.HELDOUT), *packages_of(Split.VALIDATION)]
    return frozenset(root for name in names for root in package(name).roots)


def user_cache() -> Path:
    """Where mined functions stay between runs: ``JOURNEYMAN_CACHE``, or the user's cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("JOURNEYMAN_CACHE") or home / "journeyman")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _copy_folder(source: Path, target: Path) -> None:
    """``target`` is the old folder or the whole new one."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(source, temporary, copy_function=partial(shutil.copyfile))
    shutil.rmtree(target, ignore_errors=True)
    temporary.replace(target)
