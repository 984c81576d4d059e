"""
Finished trajectories on disk, so that no death of a process loses one.

A writer appends each trajectory at once, in one write, to its own journal (an Arrow IPC stream: a torn tail costs only
the record being written), and rolls the journal into a Parquet part from time to time. ``compact`` joins the parts and
the journals of writers that are gone. Reading drops doubles by id, which a death between rolling and deleting leaves.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UserError
from core.records import Trajectory
from data.columns import arrow_schema, decoder, encoder
from data.files import storage_error, sync_folder, write_atomically
from data.store import read_table, table_bytes

COMPACTED = "trajectories.parquet"


class TrajectoryError(UserError):
    """A trajectory file that can't be used."""


class TrajectoryWriter:
    """Appends trajectories below ``folder``. One writer per process; ``name`` tells whose it is."""

    def __init__(self, folder: Path, name: str, *, roll: int = 256) -> None:
        self._folder, self._roll = Path(folder), roll
        self._name = f"{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._schema, self._encode = arrow_schema(Trajectory), encoder(Trajectory)
        self._rows: list[dict[str, Any]] = []
        self._part = 0
        self._journal: int | None = None

    def __enter__(self) -> TrajectoryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, trajectory: Trajectory) -> None:
        """
        Puts ``trajectory`` where the death of this process can't reach it.

        Raises:
            StorageError: a full disk; the trajectory is kept in memory and goes into the next part.
        """
        row = self._encode(trajectory)
        self._rows.append(row)
        self._append(pa.RecordBatch.from_pylist([row], schema=self._schema))
        if len(self._rows) >= self._roll:
            self.roll()

    def roll(self) -> Path | None:
        """Turns what was added since the last call into one Parquet part (fsync, rename) and drops the journal."""
        if not self._rows:
            return None
        part = self._folder / f"{self._name}-{self._part:05d}.parquet"
        write_atomically(part, table_bytes(pa.Table.from_pylist(self._rows, schema=self._schema)))
        self._rows.clear()
        self._part += 1
        self._drop_journal()
        return part

    def close(self) -> None:
        """Rolls what is left."""
        self.roll()

    def _journal_path(self) -> Path:
        return self._folder / f"{self._name}-{self._part:05d}.arrows"

    def _append(self, batch: Any) -> None:
        path = self._journal_path()
        try:
            if self._journal is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._journal = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                _write_all(self._journal, self._schema.serialize())
            _write_all(self._journal, batch.serialize())
        except OSError as error:
            raise storage_error(error, path) from error

    def _drop_journal(self) -> None:
        if self._journal is not None:
            os.close(self._journal)
            self._journal = None
        (self._folder / f"{self._name}-{self._part - 1:05d}.arrows").unlink(missing_ok=True)


def _write_all(handle: int, buffer: Any) -> None:
    content = memoryview(buffer)
    while content:
        content = content[os.write(handle, content) :]


def read_trajectories(path: Path) -> Iterator[Trajectory]:
    """
    The trajectories in a file, or in every part and journal of a folder, each id once.

    Raises:
        TrajectoryError: names the file that is missing, corrupt, or of another schema.
    """
    decode, seen = decoder(Trajectory), set[str]()
    for file in _files(Path(path)):
        for row in _table(file).to_pylist():
            if row["id"] not in seen:
                seen.add(row["id"])
                yield decode(row)


def compact(folder: Path) -> Path | None:
    """
    Joins every part and journal of ``folder`` into one file, a row group each; call it when no writer is at work.

    None where there is nothing. A death half-way leaves the parts, and reading drops the doubles.
    """
    files = _files(Path(folder)) if Path(folder).is_dir() else []
    target = Path(folder) / COMPACTED
    if not [file for file in files if file != target]:
        return target if files else None
    try:
        _join(files, target)
    except OSError as error:
        raise storage_error(error, target) from error
    for file in files:
        if file != target:
            file.unlink()
    return target


def _join(files: list[Path], target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    seen: set[str] = set()
    try:
        with pq.ParquetWriter(
            temporary, arrow_schema(Trajectory), compression="zstd", write_page_checksum=True
        ) as writer:
            for file in files:
                _copy_new(_table(file), writer, seen)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _copy_new(table: Any, writer: Any, seen: set[str]) -> None:
    ids = table.column("id").to_pylist()
    new = [index for index, name in enumerate(ids) if name not in seen and ids.index(name) == index]
    seen.update(ids)
    if new:
        writer.write_table(table.take(new).cast(arrow_schema(Trajectory)))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted([*path.glob("[!.]*.parquet"), *path.glob("[!.]*.arrows")], key=lambda file: file.name)
    return [path]


def _table(file: Path) -> Any:
    if file.suffix != ".arrows":
        return read_table(file, Trajectory, TrajectoryError)
    batches = []
    try:
        with pa.OSFile(str(file)) as source, pa.ipc.open_stream(source) as stream:
            for batch in stream:
                batches.append(batch)
    except (pa.ArrowInvalid, OSError) as error:
        # Arrow's complaint about a torn tail has no number, the system's errors have; before the tail all is whole.
        if getattr(error, "errno", None):
            raise TrajectoryError(f"can't be read ({error})", where=str(file)) from error
    return pa.Table.from_batches(batches, schema=arrow_schema(Trajectory))
