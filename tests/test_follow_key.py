"""A provider may say the key back: no error that `follow` or the timeline shows holds it."""

from __future__ import annotations

from pathlib import Path

import pytest
import room as rooms
from temporalio.api.failure.v1 import Failure

from workshop.watching.follow.rows import failure_text

KEY = "sk-sentinel-0123456789abcdef"


def test_an_error_is_shown_without_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = rooms.environment(tmp_path, LLM_API_KEY=KEY, LLM_MODEL="openai/house")
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    shown = failure_text(Failure(message=f"Incorrect API key provided: {KEY}."))
    assert KEY not in shown and "provided: [key]." in shown
