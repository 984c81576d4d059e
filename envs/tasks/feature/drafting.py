"""Feature tasks of text alone: something is taken out, and nothing is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from core.records import Category, Edit, Provenance, SourceFile, Split, Task, task_id
from envs.edits.program import function_node
from envs.edits.reparse import parses
from envs.edits.tree import parsed
from envs.tasks.drafts import Draft
from envs.tasks.feature.listing import own_towards
from envs.tasks.feature.making import drawn, overlap, without
from envs.tasks.feature.reach import within_reach
from envs.tasks.feature.removals import Removal
from envs.tasks.feature.search import one_step
from envs.tasks.feature.siblings import nearest
from envs.tasks.feature.telling import statement, words_line

# Of neighbouring parts, how often both are taken out at once.
_BOTH = 0.15
_NOWHERE = Provenance("", "", "", "", 1)


def drafts(text: str, siblings: Sequence[SourceFile], rng: np.random.Generator) -> Iterator[Draft]:
    """See ``envs.tasks.drafts.Drafting``."""
    every = drawn(text, rng)
    for one, other in pairwise([*every, every[0]] if every else []):
        removed: tuple[Removal, ...] = (one,)
        if rng.random() < _BOTH and not overlap(one, other) and "body" not in (one.kind, other.kind):
            removed = tuple(sorted((one, other), key=lambda each: each.start))
        made = _draft(text, removed, siblings)
        if made is not None:
            yield made


def _draft(text: str, removed: tuple[Removal, ...], siblings: Sequence[SourceFile]) -> Draft | None:
    """None where the likely way back is not offered."""
    source = without(text, removed)
    if not parses(source):
        return None
    near = nearest(source, siblings)
    others = tuple(each.text for each in near)
    if not all(within_reach(each, text, others) for each in removed):
        return None
    words = words_line(removed, source, others)
    if words is None:
        return None
    said = statement(function_node(parsed(text)).name, text, removed, "", words)
    targets = [without(text, [each for each in removed if each is not back]) for back in removed]
    if not any(one_step(source, target, own_towards(source, target, others, said)) for target in targets):
        return None
    return Draft(_task(source, text, said, near), tuple(targets))


def _task(source: str, whole: str, said: str, near: tuple[SourceFile, ...]) -> Task:
    back = Edit("", 0, len(source), whole, "draft")
    identity = task_id(Category.FEATURE, "", said, source, ())
    return Task(
        id=identity,
        category=Category.FEATURE,
        difficulty="",
        language="python",
        statement=said,
        files=(SourceFile("", source), *near),
        module="",
        qualname="",
        checks=(),
        fresh=(),
        reference=(back,),
        operators=(),
        provenance=_NOWHERE,
        split=Split.TRAIN,
        seed=0,
    )
