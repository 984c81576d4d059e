"""
What ruff's rules for docstrings (pydocstyle's) find in a function's docstring: in it alone, under its signature.

The rules are those of the convention, without those about modules, classes and packages, without the ones that a
docstring is missing (D1), and without D417, since every undocumented parameter is a goal of its own.
"""

from __future__ import annotations

import ast
import copy

from envs.tasks.documentation.conventions import Convention
from envs.tasks.documentation.text import read
from envs.tasks.ruff_rules import Finding, findings

_EVERYWHERE = (
    *("D200", "D201", "D202", "D205", "D206", "D207", "D208", "D209"),
    *("D210", "D300", "D301", "D403", "D412", "D414", "D419"),
)
_SECTIONS = ("D214", "D405", "D410", "D411")
# What ruff's own ``convention`` setting leaves on; it knows none for field lists, which go by PEP 257.
_RULES = {
    Convention.GOOGLE: (*_EVERYWHERE, *_SECTIONS, "D212", "D402", "D415", "D416"),
    Convention.NUMPY: (*_EVERYWHERE, *_SECTIONS, "D215", "D400", "D401", "D404", "D406", "D407", "D408", "D409"),
    Convention.REST: (*_EVERYWHERE, "D400", "D401", "D402"),
    Convention.PLAIN: (*_EVERYWHERE, "D400", "D401", "D402"),
}


def faults(source: str, convention: Convention) -> tuple[Finding, ...]:
    """
    What breaks the convention's rules in the docstring of a program text; nothing where it has none.

    Raises:
        SyntaxError, EditError: as ``read``. SandboxError: ruff failed.
    """
    alone = _alone(source)
    return findings(alone, _RULES[convention]) if alone else ()


def _alone(source: str) -> str:
    """The signature at the left margin with the docstring as it stands, four deep: no headers, no nesting."""
    parsed = read(source)
    doc = parsed.docstring
    if doc is None:
        return ""
    node = copy.copy(parsed.node)
    node.body, node.decorator_list = [ast.Pass()], []
    first, *rest = source[doc.start : doc.end].split("\n")
    rows = [first, *(_moved(line, parsed.indent) for line in rest)]
    signature = ast.unparse(node).rpartition("pass")[0].rstrip()
    return f"{signature}\n    " + "\n".join(rows) + "\n    pass\n"


def _moved(line: str, indent: str) -> str:
    own = len(line) - len(line.lstrip(" "))
    return "    " + line[len(indent) :] if own >= len(indent) else line
