"""Edits of slow functions, and injections that they undo."""

import ast
import textwrap

import pytest

from envs.edits.grammar import apply, edit_of
from envs.edits.reparse import parses
from envs.edits.same import same_tree
from envs.tasks.performance.rewrites import KINDS, proposals
from envs.tasks.performance.sheet import sheet_of
from envs.tasks.performance.slow import injections

HEAD = "def f(xs, ys=(), n=0):\n"


def text(body):
    return HEAD + textwrap.indent(body, "    ") + "\n"


def results(body, kind):
    source = text(body)
    return [apply(source, edit_of(each)) for each in proposals(source) if each.kind == kind]


@pytest.mark.parametrize(
    ("kind", "slow", "fast"),
    [
        (
            "hoist",
            "for x in xs:\n    if x in sorted(ys):\n        return x",
            "sorted_value = sorted(ys)\nfor x in xs:\n    if x in sorted_value:\n        return x",
        ),
        ("hoist", "return [x - max(xs) for x in xs]", "max_value = max(xs)\nreturn [x - max_value for x in xs]"),
        ("alias", "for x in xs:\n    ys.append(x)", "append = ys.append\nfor x in xs:\n    append(x)"),
        ("share", "if f(xs):\n    return f(xs) + 1", "f_value = f(xs)\nif f_value:\n    return f_value + 1"),
        ("reuse", "size = len(xs)\nreturn size + len(xs)", "size = len(xs)\nreturn size + size"),
        (
            "memoise",
            "for x in xs:\n    ys += f(x)",
            "known = {}\nfor x in xs:\n    ys += (known[x] if x in known else known.setdefault(x, f(x)))",
        ),
        (
            "sort_once",
            "out = []\nfor x in xs:\n    out.append(x)\n    out.sort()\nreturn out",
            "out = []\nfor x in xs:\n    out.append(x)\nout.sort()\nreturn out",
        ),
        (
            "container",
            "seen = []\nfor x in xs:\n    if x in seen:\n        return x\n    seen.append(x)",
            "seen = set()\nfor x in xs:\n    if x in seen:\n        return x\n    seen.add(x)",
        ),
        ("container", "return n in [1, 2, 3]", "return n in {1, 2, 3}"),
        ("unwrap", "return n in list(xs)", "return n in xs"),
        ("unwrap", "return n in [x for x in xs]", "return n in xs"),
        ("extreme", "return sorted(xs, key=len)[-1]", "return max(xs, key=len)"),
        ("append", "out = []\nout = out + [n]", "out = []\nout.append(n)"),
        ("append", "out = {}\nout = {**out, n: 1}", "out = {}\nout[n] = 1"),
        (
            "reverse",
            "out = []\nfor x in xs:\n    out.insert(0, x)\nreturn out[::-1]",
            "out = []\nfor x in xs:\n    out.append(x)\nreturn out",
        ),
        (
            "queue",
            "todo = [n]\nwhile todo:\n    n = todo.pop(0)",
            "from collections import deque\n\ntodo = deque([n])\nwhile todo:\n    n = todo.popleft()",
        ),
        ("lookup", "return [b for a, b in xs.items() if a == n][0]", "return xs[n]"),
        ("lookup", "return next((b for a, b in xs.items() if a == n), 3)", "return xs.get(n, 3)"),
        ("lookup", "return any(x == n for x in xs)", "return (n in xs)"),
        (
            "comprehension",
            "out = []\nfor x in xs:\n    if x:\n        out.append(x + 1)\nreturn out",
            "out = [x + 1 for x in xs if x]\nreturn out",
        ),
        ("builtin", "for x in xs:\n    if x > n:\n        return True\nreturn False", "return any(x > n for x in xs)"),
        ("builtin", "for x in xs:\n    if not x:\n        return False\nreturn True", "return all(x for x in xs)"),
        ("builtin", "n = 0\nfor x in xs:\n    n += x\nreturn n", "n = sum(x for x in xs)\nreturn n"),
        ("join", "out = ''\nfor x in xs:\n    out += x\nreturn out", "out = ''.join(x for x in xs)\nreturn out"),
        (
            "join",
            "out = ''\nfor x in xs:\n    out += x\n    out += '-'\nreturn out",
            "out = []\nfor x in xs:\n    out.append(x)\n    out.append('-')\nreturn ''.join(out)",
        ),
        (
            "comprehension",
            "out = set()\nfor x in xs:\n    out = out | {x + 1}\nreturn out",
            "out = {x + 1 for x in xs}\nreturn out",
        ),
        (
            "comprehension",
            "out = {}\nfor x in xs:\n    out = {**out, x: 1}\nreturn out",
            "out = {x: 1 for x in xs}\nreturn out",
        ),
        ("append", "n.out = n.out + [xs]", "n.out.append(xs)"),
        ("builtin", "return sum(1 for x in xs)", "return len(xs)"),
        ("builtin", "return sum(x == 'a' for x in xs)", "return xs.count('a')"),
        ("builtin", "return ''.join('b' if x == 'a' else x for x in xs)", "return xs.replace('a', 'b')"),
        ("lookup", "return any(x == 'a' for x in xs)", "return ('a' in xs)"),
        ("generator", "return any([x for x in xs])", "return any(x for x in xs)"),
        (
            "iterate",
            "rest = list(xs)\nwhile rest:\n    x = rest.pop(0)\n    ys.append(x)",
            "for x in xs:\n    ys.append(x)",
        ),
        (
            "early_exit",
            "out = False\nfor x in xs:\n    if x:\n        out = True\nreturn out",
            "out = False\nfor x in xs:\n    if x:\n        return True\nreturn out",
        ),
    ],
)
def test_every_kind_makes_the_text_that_a_developer_would(kind, slow, fast):
    assert text(fast) in results(slow, kind)


