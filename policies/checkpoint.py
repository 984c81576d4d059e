"""
A policy as a folder: ``model.safetensors`` (weights; no code is ever run to load it) and ``policy.json`` (its shape,
and what the caller says of it: grammar version, edit kinds, how it was trained).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.errors import CheckpointError
from policies.config import ModelConfig
from policies.description import DESCRIPTION, FORMAT, WEIGHTS, read_description
from policies.network import RepairNetwork

_KINDS = "candidates.kind.weight"


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A network in evaluation mode, its shape, and what was said of it when it was saved."""

    network: RepairNetwork
    config: ModelConfig
    meta: Mapping[str, Any]


def save_policy(
    folder: Path, network: RepairNetwork, meta: Mapping[str, Any], *, dtype: torch.dtype = torch.float32
) -> Path:
    """
    Writes the policy; each file appears whole or not at all, the description last. ``meta`` must be JSON. With a
    ``dtype`` of half size the files are half as large; the network computes in float32 again when loaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: _stored(tensor, dtype) for name, tensor in _unique(network).items()}
    save_file(weights, folder / f"{WEIGHTS}.part")
    os.replace(folder / f"{WEIGHTS}.part", folder / WEIGHTS)
    description = {"format": FORMAT, "model": network.config.model_dump(mode="json"), "meta": dict(meta)}
    part = folder / f"{DESCRIPTION}.part"
    part.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / DESCRIPTION)
    return folder


def load_policy(folder: Path, expect: Mapping[str, Any] | None = None) -> LoadedPolicy:
    """
    The policy in ``folder``, on the CPU.

    ``expect`` holds entries that its meta must have with exactly these values: the grammar's version and kinds.

    Raises:
        CheckpointError: it is missing, torn, of another shape, or made for another grammar.
    """
    description = read_description(folder, expect)
    try:
        config = ModelConfig.model_validate(description.get("model"))
        network = RepairNetwork(config)
        load_weights(network, load_file(folder / WEIGHTS))
    except (ValidationError, SafetensorError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"can't be loaded ({reason})", where=str(folder), remedy="Train it again or take another checkpoint"
        ) from error
    return LoadedPolicy(network.eval(), config, description.get("meta", {}))


def load_weights(network: RepairNetwork, weights: Mapping[str, torch.Tensor]) -> None:
    """
    Puts saved weights into ``network``; ``RuntimeError`` where a name or a shape differs. A policy from before there
    were other categories than bug fixing lacks their kinds of edits: these stay as the network has them.
    """
    own = network.state_dict()
    weights = {name: _grown(tensor, own[name]) if name == _KINDS else tensor for name, tensor in weights.items()}
    shared = set(own) - set(_unique(network))
    missing, unexpected = network.load_state_dict(weights, strict=False)
    if lost := sorted(set(missing) - shared) + sorted(unexpected):
        raise RuntimeError(f"weights don't match the model: {', '.join(lost[:3])}")


def _grown(saved: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """``saved`` with the rows of ``own`` behind it."""
    return torch.cat([saved, own[len(saved) :].to(saved.dtype)]) if len(saved) < len(own) else saved


def _unique(network: RepairNetwork) -> dict[str, torch.Tensor]:
    """The state without second names of the same storage (a pretrained encoder's table has two)."""
    seen: set[int] = set()
    unique = {}
    for name, tensor in network.state_dict().items():
        if tensor.data_ptr() not in seen or tensor.numel() == 0:
            seen.add(tensor.data_ptr())
            unique[name] = tensor
    return unique


def _stored(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.detach().to("cpu", dtype if tensor.is_floating_point() else tensor.dtype).contiguous()
