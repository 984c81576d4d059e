"""
Inputs from a package's own tests: which tests belong to a module, and one confined, traced run of each of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import TaskError
from core.seeding import digest
from envs.sandbox.config import Limits
from envs.sandbox.confined import run_confined
from envs.sandbox.process import PROJECT_ROOT
from envs.tasks.mining import store
from envs.tasks.mining.discover import ModuleIndex
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.settings import MINER_VERSION
from envs.tasks.packages import STANDARD_LIBRARY, ModuleFile, Package

_SECONDS = 8.0
_MOST_FILES = 10
# Test modules of the standard library that are not called after what they test.
_RELATED: Mapping[str, tuple[str, ...]] = {
    "html": ("test_html", "test_htmlparser"),
    "urllib": ("test_urlparse", "test_urllib", "test_urllib2", "test_robotparser"),
    "http": ("test_http_cookies", "test_http_cookiejar", "test_httplib"),
    "collections": ("test_collections", "test_ordered_dict", "test_userdict", "test_userlist", "test_userstring"),
    "xml": ("test_xml_etree", "test_minidom", "test_sax", "test_pulldom", "test_xml_dom_minicompat"),
    "_pydecimal": ("test_decimal",),
    "_collections_abc": ("test_collections",),
    "_weakrefset": ("test_weakset",),
    "_strptime": ("test_strptime",),
    "_markupbase": ("test_htmlparser",),
    "_pyio": ("test_memoryio",),
    "genericpath": ("test_genericpath", "test_posixpath", "test_ntpath"),
    "re": ("test_re",),
    "ast": ("test_unparse", "test_ast"),
    "bdb": ("test_bdb",),
    "dataclasses": ("test_dataclasses",),
    "zipfile": ("test_zipfile",),
    "logging": ("test_logging",),
    "tarfile": ("test_tarfile",),
    "importlib": (),
    "threading": (),
    "socket": (),
    "subprocess": (),
    "ssl": (),
    "concurrent": (),
}


@dataclass(frozen=True, slots=True)
class TestFile:
    """One test module: how it is run (``unittest`` by name, ``pytest`` by path) and its file or folder."""

    __test__ = False

    runner: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Traced:
    """Recorded ``(args, kwargs)`` pickles by ``module:qualname``."""

    calls: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    cpu_s: float = 0.0


def tests_of(source: Package, module: ModuleFile) -> tuple[TestFile, ...]:
    """The test modules that exercise ``module``, as far as they are installed."""
    if source.home is not None:
        return tuple(_repository_tests(source.home, module))[:_MOST_FILES]
    found = _standard_tests(source, module) if source.name == STANDARD_LIBRARY else _package_tests(module)
    return tuple(found)[:_MOST_FILES]


def _repository_tests(home: Path, module: ModuleFile) -> Iterator[TestFile]:
    """Those that are called after the module come first, then the others: any of them may exercise it."""
    folders = [folder for folder in (home / "tests", home / "test") if folder.is_dir()]
    files = {path for folder in folders for path in folder.rglob("*.py")} | set(home.glob("*.py"))
    tests = [path for path in files if path.stem.startswith("test_") or path.stem.endswith("_test")]
    for path in sorted(tests, key=lambda path: (module.file.stem not in path.stem, str(path))):
        yield TestFile("pytest", str(path), path)


def _standard_tests(source: Package, module: ModuleFile) -> Iterator[TestFile]:
    top, *below = module.name.split(".")
    folder = source.base / "test"
    names = _RELATED.get(top, (f"test_{top}", *sorted(path.stem for path in folder.glob(f"test_{top}_*.py"))))
    for name in names:
        if (folder / f"{name}.py").is_file():
            yield TestFile("unittest", f"test.{name}", folder / f"{name}.py")
        elif (folder / name).is_dir():
            wanted = [f"test_{part}" for part in below]
            files = sorted((folder / name).glob("test_*.py"), key=lambda path: (path.stem not in wanted, path.stem))
            yield from (TestFile("unittest", f"test.{name}.{path.stem}", path) for path in files)


def _package_tests(module: ModuleFile) -> Iterator[TestFile]:
    for folder in (module.file.parent, module.file.parent.parent):
        path = folder / "tests" / f"test_{module.file.stem}.py"
        if path.is_file():
            yield TestFile("pytest", str(path), path)


def trace(test: TestFile, indices: Sequence[ModuleIndex], source: Package, *, seconds: float = _SECONDS) -> Traced:
    """
    One traced run of ``test``, recording the functions of ``indices`` (their paths are relative to the package's base).

    What the tests do can't leave the sandbox; a run that fails to start or records nothing gives nothing.
    """
    wanted = [
        (str(source.base / index.path), site.first_line, f"{site.module}:{site.qualname}")
        for index in indices
        for site in index.sites
    ]
    root = str(source.home or "")
    request = {"tests": test.name, "root": root, "runner": test.runner, "seconds": seconds, "wanted": wanted}
    with tempfile.TemporaryDirectory(prefix="trace") as name:
        scratch = Path(name)
        (scratch / "request").write_bytes(pack(request))
        finished = run_confined(
            [sys.executable, "-m", "envs.tasks.mining.jobs.trace", str(scratch / "request"), str(scratch / "answer")],
            scratch=scratch,
            read=[PROJECT_ROOT, source.home or source.base],
            env={"PYTHONPATH": os.pathsep.join((str(PROJECT_ROOT), *source.paths))},
            limits=Limits(cpu_seconds=seconds + 5, wall_seconds=6 * seconds + 20, memory_mb=4096),
        )
        answer = scratch / "answer"
        calls = _answer(answer.read_bytes()) if answer.is_file() else {}
    return Traced(calls, finished.cpu_s)


def _answer(data: bytes) -> dict[str, tuple[bytes, ...]]:
    """The recorded inputs; the tests share the process with the recorder, so a torn answer counts as none."""
    try:
        header, blobs = unpack(data)
        calls, at = {}, 0
        for name, count in header["counts"].items():
            calls[str(name)] = tuple(blobs[at : at + int(count)])
            at += int(count)
        return calls
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


class TraceBook:
    """Traced runs, each made once and kept in ``folder`` by what it depends on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cpu_s = 0.0

    def inputs_of(
        self, source: Package, module: ModuleFile, index: ModuleIndex, family: Sequence[ModuleIndex]
    ) -> dict[str, list[bytes]]:
        """
        Recorded inputs of ``index``'s functions by qualified name. ``family``: the modules whose functions are
        recorded along with them, since the same tests exercise them.
        """
        inputs: dict[str, list[bytes]] = {}
        for test in tests_of(source, module):
            for name, found in self._traced(test, family, source).calls.items():
                owner, _, qualname = name.partition(":")
                if owner == index.module:
                    inputs.setdefault(qualname, []).extend(found)
        return {name: list(dict.fromkeys(found)) for name, found in inputs.items()}

    def _traced(self, test: TestFile, family: Sequence[ModuleIndex], source: Package) -> Traced:
        parts = [part for index in family for part in (index.module, index.text)]
        key = digest(str(MINER_VERSION), sys.version, test.name, test.path.read_bytes(), *parts)
        path = self.folder / f"{key}.trace"
        if path.is_file():
            try:
                return store.read(Traced, path)
            except TaskError:
                path.unlink(missing_ok=True)
        made = trace(test, family, source)
        self.cpu_s += made.cpu_s
        store.write(path, made)
        return made
