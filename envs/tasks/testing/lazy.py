"""Test functions that cost no work."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from core.records import Task
from envs.tasks.testing.pool import Entry, pool_of
from envs.tasks.testing.suite import ALWAYS, INDENT, right_line

_SKIPS = ("import pytest\npytest.skip('later')", "pytest.skip('later')", "return", "raise SystemExit(0)")
_FAILS = "pytest.fail('broken')"


def lazy_suites(task: Task) -> list[str]:
    """
    No test, tests that can't fail, tests of nothing, skips, everything caught, every input in a loop, other code put in
    the place of what is tested, and tests that no longer run.
    """
    pool, head = pool_of(task), task.source.partition("\n")[0] + "\n"
    bodies = [*_SKIPS, _FAILS, f"try:\n    {_FAILS}\nexcept BaseException:\n    pass", ALWAYS, *_of_pool(pool)]
    texts = [head + textwrap.indent(body, INDENT) + "\n" for body in bodies]
    solved = head + textwrap.indent(_right(pool), INDENT) + "\n"
    return [
        *texts,
        "import pytest\n\n" + solved,
        "@pytest.mark.skip\n" + solved,
        "@pytest.mark.xfail\n" + solved,
        solved.replace("def ", "async def ", 1),
        solved.replace("def test_", "def _", 1),
    ]


def _of_pool(pool: tuple[Entry, ...]) -> Iterator[str]:
    """Every input at once is over every budget; without an expectation it is a waste, too."""
    values = [entry for entry in pool if not entry.raises]
    right = _right(pool)
    yield "\n".join(f"assert {entry.call} == {entry.call}" for entry in values[:3])
    yield "\n".join(f"assert {entry.call} is not None" for entry in values[:3])
    yield "\n".join(entry.call for entry in values[:3])
    yield right
    yield "\n".join([right_line(0, pool[0]).text] * 3)
    yield f"try:\n{textwrap.indent(right, INDENT)}\nexcept BaseException:\n    pass"
    yield f"for _ in range(1):\n{textwrap.indent(right, INDENT)}"
    yield f"if False:\n{textwrap.indent(right, INDENT)}"
    yield f"with pytest.raises(BaseException):\n{textwrap.indent(right, INDENT)}"
    yield f"return\n{right}"
    yield "assert " + " and ".join(f"({entry.call} == {entry.outcome})" for entry in values)
    yield "assert " + " or ".join(f"({entry.call} == {entry.outcome})" for entry in values)


def _right(pool: tuple[Entry, ...]) -> str:
    return "\n".join(right_line(0, entry).text for entry in pool)
