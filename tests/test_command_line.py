"""`python -m workshop`: what each command does, says and leaves alone."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import room as rooms
from temporalio.client import Client

from workshop import __main__ as command_line
from workshop.core import listeners, processes
from workshop.practice.model import process
from workshop.services import jupyterlab, namespaces, temporal_service

COMMANDS = (
    *("lab", "up", "down", "status", "doctor", "progress", "demo", "review", "workflows", "reset"),
    *("export",),
)
NAMES = (temporal_service.NAME, process.NAME)
SENTINEL = "sk-sentinel-aabbccddeeff00112233445566778899"


def run(*words: str) -> int:
    """The command in this process, which has been loaded already."""
    return command_line.main(list(words))


def home_of(room: dict[str, str]) -> Path:
    return Path(room["WORKSHOP_HOME"])


def running(room: dict[str, str]) -> list[str]:
    return [name for name in NAMES if processes.running(home_of(room), name)]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(command, "--help")
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert f"python -m workshop {command}" in told
    assert re.search(r"[A-Z][^.]{10,}\.", told), "a sentence"


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    told = capsys.readouterr().out
    assert all(re.search(rf"^\s+{command}\s+[A-Z]", told, re.M) for command in COMMANDS)
    for wrong in ([], ["dance"]):
        with pytest.raises(SystemExit) as caught:
            run(*wrong)
        assert caught.value.code == 2


def test_up_status_and_down(room: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status") == 1
    assert capsys.readouterr().out.count("not running") == 3

    assert run("up") == 0
    told = capsys.readouterr().out
    assert f"127.0.0.1:{room['WORKSHOP_TEMPORAL_PORT']}" in told
    assert f"http://127.0.0.1:{room['WORKSHOP_UI_PORT']}" in told
    assert f"127.0.0.1:{room['WORKSHOP_PRACTICE_PORT']}" in told
    before = [processes.running(home_of(room), name) for name in NAMES]
    assert all(before)
    assert run("up") == 0  # twice is harmless
    assert [processes.running(home_of(room), name) for name in NAMES] == before
    capsys.readouterr()

    assert run("status") == 0
    told = capsys.readouterr().out
    for record in before:
        assert record and f"answers (process {record.pid})" in told

    assert run("down") == 0
    told = capsys.readouterr().out
    for record in before:
        assert record and f"(process {record.pid})" in told and not rooms.alive(record.pid)
    assert run("down") == 0
    assert capsys.readouterr().out.count("none of ours ran") == 3
    assert (home_of(room) / "temporal.db").exists()  # down keeps what reset removes


def test_down_leaves_a_service_of_somebody_else(
    running_room: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A second workshop that is told to use the same ports, with a home of its own."""
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "second"))
    assert run("up") == 1
    service = processes.running(home_of(running_room), temporal_service.NAME)
    told = capsys.readouterr().err
    assert service and f"temporal (process {service.pid}, user" in told
    assert running_room["WORKSHOP_HOME"] in told and "WORKSHOP_TEMPORAL_PORT" in told
    assert run("down") == 0
    assert capsys.readouterr().out.count("none of ours ran") == 3
    monkeypatch.setenv("WORKSHOP_HOME", running_room["WORKSHOP_HOME"])
    assert run("status") == 0


