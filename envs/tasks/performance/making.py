"""Slow starts of one function: made slower and measured, or slow as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from math import inf

from core.errors import EditError
from core.records import Edit, Program, Task
from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.reparse import parses
from envs.edits.same import same_tree
from envs.edits.tree import parsed
from envs.tasks.category import Bench
from envs.tasks.mining.record import MinedFunction
from envs.tasks.performance.meter import Variant, surveyed
from envs.tasks.performance.planning import plans_of
from envs.tasks.performance.rewrites import KINDS, proposals
from envs.tasks.performance.sheet import sheet_of
from envs.tasks.performance.slow import COMMON, Slow, injections
from envs.tasks.performance.stating import SLACK, STEP, Found, stated

_MOST_START = 500_000
# Surveyed at once: injections in all and of one name, and edits of the function as it is.
_TRIES, _OF_A_NAME, _REAL_TRIES, _BACK_TRIES = 16, 4, 4, 4
_SECOND_SHARE, _SECOND_TRIES, _WEAK_TRIES = 0.4, 3, 2
# With fewer edits to choose from, luck finds the right one.
_LEAST_CANDIDATES = 12
# What an injection has to cost at least; one alone has to cost STEP.
_NOTICED = 1.2
# Kinds of edits that make no real function much faster, or only by doing something else that no check sees.
_IDLE = ("wrap", "leave_out", "alias", "share", "reuse", "sort_once", "reverse", "iterate", "early_exit")


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
        slower, faster = self._slower(), self._faster()
        plans = plans_of(self._function, self._bench.executor) if slower or faster else None
        if plans is None:
            return []
        self._shown = plans[0]
        found: dict[str, Found] = {}
        for each in self._chosen(slower, faster):
            if each.text not in found and len(proposals(each.text)) >= _LEAST_CANDIDATES:
                found[each.text] = each
            if len(found) >= self._bench.settings.per_function:
                break
        return [stated(each, self._function, plans, self._bench) for each in found.values()]

    def _slower(self) -> list[Slow]:
        """Injections at random places; those that fit nearly everywhere come last."""
        return list(islice(self._thinned(injections(sheet_of(self._function.source))), _TRIES))

    def _thinned(self, every: Iterable[Slow]) -> Iterator[Slow]:
        offered = list(every)
        order = sorted(
            map(int, self._bench.rng.permutation(len(offered))), key=lambda at: COMMON.get(offered[at].name, 0)
        )
        taken: dict[str, int] = {}
        for at in order:
            each = offered[at]
            if taken.get(each.name, 0) < _OF_A_NAME and parses(each.text):
                taken[each.name] = taken.get(each.name, 0) + 1
                yield each

    def _faster(self) -> list[Proposal]:
        """Edits that may make the function as it is much faster."""
        source = self._function.source
        if not any(isinstance(n, ast.For | ast.While | ast.comprehension) for n in ast.walk(parsed(source))):
            return []
        offered = [each for each in proposals(source) if each.kind not in _IDLE]
        order = self._bench.rng.permutation(len(offered))[:_REAL_TRIES]
        return [offered[at] for at in order if parses(apply(source, edit_of(offered[at])))]

    def _chosen(self, slower: Sequence[Slow], faster: Sequence[Proposal]) -> Iterator[Found]:
        """What is slow as it is first, then different names; now and then one injection on top of another."""
        texts = [apply(self._function.source, edit_of(each)) for each in faster]
        most = _MOST_START / self._shown.ticks
        ticks = self._surveyed(
            [
                *(Variant(each.text, _NOTICED, most) for each in slower),
                *(Variant(text, most=1 / STEP) for text in texts),
            ]
        )
        yield from islice(self._real(faster, texts, ticks[len(slower) :]), 1)
        used: set[str] = set()
        weak: list[Found] = []
        for each, start in zip(slower, ticks, strict=False):
            found = self._found(each, start) if each.name not in used and start < inf else None
            if found is None:
                continue
            if found.ticks[0] < STEP * found.ticks[1]:
                weak.append(found)
                continue
            used.add(each.name)
            yield (self._twice(found) if self._bench.rng.random() < _SECOND_SHARE else None) or found
        for found in weak[:_WEAK_TRIES]:
            twice = self._twice(found)
            if twice is not None:
                yield twice

    def _real(self, faster: Sequence[Proposal], texts: Sequence[str], ticks: Sequence[float]) -> Iterator[Found]:
        source = self._function.source
        for each, text, taken in zip(faster, texts, ticks, strict=True):
            if taken < inf and self._behaves(text):
                yield Found(("real",), source, (edit_of(each),), (float(self._shown.ticks), taken))

    def _found(self, slow: Slow, start: float) -> Found | None:
        """The injection with its way back, if it changes nothing else."""
        back = self._exact(slow.text, self._function.source, slow.back)
        ticks = float(self._shown.ticks) if back else inf
        if back is None:
            back, ticks = self._near(slow)
        if back is None or ticks * _NOTICED > start or not self._behaves(slow.text):
            return None
        return Found((slow.name,), slow.text, (back,), (start, ticks))

    def _twice(self, first: Found) -> Found | None:
        """Another injection on top, which makes it slower still, and slow enough in all."""
        least = max(first.ticks[0] * _NOTICED, first.ticks[1] * STEP)
        more = [each for each in self._thinned(injections(sheet_of(first.text))) if each.name not in first.names]
        backs = [(each, self._exact(each.text, first.text, each.back)) for each in more[:_SECOND_TRIES]]
        tried = [(each, back) for each, back in backs if back is not None]
        starts = self._surveyed(
            [Variant(each.text, least / self._shown.ticks, _MOST_START / self._shown.ticks) for each, _ in tried]
        )
        for (each, back), start in zip(tried, starts, strict=True):
            if start == inf or not self._behaves(each.text):
                continue
            # The text on the way may differ from ``first.text`` in layout, and spans with it.
            on = self._exact(apply(each.text, back), apply(first.text, first.reference[0]), KINDS)
            if on is not None:
                names = (*first.names, each.name)
                return Found(names, each.text, (back, on), (start, first.ticks[1]), (first.ticks[0],))
        return None

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
        offered = sorted(offered, key=lambda each: slow.back.index(each.kind))[:_BACK_TRIES]
        texts = [apply(slow.text, edit_of(each)) for each in offered]
        ticks = self._surveyed([Variant(text, most=SLACK) for text in texts])
        for each, text, taken in zip(offered, texts, ticks, strict=True):
            if taken < inf and self._behaves(text):
                return edit_of(each), taken
        return None, inf

    def _surveyed(self, variants: Sequence[Variant]) -> list[float]:
        """Ticks of each variant on the visible inputs."""
        plan = self._shown
        return surveyed(self._bench.executor, self._program, variants, plan.inputs[::-1], plan.costs[::-1])

    def _behaves(self, text: str) -> bool:
        checks = [replace(check, visible=False) for check in (*self._function.checks, *self._function.fresh)]
        return self._bench.executor.run(replace(self._program, source=text), checks).passed
