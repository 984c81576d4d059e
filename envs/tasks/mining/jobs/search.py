"""The search for inputs of one function: recorded ones first, then generated ones, then their neighbours."""

from __future__ import annotations

import inspect
import math
import pickle
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any

from envs.sandbox.outcome import expected_form, observe
from envs.sandbox.program import nested_codes
from envs.tasks.mining.jobs.closure import ModuleGuard
from envs.tasks.mining.jobs.corpus import Corpus, Entry
from envs.tasks.mining.jobs.instances import Unbuildable, try_pickle
from envs.tasks.mining.jobs.mutate import mutated
from envs.tasks.mining.jobs.plan import ArgumentPlan
from envs.tasks.mining.jobs.values import Pool

_SLOWEST = 0.02
_SOFT_LIMIT = 0.15
_ENOUGH = 120
_PATIENCE = 300
_UNFIT_ERRORS = ("PermissionError", "ImportError", "ModuleNotFoundError", "MemoryError", "RecursionError", "SystemExit")
_EFFECTS = ("open", "os.", "socket.", "subprocess.", "shutil.", "ctypes.", "signal.", "fcntl.", "pty.", "webbrowser.")
_OWN_EFFECTS = ("os.putenv", "os.unsetenv")


class EffectWatch:
    """Notes, by the interpreter's audit events, whether the code under search reached for files or processes."""

    def __init__(self) -> None:
        self.seen = False
        sys.addaudithook(self._event)

    def _event(self, event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_EFFECTS):
            self.seen = True


