"""The garbage collector of long-running workers."""

from __future__ import annotations

import gc

_OBJECTS_PER_COLLECTION = 20_000  # by default 700


def collect_less() -> None:
    """
    Leaves everything that this process holds now out of the collector's walks, and has it walk seldom.

    Programs, trees and candidates are thousands of small objects, few of them in cycles. Beside the modules and mined
    functions that a worker holds, walks as often as Python does them by default took most of the time in which training
    samples are made (docs/log.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
