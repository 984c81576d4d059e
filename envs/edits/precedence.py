"""How tightly expressions bind, and the parentheses that a text needs to stand in another place."""

from __future__ import annotations

import ast
import re

from envs.edits.view import Slot, View

NAMED, TUPLE, TEST, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, ARITH, TERM, FACTOR, POWER, AWAIT, ATOM = (
    range(17)
)

OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", ARITH),
    ast.Sub: ("-", ARITH),
    ast.Mult: ("*", TERM),
    ast.Div: ("/", TERM),
    ast.FloorDiv: ("//", TERM),
    ast.Mod: ("%", TERM),
    ast.Pow: ("**", POWER),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
    ast.BitOr: ("|", BIT_OR),
    ast.BitXor: ("^", BIT_XOR),
    ast.BitAnd: ("&", BIT_AND),
    ast.MatMult: ("@", TERM),
}
LEVEL_OF = dict(OPERATORS.values())
_LEVELS: dict[type[ast.AST], int] = {
    ast.NamedExpr: NAMED,
    ast.Tuple: TUPLE,
    ast.Yield: NAMED,
    ast.YieldFrom: NAMED,
    ast.Starred: TUPLE,
    ast.Slice: NAMED,
    ast.Lambda: TEST,
    ast.IfExp: TEST,
    ast.Compare: COMPARE,
    ast.Await: AWAIT,
}
_STRINGS = re.compile(r"('''|\"\"\")(?s:.*?)\1|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
_SLOTS: dict[tuple[type[ast.AST], str], int] = {
    (ast.Attribute, "value"): ATOM,
    (ast.Subscript, "value"): ATOM,
    (ast.Call, "func"): ATOM,
    (ast.Await, "value"): ATOM,
    (ast.IfExp, "body"): OR,
    (ast.IfExp, "test"): OR,
    (ast.comprehension, "iter"): OR,
    (ast.comprehension, "ifs"): OR,
    (ast.Compare, "left"): BIT_OR,
    (ast.Compare, "comparators"): BIT_OR,
    (ast.Starred, "value"): BIT_OR,
    (ast.Subscript, "slice"): TUPLE,
    (ast.Assign, "value"): TUPLE,
    (ast.AugAssign, "value"): TUPLE,
    (ast.Return, "value"): TUPLE,
    (ast.Expr, "value"): TUPLE,
    (ast.For, "iter"): TUPLE,
    (ast.If, "test"): NAMED,
    (ast.While, "test"): NAMED,
}


def level(node: ast.expr) -> int:
    """How tightly the expression binds: it needs parentheses in a place that demands more."""
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)][1]
    if isinstance(node, ast.BoolOp):
        return OR if isinstance(node.op, ast.Or) else AND
    if isinstance(node, ast.UnaryOp):
        return NOT if isinstance(node.op, ast.Not) else FACTOR
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return AWAIT  # 1 .real needs parentheses
    return _LEVELS.get(type(node), ATOM)


def demanded(slot: Slot) -> int:
    """The least level that an expression needs to stand in a place without parentheses."""
    parent, field, _ = slot
    if isinstance(parent, ast.BinOp):
        return operand_level(OPERATORS[type(parent.op)][0], field == "left")
    if isinstance(parent, ast.BoolOp):
        return AND if isinstance(parent.op, ast.Or) else NOT
    if isinstance(parent, ast.UnaryOp):
        return NOT if isinstance(parent.op, ast.Not) else FACTOR
    if isinstance(parent, ast.Dict):
        return OR
    return _SLOTS.get((type(parent), field), TEST)


def operand_level(operator: str, left: bool) -> int:
    """The level that a binary operator demands of an operand."""
    own = LEVEL_OF[operator]
    if operator == "**":
        return AWAIT if left else FACTOR
    return own if left else own + 1


def wrap(text: str, own: int, wanted: int) -> str:
    """``text`` with parentheses where it binds too loosely, or where its line breaks would end the statement."""
    if (own < wanted and not _bracketed(text)) or ("\n" in text and _breaks(text)):
        return f"({text})"
    return text


def fit(view: View, node: ast.expr, slot: Slot) -> str:
    """The text of ``node`` as it may stand in ``slot``."""
    return wrap(view.source(node), level(node), demanded(slot))


def enclosed(view: View, node: ast.expr) -> bool:
    """Whether the node already stands in parentheses of its own."""
    slot = view.slot(node)
    if isinstance(slot.parent, ast.Call | ast.ClassDef):
        return False
    start, end = view.span(node)
    before, after = view.text[:start].rstrip()[-1:], view.text[end : end + 80].lstrip()[:1]
    return before == "(" and after == ")"


def place(view: View, node: ast.expr, text: str, own: int) -> str:
    """``text``, which binds as tightly as ``own``, as it may replace ``node``."""
    if own < demanded(view.slot(node)) and enclosed(view, node):
        return text
    return wrap(text, own, demanded(view.slot(node)))


def _bracketed(text: str) -> bool:
    if text[:1] != "(" or text[-1:] != ")":
        return False
    depth = 0
    bare = _STRINGS.sub(lambda found: "_" * len(found[0]), text)
    for at, sign in enumerate(bare):
        depth += (sign in "([{") - (sign in ")]}")
        if not depth:
            return at == len(bare) - 1
    return False


def _breaks(text: str) -> bool:
    depth = 0
    for sign in _STRINGS.sub("_", text):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "\n" and depth == 0:
            return True
    return False
