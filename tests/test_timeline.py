"""The timeline on a real Temporal Service: what the picture and the table say, and what not."""

from __future__ import annotations

import asyncio
import re
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import litellm
import pytest
from nbval.plugin import get_sanitize_patterns
from temporalio import activity, workflow
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import authoring
from workshop.core import patience
from workshop.core.patience import Patience
from workshop.core.settings import load
from workshop.practice.model import faults
from workshop.services.time_skipping import test_server
from workshop.watching.follow.errors import ServiceAway, UnknownWorkflow
from workshop.watching.metering import attach
from workshop.watching.timeline import Mark, Row, Span, Timeline, timeline
from workshop.watching.timeline.picture import LINE_LENGTH, ticks

QUICK = timedelta(seconds=10)
SOON = RetryPolicy(initial_interval=timedelta(milliseconds=300), backoff_coefficient=1)
HOSTILE = '<script>alert("1")</script>\x1b[31m & \u202e'


def complete(prompt: str) -> str:
    settings = load()
    answer = litellm.completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=5,
        max_retries=0,
    )
    return str(answer["choices"][0]["message"]["content"])


@activity.defn
async def llm_call(prompt: str) -> str:
    answer = await asyncio.to_thread(complete, prompt)
    if "illegible" in prompt and activity.info().attempt == 1:
        raise ApplicationError("the answer cannot be read")
    return answer


@activity.defn
async def write(text: str) -> str:
    return text


@activity.defn
async def shaky(failures: int) -> str:
    """Fails so many times; a negative number: fails, and then takes long."""
    await asyncio.sleep(0.05)
    if activity.info().attempt <= abs(failures):
        raise ApplicationError("the printer is out of paper")
    await asyncio.sleep(9 if failures < 0 else 0)
    return "printed"


@activity.defn
async def hangs(attempts: int) -> str:
    await asyncio.sleep(9 if activity.info().attempt <= attempts else 0)
    return "there"


@activity.defn(name=HOSTILE)
async def hostile() -> str:
    raise ApplicationError(HOSTILE, type=HOSTILE, non_retryable=True)


@workflow.defn(sandboxed=False)
class Report:
    @workflow.run
    async def run(self, prompt: str) -> str:
        facts: str = await workflow.execute_activity(
            llm_call, prompt, start_to_close_timeout=QUICK, retry_policy=SOON
        )
        return await workflow.execute_activity(write, facts, start_to_close_timeout=QUICK)


@workflow.defn(sandboxed=False)
class Prints:
    @workflow.run
    async def run(self, failures: int, attempts: int) -> str:
        policy = RetryPolicy(
            initial_interval=SOON.initial_interval,
            backoff_coefficient=1,
            maximum_attempts=attempts,
        )
        return await workflow.execute_activity(
            shaky, failures, start_to_close_timeout=QUICK, retry_policy=policy
        )


@workflow.defn(sandboxed=False)
class Hangs:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(
            hangs, 1, start_to_close_timeout=timedelta(seconds=1), retry_policy=SOON
        )


@workflow.defn(sandboxed=False)
class Sleeps:
    @workflow.run
    async def run(self, seconds: float) -> str:
        await workflow.sleep(timedelta(seconds=seconds))
        return await workflow.execute_activity(write, "x", start_to_close_timeout=QUICK)


@workflow.defn(sandboxed=False)
class Child:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_child_workflow(
            Sleeps.run, 0.1, id=f"{workflow.info().workflow_id}-child"
        )


@workflow.defn(sandboxed=False)
class Talks:
    def __init__(self) -> None:
        self.approved = 0

    @workflow.signal
    def approve(self) -> None:
        self.approved += 1

    @workflow.update
    async def rename(self, title: str) -> str:
        if not title:
            raise ApplicationError("a title has letters")
        await workflow.sleep(timedelta(seconds=0.2))
        return title

    @rename.validator
    def _check(self, title: str) -> None:
        if title == "refused":
            raise ValueError("refused before it was accepted")

    @workflow.query
    def count(self) -> int:
        return self.approved

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.approved >= 2)
        return self.approved


