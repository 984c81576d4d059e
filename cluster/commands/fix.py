"""``journeyman fix``: exit code 0 fixed, 1 not fixed within the budget, 2 bad usage or nothing failing."""

from __future__ import annotations

import json
import sys

import typer
from rich.console import Console
from rich.syntax import Syntax

from cluster.inputs.fix import FixInput
from cluster.progress import progress_for
from learning.repair.fix import FixConfig, FixResult, fix
from learning.scorers import NETWORK, ScorerSpec, load_scorer


def run(given: FixInput) -> int:
    """Prints the diff and what it took, or all of it as JSON; writes the files only if told to."""
    loaded = load_scorer(ScorerSpec(NETWORK, str(given.policy)))
    progress = progress_for(sys.stderr)
    try:
        result = fix(given.repo, given.tests, loaded, FixConfig(budget=given.budget), progress)
    finally:
        progress.close()
    written = given.write and result.fixed
    if written:
        result.write()
    if given.json_output:
        typer.echo(json.dumps(result.as_json() | {"written": written}, indent=2))
    else:
        show(result, written=written)
    return 0 if result.fixed else 1


def show(result: FixResult, *, written: bool) -> None:
    """The diff in colour on a terminal, as it is elsewhere, so that it can be piped into ``git apply``."""
    console = Console()
    if console.is_terminal:
        console.print(Syntax(result.diff, "diff", background_color="default"))
    else:
        typer.echo(result.diff, nl=False)
    typer.echo(ending(result, written=written), err=True)


def ending(result: FixResult, *, written: bool) -> str:
    """One line on what came out and what it took."""
    total = result.before.passed + len(result.before.failing)
    passing = f"{result.before.passed} -> {result.after.passed} of {total} tests pass"
    took = f"{result.executions} executions, {result.considered} candidates, {result.seconds:.1f} s, {result.model}"
    if not result.fixed:
        return f"not fixed ({passing}; {took})"
    advice = "written" if written else "nothing written; --write writes it"
    return f"fixed ({passing}; {took}); {advice}"
