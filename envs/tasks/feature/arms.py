"""Other ways through what stands there: ``else``, ``elif``, ``except``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.lines import JUMPS, is_elif, reindented, tail
from envs.edits.view import Block, View
from envs.tasks.feature.guards import raised
from envs.tasks.feature.ideas import Arm
from envs.tasks.feature.places import Gap, Site, is_stub
from envs.tasks.feature.statements import assignments, known_values
from envs.tasks.feature.terms import LITERAL, Term, best, conditions, rank, results, template_terms
from envs.tasks.feature.vocabulary import Vocabulary

KINDS = ("else_added", "elif_added", "handler_added", "wrapped_in_try")
_MOST_WRAPPED = 3


def arms(site: Site, words: Vocabulary, kinds: frozenset[str]) -> Iterator[Arm]:
    """Those of the ``kinds``."""
    gaps = {gap.key: gap for gap in site.gaps}
    for block in site.view.blocks:
        for index, node in enumerate(block.statements):
            gap = gaps.get((id(block.owner), block.field, index))
            if gap is None or is_stub(block):
                continue
            if "else_added" in kinds and isinstance(node, ast.If | ast.For | ast.While):
                yield from _else(site, words, block, gap, node, 0.5 if isinstance(node, ast.If) else 4.0)
            if "elif_added" in kinds and isinstance(node, ast.If):
                yield from _elifs(site, words, block, gap, node)
            if "handler_added" in kinds and isinstance(node, ast.Try):
                yield from _handlers(site, words, block, gap, node)
            if "wrapped_in_try" in kinds:
                yield from _wrapped(site, words, block, gap, index)


def _else(
    site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.If | ast.For | ast.While, more: float
) -> Iterator[Arm]:
    found = tail(site.view, node)
    if found is None or found[1] not in ("body",):
        return
    body: list[ast.stmt] = getattr(found[0], "body", [])
    if not body or isinstance(body[-1], JUMPS):
        more += 4.0
    at = site.view.lines(node)[1]
    for term in _like(site, words, gap, body):
        text = f"{block.indent}else:\n{_indented(term.text, block.indent + '    ')}"
        yield Arm("else_added", gap, more + gap.cost * 0.6 + term.bits, at, at, text, site.view.span(node), term.text)


def _like(site: Site, words: Vocabulary, gap: Gap, body: list[ast.stmt]) -> list[Term]:
    """Statements like those of another arm: the same target with another value, then what a branch may do."""
    last = body[-1] if body else None
    text = site.view.source(last) if last is not None and last.lineno == last.end_lineno else ""
    found = [*_of_same_sort(site, words, gap, last, bool(text))]
    found += [Term(each.text, each.bits + 2.0) for each in _varied(text, words)]
    found += [Term(t.text, t.bits + 3.0) for t in template_terms(words.pieces("simple"), site, gap, words)]
    for index, name in enumerate(gap.names[:3]):
        found += [term._replace(bits=term.bits + 2.0 + index) for term in assignments(site, gap, words, name)[:12]]
    found += [term._replace(bits=term.bits + 3.0) for term in raised(site, gap, words)] if gap.returns else []
    return best([term for term in found if gap.returns or not term.text.startswith("return")], site.at_most(60))


def _of_same_sort(site: Site, words: Vocabulary, gap: Gap, last: ast.stmt | None, in_a_line: bool) -> Iterator[Term]:
    known = known_values(site, gap, words)
    if isinstance(last, ast.Assign) and in_a_line:
        target = site.view.source(last.targets[0])
        for term in known[:50]:
            yield Term(f"{target} = {term.text}", 0.5 + term.bits, term.name)
    elif isinstance(last, ast.Return) and gap.returns:
        for term in (*results(site, gap, words, 12), *known[:20]):
            yield Term(f"return {term.text}", 0.5 + term.bits, term.name)
    elif isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and last.value.args:
        function = site.view.source(last.value.func)
        for term in known[:40]:
            yield Term(f"{function}({term.text})", 0.5 + term.bits, term.name)
    elif isinstance(last, ast.AugAssign):
        target = site.view.source(last.target)
        for sign in ("+=", "-="):
            for term in known[:20]:
                yield Term(f"{target} {sign} {term.text}", 0.7 + term.bits, term.name)


def _varied(text: str, words: Vocabulary) -> list[Term]:
    """``text`` with one of its literals replaced, those that the statement tells of first."""
    found = []
    for match in list(LITERAL.finditer(text))[:3]:
        for index, literal in enumerate((*words.texts, *words.constants[:10])):
            if literal != match[0]:
                found.append(Term(text[: match.start()] + literal + text[match.end() :], rank(index)))
    return found


def _elifs(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.If) -> Iterator[Arm]:
    last = node
    while len(last.orelse) == 1 and isinstance(last.orelse[0], ast.If) and is_elif(site.view, last.orelse[0]):
        last = last.orelse[0]
        yield from _elif(site, words, block, gap, last)
    yield from _elif(site, words, block, gap, node)


def _elif(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.If) -> Iterator[Arm]:
    """Another arm behind the arm ``node``: its test with another literal, or any other test."""
    at = site.view.lines(node.body[-1])[1]
    if site.view.text[at - 1] != "\n" or node.body[0].lineno == node.lineno:
        return
    own = site.view.source(node.test)
    tests = [*_varied(own, words), *(t._replace(bits=t.bits + 1.0) for t in conditions(site, gap, words, 24))]
    bodies = _like(site, words, gap, node.body)[:16]
    for test in best([each for each in tests if each.text != own], 24):
        for body in bodies:
            bits = 1.5 + gap.cost * 0.6 + test.bits + body.bits
            if bits > site.limit:
                break
            text = f"{block.indent}elif {test.text}:\n{_indented(body.text, block.indent + '    ')}"
            said = f"elif {test.text}:\n    {body.text}"
            yield Arm("elif_added", gap, bits, at, at, text, site.view.span(node.test), said)


def _handlers(site: Site, words: Vocabulary, block: Block, gap: Gap, node: ast.Try) -> Iterator[Arm]:
    """One more ``except``."""
    last = node.handlers[-1] if node.handlers else None
    if last is None:
        return
    at = site.view.lines(last.body[-1])[1]
    for bits, text, said in _caught(site, words, gap, block.indent, last.body):
        yield Arm("handler_added", gap, 1.5 + gap.cost * 0.4 + bits, at, at, text, site.view.span(last), said)


def _wrapped(site: Site, words: Vocabulary, block: Block, gap: Gap, index: int) -> Iterator[Arm]:
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
        anchor = (site.view.start(first), site.view.end(last))
        for bits, handler, said in _caught(site, words, gap, block.indent, [last]):
            if base + bits <= site.limit:
                whole = f"{block.indent}try:\n{inner}{handler}"
                yield Arm("wrapped_in_try", gap, base + bits, start, stop, whole, anchor, said)


def _risky(view: View, statements: list[ast.stmt]) -> str:
    """The text, where it holds something that may raise."""
    text = view.text[view.start(statements[0]) : view.end(statements[-1])]
    return text if any(sign in text for sign in ("(", "[", "/", ".", "import", "raise")) else ""


def _caught(
    site: Site, words: Vocabulary, gap: Gap, indent: str, body: list[ast.stmt]
) -> Iterator[tuple[float, str, str]]:
    """Bits, lines, and the same without indentation."""
    ways = [Term("pass", 1.0)]
    if gap.in_loop:
        ways += [Term("continue", 1.0), Term("break", 3.0)]
    if gap.returns:
        ways += [Term(f"return {t.text}", 0.5 + t.bits * 0.7) for t in results(site, gap, words, 8)]
        told = raised(site, gap, words)[:4]
        ways += [Term(t.text, 1.0 + t.bits) for t in told]
        ways += [Term(f"{t.text} from None", 1.5 + t.bits) for t in told if " from " not in t.text]
    if isinstance(body[-1], ast.Assign):
        ways += [term._replace(bits=1.0 + term.bits) for term in _like(site, words, gap, body)[:10]]
    kept = best(ways, 16)
    for index, error in enumerate(words.exceptions[:7]):
        for way in kept:
            text = f"{indent}except {error}:\n{_indented(way.text, indent + '    ')}"
            yield rank(index) + way.bits, text, f"except {error}:\n    {way.text}"


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in text.split("\n"))
