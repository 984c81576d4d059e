"""What changes the arms of a condition: what they share, their order, conditional expressions, equal arms."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.edits.lines import is_elif
from envs.edits.precedence import OR, TEST
from envs.edits.view import Block
from envs.tasks.refactoring.conditions import negated, opposite
from envs.tasks.refactoring.reading import Code, Part, joined, jumps, same

_TRUTHS = ast.Compare | ast.UnaryOp


def hoisted(code: Code) -> Iterator[Proposal]:
    """What both arms begin or end with is moved before or behind the condition."""
    for block, _, node, body in code.followed():
        other = code.block(node, "orelse")
        if other is None:
            continue
        tail = _shared(body.statements[::-1], other.statements[::-1])
        head = _shared(body.statements, other.statements)
        ends = (len(body.statements) - tail, len(other.statements) - tail)
        if tail:
            rest = _arms(code, node, Part(body, 0, ends[0]), Part(other, 0, ends[1]))
            new = joined(rest, code.part(Part(body, ends[0]), block.indent))
            yield from code.swap("hoist", code.view.lines(node), new, code.at(node), "else")
        shorter = min(len(body.statements), len(other.statements))
        if head and head < shorter and not _changes(body.statements[:head], node.test):
            rest = _arms(code, node, Part(body, head), Part(other, head))
            new = joined(code.part(Part(body, 0, head), block.indent), rest)
            yield from code.swap("hoist", code.view.lines(node), new, code.at(node), "if")


def _changes(statements: list[ast.stmt], test: ast.expr) -> bool:
    """Whether statements that would run before a test, and not behind it any more, set a name that it reads."""
    nodes = [node for each in statements for node in ast.walk(each) if isinstance(node, ast.Name)]
    stored = {node.id for node in nodes if not isinstance(node.ctx, ast.Load)}
    return any(isinstance(node, ast.Name) and node.id in stored for node in ast.walk(test))


def _shared(one: list[ast.stmt], other: list[ast.stmt]) -> int:
    size = 0
    while size < min(len(one), len(other)) and same(one[size], other[size]):
        size += 1
    return size


def _arms(code: Code, node: ast.If, body: Part, other: Part) -> str | None:
    """The condition with what is left of its arms."""
    first, second = code.part(body, body.block.indent), code.part(other, body.block.indent)
    if first and second:
        return joined(code.header(node, code.test(node.test)), first, f"{code.view.indent(node)}else:\n", second)
    if first or second:
        test = code.test(node.test) if first else opposite(code, node.test)
        return joined(code.header(node, test), first, second)
    return ""


def sunk(code: Code) -> Iterator[Proposal]:
    """The statement behind a condition is copied into its arms."""
    return sunk_by(code, 1)


def sunk_by(code: Code, most: int) -> Iterator[Proposal]:
    """The same with up to ``most`` statements in a row."""
    for block, index, node, body in code.followed():
        other = code.block(node, "orelse")
        if other is None and node.orelse:
            continue
        for end in range(index + 2, min(index + most + 1, len(block.statements)) + 1):
            new = _copied_into(code, (node, body, other), Part(block, index + 1, end))
            last = block.statements[end - 1]
            span = code.view.lines(node)[0], code.view.lines(last)[1]
            yield from code.swap("sink", span, new, code.at(node), "else", code.view.start(last))


def _copied_into(code: Code, arms: tuple[ast.If, Block, Block | None], part: Part) -> str | None:
    node, body, other = arms
    copied = code.part(part, body.indent)
    first, second = "" if jumps(body) else copied, "" if other and jumps(other) else copied
    if not first and not second:
        return None
    start = f"{part.block.indent}else:\n" if other is None else _between(code, body, other)
    kept = code.part(Part(other), other.indent) if other else ""
    old = code.text[code.view.lines(node)[0] : code.view.lines(body.statements[-1])[1]]
    return joined(old, first, start, kept, second)


def _between(code: Code, body: Block, other: Block) -> str:
    return code.text[code.view.lines(body.statements[-1])[1] : code.lead(other, 0)]


def swapped(code: Code) -> Iterator[Proposal]:
    """The condition turned round, and its arms exchanged."""
    for node, body, other in code.ifs():
        if other is not None and not is_elif(code.view, node):
            first, second = code.part(Part(other), body.indent), code.part(Part(body), body.indent)
            head = code.header(node, opposite(code, node.test))
            new = joined(head, first, f"{code.view.indent(node)}else:\n", second)
            yield from code.swap("turn_arms", code.view.lines(node), new, code.at(node), "not")
    for choice in code.view.all(ast.IfExp):
        if code.view.known(choice):
            text, _ = negated(code, choice.test)
            new = f"{code.test(choice.orelse, OR)} if {text} else {code.test(choice.body, TEST)}"
            yield from code.swap("turn_arms", code.view.span(choice), new, code.at(choice), "not")


def ternaries(code: Code) -> Iterator[Proposal]:
    """Two arms that set or return one thing become a conditional expression."""
    for block, index, node, body in code.followed():
        other = code.block(node, "orelse")
        pair = _pair(block, index, node, other)
        if pair is None or len(body.statements) > 1:
            continue
        one, two, last = body.statements[0], pair[0], pair[1]
        span = code.view.lines(node)[0], code.view.lines(last)[1]
        start = _result(code, one, two)
        if start is not None:
            first, second = one.value, two.value  # type: ignore[attr-defined]
            text = f"{code.test(first, OR)} if {code.test(node.test, OR)} else {code.test(second, TEST)}"
            yield from code.swap("to_ternary", span, f"{block.indent}{start}{text}\n", code.at(node), "if")
            yield from _truth(code, node, (first, second), (block.indent + start, span))


def _pair(block: Block, index: int, node: ast.If, other: Block | None) -> tuple[ast.stmt, ast.stmt] | None:
    """What runs where the condition doesn't hold, and the last statement of both."""
    if other is not None and len(other.statements) == 1:
        return other.statements[0], node
    after = block.statements[index + 1] if index + 1 < len(block.statements) else None
    return (after, after) if not node.orelse and isinstance(after, ast.Return) else None


