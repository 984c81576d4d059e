"""
How often ``journeyman fix`` mends real repositories: ``python -m benchmarks.fix --json [--model RUN] [--bugs 20]``.

Source distributions of three pure-Python packages that no policy is trained on are fetched with pip into a cache. In
each, one bug at a time is injected in a function that its own pytest suite runs (seeded; of every kind in turn), and
kept if the suite then fails somewhere and still passes somewhere. ``fix`` gets the broken copy, the tests and a budget.
A bug counts as fixed when the whole target passes. Reported with Wilson's interval, and the seconds that each took.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cluster.models import STARTER, find_model
from cluster.runs import runs_directory
from core.errors import EditError, UserError
from core.seeding import rng
from envs.edits.inject import inject
from envs.edits.program import ProgramText, programs, restore
from envs.sandbox.config import SandboxConfig
from learning.repair.fix import FixConfig, fix
from learning.repair.trial import SuiteState, Trials
from learning.repair.workspace import Workspace
from learning.scorers import BASELINES, NETWORK, LoadedScorer, ScorerSpec, load_scorer
from learning.statistics import wilson

BUDGET, BUGS, SEED = 100, 20, 7
_TRIES_PER_BUG = 40


@dataclass(frozen=True, slots=True)
class Package:
    """A source distribution that carries its tests."""

    name: str
    version: str
    tests: str


PACKAGES = (
    Package("inflection", "0.5.1", "test_inflection.py"),
    Package("toolz", "1.2.0", "toolz/tests"),
    Package("boltons", "26.2.0", "tests"),
)


@dataclass(frozen=True, slots=True)
class Bug:
    """One function of a package, broken: the whole file's text."""

    path: str
    qualname: str
    operators: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """What came of one bug."""

    package: str
    function: str
    operators: tuple[str, ...]
    fixed: bool
    executions: int
    seconds: float
    failing: int


def fetch(package: Package, cache: Path) -> Path:
    """The unpacked source distribution, from ``cache`` where it is there already."""
    folder = cache / f"{package.name}-{package.version}"
    if not folder.is_dir():
        wanted = f"{package.name}=={package.version}"
        options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(cache)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, wanted], check=True)
        archive = next(cache.glob(f"{package.name}-{package.version}*.tar.gz"))
        with tarfile.open(archive) as content:
            content.extractall(cache, filter="data")
    return folder


def bugs(repo: Path, package: Package, count: int) -> Iterator[Bug]:
    """``count`` bugs that the suite notices, in different functions as long as there are some left."""
    workspace = Workspace(repo)
    cover = workspace.sources([package.tests])
    stream = rng(SEED, "benchmark", package.name, package.version)
    with _trials(repo, package, cover) as trials:
        sound = trials.measure({})
        if not sound.verdict.passed:
            names = [test.id for test in sound.failing][:3]
            raise UserError(f"the suite doesn't pass untouched ({sound.verdict.error or names})", where=str(repo))
        tried = _injected(workspace, _functions(workspace, cover, sound), stream, count * _TRIES_PER_BUG)
        noticed = (bug for bug in tried if _is_noticed(trials, sound, bug))
        yield from (bug for _, bug in zip(range(count), noticed, strict=False))


def _trials(repo: Path, package: Package, cover: Sequence[str]) -> Trials:
    return Trials(repo, [package.tests], cover=cover, workers=1, sandbox=SandboxConfig(), timeout_s=300.0)


def _functions(workspace: Workspace, cover: Sequence[str], sound: SuiteState) -> list[tuple[str, str, ProgramText]]:
    """Functions whose body some test runs."""
    found = []
    for path in cover:
        ran = {line for test in sound.tests for line in test.lines.get(path, ())}
        for qualname, program in programs(workspace.read(path).text):
            length = program.text.count("\n") - program.header_lines
            if ran & set(range(program.first_line + 1, program.first_line + length)):
                found.append((path, qualname, program))
    return found


