"""The practice model's own process: started once, found again, replaced, ended."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3

import psutil
import pytest
import room as rooms

from workshop.core import processes
from workshop.core.processes import ProcessError
from workshop.core.settings import Settings, load
from workshop.practice.model import process
from workshop.practice.model.process import NAME, PracticeModelError


def pid(settings: Settings) -> int:
    record = processes.running(settings.home, NAME)
    assert record
    return record.pid


def ensure(settings: Settings, *, limit: float = 15.0) -> bool:
    return asyncio.run(process.ensure(settings, limit=limit))


def test_it_is_found_again_says_who_it_is_and_listens_on_loopback(
    running_room: dict[str, str],
) -> None:
    settings = load()
    before = pid(settings)
    assert ensure(settings) is False and pid(settings) == before
    said = process.health(settings)
    assert said and said["pid"] == before
    listening = [
        connection.laddr
        for connection in psutil.Process(before).net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [(a.ip, a.port) for a in listening] == [("127.0.0.1", settings.practice_port)]


def test_a_proxy_of_this_machine_is_not_asked(
    running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{rooms.free_ports(1)[0]}")
    assert process.health(load())


def test_one_that_was_killed_is_replaced_and_keeps_its_ledger(
    running_room: dict[str, str],
) -> None:
    settings = load()
    with sqlite3.connect(process.ledger_path(settings)) as books:
        books.execute("CREATE TABLE IF NOT EXISTS kept (word TEXT)")
        books.execute("INSERT INTO kept VALUES ('here')")
    before = pid(settings)
    psutil.Process(before).kill()
    rooms.until(lambda: processes.running(settings.home, NAME) is None, "its end")
    assert process.health(settings) is None
    assert ensure(settings) is True
    assert pid(settings) != before
    assert pid(settings) not in [p.pid for p in psutil.Process().children(recursive=True)]
    with sqlite3.connect(process.ledger_path(settings)) as books:
        assert books.execute("SELECT word FROM kept").fetchone() == ("here",)


def test_two_that_start_it_at_once_start_one(room: dict[str, str]) -> None:
    settings = load()

    async def both() -> list[bool]:
        return sorted(await asyncio.gather(process.ensure(settings), process.ensure(settings)))

    assert asyncio.run(both()) == [False, True]
    ended = process.down(settings)
    assert ended and not rooms.alive(ended.pid)
    assert process.down(settings) is None


def test_a_port_that_is_taken_is_told(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(room["WORKSHOP_PRACTICE_PORT"])
    monkeypatch.setattr(process, "health", lambda settings: None)  # it would wait for an answer
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ProcessError) as caught:
        ensure(load())
    assert (
        f"Port {port} " in caught.value.saw and f"(process {os.getpid()}, user " in caught.value.saw
    )
    assert "WORKSHOP_PRACTICE_PORT" in caught.value.do


def test_one_that_ends_at_once_is_told_with_its_last_words(room: dict[str, str]) -> None:
    settings = load()
    settings.home.mkdir(parents=True)
    (settings.home / "practice-ledger.sqlite").write_text("this is no database, it is a poem\n" * 9)
    with pytest.raises(PracticeModelError) as caught:
        ensure(settings)
    assert "ended while it was starting" in caught.value.saw
    assert "practice-ledger.sqlite" in caught.value.saw
    assert "practice-model.log" in caught.value.do