@workflow.defn(sandboxed=False)
class Waits:
    """Waits for as many decisions as runs; each run but the last continues as new."""

    def __init__(self) -> None:
        self.decided = ""

    @workflow.signal
    def tell(self, choice: str) -> None:
        self.decided = choice

    @workflow.update
    def decide(self, choice: str) -> str:
        self.decided = choice
        return choice

    @decide.validator
    def _check(self, choice: str) -> None:
        if choice == "refused":
            raise ValueError("no such choice")

    @workflow.run
    async def run(self, seconds: float, runs: int) -> str:
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self.decided), timeout=timedelta(seconds=seconds)
            )
        await workflow.execute_activity(write, self.decided, start_to_close_timeout=QUICK)
        if runs > 1:
            workflow.continue_as_new(args=[seconds, runs - 1])
        return self.decided


held = 0


@workflow.defn(sandboxed=False)
class Holds:
    @workflow.run
    async def run(self) -> None:
        global held
        held += 1
        time.sleep(1.5 if held == 1 else 0)  # noqa: ASYNC251


@workflow.defn(sandboxed=False)
class Broken:
    @workflow.run
    async def run(self) -> str:
        return titel  # type: ignore[name-defined]  # noqa: F821


@workflow.defn(sandboxed=False)
class Hostile:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(HOSTILE, start_to_close_timeout=QUICK)


WORKFLOWS = [Report, Prints, Hangs, Sleeps, Child, Talks, Waits, Holds, Broken, Hostile]


class Stage:
    """A Client of the room, and a Task Queue for each scene."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.queue = f"q-{uuid.uuid4().hex[:8]}"

    def worker(self) -> AbstractAsyncContextManager[Any]:
        return Worker(
            self.client,
            task_queue=self.queue,
            workflows=WORKFLOWS,
            activities=[llm_call, write, shaky, hangs, hostile],
        )

    async def start(self, run: Any, *args: Any, **more: Any) -> WorkflowHandle[Any, Any]:
        more.setdefault("id", f"{run.__qualname__.split('.')[0].lower()}-{uuid.uuid4()}")
        return await self.client.start_workflow(run, args=args, task_queue=self.queue, **more)

    async def ended(self, run: Any, *args: Any, **more: Any) -> Timeline:
        """The timeline of a Workflow that a Worker took to its end."""
        async with self.worker():
            handle = await self.start(run, *args, **more)
            with suppress(WorkflowFailureError):
                await handle.result()
            return await timeline(handle)

    async def until(self, handle: Any, met: Callable[[Timeline], bool]) -> Timeline:
        waiting = Patience(10)
        while not met(shown := await timeline(handle)):
            assert not waiting.over(), shown
            await asyncio.sleep(0.05)
        return shown


Play = Callable[[Callable[[Stage], Awaitable[Any]]], Any]


@pytest.fixture
def play(running_room: dict[str, str]) -> Iterator[Play]:
    """Run a scene in the room."""
    assert attach()

    def run(scene: Callable[[Stage], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            return await scene(Stage(await Client.connect(load().temporal_address)))

        return asyncio.run(patience.wait_for(main(), 40))

    yield run
    litellm.client_session = litellm.aclient_session = None
    litellm.in_memory_llm_clients_cache.flush_cache()


# Reading a picture


def svg(shown: Timeline) -> ElementTree.Element:
    (found,) = re.findall(
        r'(?s)<svg class="workshop-timeline".*</svg>(?=<div class="legend")', shown._repr_html_()
    )
    return ElementTree.fromstring(found)


def explained(shown: Timeline) -> list[str]:
    """The words of the legend."""
    (found,) = re.findall(r'(?s)<div class="legend".*?</div>', shown._repr_html_())
    return ["".join(entry.itertext()) for entry in ElementTree.fromstring(found)]


def drawn(shown: Timeline) -> dict[str, list[ElementTree.Element]]:
    """What is drawn below the words of each row."""
    rows: dict[str, list[ElementTree.Element]] = {}
    for element in svg(shown):
        if element.get("class") == "row":
            rows["".join(element.itertext())] = []
        elif rows:
            rows[list(rows)[-1]].append(element)
    return rows


def bars(elements: list[ElementTree.Element]) -> list[tuple[str, float, float]]:
    """Shape, beginning and end of a row's bars, in percent."""
    found = []
    for group in elements:
        shape = group.get("class", "")
        if not shape.startswith("bar "):
            continue
        box = group.find("rect")
        if box is not None:
            left = float(box.get("x", "")[:-1])
            ends = left + float(box.get("width", "")[:-1])
        else:
            line = group.find("line")
            assert line is not None
            left, ends = (float(line.get(x, "")[:-1]) for x in ("x1", "x2"))
        found.append((shape.removeprefix("bar "), left, ends))
    return found


