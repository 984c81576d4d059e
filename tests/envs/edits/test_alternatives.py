import pytest

from envs.edits.alternatives import Alternatives, alternatives
from envs.edits.grammar import KINDS, candidates

SOURCE = """def pick(items, low, high, self=None):
    best = low
    for index, item in enumerate(items):
        if low < item and item <= high:
            best = max(best, item - 1)
        elif self.ask(item, best):
            best += index
    return [each for each in items if each > best]
"""


@pytest.fixture(scope="module")
def found() -> Alternatives:
    return alternatives(SOURCE, candidates(SOURCE))


def texts(found: Alternatives, kind: str) -> set[tuple[str, str]]:
    known = candidates(SOURCE)
    return {
        (found.sites[site].original, text) for site, text, index in found.pairs if KINDS[known[index].kind - 1] == kind
    }


def test_the_largest_expression_that_can_be_evaluated_is_compared(found):
    assert ("(low < item and item <= high)", "(low <= item and item <= high)") in texts(found, "comparison")
    assert ("(max(best, item - 1))", "(max(best, item - 2))") in texts(found, "integer_step")


def test_a_condition_counts_by_its_truth_alone(found):
    by_text = {site.original: site for site in found.sites}
    assert by_text["(low < item and item <= high)"].truth
    assert not by_text["(max(best, item - 1))"].truth


def test_a_comprehension_is_evaluated_whole(found):
    site = next(site for site in found.sites if "each" in site.original)
    assert site.nested
    assert site.original == "([each for each in items if each > best])"


def test_a_call_with_effects_is_compared_by_its_arguments(found):
    assert ("(item, best,)", "(best, item,)") in texts(found, "swap_arguments")
    assert not any("ask" in text for _, text, _ in found.pairs)


def test_an_augmented_assignment_is_compared_by_what_it_would_assign(found):
    pairs = texts(found, "augmented_operator") | texts(found, "augmented_to_plain")
    assert ("(best) + (index)", "(best) - (index)") in pairs
    assert ("(best) + (index)", "(index)") in pairs


def test_sites_name_the_lines_on_which_they_are_due(found):
    lines = SOURCE.splitlines()
    for site in found.sites:
        assert any(site.original.strip("()")[:3] in lines[line - 1] for line in site.lines)


def test_every_alternative_is_an_expression_or_fails_to_compile_alone(found):
    for site in found.sites:
        compile(site.original, "<site>", "eval")
    assert {index for _, _, index in found.pairs} <= set(range(len(candidates(SOURCE))))


def test_names_of_a_class_that_python_mangles_are_left_alone():
    source = "class A:\n    def get(self, other):\n        return self.__value + other\n"
    assert not alternatives(source, candidates(source)).pairs


def test_statements_have_no_alternative(found):
    known = candidates(SOURCE)
    kinds = {KINDS[known[index].kind - 1] for _, _, index in found.pairs}
    assert kinds.isdisjoint({"statement_removed", "statement_inserted", "block_wrapped", "jump_inserted"})
