"""Architecture tasks of the standard library's base64, in the real sandbox."""

from dataclasses import replace

import pytest

from core.errors import SandboxUnavailable
from core.observation import FIRST_EDIT
from core.records import Category, Outcome
from core.seeding import rng
from envs.edits.grammar import apply, edit_of
from envs.episode import Episode
from envs.tasks.architecture.reading import read
from envs.tasks.category import Bench, Material
from envs.tasks.conformance import check_category
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.frames import pack
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import find_module, package
from envs.tasks.registry import category_of
from envs.tasks.splits import solution
from tests.fakes.clamp import encoder
from tests.fakes.executor import InlineExecutor

SETTINGS = MiningSettings(generate_seconds=0.15, mutate_seconds=0.1, categories=("architecture",))
CATEGORY = category_of(Category.ARCHITECTURE)
LOOP = "while True:\n    pass\n"


@pytest.fixture(scope="module")
def materials(lanes):
    python, wanted = package("python"), frozenset(("urlsafe_b64decode", "b16decode"))
    found = mine_module("base64", package=python, lane=lanes[0], second=lanes[1], settings=SETTINGS, only=wanted)
    text = find_module(python, "base64").file.read_text()
    return [Material(function, (), text) for function in found.functions]


@pytest.fixture(scope="module")
def tasks(materials, lanes):
    bench = Bench(lanes[0], rng(0, "test"), SETTINGS)
    return [task for material in materials for task in CATEGORY.generate(material, bench)]


def test_it_conforms_and_its_tasks_hold_in_other_processes(materials, lanes):
    assert len(materials) == 2
    assert check_category(Category.ARCHITECTURE, materials, lanes, SETTINGS) == []


def test_the_start_works_and_is_told_what_its_structure_lacks(tasks, lanes):
    assert len(tasks) == len({task.id for task in tasks}) == 2 * SETTINGS.per_function
    assert any("misplaced" in task.operators for task in tasks)
    for task in tasks:
        verdict = CATEGORY.verify(task, task.source, lanes[0])
        checks, goals = verdict.results[: len(task.checks)], verdict.results[len(task.checks) :]
        assert all(result.passed for result in checks)
        assert {result.outcome for result in goals} == {Outcome.PASSED, Outcome.FAILED}
        assert all("limit" in result.detail for result in goals if not result.passed)
        shown = CATEGORY.view(task, task.source).split("\n")
        misplaced = [result for result in goals if result.detail.startswith("misplaced") and not result.passed]
        for result in misplaced:
            names = result.detail.partition(": ")[2].split()
            assert len(result.lines) == len(names)
            assert all(any(name in shown[line - 1] for name in names) for line in result.lines)
        assert 12 <= len(CATEGORY.propose(task, task.source)) < 300


def test_an_agent_that_knows_the_way_keeps_each_edit_and_solves_it(tasks, lanes):
    for task in tasks:
        episode = Episode(task, lanes[0], encoder())
        for edit in task.reference:
            after = apply(episode.source, edit)
            at = next(i for i, each in enumerate(episode.candidates) if apply(episode.source, each.edit) == after)
            assert episode.step(FIRST_EDIT + at).kept
        assert episode.trajectory().solved


def test_no_single_merge_solves_and_some_steps_break_the_package(tasks, lanes):
    seen = []
    for task in tasks[:2]:
        for each in CATEGORY.propose(task, task.source):
            if each.kind in ("merge", "facade", "import_at_top"):
                text = apply(task.source, edit_of(each))
                seen.append((each.kind, CATEGORY.verify(task, text, lanes[0])))
    assert not any(verdict.passed for kind, verdict in seen if kind in ("merge", "facade"))
    assert any("ImportError" in verdict.error for _, verdict in seen)  # a cycle at the tops


def test_lazy_answers_fall_short(tasks, lanes):
    for task in tasks[:3]:
        answers = lazy_answers(task)
        assert len(answers) > 5
        assert not any(CATEGORY.verify(task, text, lanes[0]).passed for text in answers.values())


def test_what_is_wrong_is_judged_as_such(tasks, lanes):
    task = next(each for each in tasks if each.qualname == "b16decode")
    solved = solution(task)
    assert CATEGORY.verify(task, solved, lanes[0]).passed
    spoilt = solved.replace("    s = _bytes_from_decode_data(s)\n", "    s = _bytes_from_decode_data(s)[::-1]\n")
    assert spoilt != solved
    verdict = CATEGORY.verify(task, spoilt, lanes[0])
    assert not verdict.error
    assert any(not result.passed for result in verdict.results[: len(task.checks)])
    assert not verdict.results[-1].passed  # and the definition isn't what it was
    hanging = solved.replace("# ---- file: base.py\n", f"# ---- file: base.py\n{LOOP}")
    shown = CATEGORY.verify(task, hanging, lanes[0])
    assert not shown.passed
    assert not any(result.passed for result in shown.results[: len(task.checks)])


def test_a_package_without_the_function_is_not_run(tasks):
    verdict = CATEGORY.verify(tasks[0], "# ---- file: base.py\nx = 1\n", InlineExecutor())
    assert verdict.error == f"no {tasks[0].qualname} in the package"
    assert {result.outcome for result in verdict.results} == {Outcome.MISSING}


def test_an_executor_that_runs_no_jobs_is_told_apart(tasks):
    with pytest.raises(SandboxUnavailable, match="FastLane"):
        CATEGORY.verify(tasks[0], tasks[0].source, InlineExecutor())


def test_a_torn_answer_is_no_success(tasks, lanes):
    class Torn:
        tier = "A"

        def __init__(self, data):
            self.data = data

        def call(self, job, payload, *, modules=()):
            return replace(lanes[0].call(job, payload, modules=modules), data=self.data)

    task = tasks[0]
    for data in (b"", b"\xff" * 40, pack({"error": ""}), pack({"error": "", "results": [["returned", ""]]})):
        verdict = CATEGORY.verify(task, solution(task), Torn(data))
        assert verdict.error == "torn answer"
        assert not any(result.passed for result in verdict.results)


def test_other_files_of_the_task_are_its_rules(tasks):
    for task in tasks:
        assert [file.path for file in task.files[1:]] == ["ARCHITECTURE.toml"]
        assert not task.fresh
        assert task.qualname in read(task.source).layout.home


def test_a_package_that_cannot_be_imported_passes_nothing_and_says_why(tasks, lanes):
    text = tasks[0].source.replace("# ---- file: base.py\n", "# ---- file: base.py\nimport no_such_module\n")
    verdict = CATEGORY.verify(tasks[0], text, lanes[0])
    assert "ModuleNotFoundError" in verdict.error
    assert not any(result.passed for result in verdict.results)
