import ast
import inspect
import json.encoder

import pytest

from core.errors import EditError
from envs.edits.program import function_node, program_text, programs, restore

FILE = '''\
import functools


class Outer:
    """Doc."""

    class Inner:
        @functools.lru_cache
        def method(self, a):
            return a + 1  # why

    if True:

        async def late(self):
            def nested():
                nonlocal_value = 1
                return nonlocal_value

            return nested()


if len("a") > 3:
    pass
elif functools:
    def twice(x):
        return 1

    def twice(x):
        return 2
'''


def test_a_method_is_cut_out_under_a_header_for_each_level():
    found = program_text(FILE, "Outer.Inner.method")
    assert found.text == (
        "class Outer:\n class Inner:\n        def method(self, a):\n            return a + 1  # why\n"
    )
    assert (found.first_line, found.header_lines) == (9, 2)
    assert FILE.splitlines()[found.first_line - 1] == found.text.splitlines()[found.header_lines]


def test_blocks_that_are_no_classes_become_if_true():
    found = program_text(FILE, "Outer.late.<locals>.nested")
    assert found.text.startswith("class Outer:\n if True:\n  if True:\n            def nested():\n")
    assert function_node(ast.parse(found.text)).name == "nested"


def test_an_elif_counts_as_one_level():
    assert program_text(FILE, "twice").header_lines == 1


def test_the_last_of_several_definitions_counts_unless_a_line_is_given():
    first = FILE.splitlines().index("    def twice(x):") + 1
    assert "return 2" in program_text(FILE, "twice").text
    assert "return 1" in program_text(FILE, "twice", first).text


def test_the_line_of_a_decorator_names_its_function():
    line = FILE.splitlines().index("        @functools.lru_cache") + 1
    assert program_text(FILE, "Outer.Inner.method", line) == program_text(FILE, "Outer.Inner.method")


@pytest.mark.parametrize(("name", "line"), [("nowhere", None), ("Outer", None), ("twice", 1)])
def test_a_function_that_is_not_there_is_an_error(name, line):
    with pytest.raises(EditError, match="no function"):
        program_text(FILE, name, line)


def test_a_file_that_does_not_parse_is_an_error():
    with pytest.raises(EditError, match="does not parse"):
        program_text("def f(:\n", "f")


@pytest.mark.parametrize("text", ["x = 1\n", "class A:\n pass\n", "def f(): pass\ndef g(): pass\n"])
def test_only_program_texts_have_a_function_node(text):
    with pytest.raises(EditError):
        function_node(ast.parse(text))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_function_goes_back_to_where_it_was(end):
    source = FILE.replace("\n", end)
    for qualname, found in programs(source):
        assert restore(source, qualname, found.text, found.first_line) == source


def test_an_edited_function_changes_its_own_lines_only():
    text = program_text(FILE, "Outer.Inner.method").text.replace("a + 1", "a - 1\n")
    assert restore(FILE, "Outer.Inner.method", text) == FILE.replace("a + 1  # why", "a - 1\n  # why")


def test_a_file_without_a_last_newline_keeps_its_end():
    source = "def f():\n    return 1"
    assert restore(source, "f", "def f():\n    return 2\n") == "def f():\n    return 2"


def test_a_program_holds_the_tree_of_the_real_method():
    source = inspect.getsource(json.encoder)
    text = program_text(source, "JSONEncoder.encode").text
    tree = function_node(ast.parse(text))
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    methods = {node.name: node for each in classes for node in each.body if isinstance(node, ast.FunctionDef)}
    assert ast.dump(tree) == ast.dump(methods["encode"])
