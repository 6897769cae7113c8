"""follow on a real Temporal Service: what a learner sees, and where it ends."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import room as rooms
from jupyter_client.manager import KernelManager
from temporalio import activity, workflow
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from workshop.core import patience
from workshop.core.display import clean
from workshop.core.patience import Patience
from workshop.watching.follow import (
    FollowError,
    NoWorker,
    Progress,
    StillRunning,
    completed,
    failed,
    follow,
    history_rows,
    started,
    stuck,
    timer_started,
)
from workshop.watching.follow.errors import (
    ActivityNotRegistered,
    ServiceAway,
    UnknownWorkflow,
    WorkflowEnded,
    WorkflowTaskFailed,
)
from workshop.watching.follow.history import steps
from workshop.watching.follow.rows import Step
from workshop.watching.follow.screens import as_html

TEMPORAL = Path(sys.executable).parent / "temporal"
QUICK = timedelta(seconds=10)
HOSTILE = '<script>alert(1)</script>\x1b[31m & "quotes"\nsecond line'


@dataclass
class Report:
    title: str
    pages: int


@activity.defn
async def write(title: str) -> Report:
    return Report(title, 3)


@activity.defn
async def shaky(failures: int) -> str:
    if activity.info().attempt <= failures:
        raise ValueError("the printer is out of paper")
    return "printed"


@activity.defn
async def hostile() -> str:
    raise ApplicationError(HOSTILE, type="<b>Evil</b>", non_retryable=True)


@workflow.defn(sandboxed=False)
class Writes:
    @workflow.run
    async def run(self, title: str) -> Report:
        return await workflow.execute_activity(write, title, start_to_close_timeout=QUICK)


@workflow.defn(sandboxed=False)
class Retries:
    @workflow.run
    async def run(self, failures: int) -> str:
        await workflow.execute_activity(write, "one", start_to_close_timeout=QUICK)
        policy = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=1)
        return await workflow.execute_activity(
            shaky, failures, start_to_close_timeout=QUICK, retry_policy=policy
        )


@workflow.defn(sandboxed=False)
class Hostile:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(hostile, start_to_close_timeout=QUICK)


@workflow.defn(sandboxed=False)
class Sleeps:
    @workflow.run
    async def run(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "awake"


@workflow.defn(sandboxed=False)
class WaitsForSignal:
    def __init__(self) -> None:
        self.approved = False

    @workflow.signal
    def approve(self) -> None:
        self.approved = True

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.approved)
        return "approved"


@workflow.defn(sandboxed=False)
class Continues:
    @workflow.run
    async def run(self, left: int) -> int:
        await asyncio.sleep(0.3)
        if left:
            workflow.continue_as_new(left - 1)
        return left


@workflow.defn(sandboxed=False, name="Edited")
class Broken:
    @workflow.run
    async def run(self) -> str:
        return titel  # type: ignore[name-defined]  # noqa: F821


@workflow.defn(sandboxed=False, name="Edited")
class BrokenOtherwise:
    @workflow.run
    async def run(self) -> str:
        raise TypeError("still not right")


@workflow.defn(sandboxed=False, name="Edited")
class Mended:
    @workflow.run
    async def run(self) -> str:
        return "mended"


@workflow.defn(sandboxed=False)
class NeedsMore:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity("send_email", start_to_close_timeout=QUICK)


@activity.defn
async def send_email() -> str:
    return "sent"


ALL: list[type] = [Writes, Retries, Hostile, Sleeps, WaitsForSignal, Continues, NeedsMore]


class Room:
    """A Temporal Service of the test's own, with the loop it lives on."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.service = self.run(
            WorkflowEnvironment.start_local(
                dev_server_existing_path=str(TEMPORAL),
                dev_server_extra_args=[
                    "--dynamic-config-value",
                    "history.transferProcessorMaxPollRPS=2000",
                ],
                dev_server_log_level="error",
            )
        )

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(patience.wait_for(work, 30))

    @property
    def client(self) -> Client:
        return self.service.client

    def worker(
        self,
        queue: str,
        workflows: list[type] = ALL,
        activities: list[Callable[..., Any]] | None = None,
    ) -> AbstractAsyncContextManager[Any]:
        acts = [write, shaky, hostile] if activities is None else activities
        return Worker(self.client, task_queue=queue, workflows=workflows, activities=acts)

    async def start(self, run: Any, *args: Any, queue: str, **more: Any) -> WorkflowHandle:
        return await self.client.start_workflow(
            run, args=args, id=f"{queue}-workflow", task_queue=queue, **more
        )

    def close(self) -> None:
        self.run(self.service.shutdown())
        self.loop.close()


