"""How good a function's text is, in numbers: less is better in each."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, fields
from functools import lru_cache

from core.compliance.complexity import complexity
from envs.edits.lines import JUMPS
from envs.edits.program import Function, function_node
from envs.tasks.refactoring.conditions import chain_at, clumsy_compare, keys_call, size_test, truths
from envs.tasks.refactoring.dead import blocks_of, useless
from envs.tasks.refactoring.naming import magic
from envs.tasks.ruff_rules import findings

# What the other measures don't count: rules whose finding a change of this one function can mend.
RULES = (
    *("SIM101", "SIM109", "SIM113", "SIM114", "SIM115", "SIM210", "SIM211", "SIM220", "SIM221", "SIM222", "SIM223"),
    *("SIM300", "SIM401", "SIM905", "SIM910", "PIE790", "PIE794", "PIE796", "PIE804", "PIE807", "PIE810"),
    *("C4", "UP", "RET501", "RET502", "RET504", "PLR1711", "PLR1714", "PLR1722", "PLR1730", "PLR1736"),
    *("E701", "E702", "E703", "E713", "E714", "E721", "E731", "F841", "B007", "B009", "B010", "PERF402", "PLR0402"),
)
_BLOCKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match
_SMALL_STATEMENT = 5
_SMALL_EXPRESSION = 6
_WIDE = 100


@dataclass(frozen=True, slots=True)
class Measures:
    """
    ``complexity``: cyclomatic, with that of nested functions. ``nesting``: blocks in blocks, the deepest.
    ``statements``: how many. ``duplication``: statements and longer expressions that stand there again. ``magic``: uses
    of the same number beyond the first, of the same text beyond the second. ``clumsy``: conditions, loops and arms that
    can be said shorter. ``dead``: what does nothing. ``findings``: of ruff by ``RULES``. ``size``: nodes of the tree.
    ``wide``: lines longer than 100 characters.
    """

    complexity: int
    nesting: int
    statements: int
    duplication: int
    magic: int
    clumsy: int
    dead: int
    size: int
    wide: int
    findings: int = 0

    def value(self, name: str) -> int:
        """A measure by its name."""
        return int(getattr(self, name))


NAMES: tuple[str, ...] = tuple(each.name for each in fields(Measures))


def measured(text: str) -> Measures:
    """All measures, ruff's findings too: some 10 ms for a text that is new."""
    quick = quickly(text)
    values = {name: quick.value(name) for name in NAMES}
    return Measures(**{**values, "findings": len(findings(text, RULES))})


@lru_cache(maxsize=512)
def quickly(text: str) -> Measures:
    """
    All measures but ruff's findings: about a millisecond.

    Raises:
        SyntaxError: the text is no Python.
        EditError: it is no program text.
    """
    function = function_node(ast.parse(text))
    nodes = [node for statement in function.body for node in ast.walk(statement)]
    return Measures(
        complexity=sum(complexity(node) for node in (function, *nodes) if isinstance(node, Function)),
        nesting=_depth(function.body),
        statements=sum(isinstance(node, ast.stmt) for node in nodes),
        duplication=_Repeats(function).count,
        magic=_repeated_literals(function),
        clumsy=_clumsy(function, nodes),
        dead=_dead(function, nodes),
        size=sum(not isinstance(node, ast.expr_context) for node in nodes),
        wide=sum(len(line) > _WIDE for line in text.split("\n")),
    )


def _depth(statements: list[ast.stmt]) -> int:
    """``elif`` is no deeper than its ``if``."""
    return max((_below(each) for each in statements), default=0)


def _below(node: ast.stmt) -> int:
    if not isinstance(node, _BLOCKS | Function):
        return 0
    deepest = 0
    for statements in (*blocks_of(node), *(part.body for part in _parts(node))):
        chained = isinstance(node, ast.If) and statements is node.orelse and _chain(statements, node)
        deepest = max(deepest, _depth(statements) - (1 if chained else 0))
    return deepest + 1


def _parts(node: ast.stmt) -> list[ast.ExceptHandler] | list[ast.match_case]:
    return getattr(node, "handlers", None) or getattr(node, "cases", None) or []


def _chain(statements: list[ast.stmt], above: ast.If) -> bool:
    """An ``elif`` begins where its ``if`` begins; in an ``else`` it stands further right."""
    return len(statements) == 1 and isinstance(statements[0], ast.If) and statements[0].col_offset == above.col_offset


