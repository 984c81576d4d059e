"""Tasks of the commits of a small repository, through the real sandbox."""

import pytest

from cluster.inputs.tasks_generate import check as check_input
from core.errors import TaskError
from core.records import Category, Split
from data.store import read_tasks, write_tasks
from envs.edits.grammar import apply
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import package
from envs.tasks.splits import solution
from envs.tasks.states import candidates_of
from learning.mine_commits import mine_commits
from learning.validation import validate_all
from tests.fakes.repository import Repository
from tests.fakes.shop import BROKEN, TESTS, shop

SETTINGS = MiningSettings(categories=(Category.BUG_FIX, Category.FEATURE), generate_seconds=0.15, mutate_seconds=0.1)


def mined(home, cache, **changed):
    arguments = {"homes": [str(home)], "most": 20, "split": Split.TRAIN, "deadline_s": 300.0, "cache_dir": cache}
    return mine_commits(SETTINGS, **(arguments | changed))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    return shop(tmp_path_factory.mktemp("home") / "shop")


@pytest.fixture(scope="module")
def found(sold, cache):
    return mined(sold[0].home, cache)


def task_of(found, name):
    return next(task for task in found.tasks if task.qualname == name)


def test_each_commit_that_edits_can_redo_is_a_task(found, sold):
    _, done = sold
    named = {(task.qualname, task.category, task.solution_edits, task.operators) for task in found.tasks}
    assert named == {
        ("reduced", "bug_fix", 1, ("commit",)),
        ("parts", "bug_fix", 2, ("commit",)),
        ("mean", "feature", 1, ("commit",)),
    }
    revisions = {task.qualname: task.provenance.version for task in found.tasks}
    assert revisions["reduced"] == done["operator"][:12]
    assert {task.provenance.package for task in found.tasks} == {"shop"}


def test_what_became_of_the_rest_is_told(found):
    told = "\n".join(found.told)
    assert "without code and tests together" in told
    assert "new, gone, or of another name 3" in told, "a rename is one gone and one new, and one was taken out"
    assert "not importable 1" in told
    assert "tasks 3" in told


def test_the_start_is_the_function_as_it_was_and_the_reference_what_it_came_to_be(found):
    task = task_of(found, "reduced")
    assert "count > limit" in task.source
    assert "count >= limit" in solution(task)
    assert 'called "Reduce at the limit"' in task.statement


def test_an_agent_finds_every_edit_of_the_reference_among_its_candidates(found):
    for task in found.tasks:
        state = task.source
        for edit in task.reference:
            offered = {(e.edit.start, e.edit.end, e.edit.replacement) for e in candidates_of(task, state)}
            assert (edit.start, edit.end, edit.replacement) in offered
            state = apply(state, edit)


def test_what_the_commits_tests_call_is_hidden_where_others_show_the_bug_too(found):
    task = task_of(found, "parts")
    hidden = [check.args for check in task.checks if not check.visible]
    assert any(b"a , b" in args for args in hidden)
    assert not any(b"a , b" in check.args for check in task.checks if check.visible)


def test_every_task_holds_in_fresh_processes_and_no_lazy_answer_passes(found, sold, tmp_path):
    write_tasks(tmp_path / "tasks.parquet", found.tasks)
    again = read_tasks(tmp_path / "tasks.parquet")
    assert [task.provenance for task in again] == [task.provenance for task in found.tasks]
    findings = validate_all(again, workers=1, paths=package(f"{sold[0].home}/").paths)
    assert [finding.problems for finding in findings] == [()] * len(again)


def test_what_was_made_comes_from_the_cache_and_counts_what_it_did(found, sold, cache):
    again = mined(sold[0].home, cache, deadline_s=60.0)
    assert again == found
    none = mined(sold[0].home, cache, deadline_s=-1.0)
    assert none.tasks == ()
    assert "time was up after 0 of" in none.told[0]


def test_a_repository_that_gives_nothing_is_a_clear_line_and_the_next_one_goes_on(cache, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "code.py").write_text(BROKEN)
    docs = Repository(tmp_path / "docs")
    docs.commit("First", {"code.py": BROKEN})
    docs.commit("Say more", {"README.md": "More."})
    docs.git("clone", "--quiet", "--depth", "1", docs.home.as_uri(), str(tmp_path / "shallow"))
    homes = [str(home) for home in (plain, tmp_path / "gone", docs.home, tmp_path / "shallow")]
    told = "\n".join(mined(homes[0], cache, homes=homes, deadline_s=120.0).told)
    assert "plain: not a git repository" in told
    assert "gone: no such folder" in told
    assert "docs: no commit can be used" in told
    assert "shallow: a shallow clone, 0 commits are there" in told


def test_a_commit_whose_tests_fail_is_left_out_and_told(cache, tmp_path):
    made = Repository(tmp_path / "failing")
    tests = TESTS.replace("shop.prices", "prices").replace("== 20", "== 21").replace("== 2\n", "== 3\n")
    made.commit("First", {"prices.py": BROKEN, "test_prices.py": tests})
    mended = {"prices.py": BROKEN.replace("count > limit", "count >= limit"), "test_prices.py": tests + "\n"}
    revision = made.commit("Reduce at the limit", mended)
    found = mined(made.home, cache)
    assert found.tasks == ()
    assert f"the tests of its newest commit that has some ({revision[:12]}) fail" in "\n".join(found.told)


def checked(folder, sources):
    options = {"count": None, "split": "train", "seconds": 10.0, "config": None, "overrides": [], "address": ""}
    return check_input(out=folder / "t.parquet", sources=sources, commits=5, categories=[], **options)


def test_a_repository_that_cannot_be_mined_is_an_error_of_the_command_line(tmp_path):
    made = Repository(tmp_path / "made")
    made.commit("First", {"code.py": BROKEN})
    made.git("clone", "--quiet", "--bare", str(made.home), str(tmp_path / "bare"))
    with pytest.raises(TaskError, match="a bare repository has no files"):
        checked(tmp_path, [str(tmp_path / "bare")])
    with pytest.raises(TaskError, match="commits are of repositories"):
        checked(tmp_path, ["python"])
    assert checked(tmp_path, [str(made.home), "python"]).repositories == (str(made.home),)