@pytest.fixture(scope="module")
def temporal() -> Iterator[Room]:
    room = Room()
    yield room
    room.close()


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "state"))


@pytest.fixture
def queue() -> str:
    return f"q{uuid.uuid4().hex[:8]}"


async def until_true(check: Callable[[], Awaitable[bool]]) -> None:
    waiting = Patience(10)
    while not await check():
        assert not waiting.over()
        await asyncio.sleep(0.02)


def sanitised(text: str) -> str:
    return re.sub(r"\d+\.\d+ s", "N s", text)


def test_a_workflow_is_followed_to_its_typed_result(temporal, queue, capsys):
    async def scene():
        async with temporal.worker(queue):
            return await follow(await temporal.start(Writes.run, "Ants", queue=queue))

    assert temporal.run(scene()) == Report("Ants", 3)
    last = sanitised(capsys.readouterr().out).splitlines()
    assert last[-1] == "1 of 1 steps completed"
    assert f"Writes {queue}-workflow: completed" in last
    assert any(re.fullmatch(r"  ✓ write +completed, attempt 1, N s", line) for line in last)


def test_watching_stops_at_a_condition_and_the_workflow_goes_on(temporal, queue, capsys):
    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(Retries.run, 2, queue=queue)
            assert await follow(handle, until=failed("shaky", times=2)) is None
            early = capsys.readouterr().out
            assert (await handle.describe()).status.name == "RUNNING"
            result = await follow(handle)
            ended = await handle.describe()
            took = (ended.close_time - ended.start_time).total_seconds()
            await asyncio.sleep(0.5)  # what it took grows no more
            return early, result, await history_rows(handle), took

    early, result, rows, took = temporal.run(scene())
    assert result == "printed"
    assert "↻ shaky" in early
    assert "retrying, attempt 2, ValueError: the printer is out of paper" in early
    assert early.endswith("Stopped watching: shaky has failed 2 times. The Workflow goes on.\n")
    assert "1 of 2 steps completed so far" in early
    whole, shaky_row = rows
    assert (whole.name, whole.attempt, whole.failures, whole.error) == ("write", 1, 0, "")
    assert (shaky_row.state, shaky_row.attempt, shaky_row.failures) == ("completed", 3, 2)
    assert shaky_row.error == "ValueError: the printer is out of paper"
    assert 2 < shaky_row.seconds < took
    end = capsys.readouterr().out
    assert "next attempt" not in end.splitlines()[-2]
    assert end.splitlines()[-1] == "2 of 2 steps completed"


def test_a_countdown_alone_prints_nothing(temporal, queue, capsys):
    async def scene():
        async with temporal.worker(queue):
            await follow(await temporal.start(Sleeps.run, 1.5, queue=queue))

    temporal.run(scene())
    lines = sanitised(capsys.readouterr().out).splitlines()
    lines = [" ".join(line.split()) for line in lines]
    # The service may tell that the timer fired before it tells that the Workflow completed.
    assert sorted(lines) == sorted(
        [
            f"Sleeps {queue}-workflow: running",
            "⏲ timer of N s running, fires in N s",
            f"Sleeps {queue}-workflow: completed",
            "✓ timer of N s fired, N s",
            "1 of 1 steps completed",
        ]
    )


