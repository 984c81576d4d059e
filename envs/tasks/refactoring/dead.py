"""What a function could do without: found here for the measures, and taken out for the candidates."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from envs.edits.candidate import Proposal
from envs.edits.lines import JUMPS, removal
from envs.edits.view import Block
from envs.tasks.refactoring.reading import Code, Part

_BLOCKS = ("body", "orelse", "finalbody")
_LOOPS = ast.For | ast.AsyncFor | ast.While


def useless(statements: list[ast.stmt], index: int, loads: Counter[str]) -> bool:
    """
    Whether a statement of a block does nothing that anybody could see: it stands behind a jump, it sets a name that
    nobody reads, it is ``pass`` beside others, ``x = x``, a bare constant or name, or a condition that is decided.
    """
    if index and isinstance(statements[index - 1], JUMPS):
        return True
    match statements[index]:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return not loads[name] or (isinstance(value, ast.Name) and value.id == name)
        case ast.AnnAssign(target=ast.Name(id=name)):
            return not loads[name]
        case ast.Pass():
            return len(statements) > 1
        case ast.Expr(value=ast.Constant(value=value)):
            return index > 0 or not isinstance(value, str)
        case ast.Expr(value=ast.Name()):
            return True
        case ast.If(test=ast.Constant()) | ast.While(test=ast.Constant(value=False | 0)):
            return True
        case ast.If(body=[ast.Pass()], orelse=[]):
            return True
    return False


def blocks_of(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements right below a node."""
    for field in _BLOCKS:
        statements = getattr(node, field, None)
        if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
            yield statements


def removed_dead(code: Code) -> Iterator[Proposal]:
    """What is useless is taken out: a decided condition leaves the arm that runs."""
    for block in code.blocks:
        for index in range(len(block.statements)):
            if useless(block.statements, index, code.loads):
                yield from _removed(code, block, index)
            elif _idle_jump(code, block, index):
                yield from _dropped(code, "remove_dead", block, index)
        first = next((at for at in range(1, len(block.statements)) if _behind_jump(block, at)), None)
        if first is not None and first + 1 < len(block.statements):
            span = code.lead(block, first), code.view.lines(block.statements[-1])[1]
            yield from code.swap("remove_dead", span, "", code.at(block.statements[first]), "return")
    for each, _, other in code.ifs():
        if other is not None and len(other.statements) == 1 and isinstance(other.statements[0], ast.Pass):
            span = code.view.lines(each.body[-1])[1], code.view.lines(other.statements[0])[1]
            yield from code.swap("remove_dead", span, "", code.at(other.statements[0]), "else")


def _behind_jump(block: Block, index: int) -> bool:
    return isinstance(block.statements[index - 1], JUMPS)


def _removed(code: Code, block: Block, index: int) -> Iterator[Proposal]:
    node = block.statements[index]
    if isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and not (index and _behind_jump(block, index)):
        kept = code.block(node, "body" if node.test.value else "orelse")
        if kept is not None:
            new = code.part(Part(kept), block.indent)
            yield from code.swap("remove_dead", code.view.lines(node), new, code.at(node), "if")
        if node.test.value or node.orelse:
            return
    yield from _dropped(code, "remove_dead", block, index)


def _dropped(code: Code, kind: str, block: Block, index: int) -> Iterator[Proposal]:
    start, end, new = removal(code.view, block, index)
    node = block.statements[index]
    yield from code.swap(kind, (start, end), new, code.at(node), type(node).__name__.lower())


def _idle_jump(code: Code, block: Block, index: int) -> bool:
    """``return`` at the end of the function, ``continue`` at the end of a loop."""
    if index + 1 < len(block.statements):
        return False
    match block.statements[index]:
        case ast.Return(value=None):
            return block.owner is code.function
        case ast.Continue():
            return isinstance(block.owner, _LOOPS) and block.field == "body"
    return False


def removed_statements(code: Code) -> Iterator[Proposal]:
    """Any statement taken out: tempting, and wrong wherever it matters."""
    for block in code.blocks:
        for index, node in enumerate(block.statements):
            if not useless(block.statements, index, code.loads) and not isinstance(node, ast.Import | ast.ImportFrom):
                yield from _dropped(code, "remove_statement", block, index)