def test_edits_that_change_the_behaviour_or_cost_more_are_offered_too():
    body = "out = False\nfor x in xs:\n    if x in ys:\n        out = x\n    n += 1\nreturn out"
    kinds = {each.kind for each in proposals(text(body))}
    assert {"wrap", "leave_out", "early_exit"} <= kinds <= set(KINDS)
    assert any("set(xs)" in result for result in results(body, "wrap"))
    assert any("break" in result for result in results(body, "early_exit"))


def test_edits_are_distinct_single_replacements_also_beside_wide_characters_and_in_methods():
    source = (
        "class A:\n def f(self, xs):\n  name = 'Größe€'; out = []\n  for x in sorted(xs):\n"
        "   if x in list(xs): out = out + [f'{x}ü' + 'é']\n   out.append(len(xs))\n  return out\n"
    )
    found = proposals(source)
    texts = [apply(source, edit_of(each)) for each in found]
    assert len(set(texts)) == len(texts) >= 8
    assert source not in texts
    assert sum(map(parses, texts)) >= len(texts) - 2
    assert any("if x in xs:" in each for each in texts)
    assert all(0 <= each.anchor[0] < each.anchor[1] <= len(source) for each in found)
    assert all(each.ref is None or 0 <= each.ref < len(source) for each in found)


