"""
The Parquet store of tasks.

Every row is self-contained. Tasks of one function share their checks, so a suite is decoded once per distinct content
(column ``suite``) and the tasks that are read share one tuple in memory. What was found to be wrong with a task stands
beside it in a column of its own (``problems``), in files of tasks that don't hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import TaskError
from core.records import SCHEMA_VERSION, Check, Task
from core.seeding import digest
from data.columns import arrow_schema, decoder, encoder
from data.files import write_atomically

_SUITES = ("checks", "fresh")
_SUITE_TYPE = tuple[Check, ...]
_PROBLEMS = "problems"
# Schemas that can still be read, and what they lack.
_OLDER = frozenset((1,))
_ADDED: dict[str, dict[str, int]] = {"Task": {"goals": 2}}


def table_bytes(table: Any) -> bytes:
    """``table`` as a Parquet file: zstd, with a checksum on every page."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_table(path: Path, record: type, error: Callable[..., Exception]) -> Any:
    """The table in ``path``, checked to hold ``record`` rows of this schema; ``error(what, where=…)`` otherwise."""
    if not path.is_file():
        raise error("no such file", where=str(path))
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as cause:
        reason = " ".join(str(cause).split())
        raise error(f"corrupt or not a Parquet file ({reason})", where=str(path)) from cause
    _check_schema(table, path, record, error)
    return table


def _check_schema(table: Any, path: Path, record: type, error: Callable[..., Exception]) -> None:
    held = (table.schema.metadata or {}).get(b"record", b"?").decode()
    if held != record.__name__:
        raise error(f"holds {held} records, not {record.__name__}", where=str(path))
    added = _ADDED.get(record.__name__, {})
    missing = [f.name for f in arrow_schema(record) if f.name not in table.column_names and f.name not in added]
    if missing:
        raise error(f"lacks the columns {', '.join(missing)}", where=str(path), remedy="Make it again")
    versions = set(table.column("schema").to_pylist())
    if versions - {SCHEMA_VERSION, *_OLDER}:
        found = ", ".join(map(str, sorted(versions)))
        raise error(f"schema {found}, this is schema {SCHEMA_VERSION}", where=str(path), remedy="Make it again")


def write_tasks(path: Path, tasks: Iterable[Task], problems: Mapping[str, Sequence[str]] | None = None) -> int:
    """
    Writes ``tasks`` to ``path`` atomically and says how many. ``problems``: what is wrong with them, by id, for
    ``read_problems``.

    Raises:
        data.files.StorageError: a full disk or a folder that can't be written; the old file stays.
    """
    rows = [_task_row(task) for task in tasks]
    schema = arrow_schema(Task)
    for name in _SUITES:
        schema = schema.append(pa.field(f"{name}_suite", pa.string()))
    if problems is not None:
        schema = schema.append(pa.field(_PROBLEMS, pa.list_(pa.string())))
        rows = [row | {_PROBLEMS: list(problems.get(row["id"], ()))} for row in rows]
    write_atomically(Path(path), table_bytes(pa.Table.from_pylist(rows, schema=schema)))
    return len(rows)


def _task_row(task: Task) -> dict[str, Any]:
    row: dict[str, Any] = encoder(Task)(task)
    return row | {f"{name}_suite": _suite_digest(getattr(task, name)) for name in _SUITES}


def _suite_digest(checks: Sequence[Check]) -> str:
    return digest(*[part for check in checks for part in (check.id, check.args, check.expected, str(check.visible))])


def read_tasks(path: Path) -> list[Task]:
    """
    The tasks in ``path``, in the order written.

    Raises:
        TaskError: names the file where it is missing, corrupt, torn, or of another schema.
    """
    path = Path(path)
    table = read_table(path, Task, TaskError)
    try:
        return _decode_tasks(table)
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise TaskError(f"a row that is not a task ({cause})", where=str(path), remedy="Make it again") from cause


def read_problems(path: Path) -> dict[str, tuple[str, ...]]:
    """
    What is wrong with the tasks in ``path``, by id, as far as it was written down.

    Raises:
        TaskError: see ``read_tasks``.
    """
    table = read_table(Path(path), Task, TaskError)
    if _PROBLEMS not in table.column_names:
        return {}
    found = zip(table.column("id").to_pylist(), table.column(_PROBLEMS).to_pylist(), strict=True)
    return {name: tuple(problems) for name, problems in found if problems}


def task_ids(path: Path) -> tuple[str, ...]:
    """
    The ids of the tasks in ``path``, without reading more of it; none where it holds something else than tasks.

    Raises:
        TaskError: it is corrupt, or no Parquet file.
    """
    try:
        with pq.ParquetFile(path) as file:
            held = (file.schema_arrow.metadata or {}).get(b"record")
            return tuple(file.read(columns=["id"]).column("id").to_pylist()) if held == b"Task" else ()
    except (pa.ArrowException, OSError, ValueError, KeyError) as cause:
        raise TaskError("corrupt or not a Parquet file", where=str(path)) from cause


def _decode_tasks(table: Any) -> list[Task]:
    suites: dict[str, tuple[Check, ...]] = {}
    columns = {name: table.column(name) for name in table.column_names}
    decoded = {name: _suites(columns[name], columns[f"{name}_suite"], suites) for name in _SUITES}
    hints = {name: decoder(hint) for name, hint in _plain_hints().items() if name in columns}
    plain = {name: [decode(value) for value in columns[name].to_pylist()] for name, decode in hints.items()}
    names = [*plain, *decoded]
    return [
        Task(**dict(zip(names, values, strict=True))) for values in zip(*plain.values(), *decoded.values(), strict=True)
    ]


def _plain_hints() -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(Task).items() if name not in _SUITES}


def _suites(checks: Any, keys: Any, known: dict[str, tuple[Check, ...]]) -> list[tuple[Check, ...]]:
    decode = decoder(_SUITE_TYPE)
    found = []
    for index, key in enumerate(keys.to_pylist()):
        if key not in known:
            known[key] = decode(checks[index].as_py())
        found.append(known[key])
    return found
