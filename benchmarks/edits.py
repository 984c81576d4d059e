"""
The grammar of edits on real functions: ``python -m benchmarks.edits --json [--functions N]``.

Over a fixed sample of the standard library's functions of 3 to 80 lines: candidates per function, CPU time to list
them, to look for the way back and to inject a bug; of candidates drawn kind by kind, the share that compiles and the
share that one edit of the result takes back (``closed/<kind>``); of injected bugs, the share that their repairs undo.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import statistics
import sysconfig
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.errors import EditError
from core.seeding import rng as stream
from envs.edits.candidate import Candidate
from envs.edits.grammar import KINDS, apply, candidates, matching
from envs.edits.inject import inject
from envs.edits.program import programs
from envs.edits.same import same_tree

SIZES = range(3, 81)
Case = dict[str, float | int | str]


def corpus(count: int, seed: int = 7) -> list[str]:
    """``count`` program texts from the standard library, drawn at random but always the same."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [
        path
        for path in sorted(library.rglob("*.py"))
        if not {"test", "tests", "site-packages", "lib2to3"} & {*path.parts}
    ]
    texts: list[str] = []
    for path in random.Random(seed).sample(files, len(files)):
        texts += _functions(path)
        if len(texts) > 6 * count:
            break
    return random.Random(seed).sample(texts, min(count, len(texts)))


def _functions(path: Path) -> Iterator[str]:
    try:
        source = path.read_text(encoding="utf-8")
        found = [program.text for _, program in programs(source)]
    except (EditError, UnicodeDecodeError):
        return
    yield from (text for text in found if text.count("\n") in SIZES)


class Tally:
    """Counts and CPU times over the functions."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.listing: list[float] = []
        self.returning: list[float] = []
        self.injecting: list[float] = []
        self.drawn: Counter[str] = Counter()
        self.compiled: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.injected = self.undone = self.refused = 0

    def add(self, source: str, draws: int, generator: np.random.Generator) -> None:
        """Measures one function."""
        start = time.process_time()
        found = candidates(source)
        self.listing.append(time.process_time() - start)
        self.sizes.append(len(found))
        by_kind: dict[str, list[Candidate]] = {}
        for each in found:
            by_kind.setdefault(each.edit.operator, []).append(each)
        names = sorted(by_kind)
        for index in generator.permutation(len(names))[:draws]:
            sites = by_kind[names[index]]
            self._try(source, sites[int(generator.integers(len(sites)))])
        self._inject(source, generator)

    def _try(self, source: str, candidate: Candidate) -> None:
        kind, result = candidate.edit.operator, apply(source, candidate.edit)
        self.drawn[kind] += 1
        try:
            compile(result, "<program>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return
        self.compiled[kind] += 1
        candidates(result)
        start = time.process_time()
        self.closed[kind] += bool(matching(result, source))
        self.returning.append(time.process_time() - start)

    def _inject(self, source: str, generator: np.random.Generator) -> None:
        start = time.process_time()
        try:
            bug = inject(source, generator)
        except EditError:
            self.refused += 1
            return
        self.injecting.append(time.process_time() - start)
        self.injected += 1
        text = bug.source
        for edit in bug.repairs:
            text = apply(text, edit)
        self.undone += same_tree(ast.parse(text), ast.parse(source))

    def cases(self) -> dict[str, Case]:
        """The figures, as every benchmark gives them."""
        n, total = len(self.sizes), sum(self.drawn.values())
        compiled = sum(self.compiled.values())
        found: dict[str, Case] = {
            "candidates/median": _case(statistics.median(self.sizes), "candidates", n),
            "candidates/p90": _case(float(np.percentile(self.sizes, 90)), "candidates", n),
            "candidates/max": _case(max(self.sizes), "candidates", n),
            "listing/median": _case(1e3 * statistics.median(self.listing), "ms CPU per function", n),
            "listing/per_500": _case(5e5 * sum(self.listing) / sum(self.sizes), "ms CPU per 500 candidates", n),
            "matching/mean": _case(1e3 * statistics.fmean(self.returning), "ms CPU", len(self.returning)),
            "inject/mean": _case(1e3 * statistics.fmean(self.injecting), "ms CPU", len(self.injecting)),
            "compile": _case(compiled / total, "share", total),
            "closed": _case(sum(self.closed.values()) / compiled, "share", compiled),
            "injected/undone": _case(self.undone / self.injected, "share", self.injected),
            "injected/refused": _case(self.refused / n, "share", n),
        }
        for kind in KINDS:
            if self.compiled[kind]:
                rate = self.closed[kind] / self.compiled[kind]
                found[f"closed/{kind}"] = _case(rate, "share", self.compiled[kind])
        return found


def _case(value: float, unit: str, n: int) -> Case:
    return {"value": value, "unit": unit, "n": n}


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--functions", type=int, default=1000, help="how many functions to measure (default 1000)")
    parser.add_argument("--draws", type=int, default=6, help="candidates tried per function, one a kind (default 6)")
    options = parser.parse_args()
    warnings.simplefilter("ignore", SyntaxWarning)
    tally, generator = Tally(), stream(0, "benchmarks", "edits")
    for source in corpus(options.functions):
        tally.add(source, options.draws, generator)
    cases = tally.cases()
    if options.json:
        print(json.dumps({"cases": cases, "ratios": {}}))
        return
    for name, case in cases.items():
        print(f"{name:32} {case['value']:10.3f} {case['unit']} (n = {case['n']})")


if __name__ == "__main__":
    main()