def test_each_condition_is_met_and_says_its_name(temporal, queue, capsys):
    def one_row(progress: Progress) -> bool:
        return len(progress.steps) == 1

    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(Sleeps.run, 60, queue=queue)
            await follow(handle, until=timer_started())
            await follow(handle, until=one_row)
            await handle.terminate()
            other = await temporal.start(Writes.run, "Bees", queue=f"{queue}")
            await follow(other, until=started(write))
            await follow(other, until=completed("write"))

    temporal.run(scene())
    out = capsys.readouterr().out
    assert "Stopped watching: a timer has started. The Workflow goes on." in out
    assert "Stopped watching: one_row is met. The Workflow goes on." in out
    assert str(failed(send_email)) == "send_email has failed"
    assert str(started(write)) == "write has started"


def test_a_condition_may_ask_for_several_steps():
    def progress(*states):
        steps = [Step("activity", "write", state, n, 0.0, attempt=1) for n, state in states]
        timers = [Step("timer", "timer of 5 days", "running", 9, 0.0)]
        return Progress("Draft", "draft-1", "run", "running", (*steps, *timers))

    once, twice = progress((1, "completed")), progress((1, "completed"), (2, "completed"))
    half = progress((1, "completed"), (2, "running"))
    assert completed("write")(once) and not completed("write", times=2)(once)
    assert completed("write", times=2)(twice) and not completed("write", times=2)(half)
    assert started("write", times=2)(half) and not started("write", times=2)(once)
    assert timer_started()(once) and not timer_started(times=2)(once)
    assert str(completed("write", times=2)) == "write has completed 2 times"


def test_a_condition_that_came_too_late_is_told(temporal, queue):
    async def scene():
        async with temporal.worker(queue):
            await follow(
                await temporal.start(Writes.run, "Cats", queue=queue), until=timer_started()
            )

    with pytest.raises(FollowError, match="completed before a timer has started"):
        temporal.run(scene())


def test_a_bug_in_the_workflow_ends_the_waiting_with_its_cause(temporal, queue):
    async def scene():
        async with temporal.worker(queue, [Broken]):
            handle = await temporal.start(Broken.run, queue=queue)
            await patience.wait_for(follow(handle), 5)

    with pytest.raises(WorkflowTaskFailed) as told:
        temporal.run(scene())
    assert "NameError: name 'titel' is not defined" in told.value.saw
    assert "In run, test_follow.py line" in told.value.saw
    assert "return titel" in told.value.saw
    assert "start_worker" in told.value.do
    assert "handle.terminate()" in told.value.do


def test_a_failure_from_before_is_told_soon_while_the_same_worker_polls(temporal, queue):
    async def scene():
        async with temporal.worker(queue, [Broken]):
            handle = await temporal.start(Broken.run, queue=queue)

            async def second_attempt() -> bool:
                task = (await handle.describe()).raw_description.pending_workflow_task
                ran = time.time() > task.started_time.ToSeconds() + 1.5
                return task.attempt > 1 and task.started_time.seconds > 0 and ran

            await until_true(second_attempt)
            await patience.wait_for(follow(handle), 4)

    with pytest.raises(WorkflowTaskFailed, match="titel"):
        temporal.run(scene())


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_mended_workflow_is_not_blamed_for_its_old_failure(temporal, queue, seen_before, capsys):
    async def scene():
        async with temporal.worker(queue, [Broken]):
            handle = await temporal.start(
                Broken.run, queue=queue, task_timeout=timedelta(seconds=2)
            )
            if seen_before:
                with pytest.raises(WorkflowTaskFailed):
                    await follow(handle)
            else:

                async def has_failed() -> bool:
                    task = (await handle.describe()).raw_description.pending_workflow_task
                    # A learner's edit takes longer than this.
                    edited = time.time() > task.started_time.ToSeconds() + 1.5
                    return task.attempt > 1 and task.started_time.seconds > 0 and edited

                await until_true(has_failed)
        async with temporal.worker(queue, [Mended]):
            return await follow(handle)

    assert temporal.run(scene()) == "mended"
    assert "failed earlier (NameError" in capsys.readouterr().out


