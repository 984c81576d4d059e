"""Slower code that spans statements: local containers of the wrong sort."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from envs.tasks.performance.rewrites.containers import initial, renamed
from envs.tasks.performance.sheet import LOOPS, Patch, Sheet, called, method, put_in


class Change(NamedTuple):
    """One injection: its name, what it changes, and the kinds of edits that may undo it."""

    name: str
    patches: tuple[Patch, ...]
    back: tuple[str, ...]


def local_containers(sheet: Sheet) -> Iterator[Change]:
    """A local container of the wrong sort: a list for a set or a queue, texts added up, items put in at the start."""
    for name in sorted({node.id for node in sheet.names} - sheet.unclear):
        loads, inits = sheet.loads(name), initial(sheet, name)
        if not inits:
            continue
        yield from _listed(sheet, name, loads, inits)
        yield from _added_up(sheet, name, loads, inits)
        yield from _from_the_start(sheet, name, loads, inits)


def _listed(sheet: Sheet, name: str, loads: list[ast.Name], inits: list[ast.expr]) -> Iterator[Change]:
    looked_into = any(isinstance(sheet.parents[node], ast.Compare) for node in loads)
    sets = [_as_list(sheet, init) for init in inits]
    if looked_into and all(sets):
        patches = [sheet.patch(init, text or "") for init, text in zip(inits, sets, strict=True)]
        patches += renamed(sheet, loads, {"add": "append", "update": "extend", "discard": "remove"})
        yield Change("list for set", tuple(patches), ("container",))
    queues = [init for init in inits if called(init, "deque")]
    if len(queues) == len(inits):
        patches = [sheet.patch(init.func, "list") for init in queues]
        for node in loads:
            call = sheet.parents.get(sheet.parents[node])
            if call and method(call, "popleft", arguments=0):
                patches.append(sheet.patch(call, f"{name}.pop(0)"))
        yield Change("list for queue", tuple(patches), ("queue",))


def _as_list(sheet: Sheet, init: ast.expr) -> str | None:
    if isinstance(init, ast.Set | ast.SetComp):
        return f"[{sheet.code(init)[1:-1]}]"
    if isinstance(init, ast.Call) and isinstance(init.func, ast.Name) and init.func.id in ("set", "frozenset"):
        return f"list({sheet.code(init.args[0])})" if len(init.args) == 1 else "[]"
    return None


def _added_up(sheet: Sheet, name: str, loads: list[ast.Name], inits: list[ast.expr]) -> Iterator[Change]:
    if [sheet.code(init) for init in inits] != ["[]"]:
        return
    patches, joined = [sheet.patch(inits[0], "''")], 0
    for node in loads:
        parent = sheet.parents[node]
        statement = sheet.parents.get(sheet.parents.get(parent, parent), parent)
        put = put_in(statement) if isinstance(parent, ast.Attribute) else None
        if put:
            patches.append(sheet.patch(statement, f"{name} += {sheet.code(put.args[0])}"))
        elif (
            isinstance(parent, ast.Call)
            and method(parent, "join")
            and sheet.code(parent.func) in ("''.join", '"".join')
        ):
            patches.append(sheet.patch(parent, name))
            joined += 1
        else:
            return
    if joined:
        yield Change("text added up", tuple(patches), ("join",))


def _from_the_start(sheet: Sheet, name: str, loads: list[ast.Name], inits: list[ast.expr]) -> Iterator[Change]:
    if [sheet.code(init) for init in inits] != ["[]"]:
        return
    patches, looped, used = [], False, 0
    for node in loads:
        parent = sheet.parents[node]
        call = sheet.parents.get(parent)
        if isinstance(parent, ast.Attribute):
            put = method(call, "append", arguments=1)
            if not call or not put:
                return
            patches.append(sheet.patch(call, f"{name}.insert(0, {sheet.code(put.args[0])})"))
            looped |= any(isinstance(each, LOOPS) for each in sheet.above(node))
        else:
            patches.append(sheet.patch(node, f"{name}[::-1]"))
            used += 1
    if looped and used == 1:
        yield Change("put in at the start", tuple(patches), ("reverse",))
