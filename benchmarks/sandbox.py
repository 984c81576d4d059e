"""
CPU per evaluation of the sandbox's tiers and of other projects' ways, over the cost of a bare C fork.

    python -m benchmarks.sandbox [--rounds N] [--json]

All variants judge the same 20 checks of the same function. They run interleaved, so that a change of the machine's
load falls on all of them; the number of a variant is the median over rounds of the CPU time (user and system, all
descendants included, from the kernel) of one evaluation. Ratios are what carries over to other machines.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pickle
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from core.records import Check, Program
from envs.sandbox.config import SandboxConfig, Tier
from envs.sandbox.lane import FastLane
from envs.sandbox.outcome import expected_form, observe
from envs.sandbox.probe import probe

FUNCTION = '''
def shorten(text, width):
    """Collapses white space and cuts at a word."""
    words, out, used = text.split(), [], 0
    for word in words:
        if used + len(word) + (1 if out else 0) > width:
            return " ".join(out) + " ..."
        used += len(word) + (1 if out else 0)
        out.append(word)
    return " ".join(out)
'''
INPUTS = [("the quick brown fox jumps over the lazy dog " * (1 + i % 3), 5 + 3 * i) for i in range(20)]
FORK_FLOOR = """
#include <sys/wait.h>
#include <unistd.h>
#include <stdlib.h>
int main(int count, char **words) {
    for (int left = atoi(words[1]); left > 0; left--) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        waitpid(child, NULL, 0);
    }
    return 0;
}
"""
Evaluate = Callable[[], None]


def expected() -> list[Any]:
    """The right answers."""
    names: dict[str, Any] = {}
    exec(FUNCTION, names)
    return [names["shorten"](*args) for args in INPUTS]


def asserting() -> str:
    """The same checks as a script, which is how most systems pose them."""
    lines = [f"assert shorten(*{args!r}) == {answer!r}" for args, answer in zip(INPUTS, expected(), strict=True)]
    return FUNCTION + "\n".join(lines)


@contextmanager
def lane(tier: Tier, *, traced: bool = False) -> Iterator[Evaluate]:
    """The fast lane: ``textwrap.shorten`` is replaced by the function."""
    names: dict[str, Any] = {}
    exec(FUNCTION, names)
    inputs = [pickle.dumps((args, {})) for args in INPUTS]
    checks = [
        Check(str(i), args, expected_form(observe(names["shorten"], args).payload), visible=traced)
        for i, args in enumerate(inputs)
    ]
    program = Program("textwrap", "shorten", FUNCTION)
    with FastLane(SandboxConfig(tier=tier, minimum_tier="D"), search_path=()) as executor:

        def evaluate() -> None:
            assert executor.run(program, checks).passed

        yield evaluate


def _guard() -> None:
    """human-eval's reliability_guard in its essentials: limits and names taken away."""
    resource.setrlimit(resource.RLIMIT_CPU, (2, 3))
    for name in ("kill", "system", "fork", "remove", "rename", "unlink", "chmod"):
        setattr(os, name, None)


def _human_eval_child(results: Any) -> None:
    with tempfile.TemporaryDirectory():
        rmtree, unlink, rmdir = shutil.rmtree, os.unlink, os.rmdir
        try:
            signal.setitimer(signal.ITIMER_REAL, 3)
            exec(asserting(), {})
            results.append("passed")
        except BaseException as error:  # noqa: BLE001  as the original does
            results.append(f"failed: {error}")
        finally:
            shutil.rmtree, os.unlink, os.rmdir = rmtree, unlink, rmdir


def human_eval() -> None:
    """human-eval's way: a manager's list, a process, exec under a timer, no isolation."""
    with multiprocessing.Manager() as manager:
        results = manager.list()
        process = multiprocessing.Process(target=_human_eval_child, args=(results,))
        process.start()
        process.join(4)
        assert list(results) == ["passed"]


def _evalplus_child(status: Any, details: Any) -> None:
    _guard()
    names: dict[str, Any] = {}
    exec(FUNCTION, names)
    for index, (args, answer) in enumerate(zip(INPUTS, expected(), strict=True)):
        details[index] = names["shorten"](*args) == answer
    status.value = 1


