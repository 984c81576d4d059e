"""Ctrl-C and SIGTERM end a command in good order: the first asks it to stop, a second one stops it at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(KeyboardInterrupt):
    """The command was asked to stop. ``exit_code`` follows the shell: 128 + the signal's number."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.exit_code = 128 + signum


def _stop(signum: int, frame: FrameType | None) -> None:
    # From here on the system's own handling applies, so that nobody has to wait for a clean-up that hangs.
    signal.signal(signum, signal.SIG_DFL)
    raise Stopped(signum)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, SIGINT and SIGTERM raise ``Stopped`` in the main thread, once each."""
    before = {signum: signal.signal(signum, _stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
