"""``journeyman evaluate``: a policy against its baselines on held-out tasks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from cluster.inputs.evaluate import EvaluateInput
from cluster.models import WARM
from cluster.progress import progress_for
from cluster.ray_runtime import RayOptions, ray_session
from learning.evaluate import evaluate_policies
from learning.evaluation_config import EvaluationConfig
from learning.figures import Report, RunFacts, make_report
from learning.report import report_json, write_report
from learning.scorers import NETWORK, ScorerSpec, baselines
from learning.statistics import Estimate
from policies.description import DESCRIPTION


def run(given: EvaluateInput) -> int:
    """Prints a table or JSON; with ``out`` it writes ``report.html`` and ``report.json`` there too."""
    config = EvaluationConfig(budget=given.budget)
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        stack.enter_context(ray_session(RayOptions(address=given.address)))
        evaluation = evaluate_policies(
            given.tasks, agents(given.policy), config, workers=len(os.sched_getaffinity(0)), progress=progress
        )
    facts = RunFacts(title=f"{given.policy}", wall_s=evaluation.throughput.seconds)
    report = make_report(evaluation, facts, config.resamples)
    if given.out is not None:
        typer.echo(f"report: {write_report(given.out, report)}", err=True)
    if given.json_output:
        typer.echo(json.dumps(report_json(report), indent=2))
    else:
        console = Console(width=None if sys.stdout.isatty() else 120)
        console.print(table(report))
        if len(next(iter(report.agents.values())).per_category) > 1:
            Console(width=None if sys.stdout.isatty() else 160).print(by_category(report))
    for line in losses(report):
        typer.echo(line, err=True)
    return 0


def agents(policy: Path) -> dict[str, ScorerSpec]:
    """The policy, the warm start of its run where it is another one, and the baselines."""
    found = {"trained": ScorerSpec(NETWORK, str(policy))}
    for folder in (parent / WARM for parent in policy.parents[:3]):
        if (folder / DESCRIPTION).is_file() and folder != policy:
            found["warm"] = ScorerSpec(NETWORK, str(folder))
            break
    return found | baselines()


def table(report: Report) -> Table:
    """Correct fixes after so many executions, with 95 % intervals, one row per agent."""
    first: Mapping[int, Estimate] = next(iter(report.agents.values())).fix.at
    count, packages = len(report.evaluation.tasks), ", ".join(report.packages)
    shown = Table(title=f"Correct solutions of {count} held-out tasks ({packages})", title_justify="left", box=None)
    shown.add_column("agent")
    for budget in first:
        shown.add_column(f"after {budget}", justify="right")
    for name, figures in report.agents.items():
        shown.add_row(name, *(percent(estimate) for estimate in figures.fix.at.values()))
    return shown


def by_category(report: Report) -> Table:
    """The same for each category of tasks, one row per category and agent."""
    marks = list(next(iter(report.agents.values())).fix.at)
    shown = Table(title="By category", title_justify="left", box=None)
    for head in ("category", "tasks", "agent"):
        shown.add_column(head)
    for mark in marks:
        shown.add_column(f"after {mark}", justify="right")
    for category in next(iter(report.agents.values())).per_category:
        for name, figures in report.agents.items():
            rates = figures.per_category[category]
            shown.add_row(category, str(rates.tasks), name, *(percent(rates.at[mark]) for mark in marks))
    return shown


def losses(report: Report) -> list[str]:
    """One line for each agent that lost attempts: how many, why, and what that does to its figures."""
    return [
        f"{name}: {figures.losses}; {'they count as not fixed' if figures.measured else 'nothing was measured'}"
        for name, figures in report.agents.items()
        if figures.losses
    ]


def percent(estimate: Estimate) -> str:
    """``73.4 % (70.1 to 76.2)``."""
    if not estimate.measured:
        return "not measured"
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"
