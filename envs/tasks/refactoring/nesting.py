"""What changes how deep statements are nested: guards, merged and split conditions, ``else`` behind a jump."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.edits.lines import in_function, is_elif
from envs.edits.program import Function
from envs.edits.view import Block
from envs.tasks.refactoring.conditions import opposite
from envs.tasks.refactoring.reading import Code, Part, joined, jumps, reindented

_LOOPS = ast.For | ast.AsyncFor | ast.While


def merged_ifs(code: Code) -> Iterator[Proposal]:
    """``if a: if b: …`` becomes ``if a and b: …``, ``else: if …`` becomes ``elif …``."""
    for node, body, other in code.ifs():
        inner = body.statements[0]
        inside = code.block(inner)
        if not node.orelse and len(body.statements) == 1 and isinstance(inner, ast.If) and inside and not inner.orelse:
            head = code.header(node, code.both(node.test, inner.test))
            new = joined(head, _notes(code, body), code.part(Part(inside), body.indent))
            yield from code.swap("merge_ifs", code.view.lines(node), new, code.at(inner), "and", code.view.start(node))
        if other is not None and len(other.statements) == 1:
            yield from _flattened(code, node, body, other)


def _notes(code: Code, block: Block) -> str:
    """The comments above the first statement of a block."""
    return code.text[code.lead(block, 0) : code.view.lines(block.statements[0])[0]]


def _flattened(code: Code, node: ast.If, body: Block, other: Block) -> Iterator[Proposal]:
    inner = other.statements[0]
    if isinstance(inner, ast.If) and code.block(inner) is not None:
        indent = code.view.indent(node)
        tail = code.part(Part(other), indent)
        if tail is not None:
            at = tail.find(f"{indent}if")
            tail = f"{tail[:at]}{indent}elif{tail[at + len(indent) + 2 :]}"
        span = code.view.lines(body.statements[-1])[1], code.view.lines(node)[1]
        yield from code.swap("merge_ifs", span, tail, code.at(inner), "elif", code.view.start(node))


def split_ifs(code: Code) -> Iterator[Proposal]:
    """``if a and b: …`` becomes ``if a: if b: …``, ``elif …`` becomes ``else: if …``."""
    for node, body, _ in code.ifs():
        step, test = code.step(body), node.test
        if not node.orelse and isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            head = code.header(node, code.both(*test.values[:-1])) + f"{body.indent}if {code.test(test.values[-1])}:\n"
            new = joined(head, code.part(Part(body), body.indent + step))
            yield from code.swap("split_if", code.view.lines(node), new, code.at(node), "if")
        if len(node.orelse) == 1 and is_elif(code.view, node.orelse[0]):
            yield from _unflattened(code, node.orelse[0], body)


def _unflattened(code: Code, inner: ast.stmt, body: Block) -> Iterator[Proposal]:
    start, end = code.view.lines(inner)
    indent, text = code.view.indent(inner), code.text[start:end]
    plain = reindented(f"{indent}{text[len(indent) + 2 :]}", indent, body.indent)
    new = joined(f"{indent}else:\n", plain)
    yield from code.swap("split_if", (start, end), new, code.at(inner), "else")


def guards(code: Code) -> Iterator[Proposal]:
    """The condition turned round, with a jump in its body, and what it held behind it."""
    yield from _last_turned(code)
    yield from _else_turned(code)


def _last_turned(code: Code) -> Iterator[Proposal]:
    """A condition at the end of a function or loop."""
    for block in code.blocks:
        last, jump = block.statements[-1], leaving(code, block)
        body = code.block(last)
        if jump and isinstance(last, ast.If) and body and not last.orelse and not jumps(body):
            head = code.header(last, opposite(code, last.test)) + f"{body.indent}{jump}\n"
            new = joined(head, code.part(Part(body), block.indent))
            yield from code.swap("guard", code.view.lines(last), new, code.at(last), jump)


def _else_turned(code: Code) -> Iterator[Proposal]:
    """A condition whose ``else`` is a jump."""
    for node, body, other in code.ifs():
        if other and jumps(other) and len(other.statements) == 1 and not is_elif(code.view, node):
            turned = joined(code.header(node, opposite(code, node.test)), code.part(Part(other), body.indent))
            new = joined(turned, code.part(Part(body), code.view.indent(node)))
            yield from code.swap("guard", code.view.lines(node), new, code.at(node), "else")


def nested_guards(code: Code) -> Iterator[Proposal]:
    """What stands behind a guard goes into an ``if`` with the condition turned round."""
    for block, index, node, body in code.followed():
        if node.orelse or not jumps(body) or index + 1 == len(block.statements):
            continue
        rest = code.part(Part(block, index + 1), body.indent)
        new = joined(code.header(node, opposite(code, node.test)), rest)
        if not _falls(code, block, body):
            new = joined(new, f"{block.indent}else:\n", code.part(Part(body), body.indent))
        span = code.view.lines(node)[0], code.view.lines(block.statements[-1])[1]
        yield from code.swap("nest_guard", span, new, code.at(node), "if")


def _falls(code: Code, block: Block, body: Block) -> bool:
    """Whether a guard only does what the end of the block does anyway."""
    bare = code.view.source(body.statements[0]) if len(body.statements) == 1 else ""
    end = leaving(code, block)
    return bool(end) and bare in (end, end.partition(" ")[0])


def removed_elses(code: Code) -> Iterator[Proposal]:
    """``else`` behind a jump goes; what it held moves out."""
    for block, _, node, body in code.followed():
        if not jumps(body) or not node.orelse:
            continue
        if is_elif(code.view, node.orelse[0]) and len(node.orelse) == 1:
            start = code.view.start(node.orelse[0])
            yield from code.swap("remove_else", (start, start + 4), "if", code.at(node.orelse[0]), "if")
        last, every = _chain_end(code, node)
        other = code.block(last, "orelse")
        if other is not None and every:
            start = code.view.lines(last.body[-1])[1]
            new = code.part(Part(other), block.indent)
            span = start, code.view.lines(other.statements[-1])[1]
            yield from code.swap("remove_else", span, new, code.at(other.statements[0]), "else")


def _chain_end(code: Code, node: ast.If) -> tuple[ast.If, bool]:
    """The last condition of a chain of ``elif``, and whether every body of the chain ends in a jump."""
    every = True
    while True:
        body = code.block(node)
        every = every and body is not None and jumps(body)
        following = node.orelse[0] if len(node.orelse) == 1 else None
        if not isinstance(following, ast.If) or not is_elif(code.view, following):
            return node, every
        node = following


def added_elses(code: Code) -> Iterator[Proposal]:
    """What stands behind a guard moves into an ``else`` of its."""
    for block, index, node, body in code.followed():
        if node.orelse or not jumps(body) or index + 1 == len(block.statements):
            continue
        following = block.statements[index + 1]
        start, end = code.lead(block, index + 1), code.view.lines(block.statements[-1])[1]
        new = joined(f"{block.indent}else:\n", code.part(Part(block, index + 1), body.indent))
        yield from code.swap("add_else", (start, end), new, code.at(node), "else")
        if isinstance(following, ast.If) and index + 2 == len(block.statements):
            at = code.view.start(following)
            yield from code.swap("add_else", (at, at + 2), "elif", code.at(following), "elif")


def leaving(code: Code, block: Block) -> str:
    """The jump that does what the end of the block does; nothing where there is none."""
    if isinstance(block.owner, _LOOPS) and block.field == "body":
        return "continue"
    if isinstance(block.owner, Function) and in_function(code.view, block):
        valued = any(each.value is not None for each in code.view.all(ast.Return))
        return "return None" if valued else "return"
    return ""
