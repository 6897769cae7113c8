"""Odd machines: folders that are shut, foreign, full or strange, terminals that lack signs."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import room as rooms

from workshop.checks.first_cell import begin
from workshop.core import disk, listeners, processes, terminal
from workshop.core.disk import DiskError
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.services import doctor, temporal_service
from workshop.services.database import open_database

WITHOUT_ROOTS_RIGHTS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
needs_an_ordinary_user = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere"
)


RUN = (
    "import sys; from workshop.__main__ import main; print([main(w.split()) for w in sys.argv[1:]])"
)


def said(*commands: str, env: dict[str, str], **extra: str) -> str:
    """What commands say to a person without the rights that only root has.

    They run one after another in one process, whose last line is their exit codes. It is words, and
    never a traceback.
    """
    before = WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 and shutil.which("setpriv") else ()
    done = subprocess.run(
        [*before, sys.executable, "-c", RUN, *commands],
        env={**env, **extra},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        stdin=subprocess.DEVNULL,
        cwd=rooms.ROOT,
    )
    told = done.stderr + done.stdout
    assert "Traceback" not in told and done.returncode == 0, told
    return told


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system of a test's own, in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    line = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(line, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def shut(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o500)
    yield folder
    folder.chmod(0o700)


# Where a name is not known

BEGUN = """
import asyncio
from workshop import begin
from workshop.__main__ import main
codes = [main(["up"]), main(["doctor"])]
asyncio.run(begin("02"))
print(codes)
"""


@pytest.mark.parametrize("hosts", ["::1 localhost\n", "127.0.0.1 elsewhere\n"])
def test_a_machine_that_does_not_know_localhost_lacks_nothing(
    hosts: str, room: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "hosts"
    file.write_text(hosts)
    alone = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    alone += ["sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(file)]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"]).returncode:
        pytest.skip("no process may have a hosts file of its own here")
    done = subprocess.run(
        [*alone, sys.executable, "-c", BEGUN],
        env=room | {rooms.NURSERY: "none"},  # else its servers are started elsewhere
        capture_output=True,
        text=True,
        timeout=240,
        cwd=rooms.ROOT,
    )
    assert done.stdout.endswith("[0, 0]\n"), done.stdout + done.stderr
    assert "Everything works" in done.stdout


# Where state cannot be kept


@needs_an_ordinary_user
@pytest.mark.rotates("shut places", among=3)
def test_a_home_that_may_not_be_written_is_told(room: dict[str, str], shut: Path) -> None:
    told = said("up", "doctor", env=room, WORKSHOP_HOME=str(shut / "state"))
    assert told.endswith("[1, 1]\n")
    assert told.count(f"{shut} is yours, but its mode keeps you out") == 2
    assert told.count("chmod -R u+rwX") == told.count("WORKSHOP_HOME") == 2


@needs_an_ordinary_user
@pytest.mark.rotates("shut places", among=3)
def test_a_place_for_the_app_that_may_not_be_written_is_told(
    room: dict[str, str], shut: Path
) -> None:
    told = said(f"export {shut}/my-app", f"export {shut}", env=room)
    assert told.endswith("[1, 1]\n")
    assert told.count(f"{shut} is yours, but its mode keeps you out") == 2
    assert told.count("workshop export ~/my-app") == 2 and "WORKSHOP_HOME" not in told
    assert not any(shut.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@needs_an_ordinary_user
@pytest.mark.rotates("shut places", among=3)
def test_a_home_that_belongs_to_somebody_else_is_told(room: dict[str, str], tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    os.chown(foreign, 65534, 65534)
    told = said("up", "doctor", env=room, WORKSHOP_HOME=str(foreign))
    assert told.endswith("[1, 1]\n")
    whose = f"{foreign} belongs to {disk.owner_of(foreign)}, and you are {disk.your_name()}"
    assert told.count(whose) == 2
    assert told.count(f"sudo chown -R {disk.your_name()} '{foreign}'") == 2


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.touch()
    for home, why in ((file / "state", "is a file"), (file, "cannot be used")):
        with pytest.raises(DiskError, match=why) as caught:
            disk.ready(home)
        assert "WORKSHOP_HOME" in caught.value.do


@pytest.mark.rotates("shut places", among=3)
def test_a_read_only_file_system_is_told(room: dict[str, str], tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=40m,ro") as folder:
        told = said("up", "doctor", env=room, WORKSHOP_HOME=str(folder / "state"))
    assert told.endswith("[1, 1]\n") and told.count("its file system is read-only") == 2


@pytest.mark.rotates("shut places", among=3)
def test_a_full_disk_is_told_and_starts_nothing(room: dict[str, str], tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=5m") as folder:
        told = said("up", "doctor", env=room, WORKSHOP_HOME=str(folder))
        assert told.endswith("[1, 1]\n")
        assert "The disk is full: 5 MiB are free" in told and "Make room" in told
        assert [file.name for file in folder.iterdir() if file.suffix != ".lock"] == []
    for setting in ("WORKSHOP_TEMPORAL_PORT", "WORKSHOP_PRACTICE_PORT"):
        assert not listeners.listens(int(room[setting])), setting


def test_a_home_that_is_a_mount_is_emptied_and_stays(room: dict[str, str], tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=80m") as folder:
        (folder / "practice-ledger.sqlite").touch()
        done = rooms.workshop("reset", "--yes", env=room | {"WORKSHOP_HOME": str(folder)})
        assert "✓ Removed" in done.stdout and done.stderr == "" and done.returncode == 0
        assert list(folder.iterdir()) == []


def test_a_disk_that_fills_up_is_told_by_the_model_and_by_begin(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(tmp_path / "disk", "size=34m") as folder:
        monkeypatch.setenv("WORKSHOP_HOME", str(folder))
        settings = load()
        try:
            asyncio.run(process.ensure(settings))
            with pytest.raises(OSError), (folder / "big").open("wb") as big:
                while True:
                    big.write(bytes(2**20))
            answer = httpx.post(
                f"{settings.llm_api_base}/chat/completions",
                json={"model": "practice-model", "messages": [{"role": "user", "content": "hi"}]},
                headers={"Authorization": f"Bearer {settings.llm_api_key.get_secret_value()}"},
                trust_env=False,
            )
            assert answer.status_code == 500 and "disk space" in answer.json()["error"]["message"]
            with pytest.raises(DiskError, match="The disk is full"):
                asyncio.run(begin("02"))
            (folder / "big").unlink()
            assert asyncio.run(process.ensure(settings)) is False  # it goes on
        finally:
            rooms.end_all(folder)


def test_a_process_that_cannot_be_recorded_is_not_left_behind(tmp_path: Path) -> None:
    (tmp_path / "nap.json").mkdir()  # where its record would be
    seconds = f"60.{os.getpid()}"
    with pytest.raises(DiskError):
        processes.start("nap", ["sleep", seconds], home=tmp_path, ports={})
    rooms.until(
        lambda: (
            not any(
                one.info["cmdline"] == ["sleep", seconds]
                for one in psutil.process_iter(["cmdline"])
            )
        ),
        "its end",
    )


def test_a_database_that_is_half_made_is_not_kept(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that fills up while the Temporal Service makes its tables."""
    settings = load()
    program = settings.home / "temporal"
    disk.ready(settings.home)
    program.write_text('#!/bin/sh\necho "CREATE TABL" > temporal.db\nexit 1\n')
    program.chmod(0o700)
    with monkeypatch.context() as patch:
        patch.setattr(temporal_service, "installed_binary", lambda: program)
        with pytest.raises(temporal_service.TemporalServiceError):
            asyncio.run(temporal_service.ensure(settings))
    assert not temporal_service.database(settings).exists()


