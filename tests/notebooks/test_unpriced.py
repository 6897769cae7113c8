"""A provider with no price list: the lessons run whole on it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from kernels import FINISHED, Ran, Room, code_cells, crashes, kernel, name, only_draws

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from provider_stand_in import practice_model, provider

from workshop.practice_model import process
from workshop.settings import load

DELAY = float(os.environ.get("HOUSE_DELAY", "0.2"))
"""Seconds for an answer. With 15, and all notebooks, it takes an hour; that is done by hand."""
KEY = "sk-of-the-house"
WHOLE = [p for p in FINISHED if p.parts[0] != "exercises" and name(p)[:2] in ("01", "03")]
if os.environ.get("EVERY_NOTEBOOK") == "1":
    WHOLE = FINISHED


async def at_the_house(room: Room, path: Path) -> tuple[list[Ran], int]:
    """A finished notebook with a model that LiteLLM knows no price for. Returns what each cell did,
    and how many answers the model gave."""
    settings = load(room.env)
    await process.ensure(settings)
    answers = practice_model(settings.practice_port)
    with provider(answers, delay=DELAY, key=KEY) as server:
        async with kernel(room, path, **server.environment()) as running:
            ran = []
            for cell in code_cells(path):
                if only_draws(cell) or (crashes(cell) and DELAY < 1):
                    continue
                ran += await running.run_all([cell], limit=60 + 40 * DELAY)
        return ran, server.statuses.count(200)


@pytest.mark.scenario(run=at_the_house)
@pytest.mark.parametrize("path", WHOLE, ids=name)
def test_a_lesson_runs_whole_on_a_provider_without_a_price_list(
    path: Path, ran: tuple[list[Ran], int]
) -> None:
    cells, answered = ran
    failed = [f"{r.source}\n{r.text}" for r in cells if r.error]
    assert not failed, "\n\n".join(failed)
    assert answered > 0
