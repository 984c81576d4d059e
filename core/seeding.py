"""Independent, reproducible random streams named by what they are for."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: object) -> int:
    """A 63-bit seed for the stream called ``names``; equal inputs give equal seeds everywhere."""
    key = "/".join([str(seed), *map(str, names)]).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1


def rng(seed: int, *names: object) -> np.random.Generator:
    """The random generator of the stream called ``names`` (see ``derive_seed``)."""
    return np.random.default_rng(derive_seed(seed, *names))


def digest(*parts: str | bytes, size: int = 16) -> str:
    """Hex content hash (BLAKE2b) of ``parts``; lengths are hashed too, so that no two splits of a text collide."""
    state = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little") + data)
    return state.hexdigest()
