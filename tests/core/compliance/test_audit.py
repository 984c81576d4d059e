from pathlib import Path

import pytest

from core.compliance.audit import audit
from core.compliance.limits import ComplianceLimits
from core.errors import TaskError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("x = 1\n" * 99)
    (tmp_path / "pkg" / "long.py").write_text("x = 1\n" * 401)
    return tmp_path


def test_the_score_is_the_mean_by_lines(project: Path) -> None:
    found = audit(project)
    assert [(file.path, file.score) for file in found.files] == [("pkg/a.py", 100), ("pkg/long.py", 70)]
    assert found.score == pytest.approx((99 * 100 + 401 * 70) / 500)
    assert found.kinds == {"file_lines": 1}


def test_tests_are_judged_like_all_else(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "test_long.py").write_text("x = 1\n" * 700)
    assert "tests/test_long.py" in {file.path for file in audit(project).files if file.violations}


def test_what_is_not_code_of_the_project_is_left_out(project: Path) -> None:
    for folder in (".hidden", "env", "__pycache__", "node_modules"):
        (project / folder).mkdir()
        (project / folder / "x.py").write_text("x = 1\n" * 700)
    (project / "env" / "pyvenv.cfg").write_text("")
    (project / "link.py").symlink_to(project / "pkg" / "a.py")
    assert len(audit(project).files) == 2
    assert [file.path for file in audit(project, exclude=["pkg/l*"]).files] == ["pkg/a.py"]


def test_what_can_not_be_read_is_told_and_the_rest_goes_on(project: Path) -> None:
    (project / "latin.py").write_bytes("\n\nx = 'ä'".encode("latin-1"))
    (project / "first.py").write_bytes("x = 'ä'".encode("latin-1"))
    (project / "declared.py").write_bytes("# coding: latin-1\nx = 'ä'".encode("latin-1"))
    (project / "broken.py").write_text("def f(:\n")
    (project / "odd.py").write_text("# coding: klingon\n")
    found = audit(project)
    assert len(found.files) == 3
    assert set(found.unread) == {"latin.py", "first.py", "broken.py", "odd.py"}
    assert found.unread["latin.py"].startswith("not utf-8")
    assert found.unread["first.py"] == "invalid or missing encoding declaration"
    assert found.unread["broken.py"].startswith("line 1: ")


def test_coverage_is_matched_by_path(project: Path) -> None:
    found = audit(project, coverage={"pkg/a.py": 50.0})
    assert [file.coverage for file in found.files] == [50.0, None]
    assert found.files[0].score == 90


def test_one_file_and_nothing(project: Path) -> None:
    assert audit(project / "pkg" / "long.py", ComplianceLimits(file_lines=500)).score == 100
    (project / "empty").mkdir()
    with pytest.raises(TaskError, match="no Python files"):
        audit(project / "empty")
    with pytest.raises(TaskError, match="no such file or folder"):
        audit(project / "nowhere")
