"""`.env`: each slip is told with its line and without a value, and a change keeps other lines."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from test_settings import read as read_settings

from workshop.core import env_file, model_settings
from workshop.core.model_settings import PLACEHOLDER_KEY, SettingsError

SENTINEL = "sk-sentinel-0123456789abcdef"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "env"


# What keeps a key from being read: the practice model answers, and the panel says why.
UNREAD = {
    "a colon": (f"LLM_API_KEY: {SENTINEL}", "instead of a colon"),
    "an open quote": (f'LLM_API_KEY="{SENTINEL}', "not closed"),
    "an open single quote, and one below": (f"LLM_API_KEY='{SENTINEL}\nX='1'", "not closed"),
    "lower case": (f"llm_api_key={SENTINEL}", "LLM_API_KEY="),
    "another spelling": (f"LLM_APIKEY={SENTINEL}", "LLM_API_KEY="),
    "a shorter name": (f"API_KEY={SENTINEL}", "LLM_API_KEY="),
    "the key alone": (SENTINEL, "LLM_API_KEY= before it"),
    "the key alone, with = in it": (f"{SENTINEL}==", "LLM_API_KEY= before it"),
    "the name alone, the key below": (f"LLM_API_KEY\n{SENTINEL}", "no = behind it"),
    "set, as on Windows": (f"set LLM_API_KEY={SENTINEL}", "nothing else"),
    "as PowerShell has it": (f'$env:LLM_API_KEY = "{SENTINEL}"', "LLM_API_KEY="),
    "two words": (f'LLM_API_KEY="{SENTINEL}" mine', "nothing else"),
    "in a comment": (f"# LLM_API_KEY={SENTINEL}", "in a comment"),
    "an empty line below": (f"LLM_API_KEY={SENTINEL}\nLLM_API_KEY=", "line 2 counts"),
    "the placeholder below": (f"LLM_API_KEY={SENTINEL}\nLLM_API_KEY={PLACEHOLDER_KEY}", "line 2"),
    "angle brackets": ("LLM_API_KEY=<your key>", "placeholder"),
    "the README's words": ("LLM_API_KEY=your key", "placeholder"),
    "dots": ("LLM_API_KEY=sk-...", "placeholder"),
    "another provider's name, and a model of a third": (
        f"LLM_MODEL=mistral/small\nANTHROPIC_API_KEY={SENTINEL}",
        "LLM_MODEL=anthropic/",
    ),
    "a model and no key": ("LLM_MODEL=ollama/llama3", "LLM_API_BASE"),
}


@pytest.mark.parametrize("slip", UNREAD)
def test_a_slip_is_told_and_the_practice_model_answers(slip: str, file: Path) -> None:
    text, words = UNREAD[slip]
    settings = read_settings(file, text + "\n")
    assert settings.practice
    told = " ".join(settings.remarks)
    assert words in told
    assert SENTINEL not in told + repr(settings)


# What is taken as it is meant.
READ = {
    "export": f"export LLM_API_KEY={SENTINEL}",
    "quotes": f'LLM_API_KEY="{SENTINEL}"',
    "quotes of a word processor": f"LLM_API_KEY=\u201c{SENTINEL}\u201d",
    "a comment behind": f"LLM_API_KEY={SENTINEL}  # mine",
    "spaces around =": f" LLM_API_KEY = {SENTINEL} ",
    "a mark of a Windows editor": f"\ufeffLLM_API_KEY={SENTINEL}\r",
    "beside a line of another program's": f"[section]\nLLM_API_KEY={SENTINEL}",
    "below an open quote": f"LLM_MODEL='openai/gpt-4o\nLLM_API_KEY={SENTINEL}",
}


@pytest.mark.parametrize("way", READ)
def test_what_is_meant_is_read(way: str, file: Path) -> None:
    settings = read_settings(file, READ[way] + "\n")
    assert settings.llm_api_key.get_secret_value() == SENTINEL and not settings.practice


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("OPENAI_API_KEY", "openai/gpt-4o"),
        ("ANTHROPIC_API_KEY", model_settings._MODELS["anthropic"]),
        ("GOOGLE_API_KEY", model_settings._MODELS["gemini"]),
    ],
)
def test_a_provider_s_own_name_is_used_and_said(name: str, model: str, file: Path) -> None:
    example = f"LLM_API_KEY={PLACEHOLDER_KEY}\nLLM_MODEL=openai/gpt-4o\n"
    settings = read_settings(file, f"{example}{name}={SENTINEL}\n")
    assert settings.llm_api_key.get_secret_value() == SENTINEL
    assert settings.llm_model == model and settings.key_is_set
    told = " ".join(settings.notes)
    assert name in told and model in told and SENTINEL not in told + repr(settings)


def test_a_provider_s_own_name_of_the_environment_is_said_and_not_spent(file: Path) -> None:
    settings = read_settings(file, OPENAI_API_KEY=SENTINEL)
    assert settings.practice
    assert "OPENAI_API_KEY" in settings.notes[0] and SENTINEL not in settings.notes[0]


def test_the_models_of_providers_have_a_price() -> None:
    import litellm

    for model in model_settings._MODELS.values():
        assert model in litellm.model_cost or model.partition("/")[2] in litellm.model_cost, model


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("localhost:11434/v1", "http://localhost:11434/v1"),
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
    ],
)
def test_an_address_is_taken_as_it_is_meant_and_said(text: str, base: str, file: Path) -> None:
    settings = read_settings(file, f"LLM_API_BASE={text}\nLLM_MODEL=openai/house\n")
    assert settings.llm_api_base == base and base in settings.notes[0]
    assert not settings.key_is_set and settings.llm_api_key.get_secret_value()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"LLM_API_BASE={SENTINEL}", "LLM_API_BASE"),
        ("LLM_API_BASE=api.example.com/v1", "LLM_API_BASE"),
        ("LLM_API_BASE=https:/example.com", "LLM_API_BASE"),
        (f"LLM_MODEL={SENTINEL}", "LLM_MODEL looks like a key"),
        (f"LLM_MODEL=openai / gpt-4o\nLLM_API_KEY={SENTINEL}", "LLM_MODEL"),
        (f"LLM_MODEL=azure/mine\nLLM_API_KEY={SENTINEL}", "LLM_API_BASE"),
        (f"LLM_MODEL=hosted_vllm/x\nLLM_API_KEY={SENTINEL}", "LLM_API_BASE"),
        ("LLM_TIMEOUT=soon", "LLM_TIMEOUT"),
        ("LLM_TIMEOUT=0", "LLM_TIMEOUT"),
        ("LLM_TIMEOUT=nan", "LLM_TIMEOUT"),
    ],
)
def test_what_cannot_be_used_is_refused_without_its_value(
    line: str, words: str, file: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(file, line + "\n")
    told = " ".join(caught.value.lines())
    assert words in told and SENTINEL not in told and caught.value.do


def test_the_time_limit_is_a_setting(file: Path) -> None:
    assert read_settings(file).llm_timeout == 20
    assert read_settings(file, "LLM_TIMEOUT=90\n").llm_timeout == 90


def test_a_password_in_an_address_is_not_shown() -> None:
    assert model_settings.shown_base("https://me:secret@host:1/v1?key=x") == "https://host:1/v1"


def test_a_change_keeps_other_lines_and_is_the_owner_s_alone(file: Path) -> None:
    file.write_text("# mine\nFOO='a b'\nexport LLM_API_KEY=old\n\nLLM_API_KEY=older\nLLM_MODEL=x/y")
    file.chmod(0o644)
    env_file.write(file, {"LLM_API_KEY": SENTINEL, "LLM_API_BASE": "http://localhost:1/v1"})
    assert file.read_text() == (
        f"# mine\nFOO='a b'\nLLM_API_KEY={SENTINEL}\n\nLLM_MODEL=x/y\n"
        "LLM_API_BASE=http://localhost:1/v1\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("value", ["plain-1", "a'b", "a\\b", "a #b", 'a"b'])
def test_a_value_is_read_as_it_was_written(value: str, file: Path) -> None:
    env_file.write(file, {"LLM_API_KEY": value})
    assert env_file.read(file).values["LLM_API_KEY"] == value
