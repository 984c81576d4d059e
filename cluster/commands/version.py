"""``journeyman version``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import typer

STACK = ("ray", "torch", "transformers", "gymnasium", "pyarrow", "numpy")


def installed_version(name: str) -> str:
    """The version of an installed distribution, or ``not installed``."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def run() -> int:
    """Prints one line per part."""
    for name, shown in (("journeyman", installed_version("journeyman")), ("python", platform.python_version())):
        typer.echo(f"{name} {shown}")
    for name in STACK:
        typer.echo(f"{name} {installed_version(name)}")
    return 0
