"""A provider with no price list: the lessons run whole on it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kernels import FINISHED, Ran, Room, code_cells, crashes, kernel, name, only_draws

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from provider_stand_in import HOUSE, practice_model, provider

from workshop.core.settings import load
from workshop.practice.model import process
from workshop.practice.model.ledger import Ledger

DELAY = float(os.environ.get("HOUSE_DELAY", "2.5"))
"""Seconds for an answer: more than a Workflow Task may take. With 15, all notebooks and
SCENARIO_LIMIT=850 it takes eight minutes; that is done by hand."""
BY_HAND = DELAY > 10
WHOLE = [p for p in FINISHED if p.parts[0] != "exercises" and name(p)[:2] in ("01", "05")]
if os.environ.get("EVERY_NOTEBOOK") == "1":
    WHOLE = FINISHED


@dataclass
class Stay:
    """What a notebook's cells did at the house."""

    ran: list[Ran] = field(default_factory=list)
    answered: int = 0
    """Answers that the house gave."""
    switched: bool = False
    """The notebook has gone over to the practice model, as it says."""
    passed_by: int = 0
    """Calls that went to the practice model before that."""


async def at_the_house(room: Room, path: Path) -> Stay:
    """A finished notebook with a model that LiteLLM knows no price for."""
    settings = load(room.env)
    await process.ensure(settings)
    ledger = Ledger(room.state / "practice-ledger.sqlite")

    def passed_by() -> int:
        return sum(call.notebook != HOUSE for call in ledger.calls())

    answers = practice_model(settings.practice_port)
    with provider(answers, delay=DELAY, key="sk-of-the-house") as server:
        async with kernel(room, path, **server.environment()) as running:
            stay = Stay()
            for cell in code_cells(path):
                if only_draws(cell) or (crashes(cell) and not BY_HAND):
                    continue
                before = passed_by()
                stay.ran += await running.run_all([cell], limit=60 + 40 * DELAY)
                stay.switched = stay.switched or "use_practice_model()" in cell.source
                if not stay.switched and not crashes(cell):  # what is killed has practice calls
                    stay.passed_by += passed_by() - before
            stay.answered = server.statuses.count(200)
    return stay


@pytest.mark.scenario(run=at_the_house)
@pytest.mark.parametrize("path", WHOLE, ids=name)
def test_a_lesson_runs_whole_on_a_provider_without_a_price_list(path: Path, ran: Stay) -> None:
    failed = [f"{r.source}\n{r.text}" for r in ran.ran if r.error]
    assert not failed, "\n\n".join(failed)
    assert ran.passed_by == 0
    # The exercise of lesson 05 asks nothing before it switches.
    assert ran.answered > 0 or ran.switched
