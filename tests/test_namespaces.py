"""A namespace a notebook: claimed, held, given back, told, and searched for a Workflow."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import room as rooms
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workshop import begin, timeline
from workshop.core.errors import WorkshopError
from workshop.core.settings import load
from workshop.kernel import classroom
from workshop.kernel.classroom import Panel
from workshop.services import claims, doctor, namespaces


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Panel]]:
    panels: list[Panel] = []
    monkeypatch.setattr(classroom, "show", panels.append)
    monkeypatch.setattr(claims, "_claim", None)
    yield panels
    if claims._claim:
        claims._claim.file.close()


class Kernel:
    """A process that has run `begin`, as a kernel has, in the folder of its notebook."""

    def __init__(self, env: dict[str, str], notebook: Path) -> None:
        notebook.parent.mkdir(parents=True, exist_ok=True)
        notebook.touch()
        self.popen = subprocess.Popen(
            [sys.executable, str(rooms.ROOT / "tests" / "begun.py")],
            env=env | {"JPY_SESSION_NAME": str(notebook)},
            cwd=notebook.parent,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.panel: list[str] = []
        assert self.popen.stdout
        for line in self.popen.stdout:
            if line.startswith("claimed "):
                _, self.namespace, self.pid = line.split()
                return
            self.panel.append(line)
        raise AssertionError("".join(self.panel))

    def end(self) -> None:
        self.popen.kill()
        self.popen.communicate()


@pytest.mark.rotates("what takes long", among=4)
def test_each_notebook_has_its_own_and_finds_it_again(
    running_room: dict[str, str], tmp_path: Path
) -> None:
    practice = tmp_path / "notebooks" / "02_A.ipynb"
    solution = tmp_path / "Solutions_02_A" / "02_A_Solution.ipynb"
    exercise = tmp_path / "exercises" / "02_A" / "Practice" / "02_A_Practice.ipynb"
    done = tmp_path / "exercises" / "02_A" / "Solution" / "02_A_Solution.ipynb"
    kernels = [Kernel(running_room, path) for path in (practice, solution, exercise, done)]
    names = [kernel.namespace for kernel in kernels]
    try:
        assert names == ["lesson-02", "lesson-02-solution", "exercise-02", "exercise-02-solution"]
        # The notebook of a tab that was closed has its kernel still. Another one is opened.
        kernels.append(second := Kernel(running_room, practice))
        assert second.namespace == "lesson-02-2"
        said = "".join(second.panel)
        assert f"lesson-02 is used by another kernel (process {kernels[0].pid})" in said
        # A restart, however the kernel ended: the same again.
        for number, path in ((0, practice), (4, practice), (1, solution)):
            kernels[number].end()
            kernels.append(again := Kernel(running_room, path))
            assert again.namespace == kernels[number].namespace
        # A copy of the notebook is another notebook, and so it stays when all have ended.
        for kernel in kernels:
            kernel.end()
        for path, name in (
            (practice.with_name("02_copy.ipynb"), "lesson-02-3"),
            (practice, "lesson-02"),
        ):
            kernels.append(one := Kernel(running_room, path))
            assert one.namespace == name
    finally:
        for kernel in kernels:
            kernel.end()


def test_it_is_made_with_a_month_of_retention_and_named_in_the_panel(
    running_room: dict[str, str], shown: list[Panel]
) -> None:
    settings = asyncio.run(begin("03"))
    name = settings.temporal_namespace
    assert name == os.environ["TEMPORAL_NAMESPACE"] and name.startswith("lesson-03")
    assert settings.folder == settings.home / "notebooks" / name
    assert str(settings.folder) in settings.database_url.get_secret_value()

    async def days() -> float:
        client = await Client.connect(settings.temporal_address)
        told = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name)
        )
        return told.config.workflow_execution_retention_ttl.seconds / 86400

    assert asyncio.run(days()) == 30
    # Again in the same kernel: it is not taken for one that the user has set.
    again = asyncio.run(begin("03"))
    assert again.temporal_namespace == name
    assert all(f"{name} (this notebook's own)" in repr(panel) for panel in shown)


def test_after_reset_it_is_claimed_anew(
    running_room: dict[str, str], shown: list[Panel], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = asyncio.run(begin("04"))
    claim = settings.folder / "kernel"
    claim.unlink()
    assert asyncio.run(begin("04")).temporal_namespace == settings.temporal_namespace
    assert claim.exists()


def test_one_that_does_not_exist_is_told_by_begin_and_doctor(
    running_room: dict[str, str], shown: list[Panel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "nope")
    with pytest.raises(WorkshopError) as caught:
        asyncio.run(begin("02"))
    assert "'nope', which TEMPORAL_NAMESPACE names" in caught.value.saw
    assert ".env" in caught.value.do
    found = {finding.what: finding for finding in doctor.examine()}["Namespace"]
    assert not found.well and "'nope'" in found.saw and ".env" in found.do
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "default")
    settings = asyncio.run(begin("02"))
    assert settings.temporal_namespace == "default" and settings.folder == settings.home
    assert "default (as TEMPORAL_NAMESPACE says; shared with all that use it)" in repr(shown[-1])


def test_on_a_service_of_somebody_else_it_is_of_this_home_alone(
    running_room: dict[str, str],
    shown: list[Panel],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", load().temporal_address)
    monkeypatch.delenv("WORKSHOP_PRACTICE_PORT")
    names = set()
    for home in ("anna", "ben", "anna"):
        monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / home))
        try:
            names.add(asyncio.run(begin("02")).temporal_namespace)
        finally:
            rooms.end_all(tmp_path / home)
    assert len(names) == 2 and all(name.startswith("lesson-02-") for name in names)
    assert not any("anna" in name or "ben" in name for name in names)


def test_a_service_that_lets_us_make_none_is_told(
    running_room: dict[str, str], shown: list[Panel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Temporal Cloud. Our own lets everybody, so its refusal is put in by hand."""
    connect = Client.connect

    async def guarded(*given: Any, **named: Any) -> Client:
        client = await connect(*given, **named)

        async def refuse(*given: Any, **named: Any) -> None:
            raise RPCError("not for you", RPCStatusCode.PERMISSION_DENIED, b"")

        monkeypatch.setattr(client.workflow_service, "register_namespace", refuse)
        monkeypatch.setattr(client.workflow_service, "list_namespaces", refuse)
        return client

    monkeypatch.setattr(Client, "connect", guarded)
    # Nobody has made one of that name.
    monkeypatch.setattr(claims, "_name", lambda settings, lesson: "not-there")
    assert asyncio.run(begin("02")).temporal_namespace == "default"
    assert "default (shared with all that use it: this Temporal Service lets us make none" in repr(
        shown[0]
    )
    assert "TEMPORAL_NAMESPACE" not in os.environ


