"""Names for values, and values for names: inlining, extracting, naming constants."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterator

from envs.edits.candidate import Proposal
from envs.edits.precedence import ATOM, fit, place
from envs.edits.view import Block
from envs.tasks.refactoring.reading import Code

_SHORTEST = 6
_MOST_USES = 4
_SMALL = 10
_ROUND = (0.0, 0.5, 1.0, 2.0, 16, 100)
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_CONSTANTS = ast.Constant | ast.Name | ast.Attribute


def inlined(code: Code) -> Iterator[Proposal]:
    """A name that is set once gives way to its value."""
    for block in code.blocks:
        for index, node in enumerate(block.statements):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if code.stores[name] == 1:
                    yield from _inline(code, block, index, value, name)


def _inline(code: Code, block: Block, index: int, value: ast.expr, name: str) -> Iterator[Proposal]:
    node = block.statements[index]
    uses = [use for use in code.view.all(ast.Name) if use.id == name and isinstance(use.ctx, ast.Load)]
    late = [use for use in uses if code.view.start(use) > code.view.end(node)]
    many = _MOST_USES if isinstance(value, _CONSTANTS) else 1
    if not uses or len(late) != code.loads[name] or len(uses) > many:
        return
    start, end = code.view.lines(node)
    text, at = "", end
    for use in sorted(uses, key=code.view.start):
        text += code.text[at : code.view.start(use)] + fit(code.view, value, code.view.slot(use))
        at = code.view.end(use)
    yield from code.swap("inline", (start, at), text, code.at(node), name, code.view.start(uses[0]))


def extracted(code: Code) -> Iterator[Proposal]:
    """An expression that stands in a block more than once gets a name."""
    for nodes in _repeated(code, _worth_a_name):
        yield from _named(code, "extract", nodes)


def named_constants(code: Code) -> Iterator[Proposal]:
    """A literal that stands in the function more than once gets a name."""
    for nodes in _repeated(code, magic):
        yield from _named(code, "name_constant", nodes)


def named_once(code: Code) -> Iterator[Proposal]:
    """Any expression or literal gets a name, though it stands there once: mostly a needless one."""
    for node in code.view.order:
        if not isinstance(node, ast.expr) or not code.view.known(node):
            continue
        if _may_be_named(code, node):
            yield from _named(code, "extract", [node])
        elif magic(node):
            yield from _named(code, "name_constant", [node])


def _may_be_named(code: Code, node: ast.expr) -> bool:
    """Not what is all of a statement, or is called."""
    slot = code.view.slot(node)
    called = isinstance(slot.parent, ast.Call) and slot.field == "func"
    loaded = not isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del)
    sorts = ast.Call | ast.BinOp | ast.Attribute | ast.Subscript | ast.Compare | ast.BoolOp
    return isinstance(node, sorts) and loaded and not called and not isinstance(slot.parent, ast.Expr | ast.Assign)


def magic(node: ast.AST) -> bool:
    """Whether a literal says nothing of what it means: a number that isn't small or round, a text of some letters."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    if isinstance(node.value, int | float):
        return not (isinstance(node.value, int) and node.value <= _SMALL) and node.value not in _ROUND
    return isinstance(node.value, str | bytes) and len(node.value) > 1


def _worth_a_name(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call | ast.BinOp | ast.Attribute | ast.Subscript):
        return False
    loaded = not isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del)
    return loaded and sum(1 for _ in ast.walk(node)) > _SHORTEST


def _repeated(code: Code, wanted: Callable[[ast.AST], bool]) -> list[list[ast.expr]]:
    groups: dict[str, list[ast.expr]] = {}
    for node in code.view.order:
        if isinstance(node, ast.expr) and code.view.known(node) and wanted(node):
            groups.setdefault(ast.dump(node), []).append(node)
    return [sorted(nodes, key=code.view.start) for nodes in groups.values() if len(nodes) > 1]


def _named(code: Code, kind: str, nodes: list[ast.expr]) -> Iterator[Proposal]:
    found = _home(code, nodes)
    if found is None:
        return
    block, first = found
    name = code.fresh(_name_of(nodes[0]))
    start = code.lead(block, first) if kind == "name_constant" else code.view.lines(block.statements[first])[0]
    text, at = f"{block.indent}{name} = {code.test(nodes[0])}\n", start
    for node in nodes:
        text += code.text[at : code.view.start(node)] + place(code.view, node, name, ATOM)
        at = code.view.end(node)
    yield from code.swap(kind, (start, at), text, code.at(nodes[0]), name, code.view.start(nodes[-1]))


def _home(code: Code, nodes: list[ast.expr]) -> tuple[Block, int] | None:
    """The innermost block that holds all of the nodes, and the statement of it with the first of them."""
    paths = [_path(code, node) for node in nodes]
    if any(path is None for path in paths):
        return None
    shared: tuple[Block, int] | None = None
    for steps in zip(*(path or [] for path in paths), strict=False):
        if len({id(block.statements) for block, _ in steps}) > 1:
            break
        shared = steps[0]
        if len({index for _, index in steps}) > 1:
            break
    return shared


def _path(code: Code, node: ast.AST) -> list[tuple[Block, int]] | None:
    """The blocks around a node, outermost first, with the statement of each; None inside a nested function."""
    steps: list[tuple[Block, int]] = []
    below = node
    for parent in code.view.ancestors(node):
        if isinstance(parent, _SCOPES) and parent is not code.function:
            return None
        for block in code.blocks_at(parent):
            at = next((i for i, each in enumerate(block.statements) if each is below), None)
            steps += [(block, at)] if at is not None else []
        below = parent
    return steps[::-1]


def _name_of(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() | bytes() as value):
            text = value if isinstance(value, str) else value.decode("latin-1")
            words = _WORDS.findall(text)[:3]
            wanted = "_".join(words).lower() if words else "text"
        case ast.Constant():
            wanted = "number"
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)) | ast.Attribute(attr=name):
            wanted = f"{name.strip('_').lower()}_value" if isinstance(node, ast.Call) else name.strip("_")
        case ast.Subscript():
            wanted = "item"
        case _:
            wanted = "result"
    return wanted + "_" if keyword.iskeyword(wanted) or hasattr(builtins, wanted) else wanted or "result"
