"""``journeyman benchmark``: a candidate against a baseline on the same tasks, paired, with intervals and a verdict."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack

import typer
from rich.console import Console
from rich.table import Table

from cluster.commands.evaluate import losses, percent
from cluster.inputs.benchmark import BenchmarkInput
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from learning.comparison import Comparison, compare
from learning.evaluate import evaluate_policies
from learning.evaluation_config import EvaluationConfig
from learning.figures import Report, RunFacts, make_report
from learning.report import report_json
from learning.scorers import NETWORK, ScorerSpec
from learning.statistics import Estimate

BASELINE, CANDIDATE = "baseline", "candidate"


def run(given: BenchmarkInput) -> int:
    """Exit code 0 where the candidate is not worse, 1 where it is (so that a script can stop a deployment)."""
    config = EvaluationConfig(budget=given.budget, tempered_seeds=given.seeds)
    specs = {
        CANDIDATE: ScorerSpec(NETWORK, str(given.candidate)),
        BASELINE: ScorerSpec(NETWORK, str(given.baseline)),
    }
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        stack.enter_context(ray_session(RayOptions(address=given.address)))
        workers = len(os.sched_getaffinity(0))
        evaluation = evaluate_policies(given.tasks, specs, config, workers=workers, progress=progress)
    report = make_report(evaluation, RunFacts("benchmark", evaluation.throughput.seconds), config.resamples)
    comparison = compare(evaluation, CANDIDATE, BASELINE, config.resamples)
    if given.json_output:
        typer.echo(json.dumps(as_json(report, comparison, given), indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else 120).print(table(report))
        typer.echo(sentence(comparison))
    for line in losses(report):
        typer.echo(line, err=True)
    return int(comparison.verdict == "worse")


def as_json(report: Report, comparison: Comparison, given: BenchmarkInput) -> dict[str, object]:
    """The verdict and its figure, then what ``journeyman evaluate`` gives."""
    score = comparison.score
    return {
        "verdict": comparison.verdict,
        "score_difference": round(score.value, 4),
        "ci": [round(score.low, 4), round(score.high, 4)],
        "marks": list(comparison.marks),
        "tasks": comparison.tasks,
        "baseline": str(given.baseline),
        "candidate": str(given.candidate),
        "report": report_json(report),
    }


def table(report: Report) -> Table:
    """Solved after so many executions: each agent, and their difference in points, with 95 % intervals."""
    marks = list(report.agents[CANDIDATE].fix.at)
    count, packages = len(report.evaluation.tasks), ", ".join(report.packages)
    shown = Table(title=f"Correct solutions of {count} tasks ({packages})", title_justify="left", box=None)
    shown.add_column("")
    for mark in marks:
        shown.add_column(f"after {mark}", justify="right")
    for name in (CANDIDATE, BASELINE):
        shown.add_row(name, *(percent(report.agents[name].fix.at[mark]) for mark in marks))
    differences = report.agents[CANDIDATE].paired[BASELINE]
    shown.add_row("difference", *(_points(differences[mark]) for mark in marks))
    return shown


def _points(estimate: Estimate) -> str:
    if not estimate.measured:
        return "not measured"
    return f"{100 * estimate.value:+.1f} ({100 * estimate.low:+.1f} to {100 * estimate.high:+.1f})"


def sentence(comparison: Comparison) -> str:
    """The verdict for a person."""
    word = {"better": "The candidate is better", "worse": "The candidate is worse"}.get(
        comparison.verdict, "No difference can be told"
    )
    marks = ", ".join(map(str, comparison.marks))
    return f"{word}: {_points(comparison.score)} points in the mean of the rates after {marks} executions."
