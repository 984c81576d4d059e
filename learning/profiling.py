"""
Profiles of the driver, the env runners and the learner.

``*.prof`` files are cProfile's (snakeviz, PyCharm, KCachegrind); ``*.trace.json`` is a Chrome trace with the operators
of torch (ui.perfetto.dev, chrome://tracing).
"""

from __future__ import annotations

import cProfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch.profiler import ProfilerActivity, profile


@contextmanager
def python_profile(folder: Path | None, name: str) -> Iterator[None]:
    """Profiles the calling thread's Python into ``folder/name.prof``; None: nothing."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        yield
    finally:
        profiler.disable()
        profiler.dump_stats(folder / f"{name}.prof")


@contextmanager
def torch_profile(folder: Path | None, name: str) -> Iterator[None]:
    """Traces torch's operators into ``folder/name.trace.json``; None: nothing."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with profile(activities=[ProfilerActivity.CPU]) as tracer:
        yield
    tracer.export_chrome_trace(str(folder / f"{name}.trace.json"))
