"""Demo 04 by itself: a chain goes on after a real kill, and what nobody allowed is not done."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import room as rooms

from workshop.practice.model.ledger import Ledger
from workshop.stage import crash

SENTINEL = "sk-sentinel-5c4b3a29180f7e6d5c4b3a291807f6e5"
RUN_SHEET = rooms.ROOT / "demos" / "README.md"


def shape(printed: str) -> list[str]:
    """Lines without what differs from run to run: seconds, and tokens of a port of five digits."""
    printed = re.sub(r"Played in \d+ s", "Played in … s", printed)
    printed = re.sub(r"(answered: 3 turns, \$0\.0051)\d\d", r"\1…", printed)
    return [line.rstrip() for line in printed.strip().splitlines()]


@pytest.mark.rotates("shows")
def test_it_plays_as_the_run_sheet_says(running_room: dict[str, str]) -> None:
    home = Path(running_room["WORKSHOP_HOME"])
    env = running_room | {"LLM_API_KEY": SENTINEL}
    done = rooms.workshop("demo", "agent", env=env, limit=240)
    assert done.returncode == 0, done.stdout + done.stderr
    block = re.search(
        r"```text\n(Real processes[^`]*?An agent asks.*?)```", RUN_SHEET.read_text(), re.S
    )
    assert block, "demos/README.md holds the output"
    assert shape(done.stdout) == shape(block[1])

    # Two turns; a chain of four, one of which came after the kill; three with the page; a budget.
    calls = Ledger(home / "practice-ledger.sqlite").calls()
    assert [(c.activity, c.attempt, c.answered) for c in calls] == [("llm_call", 1, True)] * 12
    assert len({call.workflow_id for call in calls}) == 4
    assert not list((home / "crashes").iterdir())
    for file in home.rglob("*"):
        assert not file.is_file() or SENTINEL.encode() not in file.read_bytes(), file


@pytest.mark.rotates("shows")
def test_the_chain_alone_says_what_ran_when(running_room: dict[str, str]) -> None:
    played = asyncio.run(crash("chain", say=lambda line: None))
    assert played.well, played
    told = repr(played)
    assert "search_notes, fetch_page, calculate: 3 attempts; after the crash calculate" in told
    assert "4 calls, $0.0083" in told and "for 4 turns" in told
