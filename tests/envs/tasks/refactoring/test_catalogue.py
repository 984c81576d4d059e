"""Each transformation on a small function: the text that it is to give is among what is proposed."""

import ast
import textwrap

import pytest

from core.observation import CATEGORY_KINDS
from envs.edits.grammar import KINDS as GRAMMAR
from envs.edits.grammar import apply, edit_of
from envs.tasks.refactoring.catalogue import BETTER, KINDS, WORSE, proposals
from envs.tasks.refactoring.measures import measured


def program(body: str) -> str:
    return "def f(a, b, c):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"


def results(text: str, kind: str) -> list[str]:
    return [apply(text, edit_of(each)) for each in proposals(text) if each.kind == kind]


# kind, before, after
STEPS = [
    ("merge_ifs", "if a:\n    if b or c:\n        f(a)\nreturn a", "if a and (b or c):\n    f(a)\nreturn a"),
    (
        "merge_ifs",
        "if a:\n    b = 1\nelse:\n    # why\n    if c:\n        b = 2\nreturn b",
        "if a:\n    b = 1\n# why\nelif c:\n    b = 2\nreturn b",
    ),
    ("split_if", "if a and b:\n    f(a)\nreturn a", "if a:\n    if b:\n        f(a)\nreturn a"),
    ("guard", "if a == b:  # same\n    f(a)\n    f(b)", "if a != b:  # same\n    return\nf(a)\nf(b)"),
    (
        "guard",
        "for x in a:\n    if not x:\n        f(x)\n        f(b)",
        "for x in a:\n    if x:\n        continue\n    f(x)\n    f(b)",
    ),
    ("guard", "if a:\n    f(b)\nelse:\n    raise c\nreturn b", "if not a:\n    raise c\nf(b)\nreturn b"),
    ("nest_guard", "if a < b:\n    return\nf(a)\nf(b)", "if a >= b:\n    f(a)\n    f(b)"),
    ("nest_guard", "if a:\n    raise b\nreturn c", "if not a:\n    return c\nelse:\n    raise b"),
    ("remove_else", "if a:\n    return b\nelse:\n    c = 1\nreturn c", "if a:\n    return b\nc = 1\nreturn c"),
    ("remove_else", "if a:\n    return b\nelif c:\n    return a", "if a:\n    return b\nif c:\n    return a"),
    ("add_else", "if a:\n    return b\nreturn c", "if a:\n    return b\nelse:\n    return c"),
    ("hoist", "if a:\n    f(b)\n    f(c)\nelse:\n    f(c)", "if a:\n    f(b)\nf(c)"),
    ("hoist", "if a:\n    f(c)\nelse:\n    f(c)", "f(c)"),
    ("hoist", "if a:\n    f(c)\n    f(a)\nelse:\n    f(c)\n    f(b)", "f(c)\nif a:\n    f(a)\nelse:\n    f(b)"),
    ("sink", "if a:\n    f(b)\nf(c)", "if a:\n    f(b)\n    f(c)\nelse:\n    f(c)"),
    ("turn_arms", "if not a:\n    f(b)\nelse:\n    f(c)", "if a:\n    f(c)\nelse:\n    f(b)"),
    ("to_ternary", "if a:\n    x = b\nelse:\n    x = c\nreturn x", "x = b if a else c\nreturn x"),
    ("simplify_return", "if a == b:\n    return True\nreturn False", "return a == b"),
    ("simplify_return", "if a:\n    return False\nelse:\n    return True", "return not a"),
    ("expand", "return b if a else c", "if a:\n    return b\nelse:\n    return c"),
    ("merge_arms", "if a:\n    return 1\nif b:\n    return 1\nreturn 2", "if a or b:\n    return 1\nreturn 2"),
    ("simplify_condition", "return not a == b", "return a != b"),
    ("simplify_condition", "return a < b and b < c", "return a < b < c"),
    ("simplify_condition", "if len(a) == 0:\n    f(b)", "if not a:\n    f(b)"),
    ("simplify_condition", "for x in a.keys():\n    f(x)", "for x in a:\n    f(x)"),
    ("simplify_condition", "return not (a == b or c in a)", "return a != b and c not in a"),
    ("complicate_condition", "return a < b < c", "return a < b and b < c"),
    ("remove_dead", "x = None\nreturn a", "return a"),
    ("remove_dead", "if True:\n    return a\nelse:\n    return b", "return a"),
    ("remove_dead", "return a\nf(b)\nf(c)", "return a"),
    ("inline", "x = a + b\nreturn x * c", "return (a + b) * c"),
    (
        "extract",
        "f(a.left[b + 1].size)\nreturn a.left[b + 1].size",
        "size = a.left[b + 1].size\nf(size)\nreturn size",
    ),
    ("name_constant", "f(a, 4096)\nreturn b % 4096", "number = 4096\nf(a, number)\nreturn b % number"),
    (
        "to_expression",
        "x = []\nfor y in a:\n    if y:\n        x.append(y + b)\nreturn x",
        "x = [y + b for y in a if y]\nreturn x",
    ),
    (
        "to_expression",
        "for y in a:\n    if y == b:\n        return True\nreturn False",
        "return any(y == b for y in a)",
    ),
    (
        "to_expression",
        "for y in a:\n    if y == b:\n        return False\nreturn True",
        "return all(y != b for y in a)",
    ),
    ("to_expression", "n = 0\nfor y in a:\n    n += y\nreturn n", "n = sum(y for y in a)\nreturn n"),
    (
        "to_loop",
        "return [y for y in a if y]",
        "result = []\nfor y in a:\n    if y:\n        result.append(y)\nreturn result",
    ),
    ("ruff_fix", "return dict([(x, b) for x in a])", "return {x: b for x in a}"),
    ("careless", "if a:\n    if b:\n        f(c)", "if a or b:\n    f(c)"),
    ("careless", "if a:\n    f(b)\nelse:\n    f(c)", "f(b)"),
    ("remove_statement", "f(a)\nreturn b", "return b"),
]


