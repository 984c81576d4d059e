"""Jobs that tests send to the fast lane."""

from __future__ import annotations

import calendar
import json
import sys
import time
from datetime import UTC, date, datetime


def spin(payload: bytes) -> bytes:
    """Never ends."""
    while True:
        pass


def hashed(payload: bytes) -> bytes:
    """Depends on the hash seed."""
    return str(hash("some text")).encode()


def clocks(payload: bytes) -> bytes:
    """What every clock of Python says (seconds since the epoch), what day it is, and what is loaded to say so."""
    texts = (time.ctime(), time.ctime(None), time.asctime(), time.strftime("%c"))
    seconds = [
        *(time.time(), time.time_ns() / 1e9, time.clock_gettime(time.CLOCK_REALTIME)),
        *(time.mktime(time.localtime()), calendar.timegm(time.gmtime())),
        *(time.mktime(time.strptime(text, "%a %b %d %H:%M:%S %Y")) for text in texts),
        *(datetime.now().timestamp(), datetime.now(UTC).timestamp(), datetime.today().timestamp()),
    ]
    days = [date.today().toordinal(), datetime.now().toordinal()]
    loaded = [name for name in ("time_machine", "pytest") if name in sys.modules]
    told = {"seconds": seconds, "days": days, "loaded": loaded, "epoch": time.ctime(0), "steady": time.monotonic()}
    return json.dumps(told).encode()
