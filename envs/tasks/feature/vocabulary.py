"""What is at hand to make something of: the pieces of the function itself, of its siblings, and of the statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from envs.tasks.feature.library import Fragments, Template, fragments

MAX_CONSTANTS = 24
_USUAL = ("None", "True", "False", "0", "1", "''", "[]", "{}", "-1", "2", "set()", "()", "b''")
_TYPES = ("str", "int", "(list, tuple)", "list", "dict", "tuple", "bytes", "float")
_ERRORS = ("ValueError", "TypeError", "KeyError", "AttributeError", "IndexError")
_METHODS = ("strip", "lower", "copy", "items", "keys", "values", "upper", "split")
_FUNCTIONS = ("len", "list", "str", "int", "sorted", "set", "tuple", "iter", "abs", "repr")
_WORD = re.compile("`([^`\n]+)`")
WORDS = "It has to do with "
# The base of an attribute that the statement tells of.
ANYTHING = "*"


class Vocabulary(NamedTuple):
    """
    ``own``: the pieces of the function, ``others``: of its siblings. ``words``: what the statement says that it is
    about: literals and names. The rest is pooled, the likelier first.
    """

    own: Fragments
    others: tuple[Fragments, ...]
    words: tuple[str, ...]
    constants: tuple[str, ...]
    types: tuple[str, ...]
    exceptions: tuple[str, ...]
    methods: tuple[str, ...]
    functions: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    stored: tuple[str, ...]
    known: frozenset[str]
    memo: dict[str, list[tuple[Template, int]]]

    @property
    def texts(self) -> tuple[str, ...]:
        """The words that are literals."""
        return tuple(word for word in self.words if is_literal(word))

    @property
    def keys(self) -> tuple[str, ...]:
        """The words that are literals, but no messages: what one compares with."""
        return tuple(word for word in self.texts if " " not in word.strip("'\""))

    @property
    def globals(self) -> tuple[str, ...]:
        """The words that are names of the module."""
        return tuple(word for word in self.words if not is_literal(word) and word[:1] != ".")

    @property
    def told(self) -> tuple[str, ...]:
        """The words that are attributes."""
        return tuple(word[1:] for word in self.words if word[:1] == ".")

    def pieces(self, field: str) -> list[tuple[Template, int]]:
        """The templates of one sort with how far they come from: 0 from the function, then its siblings in order."""
        if field not in self.memo:
            found: dict[str, tuple[Template, int]] = {}
            for far, each in enumerate((self.own, *self.others)):
                for template in getattr(each, field):
                    found.setdefault(template.text, (template, far))
            self.memo[field] = list(found.values())
        return self.memo[field]


def vocabulary(source: str, siblings: Sequence[str], statement: str) -> Vocabulary | None:
    """None where ``source`` is no program text."""
    own = fragments(source)
    if own is None:
        return None
    others = _others(tuple(siblings))
    words = words_of(statement)
    told = [word[1:] for word in words if word[:1] == "."]
    names = [word for word in words if not is_literal(word) and word[:1] != "."]
    return Vocabulary(
        own,
        others,
        words,
        constants=_pooled((*filter(is_literal, words), *_merged(own, others, "constants")[:MAX_CONSTANTS], *_USUAL)),
        types=_pooled((*_merged(own, others, "types")[:6], *_TYPES)),
        exceptions=_pooled((*filter(_is_error, names), *_merged(own, others, "exceptions")[:5], *_ERRORS)),
        methods=_pooled((*told, *_merged(own, others, "methods")[:14], *_METHODS)),
        functions=_pooled((*names, *_merged(own, others, "functions")[:16], *_FUNCTIONS)),
        attributes=(*((ANYTHING, each) for each in told), *_merged(own, others, "attributes")),
        stored=tuple(_merged(own, others, "stored")),
        known=frozenset().union(*(each.free for each in others)) | {name.partition(".")[0] for name in names},
        memo={},
    )


def words_of(statement: str) -> tuple[str, ...]:
    """What a task's statement says that the missing part is about."""
    told = statement.rpartition(WORDS)[2] if WORDS in statement else ""
    return tuple(dict.fromkeys(_WORD.findall(told)))


def is_literal(word: str) -> bool:
    """Whether a word is a literal rather than a name."""
    return not word.replace(".", "").isidentifier() or word[:1].isdigit()


def _is_error(word: str) -> bool:
    return word.rpartition(".")[2][:1].isupper()


@lru_cache(maxsize=32)
def _others(siblings: tuple[str, ...]) -> tuple[Fragments, ...]:
    return tuple(found for found in map(fragments, siblings) if found is not None)


def _merged(own: Fragments, others: Sequence[Fragments], field: str) -> list[Any]:
    every = [item for each in (own, *others) for item in getattr(each, field)]
    return list(dict.fromkeys(every))


def _pooled(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
