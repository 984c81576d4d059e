"""The program texts that an episode ran: none of them is run twice."""

from __future__ import annotations

from envs.edits.grammar import apply
from envs.encoding.encode import StaticState


class Visited:
    """Texts that were run, the one of the start state included."""

    def __init__(self, start: str) -> None:
        self._texts = {start}

    def add(self, source: str) -> None:
        """``source`` was run."""
        self._texts.add(source)

    def reached_from(self, static: StaticState) -> set[int]:
        """Candidates of ``static`` that lead to a text that was run."""
        sizes = {len(source) - len(static.source) for source in self._texts}
        found = set()
        for index, candidate in enumerate(static.candidates):
            edit = candidate.edit
            grown = len(edit.replacement) - (edit.end - edit.start)
            if grown in sizes and apply(static.source, edit) in self._texts:
                found.add(index)
        return found
