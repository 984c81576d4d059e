"""Edits of what values are kept in and how they are put in, taken out and looked up."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from envs.tasks.performance.sheet import Method, Patch, Rewrite, Sheet, assigned, called, method, names_in, tight

KINDS = ("container", "unwrap", "extreme", "append", "reverse", "queue", "lookup")
_WRAPS = ("list", "tuple", "sorted", "set", "frozenset", "dict", "reversed")
_SAME = {"copy", "keys"}


def rewrites(sheet: Sheet) -> Iterator[Rewrite]:
    """Every edit of this module's kinds."""
    for node in sheet.nodes:
        yield from _unwrapped(sheet, node)
        yield from _appended(sheet, node)
        yield from _looked_up(sheet, node)
        yield from _membership(sheet, node)
    for name in sorted({node.id for node in sheet.names} - sheet.unclear):
        yield from _into_set(sheet, name)
        yield from _reversed(sheet, name)
        yield from _queued(sheet, name)


def _unwrapped(sheet: Sheet, node: ast.AST) -> Iterator[Rewrite]:
    inner = wrapped(node)
    if inner is not None:
        text = tight(inner, sheet.code(inner))
        yield Rewrite("unwrap", (sheet.patch(node, text),), sheet.span(node), text.partition("(")[0] or "(")
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call):
        yield from _extreme(sheet, node, node.value)


def wrapped(node: ast.AST) -> ast.expr | None:
    """What a copying or sorting expression copies or sorts."""
    if called(node, *_WRAPS):
        return node.args[0]
    copied = method(node, *_SAME, arguments=0)
    if copied:
        return copied.receiver
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        return None if node.slice.lower or node.slice.upper or node.slice.step else node.value
    if isinstance(node, ast.ListComp) and len(node.generators) == 1:
        each = node.generators[0]
        item, target = node.elt, each.target
        if isinstance(item, ast.Name) and isinstance(target, ast.Name) and not each.ifs and item.id == target.id:
            return each.iter
    return None


def _extreme(sheet: Sheet, node: ast.Subscript, call: ast.Call) -> Iterator[Rewrite]:
    if not isinstance(call.func, ast.Name) or call.func.id != "sorted" or len(call.args) != 1:
        return
    for place, name in (("0", "min"), ("-1", "max")):
        if sheet.code(node.slice) == place:
            start = sheet.span(call)[0]
            patches = (Patch(start, start + len("sorted"), name), Patch(sheet.span(call)[1], sheet.span(node)[1], ""))
            yield Rewrite("extreme", patches, sheet.span(node), name)


def _appended(sheet: Sheet, node: ast.AST) -> Iterator[Rewrite]:
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.value, ast.List):
        if isinstance(node.target, ast.Name | ast.Attribute) and len(node.value.elts) == 1:
            yield _call(sheet, node, sheet.code(node.target), "append", node.value.elts[0])
        return
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name | ast.Attribute):
        return
    name, value = sheet.code(node.targets[0]), node.value
    if isinstance(value, ast.BinOp) and sheet.code(value.left) == name:
        right = value.right
        if isinstance(value.op, ast.Add) and isinstance(right, ast.List) and len(right.elts) == 1:
            yield _call(sheet, node, name, "append", right.elts[0])
        elif isinstance(value.op, ast.Add):
            yield _call(sheet, node, name, "extend", right)
            yield Rewrite("append", (sheet.patch(node, f"{name} += {sheet.code(right)}"),), sheet.span(node), "+=")
        elif isinstance(value.op, ast.BitOr):
            yield _call(sheet, node, name, "update", right)
            if isinstance(right, ast.Set) and len(right.elts) == 1:
                yield _call(sheet, node, name, "add", right.elts[0])
    yield from _unpacked(sheet, node, name, value)


def _unpacked(sheet: Sheet, node: ast.AST, name: str, value: ast.expr) -> Iterator[Rewrite]:
    """``x = [*x, y]`` and ``d = {**d, k: v}``."""
    if isinstance(value, ast.List) and len(value.elts) == 2:
        held, item = value.elts
        if isinstance(held, ast.Starred) and sheet.code(held.value) == name and not isinstance(item, ast.Starred):
            yield _call(sheet, node, name, "append", item)
    if isinstance(value, ast.Dict) and len(value.keys) == 2:
        (unpacked, key), (held, item) = value.keys, value.values
        if unpacked is None and key is not None and sheet.code(held) == name:
            text = f"{name}[{sheet.code(key)}] = {sheet.code(item)}"
            yield Rewrite("append", (sheet.patch(node, text),), sheet.span(node), name)


