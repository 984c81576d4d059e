import pytest

from core.errors import TaskError
from core.records import Split
from envs.tasks import packages


def test_a_package_serves_one_split():
    listed = [*packages.TRAIN, *packages.VALIDATION, *packages.HELDOUT]
    assert len(listed) == len(set(listed))
    assert packages.split_of("more_itertools") is packages.split_of("More-Itertools") is Split.HELDOUT
    assert packages.split_of("python") is Split.TRAIN
    assert packages.split_of("sortedcontainers") is Split.VALIDATION


def test_the_standard_library_has_its_modules_and_no_tests():
    names = {module.name for module in packages.modules(packages.package("python"))}
    assert {"textwrap", "email.header", "json.decoder"} <= names
    assert not [name for name in names if name.startswith(("test", "idlelib", "tkinter"))]


@pytest.mark.parametrize("name", packages.packages_of(Split.HELDOUT))
def test_held_out_packages_know_version_licence_and_modules(name):
    package = packages.package(name)
    assert package.version
    assert package.licence != "unknown"
    assert packages.modules(package)


def test_a_missing_package_or_module_is_named():
    with pytest.raises(TaskError, match="no-such-package"):
        packages.package("no-such-package")
    with pytest.raises(TaskError, match="no module 'nonesuch'"):
        packages.find_module(packages.package("python"), "nonesuch")
