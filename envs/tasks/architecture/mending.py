"""The way back from a package with faults: which of the steps that are open mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.records import Edit, Goal
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.tasks.architecture.faults import Fault
from envs.tasks.architecture.measures import values
from envs.tasks.architecture.moves import steps
from envs.tasks.architecture.outline import outline
from envs.tasks.architecture.proposing import proposal
from envs.tasks.architecture.reading import read
from envs.tasks.architecture.rules import Rules


def missed(found: Mapping[str, float], goals: Sequence[Goal]) -> set[str]:
    """Ids of the goals that a state with the measures ``found`` doesn't reach."""
    return {goal.id for goal in goals if found[goal.measure] > goal.bound}


def way_back(start: str, faults: Sequence[Fault], goals: Sequence[Goal], rules: Rules) -> list[Edit] | None:
    """
    The edits that mend the faults of the state ``start``, the last first; each reaches visible goals that were missed
    before. None where there are no such edits.
    """
    shown = {goal.id for goal in goals if goal.visible}
    text, edits = start, []
    missing = missed(values(start, start, rules), goals)
    for fault in reversed(faults):
        found = _mended(text, start, fault, goals, rules)
        if found is None:
            return None
        edit, after = found
        if len(after & shown) >= len(missing & shown):
            return None
        edits.append(edit)
        text, missing = apply(text, edit), after
    return None if missing else edits


def _mended(text: str, start: str, fault: Fault, goals: Sequence[Goal], rules: Rules) -> tuple[Edit, set[str]] | None:
    """Of the steps that may mend the fault that which misses the fewest goals."""
    best: tuple[Proposal, set[str]] | None = None
    for step in steps(read(text).layout, rules.layers):
        if fault.mends(step):
            after = missed(values(step.layout.text, start, rules), goals)
            if best is None or len(after) < len(best[1]):
                best = proposal(text, step, outline(text, rules)), after
    return (edit_of(best[0]), best[1]) if best else None
