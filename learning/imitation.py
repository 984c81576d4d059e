"""
The imitation learner: one cosine's worth of steps over a stream of batches, checkpointed so that it can be resumed.
"""

from __future__ import annotations

import ctypes
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import CheckpointError
from core.progress import Progress, SilentProgress, SilentStage, Stage
from core.seeding import derive_seed
from learning.accuracy import Accuracy, measure
from learning.grammar_meta import grammar_meta
from learning.sample import Sample
from learning.stream import Batch, StreamSettings, loader, to_batch
from learning.warm_start_config import WarmStartConfig
from policies.batch import tensors, to_device
from policies.checkpoint import save_policy
from policies.config import ModelConfig
from policies.losses import each_loss
from policies.network import RepairNetwork
from policies.scorer import NetworkScorer

STATE = "state.pt"


@dataclass(slots=True)
class _Counters:
    """How far the learning is; saved with the weights."""

    steps: int = 0
    samples: int = 0
    executed: int = 0
    seconds: float = 0.0
    loss: float = math.nan  # running mean
    batch: float = 0.0  # running mean of samples per batch


class Imitation:
    """One warm start; made again with the same ``out``, it goes on where the last checkpoint stood."""

    def __init__(self, config: WarmStartConfig, model: ModelConfig, out: Path, device: str = "cpu") -> None:
        self.config, self.out, self.device = config, out, torch.device(device)
        torch.manual_seed(config.seed)
        self.network = RepairNetwork(model).to(self.device)
        self.optimisers = make_optimisers(self.network, config)
        self.counters = _Counters()
        self.validation: Sequence[Sample] = ()
        self._began = time.monotonic()
        self._whole = True  # false while weights and counters don't belong together
        self._resume()

    def run(
        self, stream: StreamSettings, validation: Callable[[], Sequence[Sample]], progress: Progress | None = None
    ) -> Path:
        """
        Learns until time or steps are used up, checkpointing as it goes and on Ctrl-C, and saves the policy in ``out``.

        ``validation`` is asked for its samples while the workers start, so that it costs no time of its own.
        """
        self._began = time.monotonic() - self.counters.seconds
        with (progress or SilentProgress()).stage(
            "warm start", self._total(), self._unit(), done=self._done()
        ) as stage:
            # A stream begins where its seed says: one that goes on must not repeat what was learnt from before.
            seed = derive_seed(stream.seed, "resumed", self.counters.samples) if self.counters.samples else stream.seed
            going = self._done() < self._total()
            batches = iter(loader(replace(stream, seed=seed), self.config.workers) if going else ())
            self.validation = validation()
            self._learn(batches, stage)
        return self._finish()

    def teach(self, groups: Iterable[Sequence[Sample]]) -> None:
        """Steps on given samples, one a group, without a stream."""
        self._began = time.monotonic() - self.counters.seconds
        self._learn(map(to_batch, groups), SilentStage())

    def _learn(self, batches: Iterator[Batch], stage: Stage) -> None:
        try:
            self._steps(batches, stage)
        except KeyboardInterrupt:
            if self._whole:
                self.save()
            raise

    def _steps(self, batches: Iterator[Batch], stage: Stage) -> None:
        self.network.train()
        saved = time.monotonic()
        shown = self._done()
        for batch in batches:
            self._step(batch)
            self.counters.seconds = time.monotonic() - self._began
            if self.counters.steps % 20 == 0 or self._done() >= self._total():
                rate = self.counters.samples / max(self.counters.seconds, 1e-9)
                stage.advance(min(self._done(), self._total()) - shown, loss=self.counters.loss, samples_per_s=rate)
                shown = self._done()
            if self._done() >= self._total():
                return
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self.save()
                saved = time.monotonic()

    def _step(self, batch: Batch) -> None:
        counters = self.counters
        counters.batch = len(batch) if not counters.batch else 0.98 * counters.batch + 0.02 * len(batch)
        for group in (group for optimiser in self.optimisers for group in optimiser.param_groups):
            group["lr"] = self._learning_rate()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits, _ = self.network(to_device(tensors(batch.inputs), self.device))
        losses = each_loss(logits, torch.from_numpy(batch.positives).to(self.device))
        # Batches hold more of the short functions; every sample weighs the same all the same.
        torch.autograd.backward(losses.sum() / counters.batch)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip_norm)
        self._whole = False
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self._count(batch, losses)
        self._whole = True

    def _count(self, batch: Batch, losses: Tensor) -> None:
        counters = self.counters
        counters.steps += 1
        counters.samples += len(batch)
        counters.executed += int(batch.executed.sum())
        if counters.steps % 10 == 0 or counters.steps == 1:  # reading it waits for the device
            loss = losses.mean().item()
            counters.loss = loss if math.isnan(counters.loss) else 0.95 * counters.loss + 0.05 * loss
            if not math.isfinite(counters.loss):
                raise FloatingPointError(f"the loss of the warm start is {loss} at step {counters.steps}")

    def _learning_rate(self) -> float:
        rising = min(1.0, (self.counters.steps + 1) / max(1, self.config.warmup_steps))
        done = min(1.0, self._done() / self._total())
        return self.config.learning_rate * rising * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    def _total(self) -> float:
        return self.config.seconds if self.config.steps is None else self.config.steps

    def _done(self) -> float:
        return self.counters.seconds if self.config.steps is None else self.counters.steps

    def _unit(self) -> str:
        return "s" if self.config.steps is None else "steps"

    def save(self) -> None:
        """Everything that going on exactly needs, in one file that appears whole or not at all."""
        self.out.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "counters": asdict(self.counters),
            "model": self.network.config.model_dump(mode="json"),
        }
        torch.save(state, self.out / f"{STATE}.part")
        os.replace(self.out / f"{STATE}.part", self.out / STATE)
        _give_back_memory()

    def _resume(self) -> None:
        path = self.out / STATE
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError) as error:
            raise CheckpointError(
                f"can't be read ({error})", where=str(path), remedy="Delete it to begin anew"
            ) from error
        if state["model"] != self.network.config.model_dump(mode="json"):
            raise CheckpointError("is of another model", where=str(path), remedy="Delete it to begin anew")
        if len(state.get("optimisers", ())) != len(self.optimisers):
            raise CheckpointError("is of another optimiser", where=str(path), remedy="Delete it to begin anew")
        self.network.load_state_dict(state["network"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.counters = _Counters(**state["counters"])

    def _finish(self) -> Path:
        self.save()
        accuracy = measure(NetworkScorer(self.network, self.device.type), self.validation)
        meta = grammar_meta() | {"validation": asdict(accuracy), "warm_start": self.report(accuracy)}
        return save_policy(self.out, self.network, meta)

    def report(self, accuracy: Accuracy) -> dict[str, Any]:
        """What was done and how good it got, as JSON."""
        return {
            "config": self.config.model_dump(mode="json"),
            "device": self.device.type,
            **asdict(self.counters),
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "validation": asdict(accuracy),
        }


def make_optimisers(network: RepairNetwork, config: WarmStartConfig) -> list[torch.optim.Optimizer]:
    """
    AdamW; with ``muon``, that takes the encoder's matrices (Jordan et al. 2024, at AdamW's step size, Liu et al.,
    arXiv 2502.16982): a lower training loss at equal samples, for a tenth more time a step (docs/log.md).
    """
    used = [p for p in network.parameters() if p.requires_grad]
    if config.optimiser == "adamw":
        return [torch.optim.AdamW(_groups(network, used, config.weight_decay), lr=config.learning_rate, fused=True)]
    inner = {id(p) for p in network.encoder.parameters() if p.ndim == 2}
    matrices = [p for p in used if id(p) in inner]
    others = _groups(network, [p for p in used if id(p) not in inner], config.weight_decay)
    muon = torch.optim.Muon(
        matrices, lr=config.learning_rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    return [muon, torch.optim.AdamW(others, lr=config.learning_rate, fused=True)]


def _groups(network: RepairNetwork, used: list[torch.nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases, norms and embeddings don't."""
    embeddings = {id(p) for m in network.modules() if isinstance(m, torch.nn.Embedding) for p in m.parameters()}
    decayed = [p for p in used if p.ndim > 1 and id(p) not in embeddings]
    plain = [p for p in used if p.ndim < 2 or id(p) in embeddings]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


def _give_back_memory() -> None:
    """
    Has glibc return the free pages inside its heap: batches differ in size, and the holes that they leave grew the
    process by 4 MB a second. Other C libraries have no such call, and no need of it.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
