"""Training's figures, for TensorBoard and for Prometheus (through Ray's metrics endpoint on each node)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from ray.util.metrics import Gauge
from torch.utils.tensorboard import SummaryWriter


class Meters:
    """One per run. Prometheus knows ``training/solved`` as ``journeyman_training_solved``."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._board = SummaryWriter(str(folder))
        self._run_id = run_id
        self._gauges: dict[str, Gauge] = {}

    def __enter__(self) -> Meters:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._board.close()

    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Shows ``figures`` at ``step``."""
        for name, value in figures.items():
            self._board.add_scalar(name, value, step)
            self._gauge(name).set(value, tags={"run": self._run_id})
        self._board.flush()

    def _gauge(self, name: str) -> Gauge:
        if name not in self._gauges:
            metric = "journeyman_" + "".join(c if c.isalnum() else "_" for c in name)
            self._gauges[name] = Gauge(metric, description=name, tag_keys=("run",))
        return self._gauges[name]
