"""
Which installed packages serve which split, their modules and their licences.

A package belongs to one split only, so that nothing evaluated was trained on. The standard library counts as the
package ``python``. Nothing is imported to answer.
"""

from __future__ import annotations

import platform
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

from core.errors import TaskError
from core.records import Split

STANDARD_LIBRARY = "python"
HELDOUT: tuple[str, ...] = (
    *("boltons", "more-itertools", "toolz", "textdistance", "tabulate", "humanize", "inflection"),
)
VALIDATION: tuple[str, ...] = ("sortedcontainers", "packaging")
TRAIN: tuple[str, ...] = (STANDARD_LIBRARY, "networkx", "sympy", "mpmath", "Jinja2", "click", "rich", "PyYAML")
_ROOTS = {"more-itertools": ("more_itertools",), "Jinja2": ("jinja2",), "PyYAML": ("yaml",)}
# Interfaces, interactive programs and tests: nothing there is a function of values.
_SKIPPED = re.compile(
    r"(^|\.)(tests?|idlelib|tkinter|turtledemo|turtle|lib2to3|ensurepip|venv|encodings|pydoc_data|site-packages|"
    r"msilib|curses|__main__|antigravity|this|_vendor|benchmarks?|conftest|_aix_support|_osx_support|nturl2path|"
    r"test_.*|lib-dynload|config-.*|_sysconfigdata.*|distutils|asyncio|multiprocessing|dbm|ctypes|sphinxext)(\.|$)"
)
# Of sympy, the parts whose functions take and give plain values; the rest needs minutes to import or to run.
_SYMPY = re.compile(r"^sympy\.(ntheory|combinatorics|polys\.(dense|galois|monomials|orderings)|utilities|discrete)")


@dataclass(frozen=True, slots=True)
class Package:
    """
    An installed distribution, or a repository. ``roots``: what it is imported as. ``base``: the directory that holds
    the roots. ``home``: of a repository its top, where its tests are; None for what is installed.
    """

    name: str
    version: str
    licence: str
    split: Split
    roots: tuple[str, ...]
    base: Path
    home: Path | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """What has to be on the import path of a sandbox, beside what is installed."""
        return () if self.home is None else (str(self.base),)


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A module of a package: its dotted name, its file, and the file's path relative to the package's base."""

    name: str
    file: Path
    path: str


def split_of(name: str) -> Split:
    """The split that a package serves; a package that isn't listed may be trained on."""
    if _key(name) in map(_key, HELDOUT):
        return Split.HELDOUT
    return Split.VALIDATION if _key(name) in map(_key, VALIDATION) else Split.TRAIN


def packages_of(split: Split) -> tuple[str, ...]:
    """The listed packages of a split that are installed here."""
    listed = {Split.TRAIN: TRAIN, Split.VALIDATION: VALIDATION, Split.HELDOUT: HELDOUT}[split]
    return tuple(name for name in listed if name == STANDARD_LIBRARY or _installed(name))


def package(name: str) -> Package:
    """
    The installed package ``name``; or the repository at ``name``, where that is a path (it holds a ``/``).

    Raises:
        TaskError: it isn't installed; there is no such folder, or no Python package or module in it.
    """
    if "/" in name:
        return _repository(Path(name))
    if name == STANDARD_LIBRARY:
        base = Path(sysconfig.get_path("stdlib"))
        return Package(name, platform.python_version(), "PSF-2.0", Split.TRAIN, (), base)
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise TaskError(
            f"the package {name!r} is not installed", remedy=f"pip install {name}, or leave it out"
        ) from error
    roots = _ROOTS.get(name, (name.replace("-", "_"),))
    base = Path(str(found.locate_file("")))
    if not any(PathFinder.find_spec(root, [str(base)]) for root in roots):
        raise TaskError(f"the package {name!r} has no module {roots[0]!r}", where=str(base))
    return Package(name, found.version, _licence(found), split_of(name), roots, base)


def _repository(home: Path) -> Package:
    """A folder with packages or modules at its top or below ``src``. Its version is what it is called by: unknown."""
    if not home.is_dir():
        raise TaskError("no such folder", where=str(home), remedy="Give a package's name or a repository's folder")
    home = home.resolve()
    base = next((folder for folder in (home / "src", home) if _roots_of(folder)), None)
    if base is None:
        raise TaskError("no Python package or module to mine", where=str(home))
    return Package(home.name, "0", "unknown", split_of(home.name), _roots_of(base), base, home)


def _roots_of(folder: Path) -> tuple[str, ...]:
    """Importable names at the top of ``folder``, tests and scripts for setting up left out."""
    if not folder.is_dir():
        return ()
    found = {path.parent.name for path in folder.glob("*/__init__.py")} | {path.stem for path in folder.glob("*.py")}
    left_out = re.compile(r"^(tests?|conftest|setup|noxfile|fabfile|tasks|test_.*|.*_test|docs|examples)$")
    return tuple(sorted(name for name in found if name.isidentifier() and not left_out.match(name)))


@lru_cache(maxsize=32)
def modules(source: Package) -> tuple[ModuleFile, ...]:
    """The package's modules in the order of their names, without tests, programs and platform-specific ones."""
    # Where a package and a module share a name, Python takes the package, which is listed last.
    named = {module.name: module for module in _files(source)}
    found = sorted(named.values(), key=lambda module: module.name)
    return tuple(module for module in found if not _SKIPPED.search(module.name) and _wanted(source, module.name))


def find_module(source: Package, name: str) -> ModuleFile:
    """
    The file of a package's module.

    Raises:
        TaskError: the package has no such module.
    """
    for module in modules(source):
        if module.name == name:
            return module
    raise TaskError(f"no module {name!r} to mine", where=source.name)


def _files(source: Package) -> Iterator[ModuleFile]:
    if source.name == STANDARD_LIBRARY:
        yield from _below(source.base, source.base, ("site-packages",))
        return
    for root in source.roots:
        if (source.base / f"{root}.py").is_file():
            yield ModuleFile(root, source.base / f"{root}.py", f"{root}.py")
        yield from _below(source.base / root, source.base, ())


def _below(folder: Path, base: Path, without: tuple[str, ...]) -> Iterator[ModuleFile]:
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(base).with_suffix("").parts
        if parts[0] in without or not all(part.isidentifier() for part in parts):
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield ModuleFile(name, file, str(file.relative_to(base)))


def _wanted(source: Package, module: str) -> bool:
    return source.name != "sympy" or _SYMPY.match(module) is not None


def _licence(found: metadata.Distribution) -> str:
    fields = found.metadata
    named = next((fields[key] for key in ("License-Expression", "License") if key in fields), "")
    classified = [c.rpartition("::")[2].strip() for c in fields.get_all("Classifier") or () if c.startswith("License")]
    first = named.strip().splitlines()[0] if named.strip() else ""
    return first if 0 < len(first) < 60 else (classified[0] if classified else "unknown")


def _installed(name: str) -> bool:
    return next(iter(metadata.distributions(name=name)), None) is not None


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
