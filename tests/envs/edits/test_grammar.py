import ast
import sysconfig
import warnings
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import EditError
from core.observation import GRAMMAR_KINDS
from core.records import Edit
from envs.edits.grammar import KINDS, apply, candidates, inverse, matching
from envs.edits.program import programs
from envs.edits.same import same_tree

# Something of every kind.
RICH = '''\
class Shelf:
    def rich(self, items, key, default=None, *rest):
        """Doc 'x'."""
        total = 0
        names = []
        limit = 0xFF
        ratio = 1.5
        unset += 1
        for index, item in enumerate(items):
            if not item or item is None:
                continue
            elif index > 3 and key not in item:
                total += item[index]
            else:
                break
            total = total - -2
            names.append(item.strip())
            names.append(len(key))
            if total < limit:
                self.total = [total, -key]
            last = total
            if key:
                return None
        while total:
            total -= 1
            total = self.step(total, base=limit, other=key)
        try:
            value = self.items[key]
            found = self.items.get(key)
        except (KeyError, TypeError):
            value = default if default else key
        pairs = [(a, b) for a, b in zip(names, rest) if a]
        plain = {a for a in names}
        self.log(key, default, "one", 'two')
        text = key.join(names[1:]) + names[:2][0]
        size = (total + 1) * (limit - ratio) % total
        return sorted(pairs, reverse=True)
'''
GENERATOR = """\
def chain(parts):
    for part in parts:
        yield part
        yield from part
    return None
"""
# Whatever such an edit takes away, the grammar knows how to put back.
CLOSED = frozenset(
    {
        "comparison",
        "comparison_group",
        "binary_operator",
        "boolean_operator",
        "augmented_operator",
        "integer_step",
        "integer_sign",
        "boolean",
        "none",
        "function",
        "exception",
        "method",
        "swap_arguments",
        "swap_operands",
        "swap_conditions",
        "swap_items",
        "swap_keywords",
        "swap_receiver",
        "swap_bounds",
        "swap_arms",
        "swap_assignment",
        "ternary_added",
        "not_inserted",
        "none_test_added",
        "none_test_removed",
        "condition_added",
        "filter_added",
        "call_wrapped",
        "method_wrapped",
        "item_wrapped",
        "offset_added",
        "offset_removed",
        "minus_added",
        "operand_added",
        "argument_added",
        "keyword_added",
        "element_added",
        "bound_added",
        "item_or_get",
        "display",
        "statement_inserted",
        "jump_inserted",
        "jump_changed",
        "statements_swapped",
        "moved_in",
        "moved_out",
        "branches_swapped",
        "elif",
        "loop",
        "block_wrapped",
        "try_wrapped",
        "guard_inserted",
        "return_dropped",
        "return_added",
        "assignment_added",
        "start_inserted",
        "step_inserted",
        "exception_added",
        "plain_to_augmented",
    }
)