class _Repeats:
    """Statements and expressions of some size that stand in a function again; what they hold isn't counted again."""

    def __init__(self, function: Function) -> None:
        self.count = 0
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[int, int]] = {}
        self._seen: set[int] = set()
        for statement in function.body:
            self._number(statement)
        for statement in function.body:
            self._look(statement)

    def _number(self, node: ast.AST) -> tuple[int, int]:
        """What equal trees have in common, and the number of their nodes."""
        parts: list[object] = [type(node)]
        size = 1
        for field in node._fields:
            value = getattr(node, field, None)
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, ast.expr_context):
                    continue
                if isinstance(item, ast.AST):
                    number, below = self._number(item)
                    parts.append(number)
                    size += below
                else:
                    parts.append((type(item), repr(item)))
            parts.append(field)
        found = self._known[id(node)] = self._numbers.setdefault(tuple(parts), len(self._numbers)), size
        return found

    def _look(self, node: ast.AST) -> None:
        number, size = self._known.get(id(node), (-1, 0))
        smallest = _SMALL_STATEMENT if isinstance(node, ast.stmt) else _SMALL_EXPRESSION
        if isinstance(node, ast.stmt | ast.expr) and size >= smallest:
            if number in self._seen:
                self.count += 1
                return
            self._seen.add(number)
        for child in ast.iter_child_nodes(node):
            self._look(child)


def _repeated_literals(function: Function) -> int:
    inside = {id(part) for node in ast.walk(function) if isinstance(node, ast.JoinedStr) for part in node.values}
    documented = isinstance(function.body[0], ast.Expr)
    body = function.body[1:] if documented else function.body
    uses = Counter(
        (isinstance(node.value, str | bytes), repr(node.value))
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and id(node) not in inside and magic(node)
    )
    return sum(max(0, number - 1 - text) for (text, _), number in uses.items())


def _clumsy(function: Function, nodes: list[ast.AST]) -> int:
    heads = [node.test for node in nodes if isinstance(node, ast.If | ast.While | ast.IfExp)]
    found = sum(size_test(test) is not None for test in truths(heads))
    found += sum(_clumsy_node(node) for node in nodes)
    return found + sum(_clumsy_block(block) for node in (function, *nodes) for block in blocks_of(node))


def _clumsy_node(node: ast.AST) -> bool:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not()) | ast.Compare(ops=[_])):
            return True
        case ast.Compare(comparators=[*_, right]):
            return clumsy_compare(node) or (isinstance(node.ops[-1], ast.In | ast.NotIn) and keys_call(right))
        case ast.BoolOp():
            return chain_at(node) is not None
        case ast.For(iter=each):
            return keys_call(each)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return (_truth(body) and _truth(orelse)) or _turned(test)
        case ast.If(test=test, body=[*_, last], orelse=[_, *_]):
            return _plain_else(node) and (_turned(test) or isinstance(last, JUMPS))
        case ast.If(body=[ast.If(orelse=[])], orelse=[]):
            return True
    return False


def _truth(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _turned(test: ast.expr) -> bool:
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _plain_else(node: ast.If) -> bool:
    """No ``elif``: chains of them read well."""
    return not _chain(node.orelse, node)


def _clumsy_block(statements: list[ast.stmt]) -> int:
    pairs = list(zip(statements, [*statements[1:], None], strict=True))
    return sum(_returns_truth(one, other) + _appends(one, other) for one, other in pairs)


def _returns_truth(one: ast.stmt, other: ast.stmt | None) -> bool:
    """``if c: return True`` and ``return False`` in one of its shapes."""
    if not isinstance(one, ast.If) or len(one.body) != 1:
        return False
    second = one.orelse[0] if len(one.orelse) == 1 else other if not one.orelse else None
    return _truth_of(one.body[0]) is not None and {_truth_of(one.body[0]), _truth_of(second)} == {True, False}


def _truth_of(node: ast.stmt | None) -> bool | None:
    match node:
        case ast.Return(value=ast.Constant(value=True | False as value)):
            return bool(value)
    return None


def _appends(one: ast.stmt, other: ast.stmt | None) -> bool:
    """An empty list, and a loop that does nothing but append to it."""
    match one, other:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])), ast.For(orelse=[]):
            inner: ast.stmt = other
            while isinstance(inner, ast.For | ast.If) and len(inner.body) == 1 and not inner.orelse:
                inner = inner.body[0]
            match inner:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="append"))):
                    return owner == name
    return False


def _dead(function: Function, nodes: list[ast.AST]) -> int:
    loads: Counter[str] = Counter()
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            loads[node.target.id] += 1
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads[node.id] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            loads.update(node.names)
    return sum(_useless_in(block, loads) for node in (function, *nodes) for block in blocks_of(node))


def _useless_in(statements: list[ast.stmt], loads: Counter[str]) -> int:
    return sum(useless(statements, index, loads) for index in range(len(statements)))
