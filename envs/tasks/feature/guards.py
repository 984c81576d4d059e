"""Early ways out and branches: ``if``, a condition, and what is done then."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envs.tasks.feature.ideas import Idea
from envs.tasks.feature.places import Gap, Site
from envs.tasks.feature.statements import assignments
from envs.tasks.feature.terms import Term, best, conditions, rank, results, template_terms
from envs.tasks.feature.vocabulary import Vocabulary

KINDS = ("guard_returns", "guard_raises", "guard_jumps", "default_set", "branch_added")
_CONDITIONS, _RESULTS = 64, 12
_TESTED = frozenset(KINDS) - {"default_set"}


def guards(site: Site, gap: Gap, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Idea]:
    """``if …: return …`` and its like, and branches of one statement, as far as they are of the ``kinds``."""
    found = conditions(site, gap, words, _CONDITIONS) if kinds & _TESTED else []
    if gap.returns and "guard_returns" in kinds:
        yield from _ways(site, found, gap, "guard_returns", _returned(site, gap, words), 1.0)
    if gap.returns and "guard_raises" in kinds:
        yield from _ways(site, found, gap, "guard_raises", raised(site, gap, words), 1.0 if words.texts else 2.0)
    if gap.in_loop and "guard_jumps" in kinds:
        jumps = [Term("continue", 0.0), Term("break", 0.8)]
        yield from _ways(site, found, gap, "guard_jumps", jumps, 1.0)
    if "default_set" in kinds:
        yield from _defaults(site, gap, words)
    if "branch_added" in kinds:
        yield from _ways(site, found[: site.at_most(24)], gap, "branch_added", _done(site, gap, words), 1.5)


def _ways(site: Site, tests: list[Term], gap: Gap, kind: str, ways: list[Term], bits: float) -> Iterator[Idea]:
    room = site.limit - bits - gap.cost
    for test in tests:
        for way in ways:
            if test.bits + way.bits > room:
                break
            text = f"if {test.text}:\n    {way.text}"
            # What was asked about is what most is done with.
            about = -1.0 if way.name and re.search(rf"\b{way.name}\b", test.text) else 0.0
            cost = bits + gap.cost + test.bits + way.bits + about
            yield Idea(kind, gap, text, cost, test.name)


def _returned(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    found = [Term(f"return {term.text}", term.bits, term.name) for term in results(site, gap, words, _RESULTS)]
    bare = 0.5 if not words.own.returns else 3.0
    return best((*found, Term("return", bare)), site.at_most(_RESULTS))


def raised(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    """What may be raised: errors with the texts that the statement tells of, and what the siblings raise."""
    key = ("raised", gap.key)
    if key not in site.memo:
        site.memo[key] = best(_raised(site, gap, words), site.at_most(10))
    known: list[Term] = site.memo[key]
    return known


def _raised(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    found = []
    for index, error in enumerate(words.exceptions[:5]):
        for literal in words.texts[:3]:
            for text in _messages(literal, gap):
                found.append(Term(f"raise {error}({text})", 0.5 + rank(index)))
        found.append(Term(f"raise {error}", 4.0 + rank(index)))
        found += [Term(f"raise {error}({name})", 3.0 + rank(index) + gap.weights[name]) for name in gap.names[:2]]
    return [*found, *template_terms(words.pieces("raises"), site, gap, words)]


def _messages(literal: str, gap: Gap) -> list[str]:
    if not literal.startswith(("'", '"')):
        return []
    if "{" in literal:
        return [f"f{literal}", *(f"{literal}.format({name})" for name in gap.names[:2])]
    if "%" in literal:
        return [f"{literal} % {part}" for name in gap.names[:3] for part in (name, f"({name},)", f"repr({name})")]
    return [literal]


def _defaults(site: Site, gap: Gap, words: Vocabulary) -> Iterator[Idea]:
    """``if x is None: x = …``."""
    for name in gap.names[:6]:
        for test, more in ((f"{name} is None", 0.5), (f"not {name}", 2.0)):
            for term in assignments(site, gap, words, name)[: site.at_most(24)]:
                bits = 1.5 + gap.cost + gap.weights[name] + more + term.bits
                yield Idea("default_set", gap, f"if {test}:\n    {term.text}", bits, name)


def _done(site: Site, gap: Gap, words: Vocabulary) -> list[Term]:
    """What a branch does: one statement of the siblings or the function, or another value for a name."""
    simple = template_terms(words.pieces("simple"), site, gap, words)
    done = [Term(t.text, t.bits + 1.0) for t in simple if not t.text.startswith(("return", "raise"))]
    for name in gap.names[:4]:
        done += [
            term._replace(bits=term.bits + gap.weights[name] + 1.0) for term in assignments(site, gap, words, name)[:8]
        ]
    return best(done, site.at_most(16))
