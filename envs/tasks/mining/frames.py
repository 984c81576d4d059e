"""
The wire format between mining and its jobs: a JSON header and byte strings, so that nothing is unpickled by a reader.

Layout: count u32 | (length u32 | bytes) * count; the first byte string is the header.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any


def pack(header: Any, blobs: Sequence[bytes] = ()) -> bytes:
    """One message of a JSON-able ``header`` and ``blobs``."""
    parts = [json.dumps(header).encode(), *blobs]
    return struct.pack("<I", len(parts)) + b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpack(data: bytes) -> tuple[Any, list[bytes]]:
    """
    The header and the byte strings of ``pack``.

    Raises:
        ValueError: the message is torn, or its header is no JSON.
    """
    try:
        (count,) = struct.unpack_from("<I", data)
        parts, at = [], 4
        for _ in range(count):
            (length,) = struct.unpack_from("<I", data, at)
            parts.append(data[at + 4 : at + 4 + length])
            at += 4 + length
    except struct.error as error:
        raise ValueError(f"torn message ({error})") from error
    if at != len(data) or not parts:
        raise ValueError("torn message (lengths do not add up)")
    return json.loads(parts[0]), parts[1:]
