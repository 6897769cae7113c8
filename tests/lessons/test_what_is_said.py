"""What the lessons say of Temporal and LiteLLM, tried: each test is a sentence of theirs."""

# No annotations as texts: the SDK reads those of a Workflow's input.

import ast
import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import litellm
import pytest
from bank import ROOT
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.worker import Replayer, Worker

LIMIT = 60.0
MINUTE = timedelta(minutes=1)


Run = Callable[[Callable[[Client], Awaitable[Any]]], Any]


@pytest.fixture
def on_a_service(running_room: dict[str, str]) -> Run:
    """Run something with a client of the room's Temporal Service."""

    async def go(work: Callable[[Client], Awaitable[Any]]) -> Any:
        client = await Client.connect(f"localhost:{running_room['WORKSHOP_TEMPORAL_PORT']}")
        return await asyncio.wait_for(work(client), LIMIT)

    return lambda work: asyncio.run(go(work))


async def until(condition: Callable[[], Any]) -> None:
    """Wait until something is so. `on_a_service` bounds it."""
    while not condition():
        await asyncio.sleep(0.02)


class Worked:
    """What an Activity has noticed."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.cancelled: bool | None = None


worked = Worked()


@activity.defn
def silent() -> None:
    worked.begun.set()
    worked.may_end.wait(LIMIT)
    worked.cancelled = activity.is_cancelled()


@activity.defn
def beating() -> None:
    worked.begun.set()
    with suppress(CancelledError):  # raised in the thread that heartbeats
        while not worked.may_end.wait(0.02):
            activity.heartbeat()
        worked.cancelled = False
        return
    worked.cancelled = True


@activity.defn
def counting() -> None:
    for number in range(1, 21):
        activity.heartbeat(number)
    worked.begun.set()
    worked.may_end.wait(LIMIT)


@workflow.defn(sandboxed=False)
class OneStep:
    @workflow.run
    async def run(self, step: str, seconds: int) -> None:
        await workflow.execute_activity(
            step, start_to_close_timeout=MINUTE, heartbeat_timeout=timedelta(seconds=seconds)
        )


@workflow.defn(sandboxed=False)
class SilentStep:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(silent, start_to_close_timeout=MINUTE)


@workflow.defn(sandboxed=False)
class NoLimit:
    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.execute_activity(silent)
        except ValueError as error:
            return str(error)
        return ""


@workflow.defn(sandboxed=False)
class Talking:
    @workflow.run
    async def run(self) -> None:
        print("printed")
        workflow.logger.warning("logged")


@workflow.defn(sandboxed=False)
class Sleeper:
    asleep: ClassVar[threading.Event] = threading.Event()
    may_wake: ClassVar[threading.Event] = threading.Event()

    @workflow.run
    async def run(self) -> bool:
        self.asleep.set()
        return self.may_wake.wait(1.5)  # it blocks as time.sleep does; 2 s would be a deadlock


@workflow.defn(sandboxed=False)
class Quick:
    @workflow.run
    async def run(self) -> str:
        return "done"


@contextmanager
def fresh() -> Iterator[Worked]:
    global worked
    worked = Worked()
    yield worked
    worked.may_end.set()


def worker(client: Client, queue: str, *kinds: type) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=kinds,
        activities=[silent, beating, counting],
        activity_executor=ThreadPoolExecutor(),
        build_id="test",
    )


def test_a_cancelled_workflow_ends_at_once_and_only_who_heartbeats_is_told(
    on_a_service: Run,
) -> None:
    """Lesson 04, Stop it; lesson 05, A long step."""

    async def cancel(client: Client) -> list[Any]:
        told = []
        async with worker(client, "steps", OneStep, SilentStep):
            for kind, given in ((SilentStep, []), (OneStep, ["beating", 3])):
                with fresh() as here:
                    handle = await client.start_workflow(
                        kind.run, args=given, id=kind.__name__, task_queue="steps"
                    )
                    await until(here.begun.is_set)
                    await handle.cancel()
                    with pytest.raises(WorkflowFailureError):
                        await handle.result()
                    assert here.cancelled is None, "the Workflow has waited for the Activity"
                    if kind is OneStep:
                        await until(lambda here=here: here.cancelled is not None)
                    here.may_end.set()
                    await until(lambda here=here: here.cancelled is not None)
                    told.append(here.cancelled)
        return told

    assert on_a_service(cancel) == [False, True]


def test_the_service_hears_the_first_heartbeat_and_then_one_now_and_then(
    on_a_service: Run,
) -> None:
    """Lesson 05, A long step: after a kill the next attempt begins at what reached the service."""

    async def count(client: Client) -> list[Any]:
        with fresh() as here:
            async with worker(client, "counting", OneStep):
                handle = await client.start_workflow(
                    OneStep.run, args=["counting", 60], id="counting", task_queue="counting"
                )
                await until(here.begun.is_set)
                heard: list[Any] = []
                while not heard:
                    (pending,) = (await handle.describe()).raw_description.pending_activities
                    heard = await client.data_converter.decode(pending.heartbeat_details.payloads)
                here.may_end.set()
                await handle.result()
                return heard

    assert on_a_service(count) == [1], "of twenty"


def test_a_worker_that_lacks_the_workflow_gets_its_task_and_fails_it(on_a_service: Run) -> None:
    """Lesson 02, Retry policies: all Workers of a Task Queue register the same."""

    async def lack(client: Client) -> str:
        async with worker(client, "lacking", Quick):
            handle = await client.start_workflow(SilentStep.run, id="lacking", task_queue="lacking")
            while True:
                for event in (await handle.fetch_history()).events:
                    if event.HasField("workflow_task_failed_event_attributes"):
                        return event.workflow_task_failed_event_attributes.failure.message
                await asyncio.sleep(0.02)

    assert "SilentStep" in on_a_service(lack)


def test_an_activity_needs_one_of_two_limits(on_a_service: Run) -> None:
    """Lesson 02, Your turn: the Workflow."""

    async def ask(client: Client) -> str:
        async with worker(client, "limits", NoLimit):
            return await client.execute_workflow(NoLimit.run, id="limits", task_queue="limits")

    said = on_a_service(ask)
    assert "start_to_close_timeout" in said and "schedule_to_close_timeout" in said


def test_a_replay_prints_again_and_does_not_log(
    on_a_service: Run, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Lesson 02, Replay, seen."""

    async def replayed(client: Client) -> None:
        async with worker(client, "talking", Talking):
            handle = await client.start_workflow(Talking.run, id="talking", task_queue="talking")
            await handle.result()
        await Replayer(workflows=[Talking]).replay_workflow(await handle.fetch_history())

    on_a_service(replayed)
    assert capsys.readouterr().out.count("printed") == 2
    assert [record.msg.split(" (")[0] for record in caplog.records].count("logged") == 1


