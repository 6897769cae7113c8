"""Things of a kernel: one Worker with the newest code, told failures, questions that wait aside."""

from __future__ import annotations

import asyncio
import builtins
import os
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import psutil
import pytest
import room as rooms
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.worker import Worker

from workshop.core import listeners, patience, processes
from workshop.core.settings import load
from workshop.kernel import notebook
from workshop.kernel import worker as kernel_worker
from workshop.kernel.not_started import WorkerNotStarted
from workshop.kernel.notebook import ask
from workshop.kernel.worker import start_worker, stop_worker
from workshop.services import temporal_service

QUICK = timedelta(seconds=10)
TOLD_WITHIN = 5.0


@activity.defn
async def answer(question: str) -> str:
    return f"old: {question}"


@workflow.defn(sandboxed=False)
class Ask:
    @workflow.run
    async def run(self, question: str) -> str:
        return await workflow.execute_activity("answer", question, start_to_close_timeout=QUICK)


@pytest.fixture(autouse=True)
def no_worker_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(kernel_worker, "_current", None)
    yield


@pytest.fixture
def queue() -> str:
    return f"notebook-{uuid.uuid4().hex[:8]}"


def run(main: Callable[[Client], Awaitable[Any]]) -> Any:
    """Run one notebook's worth of cells: a loop, a Client, and no Worker left behind."""

    async def notebook_of_one() -> Any:
        client = await Client.connect(load().temporal_address)
        try:
            return await patience.wait_for(main(client), 30)
        finally:
            await stop_worker()

    return asyncio.run(notebook_of_one())


async def execute(client: Client, queue: str, question: str = "why") -> str:
    result: str = await client.execute_workflow(
        Ask.run,
        question,
        id=f"ask-{uuid.uuid4().hex[:8]}",
        task_queue=queue,
        execution_timeout=timedelta(seconds=150),
    )
    return result


def worker_of(client: Client, **given: Any) -> Callable[[], Coroutine[Any, Any, None]]:
    """The learner's run_worker."""

    async def run_worker() -> None:
        worker = Worker(client, **{"workflows": [Ask], "activities": [answer], **given})
        await worker.run()

    return run_worker


# A Worker that starts


