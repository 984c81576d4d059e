"""Statements, branches and bodies that siblings have, put where something like it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from envs.tasks.feature.ideas import Idea
from envs.tasks.feature.library import Template
from envs.tasks.feature.naming import renamed
from envs.tasks.feature.places import Gap, Site
from envs.tasks.feature.terms import LITERAL, rank
from envs.tasks.feature.vocabulary import Vocabulary

KINDS = ("statement_taken", "block_taken", "body_taken")
# Bits of a renaming that are no guess; literals of one text that may be others.
_SURE, MOST_LITERALS = 1.0, 3
_PARTS = (("simple", "statement_taken"), ("compound", "block_taken"))


def taken(site: Site, gap: Gap, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Idea]:
    """
    What siblings have for one gap, as far as it is of the ``kinds``; the function's own statements too, with another
    name in them.
    """
    for field, kind in _PARTS:
        if kind not in kinds:
            continue
        for index, (template, far) in enumerate(words.pieces(field)[: site.at_most(90)]):
            yield from _placed(kind, template, far, index, site, gap, words)
    if "body_taken" in kinds and gap.hollow and gap.block.owner is site.view.function:
        for template, far in words.pieces("bodies"):
            if far:
                yield from _placed("body_taken", template, far, -1, site, gap, words)


def _placed(
    kind: str, template: Template, far: int, index: int, site: Site, gap: Gap, words: Vocabulary
) -> Iterator[Idea]:
    if not _fits(template.text, gap):
        return
    foreign = words.others[far - 1].parameters if far else ()
    base = 3.0 + 0.3 * far + rank(max(0, index)) * 0.6 + gap.cost + _context(template, gap)
    for text, bits in renamed(template, gap, site, foreign):
        if far or text != template.text or bits:
            yield Idea(kind, gap, text, base + bits, "")
        for told in _told(text, words.texts) if bits < _SURE else ():
            yield Idea(kind, gap, told, base + bits - 1.0, "")


def _told(text: str, literals: Sequence[str]) -> Iterator[str]:
    """``text`` with the literals that the statement tells of for its own: all at once, each in every order."""
    places = [match.span() for match in LITERAL.finditer(text)]
    if not literals or not 0 < len(places) <= MOST_LITERALS:
        return
    for chosen in permutations(literals, min(len(places), len(literals))):
        for first in range(len(places) - len(chosen) + 1):
            varied = text
            for (start, end), literal in reversed(list(zip(places[first:], chosen, strict=False))):
                varied = varied[:start] + literal + varied[end:]
            if varied != text:
                yield varied


def _fits(text: str, gap: Gap) -> bool:
    if text.startswith(("return", "raise")) and not gap.last:
        return False
    jumps = text.startswith(("break", "continue"))
    loops = text.startswith(("for ", "while "))
    needs_loop = not loops and ("\n    break" in text or "\n    continue" in text)
    return not jumps and (gap.in_loop or not needs_loop) and (gap.returns or "return" not in text)


def _context(template: Template, gap: Gap) -> float:
    """Bits less where the neighbours are those that the piece has at home."""
    same = bool(template.before and template.before == gap.before) + bool(
        template.after and template.after == gap.after
    )
    edges = (not template.before and not gap.before) + (not template.after and not gap.after)
    return -2.0 * same - 0.7 * edges