def _injected(
    workspace: Workspace, functions: Sequence[tuple[str, str, ProgramText]], stream: np.random.Generator, tries: int
) -> Iterator[Bug]:
    for turn in range(tries):
        if turn % len(functions) == 0:
            order = stream.permutation(len(functions))
        path, qualname, program = functions[int(order[turn % len(functions)])]
        try:
            injection = inject(program.text, stream)
        except EditError:  # nothing in it can be broken so that it can be mended
            continue
        text = restore(workspace.read(path).text, qualname, injection.source, program.first_line)
        yield Bug(path, qualname, injection.operators, text)


def _is_noticed(trials: Trials, sound: SuiteState, bug: Bug) -> bool:
    state = trials.run({bug.path: bug.text})
    return not state.verdict.error and bool(state.failing) and bool(state.passing) and state.passing < sound.passing


def mend(repo: Path, package: Package, bug: Bug, loaded: LoadedScorer, budget: int) -> Case:
    """Breaks a copy of the repository and fixes it."""
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as folder:
        broken = Path(folder) / package.name
        shutil.copytree(repo, broken)
        (broken / bug.path).write_text(bug.text, encoding="utf-8", newline="")
        result = fix(broken, [package.tests], loaded, FixConfig(budget=budget))
    function = f"{bug.path}:{bug.qualname}"
    return Case(
        package.name,
        function,
        bug.operators,
        result.fixed,
        result.executions,
        result.seconds,
        len(result.before.failing),
    )


def summary(cases: Sequence[Case]) -> dict[str, object]:
    """The cases as JSON values."""
    shares = {"fixed": list(cases)}
    for case in cases:
        shares.setdefault(f"fixed/{case.package}", []).append(case)
    found = {name: _share([case.fixed for case in chosen]) for name, chosen in shares.items()}
    found["fixed_in_60_s"] = _share([case.fixed and case.seconds < 60.0 for case in cases])
    seconds, executions = [case.seconds for case in cases], [float(case.executions) for case in cases]
    found["seconds/median"] = {"value": round(statistics.median(seconds), 2), "unit": "s", "n": len(cases)}
    found["seconds/max"] = {"value": round(max(seconds), 2), "unit": "s", "n": len(cases)}
    found["executions/median"] = {"value": statistics.median(executions), "unit": "executions", "n": len(cases)}
    return {"cases": found, "ratios": {}, "bugs": [asdict(case) for case in cases]}


def _share(fixed: Sequence[bool]) -> dict[str, object]:
    estimate = wilson(sum(fixed), len(fixed))
    interval = [round(estimate.low, 3), round(estimate.high, 3)]
    return {"value": round(estimate.value, 3), "unit": "share", "n": len(fixed), "ci": interval}


def scorer(model: str) -> LoadedScorer:
    """A baseline by its name, or a model as ``journeyman fix`` finds it."""
    if model in BASELINES:
        return load_scorer(ScorerSpec(model))
    return load_scorer(ScorerSpec(NETWORK, str(find_model(model, runs_directory(None)))))


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--model", default=STARTER, help="starter, a run, a policy's folder, suspicious or uniform")
    parser.add_argument("--bugs", type=int, default=BUGS, help="per package")
    parser.add_argument("--budget", type=int, default=BUDGET, help="executions per bug")
    parser.add_argument("--packages", nargs="*", default=[package.name for package in PACKAGES])
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "journeyman" / "sdists"
    parser.add_argument("--cache", type=Path, default=default)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    loaded = scorer(options.model)
    cases = []
    for package in (package for package in PACKAGES if package.name in options.packages):
        repo = fetch(package, options.cache)
        for bug in bugs(repo, package, options.bugs):
            cases.append(mend(repo, package, bug, loaded, options.budget))
            print(json.dumps(asdict(cases[-1])), file=sys.stderr, flush=True)
    found = summary(cases)
    print(json.dumps(found if options.json else found["cases"], indent=1))


if __name__ == "__main__":
    main()
