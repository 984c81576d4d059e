"""Packages as text and as layouts: what stands there, what moving does to it, what it is judged by."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.edits.candidate import Proposal
from envs.edits.grammar import apply, edit_of
from envs.edits.program import function_node
from envs.tasks.architecture import measures
from envs.tasks.architecture.carve import carvings
from envs.tasks.architecture.measures import culprits, cycles, values
from envs.tasks.architecture.moves import steps
from envs.tasks.architecture.outline import outline
from envs.tasks.architecture.plan import planned
from envs.tasks.architecture.proposing import proposals
from envs.tasks.architecture.reading import read
from envs.tasks.architecture.rules import Rules, rules_of

SOURCE = '''"""A module."""
from __future__ import annotations
import re
import os.path as path
from . import near
from .far import thing as other

WORD = re.compile("[a-z]+")
count = 0


def tally():
    global count
    count += 1


def words(text: Missing) -> list:
    """Words."""
    return [word for word in WORD.findall(text)]


def longest(text):
    found = words(text)
    return max(found, key=len, default=near.NONE)


class Page:
    size = len(WORD.pattern)

    def __init__(self, lines):
        self.lines = lines

    def render(self):
        return path.join(*map(shorten, self.lines))


@other
def shorten(line):
    return line[:Page.size]


def book(pages): return [Page(page).render() for page in pages]


def shelf(books):
    tally()
    return [book(each) for each in books]
'''
RULES = Rules(("base", "core", "api"), 3, 30)
PACKAGE = '''# ---- file: base.py
import re

WORD = re.compile("[a-z]+")


def words(text):
    return WORD.findall(text)


# ---- file: core.py
from .base import words


def longest(text):
    """The longest."""
    return max(words(text), key=len)


def count(text):
    return len(words(text)) + len(longest(text))


# ---- file: api.py
from .core import count, longest


def report(text):
    return count(text), longest(text)
'''
CAUGHT = "def report(text):\n    return count(text), longest(text)\n"


def good():
    return next(layout for each in carvings(SOURCE, "pkg.mod", False, "words") if (layout := planned(each)))


def measured(text, start=PACKAGE):
    return values(text, start, RULES)


def test_what_a_function_needs_comes_along_or_is_imported():
    found = next(carvings(SOURCE, "pkg.mod", False, "shelf"))
    assert [unit.name for unit in found.units] == ["WORD", "words", "longest", "Page", "shorten", "book", "shelf"]
    assert dict(found.outside) == {
        "near": "from pkg import near",
        "other": "from pkg.far import thing as other",
        "path": "import os.path as path",
        "re": "import re",
        "tally": "from pkg.mod import tally",  # it assigns to a global of its module
    }
    assert found.future


def test_a_package_resolves_relative_imports_from_itself():
    outside = dict(next(carvings(SOURCE, "pkg", True, "shelf")).outside)
    assert outside["near"] == "from pkg import near"
    assert outside["other"] == "from pkg.far import thing as other"


def test_a_lonely_function_and_one_that_is_not_there_make_no_package():
    assert not list(carvings("def a():\n    return 1\n\n\ndef b():\n    return 2\n", "m", False, "a"))
    assert not list(carvings(SOURCE, "pkg.mod", False, "missing"))
    assert not list(carvings("def (", "pkg.mod", False, "words"))


def test_names_are_eager_where_the_definition_needs_them():
    units = {unit.name: unit for unit in next(carvings(SOURCE, "pkg.mod", False, "shelf")).units}
    assert units["Page"].eager == {"WORD", "len"}
    assert units["Page"].lazy == {"shorten", "path", "map"}
    assert units["shorten"].eager == {"other"}
    assert "Page" in units["book"].eager  # its body stands on the line of its def: no room for an import
    assert "Missing" not in units["words"].uses


def test_the_good_layout_uses_only_lower_layers():
    layout = good()
    order = [module.name for module in layout.modules]
    for module in layout.modules:
        for name in layout.imported(module):
            assert order.index(layout.home[name]) < order.index(module.name)
    assert not measures.misplaced(read(layout.text))


def test_a_star_has_no_good_layout():
    star = "def a():\n    1\n\n\ndef b():\n    2\n\n\ndef c():\n    3\n\n\ndef d():\n    return a(), b(), c()\n"
    found = list(carvings(star, "m", False, "a"))
    assert found
    assert not any(planned(each) for each in found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=4))
def test_steps_lead_to_packages_of_the_same_definitions_in_which_every_name_resolves(choices):
    layout = good()
    before = read(layout.text).definitions
    for choice in choices:
        found = list(steps(layout, ("base", "core", "api")))
        layout = found[choice % len(found)].layout
    state = read(layout.text)
    assert state.layout.text == layout.text
    assert state.definitions == before
    assert not state.odd
    for name, body in state.files:
        compile(body, name, "exec")
    seen = {(each.importer, each.name): each.module for each in state.imports}
    for module in state.layout.modules:
        for unit in module.units:
            for name in unit.uses & state.layout.home.keys():
                home = state.layout.home[name]
                assert home == module.name or seen[module.name, name] == home


def test_each_proposal_is_one_replacement_that_gives_its_layout():
    text = good().text
    rules = Rules(("base", "api"), 4, 60)
    made = list(steps(read(text).layout, rules.layers))
    found = list(proposals(text, rules))
    assert [apply(text, edit_of(each)) for each in found] == [step.layout.text for step in made]
    shown = outline(text, rules).text
    for each, step in zip(found, made, strict=True):
        assert shown[slice(*each.anchor)] == step.subject
        assert each.ref is None or shown.startswith(step.target, each.ref)


@pytest.mark.parametrize("text", ["def (", "", "x = 1\n", PACKAGE + "print(1)\n", PACKAGE + PACKAGE])
def test_nothing_is_proposed_where_the_text_is_no_package(text):
    found: list[Proposal] = list(proposals(text, RULES))
    assert found == []


def test_late_imports_stand_behind_the_docstring_and_in_the_methods_that_need_them():
    text = next(s.layout.text for s in steps(read(PACKAGE).layout, RULES.layers) if s.kind == "import_inside")
    assert '    """The longest."""\n    from .base import words\n    return' in text
    assert read(text).definitions == read(PACKAGE).definitions
    assert measured(text)["late"] == 2


def test_outlines_are_programs_that_tell_sizes_and_uses():
    text = outline(PACKAGE, RULES).text
    function_node(ast.parse(text))
    assert " with core(functions=2, lines=10):" in text
    assert "  imports(base.words)\n  def longest(text): uses(words)\n" in text


def test_a_good_package_misses_nothing_but_uses_across_modules():
    found = measured(PACKAGE)
    assert {name: value for name, value in found.items() if value} == {
        "coupling": 4,
        "loose": 4 / 6,
        "misplaced": 1,
    }
    assert culprits(PACKAGE, "misplaced", RULES) == ["report"]


LATE = PACKAGE.replace("def words(text):\n", "def words(text):\n    from .api import report\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LATE, {"cycles": 1, "late": 1, "upward": 1}),
        (
            PACKAGE.replace("import re\n", "import re\nfrom .api import report\n"),
            {"cycles": 1, "upward": 1, "unused": 1},
        ),
        (PACKAGE.replace("file: api.py", "file: other.py"), {"upward": 2}),
        ("", {"changed": 5}),
        (PACKAGE.replace(CAUGHT, ""), {"changed": 1}),
        (PACKAGE.replace(CAUGHT, CAUGHT + "\n\n" + CAUGHT), {"changed": 1}),
        (PACKAGE.replace("count(text), longest", "longest(text), longest"), {"changed": 2}),
        (PACKAGE + "\n\nprint('x')\n", {"changed": 1}),
        (PACKAGE.replace("import re\n", "import re\nimport os\n"), {"changed": 1}),
        (PACKAGE + "".join(f"\n\ndef f{i}():\n    return {i}\n" for i in range(4)), {"limits": 2, "changed": 4}),
        (PACKAGE + "# more\n" * 30, {"limits": 1}),
    ],
)
def test_each_fault_is_measured(text, expected):
    found = measured(text)
    assert text != PACKAGE
    assert {name: found[name] for name in expected} == expected


def test_what_is_above_the_limits_is_told():
    text = PACKAGE + "# more\n" * 30
    assert culprits(text, "limits", RULES) == ["api"]
    assert culprits(LATE, "cycles", RULES) == ["api", "base", "core"]
    assert culprits(LATE, "late", RULES) == ["report"]


def test_rules_are_written_and_read_alike():
    assert rules_of(RULES.file) == RULES
    assert not RULES.upward("api", "base")
    assert RULES.upward("base", "api")
    assert RULES.upward("core", "core")
    assert RULES.upward("api", "extra")


def test_cycles_are_groups_of_more_than_one():
    assert cycles([("a", "b"), ("b", "a"), ("b", "c"), ("c", "c")]) == [frozenset("ab")]


def test_a_group_that_is_too_small_takes_the_nearest_other_one_along():
    pair = "def {0}(x):\n    return {1}(x)\n\n\ndef {1}(x):\n    return x\n\n\n"
    source = pair.format("far", "away") + pair.format("near", "by") + "def alone(x):\n    return x\n\n\n"
    source += pair.format("here", "now") + pair.format("last", "least")
    carved = next(carvings(source, "pkg.mod", False, "here"))
    assert {unit.name for unit in carved.units} == {"near", "by", "here", "now"}
    assert {name for names in [unit.uses for unit in carved.units] for name in names} == {"by", "now"}
    assert planned(carved) is not None
    assert list(carvings(source, "pkg.mod", False, "alone")) == []
    assert list(carvings(pair.format("here", "now") + "def alone(x):\n    return x\n", "pkg.mod", False, "now")) == []
