"""What a saved policy must agree on with this version: a kind's id means nothing under another grammar."""

from __future__ import annotations

from typing import Any

from envs.edits.grammar import GRAMMAR_VERSION, KINDS


def grammar_meta() -> dict[str, Any]:
    """Entries for ``policies.checkpoint``'s ``meta`` when saving, and for its ``expect`` when loading."""
    return {"grammar_version": GRAMMAR_VERSION, "kinds": list(KINDS)}
