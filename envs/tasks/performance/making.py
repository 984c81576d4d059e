"""Tasks of one function: made slower and measured, or slow as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from math import inf

from core.errors import EditError
from core.records import Category, Edit, Goal, Program, Task, task_id
from core.seeding import derive_seed
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.same import same_tree
from envs.edits.tree import parsed
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.category import Bench
from envs.tasks.mining.mine import replay_sandbox
from envs.tasks.mining.oracle import with_path
from envs.tasks.mining.record import MinedFunction
from envs.tasks.packages import split_of
from envs.tasks.performance.judging import CPU, CPU_BOUND, HIDDEN, VISIBLE, total
from envs.tasks.performance.meter import costs
from envs.tasks.performance.planning import plans_of
from envs.tasks.performance.rewrites import KINDS, proposals
from envs.tasks.performance.sheet import sheet_of
from envs.tasks.performance.slow import COMMON, Slow, injections
from envs.tasks.states import parses

# Goals lie apart by this factor; the last one leaves this much above what the reference takes.
STEP, SLACK = 1.5, 1.15
_MOST_STEPS = 4
_MARGIN = 1.05
_MOST_START = 1_000_000
_TRIES, _REAL_TRIES, _BACK_TRIES = 10, 3, 4
_SECOND_SHARE, _SECOND_TRIES, _WEAK_TRIES = 0.4, 3, 2
# With fewer edits to choose from, luck finds the right one.
_LEAST_CANDIDATES = 16
# What an injection has to cost at least; one alone has to cost STEP.
_NOTICED = 1.2
# Kinds of edits that make no real function much faster.
_IDLE = ("wrap", "leave_out", "alias", "reuse", "sort_once", "reverse", "iterate")


@dataclass(frozen=True, slots=True)
class Found:
    """
    A slow text, what was done to it, and edits that make it fast; ``ticks``: of the start and of their result;
    ``between``: of the states on the way.
    """

    names: tuple[str, ...]
    text: str
    reference: tuple[Edit, ...]
    ticks: tuple[float, float]
    between: tuple[float, ...] = ()


def tasks_of(function: MinedFunction, bench: Bench) -> list[Task]:
    """At most ``settings.per_function`` tasks, not yet verified as wholes; see ``Performance.generate``."""
    try:
        sheet_of(function.source)
    except (SyntaxError, ValueError, EditError):
        return []
    return _Maker(function, bench).tasks()


class _Maker:
    def __init__(self, function: MinedFunction, bench: Bench) -> None:
        self._function, self._bench = function, bench
        self._program = Program(function.module, function.qualname, function.source)

    def tasks(self) -> list[Task]:
        slower = list(injections(sheet_of(self._function.source)))
        repetitive = any(
            isinstance(n, ast.For | ast.While | ast.comprehension) for n in ast.walk(parsed(self._function.source))
        )
        if not slower and not repetitive:
            return []
        plans = plans_of(self._function, self._bench.executor)
        if plans is None:
            return []
        self._shown, self._hidden = plans
        found: dict[str, Found] = {}
        for each in self._chosen(slower):
            if each.text not in found and len(proposals(each.text)) >= _LEAST_CANDIDATES:
                found[each.text] = each
            if len(found) >= self._bench.settings.per_function:
                break
        return [self._task(each) for each in found.values()]

    def _chosen(self, slower: list[Slow]) -> Iterator[Found]:
        """Different names first, at random places; now and then one injection on top of another."""
        yield from islice(self._real(), 1)
        rng = self._bench.rng
        used: set[str] = set()
        weak: list[Found] = []
        order = [int(at) for at in rng.permutation(len(slower))]
        # Those that fit nearly everywhere come last.
        order.sort(key=lambda at: COMMON.get(slower[at].name, 0))
        for each in self._tried([slower[at] for at in order], used):
            found = self._found(each)
            if found is None:
                continue
            if found.ticks[0] < STEP * found.ticks[1]:
                weak.append(found)
                continue
            used.add(each.name)
            twice = self._twice(found) if rng.random() < _SECOND_SHARE else None
            yield twice or found
        for found in weak[:_WEAK_TRIES]:
            twice = self._twice(found)
            if twice is not None:
                yield twice

    def _tried(self, slower: Sequence[Slow], used: set[str]) -> Iterator[Slow]:
        tries = 0
        for each in slower:
            if tries < _TRIES and each.name not in used and parses(each.text):
                tries += 1
                yield each

    def _twice(self, first: Found) -> Found | None:
        """Another injection on top, which makes it slower still, and slow enough in all."""
        more = [each for each in injections(sheet_of(first.text)) if each.name not in first.names and parses(each.text)]
        order = sorted(map(int, self._bench.rng.permutation(len(more))), key=lambda at: COMMON.get(more[at].name, 0))
        least = max(first.ticks[0] * _NOTICED, first.ticks[1] * STEP)
        for at in order[:_SECOND_TRIES]:
            each = more[at]
            back = self._exact(each.text, first.text, each.back)
            start = self._ticks(each.text) if back else inf
            if back is None or not least <= start <= _MOST_START or not self._behaves(each.text):
                continue
            # The text on the way may differ from ``first.text`` in layout, and spans with it.
            on = self._exact(apply(each.text, back), apply(first.text, first.reference[0]), KINDS)
            if on is not None:
                names = (*first.names, each.name)
                return Found(names, each.text, (back, on), (start, first.ticks[1]), (first.ticks[0],))
        return None

    def _found(self, slow: Slow) -> Found | None:
        """The injection with its way back, if its cost is noticed and it changes nothing else."""
        start = self._ticks(slow.text)
        if not _NOTICED * self._shown.ticks <= start <= _MOST_START:
            return None
        back = self._exact(slow.text, self._function.source, slow.back)
        ticks = float(self._shown.ticks) if back else inf
        if back is None:
            back, ticks = self._near(slow)
        if back is None or ticks * _NOTICED > start or not self._behaves(slow.text):
            return None
        return Found((slow.name,), slow.text, (back,), (start, ticks))

    def _exact(self, text: str, wanted: str, kinds: Sequence[str]) -> Edit | None:
        """The edit of one of these kinds that makes ``wanted`` of ``text``, letter by letter or as a tree."""
        target = parsed(wanted)
        for each in proposals(text):
            if each.kind in kinds:
                result = apply(text, edit_of(each))
                if result == wanted or (parses(result) and same_tree(ast.parse(result), target)):
                    return edit_of(each)
        return None

    def _near(self, slow: Slow) -> tuple[Edit | None, float]:
        """Of a few edits that may undo it, the first that takes as little as the function as it was."""
        offered = [each for each in proposals(slow.text) if each.kind in slow.back]
        for each in sorted(offered, key=lambda each: slow.back.index(each.kind))[:_BACK_TRIES]:
            text = apply(slow.text, edit_of(each))
            ticks = self._ticks(text) if parses(text) else inf
            if ticks <= SLACK * self._shown.ticks and self._behaves(text):
                return edit_of(each), ticks
        return None, inf

    def _real(self) -> Iterator[Found]:
        """What makes the function as it is much faster."""
        offered = [each for each in proposals(self._function.source) if each.kind not in _IDLE]
        for at in self._bench.rng.permutation(len(offered))[:_REAL_TRIES]:
            each: Proposal = offered[at]
            text = apply(self._function.source, edit_of(each))
            ticks = self._ticks(text) if parses(text) else inf
            if ticks * STEP <= self._shown.ticks and self._behaves(text):
                yield Found(("real",), self._function.source, (edit_of(each),), (float(self._shown.ticks), ticks))

    def _ticks(self, text: str) -> float:
        found = costs(self._bench.executor, replace(self._program, source=text), self._shown.inputs)
        return total(found, self._shown.outcomes)

    def _behaves(self, text: str) -> bool:
        checks = [replace(check, visible=False) for check in (*self._function.checks, *self._function.fresh)]
        return self._bench.executor.run(replace(self._program, source=text), checks).passed

    def _task(self, found: Found) -> Task:
        function = self._function
        goals = self._goals(found)
        identity = task_id(Category.PERFORMANCE, function.module, function.qualname, found.text, function.checks, goals)
        return Task(
            id=identity,
            category=Category.PERFORMANCE,
            difficulty="hard" if len(found.reference) > 1 else "medium",
            language="python",
            statement=_statement(function, found, goals),
            files=(replace(function.file, text=found.text),),
            module=function.module,
            qualname=function.qualname,
            checks=function.checks,
            fresh=function.fresh,
            reference=with_path(found.reference, function.file.path),
            operators=found.names,
            provenance=function.provenance,
            split=split_of(function.provenance.package),
            seed=derive_seed(self._bench.settings.seed, identity),
            solution_edits=len(found.reference),
            goals=goals,
        )

    def _goals(self, found: Found) -> tuple[Goal, ...]:
        """Steps down from the start state to the reference, the reference on hidden inputs, and the CPU's word."""
        kept = _bounds(found)
        shown = [
            Goal(f"ticks{number}", VISIBLE, bound, self._shown.text if number == 0 else "")
            for number, bound in enumerate(kept)
        ]
        text = found.text
        for edit in found.reference:
            text = apply(text, edit)
        hidden = total(
            costs(self._bench.executor, replace(self._program, source=text), self._hidden.inputs), self._hidden.outcomes
        )
        most = hidden * SLACK if hidden < inf else 0.0  # 0: nothing reaches it, so that the task is not admitted
        return (
            *shown,
            Goal("hidden_ticks", HIDDEN, float(int(most)), self._hidden.text, visible=False),
            Goal("cpu_ratio", CPU, CPU_BOUND, visible=False),
        )


