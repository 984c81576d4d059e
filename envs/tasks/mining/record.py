"""What mining finds: functions with a suite of checks, and the mutants that the suite tells apart from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from core.records import Check, Edit, Provenance, SourceFile, Split, Task


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    An injected bug that the suite kills. ``repairs``, applied in order to ``source``, give the reference back; empty
    where the way back of a single bug has not been looked for.
    ``failing``: indices into the function's checks, ascending. ``symptoms``: for each of them what the child said
    (an exception's name, or nothing where the outcome differs).
    """

    source: str
    repairs: tuple[Edit, ...]
    operators: tuple[str, ...]
    failing: tuple[int, ...]
    symptoms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MinedFunction:
    """
    A function that runs deterministically on known inputs. ``source`` is its program text. ``checks`` judge;
    about 60 % of them are visible, among them the smallest set that kills all killed mutants. ``fresh`` comes from
    another seed and is used only to report agreement. ``examples``: the calls of ``checks``, shortened for reading.
    ``kill_rate``: share of mutants that at least one check killed. ``coverage``: share of lines that the checks
    run. ``returning``: checks whose outcome is a result, not an exception.
    """

    module: str
    qualname: str
    source: str
    provenance: Provenance
    header_lines: int
    checks: tuple[Check, ...]
    fresh: tuple[Check, ...]
    kill_rate: float
    coverage: float
    returning: int
    digest: str
    examples: tuple[str, ...] = ()
    mutants: tuple[Mutant, ...] = ()

    @property
    def file(self) -> SourceFile:
        """The reference as a task's file."""
        return SourceFile(self.provenance.path, self.source, self.provenance.line, self.header_lines)


@dataclass(frozen=True, slots=True)
class MinedModule:
    """
    The harvest of one module. ``rejects`` counts the functions that were not admitted, by cause. ``cpu_s``: CPU seconds
    in all, ``children_s`` of them in the sandbox's children. ``practice``: those of the rejected functions that run
    deterministically, but whose checks miss too many mutants or lines to judge anybody: a warm start learns from them,
    no task is made of them.
    """

    functions: tuple[MinedFunction, ...]
    rejects: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    children_s: float = 0.0
    practice: tuple[MinedFunction, ...] = ()


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one unit of mining leaves in the cache; see ``MinedModule``."""

    functions: tuple[MinedFunction, ...]
    tasks: tuple[Task, ...]
    rejects: dict[str, int]
    cpu_s: float
    practice: tuple[MinedFunction, ...] = ()

    def of_split(self, split: Split) -> Harvest:
        """The same harvest with its tasks marked for ``split``."""
        return replace(self, tasks=tuple(_marked(task, split) for task in self.tasks))


def _marked(task: Task, split: Split) -> Task:
    values = {name: getattr(task, name) for name in Task.__slots__}
    return Task(**{**values, "split": split})
