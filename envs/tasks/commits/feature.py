"""
The second way of a commit to a task: what it put into a function as one piece is a feature that was missing.

Bug fixing's grammar changes what is there; a new branch or statement is composed by the category ``feature``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.protocols import Executor
from core.records import Category, Check, Edit, Program, SourceFile, Task, Verdict
from envs.edits.candidate import Proposal
from envs.edits.grammar import edit_of
from envs.edits.reparse import parses
from envs.tasks.base import make_task
from envs.tasks.category import Bench, Material
from envs.tasks.feature.listing import of_grammar, own, own_towards
from envs.tasks.feature.making import SIGNATURE
from envs.tasks.feature.removals import Removal
from envs.tasks.feature.search import way_back
from envs.tasks.feature.siblings import nearest
from envs.tasks.feature.telling import statement, symptom, words_line
from envs.tasks.mining.oracle import with_path


def feature_task(
    before: str, piece: Removal, material: Material, bench: Bench, told: str, operator: str
) -> Task | None:
    """
    The task to put ``piece`` into ``before``, which gives ``material``'s function; None where the category's edits
    don't lead there. ``told``: a sentence to begin the statement with.
    """
    function, executor = material.function, bench.executor
    siblings = nearest(before, material.siblings)
    words = words_line((piece,), before, [file.text for file in siblings])
    if words is None:
        return None
    program = Program(function.module, function.qualname, before)
    shown = symptom(function, executor.run(program, function.checks))
    asked = statement(f"{function.module}.{function.qualname}", function.source, (piece,), shown, words)
    said = f"{told} {asked}".strip()  # the words that the category reads stand last
    offers = _Offers(program, function.checks, executor, siblings, said)
    edits = way_back(before, function.source, (), offers)
    if not edits:
        return None
    return make_task(
        Category.FEATURE,
        material,
        bench,
        start=before,
        reference=with_path(edits, function.file.path),
        statement=said,
        goals=(SIGNATURE,),
        operators=(operator,),
        read=siblings,
    )


@dataclass(frozen=True, slots=True)
class _Offers:
    """Implements ``envs.tasks.feature.search.Offers``."""

    program: Program
    checks: Sequence[Check]
    executor: Executor
    siblings: tuple[SourceFile, ...]
    statement: str

    @property
    def _read(self) -> tuple[str, ...]:
        return tuple(file.text for file in self.siblings)

    def towards(self, source: str, target: str) -> Sequence[Proposal]:
        return own_towards(source, target, self._read, self.statement)

    def has(self, source: str, edit: Edit) -> bool:
        return any(edit_of(each) == edit for each in own(source, self._read, self.statement))

    def grammar(self, source: str) -> Sequence[Proposal]:
        return of_grammar(source, self.program.source)

    def helps(self, text: str, than: str) -> bool:
        return parses(text) and self._passing(text) > self._passing(than)

    def _passing(self, source: str) -> int:
        verdict: Verdict = self.executor.run(replace(self.program, source=source), self.checks)
        return sum(result.passed for result, check in zip(verdict.results, self.checks, strict=True) if check.visible)
