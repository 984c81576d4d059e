"""Files that are either the old ones or the new ones, whatever dies in between."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from core.errors import UserError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StorageError(UserError):
    """A file that can't be written or read; what was there before is untouched."""


def write_atomically(path: Path, content: bytes) -> None:
    """
    Replaces ``path`` by ``content``: a temporary file beside it, fsync, rename, fsync of the folder.

    Raises:
        StorageError: one clear line (full disk, no permission); then ``path`` is as it was and nothing is left over.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        temporary = Path(name)
        os.fchmod(handle, 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise storage_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Makes renames in ``folder`` survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_error(error: OSError, path: Path) -> StorageError:
    """The clear line for an operating system's error while writing ``path``."""
    if error.errno in _FULL:
        return StorageError("no room left to write", where=str(path), remedy="Free some disk space and run again")
    return StorageError(f"can't be written ({error.strerror or error})", where=str(path))
