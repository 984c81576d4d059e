"""The repository that the tests of commits use: a module with a bug or two, and the commits that mended them."""

from pathlib import Path

from tests.fakes.repository import Repository

BROKEN = '''"""Prices."""


def reduced(price, count, limit):
    """The price of many."""
    total = price * count
    if count > limit:
        total = total - total // 10
    if total < 0:
        total = 0
    return total


def parts(text, sep):
    """The parts of a text, without space."""
    found = []
    for part in text.split(sep):
        part = part.lstrip()
        if part:
            found.append(part)
    return found[1:]


def mean(values):
    """The mean, rounded down."""
    total = 0
    for value in values:
        total += value
    return total // len(values)
'''
# Starts a process when it is imported, which the sandbox lets nobody do who is called for a check.
CALL = '''import subprocess

subprocess.run(["true"], check=True)


def least(one, other):
    """The smaller one."""
    if one < other:
        one = other
    return one
'''
CALLED = "from shop.call import least\n\n\ndef test(): least(1, 2)\n"
SOLD = "from shop.old import reduced as r\n\n\ndef test(): r(1, 2, 3)\n"
TESTS = """from shop.prices import mean, parts, reduced


def test_reduced():
    assert reduced(10, 2, 5) == 20


def test_parts():
    assert len(parts("a,b", ",")) >= 1


def test_mean():
    assert mean([1, 2, 3]) == 2
"""


def shop(home: Path) -> tuple[Repository, dict[str, str]]:
    """The repository and its revisions by what they do."""
    made = Repository(home)
    done: dict[str, str] = {}
    code, tests = BROKEN, TESTS
    first = {"shop/__init__.py": "", "shop/prices.py": code, "tests/test_prices.py": tests}
    done["first"] = made.commit("Sell", first)

    code = code.replace("count > limit", "count >= limit")
    tests = tests.replace("== 20\n", "== 20\n    assert reduced(10, 5, 5) == 45\n    assert reduced(3, 7, 7) == 19\n")
    done["operator"] = made.commit("Reduce at the limit", {"shop/prices.py": code, "tests/test_prices.py": tests})

    code = code.replace("part.lstrip()", "part.strip()").replace("found[1:]", "found[0:]")
    tests = tests.replace(
        ">= 1\n", '>= 1\n    assert parts("a , b", ",") == ["a", "b"]\n    assert parts("a", ",") == ["a"]\n'
    )
    done["two places"] = made.commit("Keep the first part", {"shop/prices.py": code, "tests/test_prices.py": tests})

    made.commit("Keep the old prices", {"shop/old.py": BROKEN, "tests/test_old.py": SOLD})
    renamed = BROKEN.partition("def mean")[0].replace("def reduced", "def cheaper")
    new = {"shop/old.py": renamed, "tests/test_old.py": SOLD.replace("reduced", "cheaper")}
    done["rename"] = made.commit("Say cheaper", new)

    made.commit("Call", {"shop/call.py": CALL, "tests/test_call.py": CALLED})
    mended = CALL.replace("one < other", "one > other")
    new = {"shop/call.py": mended, "tests/test_call.py": CALLED + "\n"}
    done["no import"] = made.commit("Call the other", new)

    done["docs"] = made.commit("Say what it is", {"README.md": "A shop."})

    guard = '    """The mean, rounded down."""\n    if not values:\n        return values\n'
    code = code.replace('    """The mean, rounded down."""\n', guard)
    tests = tests.replace("== 2\n", "== 2\n    assert mean([]) == []\n    assert mean(()) == ()\n")
    done["guard"] = made.commit("Nothing has a mean, too", {"shop/prices.py": code, "tests/test_prices.py": tests})
    return made, done
