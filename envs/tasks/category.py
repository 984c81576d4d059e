"""
The contract of a task category; the categories are in ``envs.tasks.categories``.

A category says how tasks are made of real code, what can be done in a state of a task, and how a state is judged. All
else is shared: the sandbox, the episode with its search, the encoding, the policy, the reports::

    category = category_of("refactoring")                 # a built-in, an entry point, or module:Class
    for task in category.generate(material, bench):
        edit = category.propose(task, task.source)[0].edit
        verdict = category.verify(task, apply(task.source, edit), executor)
        solved = verdict.passed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.protocols import Executor
from core.records import SourceFile, Task, Verdict
from envs.edits.candidate import Proposal
from envs.tasks.mining.record import MinedFunction
from envs.tasks.mining.settings import MiningSettings


@dataclass(frozen=True, slots=True)
class Material:
    """
    What tasks are made of: a mined function, and ``siblings``, the program texts of other functions of its module in
    the order of the file. ``module_source``: the text of the whole module.
    """

    function: MinedFunction
    siblings: tuple[SourceFile, ...] = ()
    module_source: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """
    What tasks are made with: somewhere to run code, randomness, and how many of what to make. ``second``: like
    ``executor``, with another hash seed and time zone, for what has to be the same in every process; None: there is
    none.
    """

    executor: Executor
    rng: np.random.Generator
    settings: MiningSettings
    second: Executor | None = None


class TaskCategory(Protocol):
    """
    One kind of development task. Everything is a function of the arguments: equal ones give equal results, in any
    process. Where many answers are as good as the reference, it may teach, too (``envs.tasks.teaching``).

    Attributes:
        name: What ``Task.category`` says.
        version: Raise it when ``generate`` makes other tasks than before: it is part of the cache's key.
        kinds: The names of its kinds of edits, at most ``core.observation.CATEGORY_KINDS``; a kind's place in it is
            what the policy knows it by. Empty where ``propose`` only gives kinds of the grammar.
        compares: Whether its candidates are alternatives of expressions, so that what each would change can be
            evaluated (``envs.encoding.infection``).
    """

    name: str
    version: int
    kinds: tuple[str, ...]
    compares: bool

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """
        Distinct tasks of the function, at most a few. Each is verified by execution: its start state misses at least
        one visible check or goal, its reference, applied in order, reaches all of them.
        """
        ...

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """
        The edits that are open in the state ``source``, in a fixed order. Each changes the text; two that give the same
        text, and those of which the text doesn't parse, are left out by the caller. The task's hidden parts have no
        influence. Anchors are places in ``view(task, source)``.
        """
        ...

    def view(self, task: Task, source: str) -> str:
        """The program text (``core.records``) that stands for the state before the policy: mostly ``source`` itself."""
        ...

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """
        What a state shows: one result for each of ``task.checks`` and then one for each of ``task.goals``, in their
        order, hidden ones included. A state is solved when all of them passed. Never raises for what ``source`` holds:
        a text that is no Python gets a verdict with ``error``. ``detail`` says in words how a result fell short
        (``complexity 12, limit 7``); those words are seen by the agent, so they hold nothing that is hidden.
        """
        ...

    def lazy(self, task: Task) -> Sequence[str]:
        """
        Answers that cost no work and must not pass, beside those that every category gets (``envs.tasks.lazy``): states
        as ``verify`` takes them.
        """
        ...
