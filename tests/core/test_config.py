import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Config, dump, load
from core.errors import ConfigError


class Model(Config):
    hidden_size: int = 128
    dropout: float = 0.1
    encoder: str | None = None


class Whole(Config):
    model: Model = Model()
    seed: int = 0
    packages: tuple[str, ...] = ("stdlib",)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    return path


def test_reads_a_file_and_keeps_defaults_elsewhere(tmp_path: Path) -> None:
    settings = load(Whole, write(tmp_path, "model: {hidden_size: 64}\n"))
    assert settings.model == Model(hidden_size=64)
    assert settings.seed == 0


def test_no_file_means_defaults_and_so_does_an_empty_one(tmp_path: Path) -> None:
    assert load(Whole, None) == Whole()
    assert load(Whole, write(tmp_path, "")) == Whole()


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    settings = load(Whole, write(tmp_path, "seed: 1\n"), ["seed=2", "model.dropout=0", "packages=[a, b]"])
    assert (settings.seed, settings.model.dropout, settings.packages) == (2, 0.0, ("a", "b"))


def test_the_last_of_two_overrides_wins() -> None:
    assert load(Whole, None, ["seed=1", "seed=3"]).seed == 3


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("model.hiden_size=64", "did you mean 'model.hidden_size'?"),
        ("modle.hidden_size=64", "did you mean 'model'?"),
        ("sead=1", "did you mean 'seed'?"),
        ("zzz=1", "known here: model, packages, seed"),
        ("model.hidden_size=wide", "model.hidden_size"),
        ("model=3", "model"),
        ("seed", "not of the form a.b=c"),
        ("=1", "not of the form a.b=c"),
        ("seed=[1", "not valid YAML"),
    ],
)
def test_a_bad_override_is_one_line_that_names_the_key(override: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(Whole, None, [override])
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "command line" in str(caught.value)


def test_a_value_is_not_a_section() -> None:
    with pytest.raises(ConfigError, match="a value, not a section"):
        load(Whole, None, ["seed=1", "seed.x=1"])


@pytest.mark.parametrize(
    ("text", "says"),
    [("- 1\n", "expected a mapping"), ("a: [", "not readable as YAML"), ("\x00", "not readable as YAML")],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=says) as caught:
        load(Whole, path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_directory_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(Whole, tmp_path / "absent.yaml")
    with pytest.raises(ConfigError, match="not readable"):
        load(Whole, tmp_path)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Whole().seed = 3


NAMES = st.text(string.ascii_letters, min_size=1, max_size=8)


@given(
    st.builds(
        Whole,
        model=st.builds(
            Model,
            hidden_size=st.integers(),
            dropout=st.floats(allow_nan=False),
            encoder=st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
        ),
        seed=st.integers(),
        packages=st.lists(NAMES).map(tuple),
    )
)
def test_what_is_dumped_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, settings: Whole) -> None:
    assert load(Whole, write(tmp_path_factory.mktemp("c"), dump(settings))) == settings
