"""What a feature task tells in words: what is missing, where it shows, and the words that it is about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from core.records import Task, Verdict
from envs.edits.program import function_node
from envs.edits.tree import walk
from envs.tasks.feature.library import BUILTINS
from envs.tasks.feature.removals import Removal
from envs.tasks.feature.vocabulary import WORDS
from envs.tasks.mining.record import MinedFunction

MAX_WORDS = 6
_LONGEST_WORD = 100
_LONGEST_NOTE = 160
_USUAL = frozenset(("0", "1", "-1", "2", "''", "None", "True", "False", "Ellipsis", "b''"))
_FAULTS = {"timeout": "does not come to an end", "died": "kills its process", "missing": "does not come to an end"}
_LACKS = {
    "guard": "an early way out",
    "default": "a default",
    "branch": "the handling of a case",
    "else": "what to do otherwise",
    "elif": "the handling of another case",
    "handler": "the handling of another error",
    "try": "the handling of an error",
    "return": "a result",
    "statement": "a step",
    "group": "two steps",
    "block": "a part",
    "body": "all but its docstring",
}
_TOKEN = re.compile(r"[A-Za-z_]\w*|'[^'\n]*'|\"[^\"\n]*\"|\d+")


def words_line(removed: Sequence[Removal], source: str, siblings: Sequence[str]) -> str | None:
    """
    The sentence that names the literals, names and attributes that the missing code needs and that stand nowhere in
    what can be read, in the order of the alphabet; "" where there are none, None where they are too many to be told.
    """
    known = set(_TOKEN.findall("\n".join((source, *siblings))))
    known |= {each[1:-1] for each in known if each[:1] in "'\""}
    nodes = [part for removal in removed for node in removal.nodes for part in walk(node)]
    needed = sorted({word for word in _needed(nodes, _bound(nodes, source)) if not _is_known(word, known)})
    if len(needed) > MAX_WORDS or any("`" in word or len(word) > _LONGEST_WORD for word in needed):
        return None
    return WORDS + ", ".join(f"`{word}`" for word in needed) + "." if needed else ""


def _is_known(word: str, known: set[str]) -> bool:
    plain = word.strip(".").strip("'\"")
    return word in _USUAL or plain in known or (word[:1].isalpha() and set(word.split(".")) <= known)


def _bound(nodes: Sequence[ast.AST], source: str) -> set[str]:
    """Names that are nobody's to tell: locals of the function and of the missing code."""
    every = [*nodes, *ast.walk(function_node(ast.parse(source)))]
    stored = {each.id for each in every if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)}
    return (
        stored
        | {each.arg for each in every if isinstance(each, ast.arg)}
        | {each.name for each in nodes if isinstance(each, ast.ExceptHandler) and each.name}
    )


def _needed(nodes: Sequence[ast.AST], bound: set[str]) -> Iterator[str]:
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    dotted = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield ast.unparse(node)[1:]
        elif isinstance(node, ast.Constant) and id(node) not in inside:
            yield ast.unparse(node)
        elif isinstance(node, ast.Name) and id(node) not in dotted and node.id not in (*bound, *BUILTINS):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield from _of_attribute(node, bound)


def _of_attribute(node: ast.Attribute, bound: set[str]) -> Iterator[str]:
    """``module.name`` of a global whole; ``.name`` of anything else."""
    base = node.value
    if isinstance(base, ast.Name) and base.id not in bound and base.id not in ("self", "cls"):
        yield f"{base.id}.{node.attr}"
    else:
        yield f".{node.attr}"


def statement(function: MinedFunction, removed: Sequence[Removal], verdict: Verdict, words: str) -> str:
    """What is missing, the first line of the docstring, a visible check that fails, what comments say, the words."""
    lacks = " and ".join(dict.fromkeys(_LACKS[each.kind] for each in removed))
    parts = [f"{function.module}.{function.qualname} lacks {lacks}.", _purpose(function), _symptom(function, verdict)]
    parts += [note for note in (_note(function.source, each) for each in removed) if note]
    return " ".join(part for part in (*parts, words) if part)


def _purpose(function: MinedFunction) -> str:
    text = ast.get_docstring(function_node(ast.parse(function.source))) or ""
    line = text.strip().partition("\n")[0].strip()
    return f"What it is for: {line[:_LONGEST_NOTE]}" + ("" if line.endswith(".") else ".") if line else ""


def _symptom(function: MinedFunction, verdict: Verdict) -> str:
    pairs = zip(verdict.results, function.checks, strict=False)
    failing = [index for index, (result, check) in enumerate(pairs) if check.visible and not result.passed]
    if not failing:
        return ""
    first = verdict.results[failing[0]]
    name = first.detail.partition(":")[0]
    fault = _FAULTS.get(first.outcome.value, f"raises {name}" if first.outcome == "raised" else "has a wrong outcome")
    call = function.examples[failing[0]] if failing[0] < len(function.examples) else "(...)"
    shown = sum(check.visible for check in function.checks)
    return f"It fails {len(failing)} of {shown} checks: called with {call}, it {fault}."


def _note(source: str, removal: Removal) -> str:
    """What the comments of the missing code say."""
    lines = (line.strip() for line in source[removal.start : removal.end].split("\n"))
    said = " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
    return f"A note on it: {said[:_LONGEST_NOTE]}" if said else ""


def safe(text: str, task: Task) -> bool:
    """Whether a statement holds no edit of the reference whole."""
    return not any(len(e.replacement.strip()) > 8 and e.replacement.strip() in text for e in task.reference)
