"""
Violations, the score of a file, and its level.

A file starts at 100. Too many lines cost 30, each kind of "too many" (functions, classes, enums, parameters) 15, each
other kind 10, however often it occurs; no score is below 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.compliance.inheritance import Hierarchy
from core.compliance.limits import ComplianceLimits
from core.compliance.measure import FileFacts


class Severity(StrEnum):
    """How bad."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Kind(StrEnum):
    """What of."""

    FILE_LINES = "file_lines"
    FUNCTIONS = "functions_per_file"
    CLASSES = "classes_per_file"
    ENUMS = "enums_per_file"
    PARAMETERS = "parameters"
    CLASS_LINES = "class_lines"
    FUNCTION_LINES = "function_lines"
    COMPLEXITY = "complexity"
    DEPTH = "inheritance_depth"
    LINE_LENGTH = "line_length"
    COVERAGE = "coverage"


_COSTS = {
    Kind.FILE_LINES: 30,
    **dict.fromkeys((Kind.FUNCTIONS, Kind.CLASSES, Kind.ENUMS, Kind.PARAMETERS), 15),
}
_OTHER_COST = 10
_MINOR = frozenset((Kind.PARAMETERS, Kind.DEPTH, Kind.LINE_LENGTH, Kind.COVERAGE))
LEVELS = ((90, "excellent"), (75, "good"), (60, "acceptable"), (40, "poor"), (0, "failing"))


@dataclass(frozen=True, slots=True)
class Violation:
    """``value`` over (of coverage: under) ``limit``. ``name``: of the function or class; empty for the whole file."""

    kind: Kind
    severity: Severity
    line: int
    name: str
    value: float
    limit: float

    def __str__(self) -> str:
        what = self.kind.value.replace("_", " ")
        return f"{what} {self.value:g}, limit {self.limit:g}" + (f": {self.name}" if self.name else "")


@dataclass(frozen=True, slots=True)
class FileReport:
    """``violations`` by line. ``coverage``: per cent, None where it was not measured."""

    path: str
    lines: int
    violations: tuple[Violation, ...]
    coverage: float | None = None

    @property
    def score(self) -> int:
        """0 to 100."""
        kinds = {violation.kind for violation in self.violations}
        return max(0, 100 - sum(_COSTS.get(kind, _OTHER_COST) for kind in kinds))

    @property
    def level(self) -> str:
        """The score in a word."""
        return level(self.score)


def level(score: float) -> str:
    """The word for a score of 0 to 100."""
    return next(word for least, word in LEVELS if score >= least)


def judge(
    file: FileFacts, limits: ComplianceLimits, hierarchy: Hierarchy | None = None, coverage: float | None = None
) -> FileReport:
    """``hierarchy``: the classes of all files that belong together (None: of this one). ``coverage``: per cent."""
    known = hierarchy or Hierarchy((file,))
    found = [*_of_file(file, limits, known, coverage), *_of_functions(file, limits), *_of_classes(file, limits, known)]
    ordered = sorted(found, key=lambda violation: (violation.line, violation.kind))
    return FileReport(file.path, file.lines, tuple(ordered), coverage)


def _of_file(
    file: FileFacts, limits: ComplianceLimits, hierarchy: Hierarchy, coverage: float | None
) -> Iterator[Violation]:
    if file.lines > limits.file_lines:
        critical = file.lines > limits.critical_file_lines
        severity = Severity.CRITICAL if critical else Severity.MAJOR
        yield Violation(Kind.FILE_LINES, severity, 1, "", file.lines, limits.file_lines)
    tops = [each for each in file.classes if each.top]
    enums = sum(hierarchy.enum(file.path, each.qualname) for each in tops)
    # Overloads and variants by platform are one function.
    functions = len({each.qualname for each in file.functions if each.top})
    yield from _over(Kind.FUNCTIONS, functions, limits.functions_per_file)
    yield from _over(Kind.CLASSES, len(tops) - enums, limits.classes_per_file)
    yield from _over(Kind.ENUMS, enums, limits.enums_per_file)
    widest = max(range(file.lines), key=lambda at: file.widths[at], default=0)
    if file.lines:
        yield from _over(Kind.LINE_LENGTH, file.widths[widest], limits.line_length, widest + 1)
    if coverage is not None and coverage < limits.coverage:
        yield Violation(Kind.COVERAGE, Severity.MINOR, 1, "", coverage, limits.coverage)


def _of_functions(file: FileFacts, limits: ComplianceLimits) -> Iterator[Violation]:
    for each in file.functions:
        yield from _over(Kind.FUNCTION_LINES, each.lines, limits.function_lines, each.line, each.qualname)
        yield from _over(Kind.PARAMETERS, each.parameters, limits.parameters, each.line, each.qualname)
        yield from _over(Kind.COMPLEXITY, each.complexity, limits.complexity, each.line, each.qualname)


def _of_classes(file: FileFacts, limits: ComplianceLimits, hierarchy: Hierarchy) -> Iterator[Violation]:
    for each in file.classes:
        depth = hierarchy.depth(file.path, each.qualname)
        yield from _over(Kind.CLASS_LINES, each.lines, limits.class_lines, each.line, each.qualname)
        yield from _over(Kind.DEPTH, depth, limits.inheritance_depth, each.line, each.qualname)


def _over(kind: Kind, value: int, limit: int, line: int = 1, name: str = "") -> Iterable[Violation]:
    severity = Severity.MINOR if kind in _MINOR else Severity.MAJOR
    return [Violation(kind, severity, line, name, value, limit)] if value > limit else []
