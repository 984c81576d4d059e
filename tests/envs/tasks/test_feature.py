"""Feature tasks: made of mined functions through the real sandbox, and by hand where the text alone counts."""

import ast
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.observation import SUBTOKENS, ObservationLimits
from core.records import Category, Outcome, SourceFile
from core.seeding import rng
from core.tokenizer import HashedTokenizer
from envs.edits.grammar import KINDS, apply, edit_of
from envs.edits.program import programs
from envs.edits.reparse import parses
from envs.edits.same import same_tree
from envs.edits.view import View
from envs.encoding.encode import StateEncoder
from envs.tasks.categories.feature import Feature
from envs.tasks.category import Bench, Material
from envs.tasks.drafts import Drafting
from envs.tasks.feature.listing import MOST, listed
from envs.tasks.feature.places import anchor, site_of
from envs.tasks.feature.removals import removals
from envs.tasks.feature.salient import salient
from envs.tasks.feature.search import one_step
from envs.tasks.feature.shown import shown
from envs.tasks.feature.siblings import MOST as MOST_SIBLINGS
from envs.tasks.feature.siblings import nearest
from envs.tasks.feature.signature import differences
from envs.tasks.feature.telling import words_line
from envs.tasks.feature.vocabulary import words_of
from envs.tasks.feature.wanted import lack_line, lacking, wanted_kinds
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import find_module, package
from envs.tasks.registry import category_of
from envs.tasks.splits import solution
from envs.tasks.states import TaskView, candidates_of
from envs.tasks.validate import validate
from tests.fakes.executor import InlineExecutor

SETTINGS = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1)
NAMES = frozenset(("camelize", "dasherize", "parameterize", "underscore", "ordinal", "titleize"))
TEXTS = [found.text for _, found in programs(Path(find_module(package("python"), "textwrap").file).read_text())]
CLIP = (
    "def clip(value, low=0, high=None):\n"
    "    '''Keeps ``value`` between two limits.'''\n"
    "    if value < low:\n"
    "        return low\n"
    "    # Without a limit, anything goes.\n"
    "    if high is not None and value > high:\n"
    "        return high\n"
    "    return value\n"
)
READ = """\
def read(lines, limit=None):
    if limit is None:
        limit = 9
    found = []
    total = 0
    for line in lines:
        if line == '':
            continue
        elif line == 'x':
            found = [line]
            total = 1
        else:
            total += 2
        try:
            found.append(int(line))
        except ValueError:
            found.append(0)
        except TypeError:
            total -= 1
    try:
        total //= limit
    except ZeroDivisionError:
        total = 0
    return found, total
"""
PARTS = [
    ("default", "if limit is None:\n        limit = 9"),
    ("group", "found = []\n    total = 0"),
    ("statement", "total = 0"),
    ("block", READ[READ.index("    for") : READ.rindex("    try:")].strip()),
    ("branch", READ[READ.index("        if line") : READ.index("        try:")].strip()),
    ("elif", "elif line == 'x':\n            found = [line]\n            total = 1"),
    ("else", "else:\n            total += 2"),
    ("handler", "except TypeError:\n            total -= 1"),
    ("try", READ[READ.rindex("    try:") : READ.index("    return")].strip()),
    ("return", "return found, total"),
]
CUT = "def cut(size, most=None):\n    if most is not None and size > most:\n        return most\n    return size\n"


@pytest.fixture(scope="module")
def materials(lanes):
    mined = mine_module(
        "inflection", package=package("inflection"), lane=lanes[0], second=lanes[1], settings=SETTINGS, only=NAMES
    )
    return [Material(f, tuple(o.file for o in mined.functions if o.qualname != f.qualname)) for f in mined.functions]


def made(materials, lane):
    found = (Feature().generate(m, Bench(lane, rng(0, m.function.digest), SETTINGS)) for m in materials)
    return [task for tasks in found for task in tasks]


@pytest.fixture(scope="module")
def tasks(materials, lanes):
    return made(materials, lanes[0])


def test_it_is_registered_with_kinds_of_its_own():
    assert isinstance(category_of("feature"), Feature)
    assert not set(Feature.kinds) & set(KINDS)


def test_mined_functions_give_tasks(materials, tasks):
    assert len({task.qualname for task in tasks}) >= len(materials) // 2 >= 1
    assert len({task.id for task in tasks}) == len(tasks)
    for task in tasks:
        assert task.category == Category.FEATURE
        assert len(task.files) <= 1 + MOST_SIBLINGS


def test_tasks_are_valid_and_no_lazy_answer_passes(tasks, lanes):
    assert [validate(task, lanes) for task in tasks] == [[] for _ in tasks]


def test_giving_up_at_the_start_is_an_answer_of_its_own(tasks):
    for task in tasks:
        answers = Feature().lazy(task)
        assert len(set(answers)) == len(answers) >= 5
        assert all(parses(text) and differences(task.source, text) == 0 for text in answers)


