"""
States as arrays (``core.observation``): the part that depends on the text alone is made once per text and kept.
"""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.observation import (
    FIRST_EDIT,
    PER_CANDIDATE,
    PER_TOKEN,
    RELATIONS,
    SUBMIT,
    SUBTOKENS,
    UNDO,
    ObservationLimits,
    array_shapes,
)
from core.protocols import Observation, Tokenizer
from core.records import CATEGORIES, Category
from envs.edits.candidate import Candidate
from envs.edits.grammar import candidates as enumerate_candidates
from envs.edits.program import function_node
from envs.encoding.evidence import EvidenceView, Ints, state_features, token_evidence
from envs.encoding.infection import candidate_evidence
from envs.encoding.lexer import Lexemes, lex
from envs.encoding.nodes import SYMPTOM
from envs.encoding.symptoms import Symptoms, symptoms
from envs.encoding.syntax import analyse, line_starts

Arrays = dict[str, NDArray[Any]]
# A string literal's first words tell it apart well enough; hashing a page of it would not pay.
_LONGEST_TEXT = 48


@dataclass(frozen=True, slots=True)
class StaticState:
    """
    What the text alone says: unpadded arrays, candidates in the order of their actions, and what maps evidence to
    tokens. ``itself``: what is encoded begins with ``source``, so that places in it are places in the encoded text.
    ``places``: the first token of each text. ``cut``: the text has more tokens or candidates than the limits allow, and
    the rest is left out.
    """

    source: str
    candidates: tuple[Candidate, ...]
    arrays: Mapping[str, NDArray[Any]]
    places: Mapping[str, int]
    starts: Ints
    ends: Ints
    lines: Ints
    statement_lines: Ints
    cut: bool
    itself: bool = True

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return len(self.starts)


class Shown(Protocol):
    """What is to be seen of a state that isn't a program text to be edited by the grammar (``envs.tasks.views``)."""

    @property
    def key(self) -> str:
        """Equal states of equal keys look alike."""
        ...

    def text(self, source: str) -> str:
        """The program text that is encoded; the candidates' anchors are places in it."""
        ...

    def candidates(self, source: str) -> Sequence[Candidate]:
        """The edits of ``source``, in the order of their actions."""
        ...


