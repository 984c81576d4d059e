"""Bug fixing: the start state is a mutant that the suite kills; solved when every check passes again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.protocols import Executor
from core.records import Category, Program, Task, Verdict, task_id
from core.seeding import derive_seed
from envs.edits.candidate import Proposal
from envs.edits.grammar import proposals
from envs.tasks.category import Bench, Material
from envs.tasks.mining.oracle import repaired, run_mutant, try_inject, with_path
from envs.tasks.mining.record import MinedFunction, Mutant
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import split_of

_MOST_BUGS = 3
_SYMPTOMS = {"timeout": "does not come to an end", "died": "kills its process", "missing": "does not come to an end"}


class BugFix:
    """Implements ``envs.tasks.category.TaskCategory``."""

    name = Category.BUG_FIX
    version = 1
    kinds: tuple[str, ...] = ()
    compares = True

    def generate(self, material: Material, bench: Bench) -> list[Task]:
        """One task per set of failing checks: single bugs first, then combinations of two and three."""
        return generate(material.function, bench.executor, bench.rng, bench.settings)

    def propose(self, task: Task, source: str) -> Sequence[Proposal]:
        """Every edit of the grammar."""
        return proposals(source)

    def view(self, task: Task, source: str) -> str:
        """The program text itself."""
        return source

    def verify(self, task: Task, source: str, executor: Executor) -> Verdict:
        """One run on all checks of the task."""
        return executor.run(task.program(source), task.checks)

    def lazy(self, task: Task) -> Sequence[str]:
        """None of its own."""
        return ()


def generate(
    function: MinedFunction, executor: Executor, rng: np.random.Generator, settings: MiningSettings
) -> list[Task]:
    """
    Tasks with different sets of failing checks. Single bugs are the function's killed mutants; about
    ``settings.combined_share`` of all are combinations, which are run here.
    """
    seen: set[tuple[int, ...]] = set()
    singles = _distinct(function.mutants, function, settings, seen)
    wanted = round(len(singles) * settings.combined_share / (1 - settings.combined_share))
    combined = _combine(function, executor, rng, settings, seen, wanted)
    return [task_of(function, mutant, settings) for mutant in (*singles, *combined)]


def _distinct(
    mutants: Sequence[Mutant], function: MinedFunction, settings: MiningSettings, seen: set[tuple[int, ...]]
) -> list[Mutant]:
    kept = []
    for mutant in mutants:
        if mutant.failing in seen or not _fit(mutant, function, settings):
            continue
        known = mutant if mutant.repairs else repaired(mutant, function.source)
        if known is not None:
            seen.add(mutant.failing)
            kept.append(known)
    return kept


def _fit(mutant: Mutant, function: MinedFunction, settings: MiningSettings) -> bool:
    """An agent can see that something is wrong, and (where demanded) that not everything is."""
    visible = any(function.checks[index].visible for index in mutant.failing)
    return visible and (len(mutant.failing) < len(function.checks) or not settings.require_passing)


def _combine(
    function: MinedFunction,
    executor: Executor,
    rng: np.random.Generator,
    settings: MiningSettings,
    seen: set[tuple[int, ...]],
    wanted: int,
) -> list[Mutant]:
    program = Program(function.module, function.qualname, function.source)
    made: list[Mutant] = []
    for _ in range(2 * wanted):
        if len(made) == wanted:
            break
        injection = try_inject(function.source, rng, int(rng.integers(2, _MOST_BUGS + 1)))
        if injection is None:
            continue
        mutant = run_mutant(
            program, injection.source, injection.repairs, injection.operators, function.checks, executor
        )
        made += _distinct([mutant] if mutant else [], function, settings, seen)
    return made


def task_of(function: MinedFunction, mutant: Mutant, settings: MiningSettings) -> Task:
    """The task whose start state is ``mutant`` and whose reference is its repairs; a visible check has to fail."""
    file = replace(function.file, text=mutant.source)
    identity = task_id(Category.BUG_FIX, function.module, function.qualname, mutant.source, function.checks)
    return Task(
        id=identity,
        category=Category.BUG_FIX,
        difficulty="",  # measured later (``envs.tasks.difficulty``)
        language="python",
        statement=_statement(function, mutant),
        files=(file,),
        module=function.module,
        qualname=function.qualname,
        checks=function.checks,
        fresh=function.fresh,
        reference=with_path(mutant.repairs, file.path),
        operators=mutant.operators,
        provenance=function.provenance,
        split=split_of(function.provenance.package),
        seed=derive_seed(settings.seed, identity),
        solution_edits=len(mutant.repairs),
    )


def _statement(function: MinedFunction, mutant: Mutant) -> str:
    """The symptom in one sentence: a visible check that fails, and how."""
    index, symptom = next(
        (at, symptom)
        for at, symptom in zip(mutant.failing, mutant.symptoms, strict=True)
        if function.checks[at].visible
    )
    call = function.examples[index] if index < len(function.examples) else "(...)"
    fault = _SYMPTOMS.get(symptom, "has a wrong outcome" if symptom == "failed" else f"raises {symptom}")
    shown = sum(function.checks[at].visible for at in mutant.failing)
    every = sum(check.visible for check in function.checks)
    return f"{function.module}.{function.qualname} fails {shown} of {every} checks: called with {call}, it {fault}."
