"""Faults on demand: as long as their block, for the calls they are meant for, and no longer."""

from __future__ import annotations

import asyncio
import http.client
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import room as rooms
from provider import Provider, chat_body

from workshop.core.errors import WorkshopError
from workshop.practice.model import FAULTS_PATH, NOTEBOOK_HEADER
from workshop.practice.model.faults import (
    FaultError,
    budget,
    clear,
    dropped,
    misbehaving,
    quota_exhausted,
    rate_limited,
    server_error,
    slow,
    unplugged,
    wrong_key,
)


def test_a_number_of_times(shared: Provider) -> None:
    with rate_limited(times=2, retry_after=4, base=shared.base):
        limited = [shared.chat() for _ in range(3)]
    assert [reply.status for reply in limited] == [429, 429, 200]
    assert limited[0].headers["Retry-After"] == "4"
    assert limited[0].error["code"] == "rate_limit_exceeded"


def test_every_call_of_the_block_and_none_after_it(shared: Provider) -> None:
    with server_error(base=shared.base):
        assert {shared.chat().status for _ in range(5)} == {500}
    assert shared.chat().status == 200
    with pytest.raises(ZeroDivisionError), wrong_key(base=shared.base):
        assert shared.chat().error["code"] == "invalid_api_key"
        raise ZeroDivisionError
    assert shared.chat().status == 200


def test_only_matching_prompts(shared: Provider) -> None:
    with quota_exhausted(matching="Summary", base=shared.base):
        assert shared.chat().status == 200
        assert shared.chat("Write a summary: one. two.").error["code"] == "insufficient_quota"


def test_the_innermost_block_decides(shared: Provider) -> None:
    with server_error(base=shared.base):
        with rate_limited(times=1, base=shared.base):
            assert [shared.chat().status for _ in range(2)] == [429, 500]
        assert shared.chat().status == 500