def table(shown: Timeline) -> list[list[str]]:
    """The cells of the table, its head left out."""
    (found,) = re.findall(r"(?s)<table>.*</table>", shown._repr_html_())
    lines = ElementTree.fromstring(found).findall("tbody/tr")
    return [["".join(cell.itertext()) for cell in line] for line in lines]


def what(shown: Timeline) -> list[tuple[str, str]]:
    return [(line[0], line[1]) for line in table(shown)]


def seconds(cell: str) -> float:
    return float(cell.removesuffix(" s"))


# What happened


def test_a_completed_run_is_drawn_in_its_order_with_its_dollars(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Report.run, "three facts about otters"))
    assert what(shown) == [
        ("llm_call", "✓ attempt 1 completed"),
        ("llm_call", "LLM call, attempt 1"),
        ("write", "✓ attempt 1 completed"),
    ]
    called, marked, _ = table(shown)
    assert (
        seconds(called[2]) <= seconds(marked[2]) <= seconds(called[2]) + seconds(called[3]) + 0.01
    )
    assert marked[4] == f"✓ answered, ${shown.dollars:.6f}" and shown.dollars > 0
    rows = drawn(shown)
    first, second = rows
    assert re.fullmatch(r"llm_call\s+✓ completed, attempt 1, \d+\.\d\d s", first)
    assert second.startswith("write")
    ((_, left, right),), ((_, later, _),) = bars(rows[first]), bars(rows[second])
    assert left < right <= later
    (said,) = [e for e in rows[first] if e.get("class") == "call"]
    assert said.text == f"${shown.dollars:.6f}"
    (mark,) = [e for e in rows[first] if e.tag == "svg"]
    assert left - 0.1 <= float(mark.get("x", "")[:-1]) <= right + 0.1
    text = repr(shown).splitlines()
    assert text[0].startswith(f"Report {shown.workflow_id}: completed, ")
    assert text[0].endswith(f". 1 LLM call, ${shown.dollars:.6f}.")
    assert [line.split()[0] for line in text[1:]] == ["Step", "llm_call", "llm_call", "write"]
    assert shown.workflow_id in shown._repr_html_() and "completed" in svg(shown).get(
        "aria-label", ""
    )


def test_attempts_that_failed_share_a_bar_without_bounds_between_them(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Prints.run, 3, 0))
    assert what(shown) == [
        ("shaky", "✗ attempts 1–3 failed, with waits"),
        ("shaky", "✓ attempt 4 completed"),
    ]
    (before, last) = table(shown)
    assert before[4] == "ApplicationError: the printer is out of paper" and last[4] == ""
    assert seconds(before[3]) > 0.9, "with the waits between them"
    assert seconds(before[3]) + seconds(last[3]) < shown.seconds + 0.02, "and the last without"
    ((words, elements),) = drawn(shown).items()
    assert "✓ completed, attempt 4 (1–3 failed)" in words
    told = " ".join("".join(elements[0].itertext()).split())  # it goes on in the next line
    assert told == "last error ApplicationError: the printer is out of paper"
    (failed, left, right), (done, later, _) = bars(elements)
    assert (failed, done) == ("failed", "completed") and left < right <= later + 0.01
    legend = explained(shown)
    assert legend == ["completed", "failed, with waits"]


