"""The sample stream in worker processes: batches of similar length under a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import parent_process
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from core.garbage import collect_less
from core.protocols import Array, Executor, Tokenizer
from core.records import Task
from core.seeding import rng
from envs.encoding.encode import StateEncoder
from envs.sandbox.namespaces import die_with_parent
from learning.corpus import Corpus
from learning.drafts import DraftSource, drafting, runnable, turns, written
from learning.sample import Rng, Sample, StaticSource, Subject
from learning.samples import ExecutedSource
from learning.task_samples import TaskSource
from learning.warm_start_config import SampleConfig
from policies.batch import stack, stack_positives

ExecutorFactory = Callable[[], Executor]
TokenizerFactory = Callable[[], Tokenizer]


@dataclass(frozen=True, slots=True)
class Batch:
    """``inputs`` as the network takes them, ``positives`` [B, A], ``executed`` [B]; arrays, that any pipe carries."""

    inputs: dict[str, Array]
    positives: NDArray[np.bool_]
    executed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.executed)


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """
    What a worker needs to make batches. ``batch_tokens``: tokens of a batch, padding included. ``pool_batches``: about
    how many batches' samples are sorted by length together. ``reuse``: how often a sample is learnt from, on average,
    some time after the first; making one costs about as much as learning from it twice. ``memory``: samples that a
    worker remembers for that. ``corpus`` or ``subjects`` may be empty, not both. ``tasks``: of other categories than
    bug fixing.
    """

    samples: SampleConfig
    corpus: Corpus | None
    subjects: tuple[Subject, ...]
    executor: ExecutorFactory
    tokenizer: TokenizerFactory
    seed: int
    batch_tokens: int
    pool_batches: int = 16
    reuse: float = 1.0
    memory: int = 4000
    tasks: tuple[Task, ...] = ()


class SampleStream(IterableDataset[Batch]):
    """Batches without end. Each worker process draws from its own random stream and runs its own sandbox."""

    def __init__(self, settings: StreamSettings) -> None:
        super().__init__()
        self.settings = settings

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        name = "warm" if info is None else f"warm-{info.id}"
        with ExitStack() as stack:
            stream = reused(
                samples(self.settings, name, stack), self.settings.reuse, self.settings.memory, rng(0, name, "reuse")
            )
            yield from pooled_batches(stream, self.settings.batch_tokens, self.settings.pool_batches)


def loader(settings: StreamSettings, workers: int, prefetch: int = 32) -> DataLoader[Batch]:
    """
    The stream in ``workers`` processes; with 0 in this one.

    Workers are spawned, not forked: the parent may run Ray's or CUDA's threads. They make batches by the pool, so
    they may run ahead by two pools, and a batch is taken from whoever has one: in order, one worker's new pool would
    keep the learner and all other workers waiting.
    """
    return DataLoader(
        SampleStream(settings),
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        prefetch_factor=prefetch if workers else None,
        in_order=False,
        worker_init_fn=_set_up,
        multiprocessing_context="spawn" if workers else None,
    )


def _set_up(worker: int) -> None:
    # A worker that waits for room in the queue would never notice that its parent was killed.
    die_with_parent()
    parent = parent_process()
    if parent is not None and not parent.is_alive():
        raise SystemExit("the learner ended while its workers started")
    collect_less()


def _as_it_is(batch: Any) -> Any:
    """Keeps the loader from turning arrays into tensors in shared memory, of which containers have little."""
    return batch


def samples(settings: StreamSettings, name: str, stack: ExitStack) -> Iterator[Sample]:
    """Samples in the configured proportion. ``stack`` closes the sandbox."""
    generator = rng(settings.seed, name)
    encoder = StateEncoder(settings.tokenizer())
    sources: list[Iterator[Sample]] = []
    share = settings.samples.executed_share if settings.corpus else 1.0
    executor = _opened(settings, stack)
    if executor is not None and settings.subjects:
        sources.append(iter(ExecutedSource(settings.subjects, executor, encoder, settings.samples, generator)))
    else:
        share = 0.0
    if settings.corpus:
        functions = settings.corpus.functions(generator)
        sources.append(iter(StaticSource(functions, encoder, settings.samples, generator)))
    found = _mixed(sources, share, generator)
    if executor is None or not settings.tasks:
        return found
    tasks = iter(TaskSource(settings.tasks, executor, encoder, settings.samples, generator))
    found = _mixed((tasks, found), settings.samples.task_share, generator)
    drafts = _drafts(settings, executor, encoder, generator)
    return _mixed((drafts, found), settings.samples.draft_share, generator) if drafts is not None else found


def _drafts(
    settings: StreamSettings, executor: Executor, encoder: StateEncoder, generator: Rng
) -> Iterator[Sample] | None:
    """Those of the categories of the tasks, in functions that can be executed and in any; None where there are none."""
    categories = drafting(settings.tasks)
    functions = runnable(settings.subjects, settings.tasks, list(categories))
    if not (categories and functions):
        return None
    executed = DraftSource(categories, turns(functions, generator), executor, encoder, settings.samples, generator)
    if not settings.corpus:
        return iter(executed)
    texts = written(settings.corpus, generator)
    static = DraftSource(categories, texts, None, encoder, settings.samples, generator)
    return _mixed((iter(executed), iter(static)), settings.samples.executed_share, generator)


def _opened(settings: StreamSettings, stack: ExitStack) -> Executor | None:
    """Somewhere to execute, until ``stack`` closes it; None where there is nothing to be executed."""
    if not (settings.subjects or settings.tasks):
        return None
    executor = settings.executor()
    stack.callback(executor.close)
    return executor


def _mixed(sources: Sequence[Iterator[Sample]], share: float, generator: Rng) -> Iterator[Sample]:
    while True:
        first = share >= 1 or (share > 0 and generator.random() < share)
        yield next(sources[0] if first else sources[-1])


def reused(stream: Iterator[Sample], reuse: float, memory: int, generator: Rng) -> Iterator[Sample]:
    """The stream, with samples from the last ``memory`` mixed in so that each is seen ``reuse`` times on average."""
    known: list[Sample] = []
    owed = 0.0
    for sample in stream:
        yield sample
        if reuse <= 1:
            continue
        if len(known) < memory:
            known.append(sample)
        else:
            known[int(generator.integers(memory))] = sample
        owed += (reuse - 1) * min(1.0, len(known) / 500)
        while owed >= 1:
            owed -= 1
            yield known[int(generator.integers(len(known)))]


def pooled_batches(stream: Iterator[Sample], batch_tokens: int, pool_batches: int) -> Iterator[Batch]:
    """
    Fills a pool, sorts it by length, cuts it where a batch is full, and gives the batches out in random order. The
    first pools are small, so that learning starts at once.
    """
    generator = rng(0, "batches")
    size = 1
    while True:
        pool: list[Sample] = []
        tokens = 0
        while tokens < size * batch_tokens:
            pool.append(next(stream))
            tokens += int(pool[-1].observation["lengths"][0])
        batches = cut(sorted(pool, key=lambda sample: int(sample.observation["lengths"][0])), batch_tokens)
        for place in generator.permutation(len(batches)):
            yield to_batch(batches[place])
        size = min(2 * size, pool_batches)


def cut(ordered: Sequence[Sample], batch_tokens: int) -> list[list[Sample]]:
    """Neighbours go together while the longest times their number stays within ``batch_tokens``."""
    batches: list[list[Sample]] = []
    for sample in ordered:
        size = int(sample.observation["lengths"][0])
        if batches and (len(batches[-1]) + 1) * size <= batch_tokens:
            batches[-1].append(sample)
        else:
            batches.append([sample])
    return batches


def to_batch(group: Collection[Sample]) -> Batch:
    """A group of samples, padded to its longest."""
    inputs = stack([sample.observation for sample in group])
    positives = stack_positives([sample.positives for sample in group], inputs["action_mask"].shape[1])
    return Batch(inputs, positives, np.array([sample.executed for sample in group]))
