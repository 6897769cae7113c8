"""The practice model in place of a real one, for this process and what it starts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.breaking.practice_only import use_practice_model
from workshop.core import listeners, settings

KEY = "a-sentinel-that-is-no-key"


@pytest.fixture
def own(room: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A room in which a real model is set in the file of settings and in the environment."""
    before = dict(os.environ)
    Path(room["WORKSHOP_ENV_FILE"]).write_text(
        f"LLM_API_KEY={KEY}\nLLM_API_BASE=http://127.0.0.1:9/v1\nTEMPORAL_NAMESPACE=mine\n"
    )
    monkeypatch.setenv("LLM_MODEL", "openai/some-model")
    yield room
    for name in [n for n in os.environ if n not in before]:
        del os.environ[name]
    os.environ.update(before)


def test_from_then_on_the_practice_model_answers(
    own: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = settings.load()
    assert not given.practice
    now = asyncio.run(use_practice_model())
    assert now.practice and now == settings.load()
    assert listeners.listens(now.practice_port)
    # All but the model is as it was.
    kept = ("home", "temporal_address", "temporal_namespace", "temporal_is_ours", "ui_port")
    assert [getattr(now, n) for n in kept] == [getattr(given, n) for n in kept]
    assert now.temporal_namespace == "mine"
    said = capsys.readouterr().out
    assert "not openai/some-model" in said and KEY not in said


def test_what_is_started_uses_it_too_and_the_file_is_left(own: dict[str, str]) -> None:
    file = Path(own["WORKSHOP_ENV_FILE"])
    before = file.read_text()
    asyncio.run(use_practice_model())
    done = subprocess.run(
        [sys.executable, "-c", "from workshop.core.settings import load; print(load().practice)"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "True", done.stderr
    assert file.read_text() == before
    assert KEY not in "".join(os.environ.values())


def test_where_it_answers_already_nothing_changes(
    room: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(os.environ)
    given = settings.load()
    assert asyncio.run(use_practice_model()) == given
    assert dict(os.environ) == before and capsys.readouterr().out == ""
