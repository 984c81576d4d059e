"""
Scorers by description: what travels to a worker is a name and a folder, never a network; each worker loads it itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from core.plugins import resolve
from core.protocols import Scorer, Tokenizer
from core.tokenizer import HashedTokenizer
from learning.grammar_meta import grammar_meta
from policies.checkpoint import load_policy
from policies.config import ModelConfig
from policies.scorer import NetworkScorer
from policies.tokenizer import PretrainedTokenizer

NETWORK = "network"
BASELINES = {
    "uniform": "policies.baselines:UniformScorer",
    "suspicious": "policies.baselines:SuspiciousnessScorer",
}


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """
    ``kind``: ``network`` (then ``policy`` is its folder), a baseline's name, or ``module:Object``, which is called with
    ``seed`` and gives a ``core.protocols.Scorer``.
    """

    kind: str
    policy: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LoadedScorer:
    """A scorer with the tokenizer that its observations are made with; ``version`` names the policy."""

    scorer: Scorer
    tokenizer: Tokenizer
    version: str


def baselines(seed: int = 0) -> dict[str, ScorerSpec]:
    """The two agents that every trained one is compared with."""
    return {"suspicious": ScorerSpec("suspicious", seed=seed), "uniform": ScorerSpec("uniform", seed=seed)}


def load_scorer(spec: ScorerSpec) -> LoadedScorer:
    """
    The scorer that ``spec`` describes.

    Raises:
        CheckpointError: no policy in the folder, or one of another shape or grammar.
        PluginError: no such kind.
    """
    if spec.kind == NETWORK:
        return _network(spec)
    make = cast("Callable[[int], Scorer]", resolve("scorer", spec.kind, BASELINES))
    return LoadedScorer(make(spec.seed), HashedTokenizer(), spec.kind)


def _network(spec: ScorerSpec) -> LoadedScorer:
    loaded = load_policy(Path(spec.policy), grammar_meta())
    version = str(loaded.meta.get("version") or Path(spec.policy).name)
    return LoadedScorer(NetworkScorer(loaded.network), tokenizer_of(loaded.config), version)


def tokenizer_of(model: ModelConfig) -> Tokenizer:
    """The tokenizer that a model of this shape reads."""
    return PretrainedTokenizer(model.encoder) if model.encoder else HashedTokenizer(model.vocab_size)
