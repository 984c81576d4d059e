"""
Rewriting a program text so that its run leaves a deterministic cost.

Each stretch of statements that runs as a whole, each round of a comprehension, each test of a ``while`` calls a counter
of its own (a C callable), whose weight is the number of operations there; sites whose work is done in C and grows with
the length of a value (``sorted``, ``in`` on a list, ``+`` of sequences, slices, ``join``) tell the length to a helper.

Weights are in ticks of about 10 ns, from timings of CPython 3.11: a name 1, an attribute 2, a call 5; an item copied
1/4, hashed 2, compared 1, sorted 4; a character copied 1/16. ``str +=`` counts the whole text each time, as the
language reference has it, where CPython often gets by with less. What it does not see: work in C that none of its
tables names, the lengths of f-strings, work in callees beyond the number of their calls (which the job counts).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from envs.edits.program import function_node

PREFIX = "_jt_"
SIZE, EACH, TEXT, MEMBER = f"{PREFIX}size", f"{PREFIX}each", f"{PREFIX}text", f"{PREFIX}in"

# Sixteenths of a tick per item of the argument (of the receiver, of the argument of a method).
_BUILT_IN = {
    **{"list": 4, "tuple": 4, "sum": 16, "min": 24, "max": 24, "any": 8, "all": 8, "sorted": 64, "set": 32},
    **{"frozenset": 32, "dict": 32, "Counter": 48, "deque": 8, "OrderedDict": 48, "map": 32, "filter": 32, "zip": 16},
    **{"bytes": 4, "bytearray": 4, "fromkeys": 32},
}
_RECEIVER = {
    **{"lower": 1, "upper": 1, "casefold": 2, "title": 2, "capitalize": 1, "swapcase": 1, "strip": 1, "lstrip": 1},
    **{"rstrip": 1, "replace": 2, "translate": 16, "encode": 1, "decode": 1, "split": 6, "rsplit": 6, "splitlines": 6},
    **{"partition": 1, "rpartition": 1, "find": 1, "rfind": 1, "count": 8, "index": 8, "copy": 8, "sort": 64},
    **{"reverse": 2, "insert": 1, "remove": 12, "isdigit": 4, "isalpha": 4, "isalnum": 4, "expandtabs": 4},
}
_ARGUMENT = {
    **{"join": 24, "extend": 6, "update": 24, "union": 32, "intersection": 32, "difference": 32, "extendleft": 6},
    **{"issubset": 24, "issuperset": 24, "writelines": 16, "fromkeys": 32},
}
_COSTS: dict[type[ast.AST], int] = {
    **{ast.Name: 1, ast.Attribute: 2, ast.Call: 4, ast.Subscript: 2, ast.BinOp: 2, ast.Compare: 2, ast.UnaryOp: 1},
    **{ast.List: 3, ast.Dict: 4, ast.Set: 4, ast.Tuple: 1, ast.JoinedStr: 6, ast.ListComp: 6, ast.SetComp: 6},
    **{ast.DictComp: 6, ast.GeneratorExp: 12, ast.Lambda: 5, ast.Yield: 3, ast.Slice: 3, ast.AugAssign: 2},
    **{ast.Import: 40, ast.ImportFrom: 40, ast.For: 3, ast.Try: 1, ast.With: 12, ast.Raise: 10, ast.FunctionDef: 8},
}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BRANCHING = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match, ast.AsyncFor, ast.AsyncWith, ast.TryStar)
_ROUND = 2


class Instrumented(NamedTuple):
    """``text``: the program with its counters; ``weights``: of counter ``PREFIX`` + number, in ticks."""

    text: str
    weights: tuple[int, ...]


def instrumented(source: str) -> Instrumented:
    """
    ``source``, a program text, with counters.

    Raises:
        SyntaxError, EditError: it is no program text.
    """
    tree = ast.parse(source)
    node = function_node(tree)
    counting = _Counting()
    node.body = counting.block(node.body)
    return Instrumented(ast.unparse(ast.fix_missing_locations(tree)), tuple(counting.weights))


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _sized(value: ast.expr, sixteenths: int) -> ast.expr:
    return ast.Call(_name(SIZE), [value, ast.Constant(sixteenths)], [])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _Counting(ast.NodeTransformer):
    """Puts counters and helpers into a tree; ``weights`` grows with each counter."""

    def __init__(self) -> None:
        self.weights: list[int] = []

    def block(self, statements: list[ast.stmt], extra: int = 1) -> list[ast.stmt]:
        """The statements with a counter before each stretch that runs as a whole."""
        made: list[ast.stmt] = []
        if statements and _is_docstring(statements[0]):
            made, statements = [statements[0]], statements[1:]
        start = 0
        for index, statement in enumerate(statements):
            if isinstance(statement, _BRANCHING) or index == len(statements) - 1:
                stretch = statements[start : index + 1]
                made.append(ast.Expr(self._counter(extra + sum(map(_cost, stretch)))))
                for each in stretch:
                    made += self._statement(each)
                start, extra = index + 1, 0
        return made

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        grows = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name)
        visited = self.visit(node)
        if not grows:
            return [visited]
        told = ast.Call(_name(TEXT), [_name(node.target.id)], [])  # type: ignore[attr-defined]
        return [visited, ast.Expr(told)]

    def _counter(self, weight: int) -> ast.Call:
        self.weights.append(weight)
        return ast.Call(_name(f"{PREFIX}{len(self.weights) - 1}"), [], [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = self.block(node.body)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.body = self.block(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node  # what stands in it can't always be written back

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        weight = 1 + _cost(node.body)
        node.body = ast.IfExp(self._counter(weight), self.visit(node.body), ast.Constant(None))
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        node.test = self.visit(node.test)
        return self._blocks(node, 0)

    def visit_For(self, node: ast.For) -> ast.AST:
        node.iter = self.visit(node.iter)
        return self._blocks(node, _ROUND)

    def visit_While(self, node: ast.While) -> ast.AST:
        counter = self._counter(1 + _cost(node.test))
        node.test = ast.BoolOp(ast.And(), [counter, self.visit(node.test)])
        return self._blocks(node, 0)

    def visit_With(self, node: ast.With) -> ast.AST:
        node.items = [self.visit(item) for item in node.items]
        return self._blocks(node, 0)

    def visit_Try(self, node: ast.Try) -> ast.AST:
        for handler in node.handlers:
            handler.body = self.block(handler.body)
        return self._blocks(node, 0)

    def visit_Match(self, node: ast.Match) -> ast.AST:
        node.subject = self.visit(node.subject)
        for case in node.cases:
            case.body = self.block(case.body)
        return node

    def _blocks(self, node: ast.stmt, extra: int) -> ast.stmt:
        for field in ("body", "orelse", "finalbody"):
            below = getattr(node, field, None)
            if below:
                setattr(node, field, self.block(below, extra if field == "body" else 0))
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._comprehension(node, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._comprehension(node, [node.elt], 3)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._comprehension(node, [node.elt], 3)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._comprehension(node, [node.key, node.value], 3)

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
        made: list[ast.expr],
        extra: int = 1,
    ) -> ast.AST:
        last = len(node.generators) - 1
        for index, generator in enumerate(node.generators):
            per_item = extra + sum(map(_cost, made)) if index == last else 1 + _cost(node.generators[index + 1].iter)
            head = self._counter(1 + sum(map(_cost, generator.ifs)))
            generator.iter = self.visit(generator.iter)
            generator.ifs = [head, *map(self.visit, generator.ifs), self._counter(per_item)]
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                setattr(node, field, self.visit(getattr(node, field)))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name, argument = node.func, node.args[0] if node.args else None
        if isinstance(name, ast.Attribute):
            if name.attr in _RECEIVER:
                name.value = _sized(name.value, _RECEIVER[name.attr])
            elif name.attr == "pop" and isinstance(argument, ast.Constant) and argument.value == 0:
                name.value = _sized(name.value, 1)
        weight = _weight(name)
        if argument is not None and weight and not isinstance(argument, ast.Starred | ast.GeneratorExp):
            node.args[0] = ast.Call(_name(EACH), [argument, ast.Constant(weight)], [])
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
            return node
        found: ast.expr = ast.Call(_name(MEMBER), [node.left, node.comparators[0]], [])
        return found if isinstance(node.ops[0], ast.In) else ast.UnaryOp(ast.Not(), found)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _sized(node, 4) if isinstance(node.op, ast.Add | ast.Mult | ast.BitOr) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        return _sized(node, 4) if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load) else node

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        return self._unpacked(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return self._unpacked(node)

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        return self._unpacked(node)

    def _unpacked(self, node: ast.List | ast.Tuple | ast.Set) -> ast.AST:
        for item in node.elts:
            if isinstance(item, ast.Starred) and isinstance(item.ctx, ast.Load):
                item.value = _sized(item.value, 32 if isinstance(node, ast.Set) else 4)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        node.values = [value if key else _sized(value, 32) for key, value in zip(node.keys, node.values, strict=True)]
        return node


def _weight(called: ast.expr) -> int:
    if isinstance(called, ast.Name):
        return _BUILT_IN.get(called.id, 0)
    return _ARGUMENT.get(called.attr, _BUILT_IN.get(called.attr, 0)) if isinstance(called, ast.Attribute) else 0


def _cost(node: ast.AST) -> int:
    """Operations of a statement's own line or of an expression: blocks and comprehensions count their own."""
    if isinstance(node, ast.While):
        return 0
    own = _COSTS.get(type(node), 0)
    if isinstance(node, _COMPREHENSIONS):
        return own + _cost(node.generators[0].iter)
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return own
    return own + sum(map(_cost, _inline(node)))


def _inline(node: ast.AST) -> Iterable[ast.AST]:
    below: list[ast.AST] = []
    for field, value in ast.iter_fields(node):
        if field in ("body", "orelse", "finalbody", "handlers", "cases", "annotation") and isinstance(node, ast.stmt):
            continue
        below += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, ast.AST)]
    return below