def test_a_budget_is_spent_and_not_more(shared: Provider) -> None:
    price = (shared.chat(), shared.ledger.calls()[-1].dollars)[1]
    mark = shared.ledger.last_id()
    with budget(dollars=price * 2.5, base=shared.base):
        replies = [shared.chat() for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[3].error["code"] == "insufficient_quota"
    said = replies[3].error["message"]
    assert f"3 calls answered, ${3 * price:.6f} spent" in said and f"${price * 2.5:g}" in said
    paid = [call.dollars for call in shared.ledger.calls(since=mark)]
    assert paid == [price] * 3 + [0, 0]
    assert shared.chat().status == 200, "it ends with its block"


def test_a_budget_of_calls_holds_for_those_that_come_together(own: Provider) -> None:
    own.end()
    own.delay = 0.3
    own.start()
    with budget(calls=2, base=own.base), ThreadPoolExecutor(6) as people:
        statuses = sorted(reply.status for reply in people.map(own.chat, ["Hello"] * 6))
        assert statuses == [200, 200, 429, 429, 429, 429]
        assert "budget of 2 calls is used up: 2 calls answered" in own.chat().error["message"]


def test_a_budget_counts_what_it_is_for_and_lets_other_faults_be(shared: Provider) -> None:
    with (
        rate_limited(times=1, base=shared.base),
        budget(dollars=1, calls=1, matching="summary", base=shared.base),
    ):
        # The refused call cost nothing, and the one about something else is not counted.
        assert [shared.chat("A summary: one.").status, shared.chat().status] == [429, 200]
        assert [shared.chat("A summary: one.").status for _ in range(2)] == [200, 429]
        assert shared.chat().status == 200


def test_dropped_says_nothing(shared: Provider) -> None:
    with dropped(times=1, base=shared.base), pytest.raises(http.client.RemoteDisconnected):
        shared.chat()
    call = shared.ledger.calls()[-1]
    assert (call.status, call.error, call.dollars) == (0, "dropped", 0)


def test_slow_takes_its_time_and_ends_with_its_block(shared: Provider) -> None:
    with slow(0.3, base=shared.base):
        started = time.monotonic()
        assert shared.chat().status == 200
        assert time.monotonic() - started >= 0.3
    done: list[int] = []
    asking = threading.Thread(target=lambda: done.append(shared.chat().status))
    mark = shared.ledger.last_id()
    with slow(60, base=shared.base):
        asking.start()
        rooms.until(lambda: shared.ledger.last_id() > mark, "the call")
        assert not done
    asking.join(timeout=5)
    assert done == [200]


def test_unplugged_cuts_each_connection_until_the_block_ends(shared: Provider) -> None:
    mark = shared.ledger.last_id()
    with unplugged(base=shared.base):
        with pytest.raises(ConnectionError):
            shared.chat()
        with pytest.raises(ConnectionError):
            shared.get("/v1/models")
        assert shared.healthy(), "nobody who looks now takes it for dead, and replaces it"
    assert shared.chat().status == 200
    assert len(shared.ledger.calls(since=mark)) == 1


def test_plain_and_async_blocks_in_an_event_loop(shared: Provider) -> None:
    async def cell() -> list[int]:
        async with rate_limited(times=1, base=shared.base):
            first = await asyncio.to_thread(shared.chat)
        async with unplugged(base=shared.base):
            with pytest.raises(ConnectionError):
                await asyncio.to_thread(shared.chat)
        with ExitStack() as block:
            with rooms.quick(0.5):  # a plain block must not hold up the loop
                block.enter_context(server_error(base=shared.base))
            second = await asyncio.to_thread(shared.chat)
        return [first.status, second.status, shared.chat().status]

    assert asyncio.run(cell()) == [429, 500, 200]


def test_a_fault_may_be_used_again_but_not_twice_at_once(shared: Provider) -> None:
    fault = server_error(base=shared.base)
    for _ in range(2):
        with fault:
            assert shared.chat().status == 500
            with pytest.raises(FaultError, match="in use already"):
                fault.__enter__()
        assert shared.chat().status == 200


_HOLDER = """
import sys, time
from workshop.practice.model import faults
with getattr(faults, sys.argv[1])(base=sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def _another_process(kind: str, base: str) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-c", _HOLDER, kind, base]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait(timeout=5)
        process.stdout.close()


@pytest.mark.parametrize("kind", ["unplugged", "server_error"])
def test_a_killed_client_takes_its_fault_with_it(shared: Provider, kind: str) -> None:
    def well() -> bool:
        try:
            return shared.chat().status == 200
        except ConnectionError:
            return False

    with _another_process(kind, shared.base) as holder:
        assert not well()
        holder.send_signal(signal.SIGKILL)
        rooms.until(well, "the practice model to answer again", limit=2)


def test_clear_ends_what_others_left(shared: Provider) -> None:
    with _another_process("server_error", shared.base):
        assert shared.chat().status == 500
        assert clear(shared.base) is True
        assert shared.chat().status == 200
    left = [rate_limited(base=shared.base), unplugged(base=shared.base)]
    for fault in left:
        fault.__enter__()
    assert clear(shared.base) is True
    assert shared.chat().status == 200
    with _another_process("unplugged", shared.base):
        assert clear(shared.base) is True
        assert shared.chat().status == 200


@pytest.mark.parametrize("kind", ["rate_limited", "unplugged", "budget", "misbehaving", "dropped"])
def test_a_fault_is_for_the_notebook_that_ordered_it(
    shared: Provider, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "mine")
    fault = {
        "rate_limited": rate_limited(base=shared.base),
        "unplugged": unplugged(base=shared.base),
        "budget": budget(calls=1, base=shared.base),
        "misbehaving": misbehaving("empty", base=shared.base),
        "dropped": dropped(base=shared.base),
    }[kind]

    def asked(notebook: str) -> str:
        try:
            reply = shared.post(chat_body(), **{NOTEBOOK_HEADER: notebook})
        except ConnectionError:
            return "cut"
        return str(reply.json["choices"]) if reply.status == 200 else str(reply.status)

    well = asked("mine")
    with fault:
        mine = [asked("mine") for _ in range(2)]
        assert [asked("theirs") for _ in range(3)] == [well] * 3
        # The first cell of another notebook ends the faults of that notebook alone.
        shared.request("DELETE", FAULTS_PATH, headers={NOTEBOOK_HEADER: "theirs"})
        mine.append(asked("mine"))
    assert mine[1] != well and mine[2] != well
    assert asked("mine") == well


def test_the_settings_say_where(
    own: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_ENV_FILE", str(tmp_path / "env"))
    monkeypatch.setenv("WORKSHOP_PRACTICE_PORT", str(own.port))
    with server_error():
        assert own.chat().status == 500
    assert clear() is True
    monkeypatch.setenv("LLM_API_KEY", "sk-real")
    with pytest.raises(WorkshopError, match="Faults on demand need the practice model") as told:
        server_error().__enter__()
    assert "sk-real" not in str(told.value)
    with pytest.raises(WorkshopError, match="real provider"):
        clear()


def test_what_cannot_be_is_told(shared: Provider) -> None:
    nowhere = f"http://127.0.0.1:{rooms.free_ports(1)[0]}"
    assert clear(nowhere) is False
    with pytest.raises(FaultError, match="Nothing answers"):
        dropped(base=nowhere).__enter__()
    with pytest.raises(FaultError, match="number of calls"):
        dropped(times=-1)
    with pytest.raises(FaultError, match="3600"):
        slow(-1)
    with pytest.raises(FaultError, match="no limit"):
        budget()
    for wrong in ({"dollars": 0}, {"dollars": float("nan")}, {"calls": 0}):
        with pytest.raises(FaultError, match="above 0"):
            budget(**wrong)  # type: ignore[arg-type]
