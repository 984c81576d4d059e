import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.compliance.judge import FileReport, Kind, Severity, judge, level
from core.compliance.limits import ComplianceLimits
from core.compliance.measure import measure

LIMITS = ComplianceLimits()


def report(text: str, limits: ComplianceLimits = LIMITS, coverage: float | None = None) -> FileReport:
    return judge(measure(text, "m.py"), limits, coverage=coverage)


def kinds(text: str) -> list[tuple[Kind, float]]:
    return [(violation.kind, violation.value) for violation in report(text).violations]


def test_code_within_the_limits_has_a_hundred() -> None:
    assert (report("x = 1\n").score, report("").score, report("x = 1\n").level) == (100, 100, "excellent")


@pytest.mark.parametrize(("lines", "score", "severity"), [(400, 100, None), (401, 70, "major"), (601, 70, "critical")])
def test_long_files(lines: int, score: int, severity: str | None) -> None:
    found = report("x = 1\n" * lines)
    assert found.score == score
    assert [each.severity for each in found.violations] == ([Severity(severity)] if severity else [])


def test_too_many_of_each_kind() -> None:
    functions = "\n".join(f"def f{i}(): pass" for i in range(11))
    classes = "\n".join(f"class C{i}: pass" for i in range(6))
    enums = "import enum\n" + "\n".join(f"class E{i}(enum.Enum): pass" for i in range(4))
    assert kinds(functions) == [(Kind.FUNCTIONS, 11)]
    assert kinds(classes) == [(Kind.CLASSES, 6)]
    assert kinds(enums) == [(Kind.ENUMS, 4)]  # and not classes
    assert kinds("def f(a, b, c, d, e, g): pass") == [(Kind.PARAMETERS, 6)]
    assert report("\n".join((functions, classes))).score == 70


def test_methods_are_no_functions_of_the_file() -> None:
    assert kinds("class C:\n" + "\n".join(f"    def f{i}(self): pass" for i in range(30))) == []


def test_overloads_are_one_function() -> None:
    assert kinds("\n".join("def f(): pass" for _ in range(30))) == []


def test_long_complex_and_deep() -> None:
    assert kinds("def f():\n" + "    x = 1\n" * 30) == [(Kind.FUNCTION_LINES, 31)]
    assert kinds("class C:\n" + "    x = 1\n" * 200) == [(Kind.CLASS_LINES, 201)]
    assert kinds("def f(a):\n    return " + " or ".join("a" * 11)) == [(Kind.COMPLEXITY, 11)]
    chain = "\n".join(f"class C{i}({f'C{i - 1}' if i else ''}): pass" for i in range(4))
    assert kinds(chain) == [(Kind.DEPTH, 3)]
    assert kinds("x = '" + "a" * 96 + "'") == [(Kind.LINE_LENGTH, 102)]


def test_a_kind_costs_once() -> None:
    many = "\n".join(f"def f{i}():\n" + "    x = 1\n" * 30 for i in range(3))
    assert report(many).score == 90
    assert len(report(many).violations) == 3


def test_coverage_counts_where_it_was_measured() -> None:
    assert report("x = 1", coverage=84.9).score == 90
    assert report("x = 1", coverage=85.0).score == 100
    assert report("x = 1", coverage=None).score == 100


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (100, "excellent"),
        (90, "excellent"),
        (89, "good"),
        (75, "good"),
        (60, "acceptable"),
        (59, "poor"),
        (0, "failing"),
    ],
)
def test_levels(score: int, word: str) -> None:
    assert level(score) == word


def test_limits_are_checked() -> None:
    with pytest.raises(ValidationError, match="critical_file_lines"):
        ComplianceLimits(file_lines=700)


@given(st.integers(1, 50), st.integers(1, 50))
def test_a_looser_limit_is_never_worse(lines: int, limit: int) -> None:
    text = "def f():\n" + "    x = 1\n" * lines
    strict, loose = (report(text, ComplianceLimits(function_lines=each)).score for each in (limit, limit + 1))
    assert loose >= strict