class Search:
    """Tries inputs on one callable within time budgets and keeps what they show in ``corpus``."""

    def __init__(
        self, call: Callable[..., Any], code: CodeType, plan: ArgumentPlan, pool: Pool, guard: ModuleGuard
    ) -> None:
        self.call, self.plan, self.pool, self.guard = call, plan, pool, guard
        self.watch = EffectWatch()
        self.codes = nested_codes(code)
        self.executable = executable_lines(code)
        self.corpus = Corpus()
        self.losses: Counter[str] = Counter()
        self.tried = 0
        self.stale = 0

    def replay(self, inputs: Sequence[bytes], family: str, seconds: float) -> None:
        """Tries recorded inputs."""
        end = time.process_time() + seconds
        for data in inputs:
            if time.process_time() > end:
                return
            self._try(data, family)

    def generate(self, rng: random.Random, seconds: float, family: str = "generated") -> None:
        """Draws arguments from the plan and sharpens its weights, until time is up or nothing new comes."""
        end = time.process_time() + seconds
        self.stale = 0
        while time.process_time() < end and not self._saturated() and not self._hopeless():
            self._draw(rng, family)

    def mutate(self, rng: random.Random, seconds: float, family: str = "mutated") -> None:
        """Varies inputs that are known to run, until time is up or nothing new comes."""
        end = time.process_time() + seconds
        self.stale = 0
        while self.corpus.entries and time.process_time() < end and not self._saturated():
            self._draw_or_vary(rng, family, self.corpus)

    def fresh(self, rng: random.Random, seconds: float, count: int) -> list[Entry]:
        """
        Up to ``count`` inputs that were not tried before. They are collected apart from those before, which may be
        saturated: nothing new has to come of them, only something that nobody has seen.
        """
        parents, self.corpus = self.corpus, self.corpus.sequel()
        end = time.process_time() + seconds
        while parents.entries and time.process_time() < end and len(self.corpus.entries) < count:
            self._draw_or_vary(rng, "fresh", parents)
        found, self.corpus = self.corpus.entries, parents
        return found

    def _draw_or_vary(self, rng: random.Random, family: str, parents: Corpus) -> None:
        if rng.random() < 0.25:
            self._draw(rng, family)
        else:
            self._vary(rng, family, parents)

    def _draw(self, rng: random.Random, family: str) -> None:
        try:
            args, kwargs, choices = self.plan.draw(rng)
        except Unbuildable:
            self.losses["no instance"] += 1
            self.stale += 1
            self.tried += 1
            return
        except Exception:  # noqa: BLE001  # makers call the module's own constructors
            self.losses["maker"] += 1
            self.tried += 1
            return
        data = try_pickle((tuple(args), kwargs))
        if data is None:
            self.losses["not picklable"] += 1
            self.tried += 1
            return
        self.plan.learn(choices, self._try(data, family))

    def _vary(self, rng: random.Random, family: str, parents: Corpus) -> None:
        parent = parents.parent(rng)
        try:
            args, kwargs = pickle.loads(parent.args)
            arguments = list(args)
            for _ in range(rng.choice((1, 1, 2, 3))):
                self._change_one(arguments, kwargs, rng)
        except Exception:  # noqa: BLE001  # objects under change may resist in any way
            self.losses["mutation"] += 1
            return
        data = try_pickle((tuple(arguments), kwargs))
        if data is not None:
            self._try(data, family)

    def _change_one(self, args: list[object], kwargs: dict[str, object], rng: random.Random) -> None:
        places: list[int | str] = [*range(len(args)), *kwargs]
        if not places:
            return
        place = rng.choice(places)
        if isinstance(place, int):
            args[place] = mutated(args[place], rng, self.pool)
        else:
            kwargs[place] = mutated(kwargs[place], rng, self.pool)

    def _try(self, data: bytes, family: str) -> float:
        """One execution. Returns the reward of the choices that led here (see ``KindChoice``)."""
        if self.corpus.known(data):
            return 0.5
        self.tried += 1
        self.stale += 1
        self.watch.seen = False
        started = time.process_time()
        observed = observe(self.call, data, self.codes, _SOFT_LIMIT)
        spent = time.process_time() - started
        if self.watch.seen:
            self.losses["effects"] += 1
            return 0.0
        if observed.kind not in ("returned", "raised") or spent > _SLOWEST:
            self.losses["slow" if spent > _SLOWEST else observed.kind] += 1
            return 0.1
        if observed.kind == "raised" and observed.detail.startswith(_UNFIT_ERRORS):
            self.losses["environment"] += 1
            return 0.0
        if not self.guard.admits(data):
            self.losses["foreign classes"] += 1
            return 0.1
        entry = Entry(data, expected_form(observed.payload), observed.kind, observed.lines, family, spent)
        new_lines = any(line not in self.corpus.line_counts for line in entry.lines)
        if self.corpus.add(entry, observed.detail):
            self.stale = 0
            return 2.0 if new_lines else 1.2 if observed.kind == "returned" else 0.5
        if observed.kind == "returned":
            return 0.7
        return 0.0 if observed.detail.startswith(("TypeError", "AttributeError")) else 0.3

    def _saturated(self) -> bool:
        corpus = self.corpus
        if corpus.coverage(self.executable) == 1.0 and corpus.returning >= _ENOUGH:
            return True
        return self.stale > _PATIENCE and corpus.returning >= 40

    def _hopeless(self) -> bool:
        """Nothing has returned after many tries, or no input of any kind gets to run."""
        corpus = self.corpus
        return self.tried > 400 and not corpus.returning


def executable_lines(code: CodeType) -> frozenset[int]:
    """Lines of ``code`` and of the code inside it that the tracer can report."""
    found: set[int] = set()
    for each in nested_codes(code):
        starts = {line for start, _, line in each.co_lines() if line is not None and start > 0}
        if each is not code and each.co_name != "<lambda>" and not each.co_name.startswith("<"):
            starts.discard(each.co_firstlineno)
        found |= starts
    return frozenset(found - {code.co_firstlineno})


def parameters_of(call: Callable[..., Any], function: Callable[..., Any]) -> list[inspect.Parameter]:
    """What ``call`` takes; where a decorator hides it, what the function takes."""
    try:
        return list(inspect.signature(call).parameters.values())
    except (ValueError, TypeError):
        return list(inspect.signature(function).parameters.values())


def finite(numbers: Sequence[object]) -> list[int | float]:
    """The usable numbers among constants."""
    usable = [n for n in numbers if isinstance(n, (int, float)) and not isinstance(n, bool)]
    return [n for n in usable if math.isfinite(n) and abs(n) < 1e12]
