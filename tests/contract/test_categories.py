"""Every task category, ours and a third party's, keeps the contract."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from envs.sandbox.lane import FastLane
from envs.tasks.base import CategoryBase
from envs.tasks.category import Material
from envs.tasks.conformance import check_category
from envs.tasks.mining.discover import index_of
from envs.tasks.mining.mine import mine_module
from envs.tasks.mining.settings import MiningSettings
from envs.tasks.packages import find_module, package
from envs.tasks.registry import BUILT_IN
from envs.tasks.siblings import material_of
from tests.fakes.loud import Loud

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = MiningSettings(generate_seconds=0.2, mutate_seconds=0.1)
WANTED = {
    "textwrap": ("TextWrapper._handle_long_word", "indent", "shorten"),
    "calendar": ("monthrange", "weekday", "leapdays"),
    "difflib": ("_format_range_unified", "_calculate_ratio"),
}


@pytest.fixture(scope="module")
def materials(lanes: tuple[FastLane, FastLane]) -> list[Material]:
    source, found = package("python"), []
    for module, names in WANTED.items():
        index = index_of(find_module(source, module), SETTINGS)
        mined = mine_module(
            module,
            package=source,
            lane=lanes[0],
            second=lanes[1],
            settings=SETTINGS,
            index=index,
            only=frozenset(names),
        )
        found += [material_of(function, index) for function in mined.functions]
    assert len(found) >= 3
    return found


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_ours(name: str, materials: list[Material], lanes: tuple[FastLane, FastLane]) -> None:
    assert check_category(name, materials, lanes, SETTINGS) == []


class Careless(CategoryBase):
    """Forgets everything that can be forgotten."""

    name = "careless"
    kinds = ("a", "a")

    def generate(self, material: Material, bench: object) -> list[object]:
        return []

    def propose(self, task: object, source: str) -> list[object]:
        return []


def test_one_that_breaks_it_is_told_how(materials: list[Material], lanes: tuple[FastLane, FastLane]) -> None:
    problems = check_category(f"{__name__}:Careless", materials[:2], lanes, SETTINGS)
    assert "two of its kinds of edits have the same name" in problems
    assert "none of 2 functions gave a task" in problems
    assert any("none of" in problem for problem in check_category(Loud.name, materials[:1], lanes, SETTINGS))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the third party's package is installed, as pip does it."""
    folder: Path = tmp_path_factory.mktemp("installed")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(folder),
    ]
    subprocess.run([*command, str(_copy(tmp_path_factory.mktemp("source")))], check=True, timeout=120)
    return folder


def _copy(folder: Path) -> Path:
    """Building leaves files behind, which are to be nobody's."""
    for file in (ROOT / "tests" / "plugin_package").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            target = folder / file.relative_to(ROOT / "tests" / "plugin_package")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return folder


def journeyman(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(installed)))}
    command = [sys.executable, "-m", "cluster.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200, cwd=ROOT)


def test_a_third_partys_package(installed: Path) -> None:
    done = journeyman(installed, "tasks", "check-plugin", "full_stop")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "full_stop: keeps the contract" in done.stdout


def test_a_plugin_that_does_not_exist_is_named(installed: Path) -> None:
    done = journeyman(installed, "tasks", "check-plugin", "full_stopp")
    assert done.returncode == 2
    assert "Did you mean 'full_stop'?" in done.stderr
