"""The input of ``journeyman fix``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cluster.models import find_model
from cluster.runs import runs_directory
from core.errors import UserError
from learning.grammar_meta import grammar_meta
from policies.description import read_description


@dataclass(frozen=True, slots=True)
class FixInput:
    """``tests``: pytest targets, relative to ``repo``. ``policy``: its folder."""

    repo: Path
    tests: tuple[str, ...]
    budget: int
    policy: Path
    write: bool
    json_output: bool


def check(
    *, repo: Path, tests: list[str], budget: int, model: str, runs: Path | None, write: bool, json_output: bool
) -> FixInput:
    """
    The repository, the tests and the policy.

    Raises:
        UserError: one of them isn't there, or the policy is for another grammar.
    """
    if not repo.is_dir():
        raise UserError("no such directory", where=str(repo), remedy="Give the repository's root with --repo")
    for target in tests:
        if not (repo / target.partition("::")[0]).exists():
            remedy = "Give a file, a directory or FILE::TEST, relative to the repository, with --tests"
            raise UserError("no such tests", where=str(repo / target), remedy=remedy)
    policy = find_model(model, runs_directory(runs))
    read_description(policy, grammar_meta())
    return FixInput(repo, tuple(tests), budget, policy, write, json_output)
