"""Conditions turned round, put simply, and put clumsily."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.edits.precedence import AND, COMPARE, NOT, demanded, enclosed, level, place, wrap
from envs.tasks.refactoring.reading import Code, same

FLIPPED: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
WORDS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_CHAINED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq)
# What ``not`` of them can be said by the opposite sign, whatever the operands are.
_EXACT = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)


def negated(code: Code, node: ast.expr) -> tuple[str, int]:
    """The opposite of a test as text, and how tightly that binds."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return code.view.source(operand), level(operand)
        case ast.Compare(ops=[sign]):
            return _compared(code, node, FLIPPED[type(sign)]), COMPARE
        case ast.Constant(value=True | False):
            return str(not node.value), level(node)
        case ast.BoolOp() if all(map(_turns, node.values)):
            return _de_morgan(code, node)
    return "not " + code.test(node, NOT), NOT


def opposite(code: Code, node: ast.expr) -> str:
    """``negated`` as it may stand behind ``if``."""
    text, own = negated(code, node)
    return wrap(text, own, 0)


def simplified(code: Code) -> Iterator[Proposal]:
    """The same condition in fewer words."""
    for node in code.view.all(ast.UnaryOp):
        if isinstance(node.op, ast.Not) and _simple_not(node.operand):
            text, own = negated(code, node.operand)
            yield from _placed(code, "simplify_condition", node, text, own)
    for test in code.view.all(ast.Compare):
        yield from _simple_compare(code, test)
        yield from _keyless(code, test)
    for pair in code.view.all(ast.BoolOp):
        yield from _chained(code, pair)
    for loop in code.view.all(ast.For):
        if (bare := _without_keys(code, loop.iter)) is not None:
            yield from code.swap("simplify_condition", code.view.span(loop.iter), bare, code.at(loop.iter), "keys")


def complicated(code: Code) -> Iterator[Proposal]:
    """The same condition in more words: what an agent had better leave alone."""
    for node in code.view.all(ast.Compare):
        if len(node.ops) == 1:
            if isinstance(node.ops[0], _EXACT):
                text = "not " + _compared(code, node, FLIPPED[type(node.ops[0])])
                yield from _placed(code, "complicate_condition", node, text, NOT)
            yield from _equated(code, node)
            yield from _keyed(code, node.comparators[0], isinstance(node.ops[0], ast.In | ast.NotIn))
        elif all(isinstance(each, ast.Name | ast.Constant) for each in node.comparators[:-1]):
            yield from _split_chain(code, node)
    for test in tests(code):
        if isinstance(test, ast.Name):
            yield from _placed(code, "complicate_condition", test, f"len({test.id}) > 0", COMPARE)
    for loop in code.view.all(ast.For):
        yield from _keyed(code, loop.iter, True)


def tests(code: Code) -> Iterator[ast.expr]:
    """The expressions of which only the truth counts."""
    heads: list[ast.expr] = [node.test for node in code.view.all(ast.If)]
    heads += [node.test for node in code.view.all(ast.While)]
    heads += [node.test for node in code.view.all(ast.IfExp)]
    yield from truths(heads)


def truths(heads: list[ast.expr]) -> Iterator[ast.expr]:
    """The parts of tests of which only the truth counts, themselves among them."""
    waiting = heads
    while waiting:
        node = waiting.pop(0)
        yield node
        match node:
            case ast.BoolOp():
                waiting += node.values
            case ast.UnaryOp(op=ast.Not()):
                waiting.append(node.operand)


def clumsy_compare(node: ast.expr) -> bool:
    """``x == None`` and ``x == True``."""
    match node:
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()], comparators=[ast.Constant(value=None | True | False)]):
            return True
    return False


def size_test(node: ast.expr) -> bool | None:
    """Whether a comparison of ``len(x)`` with 0 asks for something (True) or nothing (False); None for others."""
    match node:
        case ast.Compare(left=ast.Call(func=ast.Name(id="len"), args=[_]), ops=[sign], comparators=[ast.Constant()]):
            value = node.comparators[0].value  # type: ignore[attr-defined]
            if value == 0 and isinstance(sign, ast.Gt | ast.NotEq):
                return True
            if value == 1 and isinstance(sign, ast.GtE):
                return True
            if value == 0 and isinstance(sign, ast.Eq):
                return False
    return None


def chain_at(node: ast.BoolOp) -> int | None:
    """The first place where ``a < b and b < c`` could be one chain."""
    if isinstance(node.op, ast.And):
        for at, (one, other) in enumerate(zip(node.values, node.values[1:], strict=False)):
            if isinstance(one, ast.Compare) and isinstance(other, ast.Compare) and _chain(one, other):
                return at
    return None


def keys_call(node: ast.expr) -> bool:
    """``x.keys()``."""
    match node:
        case ast.Call(func=ast.Attribute(attr="keys"), args=[], keywords=[]):
            return True
    return False


