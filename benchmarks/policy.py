"""
What a forward pass and a training step cost: ``python -m benchmarks.policy --json``.

CPU time of this process with one thread, on observations whose lengths are distributed like those of real functions
(log-normal, mean 78 tokens and 390 candidates). A batch holds 32 of them, of similar length as in training (``sorted``)
or not (``mixed``).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch

from core.observation import CANDIDATE_EVIDENCE, EVIDENCE, FIRST_EDIT, RELATIONS, STATE, SUBTOKENS
from core.protocols import Array
from policies.batch import collate, collate_positives
from policies.config import ModelConfig
from policies.losses import imitation_loss
from policies.network import RepairNetwork

BATCH, BATCHES = 32, 8
SIZES = {
    "d96_l3": ModelConfig(hidden_size=96, num_layers=3),
    "d96_l3_no_relations": ModelConfig(hidden_size=96, num_layers=3, relation_rank=0),
    "d128_l4": ModelConfig(hidden_size=128, num_layers=4),
    "d128_l4_no_relations": ModelConfig(hidden_size=128, num_layers=4, relation_rank=0),
    "d256_l6": ModelConfig(hidden_size=256, num_layers=6),
}


def observation(rng: np.random.Generator, tokens: int, candidates: int) -> dict[str, Array]:
    """A random observation of a size."""
    starts = rng.integers(0, tokens, candidates)
    return {
        "tokens": rng.integers(0, 8192, (tokens, SUBTOKENS)).astype(np.int32),
        "node": rng.integers(1, 100, tokens).astype(np.int16),
        "relations": rng.integers(-1, tokens, (tokens, len(RELATIONS))).astype(np.int16),
        "evidence": rng.random((tokens, len(EVIDENCE))).astype(np.float32),
        "cand_kind": rng.integers(1, 60, candidates).astype(np.int16),
        "cand_start": starts.astype(np.int16),
        "cand_end": np.minimum(starts + 3, tokens - 1).astype(np.int16),
        "cand_ref": rng.integers(-1, tokens, candidates).astype(np.int16),
        "cand_tokens": rng.integers(0, 8192, (candidates, SUBTOKENS)).astype(np.int32),
        "cand_evidence": rng.random((candidates, len(CANDIDATE_EVIDENCE))).astype(np.float32),
        "state": rng.random(len(STATE)).astype(np.float32),
        "category": np.zeros(1, np.int64),
        "lengths": np.array([tokens, candidates], np.int32),
        "action_mask": np.ones(FIRST_EDIT + candidates, np.int8),
    }


def batches(order: str) -> list[dict[str, torch.Tensor]]:
    """The batches of one case; the same in every run."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(4.2, 0.6, BATCH * BATCHES), 12, 400).astype(int)
    if order == "sorted":
        lengths = np.sort(lengths)
    made = [observation(rng, int(n), 5 * int(n)) for n in lengths]
    return [collate(made[at : at + BATCH]) for at in range(0, len(made), BATCH)]


def cpu_ms(work: Callable[[], None]) -> float:
    """CPU milliseconds per sample of one round over all batches, the best of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return 1000 * min(found) / (BATCH * BATCHES)


def measure(name: str, order: str) -> dict[str, dict[str, float | str]]:
    """Forward and training step of one size."""
    torch.manual_seed(0)
    network = RepairNetwork(SIZES[name])
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, fused=True)
    inputs = batches(order)

    def forward() -> None:
        with torch.inference_mode():
            for batch in inputs:
                network(batch)

    def train() -> None:
        for batch in inputs:
            logits, _ = network(batch)
            positives = collate_positives([np.array([5])] * BATCH, logits.shape[1])
            imitation_loss(logits, positives).mean().backward()
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    n = BATCH * BATCHES
    return {
        f"{name}/{order}/forward": {"value": round(cpu_ms(forward), 3), "unit": "CPU ms/sample", "n": n},
        f"{name}/{order}/train_step": {"value": round(cpu_ms(train), 3), "unit": "CPU ms/sample", "n": n},
    }


def main() -> None:
    """Runs all cases and prints them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases: dict[str, dict[str, float | str]] = {}
    for name in SIZES:
        for order in ("sorted", "mixed"):
            cases |= measure(name, order)
    ratios = {
        f"{name}/mixed/sorted": _ratio(cases, f"{name}/mixed/train_step", f"{name}/sorted/train_step") for name in SIZES
    } | {
        f"{size}/relations/none": _ratio(cases, f"{size}/sorted/train_step", f"{size}_no_relations/sorted/train_step")
        for size in ("d96_l3", "d128_l4")
    }
    if options.json:
        print(json.dumps({"cases": cases, "ratios": ratios}))
        return
    for name, case in cases.items():
        print(f"{name:40} {case['value']:>8} {case['unit']}")
    for name, ratio in ratios.items():
        print(f"{name:40} {ratio:>8}")


def _ratio(cases: dict[str, dict[str, float | str]], above: str, below: str) -> float:
    return round(float(cases[above]["value"]) / float(cases[below]["value"]), 3)


if __name__ == "__main__":
    main()
