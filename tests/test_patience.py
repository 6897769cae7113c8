"""Seconds of a quiet machine: a limit passes when nothing moves, and not when nobody may run."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import room as rooms

from workshop.core import patience
from workshop.core.patience import Patience

_COUNTS = """
import time
from workshop.core.patience import Patience

waiting, began = Patience(1.0), time.monotonic()
print("go", flush=True)
while not waiting.over():
    time.sleep(0.02)
print(time.monotonic() - began)
"""


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "slowdown", lambda: 1.0)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many programs that want a processor."""
    spin = [sys.executable, "-c", "while True: pass"]
    spinning = [subprocess.Popen(spin) for _ in range(count)]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
        for one in spinning:
            one.wait()


def test_a_limit_passes_where_nothing_moves(quiet: None) -> None:
    waiting, looks = Patience(0.5), 0
    while not waiting.over(moved=1):
        looks += 1
        time.sleep(0.02)
    assert 2 <= looks <= 30


def test_it_begins_anew_with_each_progress(quiet: None) -> None:
    waiting = Patience(0.2)
    for number in range(20):
        assert not waiting.over(moved=number)
        time.sleep(0.02)


def test_no_time_is_counted_while_others_had_no_chance(quiet: None) -> None:
    waiting, began = Patience(1.0), time.monotonic()
    while time.monotonic() - began < 1.5:
        assert not waiting.over(beat="the only answer so far")
        time.sleep(0.02)
    answers = 0
    while not waiting.over(beat=answers):
        answers += 1
        time.sleep(0.02)
    assert answers > 1


def test_time_in_which_the_process_was_stopped_does_not_count() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _COUNTS], stdout=subprocess.PIPE, text=True, cwd=rooms.ROOT
    )
    assert child.stdout and child.stdout.readline() == "go\n"
    rooms.stop(child.pid, 3.0).wait()
    assert float(child.communicate()[0]) > 3.3, "the limit of a second passed while it was stopped"


@pytest.mark.skipif(sys.platform != "linux", reason="a Linux tells how many programs want to run")
@pytest.mark.rotates("what takes long", among=4)
def test_a_crowd_on_the_processors_makes_seconds_longer() -> None:
    processors = len(os.sched_getaffinity(0))
    with busy(5 * processors):
        waiting, began = Patience(0.5), time.monotonic()
        while not waiting.over():
            time.sleep(0.05)
        assert time.monotonic() - began > 1.0
        assert waiting.stretch > 2.0


def test_what_does_not_come_is_cancelled_and_told(quiet: None) -> None:
    async def main() -> asyncio.Task[bool]:
        never = asyncio.create_task(asyncio.Event().wait())
        with pytest.raises(asyncio.TimeoutError):
            await patience.wait_for(never, 0.2)
        await asyncio.wait({never})
        return never

    assert asyncio.run(main()).cancelled()


def test_what_makes_an_error_of_its_end_prints_nothing(
    quiet: None, caplog: pytest.LogCaptureFixture
) -> None:
    async def sending() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise ValueError("as the SDK does with an Update") from error

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await patience.wait_for(sending(), 0.2)
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(main())
    assert caplog.messages == []


def test_what_comes_is_returned_and_errors_go_through() -> None:
    async def gives() -> int:
        await asyncio.sleep(0.01)
        return 7

    async def fails() -> None:
        raise ValueError("no")

    assert asyncio.run(patience.wait_for(gives(), 2)) == 7
    with pytest.raises(ValueError, match="no"):
        asyncio.run(patience.wait_for(fails(), 2))