def _chain(one: ast.Compare, other: ast.Compare) -> bool:
    signs = (one.ops[0], one.ops[-1], other.ops[0], other.ops[-1])
    return all(isinstance(sign, _CHAINED) for sign in signs) and same(one.comparators[-1], other.left)


def _turns(node: ast.expr) -> bool:
    simple = isinstance(node, ast.Compare) and len(node.ops) == 1
    return simple or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _simple_not(node: ast.expr) -> bool:
    exact = isinstance(node, ast.Compare) and len(node.ops) == 1
    return exact or (isinstance(node, ast.BoolOp | ast.UnaryOp) and _turns_all(node))


def _turns_all(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(map(_turns, node.values))
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _compared(code: Code, node: ast.Compare, sign: str) -> str:
    right = node.comparators[0]
    return f"{code.test(node.left, COMPARE + 1)} {sign} {code.test(right, COMPARE + 1)}"


def _de_morgan(code: Code, node: ast.BoolOp) -> tuple[str, int]:
    word, own = (" and ", AND) if isinstance(node.op, ast.Or) else (" or ", AND - 1)
    parts = [wrap(*negated(code, value), own + 1) for value in node.values]
    return word.join(parts), own


def _placed(code: Code, kind: str, node: ast.expr, text: str, own: int) -> Iterator[Proposal]:
    if code.view.known(node):
        fit = place(code.view, node, text, own)
        yield from code.swap(kind, code.view.span(node), fit, code.at(node), text[:40])


def _simple_compare(code: Code, node: ast.Compare) -> Iterator[Proposal]:
    asks = size_test(node)
    if asks is not None and isinstance(node.left, ast.Call):
        inner = node.left.args[0]
        text, own = (code.view.source(inner), level(inner)) if asks else ("not " + code.test(inner, NOT), NOT)
        yield from _placed(code, "simplify_condition", node, text, own)
    if clumsy_compare(node):
        equal = isinstance(node.ops[0], ast.Eq)
        value = node.comparators[0].value  # type: ignore[attr-defined]
        yield from _placed(
            code, "simplify_condition", node, _compared(code, node, "is" if equal else "is not"), COMPARE
        )
        if value is not None:
            plain = code.view.source(node.left), level(node.left)
            turned = "not " + code.test(node.left, NOT), NOT
            yield from _placed(code, "simplify_condition", node, *(plain if equal == value else turned))


def _equated(code: Code, node: ast.Compare) -> Iterator[Proposal]:
    sign, right = node.ops[0], node.comparators[0]
    if isinstance(sign, ast.Is | ast.IsNot) and isinstance(right, ast.Constant):
        text = _compared(code, node, "==" if isinstance(sign, ast.Is) else "!=")
        yield from _placed(code, "complicate_condition", node, text, COMPARE)


def _chained(code: Code, node: ast.BoolOp) -> Iterator[Proposal]:
    at = chain_at(node)
    if at is None or not code.view.known(node):
        return
    one, other = node.values[at], node.values[at + 1]
    if not isinstance(other, ast.Compare) or enclosed(code.view, one) or enclosed(code.view, other):
        return
    start, end = code.view.start(one), code.view.end(other)
    # ``b`` stands once: from the end of the first comparison on, what is behind ``b`` in the second.
    text = code.text[start : code.view.end(one)] + code.text[code.view.end(other.left) : end]
    yield from code.swap("simplify_condition", (start, end), text, code.at(node), "and")


def _split_chain(code: Code, node: ast.Compare) -> Iterator[Proposal]:
    left, parts = node.left, []
    for sign, right in zip(node.ops, node.comparators, strict=True):
        parts.append(f"{code.test(left, COMPARE + 1)} {WORDS[type(sign)]} {code.test(right, COMPARE + 1)}")
        left = right
    if code.view.known(node) and demanded(code.view.slot(node)) <= AND:
        yield from _placed(code, "complicate_condition", node, " and ".join(parts), AND)


def _without_keys(code: Code, node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(value=owner)) if keys_call(node) and code.view.known(node):
            return code.view.source(owner)
    return None


def _keyless(code: Code, node: ast.Compare) -> Iterator[Proposal]:
    for sign, right in zip(node.ops, node.comparators, strict=True):
        bare = _without_keys(code, right)
        if bare is not None and isinstance(sign, ast.In | ast.NotIn):
            yield from code.swap("simplify_condition", code.view.span(right), bare, code.at(right), "keys")


def _keyed(code: Code, node: ast.expr, contained: bool) -> Iterator[Proposal]:
    if contained and isinstance(node, ast.Name | ast.Attribute) and code.view.known(node):
        text = f"{code.view.source(node)}.keys()"
        yield from code.swap("complicate_condition", code.view.span(node), text, code.at(node), "keys")
