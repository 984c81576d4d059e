"""
A look at changed files from outside, before they run: code that shares an interpreter with its tests could look for the
machinery that reports on it. What reaches for it by introspection is refused where the repository's own version didn't.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_WORDS = """
_pytest pytest pluggy unittest coverage gc ctypes _ctypes inspect importlib marshal pickle pdb faulthandler atexit
_getframe _current_frames settrace setprofile addaudithook _exit abort execve kill exc_info
__closure__ cell_contents __code__ __globals__ __builtins__ __subclasses__ __import__ __getattribute__ __mro__
__bases__ f_back f_locals f_globals f_builtins f_code tb_frame gi_frame cr_frame ag_frame
exec eval compile globals vars locals breakpoint sys.modules
"""
_REACHING = frozenset(_WORDS.split())


def reaching_names(before: str, after: str) -> tuple[str, ...]:
    """
    Names of introspection that ``after`` uses and ``before`` (may be empty) doesn't, and ``getattr`` and the like with
    a computed name. Raises nothing: text that doesn't parse can't run either.
    """
    return tuple(sorted(set(_names(after)) - set(_names(before))))


def _names(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        for name in _mentions(node):
            if name in _REACHING:
                yield name
        if isinstance(node, ast.Call) and _computed(node):
            yield "getattr of a computed name"


def _mentions(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        owner = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
        return (node.attr, owner)
    if isinstance(node, ast.Import):
        return tuple(part for alias in node.names for part in alias.name.split("."))
    if isinstance(node, ast.ImportFrom):
        parts = (node.module or "").split(".")
        return (*parts, *(alias.name for alias in node.names), *(f"{node.module}.{a.name}" for a in node.names))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    return ()


def _computed(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id in ("getattr", "setattr", "delattr", "attrgetter")
    return named and len(call.args) > 1 and not isinstance(call.args[1], ast.Constant)