def _call(sheet: Sheet, node: ast.AST, receiver: str, name: str, argument: ast.expr) -> Rewrite:
    text = sheet.code(argument)
    if isinstance(argument, ast.Starred | ast.Yield):
        text = f"({text})"
    return Rewrite("append", (sheet.patch(node, f"{receiver}.{name}({text})"),), sheet.span(node), name)


def _looked_up(sheet: Sheet, node: ast.AST) -> Iterator[Rewrite]:
    """A scan for a key or an item in place of a look-up."""
    scan = node
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.ListComp) and sheet.code(node.slice) == "0":
        scan = node.value
    elif (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("any", "next") and node.args
    ):
        scan = node.args[0]
    if scan is node or not isinstance(scan, ast.ListComp | ast.GeneratorExp) or len(scan.generators) != 1:
        return
    each = scan.generators[0]
    if called(node, "any") and not each.ifs and isinstance(scan.elt, ast.Compare):
        yield from _contained(sheet, node, scan.elt, each)
    elif len(each.ifs) == 1 and isinstance(each.ifs[0], ast.Compare):
        yield from _item(sheet, node, scan.elt, each.ifs[0], each)


def _other_side(test: ast.Compare, name: ast.expr) -> ast.expr | None:
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq) or not isinstance(name, ast.Name):
        return None
    for one, other in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
        if isinstance(one, ast.Name) and one.id == name.id and name.id not in names_in(other):
            return other
    return None


def _contained(sheet: Sheet, node: ast.AST, test: ast.Compare, each: ast.comprehension) -> Iterator[Rewrite]:
    item = _other_side(test, each.target)
    if item is not None:
        text = f"({sheet.code(item)} in {sheet.code(each.iter)})"
        yield Rewrite("lookup", (sheet.patch(node, text),), sheet.span(node), "in")


def _item(
    sheet: Sheet, node: ast.AST, value: ast.expr, test: ast.Compare, each: ast.comprehension
) -> Iterator[Rewrite]:
    items = method(each.iter, "items", arguments=0)
    if not items or not isinstance(each.target, ast.Tuple) or len(each.target.elts) != 2:
        return
    key, held = each.target.elts
    wanted = _other_side(test, key)
    if wanted is not None and isinstance(value, ast.Name) and isinstance(held, ast.Name) and value.id == held.id:
        held_in, wanted_code = tight(items.receiver, sheet.code(items.receiver)), sheet.code(wanted)
        text = f"{held_in}[{wanted_code}]"
        if isinstance(node, ast.Call) and len(node.args) == 2:
            otherwise = sheet.code(node.args[1])
            text = f"{held_in}.get({wanted_code}{'' if otherwise == 'None' else ', ' + otherwise})"
        yield Rewrite("lookup", (sheet.patch(node, text),), sheet.span(node), "[")


