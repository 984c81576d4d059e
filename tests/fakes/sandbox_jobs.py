"""Jobs that tests send to the fast lane."""

from __future__ import annotations


def spin(payload: bytes) -> bytes:
    """Never ends."""
    while True:
        pass


def hashed(payload: bytes) -> bytes:
    """Depends on the hash seed."""
    return str(hash("some text")).encode()
