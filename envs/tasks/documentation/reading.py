"""What a docstring says, read in a convention: by ``docstring_parser``, and plain text by the habits of PEP 257."""

from __future__ import annotations

import doctest
import re
from dataclasses import dataclass, replace
from functools import lru_cache

import docstring_parser
from docstring_parser import DocstringStyle, ParseError

from envs.tasks.documentation.conventions import Convention

_STYLES = {
    Convention.GOOGLE: DocstringStyle.GOOGLE,
    Convention.NUMPY: DocstringStyle.NUMPYDOC,
    Convention.REST: DocstringStyle.REST,
}
_ENTRY = re.compile(r"^(\*{0,2}\w+) -- (.*)$")
_RETURN = re.compile(r"^(Return|Returns|Yield|Yields) (.+)$")
_RAISE = re.compile(r"^Raises? (\w+)\b ?(.*)$")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is described: its name without stars, its type or "", the description."""

    name: str
    typed: str
    says: str


@dataclass(frozen=True, slots=True)
class Reading:
    """
    ``gives``: entries on what is returned; ``yields``: on what is yielded. ``examples``: (statement, outcome shown) in
    their order. ``prose``: the summary and all descriptions. ``torn``: an example that ``doctest`` can't read.
    """

    summary: str
    parameters: tuple[Entry, ...] = ()
    gives: tuple[Entry, ...] = ()
    yields: tuple[Entry, ...] = ()
    raises: tuple[Entry, ...] = ()
    examples: tuple[doctest.Example, ...] = ()
    prose: str = ""
    torn: bool = False


@lru_cache(maxsize=1024)
def reading_of(text: str, convention: Convention) -> Reading:
    """What ``text`` (cleaned) says. Total: what can't be read is read as prose."""
    examples, torn = _examples(text)
    try:
        found = _plain(text) if convention is Convention.PLAIN else _sections(text, _STYLES[convention])
    except ParseError:
        found = Reading(_summary(text))
    entries = (*found.parameters, *found.gives, *found.yields, *found.raises)
    prose = "\n".join([found.summary, *(entry.says for entry in entries)])
    return replace(found, examples=examples, prose=prose, torn=torn)


def _examples(text: str) -> tuple[tuple[doctest.Example, ...], bool]:
    try:
        return tuple(doctest.DocTestParser().get_examples(text)), False
    except ValueError:
        return (), True


def _summary(text: str) -> str:
    """The first paragraph in one line."""
    return _SPACE.sub(" ", text.strip().split("\n\n")[0]).strip()


def _sections(text: str, style: DocstringStyle) -> Reading:
    found = docstring_parser.parse(text, style=style)
    parameters = tuple(
        Entry(each.arg_name.lstrip("*\\"), each.type_name or "", _flat(each.description)) for each in found.params
    )
    results = [
        (each.is_generator, Entry("", each.type_name or "", _flat(each.description))) for each in found.many_returns
    ]
    raises = tuple(Entry(each.type_name or "", "", _flat(each.description)) for each in found.raises)
    gives = tuple(entry for generator, entry in results if not generator)
    yields = tuple(entry for generator, entry in results if generator)
    return Reading(_summary(text), parameters, gives, yields, raises)


def _flat(text: str | None) -> str:
    return _SPACE.sub(" ", text or "").strip()


def _plain(text: str) -> Reading:
    parameters: list[Entry] = []
    results: dict[bool, list[Entry]] = {True: [], False: []}
    raises: list[Entry] = []
    for line in text.split("\n"):
        if match := _ENTRY.match(line):
            parameters.append(Entry(match[1].lstrip("*"), "", match[2]))
        elif match := _RETURN.match(line):
            results[match[1].startswith("Yield")].append(Entry("", "", match[2]))
        elif match := _RAISE.match(line):
            raises.append(Entry(match[1], "", match[2]))
    return Reading(_summary(text), tuple(parameters), tuple(results[False]), tuple(results[True]), tuple(raises))
