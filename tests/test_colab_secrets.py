"""Colab's secrets: the key is read from them, stays out of the environment, and errors are told."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from room import ROOT

from workshop.core import colab_secrets
from workshop.core.settings import load

SENTINEL = "sk-sentinel-0123456789abcdef"
Secrets = Callable[[dict[str, str | None]], None]


@pytest.fixture
def secrets(
    tmp_path: Path, room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Secrets]:
    import google

    stand_ins = str(ROOT / "tests" / "stand_ins" / "google")
    monkeypatch.setattr(google, "__path__", [*google.__path__, stand_ins])
    importlib.import_module("google.colab")
    monkeypatch.setattr(colab_secrets, "_closed", False)
    file = tmp_path / "secrets.json"
    monkeypatch.setenv("COLAB_SECRETS", str(file))

    def keep(values: dict[str, str | None]) -> None:
        file.write_text(json.dumps(values))

    yield keep
    colab_secrets._found.clear()
    for name in [name for name in sys.modules if name.startswith("google.colab")]:
        del sys.modules[name]


def test_the_key_and_the_model_are_read_and_stay_out_of_the_environment(secrets: Secrets) -> None:
    secrets({"LLM_API_KEY": SENTINEL, "LLM_MODEL": "anthropic/claude"})
    told = colab_secrets.ask()
    settings = load()
    assert "Colab's secrets" in told and SENTINEL not in told
    assert settings.llm_api_key.get_secret_value() == SENTINEL and not settings.practice
    assert settings.llm_model == "anthropic/claude"
    assert SENTINEL not in repr(dict(os.environ)) + repr(settings)
    colab_secrets.close()
    assert load().practice and colab_secrets.ask() == ""


def test_no_secret_means_the_practice_model_without_a_word(secrets: Secrets) -> None:
    secrets({})
    assert colab_secrets.ask() == "" and load().practice


@pytest.mark.parametrize(
    ("value", "words"), [(None, "notebook access"), ("(nobody answers)", "when Colab asks")]
)
def test_a_secret_that_is_not_given_is_told(
    secrets: Secrets, value: str | None, words: str
) -> None:
    secrets({"LLM_API_KEY": value})
    told = colab_secrets.ask()
    assert (words in told and "run this cell again" in told.lower()) or "Run this cell" in told
    assert load().practice


def test_elsewhere_nobody_is_asked() -> None:
    assert "google.colab" not in sys.modules and colab_secrets.ask() == ""