def test_a_new_error_after_an_edit_is_told_and_not_the_old_one(temporal, queue):
    async def scene():
        async with temporal.worker(queue, [Broken]):
            handle = await temporal.start(
                Broken.run, queue=queue, task_timeout=timedelta(seconds=2)
            )
            with pytest.raises(WorkflowTaskFailed):
                await follow(handle)
        async with temporal.worker(queue, [BrokenOtherwise]):
            await follow(handle)

    with pytest.raises(WorkflowTaskFailed) as told:
        temporal.run(scene())
    assert "TypeError: still not right" in told.value.saw
    assert "titel" not in told.value.saw


def test_code_that_no_longer_fits_the_history_is_told(temporal, queue):
    async def scene():
        async with temporal.worker(queue, [Sleeps]):
            handle = await temporal.start(Sleeps.run, 1.0, queue=queue)
            await follow(handle, until=timer_started())
        async with temporal.worker(queue, [WritesAsSleeps]):
            await follow(handle)

    with pytest.raises(WorkflowTaskFailed) as told:
        temporal.run(scene())
    assert "TMPRL1100" in told.value.saw
    assert "Put the Workflow's code back" in told.value.do


@workflow.defn(sandboxed=False, name="Sleeps")
class WritesAsSleeps:
    @workflow.run
    async def run(self, seconds: float) -> Report:
        return await workflow.execute_activity(write, "x", start_to_close_timeout=QUICK)


def test_a_task_queue_that_nobody_polls_is_named(temporal, queue):
    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(Writes.run, "Dogs", queue=f"{queue}-reserach")
            await patience.wait_for(follow(handle), 8)

    with pytest.raises(NoWorker) as told:
        temporal.run(scene())
    assert f"Task Queue '{queue}-reserach' has no Worker" in told.value.saw
    assert "start_workflow" in told.value.do


def test_no_worker_is_no_trouble_while_a_timer_runs(temporal, queue, monkeypatch):
    monkeypatch.setattr(stuck, "NO_POLLER_SECONDS", 0.3)
    monkeypatch.setattr(stuck, "OLD_POLLER_SECONDS", 0.3)

    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(Sleeps.run, 60, queue=queue)
            await follow(handle, until=timer_started())
        with pytest.raises(StillRunning) as told:
            await follow(handle, limit=1.5)
        return told.value

    told = temporal.run(scene())
    assert re.search(r"Its timer of 60\.0 s is running, fires in \d+\.\d s\.", told.saw)


def test_an_activity_that_the_worker_lacks_is_named_and_can_be_added(temporal, queue):
    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(NeedsMore.run, queue=queue)
            with pytest.raises(ActivityNotRegistered) as told:
                await patience.wait_for(follow(handle), 5)
            await follow(handle, until=failed("send_email"))
        async with temporal.worker(queue, activities=[send_email]):
            return told.value, await follow(handle)

    told, result = temporal.run(scene())
    assert result == "sent"
    assert "send_email" in told.saw
    assert "It knows hostile, shaky, write." in told.saw
    assert "activities=[…]" in told.do


def test_a_worker_without_activities_is_told(temporal, queue, monkeypatch):
    monkeypatch.setattr(stuck, "NO_POLLER_SECONDS", 0.5)

    async def scene():
        async with temporal.worker(queue, activities=[]):
            await follow(await temporal.start(Writes.run, "Emus", queue=queue), limit=5)

    with pytest.raises(ActivityNotRegistered, match="runs Workflows and no Activities"):
        temporal.run(scene())


