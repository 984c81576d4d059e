"""
Warm start: the policy learns by imitation from bugs that were injected, and whose repair is therefore known.

This is where what existing code teaches comes in (self-supervision as in BugLab, arXiv 2105.12787). It is also the
whole training of the policy that ships with the project, on a GPU::

    python -m learning.warm_start --out DIR --seconds 1200 --device cuda --workers 15 \
        --model.hidden_size 256 --model.num_layers 6 --functions FILE...

Nothing here needs Ray.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import pickle
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType

import torch

from core.config import Config, load
from core.errors import EXIT_BAD_INPUT, TaskError, UserError
from core.garbage import collect_less
from core.progress import Progress
from core.records import Category, Task
from core.seeding import digest
from core.tokenizer import HashedTokenizer
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.mining.record import Harvest, MinedFunction, MinedModule
from learning.corpus import UNSEEN, installed_corpus
from learning.imitation import Imitation
from learning.sample import Sample, Subject, subject_of
from learning.stream import StreamSettings, TokenizerFactory, samples
from learning.task_samples import other_tasks
from learning.warm_start_config import WarmStartConfig
from policies.config import ModelConfig
from policies.description import DESCRIPTION
from policies.tokenizer import PretrainedTokenizer

log = logging.getLogger(__name__)
VALIDATION_SHARE = 0.04
MOST_VALIDATION = 60  # functions


class WarmStartJob(Config):
    """The configuration of the command: what ``--warm_start.x``, ``--model.x`` and ``--sandbox.x`` set."""

    warm_start: WarmStartConfig = WarmStartConfig()
    model: ModelConfig = ModelConfig()
    sandbox: SandboxConfig = SandboxConfig()


def warm_start(
    config: WarmStartConfig,
    model: ModelConfig,
    functions: Iterable[MinedFunction | Task],
    *,
    out: Path,
    excluded: Collection[str] = UNSEEN,
    device: str = "cpu",
    sandbox: SandboxConfig | None = None,
    progress: Progress | None = None,
) -> Path:
    """
    Trains a policy and saves it in ``out`` (``policies.checkpoint``); goes on where an interrupted one stopped.

    Samples with execution evidence are made of ``functions``; without any, only static ones are. Packages whose
    import names are ``excluded`` (the held-out ones) are not seen. ``device`` is ``cpu`` or ``cuda``.
    """
    if device == "cpu":
        torch.set_num_threads(max(1, (os.cpu_count() or 1) - config.workers))
    functions = list(functions)
    learn, check = split(subjects(functions))
    stream = StreamSettings(
        samples=config.samples,
        corpus=installed_corpus(excluded),
        subjects=learn,
        executor=partial(FastLane, impatient(sandbox or SandboxConfig())),
        tokenizer=tokenizer_factory(model),
        seed=config.seed,
        batch_tokens=config.batch_tokens,
        reuse=config.reuse,
        tasks=other_tasks(functions),
    )
    imitation = Imitation(config, model, out, device)
    collect_less()
    return imitation.run(stream, partial(validation_samples, stream, check, config.validation), progress)


def impatient(sandbox: SandboxConfig) -> SandboxConfig:
    """The sandbox with short limits: a bug that loops forever teaches as much after a tenth of a second."""
    return sandbox.model_copy(
        update={
            "check_seconds": min(sandbox.check_seconds, 0.12),  # what mining admits
            "cpu_seconds": min(sandbox.cpu_seconds, 0.5),
            "wall_seconds": min(sandbox.wall_seconds, 1.5),
        }
    )


def tokenizer_factory(model: ModelConfig) -> TokenizerFactory:
    """Makes the tokenizer that belongs to a model, in whichever process needs it."""
    return partial(PretrainedTokenizer, model.encoder) if model.encoder else partial(HashedTokenizer, model.vocab_size)


def subjects(functions: Iterable[MinedFunction | Task]) -> list[Subject]:
    """One subject per function; tasks of the same function become its known bugs. Only bug fixing has such."""
    found: dict[tuple[str, str, str], Subject] = {}
    for item in functions:
        if isinstance(item, Task) and item.category != Category.BUG_FIX:
            continue
        subject = subject_of(item)
        key = (subject.module, subject.qualname, subject.source)
        known = found.get(key)
        found[key] = subject if known is None else replace(known, bugs=(*known.bugs, *subject.bugs))
    return list(found.values())


def split(found: Sequence[Subject]) -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
    """(to learn from, to check on), by the hash of the function, so that it is the same in every run."""
    ordered = sorted(found, key=lambda subject: digest(subject.module, subject.qualname))
    held = min(MOST_VALIDATION, int(VALIDATION_SHARE * len(ordered)))
    return tuple(ordered[held:]), tuple(ordered[:held])


def validation_samples(stream: StreamSettings, held: tuple[Subject, ...], count: int) -> list[Sample]:
    """Executed start states of functions that are kept apart; none where nothing can be executed."""
    if not held or not count:
        return []
    plain = stream.samples.model_copy(update={"tried_share": 0.0, "executed_tries": 0.0, "executed_share": 1.0})
    apart = replace(stream, corpus=None, subjects=held, tasks=(), samples=plain)
    with ExitStack() as stack:
        return list(islice(samples(apart, "validation", stack), count))


def load_functions(paths: Sequence[Path]) -> list[MinedFunction | Task]:
    """
    Mined functions and tasks from pickles (one's own: a pickle runs code), folders of them, or Parquet task files.

    Raises:
        TaskError: a file is missing or holds something else.
    """
    found: list[MinedFunction | Task] = []
    for path in paths:
        inside = sorted(each for each in path.rglob("*.p*kl*") if each.is_file()) if path.is_dir() else [path]
        for file in inside:
            found += _load_file(file)
    return found


def _load_file(path: Path) -> list[MinedFunction | Task]:
    if path.suffix == ".parquet":
        from data.store import read_tasks  # noqa: PLC0415 - pyarrow is not everywhere where this runs

        return list(read_tasks(path))
    try:
        content = pickle.loads(path.read_bytes())
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError) as error:
        raise TaskError(f"can't be read ({error})", where=str(path)) from error
    items = content.functions if isinstance(content, Harvest | MinedModule) else content
    if not isinstance(items, list | tuple) or not all(isinstance(item, MinedFunction | Task) for item in items):
        raise TaskError("holds neither mined functions nor tasks", where=str(path))
    return list(items)


class _LoggedStage:
    """Logs a line every ten seconds."""

    def __init__(self, name: str, total: float | None, unit: str, done: float) -> None:
        self.name, self.total, self.unit, self.done, self._said = name, total, unit, done, 0.0

    def __enter__(self) -> _LoggedStage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def advance(self, n: float = 1, **figures: float) -> None:
        self.done += n
        if time.monotonic() - self._said >= 10:
            self._said = time.monotonic()
            shown = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            log.info("%s %.0f/%.0f %s  %s", self.name, self.done, self.total or 0, self.unit, shown)


class LoggedProgress:
    """Progress for a machine without a terminal."""

    def stage(self, name: str, total: float | None = None, unit: str = "", done: float = 0.0) -> _LoggedStage:
        """A stage that logs."""
        return _LoggedStage(name, total, unit, done)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; prints the report as JSON."""
    parser = argparse.ArgumentParser(prog="python -m learning.warm_start", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--workers", type=int)
    parser.add_argument("--functions", type=Path, nargs="*", default=[])
    parser.add_argument("--exclude", nargs="*", default=UNSEEN, help="import names never to be seen")
    options, rest = parser.parse_known_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        job = load(WarmStartJob, None, _overrides(rest, options))
        out = warm_start(
            job.warm_start,
            job.model,
            load_functions(options.functions),
            out=options.out,
            excluded=options.exclude,
            device=options.device,
            sandbox=job.sandbox,
            progress=LoggedProgress(),
        )
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_INPUT
    sys.stdout.write(json.dumps(json.loads((out / DESCRIPTION).read_text())["meta"]["warm_start"], indent=1) + "\n")
    return 0


def _overrides(rest: Sequence[str], options: argparse.Namespace) -> list[str]:
    """``--model.hidden_size 256`` or ``--model.hidden_size=256`` as ``model.hidden_size=256``."""
    words = " ".join(word if word.startswith("--") else f"={word}" for word in rest).replace(" =", "=").split()
    overrides = [word.removeprefix("--") for word in words]
    for name in ("seconds", "workers"):
        if getattr(options, name) is not None:
            overrides.append(f"warm_start.{name}={getattr(options, name)}")
    return overrides


if __name__ == "__main__":
    sys.exit(main())
