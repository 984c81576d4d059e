import pytest

from core.errors import TaskError
from envs.tasks.mining.discover import index_module

TEXT = '''
"""A module."""
import time


class Box:
    """
    >>> Box(3).double()
    6
    """

    def __init__(self, size, label="x"):
        self.size = size
        self.label = label.upper()

    def double(self):
        """Twice as much."""
        if self.size < 0:
            return 0
        return 2 * self.size

    @property
    def name(self):
        if not self.label:
            return "none"
        return self.label.lower()


def clock(x):
    now = time.time()
    return now + x


async def later(x):
    y = x + 1
    return y


def outer(items):
    def inner(a):
        b = a
        return b
    return [inner(item).strip() for item in items]


if True:
    def conditional(a, b):
        c = a + b
        return c


def tiny(): return 1
'''


@pytest.fixture
def index():
    return index_module("box", "box.py", TEXT)


def test_finds_functions_methods_and_conditional_definitions(index):
    assert {site.qualname for site in index.sites} == {
        "Box.__init__",
        "Box.double",
        "Box.name",
        "outer",
        "conditional",
    }


def test_leaves_out_what_depends_on_the_clock_or_is_asynchronous_or_nested(index):
    names = {site.qualname for site in index.sites}
    assert not names & {"clock", "later", "outer.<locals>.inner", "tiny"}


def test_program_text_parses_and_starts_where_the_file_says(index):
    site = next(site for site in index.sites if site.qualname == "Box.name")
    lines = TEXT.splitlines()
    assert lines[site.line - 1].strip() == "def name(self):"
    assert lines[site.first_line - 1].strip() == "@property"
    assert site.source.splitlines()[0] == "class Box:"
    compile(site.source, "<program>", "exec")


def test_reads_how_parameters_are_used(index):
    constructor = index.constructors["Box"]
    assert constructor["label"].attributes == {"upper"}
    outer = next(site for site in index.sites if site.qualname == "outer")
    assert outer.usage["items"].items == set()
    assert "iter" in outer.usage["items"].signs


def test_finds_doctests_of_the_class(index):
    site = next(site for site in index.sites if site.qualname == "Box.double")
    assert any(">>> Box(3).double()" in text for text in site.docs)


def test_refuses_text_that_does_not_parse():
    with pytest.raises(TaskError, match=r"broken\.py.*can't be parsed"):
        index_module("broken", "broken.py", "def f(:\n  pass\n")
