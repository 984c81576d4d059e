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
from envs.tasks.feature.wanted import lack_line
from envs.tasks.mining.record import MinedFunction

MAX_WORDS = 6
_LONGEST_WORD = 100
_LONGEST_NOTE = 160
_USUAL = frozenset(("0", "1", "-1", "2", "''", "None", "True", "False", "Ellipsis", "b''"))
_FAULTS = {"timeout": "does not come to an end", "died": "kills its process", "missing": "does not come to an end"}
# Another one in each process.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_TOKEN = re.compile(r"[A-Za-z_]\w*|'[^'\n]*'|\"[^\"\n]*\"|\d+")


def words_line(removed: Sequence[Removal], source: str, siblings: Sequence[str]) -> str | None:
    """
    The sentence that names the literals, names and attributes that the missing code needs and that stand nowhere in the
    function, in the order of the alphabet; where they are many, those alone that no sibling has either. "" where there
    are none, None where they are too many to be told.
    """
    nodes = [part for removal in removed for node in removal.nodes for part in walk(node)]
    needed = sorted(set(_needed(nodes, _bound(nodes, source))))
    for known in (_tokens(source), _tokens("\n".join((source, *siblings)))):
        told = [word for word in needed if not _is_known(word, known)]
        if len(told) <= MAX_WORDS and not any("`" in word or len(word) > _LONGEST_WORD for word in told):
            return WORDS + ", ".join(f"`{word}`" for word in told) + "." if told else ""
    return None


def _tokens(text: str) -> set[str]:
    known = set(_TOKEN.findall(text))
    return known | {each[1:-1] for each in known if each[:1] in "'\""}


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
        elif isinstance(node, ast.Name) and id(node) not in dotted and node.id not in bound:
            # What a built-in is called is no secret, but which error is to be raised has to be told.
            if node.id not in BUILTINS or node.id.endswith(("Error", "Exception", "Iteration")):
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


def statement(name: str, whole: str, removed: Sequence[Removal], symptom: str, words: str) -> str:
    """What ``whole`` lacks, the first line of its docstring, the ``symptom``, what comments say, the words."""
    parts = [f"{name} lacks {lack_line(each.kind for each in removed)}.", _purpose(whole), symptom]
    parts += [note for note in (_note(whole, each) for each in removed) if note]
    return " ".join(part for part in (*parts, words) if part)


def _purpose(source: str) -> str:
    text = ast.get_docstring(function_node(ast.parse(source))) or ""
    line = text.strip().partition("\n")[0].strip()
    return f"What it is for: {line[:_LONGEST_NOTE]}" + ("" if line.endswith(".") else ".") if line else ""


def symptom(function: MinedFunction, verdict: Verdict) -> str:
    """How many visible checks fail, and how the first of them does."""
    pairs = zip(verdict.results, function.checks, strict=False)
    failing = [index for index, (result, check) in enumerate(pairs) if check.visible and not result.passed]
    if not failing:
        return ""
    first = verdict.results[failing[0]]
    name = first.detail.partition(":")[0]
    wrong = f"has a wrong outcome ({first.detail})" if first.detail else "has a wrong outcome"
    fault = _FAULTS.get(first.outcome.value, f"raises {name}" if first.outcome == "raised" else wrong)
    call = _ADDRESS.sub("", function.examples[failing[0]]) if failing[0] < len(function.examples) else "(...)"
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
