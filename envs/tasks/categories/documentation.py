"""Documentation: the docstring is gone, thinned out or out of date; solved when it says all that the code shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from core.errors import EditError
from core.protocols import Executor
from core.records import Category, Task, Verdict
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply
from envs.edits.reparse import parses
from envs.encoding.lexer import lex
from envs.tasks.category import Bench, Material
from envs.tasks.documentation.lazy import lazy
from envs.tasks.documentation.making import subject_of, tasks_of
from envs.tasks.documentation.measures import State, measured, passes
from envs.tasks.documentation.proposals import KINDS, proposals
from envs.tasks.documentation.search import given
from envs.tasks.documentation.text import read, shown
from envs.tasks.lazy import lazy_answers
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.states import judged, unreadable


class Documentation:
    """
    Implements ``envs.tasks.category.TaskCategory``.

    Tasks have no checks: a goal demands that the code is the same, tree for tree, as at the start, which proves that it
    behaves the same, and what behaves the same passes. So every visible goal is about the docstring.
    """

    name = Category.DOCUMENTATION
    version = 3
    kinds = KINDS
    compares = False

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """Without a docstring, with a poor one, and with one that lacks a part or is out of date, as far as they go."""
        subject = subject_of(material, bench.executor)
        if subject is None:
            return []
        made = (task for task in tasks_of(subject, bench) if self._fit(task, bench))
        return list(islice(made, bench.settings.per_function))

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """Docstrings where there is none; else summaries, and entries of each kind where they belong."""
        return proposals(source, given(task))

    def view(self, task: Task, source: str) -> str:
        """The function with the lines of its docstring as statements."""
        return shown(source)

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """The goals, of which the one about examples runs them in the sandbox and the one about style asks ruff."""
        if not parses(source):
            return unreadable(task, "no Python")
        state = State(task, source, executor)
        try:
            results = [measured(state, goal) for goal in task.goals]
        except EditError as error:
            return unreadable(task, str(error))
        return judged(Verdict((), state.cpu_s, ""), task, results)

    def lazy(self, task: Task) -> Sequence[str]:
        """Docstrings that only look like one."""
        return lazy(task)

    def _fit(self, task: Task, bench: Bench) -> bool:
        """Whether the task is what it says: shown by running it."""
        solved = task.source
        for edit in task.reference:
            solved = apply(solved, edit)
        if not _small(solved, bench.settings) or not self.verify(task, solved, bench.executor).passed:
            return False
        start = self.verify(task, task.source, bench.executor)
        if start.only(task.visible_ids).passed or not any(result.passed for result in start.results):
            return False
        return not any(_passes(State(task, text, bench.executor)) for text in lazy_answers(task).values())


def _passes(state: State) -> bool:
    try:
        return parses(state.source) and passes(state)
    except EditError:
        return False


def _small(source: str, settings: MiningSettings) -> bool:
    """Whether the policy sees all of a state."""
    view = shown(source)
    begin = view.index(f"def {read(source).node.name}")
    return len(lex(view, begin, settings.max_source_tokens + 1).starts) <= settings.max_source_tokens