LESSON = """
import asyncio, sys
import workshop
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

MINE = sys.argv[1]

@workflow.defn(name="Report", sandboxed=False)
class Report:
    @workflow.run
    async def run(self) -> str:
        return MINE

async def main():
    settings = await workshop.begin("02")
    client = await Client.connect(
        settings.temporal_address, namespace=settings.temporal_namespace
    )
    async with Worker(client, task_queue="research", workflows=[Report]):
        print("polls", flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # until all poll
        runs = [
            client.execute_workflow(Report.run, id=f"report-{number}", task_queue="research")
            for number in range(10)
        ]
        print(sorted(set(await asyncio.gather(*runs))), flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # it polls until all have ended

asyncio.run(main())
"""


@pytest.mark.rotates("what takes long", among=4)
def test_notebooks_of_one_lesson_at_once_each_do_their_own_work(
    room: dict[str, str], tmp_path: Path
) -> None:
    """Each with its Worker, the same Task Queue and the same Workflow ids."""
    kernels = {}
    for folder in ("notebooks", "Solutions_02_A", "copy"):
        (tmp_path / folder).mkdir()
        kernels[folder] = subprocess.Popen(
            [sys.executable, "-c", LESSON, folder],
            env=room | {"PYTHONPATH": str(rooms.ROOT)},
            cwd=tmp_path / folder,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def said(kernel: subprocess.Popen[str], start: str) -> str:
        assert kernel.stdout
        return next((line for line in kernel.stdout if line.startswith(start)), "it has ended")

    def go(kernel: subprocess.Popen[str]) -> None:
        assert kernel.stdin
        kernel.stdin.write("\n")
        kernel.stdin.flush()

    try:
        assert {said(kernel, "polls") for kernel in kernels.values()} == {"polls\n"}
        for kernel in kernels.values():
            go(kernel)
        for folder, kernel in kernels.items():
            assert said(kernel, "[") == f"['{folder}']\n"
    finally:
        for kernel in kernels.values():
            kernel.kill()
            kernel.communicate()


# Finding


def elsewhere(settings: Any, *names: str, workflow_id: str) -> None:
    async def start() -> None:
        client = await Client.connect(settings.temporal_address)
        for name in names:
            assert await namespaces.made(client, name)
            inside = namespaces.inside(client, name)
            await inside.start_workflow("Anything", id=workflow_id, task_queue="nobody")

    asyncio.run(start())


def test_a_workflow_is_found_by_its_id_alone(running_room: dict[str, str]) -> None:
    name = f"find-{uuid.uuid4().hex[:8]}"
    elsewhere(load(), "far", "further", workflow_id=name)

    async def where(own: str, workflow_id: str) -> str:
        client = await Client.connect(load().temporal_address, namespace=own)
        return (await namespaces.where(client, workflow_id)).namespace

    assert asyncio.run(where("default", name)) == "further", "the one that was started last"
    assert asyncio.run(where("far", name)) == "far", "one's own comes first"
    assert asyncio.run(where("default", "nowhere")) == "default"


def test_a_timeline_is_found_wherever_the_workflow_is(running_room: dict[str, str]) -> None:
    name = f"line-{uuid.uuid4().hex[:8]}"
    elsewhere(load(), "far", workflow_id=name)

    async def look() -> str:
        client = await Client.connect(load().temporal_address)
        return (await timeline(client.get_workflow_handle(name))).workflow_type

    assert asyncio.run(look()) == "Anything"


def test_a_claim_names_who_holds_it(running_room: dict[str, str], shown: list[Panel]) -> None:
    settings = asyncio.run(begin("05"))
    kept = json.loads((settings.folder / "kernel").read_text())
    assert kept["pid"] == os.getpid()
