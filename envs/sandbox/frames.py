"""
The shared memory between worker and children, and the frames that a child leaves in it.

One mapping of 64 MiB (pages come into being when written): the request in its lower half, the answer in its upper one.
The worker wipes it before each run. A child writes to it without system calls, so nothing of a killed child is lost.
The worker reads an answer only after the child is dead, and checks every length in it.
"""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple

ARENA_BYTES = 64 << 20
HALF = ARENA_BYTES // 2
_LENGTH = struct.Struct("<Q")
_FRAME = struct.Struct("<cIIHH")  # tag, bytes of payload, line that raised (0: none), number of lines, bytes of detail
MAX_LINES = 4096
TAGS = {"returned": b"V", "raised": b"E", "unencodable": b"U", "timeout": b"T"}
LOAD_ERROR, JOB_DONE, JOB_ERROR = b"X", b"J", b"F"


class Frame(NamedTuple):
    """One thing that a child said. Only ``payload`` is ever judged."""

    tag: bytes
    payload: bytes
    lines: tuple[int, ...] = ()
    raised_line: int | None = None
    detail: str = ""


def write_request(arena: mmap.mmap, request: bytes) -> None:
    """Wipes the arena and puts a request into it. Raises ValueError where it doesn't fit."""
    if len(request) > HALF - 16:
        raise ValueError(f"a request of {len(request)} bytes; at most {HALF - 16} fit")
    arena.madvise(mmap.MADV_REMOVE)
    arena[16 : 16 + len(request)] = request
    _LENGTH.pack_into(arena, 0, len(request))


def read_request(arena: mmap.mmap) -> bytes:
    """The request, read by the confined child."""
    (length,) = _LENGTH.unpack_from(arena, 0)
    return arena[16 : 16 + length]


class FrameWriter:
    """Appends frames to the answer; what would exceed ``limit`` bytes raises OutputLimit."""

    def __init__(self, arena: mmap.mmap, limit: int) -> None:
        self._arena, self._used, self._limit = arena, 0, min(limit, HALF - 16)

    def write(self, frame: Frame) -> None:
        """One frame, visible to the worker as soon as the new length is written."""
        detail = frame.detail.encode("utf-8", "replace")[:200]
        lines = frame.lines[:MAX_LINES]
        head = _FRAME.pack(frame.tag, len(frame.payload), frame.raised_line or 0, len(lines), len(detail))
        data = b"".join((head, frame.payload, struct.pack(f"<{len(lines)}H", *lines), detail))
        if self._used + len(data) > self._limit:
            raise OutputLimit
        start = HALF + 16 + self._used
        self._arena[start : start + len(data)] = data
        self._used += len(data)
        _LENGTH.pack_into(self._arena, HALF, self._used)


class OutputLimit(Exception):
    """The child has said more than it may."""


def read_frames(arena: mmap.mmap, limit: int) -> tuple[list[Frame], bool]:
    """The whole frames of a dead child's answer, and whether nothing was left over, torn or too long."""
    (length,) = _LENGTH.unpack_from(arena, HALF)
    if length > min(limit, HALF - 16):
        return [], False
    data = arena[HALF + 16 : HALF + 16 + length]
    frames: list[Frame] = []
    at = 0
    while at < len(data):
        frame, after = _parse(data, at)
        if frame is None:
            return frames, False
        frames.append(frame)
        at = after
    return frames, True


def _parse(data: bytes, at: int) -> tuple[Frame | None, int]:
    if at + _FRAME.size > len(data):
        return None, at
    tag, payload_bytes, raised, count, detail_bytes = _FRAME.unpack_from(data, at)
    payload_at = at + _FRAME.size
    lines_at = payload_at + payload_bytes
    detail_at = lines_at + 2 * count
    end = detail_at + detail_bytes
    if end > len(data) or count > MAX_LINES:
        return None, at
    lines = struct.unpack_from(f"<{count}H", data, lines_at)
    detail = data[detail_at:end].decode("utf-8", "replace")
    return Frame(tag, data[payload_at:lines_at], lines, raised or None, detail), end
