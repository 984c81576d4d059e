"""
Another day's date: shifts the calendar of a zygote, and of every child that it forks, by whole days.

What runs there sees the shifted time wherever Python asks for it: ``time.time`` and its kin, ``datetime.now``,
``date.today``. Time goes on as it does outside, and what measures durations (``time.monotonic`` and the limits of the
kernel) is left alone. C extensions that ask the C library themselves see the real date.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_DAY = 86_400
# What time-machine looks for and works without: tens of MiB that each fork would map.
_UNWANTED = ("pytest", "dateutil", "dateutil.parser")
# These ask the C library where no time is given; time-machine leaves them alone.
_TELLING = ("ctime", "asctime")


def travel(days: int) -> None:
    """
    Shifts this process's calendar, once and for good; nothing is imported or changed where ``days`` is 0.

    Raises:
        OSError: time-machine can't be imported.
    """
    if not days:
        return
    with _without(_UNWANTED):
        try:
            machine: Any = importlib.import_module("time_machine")
        except ImportError as error:
            raise OSError(f"another day's date needs the package time-machine ({error})") from error
    machine.travel(time.time() + days * _DAY).start()
    # The shifted time starts to run when it is first asked for, which must not be in each child anew.
    time.time()
    for name in _TELLING:
        setattr(time, name, _shifted(getattr(time, name)))


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Within, ``names`` can't be imported, as where they are not installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: documented to refuse the import
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _shifted(original: Callable[..., str]) -> Callable[..., str]:
    def told(*given: Any) -> str:
        if given and given[0] is not None:
            return original(*given)
        return original(*((time.localtime(),) if original.__name__ == "asctime" else (time.time(),)))

    told.__name__ = told.__qualname__ = original.__name__
    told.__module__ = original.__module__
    return told