def test_every_edit_of_the_reference_is_offered_and_leads_to_the_reference(tasks, materials):
    sources = {material.function.qualname: material.function.source for material in materials}
    for task in tasks:
        text = task.source
        for edit in task.reference:
            offered = {apply(text, candidate.edit) for candidate in candidates_of(task, text)}
            text = apply(text, edit)
            assert text in offered
        assert same_tree(ast.parse(text), ast.parse(sources[task.qualname]))


def test_each_edit_of_a_reference_helps_by_itself(tasks, lanes):
    for task in tasks:
        text, before = task.source, -1.0
        for edit in task.reference:
            shown = Feature().verify(task, text, lanes[0]).only(task.visible_ids).fraction()
            assert shown > before
            text, before = apply(text, edit), shown
        assert Feature().verify(task, text, lanes[0]).passed


def test_making_them_again_gives_the_same(tasks, materials, lanes):
    assert made(materials[:2], lanes[0]) == tasks[: len(made(materials[:2], lanes[0]))]


def test_the_statement_tells_the_symptom_and_not_the_answer(tasks):
    for task in tasks:
        assert f"{task.qualname} lacks" in task.statement
        assert "checks: called with" in task.statement
        assert all(edit.replacement.strip() not in task.statement for edit in task.reference)


def test_what_is_hidden_has_no_influence_on_what_is_proposed(tasks):
    for task in tasks[:4]:
        shown = tuple(check for check in task.checks if check.visible)
        blind = replace(task, checks=shown, fresh=(), reference=(), operators=(), goals=())
        assert Feature().propose(blind, task.source) == Feature().propose(task, task.source)


def test_proposals_fit_an_observation_and_are_of_known_kinds(tasks):
    for task in tasks:
        found = Feature().propose(task, task.source)
        assert 10 < len(found) <= MOST < ObservationLimits().max_candidates
        assert {each.kind for each in found} <= {*Feature.kinds, *KINDS}
        for each in found:
            assert 0 <= each.anchor[0] <= each.anchor[1] <= len(task.source)
            assert {each.kind for each in found} <= wanted_kinds(task.statement, Feature.kinds)


def test_places_in_a_state_are_places_in_what_is_shown(tasks):
    encoder = StateEncoder(HashedTokenizer(512))
    for task in tasks:
        assert Feature().view(task, task.source) != task.source
        assert encoder.static(task.source, TaskView(task)).itself


def test_a_changed_signature_or_docstring_misses_the_goal(tasks, lanes):
    task = next(task for task in tasks if '"""' in task.source)
    text = solution(task).replace('"""', '"""Otherwise. ', 1)
    results = {result.check_id: result for result in Feature().verify(task, text, lanes[0]).results}
    assert results["signature"].outcome is Outcome.FAILED
    assert Feature().verify(task, solution(task), lanes[0]).passed


@pytest.mark.parametrize("text", ["def (", "", "x = 1\n", "def f():\n    pass\ndef g():\n    pass\n"])
def test_a_state_that_is_no_program_fails_everything(tasks, text):
    verdict = Feature().verify(tasks[0], text, InlineExecutor())
    assert verdict.error
    assert {result.outcome for result in verdict.results} == {Outcome.MISSING}


def test_every_part_can_be_taken_out_of_a_function():
    taken = {(each.kind, READ[each.start : each.end].strip()) for each in removals(View(READ))}
    for kind, part in PARTS:
        assert (kind, part) in taken
    assert {kind for kind, _ in taken} == {kind for kind, _ in PARTS}


def test_a_body_leaves_its_docstring_and_a_comment_goes_with_its_code():
    body = next(removal for removal in removals(View(CLIP)) if removal.kind == "body")
    assert body.applied(CLIP).endswith("limits.'''\n    raise NotImplementedError\n")
    noted = next(removal for removal in removals(View(CLIP)) if "high is" in CLIP[removal.start : removal.end])
    assert "anything goes" not in noted.applied(CLIP)


@given(st.sampled_from(TEXTS), st.data())
@settings(max_examples=40, deadline=None)
def test_without_a_part_it_still_parses_and_keeps_its_signature(text, data):
    found = removals(View(text))
    if found:
        left = data.draw(st.sampled_from(found)).applied(text)
        assert parses(left)
        assert differences(text, left) == 0
        assert not same_tree(ast.parse(left), ast.parse(text))


@pytest.mark.parametrize(
    ("part", "lacks", "siblings"),
    [
        ("    if value < low:\n        return low\n", "an early way out", []),
        ("    return value\n", "a result", []),
        (
            "    # Without a limit, anything goes.\n    if high is not None and value > high:\n        return high\n",
            "an early way out",
            [CUT],
        ),
    ],
)
def test_what_is_missing_is_found_again(part, lacks, siblings):
    left = CLIP.replace(part, "")
    assert one_step(left, CLIP, listed(left, left, siblings, f"m.clip lacks {lacks}.")) is not None