def test_the_limit_says_what_the_workflow_waits_for(temporal, queue):
    async def scene():
        async with temporal.worker(queue):
            waiting = await temporal.start(WaitsForSignal.run, queue=queue)
            with pytest.raises(StillRunning) as told:
                await follow(waiting, limit=0.5)
            first = told.value
            await waiting.signal(WaitsForSignal.approve)
            result = await follow(waiting)
            retrying = await temporal.start(Retries.run, 99, queue=queue)
            with pytest.raises(StillRunning) as told:
                await follow(retrying, limit=1.0)
            await retrying.terminate()
            return result, first, told.value

    result, waiting, retrying = temporal.run(scene())
    assert result == "approved"
    assert "waits for a Signal" in waiting.saw
    assert "nothing is lost" in waiting.do
    assert re.search(r"Activity shaky is (retrying|running), attempt \d", retrying.saw)
    assert "out of paper" in retrying.saw
    assert "correct its cell" in retrying.do and "correct its cell" not in waiting.do


@activity.defn(name="shaky")
async def takes_another(title: str, pages: int) -> str:
    return title * pages


@activity.defn(name="shaky")
async def returns_what_is_no_json(failures: int) -> object:
    return object()


@activity.defn(name="shaky")
async def sleeps(failures: int) -> str:
    await asyncio.sleep(20)
    return "late"


@workflow.defn(sandboxed=False, name="Retries")
class Impatient:
    @workflow.run
    async def run(self, failures: int) -> str:
        return await workflow.execute_activity(
            "shaky", failures, start_to_close_timeout=timedelta(seconds=1)
        )


@pytest.mark.parametrize(
    ("activities", "why"),
    [
        ([shaky], ""),
        ([write], "the Worker does not know it"),
        ([takes_another], "the SDK could not give it its input"),
        ([returns_what_is_no_json], "the SDK could not give it its input, or could not keep what"),
        ([sleeps], "its Start-to-close timeout was over"),
    ],
    ids=["its own", "not registered", "input", "result", "timeout"],
)
def test_an_activity_that_fails_for_another_reason_than_its_own(
    temporal, queue, capsys, activities, why
):
    async def scene():
        async with temporal.worker(queue, workflows=[Impatient], activities=activities):
            handle = await temporal.start("Retries", 9, queue=queue)
            await follow(handle, until=failed("shaky"))
            await handle.terminate()

    temporal.run(scene())
    end = capsys.readouterr().out.splitlines()[-1]
    assert end.startswith("Stopped watching: shaky has failed. The Workflow goes on.")
    assert ("Its own code did not fail: " in end) == bool(why) and why in end
    if activities == [write]:
        assert "is not registered on this worker" in end


def test_an_answer_too_large_to_be_kept_is_told_and_not_paid_for_ever(temporal, queue):
    @activity.defn(name="shaky")
    async def huge(failures: int) -> str:
        return "x" * 3_000_000

    async def scene():
        async with temporal.worker(queue, workflows=[Impatient], activities=[huge]):
            handle = await temporal.start("Retries", 9, queue=queue)
            try:
                with pytest.raises(FollowError) as told:
                    await follow(handle)
            finally:
                await handle.terminate()
            return told.value

    told = temporal.run(scene())
    assert "larger than the 2 MB that Temporal keeps of one result" in told.saw
    assert "paid for, again" in told.expected and "handle.terminate()" in told.do


def test_an_activity_that_fails_otherwise_than_the_last_time(temporal, queue, capsys):
    @activity.defn(name="shaky")
    async def torn(failures: int) -> str:
        raise OSError("the paper is torn")

    async def scene(name, broken):
        async with temporal.worker(queue, workflows=[Retries], activities=[write, broken]):
            handle = await temporal.client.start_workflow(
                "Retries", 9, id=f"{queue}-{name}", task_queue=queue
            )
            await follow(handle, until=failed("shaky"))
            await handle.terminate()
            return capsys.readouterr().out.splitlines()[-1]

    ends = [temporal.run(scene(n, act)) for n, act in enumerate([shaky, shaky, torn])]
    assert "when you last watched" not in ends[1]
    assert "It failed with OSError; when you last watched it failed with ValueError." in ends[2]


