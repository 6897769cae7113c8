"""A machine that is busy or stops for a while: no right answer is called wrong because of it."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import room as rooms
from ipython_shell import Shell
from temporalio import workflow
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from workshop import checks
from workshop.checks import NOT_ATTEMPTED, NOT_DECIDED, NOT_YET, RIGHT, Learner, trial
from workshop.checks.blanks import Blank
from workshop.checks.outcome import CheckNotDecided, NotDecided
from workshop.checks.trial import Stuck, Talk, Trial, run_workflow
from workshop.core import patience, processes
from workshop.core.settings import load
from workshop.kernel.advice import advise
from workshop.services import temporal_service

AWAY = 4.0
"""Seconds for which something is stopped: longer than any limit of a check."""


@workflow.defn(name="Two", sandboxed=False)
class Two:
    """Two steps, one after the other."""

    @workflow.run
    async def run(self, given: str) -> str:
        for step in ("first", "second"):
            given = await workflow.execute_activity(
                step, given, start_to_close_timeout=timedelta(seconds=30)
            )
        return given


@workflow.defn(name="Waits", sandboxed=False)
class Waits:
    """Waits for a Signal, and has an Update that is never answered."""

    def __init__(self) -> None:
        self.told = ""

    @workflow.run
    async def run(self, given: str) -> str:
        await workflow.wait_condition(lambda: bool(self.told))
        return self.told

    @workflow.signal
    def tell(self, word: str) -> None:
        self.told = word

    @workflow.update
    def again(self, word: str) -> str:
        return word

    @workflow.update
    async def never(self) -> str:
        await workflow.wait_condition(lambda: False)
        return ""


@workflow.defn(name="Broken", sandboxed=False)
class Broken:
    @workflow.run
    async def run(self, given: str) -> str:
        raise ValueError("its code fails")


@workflow.defn(name="Parent", sandboxed=False)
class Parent:
    @workflow.run
    async def run(self, given: str) -> str:
        return await workflow.execute_child_workflow(Broken.run, given)


@workflow.defn(name="Blocks", sandboxed=False)
class Blocks:
    @workflow.run
    async def run(self, given: str) -> str:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pass
        return given


@workflow.defn(name="Held", sandboxed=False)
class Held:
    """Its process is stopped while its code runs."""

    @workflow.run
    async def run(self, given: str) -> str:
        stop_this_process()
        return given


@workflow.defn(name="Naps", sandboxed=False)
class Naps:
    """Its timer is short enough to be waited for."""

    @workflow.run
    async def run(self, given: str) -> str:
        await workflow.sleep(0.5)
        return given


def stand_ins(first: Callable[[], object] = lambda: None) -> dict[str, Callable[..., Any]]:
    def one(given: str) -> str:
        first()
        return given + " one"

    return {"first": one, "second": lambda given: given + " two"}


@pytest.fixture
def service() -> Iterator[Callable[[float], None]]:
    """Stops the Temporal Service for so many seconds."""
    record = processes.running(load().home, temporal_service.NAME)
    assert record
    helpers = []
    yield lambda seconds: helpers.append(rooms.stop(record.pid, seconds))
    for helper in helpers:
        helper.wait()


def stop_this_process() -> None:
    rooms.stop(os.getpid(), AWAY).wait()


def tried(kind: type, *given: Any, **more: Any) -> Trial:
    return asyncio.run(run_workflow(kind, "zero", *given, **more))


def test_a_child_whose_code_fails_is_waited_for_by_no_clock(
    running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "slowdown", lambda: 1000.0)  # no time ever passes

    async def run() -> Trial:
        return await asyncio.wait_for(run_workflow(Parent, "zero", {}, children=[Broken]), 30)

    done = asyncio.run(run())
    assert done.child_fails and not done.completed


# --- a machine that stops ---


def test_a_temporal_service_that_stops_for_a_while_makes_no_answer_wrong(
    running_room: dict[str, str], service: Callable[[float], None]
) -> None:
    done = tried(Two, stand_ins(lambda: service(AWAY)))
    assert done.completed and done.result == "zero one two"


def test_a_process_that_is_stopped_for_a_while_makes_no_answer_wrong(
    running_room: dict[str, str],
) -> None:
    done = tried(Two, stand_ins(stop_this_process))
    assert done.completed and done.result == "zero one two"


def test_the_sdks_clock_does_not_call_code_blocked_that_could_not_run(
    running_room: dict[str, str],
) -> None:
    done = tried(Held, {})
    assert not done.task_failure and done.completed


def test_a_script_waits_for_a_service_that_stops(
    running_room: dict[str, str], service: Callable[[float], None]
) -> None:
    async def script(talk: Talk) -> None:
        service(AWAY)
        await talk.signal("tell", "go on")
        await talk.ended()

    assert tried(Waits, {}, script=script).result == "go on"


# --- what is decided without a clock ---


def test_a_workflow_that_waits_for_nothing_is_known_by_its_history(
    running_room: dict[str, str],
) -> None:
    with rooms.quick(1.5):
        done = tried(Waits, {})
    assert not done.completed and not done.under_way and done.waits(2.0)


def test_a_wait_in_vain_of_a_script_is_known_by_the_history(running_room: dict[str, str]) -> None:
    found: list[object] = []

    async def script(talk: Talk) -> None:
        try:
            await talk.ended()
        except Stuck:
            found.append("no end")
        try:
            await talk.update("never")
        except Stuck:
            found.append("no answer")
        await talk.settled()
        await talk.signal("tell", "go on")
        await talk.ended()

    with rooms.quick(3.0):
        done = tried(Waits, {}, script=script)
    assert found == ["no end", "no answer"]
    assert done.result == "go on"


def test_an_answer_that_is_on_its_way_is_not_missed(running_room: dict[str, str]) -> None:
    answers: list[tuple[bool, str]] = []

    async def script(talk: Talk) -> None:
        for number in range(40):
            answers.append(await talk.update("again", str(number)))
        await talk.signal("tell", "go on")
        await talk.ended()

    tried(Waits, {}, script=script)
    assert answers == [(True, str(number)) for number in range(40)]


def test_a_short_timer_is_waited_for(running_room: dict[str, str]) -> None:
    assert tried(Naps, {}).completed


@pytest.mark.rotates("what takes long", among=4)
def test_code_that_blocks_is_told_as_that(running_room: dict[str, str]) -> None:
    with rooms.quick(10.0):
        done = tried(Blocks, {})
    assert "TMPRL1101" in done.task_failure and not done.completed


def test_an_activity_that_fails_again_and_again_does_not_hold_a_trial(
    running_room: dict[str, str],
) -> None:
    def fails() -> None:
        raise ValueError("always")

    with rooms.quick(6.0):
        assert not tried(Two, stand_ins(fails)).completed


# --- what cannot be decided ---


def test_not_decided_is_an_outcome_of_its_own(
    shell: Shell,
    policy: Blank,
    judged_by: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def cannot(learner: Learner) -> None:
        learner.step("It does its work")
        with suppress(Exception):  # as a check that tries what may fail
            raise NotDecided("Nobody has answered.")

    shell.run("from datetime import timedelta\nfrom temporalio.common import RetryPolicy")
    shell.run(policy.finished, policy.cell_id)
    assert asyncio.run(checks.examine("retry_policy")).verdict == RIGHT
    judged_by(cannot)
    outcome = asyncio.run(checks.examine("retry_policy"))
    assert outcome.verdict == NOT_DECIDED
    assert "? Not decided: retry_policy" in outcome.text and "not yet" not in outcome.text.lower()
    assert "machine is busy" in outcome.saw and "again" in outcome.do
    assert "? not decided: It does its work" in outcome._repr_html_()
    assert "1 of 7 blanks right" in outcome.told, "what was right before is not lost"
    asyncio.run(checks.check("retry_policy"))
    assert "? Not decided" in capsys.readouterr().out
    monkeypatch.setenv("WORKSHOP_STRICT", "1")
    with pytest.raises(CheckNotDecided):
        asyncio.run(checks.check("retry_policy"))


def test_a_service_that_is_there_and_never_answers_is_not_decided(
    running_room: dict[str, str],
    service: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "ANSWER_SECONDS", 0.5)
    with pytest.raises(NotDecided, match="very long to answer"):
        tried(Two, stand_ins(lambda: service(8.0)))


@pytest.mark.parametrize("after", ["the connection", "nothing"])
def test_a_service_that_answers_no_call_at_all_is_not_decided(
    running_room: dict[str, str],
    service: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    after: str,
) -> None:
    connect = trial.connect

    async def stopped() -> Any:
        if after == "the connection":
            client = await connect()
            service(8.0)
            return client
        service(8.0)
        return await connect()

    monkeypatch.setattr(trial, "connect", stopped)
    monkeypatch.setattr(trial, "ANSWER_SECONDS", 0.5)
    with pytest.raises(NotDecided, match="very long to answer"):
        tried(Two, stand_ins())


@pytest.mark.parametrize(
    "status",
    [
        *(RPCStatusCode.CANCELLED, RPCStatusCode.UNKNOWN, RPCStatusCode.UNAVAILABLE),
        RPCStatusCode.RESOURCE_EXHAUSTED,
    ],
)
def test_a_right_answer_is_not_judged_by_a_call_that_ended_without_an_answer(
    shell: Shell, policy: Blank, judged_by: Callable[..., None], status: RPCStatusCode
) -> None:
    async def unanswered(learner: Learner) -> None:
        raise RPCError("http2 error", status, b"")

    judged_by(unanswered)
    address = ("127.0.0.1", int(load().temporal_address.rpartition(":")[2]))
    shell.run("from datetime import timedelta\nfrom temporalio.common import RetryPolicy")
    shell.run(policy.finished, policy.cell_id)
    with socket.create_server(address):
        assert asyncio.run(checks.examine("retry_policy")).verdict == NOT_DECIDED
    nobody = NOT_ATTEMPTED if status == RPCStatusCode.UNAVAILABLE else NOT_DECIDED
    assert asyncio.run(checks.examine("retry_policy")).verdict == nobody


def test_a_time_skipping_server_that_does_not_come_up_is_not_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up = tmp_path / "server"
    held_up.write_text("#!/bin/sh\nexec sleep 60\n")
    held_up.chmod(0o700)
    monkeypatch.setattr(trial, "test_server", lambda: str(held_up))
    with pytest.raises(NotDecided, match="has not come up"):
        asyncio.run(trial.after_silence(Two, None, {}, enough=1))
    starting = WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(held_up))
    with pytest.raises(RuntimeError) as caught:  # as a cell meets it
        asyncio.run(starting)
    advice = advise(caught.value)
    assert advice and "This machine is busy" in advice.saw and "again" in advice.do


def test_what_the_learner_sends_waits_for_a_service_that_stops(
    running_room: dict[str, str], service: Callable[[float], None]
) -> None:
    async def script(talk: Talk) -> None:
        await talk.settled()
        service(AWAY)
        await patience.wait_for(talk.handle.signal("tell", "go on"), 0.5, talk.beat)
        await talk.ended()

    assert tried(Waits, {}, script=script).result == "go on"


def test_a_check_that_gets_no_processor_gives_up_in_words(
    shell: Shell, policy: Blank, judged_by: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Semaphore(0)

    async def endless(learner: Learner) -> None:
        learner.step("It comes to an end")
        try:
            await asyncio.Event().wait()
        finally:
            ended.release()

    judged_by(endless)
    shell.run("from datetime import timedelta\nfrom temporalio.common import RetryPolicy")
    shell.run(policy.finished, policy.cell_id)
    monkeypatch.setattr(patience, "slowdown", lambda: 1000.0)
    monkeypatch.setattr(checks, "GIVE_UP_SECONDS", 1.0)
    assert asyncio.run(checks.examine("retry_policy")).verdict == NOT_DECIDED
    assert ended.acquire(timeout=30), "what the check began goes on"
    monkeypatch.setattr(patience, "slowdown", lambda: 1.0)
    monkeypatch.setattr(checks, "LIMIT_SECONDS", 0.5)
    assert asyncio.run(checks.examine("retry_policy")).verdict == NOT_YET
    assert ended.acquire(timeout=30), "what the check began goes on"


def test_a_check_that_takes_longer_says_so(
    shell: Shell,
    policy: Blank,
    judged_by: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def slow(learner: Learner) -> None:
        await asyncio.sleep(0.5)

    judged_by(slow)
    shell.run("from datetime import timedelta\nfrom temporalio.common import RetryPolicy")
    shell.run(policy.finished, policy.cell_id)
    monkeypatch.setattr(checks, "NEWS_SECONDS", 0.1)
    asyncio.run(checks.check("retry_policy"))
    said = capsys.readouterr().out
    assert said.index("the machine is busy") < said.index("✓ Right")