def _bounds(found: Found) -> list[float]:
    """From the loosest to the tightest; each edit of the reference reaches at least one more."""
    start, end = found.ticks
    bounds = [start / STEP**power for power in range(1, _MOST_STEPS)]
    kept = [bound for bound in bounds if bound > end * SLACK * 1.1]
    for ticks in found.between:
        if not any(ticks <= bound < start for bound in kept):
            kept.append(ticks * _MARGIN)
    return sorted({float(int(bound)) for bound in (*kept, end * SLACK)}, reverse=True)


def _statement(function: MinedFunction, found: Found, goals: Sequence[Goal]) -> str:
    bound = min(goal.bound for goal in goals if goal.measure == VISIBLE)
    return (
        f"{function.module}.{function.qualname} takes {found.ticks[0]:g} ticks on the visible inputs and longer ones "
        f"made of them; it can do with {bound:g}, with the same outcomes."
    )


def elsewhere(executor: object) -> FastLane | None:
    """A lane like ``executor`` whose children have another hash seed and time zone; None where it is no lane."""
    return _second(executor.config.model_dump_json()) if isinstance(executor, FastLane) else None


@lru_cache(maxsize=2)
def _second(config: str) -> FastLane:
    return FastLane(replay_sandbox(SandboxConfig.model_validate_json(config)))