@pytest.mark.parametrize(("kind", "before", "after"), STEPS)
def test_a_transformation_gives_the_text_that_a_developer_would_write(kind: str, before: str, after: str) -> None:
    assert program(after) in results(program(before), kind)


def test_every_kind_is_among_the_steps_and_fits_the_policys_block() -> None:
    assert {kind for kind, _, _ in STEPS} == set(KINDS) == {*BETTER, *WORSE}
    assert len(set(KINDS)) == len(KINDS) <= CATEGORY_KINDS
    assert not set(KINDS) & set(GRAMMAR)  # the policy tells them apart


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        ("merge_ifs", "if a:\n    if b:\n        f(a)\n    else:\n        f(b)"),
        ("merge_ifs", "if a:\n    if b:\n        f(a)\nelse:\n    f(c)"),
        ("remove_else", "if a:\n    f(a)\nelse:\n    f(b)"),
        ("hoist", "if a:\n    f(a)\nelse:\n    f(b)"),
        ("inline", "x = f(a)\nreturn x + x"),
        ("inline", "x = 1\nx = 2\nreturn x"),
        ("simplify_return", "if a:\n    return True\nreturn True"),
        ("merge_arms", "if a:\n    f(c)\nif b:\n    f(c)"),
        ("guard", "if a:\n    f(b)\nf(c)"),
        ("to_expression", "x = []\nfor y in a:\n    x.append(y)\n    f(y)\nreturn x"),
    ],
)
def test_what_would_change_behaviour_is_not_offered_as_a_transformation(kind: str, before: str) -> None:
    assert results(program(before), kind) == []


def test_texts_over_several_lines_are_not_indented_anew() -> None:
    text = program("if a:\n    if b:\n        x = '''one\n            two'''\n        f(x)")
    for result in results(text, "merge_ifs"):
        strings = [node.value for node in ast.walk(ast.parse(result)) if isinstance(node, ast.Constant)]
        assert "one\n                two" in strings


def test_edits_are_as_small_as_what_they_change_and_anchored_in_the_text() -> None:
    text = program("if not a == b:\n    if c:\n        return True\nreturn False")
    found = proposals(text)
    assert found == proposals(text)
    for each in found:
        old = text[each.start : each.end]
        assert old != each.replacement
        if each.kind in KINDS:
            assert not (old and each.replacement and old[0] == each.replacement[0])
        assert 0 <= each.anchor[0] < each.anchor[1] <= len(text)


def test_comments_stay_with_the_statements_below_them() -> None:
    text = program("if a:\n    # first\n    f(a)\n    # second\n    f(b)\nelse:\n    raise c")
    assert program("if not a:\n    raise c\n# first\nf(a)\n# second\nf(b)") in results(text, "guard")


@pytest.mark.parametrize(
    ("name", "better", "worse"),
    [
        ("complexity", "return a", "return a if b else c"),
        ("nesting", "if a and b:\n    f(c)", "if a:\n    if b:\n        f(c)"),
        ("nesting", "if a:\n    f(b)\nelif c:\n    f(a)", "if a:\n    f(b)\nelse:\n    if c:\n        f(a)"),
        ("statements", "return a + b", "x = a + b\nreturn x"),
        ("duplication", "f(a, b)\nf(b, a)", "f(a, b)\nf(a, b)"),
        ("duplication", "return a, b", "return (a.x[b] + c) * 2, (a.x[b] + c) * 3"),
        ("magic", "x = 4096\nreturn a * x + b * x", "return a * 4096 + b * 4096"),
        ("clumsy", "return a != b", "return not a == b"),
        ("clumsy", "return a is None", "return a == None"),
        ("clumsy", "for x in a:\n    f(x)", "for x in a.keys():\n    f(x)"),
        ("clumsy", "if a:\n    f(b)", "if len(a) > 0:\n    f(b)"),
        ("clumsy", "return a < b < c", "return a < b and b < c"),
        ("clumsy", "if a:\n    return b\nreturn c", "if a:\n    return b\nelse:\n    return c"),
        ("clumsy", "return bool(a)", "if a:\n    return True\nreturn False"),
        ("clumsy", "x = [y for y in a]\nreturn x", "x = []\nfor y in a:\n    x.append(y)\nreturn x"),
        ("dead", "return a", "x = 0\nreturn a"),
        ("dead", "return a", "return a\nf(b)"),
        ("dead", "f(a)", "if False:\n    f(b)\nf(a)"),
        ("findings", "f(a)\nf(b)", "f(a); f(b)"),
        ("findings", "return {x: x + b for x in a}", "return dict([(x, x + b) for x in a])"),
        ("size", "return a", "return a + b"),
        ("wide", "return a", "return a  #" + 100 * "x"),
    ],
)
def test_a_measure_tells_better_from_worse(name: str, better: str, worse: str) -> None:
    assert measured(program(better)).value(name) < measured(program(worse)).value(name)


def test_pressing_lines_together_does_not_make_a_function_smaller() -> None:
    apart, pressed = measured(program("f(a)\nf(b)")), measured(program("f(a); f(b)"))
    assert pressed.statements == apart.statements
    assert pressed.findings > apart.findings


def test_what_is_moved_into_a_nested_function_still_counts() -> None:
    plain = measured(program("if a:\n    f(b)\nreturn c"))
    moved = measured(program("def inner():\n    if a:\n        f(b)\n    return c\nreturn inner()"))
    assert moved.complexity > plain.complexity
    assert moved.statements > plain.statements
