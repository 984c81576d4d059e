from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from learning.evaluation import Attempt, Evaluation, TaskFacts, Throughput, merge
from learning.figures import RunFacts, Series, make_report
from learning.report import report_json, write_report

AGENTS = ("trained", "warm", "suspicious", "uniform")
MEAN = {"trained": 3, "warm": 6, "suspicious": 40, "uniform": 120}
TASKS = tuple(
    TaskFacts(f"t{i}", f"package{i % 5}", f"m:f{i // 3}", ("swap",) if i % 2 else ("constant",), 1 + (i % 4 == 0))
    for i in range(60)
)


def evaluation(budget: int = 100) -> Evaluation:
    generator = np.random.default_rng(0)
    attempts = []
    for agent in AGENTS:
        for task in TASKS:
            for seed, temperature in ((0, 0.0), (1, 0.5), (2, 0.5)):
                at = int(generator.geometric(1 / MEAN[agent]))
                found = at if at <= budget else None
                correct = found is not None and bool(generator.random() < 0.95)
                attempts.append(Attempt(task.id, agent, seed, temperature, found, correct, min(at, budget), 0.1))
    return Evaluation(TASKS, AGENTS, tuple(attempts), budget, Throughput(len(attempts), 5000, 2000, 10.0))


def test_json_has_the_promised_form() -> None:
    found = report_json(make_report(evaluation(), RunFacts("run", 77.0, {"steps_per_s": 5.0}), 200))
    assert list(found["heldout"]) == list(AGENTS)  # type: ignore[call-overload]
    assert {"heldout", "tasks", "packages", "throughput", "wall_s"} <= set(found)
    assert found["tasks"] == 60
    assert found["packages"] == [f"package{i}" for i in range(5)]
    assert found["throughput"]["steps_per_s"] == 5.0  # type: ignore[index]
    trained = found["heldout"]["trained"]  # type: ignore[index]
    assert list(trained["fix_at"]) == ["1", "5", "10", "25", "100"]
    for mark, share in trained["fix_at"].items():
        low, high = trained["ci"][mark]
        assert low <= share <= high
        assert share <= trained["plausible_at"][mark]
    assert trained["single"]["tasks"] + trained["combined"]["tasks"] == 60
    assert set(trained["per_operator"]) == {"swap", "constant"}
    assert trained["minus"]["uniform"]["10"]["difference"] > 0.5
    assert trained["tempered"]["seeds"] == 2
    assert json.loads(json.dumps(found)) == found


def test_differences_are_told_by_category_on_the_tasks_of_each(tmp_path: Path) -> None:
    whole = evaluation()
    # The trained agent fails every task of one kind.
    tasks = tuple(replace(task, category="testing" if at % 3 else "feature") for at, task in enumerate(whole.tasks))
    kind = {task.id: task.category for task in tasks}
    attempts = [
        replace(a, plausible_at=None, correct=False) if (a.agent, kind[a.task_id]) == ("trained", "feature") else a
        for a in whole.attempts
    ]
    report = make_report(replace(whole, tasks=tasks, attempts=tuple(attempts)), RunFacts("run", 1.0), 200)
    found = report_json(report)["heldout"]["trained"]["minus_per_category"]  # type: ignore[index]
    assert list(found) == ["feature", "testing"]
    assert found["testing"]["uniform"]["10"]["difference"] > 0.5
    assert found["feature"]["uniform"]["100"]["difference"] < 0 < found["testing"]["uniform"]["1"]["ci"][0]
    write_report(tmp_path, report)
    assert "testing: minus uniform choice" in (tmp_path / "report.html").read_text()


def test_an_agent_that_never_gets_there_says_so() -> None:
    found = report_json(make_report(evaluation(budget=10), RunFacts("run", 1.0), 200))
    assert found["heldout"]["uniform"]["executions_to"]["75"] == {"executions": None, "ci": [None, None]}  # type: ignore[index]
    assert list(found["heldout"]["trained"]["fix_at"]) == ["1", "5", "10"]  # type: ignore[index]


def test_a_lost_attempt_is_counted_by_cause_and_not_fixed() -> None:
    whole = evaluation()
    lost = Attempt("t0", "trained", 0, 0.0, None, False, 0, 0.0, "sandbox")
    kept = [a for a in whole.attempts if (a.task_id, a.agent, a.temperature) != ("t0", "trained", 0.0)]
    changed = Evaluation(whole.tasks, whole.agents, (lost, *kept), whole.budget, whole.throughput)
    found = report_json(make_report(changed, RunFacts("run", 1.0), 100))
    assert found["heldout"]["trained"]["lost"] == {"sandbox": 1}  # type: ignore[index]


