"""Whether a suite of checks tells a function from its mutants, and which of its checks to show."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import EditError
from core.protocols import Executor
from core.records import Check, Edit, Program, Verdict
from envs.edits.grammar import apply, candidates, matching
from envs.edits.inject import Injection, inject
from envs.tasks.mining.record import Mutant

_PLACES = 4

# What mutation testing tools change: operators, comparisons, constants, names, the order of operands, statements. The
# grammar's other kinds (a guard, a wrapper, a moved statement) often leave an equal program: the mutants of theirs that
# are killed make tasks, but those that survive say little about the suite and are not counted against it.
CLASSICAL = frozenset(
    (
        *("binary_operator", "augmented_operator", "boolean_operator", "comparison", "comparison_group"),
        *("not_inserted", "not_removed", "minus_added", "minus_removed", "boolean"),
        *("integer_step", "integer_small", "integer_other", "integer_sign", "float", "string_other", "string_empty"),
        *("offset_added", "offset_removed", "name_local", "name_global", "name_local_to_global", "attribute"),
        *("function", "method", "swap_arguments", "swap_operands", "swap_items", "swap_bounds", "swap_arms"),
        *("statement_removed", "assignment_dropped", "return_dropped", "return_changed", "jump_removed"),
        *("argument_removed", "operand_removed", "element_removed", "block_unwrapped"),
        *("guard_removed", "name_global_to_local", "name_stored", "branches_swapped", "swap_receiver"),
    )
)


@dataclass(frozen=True, slots=True)
class Kills:
    """The killed mutants; how many of the classical kinds were tried, and how many of these were killed."""

    mutants: tuple[Mutant, ...]
    tried: int
    killed: int

    @property
    def rate(self) -> float:
        """Share of the counted mutants that at least one check killed. Equivalent mutants count as survivors."""
        return self.killed / self.tried if self.tried else 0.0


def kill_mutants(
    program: Program, checks: Sequence[Check], executor: Executor, rng: np.random.Generator, *, count: int, floor: float
) -> Kills:
    """
    Runs mutants of ``program`` on ``checks``, kinds in turn at even odds, until ``count`` of the classical kinds were
    tried; of the other kinds, half as many. Gives up early where ``floor`` (a share) is out of reach. The way back is
    left open (see ``repaired``).
    """
    mutants: list[Mutant] = []
    tried = killed = others = 0
    for edit in _drawn(program.source, rng):
        counts = edit.operator in CLASSICAL
        if not counts and others >= min(tried + 1, count // 2):
            continue
        mutant = run_mutant(program, apply(program.source, edit), (), (edit.operator,), checks, executor)
        mutants += [mutant] if mutant else []
        tried, others = tried + counts, others + (not counts)
        killed += counts and mutant is not None
        if tried >= count or tried - killed > count * (1 - floor):
            break
    return Kills(tuple(mutants), tried, killed)


def _drawn(source: str, rng: np.random.Generator) -> Iterator[Edit]:
    """Edits of ``source`` that compile: a random order of the kinds, again and again, a random place of each."""
    by_kind: dict[str, list[Edit]] = {}
    for candidate in candidates(source):
        by_kind.setdefault(candidate.edit.operator, []).append(candidate.edit)
    places = {kind: [edits[at] for at in rng.permutation(len(edits))[:_PLACES]] for kind, edits in by_kind.items()}
    names = sorted(places)
    for turn in range(_PLACES):
        for at in rng.permutation(len(names)):
            edits = places[names[at]]
            if turn < len(edits) and _loads(apply(source, edits[turn])):
                yield edits[turn]


def _loads(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(source, "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def repaired(mutant: Mutant, source: str) -> Mutant | None:
    """The single-bug mutant with its way back to ``source``, or None where the grammar knows none."""
    found = matching(mutant.source, source)
    if not found:
        return None
    return replace(mutant, repairs=(candidates(mutant.source)[found[0]].edit,))


def try_inject(source: str, rng: np.random.Generator, bugs: int) -> Injection | None:
    """An injection, or None where none fits this time."""
    try:
        return inject(source, rng, bugs=bugs)
    except EditError:
        return None


def run_mutant(
    program: Program,
    source: str,
    repairs: Sequence[Edit],
    operators: Sequence[str],
    checks: Sequence[Check],
    executor: Executor,
) -> Mutant | None:
    """The mutant ``source`` as a record, or None where it survives or does not load. Nothing is traced."""
    verdict = executor.run(replace(program, source=source), [replace(check, visible=False) for check in checks])
    if verdict.error:
        return None
    failing = tuple(index for index, result in enumerate(verdict.results) if not result.passed)
    if not failing:
        return None
    return Mutant(source, tuple(repairs), tuple(operators), failing, _symptoms(verdict, failing))


def _symptoms(verdict: Verdict, failing: Sequence[int]) -> tuple[str, ...]:
    """What the child said of each failing check: an exception's name, or how the run ended."""
    results = [verdict.results[index] for index in failing]
    return tuple(r.detail.partition(":")[0] if r.outcome == "raised" else r.outcome.value for r in results)


def choose_visible(
    count: int, mutants: Sequence[Mutant], rng: np.random.Generator, share: float, first: Sequence[int] = ()
) -> frozenset[int]:
    """
    Which of ``count`` checks to show: those of ``first``, a smallest set (greedily) that kills every killed mutant,
    and random others up to ``share``.
    """
    chosen = set(_greedy_cover(mutants))
    others = [index for index in (*first, *map(int, rng.permutation(count))) if index not in chosen]
    for index in dict.fromkeys(others):
        if len(chosen) >= round(share * count):
            break
        chosen.add(index)
    return frozenset(chosen)


def _greedy_cover(mutants: Sequence[Mutant]) -> list[int]:
    left = [set(mutant.failing) for mutant in mutants]
    chosen: list[int] = []
    while left:
        counts: dict[int, int] = {}
        for failing in left:
            for index in failing:
                counts[index] = counts.get(index, 0) + 1
        best = max(counts, key=lambda index: (counts[index], -index))
        chosen.append(best)
        left = [failing for failing in left if best not in failing]
    return chosen


def with_path(edits: Sequence[Edit], path: str) -> tuple[Edit, ...]:
    """The edits, said to be of the file ``path``."""
    return tuple(replace(edit, path=path) for edit in edits)
