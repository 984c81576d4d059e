"""
The job that runs a package's files in place of the definitions of a real module, inside the confined child.

The files are modules of a private package, imported by each other as their text says. Their ``__name__`` is the real
module's, so that the classes that they define are called as before, and the real module's names are bound to what they
define, so that pickled instances are of these classes. Expected values play no part in it.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from envs.sandbox.codec import describe
from envs.sandbox.outcome import CheckTimeout, disarm, expected_form, observe, soft_limit
from envs.sandbox.program import resolve_function
from envs.tasks.mining.frames import pack, unpack

PACKAGE = "_laid_out"
_MOST_HANGING = 2


class _Files:
    """Finds and loads the package's modules."""

    def __init__(self, real: str, files: Sequence[Sequence[str]]) -> None:
        self._real = real
        self._texts = {f"{PACKAGE}.{name}": text for name, text in files}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in self._texts else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        module.__name__ = self._real
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(self._texts[name], f"<{name}>", "exec", dont_inherit=True)
        exec(code, vars(module))


def observed(payload: bytes) -> bytes:
    """
    Request: header ``{module, qualname, files, names, home, seconds}`` and inputs (pickles of ``(args, kwargs)``);
    ``names``: the module of each definition, ``home``: that of the function, or empty where it stays in the real one.
    Reply: header ``{error, results}``, a ``[kind, detail]`` for each input that was run, and their outcomes in the form
    of ``Check.expected``.
    """
    request, inputs = unpack(payload)
    try:
        soft_limit(10 * request["seconds"])
        call = _loaded(request)
    except (Exception, SystemExit, CheckTimeout) as error:  # noqa: BLE001  as it likes
        return pack({"error": f"{type(error).__name__}: {describe(error)}"[:200], "results": []})
    finally:
        disarm()
    results, outcomes, hanging = [], [], 0
    for args in inputs:
        seen = observe(call, args, None, request["seconds"])
        results.append([seen.kind, seen.detail])
        outcomes.append(expected_form(seen.payload) if seen.payload else b"")
        hanging += seen.kind == "timeout"
        if hanging == _MOST_HANGING:
            break
    return pack({"error": "", "results": results}, outcomes)


def _loaded(request: dict[str, Any]) -> Any:
    real = sys.modules[request["module"]]
    package = ModuleType(PACKAGE)
    package.__path__ = []
    sys.modules[PACKAGE] = package
    sys.meta_path.insert(0, _Files(request["module"], request["files"]))
    modules = {name: importlib.import_module(f"{PACKAGE}.{name}") for name, _ in request["files"]}
    for name, home in request["names"].items():
        setattr(real, name, getattr(modules[home], name))
    return resolve_function(modules.get(request["home"], real), request["qualname"])[1]
