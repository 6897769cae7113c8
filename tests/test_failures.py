"""How a block ended, in one line, and books that are closed when it is told."""

from __future__ import annotations

import asyncio
import re

import pytest

from workshop.breaking.failures import what_happens
from workshop.core import settings
from workshop.practice.model import faults, process
from workshop.watching.receipt import mark, receipt


@pytest.fixture
def model(room: dict[str, str]) -> settings.Settings:
    """A practice model that answers at once."""
    given = settings.load()
    asyncio.run(process.ensure(given))
    return given


def test_an_error_becomes_a_line_and_the_next_line_runs(
    room: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with what_happens():
        raise OSError(28, "No space left on device")
    with what_happens():
        raise ValueError("one\ntwo")
    with what_happens():
        raise KeyError
    told = re.sub(r"\d\.\d s", "0.0 s", capsys.readouterr().out)
    assert told.splitlines() == [
        "✗ OSError after 0.0 s: [Errno 28] No space left on device",
        "✗ ValueError after 0.0 s: one",
        "✗ KeyError after 0.0 s: (it says nothing)",
    ]


def test_a_block_that_ends_well_says_so(
    room: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with what_happens():
        pass
    assert capsys.readouterr().out == "✓ no error\n"


def test_an_interrupt_is_not_swallowed(room: dict[str, str]) -> None:
    with pytest.raises(KeyboardInterrupt), what_happens():
        raise KeyboardInterrupt


def test_a_call_whose_caller_has_given_up_is_on_the_receipt_below(
    model: settings.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    from litellm import completion

    before = mark()
    for _ in range(3):  # it was a race
        with what_happens(), faults.slow(60, base=model.llm_api_base):
            completion(
                model=model.llm_model,
                api_key=model.llm_api_key.get_secret_value(),
                api_base=model.llm_api_base,
                messages=[{"role": "user", "content": "Give me a fact about dolphins"}],
                timeout=0.5,
                max_retries=0,
            )
        assert capsys.readouterr().out.startswith("✗ Timeout after")
    paid = receipt(before)
    assert (paid.received, paid.answered) == (3, 3) and paid.dollars > 0
