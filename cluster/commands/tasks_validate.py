"""``journeyman tasks validate``: exit code 0 where every task holds, 1 where one doesn't."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import typer

from cluster.inputs.tasks_validate import ValidateInput
from cluster.progress import progress_for
from data.store import write_tasks
from envs.tasks.packages import package
from learning.validation import Finding, validate_all


def run(given: ValidateInput) -> int:
    """Prints what is wrong with which task, then how many were checked, and what was put where."""
    paths = tuple(path for folder in given.paths for path in package(f"{folder}/").paths)
    with ExitStack() as stack:
        progress = progress_for(sys.stderr)
        stack.callback(progress.close)
        findings = validate_all(given.tasks, paths=paths, progress=progress)
    broken = [finding for finding in findings if not finding.holds]
    written = _sort_out(given, findings)
    if given.json_output:
        told = [{"id": finding.task.id, "problems": list(finding.problems)} for finding in broken]
        typer.echo(json.dumps({"checked": len(findings), "broken": told}, indent=2))
    else:
        for finding in broken:
            task = finding.task
            typer.echo(f"{task.id}  {task.module}.{task.qualname}: {'; '.join(finding.problems)}")
        typer.echo(f"{len(findings) - len(broken)} of {len(findings)} tasks hold")
    for line in written:
        typer.echo(line, err=given.json_output)
    return int(bool(broken))


def _sort_out(given: ValidateInput, findings: Sequence[Finding]) -> list[str]:
    """
    Writes what doesn't hold, and then what does, where that was asked for; says so in a line each. The file that was
    checked stays as it is, and what was in quarantine before stays there.
    """
    lines = []
    broken = [finding for finding in findings if not finding.holds]
    if given.quarantine is not None and broken:
        lines.append(_quarantine(given, given.quarantine, broken))
    if given.keep is not None:
        held = write_tasks(given.keep, [finding.task for finding in findings if finding.holds])
        lines.append(f"{held} that hold: {given.keep}")
    return lines


def _quarantine(given: ValidateInput, path: Path, broken: Sequence[Finding]) -> str:
    found = {finding.task.id: finding.problems for finding in broken}
    before = [task for task in given.held if task.id not in found]
    write_tasks(path, [*before, *(finding.task for finding in broken)], given.causes | found)
    besides = f", beside {len(before)} from before" if before else ""
    return f"{len(broken)} in quarantine{besides}: {path} (`journeyman tasks show {path} ID` says why)"