def test_what_is_too_long_is_cut_where_it_says_least():
    said = "NotFoundError: Activity function send_email for workflow " + "x" * 300 + " ends here"
    cut = clean(said, 120)
    assert len(cut) <= 120 and cut.startswith("NotFoundError: Activity function send_email")
    assert " … " in cut and cut.endswith(" ends here")
    assert clean("as it is", 120) == "as it is"


def test_each_row_is_counted(temporal, queue):
    def row(kind: str, state: str) -> Step:
        return Step(kind, "x", state, 1, 0.0)

    rows = [row("activity", "completed")] * 3 + [
        row("timer", "cancelled"),
        row("signal", "received"),
    ]
    whole = Progress("W", "w", "r", "completed", tuple(rows))
    assert whole.summary() == "3 of 3 steps completed, 1 timer cancelled, 1 Signal received"
    part = Progress(
        "W", "w", "r", "running", (*rows, row("timer", "running"), row("signal", "received"))
    )
    assert part.summary() == (
        "3 of 4 steps completed so far, 1 timer cancelled, 2 Signals received"
    )


def test_a_workflow_left_behind_by_a_cell_run_twice_is_named(temporal, queue, capsys):
    async def scene():
        async with temporal.worker(queue):
            handles = [
                await temporal.client.start_workflow(
                    Retries.run, 9, id=f"{queue}-{n}", task_queue=queue
                )
                for n in range(2)
            ]
            await follow(handles[0], until=failed("shaky", times=2))
            capsys.readouterr()
            await follow(handles[1], until=failed("shaky", times=2))
            said = capsys.readouterr().out
            await handles[0].terminate()
            await follow(handles[1], until=failed("shaky", times=2))
            for handle in handles[1:]:
                await handle.terminate()
            return said, capsys.readouterr().out

    twice, once = temporal.run(scene())
    assert f"{queue}-0 is still running too" in twice and f'("{queue}-0").terminate()' in twice
    assert f"{queue}-1 is still" not in twice and "is still running too" not in once


def test_a_failed_workflow_names_its_innermost_cause(temporal, queue, capsys):
    async def scene():
        async with temporal.worker(queue):
            await follow(await temporal.start(Hostile.run, queue=queue))

    with pytest.raises(WorkflowEnded) as told:
        temporal.run(scene())
    assert "failed: <b>Evil</b>: <script>alert(1)</script>" in told.value.saw
    assert "Activity hostile failed with an error that is not retried" in told.value.saw
    assert type(told.value.__cause__).__name__ == "WorkflowFailureError"
    out = capsys.readouterr().out
    assert "✗ hostile" in out
    assert "\x1b" not in out
    assert "second line" not in out


def test_a_terminated_workflow_is_told(temporal, queue):
    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(Sleeps.run, 60, queue=queue)
            await follow(handle, until=timer_started())
            await handle.terminate(reason="enough")
            rows = await history_rows(handle)
            with pytest.raises(WorkflowEnded) as told:
                await follow(handle)
            return told.value, rows

    told, rows = temporal.run(scene())
    assert "was terminated: TerminatedError: enough" in told.saw
    assert [row.state for row in rows] == ["left open"]