def test_an_activity_that_fails_for_good_ends_in_a_failed_attempt(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Prints.run, 9, 2))
    assert shown.status == "failed" and "Prints" in repr(shown) and ": failed, " in repr(shown)
    assert what(shown) == [
        ("shaky", "✗ attempt 1 failed, then waited"),
        ("shaky", "✗ attempt 2 failed"),
    ]
    ((words, elements),) = drawn(shown).items()
    assert "✗ failed, attempt 2" in words and "✓" not in words
    assert [shape for shape, _, _ in bars(elements)] == ["failed", "failed"]


def test_an_attempt_that_timed_out_looks_and_reads_otherwise(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Hangs.run))
    assert what(shown) == [
        ("hangs", "✗ attempt 1 timed out, then waited"),
        ("hangs", "✓ attempt 2 completed"),
    ]
    (elements,) = drawn(shown).values()
    assert [shape for shape, _, _ in bars(elements)] == ["timed-out", "completed"]
    assert seconds(table(shown)[0][3]) > 1


def test_what_a_retrying_activity_waits_for_is_shown_while_it_does(play: Play) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline]:
        async with stage.worker():
            handle = await stage.start(Prints.run, -3, 0)
            waits = await stage.until(handle, lambda t: "waiting for attempt 3" in repr(t))
            runs = await stage.until(handle, lambda t: "attempt 4 running" in repr(t))
            await handle.terminate()
            return waits, runs

    waits, runs = play(scene)
    assert [cell for _, cell in what(waits)] == [
        "✗ attempts 1–2 failed, with waits",
        "… waiting for attempt 3",
    ]
    assert waits.running and "so far." in repr(waits)
    ((_, failed_left, failed_right), (shape, left, _)) = bars(*drawn(waits).values())
    assert shape == "waiting" and failed_left < left
    assert failed_right == pytest.approx(left)
    assert [cell for _, cell in what(runs)] == [
        "✗ attempts 1–3 failed, with waits",
        "… waiting for attempt 4",
        "… attempt 4 running",
    ]
    (*_, (shape, _, right)) = bars(*drawn(runs).values())
    assert shape == "running" and right > 99


# What was paid


def test_an_answer_that_was_lost_with_its_attempt_is_shown_and_counted(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Report.run, "illegible facts about otters"))
    first, second = shown.calls
    assert first.lost and not second.lost and first.dollars > 0
    assert "2 LLM calls" in repr(shown) and f"${first.dollars + second.dollars:.6f}" in repr(shown)
    assert "✗ the answer was lost with its attempt" in repr(shown)
    elements = next(iter(drawn(shown).values()))
    said = [e.text for e in elements if e.get("class") == "call"]
    assert said == [f"2 calls, ${shown.dollars:.6f}, 1 answer lost"] or said == [
        f"${first.dollars:.6f}, answer lost",
        f"${second.dollars:.6f}",
    ]
    shapes = [path.get("class") for e in elements if e.tag == "svg" for path in e.iter("path")]
    assert shapes == ["bad hollow", "ok"]


def test_a_call_that_the_provider_refused_costs_nothing_and_is_shown(play: Play) -> None:
    async def scene(stage: Stage) -> Timeline:
        with faults.server_error(times=1, base=load().llm_api_base):
            return await stage.ended(Report.run, "facts about bees")

    shown = play(scene)
    assert [(mark.failed, mark.dollars > 0) for mark in shown.calls] == [
        (True, False),
        (False, True),
    ]
    assert "✗ 500" in repr(shown) and "✗ 500" in shown._repr_html_()


def test_calls_of_an_earlier_run_under_the_same_id_are_left_out(play: Play) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline]:
        name = f"report-{uuid.uuid4()}"
        first = await stage.ended(Report.run, "bees", id=name)
        await asyncio.sleep(0.2)
        return first, await stage.ended(Report.run, "bees", id=name)

    first, second = play(scene)
    assert len(first.calls) == len(second.calls) == 1 and first.run_id != second.run_id


@pytest.mark.parametrize("books", [None, b"this is no ledger"])
def test_without_books_the_history_is_shown_all_the_same(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, books: bytes | None
) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    if books:
        (tmp_path / "practice-ledger.sqlite").write_bytes(books * 100)
    shown = play(lambda stage: stage.ended(Prints.run, 0, 1))
    assert what(shown) == [("shaky", "✓ attempt 1 completed")]
    assert "LLM" not in repr(shown) and "$" not in svg(shown).get("aria-label", "")


