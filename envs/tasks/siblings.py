"""What stands beside a mined function in its module."""

from __future__ import annotations

from core.records import SourceFile
from envs.tasks.category import Material
from envs.tasks.mining.discover import ModuleIndex
from envs.tasks.mining.record import MinedFunction


def material_of(function: MinedFunction, index: ModuleIndex) -> Material:
    """``function`` with the other functions of its module, as ``index`` lists them."""
    siblings = tuple(
        SourceFile(index.path, site.source, site.line, site.header_lines)
        for site in index.sites
        if site.qualname != function.qualname
    )
    return Material(function, siblings, index.text)
