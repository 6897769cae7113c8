"""Two homes on one machine with the usual ports: each has servers of its own, and is told so."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import room as rooms

from workshop.core import processes, settings
from workshop.practice.model import process
from workshop.practice.model.ledger import Ledger
from workshop.services.temporal_service import NAME

pytestmark = pytest.mark.rotates("what takes long", among=4)

# The usual ports are a learner's own, so for these processes others are the usual ones.
AS_USUAL = """
import sys
from workshop.core import settings
settings.DEFAULT_PORTS.update(zip(settings.DEFAULT_PORTS, map(int, sys.argv.pop(1).split(","))))
"""
COMMAND = AS_USUAL + "from workshop.__main__ import main; sys.exit(main(sys.argv[1:]))"
BEGIN = AS_USUAL + "import asyncio, workshop; asyncio.run(workshop.begin('02'))"
ASK = (
    AS_USUAL
    + """
import asyncio, os
import workshop
from temporalio.client import Client
from litellm import completion

async def main():
    given = await workshop.begin("02")
    client = await Client.connect(given.temporal_address, namespace=given.temporal_namespace)
    await client.start_workflow("Whose", id="one-id-for-all", task_queue="one-queue-for-all")
    said = [{"role": "user", "content": "otters"}]
    key = given.llm_api_key.get_secret_value()
    completion(model=given.llm_model, api_key=key, api_base=given.llm_api_base, messages=said)
    print("calls:", workshop.receipt().received)