# Workers, Signals, Updates, timers


def test_a_gap_is_shown_only_where_a_task_waited_for_a_worker(play: Play) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline, Timeline]:
        async with stage.worker():
            handle = await stage.start(Sleeps.run, 3.0)
            await stage.until(handle, lambda t: "timer" in repr(t))
        # The Worker is gone and the timer runs: the history knows of no gap yet.
        early = await stage.until(handle, lambda t: t.seconds > 0.6)
        late = await stage.until(handle, lambda t: t.seconds > 4.0 and "no Worker" in repr(t))
        async with stage.worker():
            await handle.result()
            return early, late, await timeline(handle)

    early, late, shown = play(scene)
    assert what(early) == [("timer of 3.0 s", "… running")]
    gap, timer = table(late)
    assert gap[:2] == ["Worker", "✗ no Worker took the task that waited"]
    assert seconds(gap[2]) == pytest.approx(seconds(timer[2]) + seconds(timer[3]), abs=0.05)
    assert what(shown) == [
        ("Worker", "✗ no Worker took the task that waited"),
        ("timer of 3.0 s", "✓ fired"),
        ("write", "✓ attempt 1 completed"),
    ]
    lane, timer_row, written = drawn(shown).items()
    assert "no Worker took the task" in lane[0]
    ((_, left, right),), ((_, _, fired),) = bars(lane[1]), bars(timer_row[1])
    ((_, began, _),) = bars(written[1])
    assert fired == pytest.approx(left, abs=0.1) and right <= began
    (band,) = svg(shown).findall("rect[@class='bad band']")
    assert float(band.get("x", "")[:-1]) == left


def test_a_worker_that_is_there_leaves_no_gap(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Sleeps.run, 0.7))
    assert what(shown) == [("timer of 0.7 s", "✓ fired"), ("write", "✓ attempt 1 completed")]


def test_a_workflow_that_nobody_takes_up_is_told(play: Play) -> None:
    async def scene(stage: Stage) -> Timeline:
        handle = await stage.start(Sleeps.run, 1.0)
        shown = await stage.until(handle, lambda t: t.seconds > 0.6)
        await handle.terminate()
        return shown

    shown = play(scene)
    assert what(shown) == [("Worker", "✗ no Worker took the task that waited")]


def test_a_workflow_task_that_was_taken_and_not_answered_is_no_absence(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Holds.run, task_timeout=timedelta(seconds=1)))
    assert what(shown)[0] == ("Worker", "✗ a Worker took a Workflow Task and did not answer")
    assert "no Worker" not in repr(shown)
    assert bars(next(iter(drawn(shown).values())))[0][0] == "unanswered"


def test_a_workflow_task_that_fails_names_its_error(play: Play) -> None:
    async def scene(stage: Stage) -> Timeline:
        async with stage.worker():
            handle = await stage.start(Broken.run)
            shown = await stage.until(handle, lambda t: "failed" in repr(t))
            await handle.terminate()
            return shown

    shown = play(scene)
    assert what(shown)[0] == ("Worker", "✗ a Workflow Task failed")
    assert "NameError: name 'titel' is not defined" in repr(shown)
    assert "NameError" in next(iter(drawn(shown).values()))[0].text


