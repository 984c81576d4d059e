import pickle

import pytest

from core.errors import CheckpointError, ConfigError, PluginError, SandboxUnavailable, TaskError, UserError


def test_the_line_says_where_what_and_what_to_do() -> None:
    error = UserError("torn file", where="a.parquet", remedy="Make it again")
    assert str(error) == "a.parquet: torn file. Make it again"
    assert str(UserError("torn file")) == "torn file"


@pytest.mark.parametrize("kind", [ConfigError, PluginError, TaskError, CheckpointError, SandboxUnavailable])
def test_every_kind_is_a_user_error_and_comes_back_from_a_worker(kind: type[UserError]) -> None:
    error = kind("bad", where="x", remedy="Mend it")
    back = pickle.loads(pickle.dumps(error))
    assert isinstance(back, kind)
    assert isinstance(back, UserError)
    assert str(back) == str(error)