def test_a_workflow_that_continues_as_new_is_followed_through(temporal, queue, capsys):
    async def scene():
        async with temporal.worker(queue):
            return await follow(await temporal.start(Continues.run, 1, queue=queue))

    assert temporal.run(scene()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1 of 1 steps completed"
    assert f"Continues {queue}-workflow: completed" in lines


def test_an_unknown_workflow_is_told(temporal):
    with pytest.raises(UnknownWorkflow, match="no Workflow 'nobody'"):
        temporal.run(follow(temporal.client.get_workflow_handle("nobody")))


def test_nothing_of_the_service_reaches_html_unescaped(temporal, queue):
    async def scene():
        async with temporal.worker(queue):
            handle = await temporal.start(Hostile.run, queue=queue)
            with pytest.raises(WorkflowEnded):
                await follow(handle)
            return await history_rows(handle)

    rows = temporal.run(scene())
    progress = Progress("<i>T</i>", "<u>id</u>", "run", "failed", rows)
    page = as_html(progress, 'https://ui/"><img src=x>', "<em>note</em>")
    for raw in ("<script", "<b>", "<i>", "<u>", "<em>", "<img", "\x1b"):
        assert raw not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<th scope="row"' in page
    assert "<caption" in page
    assert 'aria-live="polite"' in page
    assert "✗ failed" in page
    assert "href" not in as_html(progress, "javascript:alert(1)")


def test_a_service_that_went_away_is_told_within_the_limit(capsys):
    temporal = Room()
    try:

        async def scene():
            async with temporal.worker("gone"):
                handle = await temporal.start(Sleeps.run, 60, queue="gone")
                await follow(handle, until=timer_started())
            watching = asyncio.create_task(follow(handle, limit=2.5))
            await temporal.service.shutdown()
            with rooms.quick(4), pytest.raises(ServiceAway, match="does not answer"):
                await watching

        temporal.run(scene())
    finally:
        temporal.close()
    assert "The Temporal Service does not answer; trying again." in capsys.readouterr().out


def test_rows_are_pure_and_need_no_service(temporal, queue):
    async def scene() -> list[HistoryEvent]:
        async with temporal.worker(queue):
            handle = await temporal.start(Retries.run, 0, queue=queue)
            await handle.result()
            return [event async for event in handle.fetch_history_events()]

    events = temporal.run(scene())
    cut = [e for e in events if e.event_id <= 6]
    assert [row.state for row in steps(cut)] == ["waiting for a Worker"]
    assert [row.name for row in steps(events)] == ["write", "shaky"]
    assert [row.state for row in steps(events)] == ["completed", "completed"]
    assert steps(events, now=0) == steps(events, now=1e12)


IN_A_KERNEL = """
from temporalio.client import Client
from workshop.watching.follow import follow, timer_started
client = await Client.connect("ADDRESS")
handle = client.get_workflow_handle("ID")
await follow(handle, web_ui="http://localhost:1/x", until=timer_started())
await follow(handle, web_ui="http://localhost:1/x")
"""


def test_a_notebook_gets_one_display_that_is_updated_in_place(
    temporal, queue, tmp_path, monkeypatch
):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel(env=dict(os.environ), stderr=subprocess.DEVNULL)
    client = kernel.client()
    outputs: list[dict[str, Any]] = []

    async def scene():
        async with temporal.worker(queue):
            await temporal.start(Sleeps.run, 4, queue=queue)
            address = temporal.client.service_client.config.target_host
            code = IN_A_KERNEL.replace("ADDRESS", address).replace("ID", f"{queue}-workflow")
            await asyncio.to_thread(
                client.execute_interactive, code, timeout=25, output_hook=outputs.append
            )

    try:
        client.start_channels()
        client.wait_for_ready(timeout=20)
        temporal.run(scene())
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    assert [o for o in outputs if o["msg_type"] in ("error", "stream")] == []
    shown = [o for o in outputs if "display_data" in o["msg_type"]]
    assert [o["msg_type"] for o in shown].count("display_data") == 2, "one for each follow"
    assert all({"text/plain", "text/html"} == set(o["content"]["data"]) for o in shown)
    ids = [o["content"]["transient"]["display_id"] for o in shown]
    assert len(set(ids)) == 2
    last = shown[-1]["content"]["data"]
    assert sanitised(last["text/plain"]).splitlines() == [
        f"Sleeps {queue}-workflow: completed",
        "Web UI: http://localhost:1/x",
        "  ✓ timer of N s  fired, N s",
        "1 of 1 steps completed",
    ]
    assert 'href="http://localhost:1/x"' in last["text/html"]
    result = [o for o in outputs if o["msg_type"] == "execute_result"]
    assert result[-1]["content"]["data"]["text/plain"] == "'awake'"