@cache
def library(most=1200):
    """Functions of the standard library, every so many files."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts = []
    for path in sorted(folder.glob("*.py"))[::5]:
        texts += [found.text for _, found in programs(path.read_text(encoding="utf-8"))]
    return [text for text in texts if 3 <= text.count("\n") <= 60][:most]


def results(source, kind=None):
    return [apply(source, each.edit) for each in candidates(source) if kind in (None, each.edit.operator)]


def compiles(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        compile(text, "<program>", "exec", dont_inherit=True)


def body(text, indent="    "):
    return f"def f(a, b, c, x, y):\n{indent}{text}\n"


def gives(text, kind, *wanted):
    """Whether each wanted statement is among the results of the kind, as a tree."""
    found = [ast.dump(ast.parse(each)) for each in results(body(text), kind)]
    return [ast.dump(ast.parse(body(each))) in found for each in wanted]


def test_the_kinds_fit_the_observation_and_differ():
    assert len(set(KINDS)) == len(KINDS) < GRAMMAR_KINDS


def test_every_kind_is_found_somewhere():
    found = {each.edit.operator for source in (RICH, GENERATOR) for each in candidates(source)}
    assert set(KINDS) - found == set()


@pytest.mark.parametrize("source", [RICH, GENERATOR])
def test_candidates_compile_differ_from_each_other_and_from_the_source(source):
    found = results(source)
    assert len(set(found)) == len(found)
    assert source not in found
    for text in found:
        compiles(text)


def test_candidates_are_the_same_every_time_and_say_where_they_sit():
    found = candidates(RICH)
    assert found == candidates(RICH)
    first = RICH.index("total = 0")
    for each in found:
        assert KINDS[each.kind - 1] == each.edit.operator
        assert first - 8 <= each.edit.start <= each.edit.end <= len(RICH)
        assert 0 <= each.anchor[0] < each.anchor[1] <= len(RICH)
        assert each.ref is None or 0 <= each.ref < len(RICH)


def test_signature_docstring_and_headers_stay():
    head = RICH[: RICH.index("total = 0") - 8]
    assert all(text.startswith(head) for text in results(RICH))


def test_too_many_candidates_are_thinned_from_the_widest_kinds():
    everything, some = candidates(RICH, 10**6), candidates(RICH, 300)
    assert len(some) <= 300 < len(everything)
    assert set(some) <= set(everything)
    assert {each.kind for each in some} == {each.kind for each in everything}


@pytest.mark.parametrize("text", ["", "x = 1\n", "def f(:\n", "class A:\n pass\n"])
def test_what_is_no_program_is_an_error(text):
    with pytest.raises(EditError):
        candidates(text)


def test_an_edit_outside_the_text_is_an_error():
    with pytest.raises(EditError, match="outside"):
        apply("abc", Edit("", 2, 9, "", "x"))


def test_the_inverse_gives_the_very_text_back():
    for each in candidates(RICH)[::7]:
        assert apply(apply(RICH, each.edit), inverse(RICH, each.edit)) == RICH


@pytest.mark.parametrize("kind", sorted(CLOSED))
def test_what_a_closed_kind_does_can_be_undone(kind):
    sites = [
        (source, each)
        for source in (RICH, GENERATOR)
        for each in candidates(source, 10**6)
        if each.edit.operator == kind
    ]
    assert sites
    for source, each in sites[:: max(1, len(sites) // 4)]:
        result = apply(source, each.edit)
        assert matching(result, source, candidates(result, 10**6)), each


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_standard_library_can_be_edited_there_and_back(data):
    source = data.draw(st.sampled_from(library()))
    found = [each for each in candidates(source, 10**6) if each.edit.operator in CLOSED]
    if not found:
        return
    each = data.draw(st.sampled_from(found))
    result = apply(source, each.edit)
    compiles(result)
    ways = candidates(result, 10**6)
    back = matching(result, source, ways)
    assert back
    for index in back:
        assert same_tree(ast.parse(apply(result, ways[index].edit)), ast.parse(source))


@pytest.mark.slow
def test_nearly_every_edit_of_a_closed_kind_can_be_undone_across_the_standard_library():
    tried = lost = 0
    for number, source in enumerate(library()[::2]):
        found = [each for each in candidates(source) if each.edit.operator in CLOSED]
        for each in found[number % 40 :: 40][:6]:
            result = apply(source, each.edit)
            compiles(result)
            tried += 1
            lost += not matching(result, source)
    assert tried > 1000
    assert lost / tried <= 0.002


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("return a + b * c", "binary_operator", ["return a * (b * c)", "return a + (b + c)", "return a - b * c"]),
        ("return (a + b) * c", "binary_operator", ["return a * b * c", "return (a + b) + c", "return (a + b) ** c"]),
        ("return a * b ** c", "binary_operator", ["return a * (b * c)", "return a ** b ** c"]),
        ("return -a * b", "binary_operator", ["return (-a) ** b"]),
        ("return a and b or c", "boolean_operator", ["return (a or b) or c", "return (a and b) and c"]),
        ("return (a or b) and c", "boolean_operator", ["return (a and b) and c"]),
        ("return a<b", "comparison_group", ["return a in b", "return a is not b"]),
        ("return a not in b", "comparison", ["return a in b"]),
        ("return 2 ** a", "integer_small", ["return (-1) ** a"]),
        ("return a[0]", "integer_step", ["return a[1]", "return a[-1]"]),
        ("return a[-1]", "integer_step", ["return a[0]", "return a[-2]"]),
        ("return 0x10", "integer_step", ["return 17"]),
        ("if a + b:\n        return c", "not_inserted", ["if not a + b:\n        return c"]),
        ("if a or b:\n        return c", "not_inserted", ["if not (a or b):\n        return c"]),
        ("return not (a or b)", "not_removed", ["return a or b"]),
        ("return a(b, c)[x]", "swap_arguments", ["return a(c, b)[x]"]),
        ("return (a + b) - c", "swap_operands", ["return c - (a + b)"]),
        ("return a - (b - c)", "swap_operands", ["return (b - c) - a"]),
        ("return a[b:c]", "swap_bounds", ["return a[c:b]"]),
        ("return a[b:]", "swap_bounds", ["return a[:b]"]),
        ("return len(a + b).x", "call_unwrapped", ["return (a + b).x"]),
        ("return sum(x for x in y)", "call_unwrapped", ["return (x for x in y)"]),
        ("return a.b", "offset_added", ["return a.b + 1", "return a.b - 1"]),
        ("return a - (b + 1)", "offset_removed", ["return a - b"]),
        ("return a(b, (c), x)", "argument_removed", ["return a(b, x)", "return a((c), x)", "return a(b, c)"]),
        ("return a(b=c, *x)", "argument_removed", ["return a(b=c)"]),
        ("return [a]", "element_removed", ["return []"]),
        ("return a[b:c:x]", "bound_removed", ["return a[:c:x]", "return a[b::x]", "return a[b:c]"]),
        ("return sum(x for x in y)", "display", ["return sum([x for x in y])"]),
        ("return a[b + 1]", "item_or_get", ["return a.get(b + 1)"]),
        ("return [x for x in (y)]", "filter_added", ["return [x for x in y if x]"]),
        (
            "if a:\n        return x\n    else:\n        return y",
            "branches_swapped",
            ["if a:\n        return y\n    else:\n        return x"],
        ),
        (
            "if a:\n        b()\n        c()",
            "moved_out",
            ["if a:\n        b()\n    c()", "b()\n    if a:\n        c()"],
        ),
        ("if a:\n        b()\n    c()", "moved_in", ["if a:\n        b()\n        c()"]),
        ("if a:\n        b()", "block_unwrapped", ["b()"]),
        ("x = a(b)", "assignment_dropped", ["a(b)"]),
        ("return a", "statement_removed", []),
    ],
)
def test_kinds_do_what_their_name_says(text, kind, wanted):
    assert all(gives(text, kind, *wanted))


def test_matching_looks_past_spelling():
    source = "def f(a, b):\n    return a * b  # note\n"
    target = "def f(a, b):\n    return (a +\n        b)\n"
    ways = matching(source, target)
    assert [candidates(source)[index].edit.replacement for index in ways] == ["+"]


def test_matching_of_an_unreachable_program_is_empty():
    assert matching(body("return a"), body("return a.b.c.d")) == []


def test_strings_keep_their_insides_where_lines_are_moved():
    source = body('s = """a\n  b"""\n    if a:\n        t = """c\n  d"""\n    return f"{a!r:>{b}}" + s')
    whole = {"a\n  b", "c\n  d", "", ">"}
    for text in results(source):
        compiles(text)
        strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        assert {each for each in strings if isinstance(each, str)} <= whole


def test_names_outside_ascii_are_found_where_they_stand():
    source = 'def f(größe, b):\n    x = "äöü" + größe\n    return x, größe < b\n'
    found = results(source)
    assert 'def f(größe, b):\n    x = "äöü" + größe\n    return x, größe > b\n' in found
    for text in found:
        compiles(text)


def test_names_of_a_comprehension_stay_inside_it():
    source = "def f(a, b):\n    c = [x for x in a]\n    return b\n"
    assert not [text for text in results(source, "name_local") if "return x" in text]
    assert [text for text in results(source, "name_local") if "return c" in text]


def test_a_table_of_constants_is_refused_before_its_edits_fill_the_memory() -> None:
    with pytest.raises(EditError, match="too many edits"):
        candidates("def f():\n    return [" + ", ".join(map(str, range(20_000))) + "]\n")