def test_begin_says_in_words_that_its_home_is_shut(room: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lines = "import asyncio, workshop; asyncio.run(workshop.begin('02'))"
    env = {**room, "WORKSHOP_HOME": str(tmp_path / "file" / "state")}
    done = subprocess.run(
        [sys.executable, "-c", lines], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("workshop.core.disk.DiskError: ")


# Whose files are


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_state_and_settings_are_their_owners_alone(room: dict[str, str]) -> None:
    settings = load()
    asyncio.run(process.ensure(settings))
    assert mode(settings.home) == 0o700
    assert mode(Path(room["WORKSHOP_ENV_FILE"])) == 0o600
    assert mode(settings.home / "practice-model.log") == 0o600


def test_what_was_open_to_others_is_closed_where_it_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workshop.core.settings.PLACE", tmp_path)
    for name in ("WORKSHOP_ENV_FILE", "WORKSHOP_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("LLM_MODEL=openai/gpt-4o\n")
    (tmp_path / ".workshop").mkdir()
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / ".workshop").chmod(0o755)
    disk.ready(load().home)
    assert (mode(tmp_path / ".env"), mode(tmp_path / ".workshop")) == (0o600, 0o700)


def test_a_folder_of_another_name_is_left_as_it_is_and_told(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    monkeypatch.setenv("WORKSHOP_HOME", str(shared))
    disk.ready(load().home)
    assert mode(shared) == 0o755
    (state,) = [finding for finding in doctor.examine() if finding.what == "State"]
    assert "others on this machine may read it" in state.saw and "chmod 700" in state.do


# Settings that cannot be read or made


@needs_an_ordinary_user
@pytest.mark.rotates("shut places", among=3)
def test_settings_that_may_not_be_read_are_told(room: dict[str, str]) -> None:
    file = Path(room["WORKSHOP_ENV_FILE"])
    file.write_text("LLM_MODEL=openai/gpt-4o\n")
    file.chmod(0o000)
    told = said("status", "doctor", env=room)
    assert told.endswith("[1, 1]\n")
    assert told.count(f"{file} is yours, but its mode keeps you out") == 2
    assert "WORKSHOP_ENV_FILE" in told


@needs_an_ordinary_user
@pytest.mark.rotates("shut places", among=3)
def test_settings_that_cannot_be_made_are_not_needed(room: dict[str, str], shut: Path) -> None:
    told = said("status", "doctor", env=room, WORKSHOP_ENV_FILE=str(shut / "env"))
    assert "Practice model" in told and "Settings file" in told
    assert not (shut / "env").exists()


# Terminals


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["PYTHONIOENCODING", "LC_ALL"],
)
@pytest.mark.rotates
def test_a_terminal_without_our_signs_gets_others(
    room: dict[str, str], locale: dict[str, str]
) -> None:
    told = said("status", "doctor", "progress", "demo", env=room, **locale)
    assert told.isascii() and told.endswith("[1, 0, 0, 0]\n")
    assert "ok ok     Python" in told and "PYTHONIOENCODING=utf-8" in told


def test_every_sign_has_one_in_its_stead() -> None:
    assert terminal.plain("✓ Ready – “Müller” → 3 × 4 …") == 'ok Ready - "Muller" -> 3 x 4 ...'
    assert terminal.plain("\u8702\ud800") == "??"


def test_a_reader_who_leaves_is_no_error(room: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)  # as `| head -0`: nobody reads
    running = subprocess.Popen(
        [sys.executable, "-m", "workshop", "status"],
        env=room,
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=rooms.ROOT,
    )
    os.close(write)
    _, complaint = running.communicate(timeout=60)
    assert complaint == b"" and running.returncode == 128 + signal.SIGPIPE


# Strange names


def test_a_home_of_any_name_holds_all_its_files(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "50% of #1 – what? ü" / "state"
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    settings = load()
    try:
        asyncio.run(temporal_service.ensure(settings))
        open_database().dispose()
    finally:
        rooms.end_all(home)
    for name in ("temporal.db", "research.sqlite"):
        with closing(sqlite3.connect(home / name)) as database:
            assert database.execute("PRAGMA schema_version").fetchone()[0] >= 0, name
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("env", "state")] == [
        home.parent.name
    ]


# The package without its checkout


@pytest.mark.rotates("what takes long", among=4)
def test_the_package_alone_says_what_it_can_do(tmp_path: Path) -> None:
    """As `pip install .` lays it out, with a folder for packages and nothing beside it."""
    packages = tmp_path / "site-packages"
    shutil.copytree(rooms.ROOT / "workshop", packages / "workshop")
    info = packages / "durable_ai_workshop-0.1.0.dist-info"
    info.mkdir()
    url = "https://example.org/workshop"
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: durable-ai-workshop\nVersion: 0.1.0\n"
        f"Project-URL: Repository, {url}\n"
    )
    env = {k: v for k, v in rooms.environment(tmp_path).items() if k[:12] != "WORKSHOP_HOM"}
    env |= {"PYTHONPATH": str(packages), "HOME": str(tmp_path / "me"), "WORKSHOP_ENV_FILE": ""}
    lines = "import workshop.core.settings as s; print(s.INSTALLED, s.disk.ready(s.load().home))"
    done = subprocess.run(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-B", "-c", lines],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    home = tmp_path / "me" / ".durable-ai-workshop" / ".workshop"
    assert done.stdout.split(" ", 1) == ["True", f"{home}\n"], done.stderr
    done = subprocess.run(
        [sys.executable, "-c", RUN, "progress", "lab", "doctor", f"export {tmp_path}/my-app"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    assert done.stdout.endswith("[0, 1, 0, 1]\n"), told
    assert told.count(f"git clone {url}") == 4 and "All blanks are right" not in told
    kept = {file.name for file in packages.rglob("*") if "__pycache__" not in str(file)}
    assert not kept & {".env", ".workshop", "progress.json"}
