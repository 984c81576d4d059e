from pathlib import Path

import pytest

from cluster.settings import find_config, load_settings, presets
from core.config import dump, load
from core.errors import ConfigError
from learning.settings import Settings

# The names that users know from other systems; they stay.
MODEL = {"hidden_size", "num_layers", "dropout", "max_sequence_length", "vocab_size"}
TRAINING = {"learning_rate", "batch_size", "num_epochs", "warmup_steps", "weight_decay", "gradient_clip_norm"}


def test_the_presets_are_there() -> None:
    assert {"quick", "standard", "large"} <= set(presets())


@pytest.mark.parametrize("name", ["quick", "standard", "large"])
def test_every_preset_reads_and_survives_a_round_trip(name: str, tmp_path: Path) -> None:
    settings = load_settings(name)
    (tmp_path / "c.yaml").write_text(dump(settings))
    assert load(Settings, tmp_path / "c.yaml") == settings


def test_the_known_names_are_settings() -> None:
    settings = Settings()
    assert set(type(settings.model).model_fields) >= MODEL
    assert set(type(settings.training).model_fields) >= TRAINING


def test_a_preset_is_found_by_name_and_by_path() -> None:
    assert find_config("quick") == find_config(str(find_config("quick")))


def test_overrides_reach_every_section() -> None:
    settings = load_settings("quick", ["model.hidden_size=32", "training.algorithm=appo"])
    assert settings.model.hidden_size == 32
    assert settings.training.algorithm == "appo"


def test_a_config_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'standard'"):
        find_config("standart")
    with pytest.raises(ConfigError, match="Did you mean 'quick'"):
        find_config("configs/quik.yaml")


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("training.learning_rat=1", "did you mean 'training.learning_rate'"),
        ("model.hidden_size=big", "model.hidden_size"),
        ("training.minibatch_size=100000", "larger than batch_size"),
    ],
)
def test_a_wrong_key_or_value_is_one_line(override: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings("quick", [override])
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