def _result(code: Code, one: ast.stmt, two: ast.stmt) -> str | None:
    """What both say before their value."""
    match one, two:
        case ast.Return(value=ast.expr()), ast.Return(value=ast.expr()):
            return "return "
        case ast.Assign(targets=[a]), ast.Assign(targets=[b]) if same(a, b):
            return f"{code.view.source(a)} = "
    return None


def _truth(
    code: Code, node: ast.If, values: tuple[ast.expr, ast.expr], place: tuple[str, tuple[int, int]]
) -> Iterator[Proposal]:
    """``return True`` or ``return False`` by a condition is the condition."""
    start, span = place
    for text in truth_of(code, node.test, values):
        yield from code.swap("simplify_return", span, f"{start}{text}\n", code.at(node), "bool")


def truth_of(code: Code, test: ast.expr, values: tuple[ast.expr, ast.expr]) -> list[str]:
    """What ``True if test else False`` can be said as."""
    match values:
        case ast.Constant(value=True), ast.Constant(value=False):
            plain = code.test(test, OR)
            return [plain] if isinstance(test, _TRUTHS) else [plain, f"bool({code.view.source(test)})"]
        case ast.Constant(value=False), ast.Constant(value=True):
            return [opposite(code, test)]
    return []


def truths(code: Code) -> Iterator[Proposal]:
    """``True if c else False`` is the condition."""
    for node in code.view.all(ast.IfExp):
        for text in truth_of(code, node.test, (node.body, node.orelse)) if code.view.known(node) else ():
            yield from code.swap("simplify_return", code.view.span(node), f"({text})", code.at(node), "bool")
            yield from code.swap("simplify_return", code.view.span(node), text, code.at(node), "bool")


def expanded(code: Code) -> Iterator[Proposal]:
    """A conditional expression, or a condition that is returned, becomes two arms."""
    for block in code.blocks:
        for node in block.statements:
            value = getattr(node, "value", None)
            start = _before_value(code, node)
            if start is None or not isinstance(value, ast.expr):
                continue
            parts = _choice(code, value)
            if parts is not None:
                test, first, second = parts
                deep = block.indent + code.step(block)
                new = f"{block.indent}if {test}:\n{deep}{start}{first}\n{block.indent}else:\n{deep}{start}{second}\n"
                yield from code.swap("expand", code.view.lines(node), new, code.at(node), "else")


def _before_value(code: Code, node: ast.stmt) -> str | None:
    match node:
        case ast.Return():
            return "return "
        case ast.Assign(targets=[target]):
            return f"{code.view.source(target)} = "
    return None


def _choice(code: Code, value: ast.expr) -> tuple[str, str, str] | None:
    match value:
        case ast.IfExp():
            return code.test(value.test), code.test(value.body), code.test(value.orelse)
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return code.test(value), "True", "False"
    return None


def merged_arms(code: Code) -> Iterator[Proposal]:
    """Two conditions in a row with one and the same body become one with ``or``."""
    yield from _chained_arms(code)
    yield from _arms_in_a_row(code)


def _chained_arms(code: Code) -> Iterator[Proposal]:
    """``if`` and ``elif``."""
    for node, body, _ in code.ifs():
        other = node.orelse[0] if len(node.orelse) == 1 else None
        second = code.block(other) if other is not None else None
        if (
            isinstance(other, ast.If)
            and second
            and is_elif(code.view, other)
            and same(body.statements, second.statements)
        ):
            yield from _either(code, node, other, body)


def _arms_in_a_row(code: Code) -> Iterator[Proposal]:
    """Two conditions that end in a jump."""
    for block, index, node, body in code.followed():
        after = block.statements[index + 1] if index + 1 < len(block.statements) else None
        if isinstance(after, ast.If) and not node.orelse and jumps(body) and same(node.body, after.body):
            yield from _either(code, node, after, body)


def _either(code: Code, node: ast.If, other: ast.If, body: Block) -> Iterator[Proposal]:
    test = " or ".join(code.test(each, OR) for each in (node.test, other.test))
    new = joined(code.header(node, test), code.part(Part(body), body.indent))
    span = code.view.lines(node)[0], code.view.lines(other.body[-1])[1]
    yield from code.swap("merge_arms", span, new, code.at(node), "or", code.view.start(other))
