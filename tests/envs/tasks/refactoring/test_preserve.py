"""On programs without side effects, what is called a transformation gives the same results before and after."""

import ast
import textwrap
import warnings
from itertools import product

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from envs.edits.grammar import apply, edit_of
from envs.edits.program import function_node
from envs.edits.reparse import parses
from envs.tasks.refactoring.catalogue import KINDS, proposals
from envs.tasks.refactoring.cheats import cheats
from envs.tasks.refactoring.measures import NAMES, quickly
from envs.tasks.refactoring.reading import code_of
from envs.tasks.refactoring.smells import SMELLS

# Moving a value past what changes it (inlining, extracting) is for the checks to find out.
KEEPING = frozenset(
    (
        *("merge_ifs", "guard", "remove_else", "hoist", "remove_dead", "name_constant", "simplify_return"),
        *("simplify_condition", "to_ternary", "turn_arms", "merge_arms", "split_if", "nest_guard", "add_else"),
        *("sink", "expand"),
    )
)
HARMLESS = frozenset(("nested_condition", "nested_guard", "needless_else", "copied_statements", "twin_arms"))
HARMLESS |= frozenset(("spelt_out_choice", "turned_arms", "unreachable_code", "needless_temporary"))
VALUES = (-1, 0, 3)
# Shrinking a failure would take a minute.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

atoms = st.sampled_from(["a", "b", "c", "x", "17", "0"])
choices = st.builds("{} if {} else {}".format, atoms, atoms, atoms)
values = st.one_of(atoms, st.builds("{} + {}".format, atoms, atoms), choices)
signs = st.sampled_from(["<", "==", "!=", ">="])
compares = st.builds("{} {} {}".format, atoms, signs, st.sampled_from(["a", "b", "x"]))
tests = st.one_of(
    compares,
    st.sampled_from(["a", "x"]),
    st.builds("not {}".format, atoms),
    st.builds("{} and {}".format, compares, compares),
    st.builds("{} or {}".format, compares, compares),
    st.just("a < b and b < c"),
)
simple = st.one_of(
    st.builds("x = {}".format, values),
    st.builds("x += {}".format, atoms),
    st.builds("unused = {}".format, values),
    st.builds("return {}".format, st.one_of(values, compares, st.sampled_from(["True", "False"]))),
    st.just("pass"),
)


def indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blocks = st.lists(inner, min_size=1, max_size=3).map(indented)
    return st.one_of(
        st.builds("if {}:\n{}".format, tests, blocks),
        st.builds("if {}:\n{}\nelse:\n{}".format, tests, blocks, blocks),
        st.builds("if {}:\n{}\nelif {}:\n{}\nelse:\n{}".format, tests, blocks, tests, blocks, blocks),
        st.builds("for i in (0, 1):\n{}\n    x += i".format, blocks),
    )


bodies = st.lists(st.recursive(simple, compound, max_leaves=8), min_size=1, max_size=4)
programs = bodies.map(lambda body: f"def f(a, b, c):\n    x = 1\n{indented(body)}\n")


def outcomes(text: str) -> list[object]:
    space: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(compile(text, "<program>", "exec"), space)
    return [space["f"](*each) for each in product(VALUES, VALUES, VALUES)]  # type: ignore[operator]


@settings(max_examples=40, deadline=None, phases=PHASES)
@given(programs)
def test_transformations_keep_what_a_program_does(text: str) -> None:
    expected = outcomes(text)
    for proposal in proposals(text):
        if proposal.kind in KEEPING:
            after = apply(text, edit_of(proposal))
            assert parses(after), (proposal.kind, after)
            assert outcomes(after) == expected, (proposal.kind, after)


@settings(max_examples=60, deadline=None)
@given(programs)
def test_smells_keep_what_a_program_does(text: str) -> None:
    expected = outcomes(text)
    for smell in SMELLS:
        for proposal in list(smell.rule(code_of(text)))[:12] if smell.name in HARMLESS else ():
            after = apply(text, edit_of(proposal))
            assert outcomes(after) == expected, (smell.name, after)


@settings(max_examples=20, deadline=None, phases=PHASES)
@given(programs)
def test_edits_lie_in_the_text_and_leave_one_function(text: str) -> None:
    for proposal in proposals(text):
        assert 0 <= proposal.start <= proposal.end <= len(text)
        assert 0 <= proposal.anchor[0] < proposal.anchor[1] <= len(text)
        assert proposal.ref is None or 0 <= proposal.ref < len(text)
        after = apply(text, edit_of(proposal))
        if proposal.kind in KINDS and parses(after):
            assert function_node(ast.parse(after)).name == "f"
            assert all(quickly(after).value(name) >= 0 for name in NAMES)


@settings(max_examples=30, deadline=None)
@given(programs)
def test_cheats_are_other_texts(text: str) -> None:
    assert text not in cheats(text)
