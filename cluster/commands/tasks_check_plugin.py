"""``journeyman tasks check-plugin``: exit code 0 where a task category keeps its contract, 1 where it doesn't."""

from __future__ import annotations

from contextlib import ExitStack

import typer

from envs.sandbox.lane import FastLane
from envs.tasks.category import Material
from envs.tasks.conformance import check_category
from envs.tasks.mining.discover import index_of
from envs.tasks.mining.mine import mine_module, mining_sandbox, replay_sandbox
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import find_module, package
from envs.tasks.registry import category_of
from envs.tasks.siblings import material_of

# Small modules of plain functions, with and without classes, loops, texts and numbers.
_MODULES = ("textwrap", "calendar", "difflib", "colorsys", "posixpath")
_FUNCTIONS = 3  # of each


def run(*, name: str) -> int:
    """Mines some functions, lets the category make tasks of them, and prints what is wrong."""
    category_of(name)
    settings = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1)
    with ExitStack() as stack:
        config = mining_sandbox()
        lanes = [stack.enter_context(FastLane(each)) for each in (config, replay_sandbox(config))]
        materials = [found for module in _MODULES for found in _materials(module, lanes, settings)]
        problems = check_category(name, materials, lanes, settings)
    for problem in problems:
        typer.echo(problem)
    verdict = f"{len(problems)} problems" if problems else "keeps the contract of task categories"
    typer.echo(f"{name}: {verdict} ({len(materials)} functions tried)")
    return int(bool(problems))


def _materials(module: str, lanes: list[FastLane], settings: MiningSettings) -> list[Material]:
    source = package("python")
    index = index_of(find_module(source, module), settings)
    chosen = sorted(index.sites, key=lambda site: -site.promise)[: 2 * _FUNCTIONS]
    names = frozenset(site.qualname for site in chosen)
    first, second = lanes
    mined = mine_module(module, package=source, lane=first, second=second, settings=settings, index=index, only=names)
    return [material_of(function, index) for function in mined.functions[:_FUNCTIONS]]
