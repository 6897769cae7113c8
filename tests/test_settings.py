"""Settings: where a value comes from, what a bad one says, and that a key never shows."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import traceback
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, TypeAdapter
from room import ROOT

from workshop.core.model_settings import PRACTICE_MODEL
from workshop.core.settings import Settings, SettingsError, load

SENTINEL = "sk-sentinel-0123456789abcdef"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / "env"
    file.write_text("")
    return file


def read(env_file: Path, text: str = "", **outside: str) -> Settings:
    env_file.write_text(text)
    return load({"WORKSHOP_ENV_FILE": str(env_file), "TEMPORAL_CONFIG_FILE": os.devnull, **outside})


# Where a value comes from


def test_the_file_is_read_and_the_environment_wins(env_file: Path) -> None:
    text = "LLM_API_KEY=from-file\nLLM_MODEL=openai/from-file\nTEMPORAL_NAMESPACE=file\n"
    settings = read(env_file, text, LLM_MODEL="openai/from-outside", TEMPORAL_NAMESPACE="  ")
    assert settings.llm_model == "openai/from-outside"
    assert settings.llm_api_key.get_secret_value() == "from-file"
    assert settings.temporal_namespace == "file"  # an empty variable counts as not set


def test_nothing_set_means_the_practice_model_and_a_service_of_our_own(env_file: Path) -> None:
    settings = read(env_file)
    assert settings.practice and not settings.key_is_set
    assert settings.llm_model == PRACTICE_MODEL
    assert settings.llm_api_base == "http://127.0.0.1:8234/v1"
    assert settings.temporal_is_ours and settings.temporal_address == "127.0.0.1:7233"
    assert (settings.temporal_port, settings.ui_port) == (7233, 8233)


@pytest.mark.parametrize(
    "line", ["", "LLM_API_KEY=", "LLM_API_KEY=YOUR_API_KEY", "LLM_API_KEY='  '"]
)
def test_no_key_or_the_placeholder_means_practice(env_file: Path, line: str) -> None:
    settings = read(env_file, f"{line}\nLLM_MODEL=openai/gpt-4o\n")
    assert settings.practice and settings.llm_model == PRACTICE_MODEL


def test_a_key_means_the_real_model(env_file: Path) -> None:
    settings = read(env_file, f"LLM_API_KEY={SENTINEL}\nLLM_MODEL=anthropic/claude\n")
    assert not settings.practice and settings.key_is_set
    assert (settings.llm_model, settings.llm_api_base) == ("anthropic/claude", None)


def test_a_base_without_a_key_is_a_model_of_ones_own(env_file: Path) -> None:
    base = "http://localhost:11434"
    settings = read(env_file, f"LLM_API_BASE={base}\nLLM_MODEL=ollama/llama3\n")
    assert not settings.practice and not settings.key_is_set
    assert (settings.llm_model, settings.llm_api_base) == ("ollama/llama3", base)


def test_a_service_that_is_named_is_not_ours(env_file: Path) -> None:
    settings = read(env_file, TEMPORAL_ADDRESS="temporal.example:7233")
    assert not settings.temporal_is_ours and settings.temporal_port == 7233


def test_ports_delay_and_home_can_be_set(env_file: Path, tmp_path: Path) -> None:
    settings = read(
        env_file,
        f"WORKSHOP_TEMPORAL_PORT=20001\nWORKSHOP_UI_PORT=20002\nWORKSHOP_PRACTICE_PORT=20003\n"
        f"WORKSHOP_PRACTICE_DELAY=0.25\nWORKSHOP_HOME={tmp_path / 'elsewhere'}\n",
    )
    assert settings.temporal_address == "127.0.0.1:20001"
    assert (settings.ui_port, settings.practice_port) == (20002, 20003)
    assert settings.practice_delay == 0.25 and settings.home == tmp_path / "elsewhere"


def test_a_file_from_a_windows_editor_is_read(env_file: Path) -> None:
    env_file.write_bytes(b"\xef\xbb\xbfLLM_API_KEY=" + SENTINEL.encode() + b"\r\n")
    settings = load({"WORKSHOP_ENV_FILE": str(env_file)})
    assert settings.llm_api_key.get_secret_value() == SENTINEL


# The file is a person's own


def test_the_example_is_copied_once_and_a_file_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "new" / "env"
    assert load({"WORKSHOP_ENV_FILE": str(file)}).practice
    assert file.read_bytes() == (ROOT / ".env.example").read_bytes()
    own = "# my own words\nLLM_MODEL=x/y\n"
    file.write_text(own)
    load({"WORKSHOP_ENV_FILE": str(file)})
    assert file.read_text() == own
    file.write_text("")
    load({"WORKSHOP_ENV_FILE": str(file)})
    assert file.read_text() == ""


def test_the_example_is_practice_as_it_stands() -> None:
    assert load({"WORKSHOP_ENV_FILE": str(ROOT / ".env.example")}).practice


# What cannot be used is told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKSHOP_TEMPORAL_PORT", "seven"),
        ("WORKSHOP_UI_PORT", "80"),
        ("WORKSHOP_PRACTICE_PORT", "65536"),
        ("WORKSHOP_PRACTICE_PORT", "²³⁴⁵"),
        ("WORKSHOP_PRACTICE_PORT", "-8234"),
        ("WORKSHOP_PRACTICE_DELAY", "soon"),
        ("WORKSHOP_PRACTICE_DELAY", "nan"),
        ("WORKSHOP_PRACTICE_DELAY", "-1"),
        ("TEMPORAL_ADDRESS", "localhost"),
        ("TEMPORAL_ADDRESS", "localhost:"),
        ("TEMPORAL_ADDRESS", ":7233"),
        ("TEMPORAL_ADDRESS", "localhost:²³"),
        ("TEMPORAL_ADDRESS", "localhost:99999999"),
    ],
)
def test_a_malformed_value_is_refused_with_its_name_and_the_remedy(
    env_file: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(env_file, f"{name}={value}\n")
    assert name in caught.value.saw and value in caught.value.saw
    assert caught.value.expected and caught.value.do


def test_a_file_that_is_no_text_is_told(env_file: Path) -> None:
    env_file.write_bytes("LLM_API_KEY=x".encode("utf-16"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load({"WORKSHOP_ENV_FILE": str(env_file)})


@pytest.mark.parametrize(
    "broken", ["two words", "line\\nbreak", "tab\tbed", "schlüssel", "nul\x00l"]
)
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(
    env_file: Path, broken: str
) -> None:
    value = f"{SENTINEL}{broken}"
    with pytest.raises(SettingsError) as caught:
        read(env_file, f'LLM_API_KEY="{value}"\n')
    told = "".join(traceback.format_exception(caught.value)) + "".join(caught.value.lines())
    assert "LLM_API_KEY" in told and "Copy the key again" in told
    assert SENTINEL not in told and broken not in told


# A key never shows


def test_no_way_of_showing_settings_shows_the_key(env_file: Path) -> None:
    settings = read(env_file, f"LLM_API_KEY={SENTINEL}\n")

    class Holder(BaseModel):
        settings: Settings
        key: SecretStr

    holder = Holder(settings=settings, key=settings.llm_api_key)
    shown = [
        repr(settings),
        str(settings),
        f"{settings}",
        f"{settings!r:>10} {settings.llm_api_key}",
        "%s" % (settings,),  # noqa: UP031
        str(dataclasses.asdict(settings)),
        str(dataclasses.astuple(settings)),
        str(vars(settings)),
        json.dumps(dataclasses.asdict(settings), default=str),
        pickle.dumps(repr(settings)).decode("latin-1"),
        repr(pickle.loads(pickle.dumps(settings))),
        TypeAdapter(Settings).dump_json(settings).decode(),
        holder.model_dump_json(),
        repr(holder.model_dump()),
        str(TypeAdapter(Settings).dump_python(settings, mode="json")),
    ]
    assert [text for text in shown if SENTINEL in text] == []
    assert settings.llm_api_key.get_secret_value() == SENTINEL  # or this would show nothing


def test_an_error_beside_a_key_does_not_show_it(env_file: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(env_file, f"LLM_API_KEY={SENTINEL}\nWORKSHOP_UI_PORT=none\n")
    error = caught.value
    for told in (str(error), repr(error), "".join(traceback.format_exception(error))):
        assert SENTINEL not in told
    assert SENTINEL not in "\n".join(error._render_traceback_())


def test_settings_cannot_be_changed(env_file: Path) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(env_file).llm_model = "other"  # type: ignore[misc]
