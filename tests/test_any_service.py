"""Any Temporal Service, by configuration: over TLS, with a key, with client certificates."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import drafts
import httpx
import pytest
import room as rooms
from guarded import SENTINEL, Guarded, guarded
from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from workshop import begin
from workshop.core.errors import WorkshopError
from workshop.core.settings import Settings, load
from workshop.kernel import classroom
from workshop.kernel.classroom import Panel
from workshop.practice.model import KEY, MODEL
from workshop.services import doctor, refusals, worker_program


@pytest.fixture(scope="module")
def service(
    running_room: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    plain = f"127.0.0.1:{running_room['WORKSHOP_TEMPORAL_PORT']}"
    with guarded(plain, tmp_path_factory.mktemp("certificates")) as made:
        yield made


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Panel]:
    panels: list[Panel] = []
    monkeypatch.setattr(classroom, "show", panels.append)
    return panels


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    def name(variables: Mapping[str, str]) -> None:
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)

    return name


Named = Callable[[Mapping[str, str]], None]


async def cell() -> Client:
    """As every lesson connects."""
    return await Client.connect(**ClientConfig.load_client_connect_config())


def row(panel: Panel, name: str) -> str:
    return next(words for given, words, _ in panel.rows if given == name)


# It is used


def test_with_a_key_begin_makes_the_notebook_a_namespace_and_a_cell_connects(
    service: Guarded, named: Named, shown: list[Panel], capsys: pytest.CaptureFixture[str]
) -> None:
    named(service.by_key())

    async def notebook() -> tuple[Settings, str]:
        settings = await begin("02")
        return settings, (await cell()).namespace

    settings, namespace = asyncio.run(notebook())
    assert namespace == settings.temporal_namespace and namespace.startswith("lesson-02-")
    told = row(shown[0], "Temporal Service")
    assert told.startswith(f"{service.with_key} (TLS, an API key, named by TEMPORAL_ADDRESS")
    assert row(shown[0], "Namespace").startswith(namespace)
    found = {finding.what: finding for finding in doctor.examine()}
    assert "TLS, an API key" in found["Temporal Service"].saw
    assert "version" in found["Temporal Service"].saw and found["Temporal Service"].well
    written = f"{settings!r}{shown}{capsys.readouterr()}{list(found.values())}"
    assert SENTINEL not in written


def test_a_profile_in_the_file_of_settings_is_known_to_a_cell_too(
    service: Guarded, running_room: dict[str, str], shown: list[Panel], tmp_path: Path
) -> None:
    """The file of profiles is named as a person writes it: beside .env, and without its folder."""
    settings_file = Path(running_room["WORKSHOP_ENV_FILE"])
    file = service.profiles(settings_file.parent)
    before = settings_file.read_text() if settings_file.exists() else ""
    named_by_room = os.environ.pop("TEMPORAL_CONFIG_FILE")
    settings_file.write_text(f"TEMPORAL_CONFIG_FILE={file.name}\nTEMPORAL_PROFILE=mtls\n")
    try:
        settings = asyncio.run(begin("03"))
        assert asyncio.run(cell()).namespace == settings.temporal_namespace
        # Not any more: the kernel's own variables must not outlive what the file says.
        settings_file.write_text(before)
        assert asyncio.run(begin("03")).temporal_is_ours
        assert asyncio.run(cell()).service_client.config.target_host == service.plain
    finally:
        settings_file.write_text(before)
        os.environ["TEMPORAL_CONFIG_FILE"] = named_by_room
    told = row(shown[0], "Temporal Service")
    assert "a client certificate, named by the profile 'mtls' of temporal.toml" in told
    assert row(shown[1], "Temporal Service") == f"{service.plain} (running)"


# It is not on this machine


@pytest.fixture
def elsewhere(service: Guarded, named: Named) -> str:
    """An address that leads to this machine, and does not look so."""
    address = service.plain.replace("127.0.0.1", "0.0.0.0")
    named({"TEMPORAL_ADDRESS": address})
    return address


def test_a_service_elsewhere_is_used_when_somebody_says_so_and_asked_for_once(
    elsewhere: str,
    shown: list[Panel],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def typed(question: str) -> str:
        asked.append(question)
        return "yes" if len(asked) > 1 else "no"

    monkeypatch.setattr("builtins.input", typed)
    monkeypatch.setattr(classroom, "_agreed_to", set())
    with pytest.raises(WorkshopError, match="is not used"):
        asyncio.run(begin("02"))
    said = capsys.readouterr().out
    assert elsewhere in said and "not on this machine" in said
    assert "a namespace for each notebook" in said and "Schedules" in said
    for _ in range(2):
        asyncio.run(begin("02"))
    assert len(asked) == 2 and len(shown) == 2


def test_where_nobody_can_be_asked_begin_says_what_to_set(
    elsewhere: str, shown: list[Panel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classroom, "_agreed_to", set())
    with pytest.raises(WorkshopError) as caught:  # pytest has no keyboard
        asyncio.run(begin("02"))
    assert f"WORKSHOP_USE_SERVICE={elsewhere}" in caught.value.do and not shown
    monkeypatch.setenv("WORKSHOP_USE_SERVICE", elsewhere)
    asyncio.run(begin("02"))
    assert elsewhere in repr(shown)


# It does not let us in

WRONG: dict[str, tuple[Callable[[Guarded], dict[str, str]], str]] = {
    "wrong key": (lambda s: s.by_key("tk-wrong"), "refuses the API key"),
    "no key": (lambda s: s.by_certificate(None, s.with_key), "asks for an API key"),
    "wrong certificate": (lambda s: s.by_certificate(s.stranger), "not accept your client cert"),
    "expired certificate": (lambda s: s.by_certificate(s.ended), "client certificate: expired"),
    "no certificate": (lambda s: s.by_certificate(None), "ask for a client certificate"),
    "no TLS": (lambda s: {"TEMPORAL_ADDRESS": s.with_key}, "ask for TLS"),
    "TLS for none": (lambda s: s.by_key(address=s.plain), "speaks no TLS"),
    "its own has expired": (lambda s: s.by_key(address=s.expired), "has expired, or is not valid"),
    "unknown authority": (
        lambda s: {"TEMPORAL_ADDRESS": s.with_key, "TEMPORAL_API_KEY": SENTINEL},
        "authority that this machine does not know",
    ),
    "another name": (
        lambda s: s.by_key() | {"TEMPORAL_TLS_SERVER_NAME": "temporal.example"},
        "is for another name",
    ),
    "certificate without its key": (
        lambda s: s.by_certificate(s.client) | {"TEMPORAL_TLS_CLIENT_KEY_PATH": str(s.ended.key)},
        "do not fit together",
    ),
    "certificate that is not there": (
        lambda s: s.by_certificate(s.client) | {"TEMPORAL_TLS_CLIENT_CERT_PATH": "/no/such.pem"},
        "/no/such.pem cannot be read",
    ),
    "no such namespace": (
        lambda s: s.by_key() | {"TEMPORAL_NAMESPACE": "nope"},
        "has no namespace 'nope', which TEMPORAL_NAMESPACE names",
    ),
    "nobody there": (lambda s: s.by_key(address="127.0.0.1:9"), "No Temporal Service answers"),
    "no such host": (
        lambda s: s.by_key(address="nowhere.invalid:7233"),
        "knows a host of the name",
    ),
    "no port": (lambda s: s.by_key(address="127.0.0.1"), "TEMPORAL_ADDRESS is '127.0.0.1'"),
    "a web address": (
        lambda s: s.by_key(address="https://127.0.0.1:1"),
        "is 'https://127.0.0.1:1'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_by_begin_doctor_and_a_demo(
    service: Guarded, named: Named, shown: list[Panel], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    variables, words = WRONG[case]
    named(variables(service))
    monkeypatch.setenv("WORKSHOP_USE_SERVICE", os.environ["TEMPORAL_ADDRESS"])
    told = []
    for uses in (lambda: begin("02"), worker_program.services):
        with pytest.raises(WorkshopError) as caught:
            asyncio.run(uses())
        told.append(f"{caught.value.saw} {caught.value.do}")
        assert words in caught.value.saw and caught.value.do
    for what in ("_packages", "_binary", "_checkout"):  # they take their time
        monkeypatch.setattr(doctor, what, lambda: ())
    (fault,) = [finding for finding in doctor.examine() if not finding.well]
    assert words in fault.saw and fault.do
    assert SENTINEL not in f"{told}{fault}" and not shown


def test_a_demo_prints_it_and_ends(service: Guarded, running_room: dict[str, str]) -> None:
    env = running_room | service.by_key("tk-wrong")
    done = subprocess.run(
        [sys.executable, str(rooms.ROOT / drafts.WORKER)],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "refuses the API key" in done.stderr


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("none", "asks for a client certificate"),
        ("stranger", "does not accept your client certificate"),
        ("ended", "client certificate for {address} has expired"),
    ],
)
def test_a_service_that_says_why_it_hangs_up_is_understood(
    service: Guarded, named: Named, tmp_path: Path, pair: str, words: str
) -> None:
    """Temporal's own frontend does, as OpenSSL does; the end points of this file hang up mutely."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server = service.authority.parent / "server"
    context.load_cert_chain(f"{server}.pem", f"{server}.key")
    context.load_verify_locations(service.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{listening.getsockname()[1]}"

    def refuse() -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            with one, pytest.raises(ssl.SSLError):
                context.wrap_socket(one, server_side=True)

    threading.Thread(target=refuse, daemon=True).start()
    named(service.by_certificate(getattr(service, pair, None), address))

    async def why() -> str:
        # The refusal may be heard of only after the connection has broken: that has a test above.
        while True:
            with pytest.raises(RuntimeError) as caught:
                await Client.connect(**load().connect_config())
            if "fatal alert" in str(caught.value):
                return refusals.why(caught.value, load())[0]

    try:
        assert words.format(address=address) in asyncio.run(asyncio.wait_for(why(), 60))
    finally:
        listening.close()


# What goes home, and what is shown, uses it


@pytest.mark.rotates("what takes long", among=4)
def test_the_app_that_goes_home_uses_it_by_configuration_alone(
    service: Guarded, running_room: dict[str, str], tmp_path: Path
) -> None:
    app = shutil.copytree(rooms.ROOT / "project", tmp_path / "app")
    model = {
        "LLM_MODEL": f"openai/{MODEL}",
        "LLM_API_KEY": KEY,
        "LLM_API_BASE": load().llm_api_base,
    }
    given = {**model, "TEMPORAL_CONFIG_FILE": "temporal.toml", "TEMPORAL_PROFILE": "mtls"}
    (app / ".env").write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    service.profiles(app)
    env = {
        k: v
        for k, v in running_room.items()
        if not k.startswith(("LLM_", "TEMPORAL_", "WORKSHOP_"))
    }
    worker = drafts.Running(["worker.py"], env, app)
    try:
        assert service.with_certificate in worker.says("Polling the Task Queue .*")
        line = [sys.executable, "starter.py", "Give me 3 facts about bees."]
        done = subprocess.run(line, env=env, cwd=app, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0 and ".pdf" in done.stdout, done.stderr + worker.printed
        assert len(list(app.rglob("*.pdf"))) == 1
    finally:
        worker.end()


@pytest.mark.rotates("what takes long", among=4)
def test_a_draft_is_decided_at_a_terminal_and_on_the_review_page(
    service: Guarded, running_room: dict[str, str], tmp_path: Path
) -> None:
    env = running_room | service.by_key()
    worker, (page, address) = drafts.worker(env, tmp_path), drafts.review(env, tmp_path)
    try:
        first, second = (drafts.start(running_room, f"Facts about {of}") for of in ("bees", "ants"))
        decide = str(rooms.ROOT / drafts.WORKER).replace("worker.py", "decide.py")
        done = subprocess.run(
            [sys.executable, decide, first],
            env=env,
            input="keep\n",
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with httpx.Client(base_url=address, headers={"Origin": address}, timeout=60) as browser:
            board = browser.get("/").text
            (form,) = re.findall(r"<form.*?</form>", board, re.DOTALL)
            fields = dict(re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', form))
            assert fields["workflow_id"] == second
            sent = browser.post("/decide", data=fields | {"choice": "keep"})
            assert sent.status_code == 303, sent.text
        told = [drafts.draft(running_room, name)["status"] for name in (first, second)]
        assert told == ["published"] * 2
        written = [board, done.stdout, done.stderr, worker.printed, page.printed]
        assert not any(SENTINEL in text for text in written)
    finally:
        worker.end()
        page.end()