asyncio.run(main())
"""
)


class Home:
    """A clone of its own, whose servers take the usual ports."""

    def __init__(self, folder: Path, usual: list[int]) -> None:
        self.usual, self.state = usual, folder / "state"
        kept = rooms.environment(folder)
        self.env = {
            name: value for name, value in kept.items() if name not in settings.DEFAULT_PORTS
        }

    def start(self, code: str, *words: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-c", code, ",".join(map(str, self.usual)), *words]
        return subprocess.Popen(
            line, env=self.env, cwd=rooms.ROOT, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def says(self, *words: str, code: str = COMMAND) -> str:
        return self.start(code, *words).communicate(timeout=120)[0]

    def pid(self, name: str = NAME) -> int:
        record = processes.running(self.state, name)
        assert record, f"{name} does not run in {self.state}"
        return record.pid

    def ports(self) -> set[int]:
        return set(settings.recorded_ports(self.state).values())


@pytest.fixture
def usual() -> list[int]:
    return rooms.free_ports(4)


@pytest.fixture
def homes(tmp_path: Path, usual: list[int]) -> Iterator[tuple[Home, Home]]:
    both = Home(tmp_path / "first", usual), Home(tmp_path / "second", usual)
    yield both
    for home in both:
        rooms.end_all(home.state)


def test_the_second_takes_other_ports_and_is_told_who_has_the_usual_ones(
    homes: tuple[Home, Home],
) -> None:
    first, second = homes
    assert first.says(code=ASK).endswith("calls: 1\n")
    assert first.ports() == set(first.usual[:3])
    said = second.says(code=ASK)
    # The same Workflow id is free, and the call of the first is not on this receipt.
    assert said.endswith("calls: 1\n")
    assert not first.ports() & second.ports()
    assert {port % 10 for port in second.ports()} == {port % 10 for port in first.ports()}
    ports = ", ".join(map(str, first.usual[:2]))
    assert f"ports {ports}, used by temporal (process {first.pid()}, user " in said
    assert f"{first.state}), which is not of this workshop" in said
    for home in homes:
        assert len(Ledger(Path(process.ledger_path(_load(home)))).calls()) == 1

    told = second.says("status")
    for pid in (second.pid(), second.pid(process.NAME), first.pid(), first.pid(process.NAME)):
        assert f"process {pid}" in told
    ended = second.pid()
    told = second.says("down")
    assert f"kill {first.pid()}" in told and f"ended (process {ended})" in told
    assert first.pid() and processes.running(second.state, NAME) is None
    # What was chosen once is taken again.
    before = second.ports()
    second.says("up")
    assert second.ports() == before


def _load(home: Home) -> settings.Settings:
    return settings.load(home.env)


def test_two_that_begin_in_the_same_moment_get_one_each(homes: tuple[Home, Home]) -> None:
    """Both see the usual ports free; who is slower takes others."""
    for said in [kernel.communicate(timeout=120)[0] for kernel in [h.start(BEGIN) for h in homes]]:
        assert "✓ Ready for lesson 02" in said
    first, second = homes
    assert not first.ports() & second.ports() and first.pid() != second.pid()


def test_another_program_on_one_of_the_ports_is_left_alone(
    homes: tuple[Home, Home], usual: list[int]
) -> None:
    home, _ = homes
    with socket.create_server(("127.0.0.1", usual[1])):
        said = home.says(code=BEGIN)
    assert f"port {usual[1]}, used by python" in said and f"(process {os.getpid()}" in said
    assert home.ports() == {usual[0], usual[1] + 10, usual[2]}
    assert f"http://127.0.0.1:{usual[1] + 10}" in said


def test_a_clone_whose_predecessor_was_deleted_works_and_tells_what_is_left(
    homes: tuple[Home, Home],
) -> None:
    deleted, fresh = homes
    deleted.says("up")
    orphans = [deleted.pid(), deleted.pid(process.NAME)]
    shutil.rmtree(deleted.state)
    try:
        said = fresh.says(code=BEGIN)
        assert "✓ Ready for lesson 02" in said
        assert f"{deleted.state}, a folder that is gone)" in said
        told = fresh.says("down")
        assert all(f"kill {pid}" in told for pid in orphans)
        assert all(map(rooms.alive, orphans))
        # One that was cloned into the same place has not started them either.
        assert "✓ Ready for lesson 02" in deleted.says(code=BEGIN)
        assert deleted.pid() not in orphans and all(map(rooms.alive, orphans))
    finally:
        for pid in orphans:
            os.kill(pid, 15)


def test_a_copy_of_a_home_has_servers_of_its_own(homes: tuple[Home, Home]) -> None:
    home, copy = homes
    home.says("up")
    copy.state.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(home.state, copy.state)
    assert "✓ Ready for lesson 02" in copy.says(code=BEGIN)
    assert copy.pid() != home.pid() and not copy.ports() & home.ports()


def test_a_home_that_was_moved_starts_its_servers_in_the_new_place(
    homes: tuple[Home, Home],
) -> None:
    home, moved = homes
    home.says(code=ASK)
    before = home.pid()
    moved.state.parent.mkdir(parents=True, exist_ok=True)
    home.state.rename(moved.state)
    said = moved.says(code=ASK)
    assert "Workflow execution already started" in said, "it has its Workflows with it"
    assert moved.pid() != before and not rooms.alive(before)
    assert moved.ports() == set(moved.usual[:3])


def test_records_of_an_earlier_version_do_not_leave_two_services_on_one_database(
    homes: tuple[Home, Home],
) -> None:
    home, _ = homes
    home.says("up")
    before = home.pid()
    record = home.state / "temporal.json"
    kept = json.loads(record.read_text())
    record.write_text(json.dumps({"pid": kept["pid"], "started": kept["started"], "port": 1}))
    home.says("up")
    assert home.pid() != before and not rooms.alive(before)


def test_another_user_of_this_machine_gets_servers_of_their_own(
    homes: tuple[Home, Home], tmp_path: Path
) -> None:
    """The second is somebody who may not look into the first one's processes."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else for a moment")
    first, second = homes
    first.says("up")
    second.state.mkdir(parents=True)
    for folder in (second.state.parent, second.state):
        shutil.chown(folder, "nobody")
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    tmp_path.chmod(0o755)
    line = [sys.executable, "-c", COMMAND, ",".join(map(str, second.usual))]
    env = second.env | {"HOME": str(second.state), "PYTHONDONTWRITEBYTECODE": "1"}

    def says(*words: str) -> str:
        return subprocess.run(
            [*line, *words], env=env, cwd="/", text=True, capture_output=True, user="nobody",
            group="nogroup", timeout=120,
        ).stdout  # fmt: skip

    try:
        readable = says("--help")
    except PermissionError:
        readable = ""
    if not readable:
        pytest.skip("another user may not read this Python")
    assert "✓ Practice model" in says("up")
    told = says("status")
    assert f"temporal (process {first.pid()}, user root, {first.state}" in told
    assert re.search(r"answers \(process \d+\)", told)
    assert not first.ports() & second.ports()
    assert "none of ours ran" in says("down").splitlines()[2] and rooms.alive(first.pid())