def test_a_workflow_that_blocks_holds_up_no_other(on_a_service: Run) -> None:
    """Lesson 04, Waiting: three ways to sleep."""

    async def beside(client: Client) -> bool:
        async with worker(client, "beside", Sleeper, Quick):
            for attempt in range(5):  # a machine that is busy may take longer than it sleeps
                Sleeper.asleep.clear()
                Sleeper.may_wake.clear()
                sleeper = await client.start_workflow(
                    Sleeper.run, id=f"asleep-{attempt}", task_queue="beside"
                )
                await until(Sleeper.asleep.is_set)
                await client.execute_workflow(Quick.run, id=f"quick-{attempt}", task_queue="beside")
                Sleeper.may_wake.set()
                if await sleeper.result():
                    return True
        return False

    assert on_a_service(beside), "another Workflow began and ended while this one slept"


def test_a_termination_says_why_by_its_reason(on_a_service: Run) -> None:
    """Lessons 03 and 05: what is given by position is a detail, and not the reason."""

    async def end(client: Client) -> str:
        handle = await client.start_workflow(Quick.run, id="ended", task_queue="nobody polls it")
        await handle.terminate(reason="A wrong key stays wrong.")
        last = (await handle.fetch_history()).events[-1]
        return last.workflow_execution_terminated_event_attributes.reason

    assert on_a_service(end) == "A wrong key stays wrong."
    for file in [*ROOT.glob("lessons/**/*.py"), *ROOT.glob("workshop/**/*.py")]:
        source = file.read_text(encoding="utf-8")
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
        for call in ast.walk(compile(source, str(file), "exec", flags)):
            ends = isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".terminate")
            assert not (ends and call.args), f"{file}: {ast.unparse(call)}"


# --- the client's time limit: lesson 01, A first call ---


class Provider(BaseHTTPRequestHandler):
    """Refuses with 500, or drips blanks and then answers; notes the limit that the client names."""

    limits: ClassVar[list[str | None]] = []
    drips = 0
    body = (
        b'{"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": '
        b'[{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}'
        b'], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}'
    )

    def do_POST(self) -> None:
        self.limits.append(self.headers.get("x-stainless-read-timeout"))
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200 if self.drips else 500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(self.drips + len(self.body)))
        self.end_headers()
        for _ in range(self.drips):
            self.wfile.write(b" ")
            time.sleep(0.1)  # a provider that is slow, and not silent
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def provider(drips: int) -> Iterator[Callable[..., Any]]:
    """Ask a provider of one's own."""
    handler = type("Here", (Provider,), {"drips": drips, "limits": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(model: str = "openai/gpt-4o", **more: Any) -> Any:
        base = f"http://127.0.0.1:{server.server_port}/v1"
        messages = [{"role": "user", "content": "Hello"}]
        return litellm.completion(
            model=model, api_key="none", api_base=base, messages=messages, **more
        )

    ask.limits = handler.limits  # type: ignore[attr-defined]
    try:
        yield ask
    finally:
        server.shutdown()
        server.server_close()


def test_without_a_limit_it_waits_ten_minutes_three_times() -> None:
    with provider(drips=0) as ask:
        with pytest.raises(litellm.InternalServerError):
            ask()
        assert [float(limit) for limit in ask.limits] == [600.0] * 3


def test_the_limit_is_one_of_silence() -> None:
    with provider(drips=30) as ask:
        began = time.monotonic()
        assert ask(timeout=2, max_retries=0).choices[0].message.content == "Hi"
        assert time.monotonic() - began > 2


@pytest.mark.parametrize(
    ("model", "requests"),
    [("azure/gpt-4o", 3), ("anthropic/claude-sonnet-4-5", 1), ("gemini/gemini-2.5-flash", 1)],
)
def test_some_clients_try_again_by_themselves(model: str, requests: int) -> None:
    """Lesson 01, Retries that you did not write."""
    with provider(drips=0) as ask:
        with pytest.raises((litellm.APIError, litellm.InternalServerError)):
            ask(model=model, api_version="2024-02-01")
        assert len(ask.limits) == requests
