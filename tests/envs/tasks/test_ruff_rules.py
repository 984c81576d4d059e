import pytest

from envs.tasks.ruff_rules import findings

NESTED = "def f(ä, b):\n    if ä:\n        if b:\n            return 'ü'\n    return 1\n"


def test_a_finding_brings_its_fix() -> None:
    (found,) = findings(NESTED, ("SIM102",))
    assert (found.code, found.location.row) == ("SIM102", 2)
    assert found.mended(NESTED) == "def f(ä, b):\n    if ä and b:\n        return 'ü'\n    return 1\n"


def test_what_has_no_fix_says_so() -> None:
    (found,) = findings("def f(a, b, c, d, e, g):\n    pass\n", ("PLR0913",))
    with pytest.raises(ValueError, match="no fix of PLR0913"):
        found.mended("")


def test_only_the_rules_that_were_asked_for_count_whatever_the_project_says() -> None:
    assert findings("import os\n", ("SIM",)) == ()
    assert findings("import os  # noqa\n", ("F401",)) == ()
    assert [each.code for each in findings("import os\nx = 'a' * 200 + '" + "b" * 200 + "'\n", ("F401", "E501"))] == [
        "F401",
        "E501",
    ]


def test_what_is_no_python_has_no_findings() -> None:
    assert findings("def f(:\n", ("SIM", "F")) == ()
