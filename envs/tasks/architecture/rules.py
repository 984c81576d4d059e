"""The architecture that a task's package is to have: a small TOML file beside it, for people and for measures alike."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from core.compliance.judge import Kind, judge
from core.compliance.limits import ComplianceLimits
from core.compliance.measure import measure
from core.records import SourceFile

PATH = "ARCHITECTURE.toml"
_ANY = 1 << 20


@dataclass(frozen=True, slots=True)
class Rules:
    """``layers``: modules, the lowest first; each may import from those before it. The limits are of each file."""

    layers: tuple[str, ...]
    functions: int
    lines: int

    @property
    def file(self) -> SourceFile:
        """As a file of a task."""
        layers = ", ".join(f'"{name}"' for name in self.layers)
        text = (
            f"# The lowest layer first. A module imports only from layers before its own.\nlayers = [{layers}]\n"
            f"functions_per_file = {self.functions}\nfile_lines = {self.lines}\n"
        )
        return SourceFile(PATH, text)

    def height(self, module: str) -> int:
        """The layer's number, from 0; -1 for a module that the architecture doesn't know."""
        return self.layers.index(module) if module in self.layers else -1

    def upward(self, importer: str, module: str) -> bool:
        """Whether an import goes against the layers; one from or to an unknown module does."""
        return not 0 <= self.height(module) < self.height(importer)

    def excess(self, text: str) -> int:
        """Functions of the file above the limit, and one more where it has too many lines (``core.compliance``)."""
        return _excess(text, self.functions, self.lines)


@lru_cache(maxsize=4096)
def _excess(text: str, functions: int, lines: int) -> int:
    """States of a task share most of their files."""
    limits = ComplianceLimits(
        functions_per_file=functions, file_lines=lines, critical_file_lines=_ANY, line_length=_ANY
    )
    found = judge(measure(text), limits).violations
    above = sum(each.value - each.limit for each in found if each.kind is Kind.FUNCTIONS)
    return int(above) + any(each.kind is Kind.FILE_LINES for each in found)


@lru_cache(maxsize=512)
def rules_of(file: SourceFile) -> Rules:
    """The rules that ``Rules.file`` wrote."""
    found = tomllib.loads(file.text)
    return Rules(tuple(found["layers"]), found["functions_per_file"], found["file_lines"])
