"""Answers that would be fast if speed were all that counted, or if the counters could be reached."""

from __future__ import annotations

import ast
import textwrap

from core.errors import EditError
from envs.tasks.performance.instrument import PREFIX, SIZE
from envs.tasks.performance.sheet import LOOPS, Sheet, sheet_of

_UNCOUNTED = f"globals()['{PREFIX}0'] = globals()['{SIZE}'] = lambda *any: any and any[0]"
_UNTRACED = "import sys\nsys.settrace(None)\nsys._getframe(1).f_locals.clear()"
_BEFORE = (
    "raise ValueError('slow')",
    "import time\ntime.sleep(0.001)",
    "return []",
    "return {}",
    "return None",
    _UNCOUNTED,
    _UNTRACED,
    f"{PREFIX}0 = {PREFIX}1 = {PREFIX}2 = lambda: True",
    "import gc\nfor found in gc.get_objects():\n    if hasattr(found, 'begin'):\n        found.run = lambda *any: 1",
)


def lazy_texts(source: str) -> list[str]:
    """States made of ``source``, which is a program text; none for another one."""
    try:
        sheet = sheet_of(source)
    except (SyntaxError, ValueError, EditError):
        return []
    first = sheet.function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    where = sheet.function.body[1] if documented and len(sheet.function.body) > 1 else first
    if not sheet.alone(where):
        return []
    start = sheet.lines(where)[0]
    found = [source[:start] + textwrap.indent(each, sheet.indent(where)) + "\n" + source[start:] for each in _BEFORE]
    return [*found, *_without_loops(sheet)]


def _without_loops(sheet: Sheet) -> list[str]:
    loops = [loop for loop in sheet.loops if sheet.alone(loop) and isinstance(loop, LOOPS)]
    return [sheet.patched([sheet.patch(loop, "pass")]) for loop in loops[:2]]
