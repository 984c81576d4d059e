import json
from pathlib import Path

import pytest

from cluster import doctor
from cluster.commands.doctor import line, run
from cluster.doctor import Finding, Level, pinned


def test_it_looks_at_everything_and_says_how_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    run(json_output=True, start_ray=False)
    findings = json.loads(capsys.readouterr().out)["findings"]
    names = {finding["name"] for finding in findings}
    assert names == {
        "python", "packages", "corpus", "cores", "memory", "disk", "open files", "sandbox", "gpu", "ray",
    }  # fmt: skip
    assert all(finding["remedy"] for finding in findings if finding["level"] != "ok")


def test_lines_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    run(json_output=False, start_ray=False)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 10
    assert shown[0].startswith("python")


def test_a_missing_package_is_found_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "NEEDED", ("ray", "no-such-package-x"))
    assert run(json_output=False, start_ray=False) == 1
    assert "not installed: no-such-package-x  ->  make setup" in capsys.readouterr().out


def test_another_version_than_pinned_is_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "pinned", lambda path: {"ray": "0.0.1"})
    finding = doctor.packages()
    assert finding.level is Level.WEAK
    assert "(pinned 0.0.1)" in finding.detail


def test_the_build_of_a_version_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: "2.13.0+cpu")
    monkeypatch.setattr(doctor, "pinned", lambda path: {"torch": "2.13.0"})
    assert doctor.packages().level is Level.OK


def test_constraints_are_read_without_comments(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("# pins\na==1.0 # why\n\nb==2\n")
    assert pinned(tmp_path / "c.txt") == {"a": "1.0", "b": "2"}
    assert pinned(tmp_path / "none") == {}


def test_cores_and_memory_are_what_this_process_may_use() -> None:
    assert 0 < doctor.usable_cores() <= 4096
    assert 0 < doctor.free_memory() < 1 << 50


def test_a_line_ends_with_the_remedy_if_there_is_one() -> None:
    assert line(Finding("x", Level.OK, "fine")) == "x           ok       fine"
    assert line(Finding("x", Level.MISSING, "gone", "get it")).endswith("gone  ->  get it")
