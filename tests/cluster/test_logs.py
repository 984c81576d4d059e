import logging

import pytest

from cluster.logs import configure, debugging


@pytest.mark.parametrize(
    ("value", "wanted"), [("1", True), ("yes", True), ("", False), ("0", False), ("False", False), ("no", False)]
)
def test_debug_is_on_unless_the_variable_says_no(value: str, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", value)
    assert debugging() is wanted


def test_only_our_own_loggers_grow_chatty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "1")
    configure()
    assert logging.getLogger("envs.sandbox").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("urllib3").isEnabledFor(logging.DEBUG)
    monkeypatch.delenv("DEBUG")
    configure()
    assert not logging.getLogger("envs.sandbox").isEnabledFor(logging.INFO)
