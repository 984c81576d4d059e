"""``journeyman compliance`` as it is called."""

import json
from pathlib import Path

import pytest

from cluster.cli import main

LONG = "x = 1\n" * 401


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("x = 1\n" * 401)
    (tmp_path / "b.py").write_text(LONG + "\ndef f(a, b, c, d, e, g):\n    pass\n")
    return tmp_path


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["compliance", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_it_lists_the_worst_first_and_says_the_score(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(project) == 0
    told = capsys.readouterr().out
    assert told.index("b.py") < told.index("a.py")
    assert "parameters 6, limit 5: f (line 403)" in told
    assert "2 files, 0 without a violation" in told
    assert "coverage was not measured" in told
    assert "score 62.5 of 100: acceptable" in told


def test_json_holds_every_violation(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(project, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [file["score"] for file in found["files"]] == [70, 55]
    assert found["violations"] == {"file_lines": 2, "parameters": 1}
    assert found["files"][1]["violations"][1] == {
        "kind": "parameters",
        "severity": "minor",
        "line": 403,
        "name": "f",
        "value": 6,
        "limit": 5,
    }


def test_a_least_score_decides_the_exit_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(project, "--min-score", 90) == 1
    assert "is below 90" in capsys.readouterr().err
    assert call(project, "--min-score", 90, "--set", "limits.file_lines=500", "--set", "limits.parameters=6") == 0


def test_rules_come_from_the_project_or_from_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.journeyman.compliance]\nexclude = ["b.py"]\nmin_score = 100\nlimits = {file_lines = 500}\n'
    )
    assert call(project) == 0
    assert "1 files, 1 without a violation" in capsys.readouterr().out
    rules = project / "rules.yaml"
    rules.write_text("min_score: 90\n")
    assert call(project, "--config", rules) == 1


def test_coverage_is_read_from_its_report(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = project / "coverage.json"
    report.write_text(json.dumps({"files": {"a.py": {"summary": {"percent_covered": 12.5}}}}))
    assert call(project, "--coverage", report, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [file["coverage"] for file in found["files"]] == [12.5, None]
    assert found["violations"]["coverage"] == 1


def test_bad_input_gets_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "other.json").write_text("[]")
    for wrong, said in (
        ([project / "nowhere"], "no such file or folder"),
        ([project, "--set", "limits.lines=3"], "unknown key 'limits.lines'"),
        ([project, "--coverage", project / "other.json"], "not a coverage report"),
        ([project, "--config", project / "none.yaml"], "no such file"),
    ):
        assert call(*wrong) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert said in lines[0]
    (project / "pyproject.toml").write_text("[tool")
    assert call(project) == 2
    assert "not readable as TOML" in capsys.readouterr().err


def test_where_nothing_can_be_read_nothing_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    assert call(tmp_path) == 1
    told = capsys.readouterr().out
    assert "not read: broken.py: line 1" in told
    assert "score" not in told.replace("not in the score", "")
