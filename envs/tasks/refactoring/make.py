"""Tasks of a mined function: as it is, and with smells put in; each is run before it is handed out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import EditError
from core.records import Category, Goal, Program, Task, task_id
from core.seeding import derive_seed
from envs.edits.grammar import apply, edit_of
from envs.edits.reparse import parses
from envs.encoding.lexer import lex
from envs.tasks.category import Bench
from envs.tasks.mining.oracle import with_path
from envs.tasks.mining.record import MinedFunction
from envs.tasks.packages import split_of
from envs.tasks.refactoring.catalogue import BETTER
from envs.tasks.refactoring.fair import climbs, fair
from envs.tasks.refactoring.goals import TARGETS, goals_of, score
from envs.tasks.refactoring.measures import Measures, quickly
from envs.tasks.refactoring.reading import code_of
from envs.tasks.refactoring.search import Descent, Way, way_down
from envs.tasks.refactoring.smells import SMELLS, Smell

_MOST_STEPS = 3
_PLACES = 3
_TRIES = 6
_DIFFICULTIES = ("easy", "medium", "hard")
# Which name reads well, and whether a conditional expression does, is a matter of taste: no task asks for it unless a
# smell of that sort was put in.
_PLAINLY_BETTER = frozenset(BETTER) - {"inline", "to_ternary"}


@dataclass(frozen=True, slots=True)
class _Start:
    """A state to begin with, the smells that were put in, and how to look for a better one."""

    descent: Descent
    smells: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.descent.start


def tasks_of(function: MinedFunction, bench: Bench) -> list[Task]:
    """At most ``per_function``, of different start states."""
    made: list[Task] = []
    for start in _starts(function.source, bench.rng):
        if len(made) == bench.settings.per_function:
            break
        if start.text in {task.source for task in made} or not _fits(start.text, bench):
            continue
        task = _task(function, start, bench)
        made += [task] if task is not None else []
    return made


def _starts(source: str, rng: np.random.Generator) -> Iterator[_Start]:
    """The function as it is, and then with one, two or three smells."""
    try:
        yield _Start(Descent(source, _PLAINLY_BETTER, _MOST_STEPS))
        sizes = [int(each) + 1 for each in rng.permutation(_MOST_STEPS)]
        for turn in range(_TRIES):
            start = _smelling(source, rng, sizes[turn % len(sizes)])
            if start is not None:
                yield start
    except (SyntaxError, EditError):
        return


def _smelling(source: str, rng: np.random.Generator, number: int) -> _Start | None:
    """
    ``number`` smells put in, each at a random place, as even over the smells as the function allows: first those that
    need a function of some shape, then those that fit anywhere.
    """
    texts: list[str] = [source]
    names: list[str] = []
    kinds: set[str] = set()
    steps = 0
    for smell in sorted((SMELLS[at] for at in rng.permutation(len(SMELLS))), key=lambda each: each.anywhere):
        worse = _put_in(texts[-1], smell, rng)
        if worse is not None:
            texts.append(worse)
            names.append(smell.name)
            kinds.update(smell.mended_by)
            steps += smell.steps
        if len(names) == number:
            break
    if not names:
        return None
    descent = Descent(texts[-1], frozenset(kinds), min(steps, _MOST_STEPS), score(quickly(source)), tuple(texts[:-1]))
    return _Start(descent, tuple(names))


def _put_in(text: str, smell: Smell, rng: np.random.Generator) -> str | None:
    """The text with the smell, None where it has no place or doesn't show in what is measured."""
    found = list(smell.rule(code_of(text)))
    for at in rng.permutation(len(found))[:_PLACES]:
        after = apply(text, edit_of(found[at]))
        if parses(after) and _worse(quickly(text), quickly(after)):
            return after
    return None


def _worse(before: Measures, after: Measures) -> bool:
    return score(after) > score(before) and any(after.value(name) > before.value(name) for name in TARGETS)


def _fits(text: str, bench: Bench) -> bool:
    limit = bench.settings.max_source_tokens
    return len(lex(text, 0, limit + 1).texts) <= limit


def _task(function: MinedFunction, start: _Start, bench: Bench) -> Task | None:
    """None where the start behaves otherwise, no way leads down, or a cheap answer would do."""

    def right(text: str) -> bool:
        return _behaves(function, text, bench)

    if start.smells and not right(start.text):
        return None
    way = way_down(start.descent, right)
    if not way.edits or (start.smells and score(quickly(way.texts[-1])) > start.descent.enough):
        return None
    goals = goals_of(way.measures, way.texts[0], way.texts[-1])
    task = _made(function, start, way, goals, bench)
    return task if climbs(goals, way.measures) and fair(task, way.texts, bench.executor) else None


def _behaves(function: MinedFunction, text: str, bench: Bench) -> bool:
    checks = (*function.checks, *(replace(each, id=f"fresh {each.id}", visible=False) for each in function.fresh))
    return bench.executor.run(Program(function.module, function.qualname, text), checks).passed


def _made(function: MinedFunction, start: _Start, way: Way, goals: tuple[Goal, ...], bench: Bench) -> Task:
    file = replace(function.file, text=start.text)
    category = Category.REFACTORING
    identity = task_id(category, function.module, function.qualname, start.text, function.checks, goals)
    return Task(
        id=identity,
        category=category,
        difficulty=_DIFFICULTIES[len(way.edits) - 1],
        language="python",
        statement=_statement(function, way.measures),
        files=(file,),
        module=function.module,
        qualname=function.qualname,
        checks=function.checks,
        fresh=function.fresh,
        reference=with_path(way.edits, file.path),
        operators=start.smells or tuple(edit.operator for edit in way.edits),
        provenance=function.provenance,
        split=split_of(function.provenance.package),
        seed=derive_seed(bench.settings.seed, identity),
        solution_edits=len(way.edits),
        goals=goals,
    )


def _statement(function: MinedFunction, path: Sequence[Measures]) -> str:
    first, last = path[0], path[-1]
    pairs = [(name, first.value(name), last.value(name)) for name in TARGETS]
    aims = ", ".join(f"{name} from {before} to {after}" for name, before, after in pairs if after < before)
    return (
        f"Refactor {function.module}.{function.qualname} without changing what it does: {aims}. "
        "Nothing else that is measured may get worse."
    )