def test_signals_updates_and_queries_stand_where_they_came(play: Play) -> None:
    async def scene(stage: Stage) -> Timeline:
        async with stage.worker():
            handle = await stage.start(Talks.run)
            await handle.execute_update(Talks.rename, "Otters")
            for title in ("", "refused"):
                with pytest.raises(WorkflowUpdateFailedError):
                    await handle.execute_update(Talks.rename, title)
            asked = time.time()
            await handle.query(Talks.count)
            await handle.signal(Talks.approve)
            await asyncio.sleep(0.1)
            await handle.signal(Talks.approve)
            await handle.result()
            return await timeline(handle, queries=[asked])

    shown = play(scene)
    assert what(shown) == [
        ("Update rename", "✓ accepted and completed"),
        ("Update rename", "✗ accepted, then failed"),
        ("timer of 0.2 s", "✓ fired"),
        ("Signal approve", "✓ received"),
        ("Signal approve", "✓ received"),
        ("Queries", "Query"),
    ]
    assert "refused" not in repr(shown)
    rows = drawn(shown)
    named = {words.split("  ")[0]: elements for words, elements in rows.items()}
    said = "Update rename  ✓ accepted and completed, ✗ accepted, then failed"
    assert any(words.startswith(said) for words in rows)
    assert any(words.startswith("Signal approve  ✓ received 2 times") for words in rows)
    assert [shape for shape, _, _ in bars(named["Update rename"])] == ["completed", "failed"]
    signals = [float(e.get("x", "")[:-1]) for e in named["Signal approve"]]
    (query,) = [float(e.get("x", "")[:-1]) for e in named["Queries"]]
    assert query <= signals[0] < signals[1]
    assert bars(named["Update rename"])[0][2] <= query


@pytest.mark.parametrize("way", ["Signal tell", "Update decide"])
def test_a_wait_says_how_long_it_could_have_been_and_what_ended_it(play: Play, way: str) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline]:
        async with stage.worker():
            handle = await stage.start(Waits.run, 5 * 86400, 1)
            waits = await stage.until(handle, lambda t: "timer" in repr(t))
            if way == "Signal tell":
                await handle.signal(Waits.tell, "keep")
            else:
                await handle.execute_update(Waits.decide, "keep")
            await handle.result()
            return waits, await timeline(handle)

    waits, shown = play(scene)
    assert what(waits) == [("timer of 5 days", "… running")]
    assert "fires in 5.0 d" in next(iter(drawn(waits)))
    assert ("timer of 5 days", "- cancelled") in what(shown)
    details = next(line[4] for line in table(shown) if line[0] == "timer of 5 days")
    assert details == f"would have waited 5 days at most; {way} came first"
    assert details in next(words for words in drawn(shown) if words.startswith("timer"))
    arrived = {"Signal tell": "✓ received", "Update decide": "✓ accepted and completed"}
    assert (way, arrived[way]) in what(shown)
    legend = explained(shown)
    assert ("Signal" in legend) == (way == "Signal tell")


def test_a_wait_that_nobody_ends_fires(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Waits.run, 0.3, 1))
    assert what(shown) == [("timer of 0.3 s", "✓ fired"), ("write", "✓ attempt 1 completed")]


def test_a_rejected_update_leaves_no_event_and_is_shown_where_it_is_given(play: Play) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline, bool]:
        async with stage.worker():
            handle = await stage.start(Waits.run, 60, 1)
            await stage.until(handle, lambda t: "timer" in repr(t))
            before = await handle.fetch_history()
            asked = time.time()
            with pytest.raises(WorkflowUpdateFailedError):
                await handle.execute_update(Waits.decide, "refused")
            same = len((await handle.fetch_history()).events) == len(before.events)
            without = await timeline(handle)
            given = await timeline(handle, rejected=[asked])
            await handle.terminate()
            return without, given, same

    without, given, same = play(scene)
    assert same and "rejected" not in repr(without)
    assert what(given)[-1] == ("Updates", "✗ rejected")
    assert any("which leaves no event" in words for words in drawn(given))
    legend = explained(given)
    assert "Update that was rejected" in legend


def test_a_workflow_that_continues_as_new_shows_all_its_runs(play: Play) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline, Timeline, Timeline]:
        async with stage.worker():
            handle = await stage.start(Waits.run, 0.2, 3)
            await handle.result()
        get = stage.client.get_workflow_handle
        first = get(handle.id, run_id=handle.first_execution_run_id)
        last = get(handle.id, run_id=(await get(handle.id).describe()).run_id)
        return tuple([await timeline(one) for one in (handle, get(handle.id), first, last)])

    shown, by_id, first, last = play(scene)
    assert repr(shown) == repr(by_id) and ", in 3 runs." in shown.summary
    run = [("timer of 0.2 s", "✓ fired"), ("write", "✓ attempt 1 completed")]
    on = "✓ continued as new, goes on in the next run"
    assert what(shown) == [("Run 1", on), *run, ("Run 2", on), *run, ("Run 3", "✓ completed"), *run]
    begun = [seconds(line[2]) for line in table(shown)]
    assert begun == sorted(begun) and begun[-1] > 0.5
    rows = drawn(shown).items()
    (_, _, one), (_, two, _), (_, three, _) = (
        bars(elements)[0] for words, elements in rows if words.startswith("Run")
    )
    assert one <= two + 0.5 and two < three, "each run is drawn after the one before"
    assert first.status == "continued as new" and what(first) == [("Run", on), *run]
    assert last.status == "completed" and what(last) == run


