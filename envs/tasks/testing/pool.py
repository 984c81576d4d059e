"""The inputs that a task of testing offers, with what the code under test does on them: a file of the task."""

from __future__ import annotations

import ast
import json
import marshal
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.records import Task

POOL_PATH = "inputs.json"
_LONGEST = 240


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One input. ``call``: an expression; ``outcome``: the expression that it equals, or the name of the exception that it
    ``raises``. ``lines``: those of the code under test that run, from 1, ascending. ``wrong``: what the call
    doesn't give, as somebody might expect who has not tried it; "" where none is near. Where the input is for a method
    that changes its instance: ``made`` makes the instance, ``act`` calls the method on it as ``it``, and ``call`` reads
    what it changed.
    """

    call: str
    outcome: str
    raises: bool
    lines: tuple[int, ...]
    wrong: str = ""
    made: str = ""
    act: str = ""

    @property
    def operator(self) -> str:
        """How the call is compared with its outcome."""
        return "is" if self.outcome in ("None", "True", "False") else "=="

    @property
    def size(self) -> int:
        """Characters of a test of it."""
        return len(self.made + self.act + self.call + self.outcome)

    @property
    def code(self) -> bytes:
        """
        The test as one expression, compiled and marshalled: what has to be true, or the call that has to raise.
        """
        return _code(self)


@lru_cache(maxsize=8192)
def _code(entry: Entry) -> bytes:
    text = f"({entry.call})" if entry.raises else f"({entry.call}) {entry.operator} ({entry.outcome})"
    whole = f"[it := ({entry.made}), {entry.act}, {text}][-1]" if entry.made else text
    return marshal.dumps(compile(whole, "<test>", "eval", dont_inherit=True))


def entries_of(found: object) -> list[Entry]:
    """
    The entries that a child answered; what isn't well formed is left out, since mined code shares the child's process.
    """
    if not isinstance(found, list):
        return []
    made = [_entry(each) for each in found if isinstance(each, dict)]
    return [each for each in made if each is not None]


def _entry(fields: dict[str, object]) -> Entry | None:
    raises, lines = fields.get("raises"), fields.get("lines")
    texts = [text for name in ("call", "outcome", "made", "act") if isinstance(text := fields.get(name), str)]
    if len(texts) != len(("call", "outcome", "made", "act")) or not isinstance(raises, bool):
        return None
    call, outcome, made, act = texts
    if not isinstance(lines, list) or not lines or not all(type(line) is int and 0 < line < 10_000 for line in lines):
        return None
    entry = Entry(call, outcome, raises, tuple(sorted(set(lines))), "", made, act)
    fit = outcome.isidentifier() if raises else _is_expression(outcome)
    fit = fit and (_is_call(made) and _is_call(act) and _is_expression(call) if made else _is_call(call) and not act)
    return entry if fit and entry.size < _LONGEST else None


def _is_call(text: str) -> bool:
    return _is_expression(text) and isinstance(ast.parse(text, mode="eval").body, ast.Call | ast.Attribute)


def _is_expression(text: str) -> bool:
    try:
        compile(text, "<input>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return "\n" not in text


def as_text(entries: Sequence[Entry]) -> str:
    """The pool as the text of a file."""
    rows = [[e.call, e.outcome, e.raises, list(e.lines), e.wrong, e.made, e.act] for e in entries]
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"


def pool_of(task: Task) -> tuple[Entry, ...]:
    """The pool of a task of testing."""
    return _read(task.files[2].text)


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(call, said, raises, tuple(lines), *more) for call, said, raises, lines, *more in json.loads(text)
    )
