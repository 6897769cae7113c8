"""Advice: what an SDK's error means, and silence where nothing useful is known."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from room import free_ports
from temporalio import workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from workshop.kernel.advice import advise


def error_of(run: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as caught:
        run()
    return caught.value


def workflow_without_an_entry_point() -> object:
    @workflow.defn(sandboxed=False)
    class Report:
        async def run(self) -> None: ...

    return Report


def test_a_missing_entry_point_is_named_with_the_remedy() -> None:
    advice = advise(error_of(workflow_without_an_entry_point))
    assert advice and "@workflow.run" in advice.saw and "@workflow.run" in advice.do


def test_a_service_that_is_away_leads_to_begin() -> None:
    (port,) = free_ports(1)
    advice = advise(error_of(lambda: asyncio.run(Client.connect(f"localhost:{port}"))))
    assert advice and "does not answer" in advice.saw and "begin" in advice.do


def test_an_empty_task_queue_is_told_as_the_real_service_refuses_it(
    running_room: dict[str, str],
) -> None:
    async def start() -> None:
        client = await Client.connect(f"localhost:{running_room['WORKSHOP_TEMPORAL_PORT']}")
        await client.start_workflow("Report", id="report", task_queue="")

    advice = advise(error_of(lambda: asyncio.run(start())))
    assert advice and 'Task Queue ""' in advice.saw and "task_queue=" in advice.do


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no such value"),
        RuntimeError("something of the learner's own"),
        RPCError("not there", RPCStatusCode.NOT_FOUND, b""),
    ],
)
def test_of_other_errors_nothing_is_said(error: Exception) -> None:
    assert advise(error) is None


@workflow.defn(name="Waits", sandboxed=False)
class Waits:
    def __init__(self) -> None:
        self.over = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.over)

    @workflow.signal
    def end(self) -> None:
        self.over = True


@pytest.mark.rotates("what takes long", among=4)
def test_messages_that_cannot_arrive_are_told_with_the_remedy(
    running_room: dict[str, str],
) -> None:
    async def talk() -> list[BaseException]:
        client = await Client.connect(
            f"localhost:{running_room['WORKSHOP_TEMPORAL_PORT']}",
            data_converter=pydantic_data_converter,
        )
        errors: list[BaseException] = []
        async with Worker(client, task_queue="advice", workflows=[Waits]):
            handle = await client.start_workflow(
                Waits.run, id=f"advice-{uuid.uuid4()}", task_queue="advice"
            )
            for send in (
                lambda: handle.signal("end", ...),
                lambda: handle.query("get_latest_text"),
                lambda: handle.signal("end"),
                handle.result,
                lambda: handle.signal("end"),
            ):
                try:
                    await send()
                except Exception as error:
                    errors.append(error)
        return errors

    blank, query, ended = (advise(error) for error in asyncio.run(talk()))
    assert blank and "blank" in blank.saw and "Fill in" in blank.do
    assert query and "get_latest_text" in query.saw and "@workflow.query" in query.expected
    assert ended and "has ended" in ended.saw and "start" in ended.do
