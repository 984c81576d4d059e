"""What the policy sees of a package: an outline of its modules as one program text, and places in it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache

from envs.tasks.architecture.layout import Layout, Module
from envs.tasks.architecture.reading import read
from envs.tasks.architecture.rules import Rules
from envs.tasks.architecture.units import Unit

_MOST_PARAMETERS, _MOST_USES = 4, 6
Span = tuple[int, int]


@dataclass(slots=True)
class Outline:
    """``text``: a program text. ``units``, ``modules``: where each name stands in it where it is defined."""

    text: str = "def package():\n"
    units: dict[str, Span] = field(default_factory=dict)
    modules: dict[str, Span] = field(default_factory=dict)

    def put(self, before: str, name: str, behind: str, places: dict[str, Span]) -> None:
        """A line, in which ``name`` stands at a place to remember."""
        start = len(self.text) + len(before)
        places[name] = (start, start + len(name))
        self.text += f"{before}{name}{behind}\n"


@lru_cache(maxsize=1024)
def outline(text: str, rules: Rules) -> Outline:
    """
    The outline of the state ``text``: layers and limits, and module by module what it imports of others, and its
    definitions with what each uses of the package.

    Raises:
        SyntaxError: a file is no Python.
    """
    state = read(text)
    made = Outline()
    made.text += f" layers({', '.join(rules.layers)})\n limits(functions={rules.functions}, lines={rules.lines})\n"
    sizes = {name: body.count("\n") + 1 for name, body in state.files}
    for module in state.layout.modules:
        functions = sum(unit.kind == "function" for unit in module.units)
        made.put(" with ", module.name, f"(functions={functions}, lines={sizes[module.name]}):", made.modules)
        _module(made, state.layout, module)
    return made


def _module(made: Outline, layout: Layout, module: Module) -> None:
    top = sorted(layout.at_top(module) | module.spare, key=lambda name: (layout.home.get(name, ""), name))
    if top:
        made.text += f"  imports({', '.join(f'{layout.home[name]}.{name}' for name in top if name in layout.home)})\n"
    for unit in module.units:
        late = {name for owner, name in module.late if owner == unit.name}
        used = sorted(unit.uses & layout.home.keys())[:_MOST_USES]
        calls = ", ".join(f"late({name})" if name in late else name for name in used)
        before, behind = _signature(unit)
        made.put(f"  {before}", unit.name, f"{behind}uses({calls})", made.units)


@lru_cache(maxsize=4096)
def _signature(unit: Unit) -> tuple[str, str]:
    """What stands before and behind the name."""
    node = ast.parse(unit.source).body[0]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return "def ", f"({', '.join(each.arg for each in given[:_MOST_PARAMETERS])}): "
    if isinstance(node, ast.ClassDef):
        return "class ", ": "
    return "", " = "
