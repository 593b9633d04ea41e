"""Settings: precedence, types, bounds, and no misspelt switch that is ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from vocalino.errors import ConfigError
from vocalino.settings import Settings, switches

ORIGINAL = {
    "TTS_DEVICE": ("tts_device", "cuda:0"),
    "VC_DEVICE": ("vc_device", ""),
    "SE_DEVICE": ("se_device", ""),
    "TTS_QUANTIZE": ("tts_quantize", "none"),
    "DEFAULT_DIFF_STEPS": ("default_diff_steps", 12),
    "EMB_CACHE_SIZE": ("emb_cache_size", 32),
}


@pytest.mark.parametrize("variable", ORIGINAL)
def test_the_six_variables_of_the_original_keep_names_and_defaults(variable: str) -> None:
    name, default = ORIGINAL[variable]
    assert switches()[name].variable == variable
    assert getattr(Settings(), name) == default


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("emb_cache_size = 3\ndefault_diff_steps = 5\n")
    environ = {"VOCALINO_HOME": str(tmp_path), "EMB_CACHE_SIZE": "4", "TTS_DEVICE": "cuda:1"}
    settings = Settings.load({"tts_device": "cpu", "cast": None}, environ)
    assert settings.tts_device == "cpu"
    assert settings.emb_cache_size == 4
    assert settings.default_diff_steps == 5
    assert settings.cast == "auto"
    assert settings.sources["tts_device"] == "the command line"
    assert settings.sources["emb_cache_size"] == "the environment variable EMB_CACHE_SIZE"
    assert settings.sources["default_diff_steps"] == str(tmp_path / "config.toml")
    assert "cast" not in settings.sources


def test_config_file_can_lie_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('cast = "draft"\n')
    environ = {"VOCALINO_CONFIG": str(path), "VOCALINO_HOME": str(tmp_path)}
    assert Settings.load(environ=environ).cast == "draft"


def test_home_is_a_path_and_the_tilde_is_opened() -> None:
    assert Settings.load(environ={"VOCALINO_HOME": "~/v"}).home == Path.home() / "v"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("", False)],
)
def test_a_switch_is_turned_on_and_off_in_words(said: str, meant: bool) -> None:
    assert Settings.load(environ={"VOCALINO_OFFLINE": said}).offline is meant


def test_a_switch_in_the_file_is_true_or_false(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("offline = true\n")
    assert Settings.load(environ={"VOCALINO_HOME": str(tmp_path)}).offline is True


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"VOCALINO_CASTE": "draft"}, "VOCALINO_CASTE: did you mean VOCALINO_CAST"),
        ({"VOCALINO_CAST": "pro"}, "cast must be one of auto, draft, studio, got 'pro' .from the"),
        ({"EMB_CACHE_SIZE": "many"}, "emb_cache_size must be a whole number, got 'many'"),
        ({"EMB_CACHE_SIZE": "0"}, "emb_cache_size must be at least 1, got 0"),
        ({"EMB_CACHE_SIZE": "1.5"}, "whole number"),
        ({"EMB_CACHE_SIZE": "-3"}, "at least 1"),
        ({"TTS_QUANTIZE": "int4"}, "tts_quantize must be one of none, int8"),
        ({"TTS_DTYPE": "float16"}, "tts_dtype must be one of auto, bfloat16, float32"),
        ({"VOCALINO_OFFLINE": "maybe"}, "offline must be true or false, got 'maybe'"),
        ({"VOCALINO_CONFIG": "/no/such/file.toml"}, "can't read the settings file"),
    ],
)
def test_nonsense_in_the_environment_is_an_error(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings.load(environ=environ)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('caste = "draft"', "unknown setting 'caste' in .* did you mean cast"),
        ("cast = draft", "can't read the settings file"),
        ("emb_cache_size = true", "whole number, got True"),
        ("tts_device = 1", "tts_device must be text, got 1"),
        ("offline = 1", "offline must be true or false, got 1"),
        ('sources = "x"', "unknown setting 'sources'"),
    ],
)
def test_nonsense_in_the_file_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        Settings.load(environ={"VOCALINO_HOME": str(tmp_path)})


def test_every_switch_has_a_variable_and_a_meaning() -> None:
    variables = [switch.variable for switch in switches().values()]
    assert len(set(variables)) == len(variables)
    assert all(switch.meaning.endswith(".") for switch in switches().values())