def evalplus() -> None:
    """EvalPlus's way: a process that writes to shared values, no isolation."""
    status, details = multiprocessing.Value("i", 0), multiprocessing.Array("b", [0] * len(INPUTS))
    process = multiprocessing.Process(target=_evalplus_child, args=(status, details))
    process.start()
    process.join(4)
    assert status.value == 1
    assert all(details)


def script() -> None:
    """A fresh isolated interpreter."""
    subprocess.run([sys.executable, "-I", "-S", "-c", asserting()], check=True)


@contextmanager
def pytest_suite() -> Iterator[Evaluate]:
    """A fresh pytest."""
    with tempfile.TemporaryDirectory() as folder:
        test = "def test_all():\n" + textwrap.indent("\n".join(asserting().split("\n")), "    ")
        Path(folder, "test_it.py").write_text(test)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]

        def evaluate() -> None:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

        yield evaluate


@contextmanager
def fork_floor(count: int) -> Iterator[Evaluate]:
    """``count`` forks of a C program that exit at once."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "floor.c"), Path(folder, "floor")
        source.write_text(FORK_FLOOR)
        subprocess.run(["cc", "-O2", "-o", program, source], check=True)

        def evaluate() -> None:
            subprocess.run([program, str(count)], check=True)

        yield evaluate


def cpu_seconds() -> float:
    """Of this process, its dead children and its live descendants with theirs."""
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def variants(stack: ExitStack) -> dict[str, tuple[Evaluate, int, int]]:
    """Name to (what to call, calls in a round, evaluations in a call)."""
    tiers = [tier for tier in ("A", "B", "C") if tier >= probe().tier]
    lanes: dict[str, tuple[Evaluate, int, int]] = {
        f"tier_{tier}": (stack.enter_context(lane(tier)), 60, 1) for tier in tiers
    }
    lanes["full"] = lanes.pop(f"tier_{tiers[0]}")
    return lanes | {
        "full_traced": (stack.enter_context(lane(tiers[0], traced=True)), 60, 1),
        "bare_zygote": (stack.enter_context(lane("D")), 60, 1),
        "fork_floor": (stack.enter_context(fork_floor(2000)), 1, 2000),
        "evalplus": (evalplus, 8, 1),
        "human_eval": (human_eval, 4, 1),
        "python_isolated": (script, 4, 1),
        "pytest": (stack.enter_context(pytest_suite()), 1, 1),
    }


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds per evaluation of each variant, one number per round."""
    samples: dict[str, list[float]] = {}
    with ExitStack() as stack:
        cases = variants(stack)
        for evaluate, _, _ in cases.values():  # starts what starts lazily
            evaluate()
        for _ in range(rounds):
            for name, (evaluate, calls, size) in cases.items():
                before = cpu_seconds()
                for _ in range(calls):
                    evaluate()
                samples.setdefault(name, []).append((cpu_seconds() - before) / calls / size)
    return samples


def report(samples: dict[str, list[float]]) -> dict[str, Any]:
    """Medians in microseconds, and the ratios of medians."""
    medians = {name: statistics.median(values) for name, values in samples.items()}
    pairs = [
        ("full", "fork_floor"),
        ("full_traced", "fork_floor"),
        ("full", "bare_zygote"),
        ("human_eval", "full"),
        ("evalplus", "full"),
        ("python_isolated", "full"),
        ("pytest", "full"),
    ]
    return {
        "cases": {
            name: {"value": round(medians[name] * 1e6, 1), "unit": "us CPU", "n": len(samples[name])}
            for name in medians
        },
        "ratios": {f"{over}/{under}": round(medians[over] / medians[under], 3) for over, under in pairs},
        "tier": probe().tier,
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = report(measure(options.rounds))
    if options.json:
        print(json.dumps(result))
        return
    for name, case in result["cases"].items():
        print(f"{name:18} {case['value']:12.1f} {case['unit']}  (median of {case['n']} rounds)")
    for name, value in result["ratios"].items():
        print(f"{name:28} {value:8.2f}")


if __name__ == "__main__":
    main()