def _membership(sheet: Sheet, node: ast.AST) -> Iterator[Rewrite]:
    """``in`` a set instead of what is scanned."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
        return
    right = node.comparators[0]
    if isinstance(right, ast.List | ast.Tuple) and right.elts:
        inner = sheet.code(right)[1:-1].rstrip(", ")
        yield Rewrite("container", (sheet.patch(right, f"{{{inner}}}"),), sheet.span(right), "{")
    loops = [loop for loop in sheet.enclosing(node) if sheet.alone(loop)]
    if isinstance(right, ast.Name | ast.Attribute) and loops:
        name, where = sheet.fresh("members"), loops[-1]
        start, _ = sheet.lines(where)
        line = f"{sheet.indent(where)}{name} = set({sheet.code(right)})\n"
        yield Rewrite("container", (Patch(start, start, line), sheet.patch(right, name)), sheet.span(right), "set")


def _into_set(sheet: Sheet, name: str) -> Iterator[Rewrite]:
    """A local list that is looked into becomes a set."""
    loads = sheet.loads(name)
    inits = initial(sheet, name)
    if not inits or not any(isinstance(sheet.parents[node], ast.Compare) for node in loads):
        return
    patches = []
    for init in inits:
        text = _as_set(sheet, init)
        if text is None:
            return
        patches.append(sheet.patch(init, text))
    names = {"append": "add", "extend": "update"}
    patches += renamed(sheet, loads, names)
    yield Rewrite("container", tuple(patches), sheet.span(inits[0]), "set")


def initial(sheet: Sheet, name: str) -> list[ast.expr]:
    """The values that a local is given, where that is all that binds it; else nothing."""
    found = [assigned(sheet.parents[node]) for node in sheet.stores(name)]
    return [each[1] for each in found if each] if all(found) else []


def renamed(sheet: Sheet, loads: Sequence[ast.Name], names: dict[str, str]) -> list[Patch]:
    """Methods of a local called by other names."""
    patches = []
    for node in loads:
        parent = sheet.parents[node]
        if isinstance(parent, ast.Attribute) and parent.attr in names:
            end = sheet.span(parent)[1]
            patches.append(Patch(end - len(parent.attr), end, names[parent.attr]))
    return patches


def _as_set(sheet: Sheet, init: ast.expr) -> str | None:
    code = sheet.code(init)
    if isinstance(init, ast.List | ast.Tuple):
        inner = code[1:-1].rstrip(", ")
        return f"{{{inner}}}" if init.elts else "set()"
    if isinstance(init, ast.ListComp):
        return f"{{{code[1:-1]}}}"
    if isinstance(init, ast.Call) and isinstance(init.func, ast.Name) and init.func.id in ("list", "tuple", "sorted"):
        return f"set({', '.join(map(sheet.code, init.args[:1]))})"
    return None


def _reversed(sheet: Sheet, name: str) -> Iterator[Rewrite]:
    """Put in at the end and turned round once, in place of put in at the start each time."""
    loads, patches, inserted = sheet.loads(name), [], False
    plain = []
    for node in loads:
        call = sheet.parents[sheet.parents[node]] if isinstance(sheet.parents[node], ast.Attribute) else None
        put = method(call, "insert", arguments=2)
        if call and put and _first(put):
            plain.append(sheet.patch(call, f"{name}.append({sheet.code(put.args[1])})"))
            inserted = True
        elif isinstance(sheet.parents[node], ast.Attribute):
            return
        else:
            patches.append(
                sheet.patch(_turned(sheet, node), name if _turned(sheet, node) is not node else f"{name}[::-1]")
            )
    if inserted:
        anchor = sheet.span(loads[0])
        yield Rewrite("reverse", tuple(plain), anchor, "append")
        yield Rewrite("reverse", (*plain, *patches), anchor, "[::-1]")


def _turned(sheet: Sheet, node: ast.Name) -> ast.AST:
    """``x[::-1]`` around ``x``, else the name itself."""
    parent = sheet.parents[node]
    return parent if isinstance(parent, ast.Subscript) and sheet.code(parent.slice) == "::-1" else node


def _first(call: Method) -> bool:
    place = call.args[0]
    return isinstance(place, ast.Constant) and place.value == 0


def _queued(sheet: Sheet, name: str) -> Iterator[Rewrite]:
    """A queue that gives its first item cheaply."""
    calls = [sheet.parents[sheet.parents[n]] for n in sheet.loads(name) if isinstance(sheet.parents[n], ast.Attribute)]
    first = [call for call in calls if (pop := method(call, "pop", arguments=1)) and _first(pop)]
    if not first:
        return
    ends = tuple(sheet.patch(call, f"{name}.pop()") for call in first)
    yield Rewrite("queue", ends, sheet.span(first[0]), "pop")
    inits = initial(sheet, name)
    if not inits:
        return
    patches = [sheet.patch(call, f"{name}.popleft()") for call in first]
    for call in calls:
        put = method(call, "insert", arguments=2)
        if put and _first(put):
            patches.append(sheet.patch(call, f"{name}.appendleft({sheet.code(put.args[1])})"))
    for init in inits:
        inner = init.args[0] if called(init, "list") else init
        patches.append(sheet.patch(init, f"deque({sheet.code(inner)})"))
    yield Rewrite("queue", (*patches, *_imported(sheet)), sheet.span(first[0]), "popleft")


def _imported(sheet: Sheet) -> list[Patch]:
    """``deque`` made known in a function that doesn't use it."""
    where = sheet.function.body[0]
    if "deque" in sheet.taken or not sheet.alone(where):
        return []
    if isinstance(where, ast.Expr) and isinstance(where.value, ast.Constant) and len(sheet.function.body) > 1:
        where = sheet.function.body[1]
    start, _ = sheet.lines(where)
    return [Patch(start, start, f"{sheet.indent(where)}from collections import deque\n\n")]
