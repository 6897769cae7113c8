"""The switchboard on real services: each fault, what it says of it, and what is kept."""

from __future__ import annotations

import asyncio
import json
import resource
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import litellm
import pytest
from sqlalchemy import Column, MetaData, String, Table, Text
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from workshop.breaking import switchboard
from workshop.breaking.outcome import NOTHING
from workshop.breaking.predictions import FILE
from workshop.breaking.switchboard import Switchboard
from workshop.breaking.switches import FAULTS, SwitchboardError
from workshop.core.settings import load
from workshop.practice.model.faults import clear
from workshop.practice.site.client import open_site
from workshop.services.database import insert_into, make_tables, open_database, rows
from workshop.toolbox.fetching import read_page
from workshop.watching.metering import attach

QUEUE = "switchboard"
QUICK = timedelta(seconds=10)
SOON = RetryPolicy(initial_interval=timedelta(milliseconds=200), backoff_coefficient=1)
TRUTH = {
    "429": "retry",
    "401": "give up",
    "500": "retry",
    "slow": "paid again",
    "dropped": "retry",
    "unplugged": "retry",
    "disk full": "retry",
    "bad page": "give up",
}
"""What the pipeline below does: as that of lesson 05."""

TABLES = MetaData()
RESULTS = Table("results", TABLES, Column("key", String, primary_key=True), Column("text", Text))


@activity.defn
async def fetch_url(url: str) -> str:
    try:
        return await read_page(url, hosts=[f"127.0.0.1:{load().site_port}"])
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        raise ApplicationError(str(status), type="PageNotFound", non_retryable=True) from None


@activity.defn
def call_llm(prompt: str, hidden: bool) -> str:
    settings = load()
    answer = litellm.completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=1.5,
        max_retries=3 if hidden else 0,
    )
    return str(answer["choices"][0]["message"]["content"])


@activity.defn
def save_result(text: str) -> str:
    key = activity.info().workflow_id
    engine = open_database()
    try:
        make_tables(engine, TABLES)
        with engine.begin() as transaction:
            wish = insert_into(engine, RESULTS).values(key=key, text=text)
            transaction.execute(wish.on_conflict_do_nothing(index_elements=["key"]))
    finally:
        engine.dispose()
    return key


@workflow.defn(sandboxed=False)
class Researches:
    @workflow.run
    async def run(self, url: str, way: str) -> str:
        if way == "sleepy":
            await workflow.wait_condition(lambda: False)
        page = await workflow.execute_activity(
            fetch_url, url, start_to_close_timeout=QUICK, retry_policy=SOON
        )
        names = [] if way == "stubborn" else ["AuthenticationError"]
        text = await workflow.execute_activity(
            call_llm,
            args=[f"Summarize in three sentences:\n\n{page}", way == "hidden"],
            start_to_close_timeout=QUICK,
            retry_policy=replace(SOON, maximum_attempts=5, non_retryable_error_types=names),
        )
        if way == "forgetful":
            return text
        return await workflow.execute_activity(
            save_result, text, start_to_close_timeout=QUICK, retry_policy=SOON
        )


@pytest.fixture
def place(running_room: dict[str, str]) -> Iterator[Path]:
    file = load().home / FILE
    file.unlink(missing_ok=True)
    yield file
    clear()


def playing(
    act: Callable[[Switchboard], Awaitable[Any]], way: str = "", limit: float = 60
) -> tuple[Any, list[WorkflowHandle[Any, Any]]]:
    """Let a Worker poll while something is done with a board; also the Workflows it started."""
    started: list[WorkflowHandle[Any, Any]] = []

    async def play() -> Any:
        await open_site()
        attach()
        client = await Client.connect(load().temporal_address)

        async def run(url: str) -> WorkflowHandle[Any, Any]:
            name = f"research-{uuid.uuid4()}"
            wish = client.start_workflow(Researches.run, args=[url, way], id=name, task_queue=QUEUE)
            started.append(await wish)
            return started[-1]

        with ThreadPoolExecutor(4) as threads:
            async with Worker(
                client,
                task_queue=QUEUE,
                workflows=[Researches],
                activities=[fetch_url, call_llm, save_result],
                activity_executor=threads,
            ):
                return await act(Switchboard(run, limit))

    return asyncio.run(play()), started


