"""Mining a user's repository, which is installed nowhere."""

import pickle
from pathlib import Path

import pytest

from core.errors import TaskError
from core.records import Check, Program, Split
from envs.sandbox.config import SandboxConfig
from envs.sandbox.lane import FastLane
from envs.tasks.mining import trace
from envs.tasks.mining.discover import index_of
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import find_module, modules, package
from envs.tasks.validate import validate
from learning.mine import mine

PRICES = '''
def discounted(price, percent):
    """The price after a discount."""
    if percent < 0 or percent > 100:
        raise ValueError("percent")
    return price - price * percent // 100


def cheapest(prices, most):
    """The prices up to ``most``, the lowest first."""
    found = []
    for price in prices:
        if price <= most:
            found.append(price)
    return sorted(found)
'''
FUNCTION = "\ndef f(a):\n    b = a\n    return b\n"
TESTS = """
from shop.prices import cheapest, discounted

def test_prices():
    for percent in range(0, 101, 10):
        for price in (0, 1, 99, 100, 250):
            assert discounted(price, percent) <= price
    assert cheapest([3, 1, 2], 2) == [1, 2]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    home = tmp_path / "my-shop"
    (home / "src" / "shop").mkdir(parents=True)
    (home / "tests").mkdir()
    (home / "src" / "shop" / "__init__.py").write_text("")
    (home / "src" / "shop" / "prices.py").write_text(PRICES)
    (home / "src" / "shop" / "latin.py").write_bytes("def f(a):\n    x = 'ä'\n    return x\n".encode("latin-1"))
    (home / "src" / "shop" / "forks.py").write_text("import os\nos.fork()\n" + FUNCTION)
    (home / "src" / "shop" / "hangs.py").write_text("while True:\n    pass\n" + FUNCTION)
    (home / "src" / "shop" / "prints.py").write_text("print('hello')\n" + FUNCTION)
    (home / "tests" / "test_prices.py").write_text(TESTS)
    (home / "setup.py").write_text("raise SystemExit\n")
    return home


def test_its_modules_and_tests_are_found(repository: Path) -> None:
    source = package(str(repository))
    assert (source.name, source.split, source.roots) == ("my-shop", Split.TRAIN, ("shop",))
    names = [module.name for module in modules(source)]
    assert names == ["shop", "shop.forks", "shop.hangs", "shop.latin", "shop.prices", "shop.prints"]
    prices = next(module for module in modules(source) if module.name == "shop.prices")
    assert [test.path.name for test in trace.tests_of(source, prices)] == ["test_prices.py"]


def test_tasks_come_of_it_and_what_is_unfit_is_told(repository: Path, tmp_path: Path) -> None:
    mined = mine(
        MiningSettings(generate_seconds=0.2, mutate_seconds=0.1),
        packages=[str(repository)],
        split=Split.TRAIN,
        deadline_s=60,
        cache_dir=tmp_path / "cache",
        workers=1,
        backend="processes",
    )
    assert {task.qualname for task in mined.tasks} >= {"discounted"}
    assert {task.provenance.package for task in mined.tasks} == {"my-shop"}
    assert not {task.module for task in mined.tasks} & {"shop.forks", "shop.hangs"}
    assert mined.rejects["not importable"] == 2
    assert "shop.latin" in mined.failed
    assert mined.complete
    paths = package(str(repository)).paths
    with FastLane(SandboxConfig(paths=paths)) as one, FastLane(SandboxConfig(paths=paths, hash_seed=7)) as two:
        assert [validate(task, [one, two]) for task in mined.tasks[:3]] == [[], [], []]


def test_the_tests_of_a_repository_without_any_configuration_are_traced(repository: Path) -> None:
    (repository / "setup.py").unlink()
    source = package(str(repository))
    module = find_module(source, "shop.prices")
    (test,) = trace.tests_of(source, module)
    calls = trace.trace(test, [index_of(module, MiningSettings())], source, seconds=5).calls
    assert calls.keys() == {"shop.prices:cheapest", "shop.prices:discounted"}


def test_a_module_may_import_what_is_linked_with_libraries_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "coded.py").write_text("import base64\nimport xml.parsers.expat\n" + FUNCTION)
    program = Program("coded", "f", FUNCTION.lstrip())
    with FastLane(SandboxConfig(paths=(str(tmp_path),))) as lane:
        verdict = lane.run(program, [Check("c", pickle.dumps(((1,), {})), b"")])
    assert verdict.error == ""


def test_a_folder_without_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no Python package or module"):
        package(f"{tmp_path}/")
    with pytest.raises(TaskError, match="no such folder"):
        package(str(tmp_path / "nowhere"))
