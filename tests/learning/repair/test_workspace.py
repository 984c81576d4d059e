from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from core.errors import UserError
from learning.repair.workspace import Workspace


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    files = {
        "pkg/__init__.py": b"x = 1\n",
        "pkg/windows.py": b"def f():\r\n    return 1\r\n",
        "pkg/latin.py": b"# -*- coding: latin-1 -*-\nname = '\xe9'\n",
        "pkg/bom.py": b"\xef\xbb\xbfdef g():\n    return 2",
        "pkg/test_pkg.py": b"",
        "tests/helper.py": b"",
        "conftest.py": b"",
        "setup.py": b"",
        "build/lib/pkg/__init__.py": b"",
        ".hidden/a.py": b"",
        "myenv/pyvenv.cfg": b"",
        "myenv/lib/b.py": b"",
        "check.py": b"",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_sources_leave_out_tests_builds_and_what_is_not_utf8(repo: Path) -> None:
    assert Workspace(repo).sources(["check.py::test_x"]) == ["pkg/__init__.py", "pkg/bom.py", "pkg/windows.py"]


def test_writing_keeps_line_ends_encoding_and_mode(repo: Path) -> None:
    path = repo / "pkg/windows.py"
    path.chmod(0o755)
    workspace = Workspace(repo)
    workspace.write({"pkg/windows.py": workspace.read("pkg/windows.py").text.replace("1", "2")})
    assert path.read_bytes() == b"def f():\r\n    return 2\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    latin = workspace.read("pkg/latin.py").text
    workspace.write({"pkg/latin.py": latin.replace("name", "word"), "pkg/bom.py": "def g():\n    return 3"})
    assert (repo / "pkg/latin.py").read_bytes() == b"# -*- coding: latin-1 -*-\nword = '\xe9'\n"
    assert (repo / "pkg/bom.py").read_bytes() == b"\xef\xbb\xbfdef g():\n    return 3"


def test_the_diff_applies_with_patch(repo: Path) -> None:
    workspace = Workspace(repo)
    changes = {"pkg/bom.py": "def g():\n    return 3", "pkg/windows.py": "def f():\r\n    return 7\r\n"}
    diff = workspace.diff(changes)
    assert diff.startswith("--- a/pkg/bom.py\n+++ b/pkg/bom.py\n")
    subprocess.run(["patch", "-p1", "--binary"], input=diff.encode(), cwd=repo, check=True, capture_output=True)
    assert (repo / "pkg/windows.py").read_bytes() == b"def f():\r\n    return 7\r\n"
    assert (repo / "pkg/bom.py").read_bytes().endswith(b"return 3")
    assert workspace.diff({}) == ""


def test_a_file_that_changed_meanwhile_is_not_overwritten(repo: Path) -> None:
    workspace = Workspace(repo)
    workspace.read("pkg/__init__.py")
    workspace.read("pkg/bom.py")
    (repo / "pkg/bom.py").write_text("changed = 1\n")
    with pytest.raises(UserError, match="changed on disk"):
        workspace.write({"pkg/__init__.py": "x = 2\n", "pkg/bom.py": "y"})
    assert (repo / "pkg/__init__.py").read_text() == "x = 1\n"


def test_a_repository_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such directory"):
        Workspace(tmp_path / "missing")
