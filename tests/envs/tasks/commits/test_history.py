"""What is read of a repository, and that reading runs nothing of it."""

from pathlib import Path

import pytest

from core.errors import TaskError
from envs.tasks.commits.history import History, is_bare, is_test
from tests.fakes.repository import Repository
from tests.fakes.shop import shop


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    return shop(tmp_path_factory.mktemp("home") / "shop")


def test_commits_come_newest_first_with_their_code_and_tests(sold):
    made, done = sold
    found = list(History.of(made.home).commits(20))
    assert [each.subject for each in found[:2]] == ["Nothing has a mean, too", "Say what it is"]
    by_revision = {each.revision: each for each in found}
    assert by_revision[done["operator"]].code == ("shop/prices.py",)
    assert by_revision[done["operator"]].tests == ("tests/test_prices.py",)
    assert by_revision[done["docs"]].code == by_revision[done["docs"]].tests == ()
    assert done["first"] not in by_revision, "it has nothing before it"
    assert [each.revision for each in History.of(made.home).commits(1)] == [done["guard"]]


def test_the_exported_files_are_those_of_the_commit_and_bring_no_history(sold, tmp_path):
    made, done = sold
    History.of(made.home).export(done["operator"], tmp_path)
    assert "count >= limit" in (tmp_path / "shop/prices.py").read_text()
    assert "if not values" not in (tmp_path / "shop/prices.py").read_text()
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"shop/__init__.py", "shop/prices.py", "tests/test_prices.py"}


def test_texts_are_those_before_and_after(sold):
    made, done = sold
    history = History.of(made.home)
    assert "count > limit" in (history.text(done["first"], "shop/prices.py") or "")
    assert history.text(done["first"], "shop/nothing.py") is None


def test_a_folder_inside_a_repository_has_paths_of_its_own(tmp_path):
    made = Repository(tmp_path / "many")
    made.commit("First", {"one/a.py": "x = 1\n", "two/b.py": "y = 1\n"})
    revision = made.commit("Second", {"one/a.py": "x = 2\n", "one/test_a.py": "", "two/b.py": "y = 2\n"})
    history = History.of(made.home / "one")
    (commit,) = history.commits(5)
    assert (commit.code, commit.tests) == (("a.py",), ("test_a.py",))
    assert history.text(revision, "a.py") == "x = 2\n"
    history.export(revision, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.py", "test_a.py"]


def test_merges_count_by_what_they_bring_to_the_first_parent(tmp_path):
    made = Repository(tmp_path / "merged")
    made.commit("First", {"a.py": "x = 1\n"})
    made.git("checkout", "--quiet", "-b", "side")
    made.commit("On the side", {"a.py": "x = 2\n", "test_a.py": ""})
    made.git("checkout", "--quiet", "main")
    made.git("merge", "--quiet", "--no-ff", "--message", "Merge", "side")
    (commit,) = History.of(made.home).commits(9)
    assert (commit.subject, commit.code, commit.tests) == ("Merge", ("a.py",), ("test_a.py",))


def test_nothing_that_the_repository_names_is_run(tmp_path):
    made = Repository(tmp_path / "trap")
    made.commit("First", {"a.py": "x = 1\n"})
    attributes = "*.py filter=trap diff=trap export-ignore\n"
    revision = made.commit("Second", {"a.py": "x = 2\n", "test_a.py": "", ".gitattributes": attributes})
    sprung = tmp_path / "sprung"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n")
    trap.chmod(0o755)
    for name in ("filter.trap.smudge", "diff.trap.command", "diff.trap.textconv", "core.fsmonitor", "diff.external"):
        made.git("config", name, str(trap))
    history = History.of(made.home)
    assert [commit.code for commit in history.commits(5)] == [("a.py",)]
    history.export(revision, tmp_path / "out")
    assert (tmp_path / "out/a.py").read_text() == "x = 2\n", "export-ignore leaves nothing out"
    assert not sprung.exists()


def test_a_link_is_not_followed(tmp_path):
    made = Repository(tmp_path / "linked")
    (made.home / "a.py").symlink_to("/etc/passwd")
    revision = made.commit("First", {"b.py": ""})
    History.of(made.home).export(revision, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.py"]


def test_what_is_no_repository_is_one_clear_line(tmp_path):
    with pytest.raises(TaskError, match="not a git repository"):
        History.of(tmp_path)
    Repository(tmp_path / "empty")
    with pytest.raises(TaskError, match="has no commits"):
        History.of(tmp_path / "empty")
    with pytest.raises(TaskError, match="git is not installed, or the folder is gone"):
        History.of(tmp_path / "gone")


def test_bare_and_shallow_ones_are_known(sold, tmp_path):
    made, _ = sold
    made.git("clone", "--quiet", "--bare", str(made.home), str(tmp_path / "bare"))
    made.git("clone", "--quiet", "--depth", "2", made.home.as_uri(), str(tmp_path / "shallow"))
    assert is_bare(tmp_path / "bare")
    assert not is_bare(made.home)
    assert not is_bare(Path(tmp_path))
    with pytest.raises(TaskError, match="bare repository"):
        History.of(tmp_path / "bare")
    assert not History.of(made.home).shallow
    shallow = History.of(tmp_path / "shallow")
    assert shallow.shallow
    assert len(list(shallow.commits(9))) == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/help.py", True),
        ("a/test_b.py", True),
        ("a/b_test.py", True),
        ("conftest.py", True),
        ("testing.py", False),
        ("a/contest.py", False),
    ],
)
def test_tests_are_told_by_their_place_or_name(path, expected):
    assert is_test(path) is expected
