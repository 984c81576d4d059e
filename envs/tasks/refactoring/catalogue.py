"""All that an agent may do: the kinds of edits, and the edits of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from envs.edits import grammar
from envs.edits.candidate import Proposal
from envs.tasks.refactoring.arms import expanded, hoisted, merged_arms, sunk, swapped, ternaries, truths
from envs.tasks.refactoring.careless import careless
from envs.tasks.refactoring.conditions import complicated, simplified
from envs.tasks.refactoring.dead import removed_dead, removed_statements
from envs.tasks.refactoring.fixes import fixed
from envs.tasks.refactoring.loops import expressions_to_loops, loops_to_expressions
from envs.tasks.refactoring.naming import extracted, inlined, named_constants, named_once
from envs.tasks.refactoring.nesting import added_elses, guards, merged_ifs, nested_guards, removed_elses, split_ifs
from envs.tasks.refactoring.reading import Code, code_of

Rule = Callable[[Code], Iterator[Proposal]]

# What mostly makes code better. A kind's place is what a policy knows it by: new ones go to the end of ``KINDS``.
BETTER = (
    *("ruff_fix", "merge_ifs", "guard", "remove_else", "hoist", "remove_dead", "inline", "extract"),
    *("name_constant", "to_expression", "simplify_return", "simplify_condition", "to_ternary", "turn_arms"),
    "merge_arms",
)
# What mostly makes it worse, or changes what it does.
WORSE = (
    *("split_if", "nest_guard", "add_else", "sink", "to_loop", "expand", "complicate_condition"),
    *("remove_statement", "careless"),
)
KINDS = (*BETTER, *WORSE)
_IMPROVING: tuple[Rule, ...] = (
    *(fixed, merged_ifs, guards, removed_elses, hoisted, removed_dead, inlined, extracted, named_constants),
    *(loops_to_expressions, truths, simplified, ternaries, swapped, merged_arms),
)
_TEMPTING: tuple[Rule, ...] = (
    *(split_ifs, nested_guards, added_elses, sunk, expressions_to_loops, expanded, complicated),
    *(named_once, removed_statements, careless),
)

# Of the grammar of bug fixing: what tidies up at first sight, and mostly breaks what the function does.
_MISTAKES = frozenset(
    (
        *("comparison", "boolean_operator", "augmented_to_plain", "plain_to_augmented", "boolean", "none"),
        *("swap_arguments", "swap_operands", "swap_conditions", "swap_items", "swap_arms", "swap_assignment"),
        *("not_removed", "not_inserted", "none_test_added", "none_test_removed", "condition_added"),
        *("condition_removed", "filter_removed", "call_unwrapped", "operand_removed", "argument_removed"),
        *("element_removed", "item_or_get", "jump_removed", "guard_removed", "jump_changed", "statements_swapped"),
        *("moved_in", "moved_out", "branches_swapped", "elif", "loop", "block_unwrapped", "block_wrapped"),
        *("try_wrapped", "try_unwrapped", "guard_inserted", "return_changed", "return_dropped"),
        *("assignment_dropped", "assignment_added"),
    )
)
if not set(grammar.KINDS) >= _MISTAKES:
    raise AssertionError("a kind that the grammar doesn't know")


@lru_cache(maxsize=32)
def proposals(text: str) -> tuple[Proposal, ...]:
    """
    Every edit of a program text, in a fixed order; some may not parse.

    Raises:
        EditError: it is no program text.
    """
    code = code_of(text)
    own = (proposal for rule in (*_IMPROVING, *_TEMPTING) for proposal in rule(code))
    return (*own, *(proposal for proposal in grammar.proposals(text) if proposal.kind in _MISTAKES))


def improving(text: str, kinds: frozenset[str]) -> list[Proposal]:
    """Those of ``proposals`` that are of some of the better kinds; no other is made."""
    code = code_of(text)
    rules = _IMPROVING if "ruff_fix" in kinds else _IMPROVING[1:]
    return [proposal for rule in rules for proposal in rule(code) if proposal.kind in kinds]


def tempting(text: str) -> list[Proposal]:
    """Those of ``proposals`` that drop code or merge it by the wrong word."""
    code = code_of(text)
    return [proposal for rule in (removed_statements, careless) for proposal in rule(code)]