def test_five_days_on_the_time_skipping_server_are_shown() -> None:
    async def scene() -> Timeline:
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=test_server()
        ) as env:
            stage = Stage(env.client)
            async with stage.worker():
                handle = await stage.start(Waits.run, 5 * 86400, 2)
                await env.sleep(timedelta(days=6))
                await handle.execute_update(Waits.decide, "keep")
                await handle.result()
                return await timeline(handle)

    shown = asyncio.run(patience.wait_for(scene(), 40))
    assert ("timer of 5 days", "✓ fired") in what(shown) and "6.0 d" in shown.summary
    assert ("Update decide", "✓ accepted and completed") in what(shown)
    axis = [t.text for t in svg(shown).findall("text[@class='soft tick']")]
    assert axis == ["0 d", "2 d", "4 d", "6 d"]


def test_a_child_workflow_has_a_row(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Child.run))
    assert what(shown) == [("child Workflow Sleeps", "✓ completed")]


def test_what_a_workflow_leaves_open_is_told(play: Play) -> None:
    async def scene(stage: Stage) -> Timeline:
        async with stage.worker():
            handle = await stage.start(Sleeps.run, 60)
            await stage.until(handle, lambda t: "timer" in repr(t))
            await handle.terminate()
            return await timeline(handle)

    shown = play(scene)
    assert shown.status == "terminated" and what(shown) == [("timer of 60.0 s", "- left open")]


# Whatever stands in it


def test_hostile_names_and_errors_stay_text(play: Play) -> None:
    shown = play(lambda stage: stage.ended(Hostile.run, id=f"{HOSTILE}-{uuid.uuid4()}"))
    page = shown._repr_html_()
    assert "<script" not in page and "\x1b" not in page + repr(shown) and "\u202e" not in page
    assert "<script>" in "".join(svg(shown).itertext()) and "<script>" in table(shown)[0][0]
    names = {element.tag for element in svg(shown).iter()}
    assert names <= {"svg", "g", "rect", "line", "path", "text", "tspan", "title"}
    assert not re.search(r"(?i)\son\w+=|href=|src=|url\(|https?:|@import|\sid=", page)


def compared(text: str) -> str:
    """As nbval compares a stored output with a new one."""
    config = Path(authoring.__file__).with_name("sanitize.cfg").read_text(encoding="utf-8")
    for pattern, to in dict(get_sanitize_patterns(config)).items():
        text = re.sub(pattern, to, text)
    return text


def test_two_runs_differ_in_nothing_that_stored_outputs_are_compared_by(play: Play) -> None:
    async def scene(stage: Stage) -> tuple[Timeline, Timeline, Timeline]:
        one = await stage.ended(Report.run, "three facts about otters")
        other = await stage.ended(Report.run, "three facts about otters")
        return one, other, await stage.ended(Report.run, "illegible facts about otters")

    one, other, third = play(scene)
    assert one.run_id != other.run_id and one.seconds != other.seconds
    assert compared(repr(one)) == compared(repr(other)) != compared(repr(third))
    assert compared(one._repr_html_()) == compared(other._repr_html_())
    assert compared(one._repr_html_()) != compared(third._repr_html_())


