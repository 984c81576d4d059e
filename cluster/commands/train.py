"""``journeyman train``: a new run, or the rest of one that was cut off."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import typer

from cluster.inputs.evaluate import HELDOUT
from cluster.inputs.train import TrainInput
from cluster.interrupts import Stopped
from cluster.models import CHECKPOINTS, WARM
from cluster.progress import duration, progress_for
from cluster.ray_runtime import RayOptions, ray_session
from cluster.runs import CONFIG
from learning.checkpoints import latest_checkpoint, read_state
from learning.imitation import STATE
from learning.train import LEARN, RunResult, train

_OURS = "trained"
AGENTS = (_OURS, "warm", "suspicious", "uniform")
MARKS = (1, 10, 100)


def run(given: TrainInput) -> int:
    """Trains; prints where the run is first, and what came of it last."""
    typer.echo(f"run: {given.run_dir}", err=True)
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        try:
            stack.enter_context(ray_session(RayOptions(address=given.address, dashboard=given.dashboard)))
            result = train(given.settings, given.run_dir, progress, start=given.start, profile=given.profile)
        except Stopped:
            progress.close()
            typer.echo(f"stopped; {kept(given.run_dir)}", err=True)
            typer.echo(f"go on with: journeyman train --resume {given.run_dir}", err=True)
            raise
    typer.echo("\n".join(ending(result)))
    return 0


def ending(result: RunResult) -> list[str]:
    """What came of the run: the fix rates and where the report is."""
    if not result.did:
        done = f"nothing is left to do in {result.run_dir}: every stage is done"
        return [done, further(result.run_dir), f"report: {result.report}"]
    stages = result.record.stages
    lines = rates(stages.get("measure", {}))
    if LEARN not in result.did:
        lines.append(f"nothing was left to train; {further(result.run_dir)}")
    lines.append(f"{result.run_dir} took {duration(result.record.seconds)}; {_learnt(stages.get('learn', {}))}")
    lines.append(f"fix with it: journeyman fix --repo DIR --tests TARGET --model {result.run_dir}")
    return [*lines, f"report: {result.report}"]


def further(run_dir: Path) -> str:
    """How to train on where a run's training is done, since changed settings don't reopen it."""
    command = f"journeyman train --config {run_dir / CONFIG} --from-pretrained {run_dir}"
    return f"its training is over, whatever --set says; to train on from its policy: {command}"


def kept(run_dir: Path) -> str:
    """What of a stopped run it can go on from."""
    last = latest_checkpoint(run_dir / CHECKPOINTS)
    if last is not None:
        return f"kept: training up to the end of iteration {read_state(last).iteration}"
    if (run_dir / WARM / STATE).is_file():
        return "kept: the tasks and the warm start so far"
    if (run_dir / HELDOUT).is_file():
        return "kept: the tasks"
    return "kept: what was mined is in the cache"


def rates(measured: Mapping[str, Any]) -> list[str]:
    """The share of held-out tasks that each agent solved correctly, a line each, and the trained one's by category."""
    title = "held-out tasks solved, correct, after so many executions"
    lines = [line for agent in AGENTS for line in _line(agent, agent, measured)]
    split = [
        line for name, found in measured.get("categories", {}).items() for line in _line(f"  {name}", _OURS, found)
    ]
    heads = [f"{title:<58}" + "".join(f"{mark:>8}" for mark in MARKS)] if lines else []
    lost = [f"{agent}: {told}" for agent, told in dict(measured.get("lost", {})).items()]
    return [*heads, *lines, *([f"{_OURS}, by category", *split] if split else []), *lost]


def _line(title: str, agent: str, measured: Mapping[str, Any]) -> list[str]:
    """Nothing where nothing was measured."""
    found = [measured.get(f"{agent}_at_{mark}") for mark in MARKS]
    shown = "".join("       -" if rate is None else f"{100 * rate:6.1f} %" for rate in found)
    return [f"{title:<58}{shown}"] if any(rate is not None for rate in found) else []


def _learnt(stage: Mapping[str, Any]) -> str:
    lost = ", ".join(f"{count} by {cause}" for cause, count in dict(stage.get("lost", {})).items())
    return f"{stage.get('iterations', 0)} iterations, episodes lost: {lost or 'none'}"
