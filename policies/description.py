"""
What a policy's folder says of itself (``policy.json``): format, shape, and ``meta``, which is what its maker says:
grammar version, edit kinds, how it was trained. Reading it needs no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import CheckpointError

WEIGHTS, DESCRIPTION = "model.safetensors", "policy.json"
FORMAT = 1


def read_description(folder: Path, expect: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    ``{"format": ..., "model": ..., "meta": ...}`` of the policy in ``folder``.

    ``expect`` holds entries that its meta must have with exactly these values: the grammar's version and kinds.

    Raises:
        CheckpointError: it is missing, torn, of another format, or made for another grammar.
    """
    description = _read(folder)
    meta = description.get("meta", {})
    for key, value in (expect or {}).items():
        if meta.get(key) != value:
            raise CheckpointError(
                f"made with another {key} ({_short(meta.get(key))}, now {_short(value)})",
                where=str(folder),
                remedy="Train a policy with this version",
            )
    return description


def _read(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError("no policy here", where=str(folder), remedy="Give a run or a policy folder") from error
    except (ValueError, OSError) as error:
        raise CheckpointError(f"can't be read ({error})", where=str(path)) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise CheckpointError(f"is not a policy description of format {FORMAT}", where=str(path))
    return description


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
