"""How a function uses its parameters, read from its syntax tree: what to guess values from."""

from __future__ import annotations

import ast
from dataclasses import asdict, dataclass, field
from typing import Any

_CONSTANT = (str, int, float, bytes)


@dataclass(slots=True)
class ParameterUsage:
    """
    ``attributes``: read from the parameter; ``items``: read from what iterating over it gives. ``signs``: iter, len,
    call, index, key, arithmetic, contains, unpack, format, or the name of a function that it is handed to.
    ``constants``: what it is compared with. ``classes``: names in ``isinstance`` tests.
    """

    attributes: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    signs: set[str] = field(default_factory=set)
    constants: list[str | int | float] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    annotation: str = ""


Usage = dict[str, ParameterUsage]


def usage_of(node: ast.FunctionDef) -> Usage:
    """What ``node`` does with each of its parameters; one level of loop variables is followed."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    usage = {argument.arg: ParameterUsage() for argument in every}
    for argument in every:
        if argument.annotation is not None:
            usage[argument.arg].annotation = ast.unparse(argument.annotation)[:120]
    _Reader(usage).visit(node)
    return usage


def usage_as_json(usage: Usage) -> dict[str, dict[str, Any]]:
    """The same as plain lists and strings, for a job's request."""
    return {
        name: {key: sorted(value) if isinstance(value, set) else value for key, value in asdict(one).items()}
        for name, one in usage.items()
    }


class _Reader(ast.NodeVisitor):
    def __init__(self, usage: Usage) -> None:
        self.usage = usage
        self.items: dict[str, str] = {}

    def _of(self, node: ast.AST) -> ParameterUsage | None:
        return self.usage.get(node.id) if isinstance(node, ast.Name) else None

    def _sign(self, node: ast.AST, sign: str) -> None:
        found = self._of(node)
        if found is not None:
            found.signs.add(sign)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            name = node.value.id
            if name in self.usage and not isinstance(node.ctx, ast.Store):
                self.usage[name].attributes.add(node.attr)
            elif name in self.items:
                self.usage[self.items[name]].items.add(node.attr)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._loop(node.target, node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._loop(node.target, node.iter)
        self.generic_visit(node)

    def _loop(self, target: ast.AST, over: ast.AST) -> None:
        inner = over.args[0] if isinstance(over, ast.Call) and over.args and isinstance(over.func, ast.Name) else over
        if isinstance(inner, ast.Name) and inner.id in self.usage:
            self.usage[inner.id].signs.add("iter" if isinstance(target, ast.Name) else "pairs")
            if isinstance(target, ast.Name):
                self.items[target.id] = inner.id

    def visit_Subscript(self, node: ast.Subscript) -> None:
        found = self._of(node.value)
        if found is not None:
            key = node.slice
            text_key = isinstance(key, ast.Constant) and isinstance(key.value, str)
            found.signs.add("key" if text_key else "slice" if isinstance(key, ast.Slice) else "index")
            if text_key and isinstance(key, ast.Constant):
                found.constants.append(str(key.value))
        self._sign(node.slice, "subscript")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._sign(node.func, "call")
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for argument in node.args:
            self._sign(argument, f"{name}()")
        if name == "isinstance" and len(node.args) == 2:
            found = self._of(node.args[0])
            if found is not None:
                found.classes |= {part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)}
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        for side in (node.left, node.right):
            self._sign(side, "add" if isinstance(node.op, ast.Add) else "arithmetic")
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            self._sign(node.right, "format")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for side in sides:
            found = self._of(side)
            if found is None:
                continue
            found.signs.add("compare")
            for other in sides:
                for part in ast.walk(other):
                    if isinstance(part, ast.Constant) and isinstance(part.value, (str, int, float)):
                        found.constants.append(part.value)
        for operator, side in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)):
                self._sign(side, "contains")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Tuple):
            self._sign(node.value, "unpack")
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self._sign(node.value, "iter")
        self.generic_visit(node)
