"""Bugs for the warm start: those that are hard to repair more often than chance would have them."""

from __future__ import annotations

import numpy as np

from core.errors import EditError
from envs.edits.grammar import KINDS
from envs.edits.inject import Injection, inject

# Kinds of bug whose repair stood among the first ten guesses for the fewest functions of the training packages that a
# policy had not seen (docs/log.md). Most take something away, so that the repair puts in what stands nowhere; they
# are rare, for few of their places have a way back.
HARD = frozenset(
    """
    argument_removed assignment_dropped augmented_operator augmented_to_plain binary_operator block_unwrapped
    bound_added call_unwrapped comparison_group condition_removed element_added element_removed filter_added function
    guard_removed integer_other integer_step item_unwrapped jump_removed method_unwrapped moved_out name_global
    name_local name_stored none_test_removed not_removed offset_removed operand_added statement_inserted
    statement_removed swap_items try_unwrapped
    """.split()  # noqa: SIM905  a word a line would hide the rest of the file
)
if not set(KINDS) >= HARD:
    raise AssertionError("a hard kind that isn't one")


def draw_bugs(source: str, rng: np.random.Generator, bugs: int, hard_share: float) -> Injection:
    """
    ``bugs`` bugs in a program text, of hard kinds alone with a probability of ``hard_share`` where there is a place.

    Raises:
        EditError: as ``inject``.
    """
    if rng.random() < hard_share:
        try:
            return inject(source, rng, bugs=bugs, kinds=HARD)
        except EditError:
            pass  # no place for any of them
    return inject(source, rng, bugs=bugs)
