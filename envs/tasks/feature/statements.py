"""Single statements: a value for a name, something collected, something returned."""

from __future__ import annotations

from envs.tasks.feature.places import Gap, Site
from envs.tasks.feature.terms import Term, values
from envs.tasks.feature.vocabulary import Vocabulary

_VALUES = 80


def assignments(site: Site, gap: Gap, words: Vocabulary, name: str) -> list[Term]:
    """``name = …``, the likelier first."""
    return [
        Term(f"{name} = {term.text}", term.bits, term.say, name)
        for term in known_values(site, gap, words)
        if term.text != name
    ]


def known_values(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    """The values that a gap may need, worked out once."""
    memo = site.view.memo
    key = f"feature values {gap.position} {gap.index} {gap.block.depth}"
    if memo.get(key, (None,))[0] is not words:
        memo[key] = (words, values(site, gap, words, _VALUES))
    found: list[Term] = memo[key][1]
    return found
