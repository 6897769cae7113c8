"""Processes that outlive the one that started them, and of which only ours are ended."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from room import ROOT, alive, free_ports, until

from workshop.core import listeners, patience, processes, servers
from workshop.core.processes import ProcessError, Record

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    for record in folder.glob("*.json"):
        processes.end(folder, record.stem, limit=1)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else."""
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def record_in(home: Path, name: str, record: Record) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / f"{name}.json").write_text(json.dumps(vars(record)))


def test_what_is_started_is_known_again_and_ended(home: Path) -> None:
    record = processes.start("sleeper", SLEEP, home=home, ports={})
    assert until(lambda: processes.running(home, "sleeper"), "its log to be open") == record
    assert psutil.Process(record.pid).cmdline() == SLEEP
    assert processes.end(home, "sleeper") == record
    assert not alive(record.pid)
    assert processes.running(home, "sleeper") is None
    assert processes.end(home, "sleeper") is None  # twice is harmless


def test_it_is_nobodys_child(home: Path) -> None:
    record = processes.start("sleeper", SLEEP, home=home, ports={})
    assert record.pid not in [p.pid for p in psutil.Process().children(recursive=True)]


def test_it_survives_the_death_of_its_starter(home: Path) -> None:
    lines = (
        "import sys, time; from pathlib import Path; from workshop.core import processes\n"
        f"r = processes.start('sleeper', {SLEEP!r}, home=Path(sys.argv[1]), ports={{}})\n"
        "print(r.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", lines, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert starter.stdout
    pid = int(starter.stdout.readline())
    children = psutil.Process(starter.pid).children(recursive=True)
    assert pid not in [child.pid for child in children]
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    record = processes.running(home, "sleeper")
    assert record and record.pid == pid and alive(pid)


def test_a_process_that_has_our_ones_id_but_not_its_start_time_is_left_alone(
    home: Path, bystander: subprocess.Popen[bytes]
) -> None:
    started = psutil.Process(bystander.pid).create_time()
    # Its start time is another one; and with its own it still does not write into this home.
    for at in (started - 100, started):
        record_in(home, "sleeper", Record(bystander.pid, at, {}, str(home)))
        assert processes.running(home, "sleeper") is None
        assert processes.end(home, "sleeper") is None
        assert alive(bystander.pid)


def test_one_whose_record_is_of_another_start_is_left_alone(home: Path) -> None:
    record = processes.start("sleeper", SLEEP, home=home, ports={})
    other = Record(record.pid, record.started - 100, {}, str(home))
    record_in(home, "sleeper", other)
    assert processes.running(home, "sleeper") is None
    record_in(home, "sleeper", record)
    assert processes.end(home, "sleeper") == record


def test_a_copy_of_a_home_has_not_started_what_its_records_name(home: Path, tmp_path: Path) -> None:
    record = processes.start("sleeper", SLEEP, home=home, ports={"WORKSHOP_UI_PORT": 20001})
    until(lambda: processes.running(home, "sleeper"), "its log to be open")
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    assert processes.running(copy, "sleeper") is None and processes.end(copy, "sleeper") is None
    assert alive(record.pid) and processes.end(home, "sleeper") == record


def test_one_whose_record_was_removed_is_ended_all_the_same(home: Path) -> None:
    record = processes.start("sleeper", SLEEP, home=home, ports={})
    until(lambda: processes.running(home, "sleeper"), "its log to be open")
    (home / "sleeper.json").unlink()
    reader = subprocess.Popen(["tail", "-f", str(home / "sleeper.log")])
    try:
        assert processes.running(home, "sleeper") is None
        ended = processes.end(home, "sleeper")
        assert ended and ended.pid == record.pid and not alive(record.pid)
        assert alive(reader.pid), "somebody who reads the log is no server"
    finally:
        reader.kill()
        reader.wait()


def test_one_that_is_ending_and_has_let_go_of_its_files_still_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ports are held a moment longer; who starts the next one waits for that."""
    record = processes.start("sleeper", SLEEP, home=home, ports={})
    monkeypatch.setattr(psutil.Process, "open_files", lambda self: [])
    monkeypatch.setattr(psutil.Process, "num_fds", lambda self: 0)
    assert processes.running(home, "sleeper") == record
    assert processes.end(home, "sleeper") == record
    assert processes.running(home, "sleeper") is None and not alive(record.pid)


def test_a_home_that_was_moved_still_ends_its_own(home: Path, tmp_path: Path) -> None:
    record = processes.start("sleeper", SLEEP, home=home, ports={})
    until(lambda: processes.running(home, "sleeper"), "its log to be open")
    moved = home.rename(tmp_path / "moved")
    assert processes.running(moved, "sleeper") == record
    assert processes.end(moved, "sleeper") == record and not alive(record.pid)


def test_one_that_does_not_listen_to_reason_is_killed(home: Path) -> None:
    lines = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True)"
    command = [sys.executable, "-c", f"{lines}; time.sleep(60)"]
    record = processes.start("stubborn", command, home=home, ports={})
    until(lambda: processes.last_line(home, "stubborn"), "its first word")
    assert processes.end(home, "stubborn", limit=0.2) == record
    assert not alive(record.pid)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"pid": 1}', "null"])
def test_a_broken_record_means_that_nothing_of_ours_runs(home: Path, text: str) -> None:
    home.mkdir()
    (home / "sleeper.json").write_text(text)
    assert processes.running(home, "sleeper") is None
    assert processes.end(home, "sleeper") is None


def test_its_output_is_in_its_log_and_its_last_words_are_told(home: Path) -> None:
    command = [sys.executable, "-c", "print('one', flush=True); raise SystemExit('no paper')"]
    record = processes.start("printer", command, home=home, ports={})
    until(lambda: not alive(record.pid), "its end")
    assert processes.last_line(home, "printer") == "Its last words: no paper"
    assert processes.last_line(home, "nobody") == ""


def test_who_listens_on_a_port_is_told_with_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listeners.listens(port)
        error = servers.taken(port, "WORKSHOP_UI_PORT")
    assert str(port) in error.saw and f"(process {psutil.Process().pid}, user " in error.saw
    assert psutil.Process().name() in error.saw
    assert "WORKSHOP_UI_PORT" in error.do
    assert not listeners.listens(free_ports(1)[0])


def test_the_second_of_two_waits_for_the_first(home: Path) -> None:
    told: list[str] = []

    async def first(inside: asyncio.Event, leave: asyncio.Event) -> None:
        async with processes.lock(home, "x"):
            inside.set()
            await leave.wait()
            told.append("first")

    async def second() -> None:
        async with processes.lock(home, "x"):
            told.append("second")

    async def both() -> None:
        inside, leave = asyncio.Event(), asyncio.Event()
        one = asyncio.create_task(first(inside, leave))
        await inside.wait()
        with pytest.raises(ProcessError) as caught:
            async with processes.lock(home, "x", limit=0.05):
                raise AssertionError("two inside")
        assert caught.value.do
        two = asyncio.create_task(second())
        leave.set()
        await patience.wait_for(asyncio.gather(one, two), 5)

    asyncio.run(both())
    assert told == ["first", "second"]


def test_what_listens_is_known_with_colabs_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = psutil.Process.net_connections
    monkeypatch.delattr(psutil.Process, "net_connections")
    monkeypatch.setattr(psutil.Process, "connections", asked, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] in listeners.ports_of(psutil.Process())