def test_what_is_no_program_has_no_edits():
    assert proposals("def (") == ()
    assert proposals("x = 1\n") == ()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("copied", "return n in xs"),
        ("scanned", "return xs[n]"),
        ("scanned", "return xs.get(n)"),
        ("sorted for one", "return min(xs)"),
        ("list for generator", "return any(x for x in xs)"),
        ("copied to grow", "out = []\nfor x in xs:\n    out.append(x)\n    n += 1\nreturn out"),
        ("late exit", "for x in xs:\n    if x:\n        n = 1\n        break\nreturn n"),
        ("sliced", "for a, b in xs:\n    n += a\n    if b:\n        break\nreturn n"),
        ("popped from the start", "for x in xs:\n    n += x\nreturn n"),
        ("sorted each round", "out = []\nfor x in xs:\n    out.append(x)\nout.sort()\nreturn out"),
        ("loop for built-in", "out = [x + 1 for x in xs if x]\nreturn out"),
        ("loop for built-in", "out = sum(x + 1 for x in xs)\nreturn out"),
        ("built by copies", "out = [x + 1 for x in xs if x]\nreturn out"),
        ("built by copies", "out = {x: 1 for x in xs}\nreturn out"),
        ("built by copies", "out = {x for x in xs}\nreturn out"),
        ("text added up", "out = ''.join(x for x in xs)\nreturn out"),
        ("copied to grow", "for x in xs:\n    n.out.append(x)\n    n += 1\nreturn n"),
        ("done by hand", "return len(xs)"),
        ("done by hand", "return xs.count('a')"),
        ("done by hand", "return xs.replace('a', 'bc')"),
        ("scanned", "return 'a' in xs"),
        ("list for set", "seen = set()\nfor x in xs:\n    if x in seen:\n        return x\n    seen.add(x)"),
        ("text added up", "out = []\nfor x in xs:\n    out.append(x)\n    out.append('-')\nreturn ''.join(out)"),
        ("put in at the start", "out = []\nfor x in xs:\n    out.append(x)\nreturn out"),
    ],
)
def test_injections_are_undone_by_an_edit_of_the_kinds_that_they_name(name, body):
    source = text(body)
    found = [slow for slow in injections(sheet_of(source)) if slow.name == name]
    assert found
    assert any(
        same_tree(ast.parse(apply(slow.text, edit_of(each))), ast.parse(source))
        for slow in found
        for each in proposals(slow.text)
        if each.kind in slow.back and parses(apply(slow.text, edit_of(each)))
    )


def test_a_comprehension_within_a_statement_becomes_a_loop_before_it():
    source = text("n += 1\nreturn n, ','.join(x + '!' for x in xs if x), [y for y in ys]")
    found = {each.text for each in injections(sheet_of(source)) if each.name == "built by copies"}
    loop = "for x in xs:\n    if x:\n        result = result + [x + '!']\n"
    assert text(f"n += 1\nresult = []\n{loop}return n, ','.join(result), [y for y in ys]") in found
    assert all(map(parses, found))
    lazy = text("return f(x for x in xs), lambda: [x for x in xs], [y for y in ys] if n else 0")
    assert not any(each.name == "built by copies" for each in injections(sheet_of(lazy)))


def test_places_in_a_sequence_are_not_looked_up_as_keys():
    source = text("return xs[0] + xs[n + 1] + xs[n]")
    scans = [each.text for each in injections(sheet_of(source)) if each.name == "scanned"]
    assert len(scans) == 1
    assert "key == n]" in scans[0]


def test_a_recomputed_value_can_be_hoisted_again():
    source = text("top = max(xs)\nfor x in xs:\n    ys.append(top - x)\nreturn ys")
    slow = next(each for each in injections(sheet_of(source)) if each.name == "recomputed")
    assert "ys.append(max(xs) - x)" in slow.text
    fast = [apply(slow.text, edit_of(each)) for each in proposals(slow.text) if each.kind in slow.back]
    assert source.replace("top", "max_value") in fast


def test_new_names_hide_neither_built_ins_nor_what_is_there():
    body = "for x in xs:\n    ys.append(n.dict, n.pop)\n    pop = x"
    assert not any(" dict =" in result or " pop = n" in result for result in results(body, "alias"))
    assert any(" dict2 = n.dict" in result for result in results(body, "alias"))


def test_calls_within_f_strings_within_comprehensions_stay_where_they_are():
    source = text("return [f'{len(name)} {name.strip()}' for name in names]")
    assert parses(source)
    assert not any("len(name)" in proposal.replacement for proposal in proposals(source) if proposal.kind == "hoist")
