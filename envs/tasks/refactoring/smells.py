"""What makes good code worse and leaves what it does: the start states of tasks come from here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from envs.edits.candidate import Proposal
from envs.edits.precedence import fit
from envs.edits.view import Block
from envs.tasks.refactoring.arms import expanded, sunk_by, swapped
from envs.tasks.refactoring.catalogue import Rule
from envs.tasks.refactoring.conditions import complicated
from envs.tasks.refactoring.loops import expressions_to_loops
from envs.tasks.refactoring.nesting import added_elses, nested_guards, split_ifs
from envs.tasks.refactoring.reading import Code, Part, joined, jumps, reindented

_SIMPLE = ast.Assign | ast.AugAssign | ast.Expr | ast.Return
_PLAIN = ast.Name | ast.Constant
_MOST_USES = 4
_MOST_COPIED = 3
_CHANGEABLE = ast.Attribute | ast.Subscript
_MOST_PARAMETERS = 3
_UNUSED = ("result", "found", "count", "pending", "previous")


class Smell(NamedTuple):
    """
    What puts it in, and the kinds of edits that take it out again. ``anywhere``: nearly every function has room for it,
    so that it is only taken where there is no other, or beside another. ``steps``: how many edits may be needed.
    """

    name: str
    rule: Rule
    mended_by: tuple[str, ...]
    anywhere: bool = False
    steps: int = 1


def twins(code: Code) -> Iterator[Proposal]:
    """The same statements stand in both arms of a condition that decides nothing."""
    arguments = [each.arg for each in (*code.function.args.posonlyargs, *code.function.args.args)]
    tests = [name for name in arguments if name not in ("self", "cls") and code.stores[name] == 1][:_MOST_PARAMETERS]
    for block in code.blocks:
        step = code.step(block)
        for part in _runs(block):
            copied = code.part(part, block.indent + step)
            span = code.lead(block, part.first), code.view.lines(block.statements[(part.end or 0) - 1])[1]
            for name in tests:
                new = joined(f"{block.indent}if {name}:\n", copied, f"{block.indent}else:\n", copied)
                yield from code.swap("twins", span, new, span)


def _runs(block: Block) -> Iterator[Part]:
    """Simple statements in a row."""
    for first in range(len(block.statements)):
        for end in range(first + 1, min(first + _MOST_COPIED, len(block.statements)) + 1):
            if not isinstance(block.statements[end - 1], _SIMPLE):
                break
            yield Part(block, first, end)


def copied(code: Code) -> Iterator[Proposal]:
    """What stands behind a condition is copied into its arms."""
    return sunk_by(code, _MOST_COPIED)


def unused(code: Code) -> Iterator[Proposal]:
    """A name is set that nobody reads."""
    for number, (block, index) in enumerate(_places(code)):
        name = code.fresh(_UNUSED[number % len(_UNUSED)])
        values = [code.test(each) for each in _parts(block.statements[index])] or ["None", "0", "[]"]
        for value in values:
            yield from _inserted(code, block, index, f"{name} = {value}\n")


def _parts(node: ast.stmt) -> list[ast.expr]:
    """Expressions that a simple statement works out anyway."""
    if not isinstance(node, _SIMPLE):
        return []
    nodes = [each for each in ast.walk(node) if isinstance(each, ast.Call | ast.BinOp | ast.Attribute | ast.Subscript)]
    called = {id(each.func) for each in nodes if isinstance(each, ast.Call)}
    loaded = (each for each in nodes if not isinstance(getattr(each, "ctx", ast.Load()), ast.Store | ast.Del))
    return [each for each in loaded if id(each) not in called]


def unreachable(code: Code) -> Iterator[Proposal]:
    """Statements stand behind a jump, or below a condition that never holds."""
    lines = _one_liners(code)
    for number, (block, index) in enumerate(_places(code)):
        for line in lines[number % 3 :: 3]:
            yield from _inserted(code, block, index, f"if False:\n{code.step(block)}{block.indent}{line}")
    for block in code.blocks:
        if jumps(block):
            for line in lines:
                yield from _inserted(code, block, len(block.statements), line)


def _one_liners(code: Code) -> list[str]:
    copies = [node for block in code.blocks for node in block.statements if isinstance(node, _SIMPLE)]
    texts = [reindented(code.text[slice(*code.view.lines(each))], code.view.indent(each), "") for each in copies]
    return [text for text in texts if text is not None and text.count("\n") == 1]


def _places(code: Code) -> Iterator[tuple[Block, int]]:
    for block in code.blocks:
        for index in range(len(block.statements)):
            yield block, index


def _inserted(code: Code, block: Block, index: int, text: str) -> Iterator[Proposal]:
    end = code.view.lines(block.statements[-1])[1]
    at = code.lead(block, index) if index < len(block.statements) else end
    yield from code.swap("dead", (at, at), block.indent + text, (at, at))


def temporaries(code: Code) -> Iterator[Proposal]:
    """What is returned, tested or passed on gets a name first that says nothing."""
    for block in code.blocks:
        for node in block.statements:
            for value in _named_values(node):
                name = code.fresh("result" if isinstance(node, ast.Return) else "value")
                start, end = code.view.lines(node)
                first, last = code.view.span(value)
                new = f"{block.indent}{name} = {code.test(value)}\n{code.text[start:first]}{name}{code.text[last:end]}"
                yield from code.swap("temporary", (start, end), new, code.at(node))


def _named_values(node: ast.stmt) -> Iterator[ast.expr]:
    match node:
        case ast.Return(value=ast.expr() as value) | ast.If(test=value) | ast.For(iter=value):
            if not isinstance(value, _PLAIN):
                yield value
    match node:
        case (
            ast.Return(value=ast.Call() as call)
            | ast.Expr(value=ast.Call() as call)
            | ast.Assign(value=ast.Call() as call)
        ):
            yield from (each for each in call.args if not isinstance(each, _PLAIN | ast.Starred | ast.GeneratorExp))


def spread(code: Code) -> Iterator[Proposal]:
    """A name for a value gives way to the value wherever it is read."""
    for block in code.blocks:
        for node in block.statements:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if code.stores[name] == 1:
                    yield from _spread(code, node, value, name)


def _spread(code: Code, node: ast.Assign, value: ast.expr, name: str) -> Iterator[Proposal]:
    found = [use for use in code.view.all(ast.Name) if use.id == name and isinstance(use.ctx, ast.Load)]
    uses = sorted(found, key=code.view.start)
    if (
        not 1 < len(uses) <= _MOST_USES
        or code.loads[name] != len(uses)
        or code.view.start(uses[0]) < code.view.end(node)
    ):
        return
    if _made_anew(value) and any(isinstance(code.view.slot(use).parent, _CHANGEABLE) for use in uses):
        return
    start, at = code.view.lines(node)
    text: list[str | None] = []
    for use in uses:
        text += [code.text[at : code.view.start(use)], fit(code.view, value, code.view.slot(use))]
        at = code.view.end(use)
    yield from code.swap("spread", (start, at), joined(*text), code.at(node))


def _made_anew(value: ast.expr) -> bool:
    """Whether evaluating it twice may give two objects: then what is done to one isn't done to the other."""
    return not isinstance(value, ast.Attribute | ast.Subscript | ast.Compare | ast.Constant | ast.Name)


def turned(code: Code) -> Iterator[Proposal]:
    """Arms stand in the wrong order below ``not``."""
    return (each for each in swapped(code) if "not " in each.replacement)


SMELLS: tuple[Smell, ...] = (
    Smell("nested_condition", split_ifs, ("merge_ifs",)),
    Smell("nested_guard", nested_guards, ("guard", "remove_else", "turn_arms")),
    Smell("needless_else", added_elses, ("remove_else",)),
    Smell("copied_statements", copied, ("hoist",)),
    Smell("twin_arms", twins, ("hoist",), anywhere=True),
    Smell("spelt_out_choice", expanded, ("to_ternary", "simplify_return")),
    Smell("clumsy_condition", complicated, ("simplify_condition",)),
    Smell("loop_for_expression", expressions_to_loops, ("to_expression", "inline"), steps=2),
    Smell("turned_arms", turned, ("turn_arms", "guard")),
    Smell("unused_name", unused, ("remove_dead",), anywhere=True),
    Smell("unreachable_code", unreachable, ("remove_dead",), anywhere=True),
    Smell("needless_temporary", temporaries, ("inline", "ruff_fix"), anywhere=True),
    Smell("repeated_expression", spread, ("extract", "name_constant")),
)