def test_a_workflow_that_is_not_there_is_told(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await timeline(stage.client.get_workflow_handle("nowhere"))

    with pytest.raises(UnknownWorkflow, match="no Workflow 'nowhere'"):
        play(scene)


def test_a_service_that_is_away_is_told() -> None:
    async def scene() -> None:
        temporal = str(Path(sys.executable).with_name("temporal"))
        service = await WorkflowEnvironment.start_local(dev_server_existing_path=temporal)
        handle = service.client.get_workflow_handle("report")
        await service.shutdown()
        await timeline(handle)

    with pytest.raises(ServiceAway, match="does not answer"):
        asyncio.run(scene())


# Without a service: sizes that a test does not wait for


def made(*rows: Row, total: float) -> Timeline:
    return Timeline("Report", "report-1", "run-1", "completed", total, rows)


def row(label: str, *spans: Span, plain: bool = True, marks: tuple[Mark, ...] = ()) -> Row:
    return Row("activity", label, "✓ completed", plain=plain, spans=spans, marks=marks)


def test_a_hundred_rows_show_those_that_failed_and_the_table_has_all() -> None:
    many = [row(f"step {n}", Span("completed", "completed", n, n + 1)) for n in range(100)]
    many[70] = row("trouble", Span("failed", "failed", 70, 71), plain=False)
    shown = made(*many, total=100)
    rows = [words.split("  ")[0] for words in drawn(shown)]
    assert len(rows) == 20 and rows[:2] == ["step 0", "step 1"] and rows[-1] == "trouble"
    assert "and 80 more: see the table" in [t.text for t in svg(shown).findall("text")]
    assert len(table(shown)) == len(repr(shown).splitlines()) - 2 == 100
    assert float(svg(shown).get("height", "")) < 1000


def test_what_is_said_of_a_row_is_seen_whole_in_a_narrow_window() -> None:
    said = "- cancelled, 0.02 s, would have waited 5 days at most; Update decide came first"
    error = "ServiceDown: " + "nobody answers " * 6 + "today"
    shown = svg(made(Row("timer", "timer of 5 days", said, error), total=1))
    for class_, whole in (("row", f"timer of 5 days  {said}"), ("trouble", error)):
        line = shown.find(f"text[@class='{class_}']")
        assert line is not None and "".join(line.itertext()) == whole
        lines = [line.text or ""]
        for part in line:
            lines += [""] if part.get("dy") else []
            lines[-1] += f"{part.text or ''}{part.tail or ''}"
        assert len(lines) > 1 and all(len(line.strip()) <= LINE_LENGTH for line in lines)


def test_days_and_milliseconds_can_be_seen_side_by_side() -> None:
    days = 3 * 86400.0
    shown = made(
        row("quick", Span("completed", "attempt 1 completed", 0.01, 0.04)),
        row("timer", Span("timer", "fired", 0.04, days)),
        total=days,
    )
    quick, slept = drawn(shown).values()
    (box,) = quick[0].findall("rect")
    assert 0 < float(box.get("width", "")[:-1]) < 0.1, "a browser draws no box without a width"
    assert float(box.get("stroke-width", "")) >= 2
    assert bars(slept)[0][1:] == (0.5, 99.3)
    axis = [t.text for t in svg(shown).findall("text[@class='soft tick']")]
    assert axis == ["0 d", "1 d", "2 d", "3 d"]
    assert "3.0 d" in repr(shown) and "0.03 s" in repr(shown)


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (0.03, ["0 s", "0.01 s", "0.02 s", "0.03 s"]),
        (0.15, ["0 s", "0.05 s", "0.1 s", "0.15 s"]),
        (3.2, ["0 s", "1 s", "2 s", "3 s"]),
        (13, ["0 s", "5 s", "10 s"]),
        (200, ["0 min", "1 min", "2 min", "3 min"]),
        (7200, ["0 min", "30 min", "60 min", "90 min", "120 min"]),
        (86400 * 400, ["0 d", "100 d", "200 d", "300 d", "400 d"]),
    ],
)
def test_ticks_are_round(total: float, said: list[str]) -> None:
    assert [words for _, words in ticks(total)] == said
    assert all(0 <= at <= total + 1e-9 for at, _ in ticks(total))


def test_a_workflow_of_no_length_and_no_steps_is_shown() -> None:
    shown = made(total=0)
    assert repr(shown) == "Report report-1: completed, 0.00 s."
    assert "No step has begun." in shown._repr_html_()
