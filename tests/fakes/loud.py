"""A task category with goals, as a plug-in would bring it: make the texts that a function returns loud."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from core.protocols import Executor
from core.records import Edit, Goal, Task, Verdict, task_id
from envs.edits.candidate import Proposal
from envs.edits.reparse import parses
from envs.tasks.category import Bench, Material
from envs.tasks.states import judged, result_of, unreadable
from tests.fakes.executor import make_task


class Loud:
    name = f"{__name__}:Loud"
    version = 1
    kinds = ("louder", "longer", "silent")
    compares = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        return []

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        found = []
        for start, end, text in _texts(source):
            found.append(Proposal("louder", start, end, repr(text.upper()), (start, end), text.upper()))
            found.append(Proposal("longer", start, end, repr(text * 2), (start, end), text * 2))
            found.append(Proposal("silent", start, end, "''", (start, end), "''"))
            found.append(Proposal("silent", start, end, "'", (start, end), "'"))  # parses nowhere
        return found

    def view(self, task: Task, source: str) -> str:
        return source

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        if not parses(source):
            return unreadable(task, "no Python")
        texts = [text for _, _, text in _texts(source)]
        values = {"quiet": sum(text != text.upper() for text in texts), "missing": 2 - sum(map(bool, texts))}
        return judged(
            executor.run(task.program(source), task.checks), task, [result_of(g, values[g.measure]) for g in task.goals]
        )

    def lazy(self, task: Task) -> Sequence[str]:
        return [task.source.replace("'a'", "''").replace("'b'", "''")]


def loud_task(task: Task) -> Task:
    """``task``'s checks with loudness to reach in the text of its start state."""
    # One for each text, so that each edit counts.
    goals = (*(Goal(f"quiet{bound}", "quiet", bound) for bound in (2, 1, 0)), Goal("kept", "missing", visible=False))
    made = replace(task, category=Loud.name, goals=goals, reference=_reference(task.source))
    return replace(made, id=task_id(made.category, made.module, made.qualname, made.source, made.checks, goals))


NUMBERS = [(a, b) for a in range(4) for b in range(4)]


def quiet_task() -> Task:
    """Nothing that the checks see may change, so that they are about numbers and the goals about texts."""
    source = "def pick(a, b):\n    'x'\n    note = ['a', 'b']\n    return max(a, b)\n"
    return loud_task(make_task(source, source, "pick", NUMBERS))


def _reference(source: str) -> tuple[Edit, ...]:
    """Each text in turn, the last first, so that what stands before it stays where it is."""
    quiet = [found for found in _texts(source) if found[2] != found[2].upper()]
    return tuple(Edit("", start, end, repr(text.upper()), "louder") for start, end, text in sorted(quiet, reverse=True))


def _texts(source: str) -> list[tuple[int, int, str]]:
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return [
        (starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset, node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.end_lineno and node.end_col_offset
    ]
