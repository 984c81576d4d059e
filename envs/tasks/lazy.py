"""
Lazy answers: what an agent hands in that wants the reward without the work. None may pass, whatever the category.

What each is after: an empty answer, no body, a constant, an argument given back, everything caught, everything skipped,
an early exit that looks like success, an object that says it equals anything, no program at all.
"""

from __future__ import annotations

import ast
import contextlib
import textwrap

from core.errors import EditError
from core.records import Task
from envs.edits.program import function_node
from envs.tasks.registry import category_of

_EQUAL = "class Any:\n    __eq__ = lambda self, other: True\n    __hash__ = lambda self: 0\nreturn Any()"
_BODIES = (
    "pass",
    "return 0",
    "return ''",
    "return True",
    "raise NotImplementedError",
    "import unittest\nraise unittest.SkipTest('later')",
    "raise SystemExit(0)",
    _EQUAL,
)


def lazy_answers(task: Task) -> dict[str, str]:
    """
    States to hand in, by what they do, the start state among them. The category's own (``TaskCategory.lazy``) come
    last; what equals another one or the reference's result stands once or not at all.
    """
    found = {"the start state": task.source, "nothing": "", "a comment": "# done\n"}
    with contextlib.suppress(SyntaxError, EditError):  # a state of several files has no body to replace
        found |= _with_bodies(task.source)
    own = category_of(task.category).lazy(task)
    found |= {f"{task.category} {index}": text for index, text in enumerate(own)}
    return {name: text for name, text in found.items() if text != task.source or name == "the start state"}


def _with_bodies(source: str) -> dict[str, str]:
    node = function_node(ast.parse(source))
    bodies = list(_BODIES)
    parameters = [*node.args.posonlyargs, *node.args.args]
    bodies += [f"return {parameter.arg}" for parameter in parameters[:2]]
    found = {" ".join(body.split()): _replaced(source, node, body) for body in bodies}
    return found | {"everything caught": _caught(source, node)}


def _replaced(source: str, node: ast.FunctionDef | ast.AsyncFunctionDef, body: str) -> str:
    """The docstring stays, so that it is no worse than it was."""
    lines = source.split("\n")
    first, last, indent = _span(node)
    return "\n".join([*lines[: first - 1], *textwrap.indent(body, indent).split("\n"), *lines[last:]])


def _caught(source: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    lines = source.split("\n")
    first, last, indent = _span(node)
    inside = [" " + line if line.strip() else line for line in lines[first - 1 : last]]
    return "\n".join(
        [
            *lines[: first - 1],
            f"{indent}try:",
            *inside,
            f"{indent}except BaseException:",
            f"{indent} pass",
            *lines[last:],
        ]
    )


def _span(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[int, int, str]:
    """First and last line of the body behind the docstring, and its indentation."""
    documented = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    start = node.body[1] if documented else node.body[0]
    if start.lineno == node.lineno:
        raise EditError("the body stands on the line of the def")
    return start.lineno, node.end_lineno or start.lineno, " " * start.col_offset