def test_a_message_is_told_and_then_proposed():
    guard = "    if not low:\n        raise ValueError('no lower limit')\n"
    whole = CLIP.replace("    if value < low", guard + "    if value < low")
    removal = next(each for each in removals(View(whole)) if "ValueError" in whole[each.start : each.end])
    told = words_line((removal,), CLIP, [])
    assert told is not None
    assert words_of(told) == ("'no lower limit'", "ValueError")
    assert one_step(CLIP, whole, listed(CLIP, CLIP, [], told)) is not None
    assert one_step(CLIP, whole, listed(CLIP, CLIP, [], "")) is None


def test_the_nearest_siblings_share_rare_words():
    files = [SourceFile("m.py", f"def f{n}(x):\n    return other_{n}(x)\n") for n in range(9)]
    near = SourceFile("m.py", "def g(value, low):\n    return max(value, low)\n")
    found = nearest(CLIP, [*files, near])
    assert found[0] == near
    assert len(found) == MOST_SIBLINGS


def test_all_that_is_proposed_changes_the_text_and_keeps_the_signature():
    left = CLIP.replace("    return value\n", "")
    for proposal in listed(left, left, [], ""):
        text = apply(left, edit_of(proposal))
        assert text != left
        if parses(text):
            assert differences(left, text) == 0


@pytest.mark.parametrize("kinds", [("guard",), ("default", "block"), ("body",), ("handler", "try", "elif")])
def test_a_statement_tells_what_kind_of_part_is_missing(kinds):
    assert lacking(f"m.f lacks {lack_line(kinds)}. What it is for: It lacks nothing.") == kinds
    assert wanted_kinds("Implement it.", ("a", "b")) == {"a", "b"}


def test_only_what_may_be_missing_is_proposed():
    left = CLIP.replace("    return value\n", "")
    found = {each.kind for each in listed(left, left, [], "m.clip lacks a result.")}
    assert found == {"returned"}


def test_the_grammar_mends_what_is_new_and_nothing_else():
    left = CLIP.replace("    if value < low:\n        return low\n", "")
    wrong = CLIP.replace("value < low", "value <= low")
    assert not {each.kind for each in listed(left, left, [], "m.clip lacks an early way out.")} & set(KINDS)
    mended = [each for each in listed(wrong, left, [], "m.clip lacks an early way out.") if each.kind in KINDS]
    assert one_step(wrong, CLIP, mended) is not None
    kept = wrong.index("    # Without a limit")
    assert all(each.start <= kept for each in mended)


def test_nothing_is_put_into_a_function_without_lines_of_its_own():
    assert listed("def f(x): return x\n", "def f(x): return x\n", [], "m.f lacks a step.") == ()


def test_every_gap_of_a_block_has_a_place_of_its_own():
    site = site_of(View(READ), frozenset())
    blocks = {}
    for gap in site.gaps:
        blocks.setdefault((id(gap.block.owner), gap.block.field), []).append(anchor(site, gap))
    assert all(len(set(places)) == len(places) for places in blocks.values())
    assert max(map(len, blocks.values())) > 4


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("if x is None:\n    return False", "x", {"None", "False"}),
        ("if not isinstance(x, str):\n    raise TypeError('no text')", "x", {"not", "str", "Type"}),
        ("if a < b:\n    return a", "a", {"<", "b", "it"}),
        ("return", "", {"nothing"}),
        ("found = sorted(rows, key=rank)", "rows", {"found", "sorted"}),
    ],
)
def test_a_few_words_tell_edits_apart(text, name, said):
    words = salient(text, name, 0).split()
    assert said <= set(words)
    assert len(words) <= SUBTOKENS
    assert words[1:] == salient(text, name, 9).split()[1:]
    assert words[0] != salient(text, name, 9).split()[0]


def test_what_is_shown_ends_with_what_the_statement_tells():
    said = "m.clip lacks a default. What it is for: Keeps a value between limits. It has to do with `.strip`, `'x y'`."
    text = shown(CLIP, said)
    assert text.startswith(CLIP)
    assert text[len(CLIP) :] == "    [_default, strip, 'x y', _Keeps, value, _between, _limits]\n"
    assert parses(text)
    assert shown(CLIP, "Nothing of this category.") == CLIP


@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_a_draft_is_one_offered_edit_away_from_a_target(text, seed):
    siblings = [SourceFile("m.py", each) for each in TEXTS if each != text]
    for draft in islice(Feature().drafts(text, siblings, rng(seed, "draft")), 2):
        assert isinstance(Feature(), Drafting)
        assert parses(Feature().view(draft.task, draft.task.source))
        assert solution(draft.task) == text
        assert all(target != draft.task.source for target in draft.targets)