def test_workflows_that_still_run_are_listed_and_ended_in_every_namespace(
    running_room: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def start(namespace: str) -> None:
        client = await Client.connect(f"127.0.0.1:{running_room['WORKSHOP_TEMPORAL_PORT']}")
        if namespace != "default":
            assert await namespaces.made(client, namespace)
        inside = namespaces.inside(client, namespace)
        await inside.start_workflow("Left", id=f"of-{namespace}", task_queue="nobody")

    for name in ("default", "lesson-02"):
        asyncio.run(start(name))

    def listed() -> bool:
        assert run("workflows") == 0
        told = capsys.readouterr().out
        return all(f"{name}  Left  of-{name}" in told for name in ("default", "lesson-02"))

    rooms.until(listed, "both in the list")
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    assert run("workflows", "--end") == 1
    assert listed()
    assert run("workflows", "--end", "--yes") == 0
    capsys.readouterr()

    def none_left() -> bool:
        return run("workflows") == 0 and "0 still running." in capsys.readouterr().out

    rooms.until(none_left, "an empty list")


def test_the_doctor_answers_with_its_exit_code(
    room: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doctor") == 0
    assert "Everything works." in capsys.readouterr().out
    with socket.create_server(("127.0.0.1", int(room["WORKSHOP_UI_PORT"]))):
        assert run("doctor") == 1
    told = capsys.readouterr().out
    assert "✗ fault" in told and "→" in told and "WORKSHOP_UI_PORT" in told


def test_an_error_is_sentences_on_stderr(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLM_API_KEY", f"{SENTINEL} with a space")
    assert run("up") == 1
    told = capsys.readouterr()
    assert told.err.startswith("✗ Saw:") and "LLM_API_KEY" in told.err and "Do:" in told.err
    assert SENTINEL not in told.out + told.err and "Traceback" not in told.err


def test_no_command_shows_a_key(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLM_API_KEY", SENTINEL)
    for command in ("status", "doctor", "down"):
        run(command)
        told = capsys.readouterr()
        assert told.out and SENTINEL not in told.out + told.err, command


# reset


OWN = ("temporal.db", "temporal.db-wal", "practice-ledger.sqlite", "sent-ledger.sqlite")
OTHERS = ("temporal.notes.txt", "practice-run.md", "bin/tool", "thesis.pdf", "my.db")


@pytest.fixture
def full_home(room: dict[str, str]) -> Path:
    home = home_of(room)
    for name in (*OWN, "progress.json", "notebook.log", "temporal-cli/temporal", *OTHERS):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("something")
    Path(room["WORKSHOP_ENV_FILE"]).write_text("# mine\n")
    return home


def files(home: Path) -> set[str]:
    return {f.relative_to(home).as_posix() for f in home.rglob("*") if f.is_file()}


@pytest.mark.parametrize("answer", ["no", "", "y", None])
def test_reset_asks_and_anything_but_yes_keeps_all(
    full_home: Path,
    answer: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def typed(prompt: str) -> str:
        assert "yes" in prompt
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", typed)
    before = files(full_home)
    assert run("reset") == 1
    told = capsys.readouterr().out
    assert "temporal.db" in told and "bytes" in told and "Nothing was removed." in told
    assert "thesis.pdf" not in told
    assert files(full_home) == before


def test_reset_removes_the_workshops_own_files_and_no_others(
    full_home: Path, room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: " Yes ")
    assert run("reset") == 0
    assert files(full_home) == set(OTHERS)
    assert Path(room["WORKSHOP_ENV_FILE"]).read_text() == "# mine\n"


def test_reset_ends_what_runs_and_leaves_an_empty_place(
    room: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("up") == 0
    pids = [processes.running(home_of(room), name) for name in NAMES]
    assert run("reset", "--yes") == 0
    assert not any(record and rooms.alive(record.pid) for record in pids)
    assert not home_of(room).exists()
    capsys.readouterr()
    assert run("reset", "--yes") == 0
    assert "Nothing to remove" in capsys.readouterr().out


# lab


class Lab(NamedTuple):
    url: str
    """As it is printed, with its token."""
    port: int
    token: str
    printed: str
    pid: int


def ask(lab: Lab, path: str, *, token: bool = True) -> Any:
    query = f"?token={lab.token}" if token else ""
    with urllib.request.urlopen(f"http://127.0.0.1:{lab.port}{path}{query}", timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if not list((rooms.ROOT / "notebooks").glob("*.ipynb")):
        pytest.skip("notebooks/ is empty: `make build` fills it")
    folder = tmp_path_factory.mktemp("lab")
    (port,) = rooms.free_ports(1)
    env = rooms.environment(folder)
    # An empty home: no settings, no runtime files of whoever runs the tests.
    env |= {"HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    env |= {"JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    log = folder / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "workshop", "lab", "--no-browser", "--port", str(port)],
            env=env,
            cwd=rooms.ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:

        def url() -> re.Match[str] | None:
            assert server.poll() is None, log.read_text()
            return re.search(rf"http://\S+:{port}/\S*\?token=(\w+)", log.read_text())

        found = rooms.until(url, "JupyterLab's address", limit=60)
        rooms.until(lambda: listeners.listens(port), "JupyterLab to listen", limit=30)
        yield Lab(found[0], port, found[1], log.read_text(), server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.mark.rotates("what takes long", among=4)
def test_lab_lets_nobody_in_without_the_token(lab: Lab) -> None:
    assert len(lab.token) >= 32
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(lab, "/api/status", token=False)
    assert caught.value.code == 403
    assert ask(lab, "/api/status")["kernels"] == 0


def test_lab_listens_on_loopback_alone(lab: Lab) -> None:
    listening = psutil.Process(lab.pid).net_connections(kind="tcp")
    addresses = {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN}
    assert addresses and addresses <= {"127.0.0.1", "::1"}


def test_lab_prints_the_address_of_the_first_notebook(lab: Lab) -> None:
    first = min((rooms.ROOT / "notebooks").glob("*.ipynb")).name
    assert f"/lab/tree/notebooks/{first}" in lab.url
    with urllib.request.urlopen(lab.url, timeout=10) as answer:
        assert answer.status == 200 and "jupyter-config-data" in answer.read().decode()
    assert ask(lab, f"/api/contents/notebooks/{first}")["type"] == "notebook"


def test_lab_serves_the_whole_repository(lab: Lab) -> None:
    names = {entry["name"] for entry in ask(lab, "/api/contents")["content"]}
    assert {"notebooks", "lessons", "README.md", "requirements.txt"} <= names


def test_lab_opens_hidden_files(lab: Lab) -> None:
    assert ask(lab, "/api/contents/.env.example")["type"] == "file"


def test_lab_shows_no_news_and_keeps_its_other_settings(lab: Lab) -> None:
    plugin = "@jupyterlab/apputils-extension:"
    news = ask(lab, f"/lab/api/settings/{plugin}notification")
    assert news["schema"]["properties"]["fetchNews"]["default"] == "false"
    themes = ask(lab, f"/lab/api/settings/{plugin}themes")
    assert themes["schema"]["properties"]["theme"]["default"].startswith("JupyterLab")
    assert len(ask(lab, "/lab/api/settings")["settings"]) > 40


def test_lab_works_as_root(lab: Lab) -> None:
    if os.geteuid() != 0:
        pytest.skip("these tests do not run as root")
    assert "Running as root is not recommended" not in lab.printed
    assert ask(lab, "/api/status")["started"]


def test_lab_without_notebooks_says_how_to_make_them(
    room: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(jupyterlab, "ROOT", tmp_path)
    assert run("lab", "--no-browser") == 1
    assert "make build" in capsys.readouterr().err
