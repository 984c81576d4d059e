"""Which modules a module imports late, inside its functions: the zygote has to have them before it forks."""

from __future__ import annotations
import __future__

import ast
import functools
import operator
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import resolve_name
from pathlib import Path
from typing import NamedTuple

# Imported for their effect, or windows and test suites: never wanted by a function under test.
_SKIPPED = frozenset(
    ("antigravity", "this", "tkinter", "turtle", "idlelib", "turtledemo", "test", "lib2to3", "__main__")
)


class ModuleFacts(NamedTuple):
    """
    ``lazy``: names that the module's functions import, absolute (``from a import b`` gives ``a`` and ``a.b``, which may
    turn out not to be a module). ``flags``: the compiler flags of its ``from __future__`` imports.
    """

    lazy: tuple[str, ...]
    flags: int


def lazy_imports(module: str, search_path: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """See ``ModuleFacts.lazy``."""
    return module_facts(module, search_path).lazy


@lru_cache(maxsize=4096)
def module_facts(module: str, search_path: tuple[str, ...] | None = None) -> ModuleFacts:
    """From the source text; nothing is imported to find out. Empty for what has no source."""
    spec = _find(module, search_path)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return ModuleFacts((), 0)
    package = module if spec.submodule_search_locations is not None else module.rpartition(".")[0]
    tree = ast.parse(Path(spec.origin).read_bytes())
    names = {name for node in _inside_functions(tree) for name in _imported(node, package)}
    lazy = tuple(sorted(name for name in names if name.partition(".")[0] not in _SKIPPED))
    return ModuleFacts(lazy, _future_flags(tree))


def _future_flags(tree: ast.Module) -> int:
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    features = [getattr(__future__, alias.name) for node in imports for alias in node.names]
    return functools.reduce(operator.or_, (feature.compiler_flag for feature in features), 0)


def _find(module: str, search_path: Sequence[str] | None) -> ModuleSpec | None:
    spec, where, name = None, search_path, ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        spec = PathFinder.find_spec(name, where)
        if spec is None:
            return None
        where = spec.submodule_search_locations
    return spec


def _inside_functions(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    try:
        base = resolve_name("." * node.level + (node.module or ""), package)
    except ImportError:  # a relative import beyond the top: it fails when run, too
        return []
    return [base, *(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")]
