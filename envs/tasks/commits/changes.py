"""Which functions a commit changed, each as it was and as it came to be."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from core.errors import EditError
from envs.edits.program import Function, function_node, programs
from envs.edits.same import same_tree
from envs.tasks.mining.discover import FunctionSite, ModuleIndex

RENAMED = "new, gone, or of another name"
SIGNATURE = "another signature"
UNFIT = "outside the miner's limits"


@dataclass(frozen=True, slots=True)
class Change:
    """
    A function that a commit changed. ``before``, ``after``: program texts. ``after`` is the commit's function with the
    signature's text and the docstring of ``before``, which no edit may touch, so that only bodies differ.
    """

    qualname: str
    before: str
    after: str


def changes(old: str, index: ModuleIndex, causes: Counter[str]) -> list[Change]:
    """
    The functions of ``index`` (the module as the commit left it) that were others in the text ``old``, and that may be
    mined. ``causes`` counts the changed ones that are left out, by why.

    Raises:
        EditError: one of the texts doesn't parse.
    """
    before, after = _single(old), _single(index.text)
    sites = {site.qualname: site for site in index.sites}
    found = []
    for name in dict.fromkeys((*after, *before)):
        if name not in before or name not in after:
            causes[RENAMED] += 1
        elif before[name] != after[name]:
            change = _change(name, before[name], after[name], sites.get(name), causes)
            found += [change] if change else []
    return found


def _single(text: str) -> dict[str, str]:
    """The functions of a module by qualified name, in its order; a name that is there twice is nobody's."""
    every = [(name, program.text) for name, program in programs(text)]
    counts = Counter(name for name, _ in every)
    return {name: program for name, program in every if counts[name] == 1 and "<locals>" not in name}


def _change(name: str, before: str, after: str, site: FunctionSite | None, causes: Counter[str]) -> Change | None:
    try:
        old, new = _cut(before), _cut(after)
    except EditError:
        causes[UNFIT] += 1
        return None
    if same_tree(old.body, new.body):  # comments, blank lines, the docstring
        return None
    if not (same_tree(old.signature, new.signature) and old.headers == new.headers):
        causes[SIGNATURE] += 1
        return None
    if site is None:
        causes[UNFIT] += 1
        return None
    return Change(name, before, old.head + new.rest)


class _Parts(NamedTuple):
    """A program text at its first statement behind the docstring, and what of it is compared."""

    headers: list[str]
    signature: ast.arguments
    body: list[ast.stmt]
    head: str
    rest: str


def _cut(text: str) -> _Parts:
    tree = ast.parse(text)
    node = function_node(tree)
    documented = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    body = node.body[1:] if documented else node.body
    lines = text.split("\n")
    at = _first_line(body[0]) - 1
    if at < node.lineno or (documented and at < (node.body[0].end_lineno or 0)):
        raise EditError("the body begins on the line of the signature")
    return _Parts(lines[: node.lineno - 1], _plain(node), body, "\n".join(lines[:at]) + "\n", "\n".join(lines[at:]))


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min((node.lineno, *(each.lineno for each in decorators)))


def _plain(node: Function) -> ast.arguments:
    """The parameters without annotations, which have no say in what a call does."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for each in every:
        if each is not None:
            each.annotation = None
    return arguments
