"""
How much mining yields for its CPU time.

    python -m benchmarks.mining --json [--seconds 60] [--package python] [--full --cache DIR]

``--seconds``: CPU seconds of one worker over modules in the order that training uses, tracing of tests included.
``--full``: every function of the package with all cores and a cache, which takes long when nothing is cached yet.
CPU time is that of the worker, its sandboxes' zygotes and all their children, from the kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.records import Split
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import split_of
from learning.mine import mine, plan
from learning.mining_worker import MiningWorker, Visited


@dataclass(frozen=True, slots=True)
class Case:
    """One measured number."""

    value: float
    unit: str
    n: int


def tree_cpu_s(root: int) -> float:
    """CPU seconds of a process, its living descendants, and the dead ones that these have waited for."""
    parents, times = _processes()
    tree, waiting = {root}, [root]
    while waiting:
        parent = waiting.pop()
        below = [pid for pid, owner in parents.items() if owner == parent and pid not in tree]
        tree.update(below)
        waiting += below
    return sum(times.get(pid, 0.0) for pid in tree)


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    tick = os.sysconf("SC_CLK_TCK")
    parents, times = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            row = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            # It ended while the list was read.
            continue
        pid = int(folder.name)
        parents[pid] = int(row[1])
        times[pid] = sum(map(int, row[11:15])) / tick
    return parents, times


def budgeted(name: str, seconds: float, seed: int) -> dict[str, Case]:
    """One worker on ``name`` until it has used ``seconds`` of CPU."""
    settings = MiningSettings(seed=seed)
    rejects: Counter[str] = Counter()
    functions = tasks = 0
    started = tree_cpu_s(os.getpid())
    with tempfile.TemporaryDirectory(prefix="mining") as folder:
        worker = MiningWorker(settings, Path(folder), time.time() + 1e6)
        queue = plan(settings, [name], split_of(name))
        while queue and tree_cpu_s(os.getpid()) - started < seconds:
            visited: Visited = worker.visit(queue.pop(0))
            queue += [visited.next] if visited.next else []
            if visited.harvest:
                functions += len(visited.harvest.functions)
                tasks += len(visited.harvest.tasks)
                rejects.update(visited.harvest.rejects)
        cpu = tree_cpu_s(os.getpid()) - started
        worker.close()
    tried = functions + rejects.total()
    return {
        "admitted_per_cpu_minute": Case(60 * functions / cpu, "1/min", tried),
        "tasks_per_cpu_minute": Case(60 * tasks / cpu, "1/min", tried),
        "admitted": Case(functions, "functions", tried),
        "tasks": Case(tasks, "tasks", functions),
        "admitted_share": Case(functions / tried if tried else 0.0, "share", tried),
        "cpu": Case(cpu, "s", tried),
        **{f"rejected: {cause}": Case(count, "functions", tried) for cause, count in rejects.most_common()},
    }


def full(name: str, cache: Path, seed: int) -> dict[str, Case]:
    """Everything of ``name``, as training mines it, without a deadline."""
    settings = MiningSettings(seed=seed)
    split: Split = split_of(name)
    mined = mine(settings, packages=[name], split=split, deadline_s=1e6, cache_dir=cache, backend="processes")
    tried = len(mined.functions) + mined.rejects.total()
    minutes = mined.cpu_s / 60
    return {
        "admitted": Case(len(mined.functions), "functions", tried),
        "tasks": Case(len(mined.tasks), "tasks", len(mined.functions)),
        "admitted_per_cpu_minute": Case(len(mined.functions) / minutes, "1/min", tried),
        "tasks_per_cpu_minute": Case(len(mined.tasks) / minutes, "1/min", tried),
        "cpu_reported": Case(mined.cpu_s, "s", tried),
        **{f"rejected: {cause}": Case(count, "functions", tried) for cause, count in mined.rejects.most_common()},
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--package", default="python")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--cache", type=Path, default=Path("runs/mined"))
    options = parser.parse_args()
    if options.full:
        cases = full(options.package, options.cache, options.seed)
    else:
        cases = budgeted(options.package, options.seconds, options.seed)
    if options.json:
        rows = {key: {"value": round(c.value, 3), "unit": c.unit, "n": c.n} for key, c in cases.items()}
        print(json.dumps({"cases": rows, "ratios": {}}, indent=2))
    else:
        for key, case in cases.items():
            print(f"{key:32} {case.value:10.2f} {case.unit:10} n={case.n}")


if __name__ == "__main__":
    main()
