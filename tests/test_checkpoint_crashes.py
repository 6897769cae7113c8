"""The careful script, killed and doubled: real processes, and what the provider received."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import room as rooms
from pypdf import PdfReader

from workshop.core.settings import load
from workshop.practice.model.ledger import Ledger
from workshop.stage import FOLDER, SIDE_BY_SIDE, CrashError, crash
from workshop.stage.app import CAREFUL, variables


@pytest.mark.parametrize(
    ("scene", "said"),
    [("save", "✗ kill -9, before the save"), ("twins", "both looked")],
    ids=["save", "twins"],
)
@pytest.mark.rotates
def test_one_report_is_paid_twice(
    scene: str, said: str, running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a notebook, which has its own: the calls are counted, and faults are made, for it alone.
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "a-notebook")
    home = Path(running_room["WORKSHOP_HOME"])
    ledger = Ledger(home / "practice-ledger.sqlite")
    since, lines = ledger.last_id(), list[str]()
    shown = asyncio.run(crash(scene, say=lines.append))
    calls = ledger.calls(since=since)
    assert [call.answered for call in calls] == [True, True]
    assert len({call.prompt_sha256 for call in calls}) == 1
    assert shown.receipt.calls == tuple(calls)
    assert any(said in line for line in lines) and "paid twice" in repr(shown)
    (page,) = PdfReader(home / FOLDER / f"{scene}.pdf").pages
    assert "tardigrade" in page.extract_text().lower()
    assert rooms.actors(home) == []


def test_the_show_of_all_scenes_leaves_them_out() -> None:
    assert not {"save", "twins"} & {*SIDE_BY_SIDE}
    with pytest.raises(CrashError, match="'save', 'twins'"):
        asyncio.run(crash("nothing of the kind"))


def run(env: dict[str, str], folder: Path, topic: str) -> str:
    done = subprocess.run(
        [sys.executable, str(rooms.ROOT / CAREFUL), topic],
        env=env | variables(load(env)),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.rotates("what takes long", among=4)
def test_run_twice_the_script_asks_once(running_room: dict[str, str], tmp_path: Path) -> None:
    ledger = Ledger(Path(running_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    before = ledger.last_id()
    topic = "Give me 3 facts about honey bees"
    assert "Asking the model" in run(running_room, tmp_path, topic)
    assert "Nobody is asked" in run(running_room, tmp_path, topic)
    (call,) = ledger.calls(since=before)
    assert call.answered and call.prompt == topic
    (saved,) = (tmp_path / "answers").iterdir()
    assert "bee" in saved.read_text(encoding="utf-8") and saved.suffix == ".txt"
    (page,) = PdfReader(tmp_path / "careful_report.pdf").pages
    assert "bee" in page.extract_text().lower()
