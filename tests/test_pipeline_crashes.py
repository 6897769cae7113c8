"""A pipeline's Worker, killed after the commit: rows in the database, with a key and without."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
import room as rooms

from workshop.practice.model.ledger import Ledger
from workshop.stage import FOLDER, SIDE_BY_SIDE, crash

SENTINEL = "sk-sentinel-5b1c0e9a2d3f48677a8b9c0d1e2f3a4b"


@pytest.mark.parametrize(("scene", "count"), [("commit", 1), ("keyless", 2)])
@pytest.mark.rotates
def test_a_row_with_a_key_is_saved_once(
    scene: str, count: int, running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_API_KEY", SENTINEL)
    # A scene keeps its rows in a database of its own, whatever the learner's is.
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nothing")
    home = Path(running_room["WORKSHOP_HOME"])
    ledger = Ledger(home / "practice-ledger.sqlite")
    since, lines = ledger.last_id(), list[str]()
    played, stopped = str(home / FOLDER), []

    def say(line: str) -> None:
        lines.append(line)
        if scene == "keyless" and "Start-to-Close" in line:
            # The second attempt falls into a time in which the machine has none for its Worker.
            at_work = [p.pid for p in psutil.process_iter(["cwd"]) if played in str(p.info["cwd"])]
            stopped.extend(rooms.stop(pid, 18) for pid in at_work)

    shown = asyncio.run(crash(scene, say=say))
    assert bool(stopped) == (scene == "keyless") and not any(one.wait() for one in stopped)
    assert shown.well
    assert len(shown.rows) == count == len({row["key"] for row in shown.rows})
    assert len({(row["workflow_id"], row["topic"], row["summary"]) for row in shown.rows}) == 1
    assert (shown.rows[0]["key"] == f"{shown.workflow_id}/save_result") == (scene == "commit")
    # The crash came after the answer: it was paid once.
    (call,) = ledger.calls(since=since)
    assert call.answered and shown.receipt.calls == (call,)
    said = "\n".join(lines)
    assert "save_result has committed: 1 row in the database" in said
    assert f"completed at attempt 2: {count} row" in said
    assert f"rows     {count}" in repr(shown) and "1 call" in repr(shown)
    assert rooms.actors(home) == [] and not list((home / FOLDER).iterdir())
    for file in home.rglob("*"):
        assert not file.is_file() or SENTINEL.encode() not in file.read_bytes(), file


def test_the_show_of_all_scenes_leaves_them_out() -> None:
    assert not {"commit", "keyless"} & {*SIDE_BY_SIDE}
