"""What a policy reads of a feature task: the function, and behind its last line what the statement says is missing."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterator
from functools import lru_cache

from core.errors import EditError
from envs.edits.program import function_node
from envs.edits.tree import parsed, walk
from envs.tasks.feature.vocabulary import is_literal, words_of
from envs.tasks.feature.wanted import lacking

MOST_WORDS = 28
_WORD = re.compile(r"[A-Za-z_]\w*")
# Words of a sentence that tell nothing of code.
_EMPTY = frozenset(
    """
    a an the of to and or it its this that is are be been was with from by on in at as for if then than into which what
    has have can may will would should there their them these those so such also any all each other self cls function
    method called using used use uses given return returns
    """.split()  # noqa: SIM905  a word a line would hide the rest of the file
)
_NOTES = ("What it is for: ", "A note on it: ")


def shown(source: str, statement: str) -> str:
    """
    ``source`` with one more line, a list of what the statement tells: the kinds of what is missing, its words, then
    those of the docstring and the comments. A word that is a name of the function stands as that name, any other with a
    ``_`` before it. ``source`` itself where there is nothing to tell, or no line of its own for it.
    """
    kinds = lacking(statement)
    indent = _indent(source)
    if not kinds or not indent or not source.endswith("\n"):
        return source
    told = [each for each in words_of(statement) if _is_code(each)]
    names = _names(source)
    prose = [word if word in names else f"_{word}" for word in _prose(source, statement)]
    words = dict.fromkeys((*(f"_{kind}" for kind in kinds), *(each.lstrip(".") for each in told), *prose))
    return f"{source}{indent}[{', '.join(list(words)[:MOST_WORDS])}]\n"


@lru_cache(maxsize=256)
def _indent(source: str) -> str:
    """Of the function's body, where that stands on lines of its own."""
    try:
        first = function_node(parsed(source)).body[0]
    except (SyntaxError, ValueError, RecursionError, EditError):
        return ""
    line = source.split("\n")[first.lineno - 1]
    before = line[: len(line) - len(line.lstrip())]
    return before if first.col_offset == len(before.encode()) else ""


def _is_code(word: str) -> bool:
    """Whether a word may stand in the list as it is."""
    if not is_literal(word.lstrip(".")):
        return not any(map(keyword.iskeyword, word.lstrip(".").split(".")))
    try:
        return isinstance(ast.literal_eval(word), str | bytes | int | float | complex) and "\n" not in word
    except (SyntaxError, ValueError):
        return False


def _prose(source: str, statement: str) -> Iterator[str]:
    """Words of the notes, then of the rest of the docstring those that are names, constants or errors."""
    for note in _NOTES[::-1]:
        found = statement.partition(note)[2].partition(". ")[0]
        yield from (word for word in _WORD.findall(found)[:10] if word.lower() not in _EMPTY)
    names = _names(source)
    for word in _WORD.findall(_documented(source)):
        if (word in names and "_" in word) or (word in vars(builtins) and word[:1].isupper()):
            yield word


@lru_cache(maxsize=256)
def _documented(source: str) -> str:
    return (ast.get_docstring(function_node(parsed(source)), clean=False) or "")[:2_000]


@lru_cache(maxsize=256)
def _names(source: str) -> frozenset[str]:
    """Those of the code, the docstring left out."""
    nodes = walk(function_node(parsed(source)))
    named = (getattr(each, field, None) for each in nodes for field in ("id", "attr", "arg"))
    return frozenset(name for name in named if isinstance(name, str))