def test_a_worker_polls_when_its_task_is_returned(
    running_room: dict[str, str], queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cells(client: Client) -> str:
        task = await start_worker(worker_of(client, task_queue=queue))
        assert not task.done()
        return await execute(client, queue)

    assert run(cells) == "old: why"
    told = capsys.readouterr().out
    assert f"✓ Worker is polling the Task Queue '{queue}'." in told
    assert "✓ Worker stopped." in told


def test_twice_leaves_one_worker_with_the_newest_code(
    running_room: dict[str, str], queue: str
) -> None:
    async def cells(client: Client) -> list[str]:
        first = await start_worker(worker_of(client, task_queue=queue))
        assert await execute(client, queue, "0") == "old: 0"

        @activity.defn(name="answer")
        async def newer(question: str) -> str:
            return f"new: {question}"

        second = await start_worker(worker_of(client, task_queue=queue, activities=[newer]))
        assert first.done() and not second.done()
        return list(await asyncio.gather(*(execute(client, queue, str(n)) for n in range(20))))

    assert run(cells) == [f"new: {n}" for n in range(20)]


def test_a_worker_with_a_client_of_its_own_is_replaced_as_well(
    running_room: dict[str, str], queue: str
) -> None:
    def made(word: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def run_worker() -> None:
            @activity.defn(name="answer")
            async def fresh(question: str) -> str:
                return f"{word}: {question}"

            own = await Client.connect(load().temporal_address)
            async with Worker(own, task_queue=queue, workflows=[Ask], activities=[fresh]):
                await asyncio.Future()

        return run_worker

    async def cells(client: Client) -> list[str]:
        await start_worker(made("old"))
        await start_worker(made("new"))
        return list(await asyncio.gather(*(execute(client, queue, str(n)) for n in range(20))))

    assert run(cells) == [f"new: {n}" for n in range(20)]


def test_a_worker_with_activities_alone_starts(running_room: dict[str, str], queue: str) -> None:
    async def cells(client: Client) -> bool:
        return (await start_worker(worker_of(client, task_queue=queue, workflows=[]))).done()

    assert run(cells) is False


# A Worker that does not


def undecorated(question: str) -> str:
    return question


class Undecorated:
    async def run(self) -> None: ...


BLANKS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unfinished list": ({"activities": [...]}, "is not a function: a blank", "activities"),
    "an undecorated Activity": ({"activities": [undecorated]}, "undecorated", "@activity.defn"),
    "an undecorated Workflow": ({"workflows": [Undecorated]}, "Undecorated", "@workflow.defn"),
    "a blank among Workflows": ({"workflows": [...]}, "unknown", "@workflow.defn"),
    "an empty Task Queue": ({"task_queue": ""}, 'Task Queue is ""', "task_queue="),
    "an unfinished Task Queue": ({"task_queue": ...}, "not a text", "Task Queue"),
    "no list of Activities": ({"activities": answer}, "not iterable", "lists"),
    "no list of Workflows": ({"workflows": Ask}, "not iterable", "lists"),
    "nothing to do": ({"activities": [], "workflows": []}, "At least one", "Worker"),
}


@pytest.mark.parametrize("fault", list(BLANKS))
def test_a_blank_is_told_and_a_good_start_works_afterwards(
    running_room: dict[str, str], queue: str, fault: str
) -> None:
    given, saw, told = BLANKS[fault]

    async def cells(client: Client) -> tuple[WorkerNotStarted, str]:
        await start_worker(worker_of(client, task_queue=queue))  # it worked before the edit
        with rooms.quick(TOLD_WITHIN), pytest.raises(WorkerNotStarted) as caught:
            await start_worker(worker_of(client, **{"task_queue": queue, **given}))
        await start_worker(worker_of(client, task_queue=queue))
        return caught.value, await execute(client, queue)

    error, result = run(cells)
    assert saw in error.saw, error
    assert told in str(error) and error.do
    assert result == "old: why"


def test_a_name_that_is_not_defined_is_told(running_room: dict[str, str], queue: str) -> None:
    async def cells(client: Client) -> None:
        async def run_worker() -> None:
            given = {"activities": [create_pdf_activity]}  # type: ignore[name-defined]  # noqa: F821
            await Worker(client, task_queue=queue, **given).run()

        await start_worker(run_worker)

    with pytest.raises(WorkerNotStarted) as caught:
        run(cells)
    assert "create_pdf_activity" in caught.value.saw and "spelling" in caught.value.do


def test_the_call_instead_of_the_function_is_told(running_room: dict[str, str], queue: str) -> None:
    async def cells(client: Client) -> None:
        await start_worker(worker_of(client, task_queue=queue)())  # type: ignore[arg-type]

    with pytest.raises(WorkerNotStarted, match="without the parentheses"):
        run(cells)


@pytest.mark.parametrize("given", [lambda: None, None, ..., Worker])
def test_what_is_no_async_function_is_told(given: Any) -> None:
    with pytest.raises(WorkerNotStarted, match="async function"):
        asyncio.run(start_worker(given))


def test_a_function_that_returns_at_once_is_told(running_room: dict[str, str], queue: str) -> None:
    async def cells(client: Client) -> str:
        async def forgets_to_run() -> None:
            Worker(client, task_queue=queue, workflows=[Ask], activities=[answer])

        async def leaves_it_behind() -> None:
            worker = Worker(client, task_queue=queue, workflows=[Ask], activities=[answer])
            tasks.append(asyncio.create_task(worker.run()))

        tasks: list[asyncio.Task[None]] = []
        for function in (forgets_to_run, leaves_it_behind):
            with pytest.raises(WorkerNotStarted, match="returned without running a Worker"):
                await start_worker(function)
        await start_worker(worker_of(client, task_queue=queue))  # no one stands in its way
        assert tasks[0].done()
        return await execute(client, queue)

    assert run(cells) == "old: why"


def test_a_function_that_never_runs_a_worker_is_told(running_room: dict[str, str]) -> None:
    async def idles() -> None:
        await asyncio.Future()

    async def cells(client: Client) -> None:
        await start_worker(idles, limit=0.2)

    with pytest.raises(WorkerNotStarted) as caught:
        run(cells)
    assert "has built no Worker" in caught.value.saw
    assert "await worker.run()" in str(caught.value)


def test_a_function_that_builds_a_worker_and_waits_before_it_runs_is_told(
    running_room: dict[str, str], queue: str
) -> None:
    async def cells(client: Client) -> None:
        async def waits_first() -> None:
            worker = Worker(client, task_queue=queue, workflows=[Ask], activities=[answer])
            await asyncio.Future()
            await worker.run()

        await start_worker(waits_first, limit=0.5)

    with pytest.raises(WorkerNotStarted, match=r"has not come to `await worker\.run"):
        run(cells)


def test_a_machine_that_stops_for_a_while_is_no_fault_of_the_function(
    running_room: dict[str, str], queue: str
) -> None:
    async def cells(client: Client) -> str:
        async def run_worker() -> None:
            worker = Worker(client, task_queue=queue, workflows=[Ask], activities=[answer])
            rooms.stop(os.getpid(), 3.0).wait()
            await worker.run()

        await start_worker(run_worker, limit=1.0)
        return await execute(client, queue)

    assert run(cells) == "old: why"


def test_a_temporal_service_that_stops_for_a_while_is_waited_for(
    running_room: dict[str, str], queue: str
) -> None:
    record = processes.running(load().home, temporal_service.NAME)
    assert record

    async def cells(client: Client) -> str:
        helper = rooms.stop(record.pid, 4.0)
        try:
            await start_worker(worker_of(client, task_queue=queue))
        finally:
            await asyncio.to_thread(helper.wait)
        return await execute(client, queue)

    assert run(cells) == "old: why"


def test_an_unknown_namespace_is_told(running_room: dict[str, str], queue: str) -> None:
    async def cells(_: Client) -> None:
        client = await Client.connect(load().temporal_address, namespace="defualt")
        await start_worker(worker_of(client, task_queue=queue))

    with rooms.quick(TOLD_WITHIN + 2), pytest.raises(WorkerNotStarted) as caught:
        run(cells)
    assert "defualt" in str(caught.value) and "Client.connect" in caught.value.do


def test_a_service_that_went_away_is_told(running_room: dict[str, str], queue: str) -> None:
    settings = load()

    async def cells(client: Client) -> tuple[WorkerNotStarted, str]:
        record = processes.running(settings.home, temporal_service.NAME)
        assert record
        psutil.Process(record.pid).kill()
        await asyncio.to_thread(
            rooms.until, lambda: not listeners.listens(settings.temporal_port), "its end"
        )
        with rooms.quick(TOLD_WITHIN), pytest.raises(WorkerNotStarted) as caught:
            await start_worker(worker_of(client, task_queue=queue))
        await temporal_service.ensure(settings)  # what begin does
        await start_worker(worker_of(client, task_queue=queue))  # with the same Client
        return caught.value, await execute(client, queue)

    error, result = run(cells)
    assert settings.temporal_address in error.saw and "does not answer" in error.saw
    assert "begin" in error.do
    assert result == "old: why"


# A Worker that ends


def test_a_worker_that_dies_later_says_why(
    running_room: dict[str, str], queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cells(client: Client) -> None:
        break_it = asyncio.Event()

        async def run_worker() -> None:
            async with Worker(client, task_queue=queue, workflows=[Ask], activities=[answer]):
                await break_it.wait()
                raise RuntimeError("the disk is full")

        task = await start_worker(run_worker)
        assert "✗" not in capsys.readouterr().out
        break_it.set()
        await asyncio.wait({task}, timeout=100)
        await asyncio.sleep(0)  # its callbacks run in the loop's next turn

    run(cells)
    told = capsys.readouterr().out
    assert "✗ The Worker stopped at" in told and "RuntimeError: the disk is full" in told
    assert "start_worker" in told


def test_a_worker_that_is_cancelled_says_so(
    running_room: dict[str, str], queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cells(client: Client) -> None:
        task = await start_worker(worker_of(client, task_queue=queue))
        task.cancel()
        await asyncio.wait({task}, timeout=100)
        await asyncio.sleep(0)

    run(cells)
    assert "✗ The Worker was cancelled" in capsys.readouterr().out


def test_stopping_twice_is_harmless(
    running_room: dict[str, str], queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cells(client: Client) -> None:
        await start_worker(worker_of(client, task_queue=queue))
        await stop_worker()
        await stop_worker()

    run(cells)
    told = capsys.readouterr().out
    assert told.count("✓ Worker stopped.") == 1
    assert "✓ No Worker was running." in told and "✗" not in told


def test_a_running_activity_is_let_finish_and_made_once(
    running_room: dict[str, str], queue: str
) -> None:
    calls: list[str] = []

    async def cells(client: Client) -> str:
        begun, go_on = asyncio.Event(), asyncio.Event()

        @activity.defn(name="answer")
        async def slow(question: str) -> str:
            calls.append(question)
            begun.set()
            await go_on.wait()
            return f"paid: {question}"

        given = {"activities": [slow], "graceful_shutdown_timeout": QUICK}
        await start_worker(worker_of(client, task_queue=queue, **given))
        running = asyncio.create_task(execute(client, queue))
        await patience.wait_for(begun.wait(), 10)
        stopping = asyncio.create_task(stop_worker())
        asyncio.get_running_loop().call_later(0.5, go_on.set)
        await patience.wait_for(stopping, 10)
        assert go_on.is_set(), "the Worker did not wait for its Activity"
        await start_worker(worker_of(client, task_queue=queue))
        return await running

    assert run(cells) == "paid: why"
    assert calls == ["why"]


# Questions


@pytest.mark.parametrize(
    "problem",
    [
        EOFError(),
        OSError("reading from stdin"),
        ValueError("I/O operation on closed file"),
        RuntimeError("input(): lost sys.stdin"),
        type("StdinNotImplementedError", (NotImplementedError,), {})("no frontend"),
    ],
    ids=["end", "captured", "closed", "lost", "kernel"],
)
def test_without_a_keyboard_the_default_is_taken_and_told(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_keyboard(prompt: str) -> str:
        raise problem

    monkeypatch.setattr(builtins, "input", no_keyboard)
    assert asyncio.run(ask("Which subject?", "otters")) == "otters"
    assert "Using: otters" in capsys.readouterr().out


@pytest.mark.parametrize("stdin", ["/dev/null", None])
def test_without_a_keyboard_in_truth(stdin: str | None) -> None:
    import subprocess

    lines = "import asyncio, workshop; print('=', asyncio.run(workshop.ask('Which?', 'otters')))"
    close = "import sys; sys.stdin.close();" if stdin is None else ""
    done = subprocess.run(
        [sys.executable, "-c", close + lines],
        stdin=subprocess.DEVNULL,
        cwd=rooms.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "= otters" in done.stdout, done.stderr


@pytest.mark.parametrize(("typed", "taken"), [(" bees ", "bees"), ("", "otters"), ("  ", "otters")])
def test_what_is_typed_is_taken(monkeypatch: pytest.MonkeyPatch, typed: str, taken: str) -> None:
    monkeypatch.setattr(builtins, "input", lambda prompt: typed)
    assert asyncio.run(ask("Which subject?", "otters")) == taken


def test_a_question_does_not_freeze_what_else_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = threading.Event()

    def slow_person(prompt: str) -> str:
        assert typed.wait(10)
        return "bees"

    monkeypatch.setattr(builtins, "input", slow_person)

    async def cells() -> str:
        asked = asyncio.create_task(ask("Which subject?", "otters"))
        for _ in range(20):  # a frozen loop never gets to the end of these, nor to the release
            await asyncio.sleep(0.005)
        assert not asked.done()
        typed.set()
        return await patience.wait_for(asked, 5)

    assert asyncio.run(cells()) == "bees"


# The kernel


def test_asyncio_run_in_a_cell_loses_no_other_cell(
    room: dict[str, str], running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five cells of a real kernel, sent at once as Run All does, one with asyncio.run."""
    for name, value in running_room.items():
        monkeypatch.setenv(name, value)
    sources = [
        "import sys; sys.path.insert(0, '')\n"
        "import asyncio\nfrom workshop import begin\nawait begin('02')\nseen = [1]",
        "async def two():\n    await asyncio.sleep(0.05)\n    return 2\nseen.append(await two())",
        "seen.append(asyncio.run(two()) + 1)",
        "await asyncio.sleep(0.01)\nseen.append(4)",
        "print(seen + [5])",
    ]
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(rooms.ROOT))
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=300)
        sent = [client.execute(source) for source in sources]
        printed, errors = "", []
        left = set(sent)
        while left:
            message = client.get_iopub_msg(timeout=300)
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                errors.append("\n".join(content["traceback"]))
            elif kind == "status" and content["execution_state"] == "idle":
                left.discard(message["parent_header"].get("msg_id"))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert errors == []
    assert "[1, 2, 3, 4, 5]" in printed


def test_what_a_kernel_shows(running_room: dict[str, str], tmp_path: Path) -> None:
    """An error is sentences without a traceback, and a question nobody can answer a default."""
    cells = [
        "from workshop import ask, start_worker",
        "print('took', await ask('Which?', 'otters'))",
        "async def run_worker(): ...\nawait start_worker(run_worker())",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = nbclient.NotebookClient(
        book, timeout=300, allow_errors=True, resources={"metadata": {"path": str(rooms.ROOT)}}
    )
    client.execute()
    asked, failed = book.cells[1].outputs, book.cells[2].outputs
    assert "took otters" in "".join(o.text for o in asked)
    (error,) = (o for o in failed if o.output_type == "error")
    assert error.traceback[0] == "✗ WorkerNotStarted"
    assert not any("Traceback" in line for line in error.traceback)


def test_outside_a_kernel_nothing_is_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert notebook.allow_nested_loops() == ""


# Logs and pictures


def test_logs_go_to_one_file_and_begin_again_adds_nothing(tmp_path: Path) -> None:
    import logging

    logger = logging.getLogger("temporalio")
    before, level, up = list(logger.handlers), logger.level, logger.propagate
    try:
        file = notebook.quiet_logs(tmp_path)
        runtime = Runtime.default()
        assert notebook.quiet_logs(tmp_path) == file
        assert Runtime.default() is runtime  # each has a thread pool of its own
        logging.getLogger("temporalio.activity").warning("paper is low")
        assert file.read_text().count("paper is low") == 1
    finally:
        for handler in set(logger.handlers) - set(before):
            handler.close()
            logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = up
