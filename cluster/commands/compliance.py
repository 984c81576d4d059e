"""``journeyman compliance``: how well code keeps to limits of size and complexity."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from cluster.inputs.compliance import ComplianceInput
from core.compliance.audit import Audit, audit
from core.compliance.judge import FileReport, Severity

_SHOWN_VIOLATIONS = 3


def run(given: ComplianceInput) -> int:
    """Exit code 1 where the score is below what was demanded, or nothing could be read."""
    found = audit(given.path, given.rules.limits, exclude=given.rules.exclude, coverage=given.coverage)
    failed = found.score < given.rules.min_score or not found.files
    if given.json_output:
        typer.echo(json.dumps(as_json(found, given), indent=1))
    else:
        _print(found, given)
    if found.score < given.rules.min_score:
        typer.echo(f"score {found.score:.1f} is below {given.rules.min_score:g}", err=True)
    return int(failed)


def as_json(found: Audit, given: ComplianceInput) -> dict[str, object]:
    """The audit as JSON values: files with their violations, the counts by kind, what was not read, the limits."""
    return {
        "score": round(found.score, 2),
        "level": found.level,
        "files": [_file(file) for file in found.files],
        "violations": dict(found.kinds),
        "unread": dict(found.unread),
        "limits": given.rules.limits.model_dump(),
    }


def _file(file: FileReport) -> dict[str, object]:
    return {
        "path": file.path,
        "lines": file.lines,
        "score": file.score,
        "level": file.level,
        "coverage": file.coverage,
        "violations": [asdict(violation) for violation in file.violations],
    }


def _print(found: Audit, given: ComplianceInput) -> None:
    console = Console(width=None if sys.stdout.isatty() else 140)
    worst = sorted((file for file in found.files if file.violations), key=lambda file: (file.score, file.path))
    if worst:
        console.print(_table(worst[: given.shown]))
        if len(worst) > given.shown:
            typer.echo(f"... and {len(worst) - given.shown} more files with violations (--limit)")
    for path, cause in found.unread.items():
        typer.echo(f"not read: {path}: {cause}")
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in found.kinds.most_common())
    kept = len(found.files) - len(worst)
    typer.echo(f"{len(found.files)} files, {kept} without a violation" + (f"; violations: {kinds}" if kinds else ""))
    if found.unread:
        typer.echo(f"{len(found.unread)} files could not be read; they are not in the score")
    if not given.coverage:
        typer.echo("coverage was not measured (--coverage FILE, of `coverage json`)")
    if found.files:
        typer.echo(f"score {found.score:.1f} of 100: {found.level}")


def _table(files: list[FileReport]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("file", overflow="fold")
    table.add_column("lines", justify="right")
    table.add_column("score", justify="right")
    table.add_column("violations", overflow="fold")
    for file in files:
        bad = sorted(file.violations, key=lambda each: -list(Severity).index(each.severity))
        told = [f"{each} (line {each.line})" if each.name else str(each) for each in bad[:_SHOWN_VIOLATIONS]]
        more = [f"... and {len(bad) - _SHOWN_VIOLATIONS} more"] if len(bad) > _SHOWN_VIOLATIONS else []
        table.add_row(file.path, str(file.lines), str(file.score), "\n".join([*told, *more]))
    return table
