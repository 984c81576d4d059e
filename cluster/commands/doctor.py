"""``journeyman doctor``: exit code 0 where Journeyman can work, 1 where something is missing."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from cluster.doctor import Finding, Level, examine

MARKS = {Level.OK: "ok", Level.WEAK: "weak", Level.MISSING: "MISSING"}


def run(*, json_output: bool, start_ray: bool) -> int:
    """Prints the findings as they are made, or all of them as JSON."""
    findings = []
    for finding in examine(start_ray=start_ray):
        findings.append(finding)
        if not json_output:
            typer.echo(line(finding))
    if json_output:
        typer.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2))
    return int(any(finding.level is Level.MISSING for finding in findings))


def line(finding: Finding) -> str:
    """``memory      weak     3.1 GiB free -> Close programs``."""
    ending = f"  ->  {finding.remedy}" if finding.remedy else ""
    return f"{finding.name:<12}{MARKS[finding.level]:<9}{finding.detail}{ending}"
