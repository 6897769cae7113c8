"""Drafts that wait: demo 03's Worker and the review page as processes in a test's room."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import room as rooms
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from workshop.services import namespaces

T = TypeVar("T")

WORKER = "demos/module_one_03_human_in_the_loop/worker.py"
QUEUE = "durable-drafts"


class Running:
    """A process of the test's own, with what it prints."""

    def __init__(self, line: list[str], env: dict[str, str], folder: Path) -> None:
        self.log = folder / f"{uuid.uuid4().hex}.log"
        with self.log.open("wb") as out:
            self.popen = subprocess.Popen(
                [sys.executable, "-u", *line],
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def says(self, words: str) -> str:
        def found() -> re.Match[str] | None:
            match = re.search(words, self.printed)
            assert match or self.popen.poll() is None, self.printed
            return match

        return rooms.until(found, f"{words!r} of {self.printed!r}", limit=60)[0]

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(20)


def worker(env: dict[str, str], folder: Path) -> Running:
    """Demo 03's Worker, once it polls."""
    running = Running([str(rooms.ROOT / WORKER)], env, folder)
    running.says("polls the Task Queue")
    return running


def review(env: dict[str, str], folder: Path, port: int = 0) -> tuple[Running, str]:
    """The review page's server, and its address."""
    running = Running(["-m", "workshop", "review", "--port", str(port)], env, folder)
    return running, running.says(r"http://127\.0\.0\.1:\d+")


def ask(env: dict[str, str], what: Callable[[Client], Awaitable[T]]) -> T:
    """Ask the room's Temporal Service something, in the namespace of this environment."""

    async def asking() -> T:
        client = await Client.connect(
            f"127.0.0.1:{env['WORKSHOP_TEMPORAL_PORT']}",
            namespace=env.get("TEMPORAL_NAMESPACE", "default"),
            data_converter=pydantic_data_converter,
        )
        return await what(client)

    with ThreadPoolExecutor(1) as thread:  # a test's own may have an event loop that runs
        return thread.submit(lambda: asyncio.run(asking())).result()


def start(env: dict[str, str], prompt: str, *, queue: str = QUEUE, wait: bool = True) -> str:
    """Start a draft and return its Workflow id, once its first version waits."""
    name = f"draft-{uuid.uuid4()}"

    async def starting(client: Client) -> None:
        await client.start_workflow("DraftWorkflow", {"prompt": prompt}, id=name, task_queue=queue)

    ask(env, starting)
    if wait:
        rooms.until(lambda: draft(env, name)["status"] == "waiting", "version 1", limit=30)
    return name


def notebook(env: dict[str, str], namespace: str) -> dict[str, str]:
    """The environment in a kernel whose `begin` has claimed this namespace."""

    async def claim(client: Client) -> None:
        assert await namespaces.made(client, namespace)

    ask(env, claim)
    return env | {"TEMPORAL_NAMESPACE": namespace}


def draft(env: dict[str, str], name: str) -> dict[str, Any]:
    """The draft as a Query tells it."""

    async def asking(client: Client) -> Any:
        return await client.get_workflow_handle(name).query("get_draft")

    found = ask(env, asking)
    assert isinstance(found, dict)
    return found
