"""Expressions that a gap may need: values and conditions, with the bits that it costs to choose each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import NamedTuple

from envs.tasks.feature.library import Template
from envs.tasks.feature.naming import renamed
from envs.tasks.feature.places import Gap, Site
from envs.tasks.feature.vocabulary import ANYTHING, Vocabulary

MAX_NAMES = 8
MAX_CONDITIONS, MAX_VALUES, MAX_RESULTS = 64, 110, 16
_COMPARED = (" == ", " in ", " != ", " < ", " > ")
LITERAL = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\b\d+\b")
_NEGATED = re.compile(r"^not (.*)$")


class Term(NamedTuple):
    """``name``: the local name that it is about, or ""."""

    text: str
    bits: float
    name: str = ""


def rank(index: int) -> float:
    """Bits of choosing the ``index``-th of a list whose first entries are the likelier."""
    return math.log2(1 + index)


def best(terms: Iterable[Term], count: int) -> list[Term]:
    """The cheapest, each text once."""
    found: dict[str, Term] = {}
    for term in terms:
        known = found.get(term.text)
        if known is None or term.bits < known.bits:
            found[term.text] = term
    return sorted(found.values(), key=lambda term: term.bits)[:count]


def conditions(site: Site, gap: Gap, words: Vocabulary, count: int) -> list[Term]:
    """What an ``if`` may ask at the gap."""
    key = ("conditions", gap.key)
    if key not in site.memo:
        found = (*_of_names(gap, words, site), *_of_pieces(site, gap, words), *_of_attributes(site, gap, words))
        site.memo[key] = best(found, site.at_most(MAX_CONDITIONS))
    known: list[Term] = site.memo[key]
    return known[: site.at_most(count)]


def values(site: Site, gap: Gap, words: Vocabulary, count: int) -> list[Term]:
    """What may be assigned, returned or passed at the gap."""
    key = ("values", gap.key)
    if key not in site.memo:
        found = (*constants(words), *_computed(site, gap, words), *_taken(site, gap, words, "values"))
        site.memo[key] = best(found, site.at_most(MAX_VALUES))
    known: list[Term] = site.memo[key]
    return known[:count]


def constants(words: Vocabulary) -> Iterator[Term]:
    """Literals, those that the statement tells of first."""
    told = len(words.texts)
    for index, text in enumerate(words.constants):
        yield Term(text, (0.5 if index < told else 2.5) + rank(max(0, index - told)))


def _of_names(gap: Gap, words: Vocabulary, site: Site) -> Iterator[Term]:
    for name in gap.names[: site.at_most(MAX_NAMES)]:
        bits = gap.weights[name]
        yield Term(f"not {name}", bits + 2.0, name)
        yield Term(name, bits + 2.3, name)
        yield Term(f"{name} is None", bits + 2.0, name)
        yield Term(f"{name} is not None", bits + 2.8, name)
        for index, kind in enumerate(dict.fromkeys((*words.types[:6], *filter(None, (site.owner,))))):
            yield Term(f"isinstance({name}, {kind})", bits + 3.2 + rank(index), name)
            yield Term(f"not isinstance({name}, {kind})", bits + 4.0 + rank(index), name)
        yield from _compared(site, gap, words, name, bits)


def _compared(site: Site, gap: Gap, words: Vocabulary, name: str, bits: float) -> Iterator[Term]:
    told = len(words.keys)
    others = [each for each in words.constants if each not in words.texts]
    for index, literal in enumerate(_plain((*words.keys, *others))[: 10 + told]):
        more = 0.5 if index < told else 3.0 + rank(index - told)
        yield Term(f"{name} == {literal}", bits + more, name)
        yield Term(f"{name} != {literal}", bits + more + 1.5, name)
        if _number(literal):
            for extra, sign in ((1.0, "<"), (1.0, ">"), (2.0, "<="), (2.0, ">=")):
                yield Term(f"{name} {sign} {literal}", bits + more + extra, name)
        else:
            yield Term(f"{literal} in {name}", bits + more + 2.0, name)
            yield Term(f"{name}.startswith({literal})", bits + more + 2.0, name)
            yield Term(f"{name}.endswith({literal})", bits + more + 2.5, name)
    for known in words.globals[:3]:
        for extra, sign in enumerate(("is", "==", "in", "is not")):
            yield Term(f"{name} {sign} {known}", bits + 1.5 + extra / 2, name)
        yield Term(f"isinstance({name}, {known})", bits + 2.0, name)
    if len(words.keys) > 1:
        yield Term(f"{name} in ({', '.join(words.keys)})", bits + 1.5, name)
        yield Term(f"{name} in ({', '.join(reversed(words.keys))})", bits + 1.5, name)
    yield Term(f"{name} < 0", bits + 4.0, name)
    yield Term(f"len({name}) == 0", bits + 5.0, name)
    yield Term(f"len({name}) == 1", bits + 5.0, name)
    for other in gap.names[: site.at_most(MAX_NAMES)]:
        if other != name:
            base = 2.5 + bits + gap.weights[other] - (name in site.unused or other in site.unused)
            for extra, sign in enumerate(("<", ">", "in", "==", "not in", "!=", "is", "<=", ">=")):
                yield Term(f"{name} {sign} {other}", base + extra / 4, name)


def _plain(literals: Iterable[str]) -> list[str]:
    return [each for each in literals if each not in ("None", "True", "False", "[]", "{}", "()", "set()")]


def _number(literal: str) -> bool:
    return literal.lstrip("-").replace(".", "").isdigit()


def _of_pieces(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Term]:
    for index, (template, far) in enumerate(words.pieces("tests")[: site.at_most(60)]):
        base = 2.0 + 0.3 * far + rank(index) * 0.5
        for text, bits in renamed(template, gap, site, _foreign(words, far)):
            yield Term(text, base + bits)
            yield Term(negated(text), base + bits + (1.0 if far else 0.5))


def _of_attributes(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Term]:
    for index, (base, attribute) in enumerate(words.attributes[: site.at_most(30)]):
        for owner in _owners(base, gap, site):
            bits = 2.0 + rank(index) * 0.6 + gap.weights.get(owner, 0.0)
            text = f"{owner}.{attribute}"
            call = attribute.startswith(("is", "has")) or attribute in words.methods
            yield Term(text, bits, owner)
            yield Term(f"not {text}", bits + 0.5, owner)
            yield Term(f"{text} is None", bits + 0.8, owner)
            yield Term(f"{text} is not None", bits + 1.3, owner)
            if call:
                yield Term(f"{text}()", bits, owner)
                yield Term(f"not {text}()", bits + 0.5, owner)


def _owners(base: str, gap: Gap, site: Site) -> list[str]:
    """What has the attributes of ``base``: the same name, or the likeliest ones."""
    if base in gap.weights or (base in ("self", "cls") and base in site.scope.locals):
        return [base]
    if base == ANYTHING:
        return [*gap.names[:3], *(each for each in ("self", "cls") if each in site.scope.locals)]
    return [] if base in ("self", "cls") else list(gap.names[:1])


def negated(test: str) -> str:
    """The opposite of a test, as one would write it."""
    found = _NEGATED.match(test)
    if found and " and " not in test and " or " not in test:
        return found[1]
    for sign, other in ((" is not ", " is "), (" not in ", " in "), (" == ", " != "), (" != ", " == ")):
        if test.count(sign) == 1 and not any(word in test for word in (" and ", " or ", "not ", " if ")):
            return test.replace(sign, other)
    simple = not any(word in test for word in (" and ", " or ", " if "))
    for sign, other in ((" is ", " is not "), (" in ", " not in "), (" <= ", " > "), (" >= ", " < ")):
        if simple and test.count(sign) == 1 and " not " not in test:
            return test.replace(sign, other)
    return f"not {test}" if simple else f"not ({test})"


def _computed(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Term]:
    names = [*gap.names[: site.at_most(MAX_NAMES)], *(each for each in ("self", "cls") if each in site.scope.locals)]
    for name in names:
        bits = gap.weights.get(name, 2.0)
        yield Term(name, bits + 2.0, name)
        yield from _calls(site, gap, words, name, bits)
        yield from _items(site, gap, words, name, bits)
    for index, (base, attribute) in enumerate(words.attributes[: site.at_most(30)]):
        for owner in _owners(base, gap, site):
            bits = 3.0 + rank(index) * 0.6 + gap.weights.get(owner, 0.5)
            yield Term(f"{owner}.{attribute}", bits, owner)
            if attribute in words.methods:
                yield Term(f"{owner}.{attribute}()", bits, owner)


def _calls(site: Site, gap: Gap, words: Vocabulary, name: str, bits: float) -> Iterator[Term]:
    told = len(words.globals)
    for index, function in enumerate(words.functions[: site.at_most(20)]):
        more = 2.0 if index < told else 3.5 + rank(index - told) * 0.8
        yield Term(f"{function}({name})", bits + more, name)
        if index < told:
            yield Term(f"{function}()", 3.0)
            for other in gap.names[:4]:
                if other != name:
                    yield Term(f"{function}({name}, {other})", bits + more + gap.weights[other] + 1.0, name)
    for index, method in enumerate(words.methods[: site.at_most(16)]):
        yield Term(f"{name}.{method}()", bits + 4.0 + rank(index) * 0.8, name)
    for method in words.told:
        for one, other in permutations(words.texts[:4], 2):
            yield Term(f"{name}.{method}({one}, {other})", bits + 2.5, name)
        for other in (*gap.names[:4], *words.texts):
            if other != name:
                more = 3.0 + gap.weights.get(other, 0.0)
                yield Term(f"{name}.{method}({other})", bits + more, name)


def _items(site: Site, gap: Gap, words: Vocabulary, name: str, bits: float) -> Iterator[Term]:
    for index, item in enumerate(("0", "-1", "1:", ":-1", "1")):
        yield Term(f"{name}[{item}]", bits + 4.5 + index / 2, name)
    for literal in words.keys:
        yield Term(f"{name}[{literal}]", bits + 2.5, name)
    for other in gap.names[: site.at_most(MAX_NAMES)]:
        if other != name:
            more = 4.0 + gap.weights[other]
            yield Term(f"{name}[{other}]", bits + more, name)
            for extra, sign in enumerate(("+", "-", "*")):
                yield Term(f"{name} {sign} {other}", bits + more + 0.5 + extra / 2, name)
            yield Term(f"({name}, {other})", bits + more + 1.0, name)
    for literal in filter(_number, words.keys):
        for extra, sign in enumerate(("%", "//", "*", "+", "-", "/")):
            yield Term(f"{name} {sign} {literal}", bits + 2.0 + extra / 3, name)
    for extra, (sign, literal) in enumerate((("+", "1"), ("-", "1"), ("*", "2"), ("//", "2"), ("%", "2"))):
        yield Term(f"{name} {sign} {literal}", bits + 4.5 + extra / 2, name)


def _taken(site: Site, gap: Gap, words: Vocabulary, field: str) -> Iterator[Term]:
    for index, (template, far) in enumerate(words.pieces(field)[: site.at_most(80)]):
        base = 2.5 + 0.3 * far + rank(index) * 0.5
        for text, bits in renamed(template, gap, site, _foreign(words, far)):
            yield Term(text, base + bits)


def results(site: Site, gap: Gap, words: Vocabulary, count: int) -> list[Term]:
    """What may be returned early: what the function and its siblings return, simple literals, names."""
    key = ("results", gap.key)
    if key not in site.memo:
        site.memo[key] = best(_results(site, gap, words), site.at_most(MAX_RESULTS))
    known: list[Term] = site.memo[key]
    return known[:count]


def _results(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    every = [*_taken(site, gap, words, "returns")]
    every += [Term(each, 2.0 + index / 2) for index, each in enumerate(("None", "False", "True", "0", "''", "[]"))]
    every += [Term(literal, 1.0) for literal in words.texts]
    return every + [Term(name, 2.5 + gap.weights[name], name) for name in gap.names[:MAX_NAMES]]


def _foreign(words: Vocabulary, far: int) -> tuple[str, ...]:
    return words.others[far - 1].parameters if far else ()


def template_terms(found: Iterable[tuple[Template, int]], site: Site, gap: Gap, words: Vocabulary) -> Iterator[Term]:
    """Terms of any templates, the first the likeliest."""
    for index, (template, far) in enumerate(found):
        for text, bits in renamed(template, gap, site, _foreign(words, far)):
            yield Term(text, 0.3 * far + rank(index) * 0.5 + bits)