class StateEncoder:
    """
    Makes observations. ``capacity`` texts' static parts are kept, the least recently used goes first.

    One encoder serves all episodes of a process; it holds no episode's state.
    """

    def __init__(self, tokenizer: Tokenizer, limits: ObservationLimits | None = None, *, capacity: int = 128) -> None:
        self.tokenizer = tokenizer
        self.limits = limits or ObservationLimits()
        self._capacity = capacity
        self._known: OrderedDict[str | tuple[str, str], StaticState] = OrderedDict()
        self._sub_tokens: dict[str, tuple[int, ...]] = {}
        self._shapes = array_shapes(self.limits)

    def static(self, source: str, shown: Shown | None = None) -> StaticState:
        """
        The static part of the state ``source``: by default a program text with the candidates of the grammar.

        Raises:
            SyntaxError: where it doesn't parse.
            EditError: where it isn't a program text.
        """
        key = source if shown is None else (shown.key, source)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        made = self._make(source, shown)
        self._known[key] = made
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return made

    def observe(
        self,
        static: StaticState,
        evidence: EvidenceView,
        *,
        category: str = Category.BUG_FIX,
        blocked: Collection[int] = (),
        submit: bool = False,
        undo: bool = False,
        pad: bool = True,
    ) -> Arrays:
        """
        The observation of a state. ``blocked`` candidates are masked. Unpadded, the first axes are ``lengths``.

        Where nothing else is allowed, submitting is.
        """
        found = dict(static.arrays)
        found["evidence"] = token_evidence(evidence, static.lines, static.statement_lines, static.starts, static.ends)
        found["cand_evidence"] = candidate_evidence(
            evidence.infection, evidence.results, found["evidence"], static.arrays["cand_start"]
        )
        found["state"] = state_features(evidence)
        # A plug-in's category has no embedding of its own.
        known = Category(category) if category in CATEGORIES else Category.BUG_FIX
        found["category"] = np.array([CATEGORIES.index(known)], np.int64)
        self._append(found, symptoms(evidence.results, static.places, static.lines, self._room(static)))
        found["lengths"] = np.array([len(found["tokens"]), len(static.candidates)], np.int32)
        found["action_mask"] = _mask(len(static.candidates), blocked, submit, undo)
        return self.pad(found) if pad else found

    def _room(self, static: StaticState) -> int:
        return self.limits.max_tokens - static.tokens

    def _append(self, found: Arrays, said: Symptoms) -> None:
        if not said.words:
            return
        behind = {
            "tokens": self._ids(said.words),
            "node": np.full(len(said.words), SYMPTOM, np.int16),
            "relations": said.relations,
            "evidence": said.evidence,
        }
        for name, rows in behind.items():
            found[name] = np.concatenate([found[name], rows])

    def pad(self, observation: Observation) -> Arrays:
        """``observation`` (unpadded) at the full shapes of ``core.observation``."""
        padded: Arrays = {}
        for name, (shape, dtype) in self._shapes.items():
            array = observation[name]
            if array.shape == shape:
                padded[name] = array.astype(dtype, copy=True)
                continue
            whole = np.full(shape, -1, dtype) if name in ("relations", "cand_ref") else np.zeros(shape, dtype)
            whole[: len(array)] = array
            padded[name] = whole
        return padded

    def trim(self, observation: Observation) -> Arrays:
        """The opposite of ``pad``: views, cut to ``lengths``."""
        tokens, candidates = (int(n) for n in observation["lengths"])
        cuts = dict.fromkeys(PER_TOKEN, tokens) | dict.fromkeys(PER_CANDIDATE, candidates)
        cuts["action_mask"] = FIRST_EDIT + candidates
        return {name: array[: cuts[name]] if name in cuts else array for name, array in observation.items()}

    def _make(self, source: str, shown: Shown | None) -> StaticState:
        text = source if shown is None else shown.text(source)
        found: Sequence[Candidate] = enumerate_candidates(source) if shown is None else shown.candidates(source)
        starts_of_lines = line_starts(text)
        function = function_node(ast.parse(text))
        begin = starts_of_lines[function.lineno - 1]
        lexemes = lex(text, begin, self.limits.max_tokens + 1)
        cut = len(lexemes.starts) > self.limits.max_tokens
        if cut:
            lexemes = Lexemes(lexemes.starts[:-1], lexemes.ends[:-1], lexemes.texts[:-1])
        structure = analyse(function, text, starts_of_lines, lexemes)
        starts, ends = np.array(lexemes.starts, np.int32), np.array(lexemes.ends, np.int32)
        kept = self._fitting(found, lexemes) if cut or len(found) > self.limits.max_candidates else found
        arrays: Arrays = {
            "tokens": self._ids(lexemes.texts),
            "node": np.array(structure.node, np.int16),
            "relations": np.array(structure.relations, np.int16).reshape(-1, len(RELATIONS)),
            **self._candidate_arrays(kept, starts, ends),
        }
        for array in arrays.values():
            array.setflags(write=False)
        lines, statement_lines = np.array(structure.lines, np.int32), np.array(structure.statement_lines, np.int32)
        places = {text: at for at, text in reversed(list(enumerate(lexemes.texts)))}
        whole, itself = not cut and len(kept) == len(found), text.startswith(source)
        return StaticState(source, tuple(kept), arrays, places, starts, ends, lines, statement_lines, not whole, itself)

    def _fitting(self, found: Sequence[Candidate], lexemes: Lexemes) -> list[Candidate]:
        last = lexemes.ends[-1]
        return [candidate for candidate in found if candidate.anchor[1] <= last][: self.limits.max_candidates]

    def _ids(self, texts: list[str]) -> NDArray[np.int32]:
        known, flat = self._sub_tokens, []
        for text in texts:
            ids = known.get(text)
            flat.append(self._learn(text) if ids is None else ids)
        return np.array(flat, np.int32).reshape(-1, SUBTOKENS)

    def _learn(self, text: str) -> tuple[int, ...]:
        if len(self._sub_tokens) > 100_000:
            self._sub_tokens.clear()
        ids = self.tokenizer.ids(text[:_LONGEST_TEXT])[:SUBTOKENS]
        padded = ids + (0,) * (SUBTOKENS - len(ids))
        self._sub_tokens[text] = padded
        return padded

    def _candidate_arrays(self, found: Sequence[Candidate], starts: Ints, ends: Ints) -> Arrays:
        count, last = len(found), len(starts) - 1
        begin = np.fromiter((c.anchor[0] for c in found), np.int32, count)
        end = np.fromiter((c.anchor[1] for c in found), np.int32, count)
        ref = np.fromiter((-1 if c.ref is None else c.ref for c in found), np.int32, count)
        first = np.minimum(np.searchsorted(ends, begin, "right"), last)
        final = np.clip(np.searchsorted(starts, end, "left") - 1, first, last)
        target = np.where(ref < 0, -1, np.searchsorted(starts, ref, "right") - 1)
        return {
            "cand_kind": np.fromiter((c.kind for c in found), np.int16, count),
            "cand_start": first.astype(np.int16),
            "cand_end": final.astype(np.int16),
            "cand_ref": target.astype(np.int16),
            "cand_tokens": self._ids([c.text for c in found]),
        }


def _mask(count: int, blocked: Collection[int], submit: bool, undo: bool) -> NDArray[np.int8]:
    mask = np.ones(FIRST_EDIT + count, np.int8)
    if blocked:
        mask[np.fromiter(blocked, np.int64, len(blocked)) + FIRST_EDIT] = 0
    mask[UNDO] = undo
    mask[SUBMIT] = submit
    if not mask.any():
        mask[SUBMIT] = 1
    return mask
