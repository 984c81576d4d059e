"""The words, tables and charts of ``report.html``. Everything on the page says in plain words what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2

from learning.charts import Chart, Line, line_chart
from learning.figures import AgentFigures, Rates, Report, Series
from learning.statistics import Estimate, Reach

_AGENTS = {
    "trained": "trained",
    "warm": "warm start only",
    "suspicious": "by suspiciousness",
    "uniform": "uniform choice",
    "starter": "shipped starter",
}
_UNMEASURED = "not measured"
_FIX_WORDS = (
    "Share of bugs whose repair is right: it passes the checks that the agent saw and those that it didn't see, and "
    "agrees with the original function on fresh inputs. Higher and further left is better."
)
_PAIRED = (
    "Difference in the share solved, on the same tasks, in points. Where the range leaves 0 out (*), the difference is "
    "unlikely to be chance."
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell or a figure on a card: the value and a small note beside it."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    title: str
    words: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Titled:
    """A chart with its title and explanation."""

    title: str
    words: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows, from top to bottom."""

    title: str
    summary: str
    cards: Sequence[Cell]
    charts: Sequence[Titled]
    tables: Sequence[Grid]
    training: Sequence[Titled]


def render(report: Report) -> str:
    """The page as HTML."""
    return _template().render(page=_page(report))


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    folder = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(loader=folder, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("report.html.j2")


def _page(report: Report) -> Page:
    agents, run = report.agents, report.evaluation
    summary = (
        f"{len(run.tasks)} bugs in {', '.join(report.packages)}: code that the agent never saw in training. Each agent "
        f"may run the checks {run.budget} times per bug. Ranges in brackets are 95 % intervals (functions resampled)."
        f"{_fewer(agents, len(run.tasks))}{_lost(agents)}"
    )
    return Page(
        title=report.facts.title,
        summary=summary,
        cards=_cards(report),
        charts=[_fix_curves(agents, run.budget)],
        tables=[*_overview(agents), _differences(agents), *_splits(agents), _costs(report)],
        training=[_training(series) for series in report.facts.training],
    )


def _fewer(agents: Mapping[str, AgentFigures], tasks: int) -> str:
    """Who tried only some of the bugs."""
    fewer = [(_AGENTS.get(name, name), agent.fix.tasks) for name, agent in agents.items() if agent.fix.tasks < tasks]
    return "".join(f" {name} tried {count} of them." for name, count in fewer)


def _lost(agents: Mapping[str, AgentFigures]) -> str:
    told = [f" {_AGENTS.get(name, name)}: {line}." for name, agent in agents.items() if (line := agent.losses)]
    return "".join(told)


def _cards(report: Report) -> list[Cell]:
    best = next(iter(report.agents.values()))
    name = _AGENTS.get(next(iter(report.agents)), next(iter(report.agents)))
    marks = [
        Cell(_percent(e), f"fixed after {mark} execution{'s' * (mark > 1)} ({name})") for mark, e in best.fix.at.items()
    ]
    return [*marks, Cell(f"{report.facts.wall_s / 60:.1f} min", "for the whole run")]


def _fix_curves(agents: Mapping[str, AgentFigures], budget: int) -> Titled:
    steps = list(range(1, budget + 1))
    lines = [Line(_AGENTS.get(name, name), steps, agent.curve) for name, agent in agents.items() if agent.measured]
    words = "; ".join(f"{line.name}: {line.y[0]:.0%} after 1, {line.y[-1]:.0%} after {budget}" for line in lines)
    chart = line_chart(lines, x_label="executions", y_label="fixed", words=words, percent=True, log_x=budget > 10)
    return Titled("Bugs fixed, by number of executions", _FIX_WORDS, chart)


def _overview(agents: Mapping[str, AgentFigures]) -> list[Grid]:
    correct = _grid("Fixed", _FIX_WORDS, agents, lambda agent: agent.fix)
    words = (
        "Share of bugs where every visible check passes. The gap to the share fixed is repairs that only look right."
    )
    plausible = _grid("Plausible", words, agents, lambda agent: agent.plausible)
    single = _grid("Single bugs", "Only tasks with one injected bug.", agents, lambda agent: agent.single)
    combined = _grid("Combined bugs", "Only tasks with two or three.", agents, lambda agent: agent.combined)
    words = "Actions drawn at random from the policy instead of its first choice, over several seeds."
    tempered = _grid("Tempered", words, agents, lambda agent: agent.tempered)
    return [grid for grid in (correct, _reach_grid(agents), plausible, single, combined, tempered) if grid.rows]


def _grid(
    title: str, words: str, agents: Mapping[str, AgentFigures], pick: Callable[[AgentFigures], Rates | None]
) -> Grid:
    rates = {name: found for name, agent in agents.items() if (found := pick(agent)) is not None}
    marks = list(next(iter(agents.values())).fix.at)
    rows = [
        [Cell(_AGENTS.get(name, name)), *(_cell(found.at[mark]) for mark in marks), Cell(str(found.tasks))]
        for name, found in rates.items()
    ]
    return Grid(title, words, ["agent", *(f"after {mark}" for mark in marks), "tasks"], rows)


def _reach_grid(agents: Mapping[str, AgentFigures]) -> Grid:
    words = "How many executions an agent needs until three quarters (or 95 %) of all bugs are fixed. Fewer is better."
    shares = list(next(iter(agents.values())).reach)
    rows = [
        [Cell(_AGENTS.get(name, name)), *(_reached(agent.reach[share]) for share in shares)]
        for name, agent in agents.items()
        if agent.measured
    ]
    return Grid("Executions needed", words, ["agent", *(f"for {share:.0%}" for share in shares)], rows)


def _differences(agents: Mapping[str, AgentFigures]) -> Grid:
    first, best = next(iter(agents.items()))
    marks = list(best.fix.at)
    rows = [
        [
            Cell(f"{_AGENTS.get(first, first)} minus {_AGENTS.get(other, other)}"),
            *(_points(found[mark]) for mark in marks),
        ]
        for other, found in best.paired.items()
    ]
    tempered = [
        [Cell(f"the same, tempered, minus {_AGENTS.get(other, other)}"), *(_points(found[mark]) for mark in marks)]
        for other, found in best.tempered_paired.items()
    ]
    return Grid("Comparison", _PAIRED, ["", *(f"after {mark}" for mark in marks)], [*rows, *tempered])


def _differences_by_category(agents: Mapping[str, AgentFigures]) -> Grid:
    first, best = next(iter(agents.items()))
    marks = list(best.fix.at)
    rows = [
        [Cell(f"{category}: minus {_AGENTS.get(other, other)}"), *(_points(found[mark]) for mark in marks)]
        for category, paired in best.category_paired.items()
        for other, found in paired.items()
    ]
    title = f"{_AGENTS.get(first, first)}, compared by category"
    return Grid(title, _PAIRED, ["", *(f"after {mark}" for mark in marks)], rows)


def _splits(agents: Mapping[str, AgentFigures]) -> list[Grid]:
    best = next(iter(agents.values()))
    mark = max(m for m in best.fix.at if m <= 10)
    words = f"Share fixed after {mark} executions. Few tasks in a row mean a wide range."
    several = len(best.per_category) > 1
    categories = [
        _split("By category", words, agents, mark, lambda agent: agent.per_category),
        _differences_by_category(agents),
    ]
    return [
        *(categories if several else []),
        _split("By package", words, agents, mark, lambda agent: agent.per_package),
        _split("By kind of bug (single bugs)", words, agents, mark, lambda agent: agent.per_operator),
    ]


def _split(
    title: str,
    words: str,
    agents: Mapping[str, AgentFigures],
    mark: int,
    pick: Callable[[AgentFigures], Mapping[str, Rates]],
) -> Grid:
    parts = pick(next(iter(agents.values())))
    rows = [
        [Cell(part), *(_cell(pick(agent)[part].at[mark]) for agent in agents.values()), Cell(str(rates.tasks))]
        for part, rates in parts.items()
    ]
    return Grid(title, words, ["", *(_AGENTS.get(name, name) for name in agents), "tasks"], rows)


def _costs(report: Report) -> Grid:
    rows = [[Cell(name.replace("_", " ")), Cell(f"{value:,.6g}")] for name, value in report.throughput.items()]
    lost = [
        [Cell(f"attempts lost, {_AGENTS.get(name, name)}: {cause}"), Cell(f"{count} of {agent.attempts}")]
        for name, agent in report.agents.items()
        for cause, count in agent.lost.items()
    ]
    words = (
        "Speed of the run. An attempt that a fault cut off counts as not fixed and is listed here by cause; where all "
        "were cut off, nothing was measured."
    )
    return Grid("Throughput", words, ["", "value"], [*rows, *lost])


def _training(series: Series) -> Titled:
    xs, ys = [x for x, _ in series.points], [y for _, y in series.points]
    words = f"{series.name}: {ys[0]:.3g} at the start, {ys[-1]:.3g} at the end" if ys else f"{series.name}: no points"
    chart = line_chart([Line(series.name, xs, ys)], x_label=series.x_label, y_label=series.name, words=words)
    return Titled(series.name, series.meaning, chart)


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} %" if estimate.measured else _UNMEASURED


def _cell(estimate: Estimate) -> Cell:
    if not estimate.measured:
        return Cell(_UNMEASURED)
    return Cell(_percent(estimate), f"[{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]")


def _points(estimate: Estimate) -> Cell:
    if not estimate.measured:
        return Cell(_UNMEASURED)
    mark = " *" if estimate.apart_from_zero else ""
    return Cell(f"{100 * estimate.value:+.1f}{mark}", f"[{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]")


def _reached(reach: Reach) -> Cell:
    if reach.value is None:
        return Cell("not reached")
    low, high = ("?" if bound is None else str(bound) for bound in (reach.low, reach.high))
    return Cell(str(reach.value), f"[{low}, {'never' if reach.high is None else high}]")
