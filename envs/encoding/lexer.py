"""
The lexical tokens of a program's function: one position of the policy's input each.

A regular expression instead of ``tokenize``: four times cheaper, the same on every Python version (an f-string is one
token), and total, since it is run on text that has been parsed. Comments, line ends and indentation are left out; the
syntax tree's pointers carry them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = (
    r"(?:[rRbBuUfFtT]{0,2})"
    r"""(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^\\\n"]|\\.)*"|'(?:[^\\\n']|\\.)*')"""
)
_NUMBER = r"0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?"
_OPERATOR = r"\*\*=|//=|>>=|<<=|\.\.\.|!=|->|:=|[-+*/%&|^@<>=]=|\*\*|//|>>|<<|[^\w\s]"
_SKIPPED = r"\s+|\\\r?\n|\#[^\n]*"
_TOKEN = re.compile(rf"(?:{_SKIPPED})|({_STRING}|{_NUMBER}|\w+|{_OPERATOR})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Lexemes:
    """Parallel lists, one entry a token: character span ``[start, end)`` in the program text, and the text."""

    starts: list[int]
    ends: list[int]
    texts: list[str]


def lex(source: str, begin: int, limit: int) -> Lexemes:
    """The first ``limit`` tokens of ``source`` from character ``begin`` on."""
    starts: list[int] = []
    ends: list[int] = []
    texts: list[str] = []
    for match in _TOKEN.finditer(source, begin):
        text = match[1]
        if text is None:
            continue
        if len(starts) == limit:
            break
        start, end = match.span(1)
        starts.append(start)
        ends.append(end)
        texts.append(text)
    return Lexemes(starts, ends, texts)
