"""Statements that are composed: a name gets the value that it lacks, something is collected, stored or returned."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from envs.edits.lines import JUMPS
from envs.tasks.feature.guards import raised
from envs.tasks.feature.ideas import Idea
from envs.tasks.feature.places import Gap, Site
from envs.tasks.feature.statements import assignments, known_values
from envs.tasks.feature.terms import Term, rank, results
from envs.tasks.feature.vocabulary import Vocabulary

KINDS = ("name_given", "name_changed", "collected", "stored", "returned", "called", "raised")
_GATHERING = {"[]": (".append({})", ".extend({})"), "set()": (".add({})",), "0": (" += {}",), "''": (" += {}",)}


def composed(site: Site, gap: Gap, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Idea]:
    """Those of the ``kinds`` at one gap."""
    for kind, ideas in _WAYS.items():
        if kind in kinds:
            yield from ideas(site, gap, words)


def _given(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """A value for a name that is read and has none: right before its first use, or above that."""
    for target, reader, bits in _targets(site, gap):
        away = _above(site, gap, reader)
        if away is not None:
            for term in assignments(site, gap, words, target):
                more = 1.0 + bits + away + 0.8 * term.bits
                yield Idea("name_given", gap, term.text, more, term.name)


def _targets(site: Site, gap: Gap) -> Iterator[tuple[str, ast.stmt, float]]:
    """What lacks a value: a name, or two at once, of which one may be known already."""
    missing = list(site.unbound.items())[:3]
    for index, (name, reader) in enumerate(missing):
        yield name, reader, 1.5 * index
        others = [each for each, _ in missing if each != name]
        for rest, other in enumerate([*others, *gap.names[:2]][:3]):
            yield f"{name}, {other}", reader, 2.0 + 1.5 * index + rest
            if other not in others:
                yield f"{other}, {name}", reader, 2.0 + 1.5 * index + rest


def _above(site: Site, gap: Gap, reader: ast.stmt) -> float | None:
    """Bits by how far above ``reader`` the gap is; None where the value would come too late."""
    block, at = gap.block.statements, None
    around = [reader, *(each for each in site.view.ancestors(reader) if isinstance(each, ast.stmt))]
    for depth, each in enumerate(around):
        at = next((index for index, other in enumerate(block) if other is each), None)
        if at is not None:
            return None if gap.at > at else 1.0 * depth + 1.2 * (at - gap.at)
    return None


def _changed(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """Another value for a name, mostly one that is made of its own."""
    for name in gap.names[:4]:
        own = 1.5 if name not in site.unused else 3.0
        for term in known_values(site, gap, words)[:40]:
            if term.text != name:
                about = 0.0 if term.name == name else own
                bits = 2.0 + gap.cost + gap.weights[name] + about + term.bits
                yield Idea("name_changed", gap, f"{name} = {term.text}", bits, name)
        if gap.in_loop:
            yield Idea("name_changed", gap, f"{name} += 1", 3.0 + gap.cost + gap.weights[name], name)
            yield Idea("name_changed", gap, f"{name} -= 1", 5.0 + gap.cost + gap.weights[name], name)


def _collected(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    for name, start in _gatherers(site, gap):
        where = 0.0 if gap.in_loop and gap.last else 2.0
        for pattern_bits, pattern in enumerate(_GATHERING.get(start, ())):
            for term in known_values(site, gap, words)[:60]:
                if term.text != name:
                    text = name + pattern.format(term.text)
                    bits = 0.5 + where + gap.cost * 0.5 + 2 * pattern_bits + term.bits
                    yield Idea("collected", gap, text, bits, name)
        if start in ("{}", "dict()"):
            yield from _entries(site, gap, words, name, where)


def _gatherers(site: Site, gap: Gap) -> list[tuple[str, str]]:
    """Names that start empty, with what they start as."""
    found: dict[str, str] = {}
    for node in site.view.all(ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in gap.weights:
            found.setdefault(target.id, site.view.source(node.value).replace('"', "'"))
    known = {"list()": "[]", "dict()": "{}"}
    return [
        (name, known.get(start, start))
        for name, start in found.items()
        if known.get(start, start) in (*_GATHERING, "{}")
    ]


def _entries(site: Site, gap: Gap, words: Vocabulary, name: str, where: float) -> Iterator[Idea]:
    terms = [term for term in known_values(site, gap, words) if term.text != name]
    keys = [term for term in terms if term.name and term.name != name][:8]
    for key in keys:
        for term in terms[:30]:
            bits = 0.5 + where + gap.cost * 0.5 + 0.7 * key.bits + term.bits
            yield Idea("collected", gap, f"{name}[{key.text}] = {term.text}", bits, name)


def _stored(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """``self.x = …``, for attributes that are set elsewhere or parameters that nothing uses."""
    if "self" not in site.scope.locals:
        return
    unused = [name for name in gap.names if name in site.unused]
    for name in unused[:4]:
        for text in (f"self.{name} = {name}", f"self._{name} = {name}"):
            yield Idea("stored", gap, text, 1.0 + gap.cost + gap.weights[name], name)
    told = [f"self.{each}" for each in words.globals if "." not in each]
    for index, target in enumerate((*told, *(each for each in words.stored if each.startswith("self.")))[:8]):
        for term in known_values(site, gap, words)[:16]:
            if term.text != target:
                bits = 2.5 + gap.cost + rank(index) + term.bits
                yield Idea("stored", gap, f"{target} = {term.text}", bits, term.name)


def _returned(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """``return …`` where a block ends without a jump."""
    if not (gap.last and gap.returns):
        return
    outermost = gap.block.owner is site.view.function
    base = 0.0 if outermost else 2.0 + gap.cost * 0.5
    found = (*known_values(site, gap, words), *results(site, gap, words, 16))
    known: dict[str, Term] = {}
    for term in found:
        if term.text not in known or term.bits < known[term.text].bits:
            known[term.text] = term
    for term in known.values():
        yield Idea("returned", gap, f"return {term.text}", base + 0.9 * term.bits, term.name)
    if gap.hollow or not isinstance(gap.block.statements[-1], JUMPS):
        yield Idea("returned", gap, "return", base + 4.0, "")


def _called(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """A call for its effect."""
    for index, name in enumerate(words.globals):
        if index < 3:
            for arguments in ("", *gap.names[:4]):
                yield Idea("called", gap, f"{name}({arguments})", 3.0 + gap.cost + index, arguments)
    for owner in gap.names[:4]:
        for index, method in enumerate(("sort", "reverse", *words.methods[:4])):
            bits = 4.5 + gap.cost + gap.weights[owner] + rank(index)
            yield Idea("called", gap, f"{owner}.{method}()", bits, owner)


def _raised(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """``raise …`` where a block has nothing yet, or ends without a jump."""
    if gap.last and gap.returns:
        base = 0.0 if gap.hollow else 3.0 + gap.cost * 0.5
        for term in raised(site, gap, words):
            yield Idea("raised", gap, term.text, base + term.bits, term.name)


_WAYS: dict[str, Callable[[Site, Gap, Vocabulary], Iterator[Idea]]] = {
    "name_given": _given,
    "name_changed": _changed,
    "collected": _collected,
    "stored": _stored,
    "returned": _returned,
    "called": _called,
    "raised": _raised,
}
