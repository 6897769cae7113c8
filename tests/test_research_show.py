"""Demo 05 by itself: real Workers are killed in a storm, and twenty pages become twenty rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import room as rooms

from workshop.practice.model.ledger import Ledger

SENTINEL = "sk-sentinel-9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b"
RUN_SHEET = rooms.ROOT / "demos" / "README.md"


def shape(printed: str) -> list[str]:
    """Lines without what differs from run to run: seconds, calls, how far it is at a kill."""
    printed = re.sub(r"Played in \d+ s", "Played in … s", printed)
    printed = re.sub(r"… \d+ of 20 done", "… some of 20 done", printed)
    printed = re.sub(r"→ \d+ calls, .*", "→ calls", printed)
    return [line.rstrip() for line in printed.strip().splitlines()]


@pytest.mark.rotates("shows")
def test_it_plays_as_the_run_sheet_says(running_room: dict[str, str]) -> None:
    home = Path(running_room["WORKSHOP_HOME"])
    ledger = Ledger(home / "practice-ledger.sqlite")
    since = ledger.last_id()
    env = running_room | {"LLM_API_KEY": SENTINEL}
    # A show keeps its rows in a database of its own, whatever the settings' is.
    env |= {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/nothing"}
    done = rooms.workshop("demo", "research", env=env, limit=240)
    assert done.returncode == 0, done.stdout + done.stderr
    block = re.search(r"```text\n(Real processes[^`]*?A storm.*?)```", RUN_SHEET.read_text(), re.S)
    assert block, "demos/README.md holds the output"
    assert shape(done.stdout) == shape(block[1])
    assert "✓ 20 saved, 0 failed" in done.stdout and "20 rows for 20 pages" in done.stdout

    calls = ledger.calls(since=since)
    answered = [call for call in calls if call.answered]
    told = re.search(r"→ (\d+) calls, (\d+) answered and charged, (\d+) failed", done.stdout)
    assert told, done.stdout
    assert [int(n) for n in told.groups()[:2]] == [len(calls), len(answered)]
    assert len({call.workflow_id for call in answered}) == 20
    # Each fault was met once, and each step that a kill cut off was asked for again.
    assert sorted(call.status or 0 for call in calls if not call.answered) == [0, 429, 429, 500]
    assert not list((home / "crashes").iterdir())
    for file in home.rglob("*"):
        assert not file.is_file() or SENTINEL.encode() not in file.read_bytes(), file
