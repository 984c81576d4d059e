"""The inputs that a search has found for one function, and the choice of those that are kept."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from envs.sandbox.outcome import Kind

_HOPELESS = ("TypeError", "AttributeError")


@dataclass(slots=True)
class Entry:
    """One input: the pickle of (args, kwargs), what came of it, and where it comes from."""

    args: bytes
    expected: bytes
    kind: Kind
    lines: tuple[int, ...]
    family: str
    seconds: float


class Corpus:
    """Keeps inputs apart by pickle, outcomes by their expected form, and counts how often each line ran."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.outcomes: Counter[bytes] = Counter()
        self.line_counts: Counter[int] = Counter()
        self.returned_lines: set[int] = set()
        self.returning = 0
        self._known: set[bytes] = set()

    def sequel(self) -> Corpus:
        """An empty one, to which what was tried here is known."""
        following = Corpus()
        following._known = self._known
        return following

    def known(self, args: bytes) -> bool:
        """Whether this input was tried before; from now on it was."""
        if args in self._known:
            return True
        self._known.add(args)
        return False

    def add(self, entry: Entry, detail: str) -> bool:
        """Takes an input where it shows something; True where its outcome or a line is new."""
        fresh_lines = [line for line in entry.lines if line not in self.line_counts]
        fresh = bool(fresh_lines) or not self.outcomes[entry.expected]
        if (
            entry.kind == "raised"
            and not fresh_lines
            and (detail.startswith(_HOPELESS) or not fresh or self.raising() > 40)
        ):
            # Wrong types are cheap to find and say little; so do further exceptions of the same text.
            return False
        if self.outcomes[entry.expected] >= 6:
            return False
        self.entries.append(entry)
        self.outcomes[entry.expected] += 1
        self.line_counts.update(entry.lines)
        if entry.kind == "returned":
            self.returning += 1
            self.returned_lines.update(entry.lines)
        return fresh

    def raising(self) -> int:
        """Inputs that end in an exception."""
        return len(self.entries) - self.returning

    def coverage(self, executable: frozenset[int]) -> float:
        """Share of ``executable`` lines that some input runs."""
        return len(executable & self.line_counts.keys()) / len(executable) if executable else 1.0

    def parent(self, rng: random.Random) -> Entry:
        """An input to vary: of a few random ones that which runs the rarest line."""
        drawn = [rng.choice(self.entries) for _ in range(4)]
        return min(drawn, key=lambda entry: min((self.line_counts[line] for line in entry.lines), default=1 << 30))


def select(entries: list[Entry], count: int, rng: random.Random, *, raising_share: float = 0.2) -> list[Entry]:
    """
    ``count`` inputs: first those that together run every line, then round by round over different paths (sets of
    lines) and outcomes; at most ``raising_share`` of them raise unless a line needs more.
    """
    pool = sorted(entries, key=lambda entry: (entry.kind == "raised", len(entry.args), entry.args))
    chosen = _cover(pool)[:count]
    taken = {entry.args for entry in chosen}
    rest = [entry for entry in pool if entry.args not in taken]
    rng.shuffle(rest)
    seen: Counter[object] = Counter()
    for entry in chosen:
        seen.update((entry.lines, entry.expected))
    allowed = int(count * raising_share) - sum(entry.kind == "raised" for entry in chosen)
    while rest and len(chosen) < count:
        # The least seen outcome on the least seen path comes next.
        best = min(rest, key=lambda e: (2 * seen[e.expected] + seen[e.lines] / 4, e.kind == "raised"))
        rest.remove(best)
        if best.kind == "raised":
            if allowed <= 0:
                continue
            allowed -= 1
        chosen.append(best)
        seen.update((best.lines, best.expected))
    return chosen


def _cover(pool: list[Entry]) -> list[Entry]:
    chosen: list[Entry] = []
    covered: set[int] = set()
    while True:
        best = max(pool, key=lambda entry: len(set(entry.lines) - covered), default=None)
        if best is None or not set(best.lines) - covered:
            return chosen
        chosen.append(best)
        covered |= set(best.lines)
