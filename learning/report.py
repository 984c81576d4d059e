"""
The report of a run: ``report.json`` for programs, ``report.html`` (one file, nothing to load) for people.

Both are made from the same figures. ``report.json`` is
``{"heldout": {AGENT: {"fix_at": {"1": share}, "ci": {"1": [low, high]}, …}}, "tasks": n, "packages": […],
"throughput": {…}, "wall_s": seconds}``; shares are of correct attempts and lie in [0, 1]. An attempt that a fault cut
off counts as not fixed and is in ``lost`` (count by cause); where all attempts were lost, the share is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from data.files import write_atomically
from learning.figures import AgentFigures, Rates, Report
from learning.report_page import render
from learning.statistics import Estimate, Reach


def write_report(directory: Path, report: Report) -> Path:
    """Writes ``report.json`` and ``report.html`` into ``directory``, each atomically, and gives the page's path."""
    page = directory / "report.html"
    write_atomically(directory / "report.json", (json.dumps(report_json(report), indent=1) + "\n").encode())
    write_atomically(page, render(report).encode())
    return page


def report_json(report: Report) -> dict[str, object]:
    """The report as JSON values; see the module's docstring."""
    return {
        "heldout": {name: _agent(agent) for name, agent in report.agents.items()},
        "tasks": len(report.evaluation.tasks),
        "packages": report.packages,
        "throughput": report.throughput,
        "wall_s": round(report.facts.wall_s, 1),
        "budget": report.evaluation.budget,
    }


def _agent(agent: AgentFigures) -> dict[str, object]:
    fix, plausible = _rates(agent.fix), _rates(agent.plausible)
    return {
        "fix_at": fix["fix_at"],
        "ci": fix["ci"],
        "plausible_at": plausible["fix_at"],
        "plausible_ci": plausible["ci"],
        "executions_to": {f"{share:.0%}".rstrip("%"): _reach(reach) for share, reach in agent.reach.items()},
        "single": _optional(agent.single),
        "combined": _optional(agent.combined),
        "per_operator": {name: _rates(rates) for name, rates in agent.per_operator.items()},
        "per_package": {name: _rates(rates) for name, rates in agent.per_package.items()},
        "per_category": {name: _rates(rates) for name, rates in agent.per_category.items()},
        "minus": {other: _differences(marks) for other, marks in agent.paired.items()},
        "minus_per_category": {
            name: {other: _differences(marks) for other, marks in paired.items()}
            for name, paired in agent.category_paired.items()
        },
        "tempered": _tempered(agent),
        "attempts": agent.attempts,
        "lost": agent.lost,
    }


def _optional(rates: Rates | None) -> Mapping[str, object] | None:
    return None if rates is None else _rates(rates)


def _tempered(agent: AgentFigures) -> dict[str, object] | None:
    if agent.tempered is None:
        return None
    return {
        **_rates(agent.tempered),
        "temperature": agent.temperature,
        "seeds": agent.tempered_seeds,
        "minus": {other: _differences(marks) for other, marks in agent.tempered_paired.items()},
    }


def _differences(marks: Mapping[int, Estimate]) -> dict[str, object]:
    return {
        str(mark): {"difference": _number(e.value), "ci": [_number(e.low), _number(e.high)]}
        for mark, e in marks.items()
    }


def _reach(reach: Reach) -> dict[str, object]:
    return {"executions": reach.value, "ci": [reach.low, reach.high]}


def _rates(rates: Rates) -> Mapping[str, object]:
    """``{"tasks": n, "fix_at": {"1": share}, "ci": {"1": [low, high]}}``."""
    return {
        "tasks": rates.tasks,
        "fix_at": {str(mark): _number(e.value) for mark, e in rates.at.items()},
        "ci": {str(mark): [_number(e.low), _number(e.high)] for mark, e in rates.at.items()},
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else round(value, 4)
