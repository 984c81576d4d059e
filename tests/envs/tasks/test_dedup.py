from envs.tasks.dedup import shape
from envs.tasks.splits import protected_shapes


def test_names_texts_and_docstrings_do_not_matter():
    one = "def f(a, b):\n    '''Doc.'''\n    for x in a:\n        b.append(x + 'k')\n    return b\n"
    two = "def g(self, out: list):\n    for item in self:\n        out.append(item + 'other')\n    return out\n"
    assert shape(one) == shape(two)


def test_structure_and_numbers_matter():
    assert shape("def f(a):\n    return a + 1\n") != shape("def f(a):\n    return a + 2\n")
    assert shape("def f(a, b):\n    return a - b\n") != shape("def f(a, b):\n    return b - a\n")


def test_what_is_evaluated_is_protected_from_training():
    shapes = protected_shapes()
    assert len(shapes) > 500
