import pytest

from core.errors import PluginError
from core.plugins import resolve

BUILT_IN = {"ordered": "collections:OrderedDict", "counter": "collections:Counter", "broken": "no_such_module_x:Y"}


def test_finds_a_built_in_by_name() -> None:
    from_name = resolve("mapping", "counter", BUILT_IN)
    assert getattr(from_name, "__name__", "") == "Counter"


def test_finds_any_object_by_module_and_name() -> None:
    assert resolve("function", "os:path.join", {}) is __import__("os").path.join


def test_a_near_miss_is_told_with_all_that_exist() -> None:
    with pytest.raises(PluginError) as caught:
        resolve("mapping", "conter", BUILT_IN)
    assert "Did you mean 'counter'?" in str(caught.value)
    assert "broken, counter, ordered" in str(caught.value)


@pytest.mark.parametrize("name", ["broken", "no_such_module_x:Y", "collections:Nope", "os:path.nope"])
def test_what_does_not_import_is_a_plugin_error(name: str) -> None:
    with pytest.raises(PluginError, match="can't load"):
        resolve("mapping", name, BUILT_IN)
