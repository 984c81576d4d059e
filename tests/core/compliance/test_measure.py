import pytest

from core.compliance.measure import FunctionFacts, measure

CODE = '''
import enum
from pathlib import Path as P


def top(a, b=1, /, *rest, c, **more):
    """Says
    something long.
    """
    def inner(x):
        return x
    return inner


class Thing(object):
    """Some."""

    def method(self, a):
        return a

    @staticmethod
    def free(a, b):
        return a

    @classmethod
    def made(cls, a):
        return cls()


class Colour(enum.Enum):
    RED = 1


class Box(Thing, Generic[T]):
    pass


if P:
    def top_too():
        pass
else:
    def top_too():
        return 1
'''


def functions() -> dict[str, FunctionFacts]:
    return {each.qualname: each for each in measure(CODE).functions}


def test_methods_and_nested_functions_are_not_functions_of_the_file() -> None:
    found = functions()
    assert {name for name, each in found.items() if each.top} == {"top", "top_too"}
    assert set(found) == {"top", "top.inner", "Thing.method", "Thing.free", "Thing.made", "top_too"}


def test_every_function_is_found_once() -> None:
    names = [each.qualname for each in measure(CODE).functions]
    assert sorted(names) == sorted([*functions(), "top_too"])  # both variants of one


def test_parameters_leave_out_what_a_method_is_bound_to() -> None:
    counts = {name: each.parameters for name, each in functions().items()}
    assert counts == {"top": 5, "top.inner": 1, "Thing.method": 1, "Thing.free": 2, "Thing.made": 1, "top_too": 0}


def test_a_docstring_makes_nothing_longer() -> None:
    bare = measure("def f():\n    x = 1\n    return x\n").functions[0]
    told = measure('def f():\n    """One.\n\n    Two.\n    """\n    x = 1\n    return x\n').functions[0]
    decorated = measure("@cache\n@other(\n    1\n)\ndef f():\n    x = 1\n    return x\n").functions[0]
    assert bare.lines == told.lines == decorated.lines == 3


def test_bases_and_enums() -> None:
    found = {each.qualname: each for each in measure(CODE).classes}
    assert found["Thing"].bases == ()
    assert found["Box"].bases == ("Thing", "Generic")
    assert [name for name, each in found.items() if each.enum] == ["Colour"]


def test_lines_are_measured_in_characters() -> None:
    assert measure("x = 'ä'\n\ny = 1").widths == (7, 0, 5)


def test_what_is_not_python_is_an_error() -> None:
    with pytest.raises(SyntaxError):
        measure("def f(:")
