"""Finds the functions of a module that are worth a try, by reading its text. Nothing is imported here."""

from __future__ import annotations

import ast
import re
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.errors import EditError, TaskError
from envs.edits.program import ProgramText, located, programs
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.mining.usage import Usage, usage_of
from envs.tasks.packages import ModuleFile

# Calls whose outcome depends on the clock, the machine or the process: what the replay would turn down anyway.
_UNSTABLE = re.compile(
    r"\b(time\.(time|localtime|gmtime|monotonic|perf_counter|ctime|strftime|sleep)|datetime\.now|\.now\(|\.today\(|"
    r"\.utcnow\(|perf_counter|monotonic\(|os\.environ|environ\b|getpid|urandom|uuid[14]\(|getrandbits|_getframe|"
    r"currentframe|open\(|socket\.|subprocess|Popen|threading\.|_thread|input\(|\bid\(|globals\(\)|gc\.|weakref|"
    r"sys\.(stdin|argv|modules|exit|path)|os\.(stat|lstat|listdir|remove|unlink|rename|mkdir|fork|exec|kill|system|"
    r"popen|getcwd|walk|scandir|pipe|read|write|close|wait)|signal\.|select\.|getpass|gethostname|platform\.|"
    r"linecache|importlib|__import__|tempfile|asyncio|multiprocessing|traceback\.print)"
)
_UNFIT_NAMES = frozenset({"__del__", "__init_subclass__", "__reduce__", "__reduce_ex__", "__getstate__", "main"})


@dataclass(frozen=True, slots=True)
class FunctionSite:
    """
    A function that may be mined. ``source`` is its program text (``core.records``), ``line`` the ``def`` line in the
    file, ``first_line`` that of its first decorator, ``docs`` the docstrings near it that hold doctests, ``promise`` a
    guess in [0, 1] that it will be admitted.
    """

    module: str
    qualname: str
    source: str
    line: int
    first_line: int
    header_lines: int
    body_lines: int
    usage: Usage
    docs: tuple[str, ...]
    promise: float


@dataclass(frozen=True, slots=True)
class ModuleIndex:
    """What the text of a module tells: its functions and how every ``__init__`` uses its parameters, by class."""

    module: str
    path: str
    text: str
    sites: tuple[FunctionSite, ...]
    constructors: dict[str, Usage]


def index_module(module: str, path: str, text: str, *, min_lines: int = 3, max_lines: int = 80) -> ModuleIndex:
    """
    Reads a module.

    Raises:
        TaskError: the text does not parse.
    """
    try:
        tree = ast.parse(text)
        found = list(zip(located(tree), programs(text), strict=True))
    except (SyntaxError, ValueError, RecursionError, EditError) as error:
        raise TaskError(f"can't be parsed ({error})", where=path) from error
    docs = _doctests(tree)
    names = Counter(qualname for _, (qualname, _) in found)
    sites: list[FunctionSite] = []
    constructors: dict[str, Usage] = {}
    for (qualname, node, _), (_, program) in found:
        if not isinstance(node, ast.FunctionDef) or "<locals>" in qualname:
            continue
        if node.name in ("__init__", "__new__") and "." in qualname:
            constructors.setdefault(qualname.rpartition(".")[0], usage_of(node))
        # A qualified name that is defined twice can't be told apart by name.
        if names[qualname] == 1 and _fit(node, program.text, range(min_lines, max_lines + 1)):
            sites.append(_site(module, qualname, node, program, docs))
    return ModuleIndex(module, path, text, tuple(sites), constructors)


def index_of(module: ModuleFile, settings: MiningSettings) -> ModuleIndex:
    """
    The functions of a module that are worth a try.

    Raises:
        TaskError: the file can't be read or parsed.
    """
    text = read_source(module.file)
    return index_module(module.name, module.path, text, min_lines=settings.min_lines, max_lines=settings.max_lines)


def read_source(file: Path) -> str:
    """The text of a Python file, by its declared encoding, with unified line ends."""
    try:
        with tokenize.open(file) as stream:
            return stream.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise TaskError(f"can't be read ({error})", where=str(file)) from error


def _doctests(tree: ast.Module) -> dict[str, str]:
    """Docstrings with examples, by the qualified name of what they describe ("" for the module)."""
    holders: dict[str, ast.Module | ast.ClassDef | ast.FunctionDef] = {"": tree}
    for name, node, _ in located(tree):
        if isinstance(node, ast.FunctionDef):
            holders[name] = node
    holders |= {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found = {name: ast.get_docstring(holder) or "" for name, holder in holders.items()}
    return {name: text for name, text in found.items() if ">>>" in text and len(text) < 20_000}


def _fit(node: ast.FunctionDef, source: str, sizes: range) -> bool:
    body = _body(node)
    if not body or node.name in _UNFIT_NAMES or node.lineno == body[0].lineno:
        return False
    return _count(node) in sizes and not _UNSTABLE.search(source) and not _trivial(body)


def _count(node: ast.FunctionDef) -> int:
    """Lines of the function without its docstring."""
    return (node.end_lineno or node.lineno) - _body(node)[0].lineno + 2


def _site(
    module: str, qualname: str, node: ast.FunctionDef, program: ProgramText, docs: dict[str, str]
) -> FunctionSite:
    near = (qualname, qualname.partition(".")[0], "")
    return FunctionSite(
        module,
        qualname,
        program.text,
        program.first_line,
        min((node.lineno, *(decorator.lineno for decorator in node.decorator_list))),
        program.header_lines,
        _count(node),
        usage_of(node),
        tuple(docs[name] for name in dict.fromkeys(near) if name in docs),
        _promise(node, program.text),
    )


def _body(node: ast.FunctionDef) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def _trivial(body: list[ast.stmt]) -> bool:
    """Nothing that a bug could be in: ``pass``, ``...``, or a bare raise."""
    return len(body) == 1 and (
        isinstance(body[0], (ast.Pass, ast.Raise))
        or (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant))
    )


def _promise(node: ast.FunctionDef, own: str) -> float:
    """Functions do better than methods, and what talks to streams, locks or processes rarely runs (measured)."""
    value = 0.5 if node.args.args and node.args.args[0].arg == "self" else 0.75
    value += 0.15 * (">>>" in own)
    touchy = r"\.(write|flush|close|acquire|release|send|recv|readline|fileno|connect)\(|\bos\.|\bsys\.|warn"
    value -= min(0.45, 0.15 * len(re.findall(touchy, own)))
    return max(value, 0.05)
