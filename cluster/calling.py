"""Runs one command, and makes exit codes of what comes of it."""

from __future__ import annotations

import errno
import importlib
import importlib.util
from typing import Any

import typer

from cluster.interrupts import Stopped, stoppable
from cluster.logs import configure, debugging
from core.errors import EXIT_BAD_INPUT, UserError


def call(command: str, **options: Any) -> None:
    """
    Runs ``cluster.commands.<command>.run``, on what ``cluster.inputs.<command>`` makes of ``options`` where there is
    such a module. The one place where errors become exit codes: always ends in ``typer.Exit``.
    """
    configure()
    try:
        with stoppable():
            code = _run(command, options)
    except Stopped as stop:
        raise typer.Exit(stop.exit_code) from stop
    except (UserError, OSError) as error:
        line = _explain(error)
        if line is None or debugging():
            raise
        typer.echo(f"error: {line}", err=True)
        raise typer.Exit(EXIT_BAD_INPUT) from error
    raise typer.Exit(code)


def _run(command: str, options: dict[str, Any]) -> int:
    if importlib.util.find_spec(f"cluster.inputs.{command}"):
        options = {"given": importlib.import_module(f"cluster.inputs.{command}").check(**options)}
    code: int = importlib.import_module(f"cluster.commands.{command}").run(**options)
    return code


def _explain(error: UserError | OSError) -> str | None:
    """One line for a person, or None where the error is a bug."""
    if isinstance(error, UserError):
        # A UserError of a Ray worker arrives as a subclass whose text is the worker's whole traceback.
        return " ".join(str(getattr(error, "cause", None) or error).split())
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{error.filename or 'disk'}: no space left. Free some; what was finished is kept (train --resume)"
    return None
