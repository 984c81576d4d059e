"""An episode for people: a coloured diff and what the visible checks showed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from core.records import CheckResult, Outcome
from envs.episode import Episode

_RED, _GREEN, _CYAN, _BOLD, _OFF = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_MARKS = {
    Outcome.PASSED: f"{_GREEN}✓{_OFF}",
    Outcome.FAILED: f"{_RED}✗{_OFF}",
    Outcome.RAISED: f"{_RED}!{_OFF}",
}


def coloured_diff(before: str, after: str, name: str) -> str:
    """The unified diff with ANSI colours, empty where nothing differs."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", lineterm="", n=3)
    return "\n".join(map(_coloured, lines))


def render(episode: Episode) -> str:
    """The episode's state: a headline, the diff from its start, the visible checks, the tries that were undone."""
    return "\n".join(part for part in _parts(episode) if part)


def _parts(episode: Episode) -> Iterator[str]:
    task, results = episode.task, episode.visible.results
    passed = sum(result.passed for result in results)
    yield (
        f"{_BOLD}{task.module}.{task.qualname}{_OFF}  {passed}/{len(results)} visible checks pass, "
        f"{episode.executions} of {episode.settings.budget} executions used{_ending(episode)}"
    )
    yield coloured_diff(task.source, episode.source, task.files[0].path)
    yield " ".join(_check(result) for result in results)
    undone = sum(step.edit is not None and not step.kept for step in episode.steps)
    yield f"{undone} edits tried and undone" if undone else ""


def _ending(episode: Episode) -> str:
    if episode.lost:
        return f", {_RED}lost: {episode.lost}{_OFF}"
    if not episode.done:
        return ""
    return f", {_GREEN}submitted{_OFF}" if episode.submitted else f", {_RED}over{_OFF}"


def _check(result: CheckResult) -> str:
    return f"{_MARKS.get(result.outcome, f'{_RED}?{_OFF}')} {result.check_id}"


def _coloured(line: str) -> str:
    if line.startswith(("---", "+++")):
        return f"{_BOLD}{line}{_OFF}"
    colour = {"+": _GREEN, "-": _RED, "@": _CYAN}.get(line[:1])
    return f"{colour}{line}{_OFF}" if colour else line
