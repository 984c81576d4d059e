from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

import pytest

from envs.sandbox.program import ProgramError, compile_program, nested_codes, resolve_function, swap

SOURCE = """
import functools

def plain(x, y=2):
    return x + y

def twice(function):
    def inner(*args):
        return 2 * function(*args)
    return inner

@functools.lru_cache
def cached(x):
    return x

@twice
def wrapped_silently(x):
    return x

class Base:
    def name(self):
        return "base"

class A(Base):
    __secret = 7
    def method(self):
        return self.__secret
    def name(self):
        return super().name() + "!"
    @property
    def value(self):
        return 1
    @classmethod
    def made(cls):
        return cls.__name__
    @staticmethod
    def free(x):
        return x
    @functools.cached_property
    def kept(self):
        return 3
    class Inner:
        def deep(self):
            return 1
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = ModuleType("made_up")
    monkeypatch.setitem(sys.modules, "made_up", module)
    exec(compile(SOURCE, "made_up.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize(
    ("qualname", "program", "args", "expected"),
    [
        ("plain", "def plain(x, y=2):\n    return x - y", (5,), 3),
        ("cached", "def cached(x):\n    return x + 1", (1,), 2),
        ("wrapped_silently", "def wrapped_silently(x):\n    return x + 1", (1,), 4),
        ("A.method", "class A:\n def method(self):\n        return self.__secret + 1", ("a",), 8),
        ("A.name", "class A:\n def name(self):\n        return super().name() + '?'", ("a",), "base?"),
        ("A.value", "class A:\n def value(self):\n        return 2", ("a",), 2),
        ("A.kept", "class A:\n def kept(self):\n        return 4", ("a",), 4),
        ("A.made", "class A:\n def made(cls):\n        return cls.__name__ * 2", (), "AA"),
        ("A.free", "class A:\n def free(x):\n        return -x", (1,), -1),
        ("A.Inner.deep", "class A:\n class Inner:\n  def deep(self):\n        return 2", ("inner",), 2),
        ("plain", "if True:\n def plain(x, y=2):\n     return x * y", (5,), 10),
    ],
)
def test_a_program_takes_the_functions_place(
    module: Any, qualname: str, program: str, args: tuple[Any, ...], expected: Any
) -> None:
    instances = {"a": module.A(), "inner": module.A.Inner()}
    function, call = resolve_function("made_up", qualname)
    swap(function, compile_program(program, qualname, function.__code__.co_flags))
    assert call(*(instances.get(arg, arg) if isinstance(arg, str) else arg for arg in args)) == expected


def test_other_closures_are_refused(module: Any) -> None:
    function, _ = resolve_function(module, "A.name")
    with pytest.raises(ProgramError, match="closes over"):
        swap(function, compile_program("class A:\n def name(self):\n  return 1", "A.name"))


@pytest.mark.parametrize("text", ["def plain(:", "def other(): pass", "def plain():\n  return '\ud800' )", "(" * 500])
def test_what_does_not_compile_is_refused(text: str) -> None:
    with pytest.raises(ProgramError):
        compile_program(text, "plain")


@pytest.mark.parametrize("qualname", ["no", "A.no", "A", "functools"])
def test_what_is_not_a_function_is_refused(module: Any, qualname: str) -> None:
    with pytest.raises(ProgramError):
        resolve_function(module, qualname)


def test_inner_code_is_found() -> None:
    code = compile_program("def f():\n    def g(): return [i for i in ()]\n    return g", "f")
    assert {inner.co_name for inner in nested_codes(code)} >= {"f", "g"}


def test_wraps_chains_are_followed() -> None:
    module = ModuleType("chained")

    def plain(x: int) -> int:
        return x

    plain.__qualname__ = "plain"
    plain.__code__ = plain.__code__.replace(co_qualname="plain")
    wrapper = functools.wraps(plain)(lambda x: plain(x) + 1)
    module.plain = functools.wraps(wrapper)(lambda x: wrapper(x) + 1)  # type: ignore[attr-defined]
    assert resolve_function(module, "plain")[0] is plain
