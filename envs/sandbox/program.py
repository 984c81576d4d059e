"""Compiling a program text, and finding the function that it stands in for."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any

FILENAME = "<program>"
_INHERITED_FLAGS = 0x1FE0000  # the bits of ``from __future__`` imports


class ProgramError(Exception):
    """A program that doesn't compile, or doesn't fit the function that it is to replace."""


def compile_program(source: str, qualname: str, flags: int = 0) -> CodeType:
    """
    The code object of the one function in ``source``, as the real file would give it. ``flags`` are the original's
    ``co_flags``, of which the future imports are taken over. Raises ProgramError.
    """
    try:
        with warnings.catch_warnings():  # an edit that compares a literal by "is" is tried, not warned about
            warnings.simplefilter("ignore", SyntaxWarning)
            module = compile(source, FILENAME, "exec", flags & _INHERITED_FLAGS, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise ProgramError(f"{type(error).__name__}: {error}") from error
    code = _find(module, qualname)
    if code is None:
        raise ProgramError(f"no function {qualname} in the program")
    return code


def _find(code: CodeType, qualname: str) -> CodeType | None:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found = constant if constant.co_qualname == qualname else _find(constant, qualname)
            if found is not None:
                return found
    return None


def nested_codes(code: CodeType) -> frozenset[CodeType]:
    """``code`` and all code objects inside it: comprehensions, lambdas, inner functions."""
    found = {code}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= nested_codes(constant)
    return frozenset(found)


def resolve_function(module: ModuleType | str, qualname: str) -> tuple[FunctionType, Callable[..., Any]]:
    """
    The function object whose ``__code__`` is to be swapped, and what a user of the module would call: the attribute
    itself, or the getter of a property. Decorators (``functools.wraps``, caches, properties, class and static
    methods) are looked through. ``module`` has to be imported already. Raises ProgramError.
    """
    owner: Any = sys.modules[module] if isinstance(module, str) else module
    *path, name = qualname.split(".")
    try:
        for part in path:
            owner = getattr(owner, part)
        raw = _raw_attribute(owner, name)
    except AttributeError as error:
        raise ProgramError(f"{getattr(module, '__name__', module)} has no {qualname}") from error
    function = _unwrap(raw, qualname)
    getter = _getter(raw)
    return function, getter if getter is not None else getattr(owner, name)


def _raw_attribute(owner: Any, name: str) -> Any:
    for holder in getattr(owner, "__mro__", (owner,)):
        if name in vars(holder):
            return vars(holder)[name]
    raise AttributeError(name)


def _getter(raw: Any) -> Any:
    if isinstance(raw, property):
        return raw.fget
    if hasattr(type(raw), "__set_name__") and hasattr(raw, "func"):  # functools.cached_property
        return raw.func
    return None


def _unwrap(raw: Any, qualname: str) -> FunctionType:
    """Breadth first through wrappers to the function that ``def`` made under ``qualname``."""
    queue: list[Any] = [raw]
    seen: set[int] = set()
    while queue:
        candidate = queue.pop(0)
        if id(candidate) in seen or len(seen) > 64:
            continue
        seen.add(id(candidate))
        if isinstance(candidate, FunctionType) and candidate.__code__.co_qualname == qualname:
            return candidate
        queue += _inside(candidate)
    raise ProgramError(f"no plain function behind {qualname}")


def _inside(wrapper: Any) -> list[Any]:
    names = ("__wrapped__", "__func__", "fget", "func")
    inner = [getattr(wrapper, name, None) for name in names]
    for cell in getattr(wrapper, "__closure__", None) or ():
        try:
            inner.append(cell.cell_contents)
        except ValueError:  # a cell that was never filled
            continue
    return [item for item in inner if callable(item) or isinstance(item, property)]


def swap(function: FunctionType, code: CodeType) -> None:
    """
    Puts ``code`` into ``function``; defaults, closure, globals and decorators stay. Raises ProgramError where the
    two don't close over the same names, which would silently exchange cells.
    """
    if function.__code__.co_freevars != code.co_freevars:
        raise ProgramError(f"closes over {code.co_freevars}, the original over {function.__code__.co_freevars}")
    function.__code__ = code
