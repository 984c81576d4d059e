"""
What the policy sees: the names, shapes and meaning of the observation's arrays, shared by ``envs`` and ``policies``.

Shapes: T = ``max_tokens``, S = ``SUBTOKENS``, C = ``max_candidates``. One position per lexical token of the function;
its embedding is pooled over its sub-tokens, so that sequences stay short. Behind the function's tokens stand the words
of how failing checks fail (``envs.encoding.symptoms``), as far as there is room. All arrays are padded to T and C;
``lengths`` says how much of them counts, and whoever computes on them cuts to the longest of the batch first.

| name | shape | dtype | meaning |
|---|---|---|---|
| tokens | [T, S] | int32 | sub-token ids, 0 pads |
| node | [T] | int16 | id of the innermost AST node type that holds the token, 0 pads |
| relations | [T, R] | int16 | index of the related token by ``RELATIONS``, -1 where there is none |
| evidence | [T, E] | float32 | what executions showed of the token, by ``EVIDENCE``, each in [0, 1] |
| cand_kind | [C] | int16 | the edit operator's id, from 1; 0 pads |
| cand_start, cand_end | [C] | int16 | first and last token that the edit replaces or sits at |
| cand_ref | [C] | int16 | token that the edit refers to (nearest use of the name, the other part of a swap), or -1 |
| cand_tokens | [C, S] | int32 | sub-token ids of what the edit puts in, 0 pads |
| cand_evidence | [C, V] | float32 | what executions showed of the edit, by ``CANDIDATE_EVIDENCE``, each in [0, 1] |
| state | [G] | float32 | whole-episode features by ``STATE``, each in [0, 1] |
| category | [1] | int64 | index into ``core.records.CATEGORIES`` |
| lengths | [2] | int32 | number of tokens, number of candidates |
| action_mask | [2 + C] | int8 | 1 where the action is allowed |

Actions: 0 submits, 1 undoes the last kept edit, 2 + i applies candidate i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.records import CATEGORIES

SUBTOKENS = 4
SUBMIT, UNDO, FIRST_EDIT = 0, 1, 2
RELATIONS: tuple[str, ...] = ("parent", "next_sibling", "last_use", "last_write", "next_use", "defining_statement")
EVIDENCE: tuple[str, ...] = (
    "covered_by_failing",  # share of failing visible checks that ran the token's line
    "covered_by_passing",  # share of passing visible checks that ran it
    "suspiciousness",  # Ochiai over the visible checks
    "raised_here",  # share of failing visible checks whose traceback ends on the line
    "edited",  # the token stands where a kept edit put it
    "tried_same",  # 1 - 0.5**n for n undone tries at the token that changed no visible outcome
    "tried_other",  # likewise for tries that changed an outcome, but did not help
    "tried_broke",  # likewise for tries that did not compile, timed out, or failed every check
)
# Of an expression that can be evaluated apart, "changes" means that the edit gives it another value (infection, Just et
# al. 2014); of any other edit, that its line is run.
CANDIDATE_EVIDENCE: tuple[str, ...] = (
    "evaluated",  # the alternative was evaluated beside the program's own expression
    "changes_failing",  # share of failing visible checks in which it changes something
    "changes_passing",  # share of passing ones
    "raises_failing",  # share of failing visible checks in which it raises where the program did not
    "raises_passing",  # share of passing ones
    "changes_all_failing",
    "changes_no_failing",
    "suspiciousness",  # Ochiai over the visible checks that it changes
    "cures_failing",  # share of failing visible checks in which the program raises there, and the alternative does not
)
STATE: tuple[str, ...] = (
    "budget_left",  # executions left / budget
    "passing",  # share of visible checks that pass now
    "passing_at_start",
    "raising",  # share of failing visible checks that raised
    "died",  # the current state hit a limit
    "kept_edits",  # 1 - 0.5**n
    "tries",  # 1 - 0.9**n of tries since the last kept edit
    "improved",  # the last kept edit raised the share of passing checks
)
# Which arrays are cut to the number of tokens, which to that of candidates.
PER_TOKEN = ("tokens", "node", "relations", "evidence")
PER_CANDIDATE = ("cand_kind", "cand_start", "cand_end", "cand_ref", "cand_tokens", "cand_evidence")
NODE_TYPES = 128
# Room in the embedding for ids of edit operators: the grammar's own, which may be fewer, and behind them a block for
# each task category, in the order of ``core.records.CATEGORIES``. Plug-ins share that of bug fixing, which needs none.
GRAMMAR_KINDS = 96
CATEGORY_KINDS = 24
MAX_KINDS = GRAMMAR_KINDS + CATEGORY_KINDS * len(CATEGORIES)


@dataclass(frozen=True, slots=True)
class ObservationLimits:
    """T and C. A function or a candidate set over the limit isn't made a task."""

    max_tokens: int = 512
    max_candidates: int = 2048

    @property
    def actions(self) -> int:
        """The size of the action space."""
        return FIRST_EDIT + self.max_candidates


def array_shapes(limits: ObservationLimits) -> dict[str, tuple[tuple[int, ...], type[np.generic]]]:
    """Shape and dtype of every array of an observation, in the order of the module's table."""
    t, c = limits.max_tokens, limits.max_candidates
    return {
        "tokens": ((t, SUBTOKENS), np.int32),
        "node": ((t,), np.int16),
        "relations": ((t, len(RELATIONS)), np.int16),
        "evidence": ((t, len(EVIDENCE)), np.float32),
        "cand_kind": ((c,), np.int16),
        "cand_start": ((c,), np.int16),
        "cand_end": ((c,), np.int16),
        "cand_ref": ((c,), np.int16),
        "cand_tokens": ((c, SUBTOKENS), np.int32),
        "cand_evidence": ((c, len(CANDIDATE_EVIDENCE)), np.float32),
        "state": ((len(STATE),), np.float32),
        "category": ((1,), np.int64),
        "lengths": ((2,), np.int32),
        "action_mask": ((FIRST_EDIT + c,), np.int8),
    }
