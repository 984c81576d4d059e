"""Single statements: a value for a name, something collected, something returned."""

from __future__ import annotations

from envs.tasks.feature.places import Gap, Site
from envs.tasks.feature.terms import MAX_VALUES, Term, values
from envs.tasks.feature.vocabulary import Vocabulary


def assignments(site: Site, gap: Gap, words: Vocabulary, name: str) -> list[Term]:
    """``name = …``, the likelier first."""
    return [
        Term(f"{name} = {term.text}", term.bits, name) for term in known_values(site, gap, words) if term.text != name
    ]


def known_values(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    """The values that a gap may need, the likelier first."""
    return values(site, gap, words, MAX_VALUES)
