import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compliance.complexity import complexity


def of(body: str) -> int:
    function = ast.parse("def f(a, b):\n" + "\n".join("    " + line for line in body.splitlines())).body[0]
    assert isinstance(function, ast.FunctionDef)
    return complexity(function)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a", 1),
        ("if a:\n    return b", 2),
        ("if a:\n    pass\nelif b:\n    pass\nelse:\n    pass", 3),
        ("return a and b", 2),
        ("return a and b and 1 or 2", 4),
        ("return [x for x in a]", 2),
        ("return {x: y for x in a if x for y in b if y if y > 1}", 6),
        ("for x in a:\n    pass\nelse:\n    pass", 2),
        ("while a:\n    pass", 2),
        ("try:\n    pass\nexcept ValueError:\n    pass\nexcept KeyError:\n    pass\nfinally:\n    pass", 3),
        ("with a:\n    pass", 1),
        ("assert a", 1),
        ("return a if b else 1", 2),
        ("return lambda x: x if x else 1", 2),
        ("match a:\n    case 1:\n        pass\n    case 2 if b:\n        pass\n    case _:\n        pass", 4),
        ("match a:\n    case x:\n        pass", 1),
        ("match a:\n    case 1 | 2:\n        pass\n    case x if b:\n        pass", 3),
    ],
)
def test_every_way_to_branch_counts_once(body: str, expected: int) -> None:
    assert of(body) == expected


def test_what_is_nested_counts_where_it_stands() -> None:
    assert of("def g():\n    if a:\n        return b\nclass C:\n    x = [y for y in a]\nreturn g") == 1


@given(st.integers(0, 30), st.integers(0, 30))
def test_statements_in_a_row_add_up(ifs: int, loops: int) -> None:
    body = "\n".join(["pass", *["if a:\n    pass"] * ifs, *["for x in b:\n    pass"] * loops])
    assert of(body) == 1 + ifs + loops
