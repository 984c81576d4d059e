"""Other ways through what stands there: ``else``, ``elif``, ``except``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.edits.lines import JUMPS, is_elif, reindented, tail
from envs.edits.view import Block, View
from envs.tasks.feature.guards import raised
from envs.tasks.feature.ideas import Idea
from envs.tasks.feature.places import Gap, Site, is_stub
from envs.tasks.feature.statements import assignments, known_values
from envs.tasks.feature.terms import Term, best, conditions, rank, results, template_terms
from envs.tasks.feature.vocabulary import Vocabulary

KINDS = ("else_added", "elif_added", "handler_added", "wrapped_in_try")
_LITERAL = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\b\d+\b")
_MOST_WRAPPED = 3
Costed = tuple[float, Proposal | Idea]


def arms(site: Site, words: Vocabulary) -> Iterator[Costed]:
    """All of them, each with its bits."""
    gaps = {(id(gap.block.owner), gap.block.field, gap.at): gap for gap in site.gaps}
    for block in site.view.blocks:
        for index, node in enumerate(block.statements):
            gap = gaps.get((id(block.owner), block.field, index))
            if gap is None or is_stub(block):
                continue
            if isinstance(node, ast.If):
                yield from _of_if(site, words, block, gap, node)
            elif isinstance(node, ast.For | ast.While | ast.Try):
                yield from _else(site, words, block, gap, node, 4.0)
            if isinstance(node, ast.Try):
                yield from _handlers(site, words, block, gap, node)
            yield from _wrapped(site, words, block, gap, index)


def _of_if(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.If) -> Iterator[Costed]:
    yield from _else(site, words, block, gap, node, 0.5)
    last = node
    while len(last.orelse) == 1 and isinstance(last.orelse[0], ast.If) and is_elif(site.view, last.orelse[0]):
        last = last.orelse[0]
        yield from _elif(site, words, block, gap, last)
    yield from _elif(site, words, block, gap, node)


def _else(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.stmt, more: float) -> Iterator[Costed]:
    found = tail(site.view, node)
    if found is None or found[1] not in ("body",) or isinstance(node, ast.Try):
        return
    owner = found[0]
    body: list[ast.stmt] = getattr(owner, "body", [])
    if not body or isinstance(body[-1], JUMPS):
        more += 4.0
    at = site.view.lines(node)[1]
    for term in _like(site, words, gap, body):
        text = f"{block.indent}else:\n{_indented(term.text, block.indent + '    ')}"
        ref = site.view.start(owner)
        span = site.view.span(node)
        yield more + gap.cost * 0.6 + term.bits, Proposal("else_added", at, at, text, span, term.say, ref)


def _like(site: Site, words: Vocabulary, gap: Gap, body: list[ast.stmt]) -> list[Term]:
    """Statements like those of another arm: the same target with another value, then what a branch may do."""
    found: list[Term] = []
    last = body[-1] if body else None
    text = site.view.source(last) if last is not None and last.lineno == last.end_lineno else ""
    if isinstance(last, ast.Assign) and text:
        target = site.view.source(last.targets[0])
        found += [
            Term(f"{target} = {t.text}", 0.5 + t.bits, t.say, t.name) for t in known_values(site, gap, words)[:50]
        ]
    elif isinstance(last, ast.Return) and gap.returns:
        terms = (*results(site, gap, words, 12), *known_values(site, gap, words)[:20])
        found += [Term(f"return {t.text}", 0.5 + t.bits, t.say, t.name) for t in terms]
    elif isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and last.value.args:
        function = site.view.source(last.value.func)
        found += [Term(f"{function}({t.text})", 0.5 + t.bits, t.say) for t in known_values(site, gap, words)[:40]]
    elif isinstance(last, ast.AugAssign):
        target = site.view.source(last.target)
        found += [
            Term(f"{target} {sign} {t.text}", 0.7 + t.bits, t.say)
            for sign in ("+=", "-=")
            for t in known_values(site, gap, words)[:20]
        ]
    found += [Term(each.text, each.bits + 2.0, each.text) for each in _varied(text, words)]
    found += [Term(t.text, t.bits + 3.0, t.text) for t in template_terms(words.pieces("simple"), site, gap, words)]
    for index, name in enumerate(gap.names[:3]):
        found += [term._replace(bits=term.bits + 2.0 + index) for term in assignments(site, gap, words, name)[:12]]
    found += [term._replace(bits=term.bits + 3.0) for term in raised(site, gap, words)] if gap.returns else []
    return best([term for term in found if gap.returns or not term.text.startswith("return")], site.at_most(60))


def _varied(text: str, words: Vocabulary) -> list[Term]:
    """``text`` with one of its literals replaced, those that the statement tells of first."""
    found = []
    for match in list(_LITERAL.finditer(text))[:3]:
        for index, literal in enumerate((*words.texts, *words.constants[:10])):
            if literal != match[0]:
                found.append(Term(text[: match.start()] + literal + text[match.end() :], rank(index), literal))
    return found


def _elif(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.If) -> Iterator[Costed]:
    """Another arm behind the arm ``node``: its test with another literal, or any other test."""
    at = site.view.lines(node.body[-1])[1]
    if site.view.text[at - 1] != "\n" or node.body[0].lineno == node.lineno:
        return
    own = site.view.source(node.test)
    tests = [Term(each.text, each.bits, each.say) for each in _varied(own, words)]
    tests += [term._replace(bits=term.bits + 1.0) for term in conditions(site, gap, words, 24)]
    bodies = _like(site, words, gap, node.body)[:16]
    for test in best([each for each in tests if each.text != own], 24):
        for body in bodies:
            bits = 1.5 + gap.cost * 0.6 + test.bits + body.bits
            if bits > site.limit:
                break
            text = f"{block.indent}elif {test.text}:\n{_indented(body.text, block.indent + '    ')}"
            span = site.view.span(node.test)
            yield bits, Proposal("elif_added", at, at, text, span, f"{body.say} {test.say}", site.view.start(node))


def _handlers(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.Try) -> Iterator[Costed]:
    """One more ``except``."""
    last = node.handlers[-1] if node.handlers else None
    if last is None:
        return
    at = site.view.lines(last.body[-1])[1]
    for bits, text, say in _caught(site, words, gap, block.indent, last.body):
        yield 1.5 + gap.cost * 0.4 + bits, Proposal("handler_added", at, at, text, site.view.span(last), say, None)


def _wrapped(site: Site, words: Vocabulary, block: Block, gap: Gap, index: int) -> Iterator[Costed]:
    """``try:`` around some statements in a row."""
    statements = block.statements
    size = len(statements) - index
    ends = [index + count - 1 for count in range(1, min(size, _MOST_WRAPPED) + 1)]
    if block.owner is site.view.function and index == 0 and len(statements) - 1 not in ends:
        ends.append(len(statements) - 1)
    for end in ends:
        first, last = statements[index], statements[end]
        text = _risky(site.view, statements[index : end + 1])
        inner = reindented(site.view, first, last, block.indent + "    ") if text else None
        if inner is None:
            continue
        start, stop = site.view.lines(first, last)
        base = 2.5 + gap.cost + 0.8 * (end - index)
        for bits, handler, say in _caught(site, words, gap, block.indent, [last]):
            more = base + bits
            if more > site.limit:
                continue
            whole = f"{block.indent}try:\n{inner}{handler}"
            anchor = (site.view.start(first), site.view.end(last))
            yield more, Proposal("wrapped_in_try", start, stop, whole, anchor, say, site.view.start(last))


def _risky(view: View, statements: list[ast.stmt]) -> str:
    """The text, where it holds something that may raise."""
    text = view.text[view.start(statements[0]) : view.end(statements[-1])]
    return text if any(sign in text for sign in ("(", "[", "/", ".", "import", "raise")) else ""


def _caught(
    site: Site, words: Vocabulary, gap: Gap, indent: str, body: list[ast.stmt]
) -> Iterator[tuple[float, str, str]]:
    ways = [Term("pass", 1.0, "pass")]
    if gap.in_loop:
        ways += [Term("continue", 1.0, "continue"), Term("break", 3.0, "break")]
    if gap.returns:
        ways += [Term(f"return {t.text}", 0.5 + t.bits * 0.7, t.say) for t in results(site, gap, words, 8)]
        told = raised(site, gap, words)[:4]
        ways += [Term(t.text, 1.0 + t.bits, t.say) for t in told]
        ways += [Term(f"{t.text} from None", 1.5 + t.bits, t.say) for t in told if " from " not in t.text]
    if isinstance(body[-1], ast.Assign):
        ways += [term._replace(bits=1.0 + term.bits) for term in _like(site, words, gap, body)[:10]]
    kept = best(ways, 16)
    for index, error in enumerate(words.exceptions[:7]):
        for way in kept:
            text = f"{indent}except {error}:\n{_indented(way.text, indent + '    ')}"
            yield rank(index) + way.bits, text, f"{error} {way.say}"


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in text.split("\n"))