@pytest.mark.rotates("what takes long", among=4)
def test_every_fault_is_told_as_it_was(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    score, started = playing(lambda board: board.play(TRUTH))
    assert {fault: happened for fault, _, happened in score.rows} == TRUTH
    assert score.right == score.seen == 8 and score.summary == "8 of 8 predictions right."
    shown = capsys.readouterr().out
    assert shown.count("✓ as predicted") == 8 and "✗" not in shown
    # Attempts from the history, calls from the ledger.
    assert "fetch_url 1, call_llm 3, save_result 1" in shown
    assert "3 calls, 1 charged" in shown and "2 calls, 2 charged" in shown
    assert "PageNotFound: 404" in shown and "0 calls, 0 charged, $0.000000" in shown
    # What was given up is not saved; the rest is, also what the full disk refused at first.
    engine = open_database()
    assert len(rows(engine, RESULTS)) == 6
    engine.dispose()
    assert len(started) == 8 and resource.getrlimit(resource.RLIMIT_FSIZE) == before


def test_one_is_shown_with_its_timeline_and_kept(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(board: Switchboard) -> None:
        board.predict("500", "give up")
        await board.run("500")

    markups: list[str] = []
    put = switchboard.put
    monkeypatch.setattr(
        switchboard, "put", lambda markup, plain, *_: (markups.append(markup), put(markup, plain))
    )
    playing(act)
    shown = capsys.readouterr().out
    assert "500: the model answers 500 twice. You say: give up." in shown
    assert "it did: retry" in shown and "✗ not as predicted" in shown
    assert "InternalServerError" in shown
    assert "Researches research-" in shown and "attempt 3" in shown  # the timeline
    assert "<svg" in markups[0] and "✗ not as predicted" in markups[0]
    assert json.loads(place.read_text())["500"] == {"predicted": "give up", "happened": "retry"}
    again = Switchboard(_never)  # as after a restart of the kernel
    assert again.score().right == 0 and again.score().seen == 1
    assert "500" in repr(again.score()) and "✗ not as predicted" in again.score()._repr_html_()
    again.predict("500", "retry")
    assert again.score().seen == 0 and "… not run yet" in repr(again.score())


def test_a_bad_key_that_is_retried_is_told(place: Path) -> None:
    score, _ = playing(lambda board: board.play({"401": "give up"}), "stubborn")
    assert ("401", "give up", "retry") in score.rows and score.right == 0


def test_hidden_retries_of_the_client_are_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def act(board: Switchboard) -> None:
        board.predict("500", "retry")
        await board.run("500")

    playing(act, "hidden")
    shown = capsys.readouterr().out
    assert "call_llm 1," in shown and "3 calls, 1 charged" in shown
    assert "One attempt made 3 calls" in shown and "max_retries=0" in shown


def test_a_fault_that_reaches_nothing_is_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def act(board: Switchboard) -> None:
        board.predict("disk full", "retry")
        await board.run("disk full")

    playing(act, "forgetful")
    shown = capsys.readouterr().out
    assert f"it did: {NOTHING}" in shown and "PostgreSQL still" in shown


def test_a_pipeline_that_does_not_end_is_ended_and_the_fault_too(place: Path) -> None:
    async def act(board: Switchboard) -> None:
        board.predict("unplugged", "retry")
        await board.run("unplugged")

    async def all_of_it(board: Switchboard) -> tuple[str, str]:
        with pytest.raises(SwitchboardError, match=r"has not ended within 2\.0 s") as problem:
            await act(board)
        score = await board.play({"unplugged": "retry", "bad page": "retry"})
        return str(problem.value), repr(score)

    (said, score), started = playing(all_of_it, "sleepy", limit=2)
    assert "terminated" in said and "2 of" not in score

    async def states() -> list[WorkflowExecutionStatus | None]:
        client = await Client.connect(load().temporal_address)
        found = [await client.get_workflow_handle(handle.id).describe() for handle in started]
        return [one.status for one in found]

    assert asyncio.run(states()) == [WorkflowExecutionStatus.TERMINATED] * 3
    assert httpx.get(f"{load().llm_api_base}/../health").status_code == 200


async def _never(url: str) -> Any:
    raise AssertionError("nothing was to run")


def test_wrong_words_are_told(place: Path) -> None:
    board = Switchboard(_never)
    with pytest.raises(SwitchboardError, match=r"no fault '404'.*429, 401.*bad page"):
        board.predict("404", "retry")
    with pytest.raises(SwitchboardError, match=r"no prediction 'try again'.*give up, paid again"):
        board.predict("429", "try again")
    with pytest.raises(SwitchboardError, match=r"no prediction for '429' yet.*board.predict"):
        asyncio.run(board.run("429"))
    with pytest.raises(SwitchboardError, match="no fault 'flood'"):
        asyncio.run(board.play({"429": "retry", "flood": "retry"}))
    assert not place.exists()  # none of those was kept
    with pytest.raises(SwitchboardError, match=r"Write Switchboard\(run\) without"):
        Switchboard(None)  # type: ignore[arg-type]
    board.predict(429, "Give_up")  # type: ignore[arg-type]
    assert board.score().rows[0] == ("429", "give up", "")


@pytest.mark.parametrize("spoilt", ["", "[]", '{"429": 7}', '{"flood": {"predicted": "x"}}'])
def test_a_spoilt_file_counts_as_none(place: Path, spoilt: str) -> None:
    place.write_text(spoilt)
    assert Switchboard(_never).score().seen == 0


def test_a_run_that_returns_no_handle_is_told(place: Path) -> None:
    async def result(url: str) -> Any:
        return f"read {url}"

    async def waits(url: str) -> Any:
        await asyncio.sleep(60)

    async def play(run: Any) -> None:
        board = Switchboard(run, limit=1)
        board.predict("bad page", "give up")
        await board.run("bad page")

    with pytest.raises(SwitchboardError, match=r"returned 'read http.*missing'.*start_workflow"):
        asyncio.run(play(result))
    with pytest.raises(SwitchboardError, match=r"not returned within 1 s.*not execute_workflow"):
        asyncio.run(play(waits))


def test_each_fault_has_words() -> None:
    assert list(FAULTS) == list(TRUTH) and all(fault.words for fault in FAULTS.values())
