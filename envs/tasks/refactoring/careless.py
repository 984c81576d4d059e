"""What looks like a refactoring and changes behaviour: for an agent to learn to leave alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.edits.precedence import OR
from envs.tasks.refactoring.nesting import leaving
from envs.tasks.refactoring.reading import Code, Part, joined, jumps


def careless(code: Code) -> Iterator[Proposal]:
    """Conditions merged by the wrong word, arms dropped, guards that are not turned round."""
    yield from _merged(code)
    yield from _dropped(code)
    yield from _guarded(code)


def _merged(code: Code) -> Iterator[Proposal]:
    """``if a: if b:`` becomes ``if a or b:``."""
    for node, body, _ in code.ifs():
        inner = body.statements[0]
        inside = code.block(inner)
        if not node.orelse and len(body.statements) == 1 and isinstance(inner, ast.If) and inside and not inner.orelse:
            test = f"{code.test(node.test, OR)} or {code.test(inner.test, OR)}"
            new = joined(code.header(node, test), code.part(Part(inside), body.indent))
            yield from code.swap("careless", code.view.lines(node), new, code.at(node), "or")


def _dropped(code: Code) -> Iterator[Proposal]:
    """Only one of two arms stays, or the ``else`` runs always."""
    for block, _, node, body in code.followed():
        other = code.block(node, "orelse")
        span = code.view.lines(node)
        if not node.orelse or other is not None:
            new = code.part(Part(body), block.indent)
            yield from code.swap("careless", span, new, code.at(node), "if")
        if other is not None:
            second = code.part(Part(other), block.indent)
            yield from code.swap("careless", span, second, code.at(node), "else")
            if not jumps(body):
                first = joined(code.header(node, code.test(node.test)), code.part(Part(body), body.indent))
                yield from code.swap("careless", span, joined(first, second), code.at(node), "else")


def _guarded(code: Code) -> Iterator[Proposal]:
    """A guard whose condition is not turned round."""
    for block in code.blocks:
        last, jump = block.statements[-1], leaving(code, block)
        body = code.block(last)
        if jump and isinstance(last, ast.If) and body and not last.orelse and not jumps(body):
            head = code.header(last, code.test(last.test)) + f"{body.indent}{jump}\n"
            new = joined(head, code.part(Part(body), block.indent))
            yield from code.swap("careless", code.view.lines(last), new, code.at(last), jump)