def test_an_agent_that_tried_only_some_tasks_is_measured_and_compared_on_these(tmp_path: Path) -> None:
    whole = evaluation()
    few = {task.id for task in TASKS[:20]}
    kept = tuple(a for a in whole.attempts if a.agent != "uniform" or a.task_id in few)
    report = make_report(replace(whole, attempts=kept), RunFacts("run", 1.0), 200)
    alone = make_report(
        replace(whole, tasks=TASKS[:20], attempts=tuple(a for a in whole.attempts if a.task_id in few)),
        RunFacts("run", 1.0),
        200,
    )
    found, only = report.agents["uniform"], alone.agents["uniform"]
    assert (found.fix, found.curve, found.reach) == (only.fix, only.curve, only.reach)
    assert found.paired["trained"] == only.paired["trained"]
    assert report.agents["trained"].fix.tasks == 60
    page = write_report(tmp_path, report).read_text()
    assert "tried 20 of them" in page


def without(agents: tuple[str, ...], whole: Evaluation) -> Evaluation:
    """``whole`` with every attempt of ``agents`` lost."""
    attempts = tuple(
        replace(a, plausible_at=None, correct=False, executions=0, lost="ActorDiedError") if a.agent in agents else a
        for a in whole.attempts
    )
    return replace(whole, attempts=attempts)


def test_an_agent_that_lost_every_attempt_is_not_measured() -> None:
    found = report_json(make_report(without(("warm",), evaluation()), RunFacts("run", 1.0), 100))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    warm, trained = found["heldout"]["warm"], found["heldout"]["trained"]  # type: ignore[index]
    assert warm["lost"] == {"ActorDiedError": 180}
    assert warm["attempts"] == 180
    assert set(warm["fix_at"].values()) | set(warm["tempered"]["fix_at"].values()) == {None}
    assert warm["ci"]["10"] == [None, None]
    assert warm["per_package"]["package0"]["fix_at"]["10"] is None
    assert trained["minus"]["warm"]["10"] == {"difference": None, "ci": [None, None]}
    assert trained["minus"]["uniform"]["10"]["difference"] > 0.5


@pytest.mark.parametrize("agents", [("warm",), ("trained",), AGENTS])
def test_the_page_says_what_was_not_measured_and_why(agents: tuple[str, ...], tmp_path: Path) -> None:
    page = write_report(tmp_path, make_report(without(agents, evaluation()), RunFacts("run", 1.0), 100)).read_text()
    assert "180 of 180 attempts lost (ActorDiedError 180)" in page
    assert "not measured" in page
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower()


def test_merged_parts_give_the_figures_of_the_whole() -> None:
    whole = evaluation()
    parts = []
    for part in (TASKS[:20], TASKS[20:]):
        ids = {task.id for task in part}
        attempts = tuple(a for a in whole.attempts if a.task_id in ids)
        parts.append(Evaluation(part, AGENTS, attempts, 100, Throughput(len(attempts), 1, 1, 1.0)))
    facts = RunFacts("run", 1.0)
    together = report_json(make_report(merge(parts, 10.0), facts, 100))
    assert together["heldout"] == report_json(make_report(whole, facts, 100))["heldout"]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.svgs = 0
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.svgs += tag == "svg"
        if tag not in {"meta", "br", "img", "link"}:
            self.open.append(tag)
        self.loads += [v for k, v in attrs if k in {"src", "href", "xlink:href"} and v and not v.startswith("#")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [v for k, v in attrs if k in {"src", "href", "xlink:href"} and v and not v.startswith("#")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    series = Series("mean reward", "What an episode earned on average.", "iteration", ((1, 0.2), (2, 0.4)))
    facts = RunFacts("Run <one>", 1200.0, {"steps_per_s": 5.0}, (series,))
    folder: Path = tmp_path_factory.mktemp("report")
    path = write_report(folder, make_report(evaluation(), facts, 100))
    assert json.loads((folder / "report.json").read_text())["tasks"] == 60
    return path.read_text()


def test_the_page_is_whole_well_formed_html_that_loads_nothing(page: str) -> None:
    parser = _Page()
    parser.feed(page)
    assert parser.open == []
    assert parser.svgs == 4  # two charts, each wide and narrow
    assert parser.loads == []
    assert "Run &lt;one&gt;" in page


def test_charts_take_their_colours_from_the_page(page: str) -> None:
    charts = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert "var(--ink)" in charts
    assert "var(--line-3)" in charts
    assert not re.findall(r"#0102\w\w", charts)
    used = set(re.findall(r"var\((--[\w-]+)\)", page))
    assert used <= set(re.findall(r"(--[\w-]+):", page))


def test_ids_in_the_page_are_unique(page: str) -> None:
    ids = re.findall(r'clipPath id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
