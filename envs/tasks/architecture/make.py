"""Makes tasks: a good layout of real code, faults put into it, and the steps that mend them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.records import Category, Goal, SourceFile, Task
from envs.edits.grammar import apply
from envs.encoding.lexer import lex
from envs.tasks.architecture.carve import carvings
from envs.tasks.architecture.cheats import cheats
from envs.tasks.architecture.faults import MIXES, Fault, Maker
from envs.tasks.architecture.goals import goals_for
from envs.tasks.architecture.layout import MARKER, Layout
from envs.tasks.architecture.measures import WORDS, values
from envs.tasks.architecture.mending import missed, way_back
from envs.tasks.architecture.moves import steps
from envs.tasks.architecture.outline import outline
from envs.tasks.architecture.plan import planned, rules_for
from envs.tasks.architecture.reading import files_of, read
from envs.tasks.architecture.rules import PATH, Rules
from envs.tasks.architecture.runs import run
from envs.tasks.base import make_task
from envs.tasks.category import Bench, Material

_LEAST_STEPS = 12


@dataclass(frozen=True)
class Ground:
    """A function's package as it should be."""

    layout: Layout
    rules: Rules
    values: dict[str, float]


def generate(material: Material, bench: Bench) -> list[Task]:
    """At most ``bench.settings.per_function`` tasks with different start states."""
    ground = ground_of(material)
    if ground is None or not _runs(ground.layout.text, material, bench) or not _matters(ground, material, bench):
        return []
    made: dict[str, Task] = {}
    for at in bench.rng.permutation(len(MIXES)):
        if len(made) == bench.settings.per_function:
            break
        task = _task(material, ground, MIXES[int(at)], bench)
        if task is not None and task.source not in made and _holds(task, ground, material, bench):
            made[task.source] = task
    return list(made.values())


def ground_of(material: Material) -> Ground | None:
    """The good layout of the function's neighbourhood; None where there is none that is better than one file."""
    function = material.function
    package = function.provenance.path.endswith("__init__.py")
    found = carvings(material.module_source, function.module, package, function.qualname)
    layout = next((layout for each in found if (layout := planned(each)) is not None), None)
    if layout is None:
        return None
    layout = read(layout.text).layout
    rules = rules_for(layout, files_of(layout.text))
    measured = values(layout.text, layout.text, rules)
    clean = not any(measured[name] for name in ("cycles", "late", "upward", "unused", "limits", "changed"))
    return Ground(layout, rules, measured) if clean else None


def _runs(text: str, material: Material, bench: Bench) -> bool:
    function = material.function
    return run(bench.executor, read(text), function.module, function.qualname, function.checks).passed


def _matters(ground: Ground, material: Material, bench: Bench) -> bool:
    """Whether the checks run anything of the package, where the function itself stays in the real module."""
    if material.function.qualname.partition(".")[0] in ground.layout.home:
        return True
    nothing = "".join(f"{name} = None\n" for name in ground.layout.home)
    return not _runs(f"{MARKER.format(name='nothing')}\n{nothing}", material, bench)


def _holds(task: Task, ground: Ground, material: Material, bench: Bench) -> bool:
    """Whether every state on the way to the solution works, and no answer that costs no work reaches the goals."""
    states = [task.source]
    for edit in task.reference:
        states.append(apply(states[-1], edit))
    honest = all(missed(values(text, task.source, ground.rules), task.goals) for text in cheats(task))
    return honest and all(_runs(text, material, bench) for text in states if text != ground.layout.text)


def _task(material: Material, ground: Ground, mix: Sequence[Maker], bench: Bench) -> Task | None:
    faults = _faults(ground, mix, bench)
    if not faults:
        return None
    start = faults[-1].layout.text
    measured = values(start, start, ground.rules)
    goals = goals_for(measured, ground.values)
    edits = way_back(start, faults, goals, ground.rules)
    if edits is None or not _fits(start, ground, bench):
        return None
    task = make_task(
        Category.ARCHITECTURE,
        material,
        bench,
        start=start,
        reference=[replace(edit, path=material.function.provenance.path) for edit in edits],
        statement=_statement(material, ground.rules, goals, measured),
        goals=goals,
        operators=[fault.name for fault in faults],
        read=[ground.rules.file],
    )
    # Several files are no program text, which is what fresh inputs are run on.
    return replace(task, files=(SourceFile(task.files[0].path, start), *task.files[1:]), fresh=())


def _faults(ground: Ground, mix: Sequence[Maker], bench: Bench) -> list[Fault]:
    """One fault upon the other; none where one of them can't be made."""
    faults: list[Fault] = []
    layout = ground.layout
    for maker in mix:
        fault = maker(layout, bench.rng)
        if fault is None:
            return []
        faults.append(fault)
        layout = read(fault.layout.text).layout
    return faults


def _fits(start: str, ground: Ground, bench: Bench) -> bool:
    """Neither too few steps to choose from, nor more or a longer outline than an observation holds."""
    most = bench.settings.max_source_tokens
    found = sum(1 for _ in steps(read(start).layout, ground.rules.layers))
    tokens = len(lex(outline(start, ground.rules).text, 0, most + 1).starts)
    return _LEAST_STEPS <= found <= bench.settings.max_source_candidates and tokens <= most


def _statement(material: Material, rules: Rules, goals: Sequence[Goal], measured: dict[str, float]) -> str:
    function = material.function
    missing = list(dict.fromkeys(g.measure for g in goals if g.visible and measured[g.measure] > g.bound))
    said = "; ".join(f"{WORDS[name]}: {measured[name]:g}" for name in missing)
    return (
        f"A package was cut out of {function.module} around {function.qualname} ({PATH}: layers "
        f"{' < '.join(rules.layers)}, at most {rules.functions} functions and {rules.lines} lines a file). "
        f"It works, but its structure falls short. {said[:1].upper()}{said[1:]}."
    )
