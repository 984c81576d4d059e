"""Which modules an input may refer to: those that importing the function's module brings along, in any process."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

# Loaded in every child of the sandbox (``_strptime`` and what it imports).
_ALWAYS = ("builtins", "datetime", "collections", "re", "operator", "functools", "calendar", "time", "copyreg", "_io")
# Whoever runs in a process may hang something of its own into these (``sys.excepthook``): they lead nowhere.
_SHARED = ("sys", "builtins")


class ModuleGuard:
    """Tells inputs that a fresh process can unpickle from those that need what only this process has imported."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self._reached: frozenset[str] | None = None

    def admits(self, data: bytes) -> bool:
        """Whether every class and function in the pickle comes with the module."""
        reader = _Reader(io.BytesIO(data))
        try:
            reader.load()
        except Exception:  # noqa: BLE001  # classes may refuse to be rebuilt in any way
            return False
        return all(name in _ALWAYS or name in self._closure() for name in reader.modules)

    def _closure(self) -> frozenset[str]:
        if self._reached is None:
            self._reached = frozenset(_reach(self.module))
        return self._reached


class _Reader(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.modules: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.modules.add(module)
        return super().find_class(module, name)


def _reach(module: ModuleType) -> set[str]:
    """Names of the modules that the module's namespace leads to, over any number of steps."""
    seen: set[str] = {*_ALWAYS, *_SHARED}
    waiting = [module.__name__, *(name for name in _ALWAYS if name not in _SHARED)]
    while waiting:
        name = waiting.pop()
        found = sys.modules.get(name)
        if found is not None:
            new = {other for other in _referred(found) if other not in seen}
            seen |= new | {name}
            waiting += new
    return seen


def _referred(module: ModuleType) -> Iterator[str]:
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType):
            # A submodule hangs in its package as soon as anybody imports it.
            if not value.__name__.startswith(f"{module.__name__}."):
                yield value.__name__
        elif isinstance(value, type) or callable(value):
            owner = getattr(value, "__module__", None)
            if isinstance(owner, str) and owner in sys.modules:
                yield owner
                yield from _parents(owner)


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name
