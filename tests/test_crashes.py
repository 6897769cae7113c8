"""Crashes: processes that are really killed, receipts really read, and nobody left over."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import room as rooms
from pypdf import PdfReader

from workshop import stage
from workshop.core import processes
from workshop.practice.model.ledger import Ledger
from workshop.services import temporal_service
from workshop.stage import actors, app

SENTINEL = "sk-sentinel-77f0e1d2c3b4a5968778695a4b3c2d1e"
RUN_SHEET = rooms.ROOT / "demos" / "README.md"


class Show:
    """What one `python -m workshop demo crash` printed, and where."""

    def __init__(self, printed: str, home: Path, service: processes.Record) -> None:
        self.printed, self.home, self.service = printed, home, service


@pytest.fixture(scope="module")
def show(running_room: dict[str, str]) -> Show:
    """The whole show, once, with a real provider's key in the settings."""
    home = Path(running_room["WORKSHOP_HOME"])
    service = processes.running(home, temporal_service.NAME)
    assert service
    done = rooms.workshop(
        "demo",
        "crash",
        env=running_room | {"LLM_API_KEY": SENTINEL, "WORKSHOP_PRACTICE_DELAY": "0"},
        limit=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Show(done.stdout, home, service)


def shape(printed: str) -> list[str]:
    """Lines without what differs from run to run: seconds."""
    return re.sub(r"Played in \d+ s", "Played in … s", printed).strip().splitlines()


def test_the_show_prints_what_the_run_sheet_says(show: Show) -> None:
    block = re.search(r"```text\n(Real processes.*?)```", RUN_SHEET.read_text(), re.S)
    assert block, "demos/README.md holds the show's output"
    assert shape(show.printed) == shape(block[1])


def test_the_receipt_at_the_end_is_the_ledgers(show: Show) -> None:
    rows = re.findall(r"^(\S.*?)  +(\d+)  \$(\d\.\d+)  ✓ whole", show.printed, re.M)
    assert [(int(calls)) for _, calls, _ in rows] == [2, 1, 2, 1]
    ledger = Ledger(show.home / "practice-ledger.sqlite").calls()
    assert len(ledger) == 6 and all(call.answered for call in ledger)
    assert sum(float(dollars) for *_, dollars in rows) == pytest.approx(
        sum(call.dollars for call in ledger)
    )
    # By Workflow: the plain script's have none; killed in the call there is a second attempt.
    attempts: dict[str | None, list[int | None]] = {}
    for call in ledger:
        attempts.setdefault(call.workflow_id, []).append(call.attempt)
    # A busy machine may lose a first attempt before it has asked; paid is what counts.
    assert [len(calls) for calls in attempts.values()] == [2, 1, 2, 1]
    naive, _, cut_off, _ = attempts.values()
    assert naive == [None, None] and cut_off[0] != cut_off[1]


def test_each_scene_leaves_a_whole_pdf(show: Show) -> None:
    for scene in stage.SIDE_BY_SIDE:
        (page,) = PdfReader(show.home / stage.FOLDER / f"{scene}.pdf").pages
        assert "tardigrade" in page.extract_text().lower()


def test_the_service_was_really_replaced(show: Show) -> None:
    now = processes.running(show.home, temporal_service.NAME)
    assert now and now.pid != show.service.pid and not rooms.alive(show.service.pid)


def test_the_show_leaves_nothing_behind_and_no_key(show: Show) -> None:
    assert sorted(p.name for p in (show.home / stage.FOLDER).iterdir()) == sorted(
        f"{scene}.pdf" for scene in stage.SIDE_BY_SIDE
    )
    assert rooms.actors(show.home) == []
    assert SENTINEL not in show.printed
    for file in show.home.rglob("*"):
        assert not file.is_file() or SENTINEL.encode() not in file.read_bytes(), file


@pytest.fixture
def playing(
    running_room: dict[str, str], tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A scene that is going on in another process, and the demo's process in it."""
    lines = "import asyncio; from workshop.stage import crash; asyncio.run(crash('naive'))"
    home = Path(running_room["WORKSHOP_HOME"])
    popen = subprocess.Popen(
        [sys.executable, "-c", lines],
        env=running_room,
        cwd=rooms.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    (actor,) = rooms.until(lambda: rooms.actors(home), "the scene's process", limit=30)
    yield popen, actor
    if popen.poll() is None:
        popen.kill()
    popen.communicate()
    rooms.until(lambda: not rooms.actors(home), "the end of the scene's process", limit=30)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.rotates
def test_interrupted_it_ends_what_it_started(
    playing: tuple[subprocess.Popen[str], psutil.Process], number: signal.Signals
) -> None:
    popen, actor = playing
    assert rooms.alive(actor.pid)
    popen.send_signal(number)
    popen.wait(20)
    rooms.until(lambda: not rooms.alive(actor.pid), "the end of the scene's process", limit=30)


def played(scene: str) -> str:
    with pytest.raises(stage.CrashError) as caught:
        asyncio.run(stage.crash(scene, say=lambda line: None))
    return str(caught.value)


def test_an_unknown_scene_is_told_which_there_are() -> None:
    told = played("earthquake")
    assert "'earthquake'" in told and all(repr(scene) in told for scene in stage.SCENES)


@pytest.mark.rotates("what takes long", among=4)
def test_somebodys_own_service_is_not_killed(
    running_room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one that TEMPORAL_ADDRESS names, Run All goes on: the scene says why it is left out."""
    service = processes.running(Path(running_room["WORKSHOP_HOME"]), temporal_service.NAME)
    assert service
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "second"))
    address = f"127.0.0.1:{running_room['WORKSHOP_TEMPORAL_PORT']}"
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    monkeypatch.delenv("WORKSHOP_PRACTICE_PORT")  # the first home has it
    said: list[str] = []
    try:
        left_out = asyncio.run(stage.crash("service", say=said.append))
        (why,) = said
        assert left_out.well and "Not played. TEMPORAL_ADDRESS names" in why
        assert "– durable, Temporal Service killed: not played." in repr(left_out)
        # A Worker of the scene's own may die there, on a Task Queue of its own.
        assert asyncio.run(stage.crash("timer", say=said.append)).pages == 1
    finally:
        rooms.end_all(tmp_path / "second")
    assert rooms.alive(service.pid)


def test_a_demo_that_fails_is_told_by_its_last_words(
    running_room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / app.SCRIPT
    broken.parent.mkdir(parents=True)
    broken.write_text("raise SystemExit('no more tardigrades')\n")
    monkeypatch.setattr(actors, "ROOT", tmp_path)
    told = played("naive")
    assert "app.py ended" in told and "no more tardigrades" in told


@pytest.mark.rotates("what takes long", among=4)
def test_a_model_that_takes_its_time_is_not_asked_a_third_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow machine looks like this: only the attempt of the dead Worker is cut off."""
    for name, value in rooms.environment(tmp_path, WORKSHOP_PRACTICE_DELAY="8").items():
        monkeypatch.setenv(name, value)
    try:
        done = asyncio.run(stage.crash("call", say=lambda line: None))
    finally:
        rooms.end_all(tmp_path / "state")
    assert [call.attempt for call in done.receipt.calls] == [1, 2] and done.well
