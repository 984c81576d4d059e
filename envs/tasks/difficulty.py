"""
How hard a task is: by the chance of solving it without knowing anything, corrected by how often it was really solved.

The rate that is asked for is that of baselines within ``BUDGET`` executions. Before anybody tried, it is guessed from
the number of candidates and of edits; attempts update the guess as a Beta posterior (Gelman et al., "Bayesian Data
Analysis", section 2.4), so that a few of them don't make a task trivial or impossible.
"""

from __future__ import annotations

from dataclasses import replace

from core.records import Category, Task
from envs.edits.grammar import proposals
from envs.tasks.splits import solution
from envs.tasks.states import candidates_of

BUDGET = 25
# Attempts that the guess is worth.
_WEIGHT = 2.0
LEVELS: tuple[tuple[str, float], ...] = (
    ("beginner", 0.5),
    ("intermediate", 0.15),
    ("advanced", 0.03),
    ("expert", 0.0),
)


def guessed_rate(candidates: int, edits: int) -> float:
    """
    The chance that edits in random order contain the right ones: ``edits`` of them, one after the other, each among
    ``candidates``, of which a share of ``BUDGET`` may be tried.
    """
    if edits < 1:
        return 1.0
    return float(min(1.0, BUDGET / edits / max(candidates, 1)) ** edits)


def solve_rate(guess: float, solved: int, tried: int) -> float:
    """Mean of the posterior after ``solved`` of ``tried`` attempts of baselines within ``BUDGET`` executions."""
    return (guess * _WEIGHT + solved) / (_WEIGHT + tried)


def level(rate: float) -> str:
    """The word for a solve rate: beginner, intermediate, advanced or expert."""
    return next(name for name, least in LEVELS if rate >= least)


def graded(task: Task, solved: int = 0, tried: int = 0) -> Task:
    """``task`` with its difficulty, as far as it is known."""
    guess = guessed_rate(_candidates(task), task.solution_edits)
    return replace(task, difficulty=level(solve_rate(guess, solved, tried)))


def _candidates(task: Task) -> int:
    if task.category != Category.BUG_FIX:
        return len(candidates_of(task, task.source))
    # A bug hardly changes the number, and the repaired function is the same for all bugs in it: listed once.
    return len(proposals(solution(task)))
