"""The review page: what a reviewer reads and sends, what it tells, and whom it refuses."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import drafts
import httpx
import psutil
import pytest
import room as rooms
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from workshop.core import processes
from workshop.practice.model.ledger import Ledger
from workshop.services import temporal_service

TOPIC = "Give me 3 fun facts about tardigrades"
POEM = "Turn this into a poem"
HOSTILE = (
    "Tell me all about </div></article><script>document.cookie='owned'</script>"
    "<img src=x onerror=alert(1)> \" ' &amp; <b>"
)


@dataclass
class Card:
    """One draft on the page."""

    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The page as a browser would take it apart."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status, self.headers = answer.status_code, answer.headers
        self.cards: dict[str, Card] = {}
        self.text = ""
        self.tags: list[str] = []
        self._card: Card | None = None
        self._skipped = False
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self._skipped = tag == "style"
        if tag == "article":
            self._card = self.cards.setdefault(given["id"], Card())
        if self._card is not None:
            self._card.tags.append(tag)
            if tag == "input":
                self._card.fields[given["name"]] = given["value"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._skipped = False
        if tag == "article":
            self._card = None

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        self.text += data
        if self._card is not None:
            self._card.text += data


@dataclass
class Reviewer:
    """A browser without JavaScript, with this page in it."""

    env: dict[str, str]
    address: str
    http: httpx.Client

    def page(self, path: str = "/", **headers: str) -> Page:
        return Page(self.http.get(self.address + path, headers=headers))

    def sent(self, fields: dict[str, str], **headers: str) -> httpx.Response:
        given = {"Origin": self.address, **headers}
        return self.http.post(
            f"{self.address}/decide", data=fields, headers={k: v for k, v in given.items() if v}
        )

    def decided(self, fields: dict[str, str], choice: str, instructions: str = "") -> Page:
        """Send a form, and follow to the page that it leads to."""
        answer = self.sent(fields | {"choice": choice, "instructions": instructions})
        assert answer.status_code == 303, answer.text
        return self.page(answer.headers["Location"].partition("#")[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("review")


@pytest.fixture(scope="module")
def worker(running_room: dict[str, str], folder: Path) -> Iterator[drafts.Running]:
    running = drafts.worker(running_room, folder)
    yield running
    running.end()


@pytest.fixture(scope="module")
def reviewer(
    running_room: dict[str, str], folder: Path, worker: drafts.Running
) -> Iterator[Reviewer]:
    server, address = drafts.review(running_room, folder)
    with httpx.Client(trust_env=False, timeout=180) as http:
        yield Reviewer(running_room, address, http)
    server.end()


def calls_of(env: dict[str, str], name: str) -> int:
    ledger = Ledger(Path(env["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    return sum(call.workflow_id == name for call in ledger.calls())


def listed(env: dict[str, str]) -> set[str]:
    async def ids(client: Client) -> set[str]:
        return {one.id async for one in client.list_workflows()}

    return drafts.ask(env, ids)


@pytest.mark.rotates("what takes long", among=4)
def test_a_draft_is_read_edited_and_kept(reviewer: Reviewer) -> None:
    name = drafts.start(reviewer.env, TOPIC)
    first = reviewer.page().cards[name]
    assert "Version 1 waits for a decision" in first.text and "ago" in first.text
    assert "A branch of their own" in first.text

    page = reviewer.decided(first.fields, "edit", POEM)
    second = page.cards[name]
    assert "✓ edit of version 1 accepted" in second.text
    assert "Version 2 waits for a decision" in second.text and ": a poem" in second.text

    # The same form once more, as by a double click or a browser's "send again".
    again = reviewer.decided(first.fields, "edit", POEM).cards[name]
    assert "✓ edit of version 1 accepted" in again.text
    assert drafts.draft(reviewer.env, name)["version"] == 2

    kept = reviewer.decided(second.fields, "keep").cards[name]
    assert "✓ keep of version 2 accepted" in kept.text and "✓ published" in kept.text
    assert "form" not in kept.tags and ": a poem" in kept.text
    twice = reviewer.decided(second.fields, "keep").cards[name]
    assert "✓ published" in twice.text
    assert calls_of(reviewer.env, name) == 2


def test_a_reload_shows_the_words_and_sends_nothing(reviewer: Reviewer) -> None:
    name = drafts.start(reviewer.env, TOPIC)
    fields = reviewer.page().cards[name].fields
    answer = reviewer.sent(fields | {"choice": "edit", "instructions": POEM})
    place = answer.headers["Location"]
    assert place.endswith(f"#{name}")
    for _ in range(3):
        card = reviewer.page(place.partition("#")[0]).cards[name]
        assert "edit of version 1 accepted" in card.text and "Version 2 waits" in card.text
    assert calls_of(reviewer.env, name) == 2


def test_a_text_is_never_markup(reviewer: Reviewer) -> None:
    name = drafts.start(reviewer.env, HOSTILE)
    page = reviewer.page()
    card = page.cards[name]
    assert HOSTILE in card.text  # as it was written, for a person to read
    assert not {"script", "img", "b"} & set(page.tags)
    assert card.fields["workflow_id"] == name and "form" in card.tags
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src" not in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"

    typed = '</textarea><script>alert("typed")</script>'
    refused = reviewer.decided(card.fields, "keep", typed)
    assert typed in refused.cards[name].text and "script" not in refused.tags
    assert drafts.draft(reviewer.env, name)["status"] == "waiting"


FOREIGN = {
    "another site's form": ({"Origin": "https://evil.example"}, {}, "another site"),
    "a frame without a site": ({"Origin": "null"}, {}, "another site"),
    "another port here": ({"Origin": "http://127.0.0.1:8888"}, {}, "another site"),
    "nobody says from where": ({"Origin": ""}, {}, "another site"),
    "another site's link": (
        {"Origin": "", "Referer": "https://evil.example/form"},
        {},
        "another site",
    ),
    "another site's name for loopback": ({"Host": "evil.example"}, {}, "its own address"),
    "no token": ({}, {"token": ""}, "an earlier start"),
    "a guessed token": ({}, {"token": "a" * 43}, "an earlier start"),
}


@pytest.mark.parametrize("how", FOREIGN)
def test_what_comes_from_elsewhere_is_refused_in_words(
    reviewer: Reviewer, patient: str, how: str
) -> None:
    headers, fields, told = FOREIGN[how]
    form = reviewer.page().cards[patient].fields
    answer = reviewer.sent(form | {"choice": "keep"} | fields, **headers)
    assert answer.status_code == 403
    page = Page(answer)
    assert told in page.text and "Traceback" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert drafts.draft(reviewer.env, patient) | {"text": ""} == {
        "version": 1,
        "status": "waiting",
        "text": "",
    }


@pytest.fixture(scope="module")
def patient(reviewer: Reviewer) -> str:
    """A draft that nobody decides on."""
    return drafts.start(reviewer.env, TOPIC)


def test_a_browser_that_names_no_origin_is_known_by_its_referer(reviewer: Reviewer) -> None:
    name = drafts.start(reviewer.env, TOPIC)
    form = reviewer.page().cards[name].fields
    answer = reviewer.sent(form | {"choice": "keep"}, Origin="", Referer=f"{reviewer.address}/")
    assert answer.status_code == 303
    assert drafts.draft(reviewer.env, name)["status"] == "published"


def test_a_page_of_another_host_name_shows_no_draft(reviewer: Reviewer, patient: str) -> None:
    page = reviewer.page(Host="evil.example:80")
    assert page.status == 403 and patient not in page.text and "its own address" in page.text
    assert reviewer.page(Host=f"LOCALHOST:{reviewer.address.rpartition(':')[2]}").status == 200


def test_what_is_not_there_is_told_in_words(reviewer: Reviewer, patient: str) -> None:
    for path, status, told in (("/drafts", 404, "no such page"), ("/decide", 405, "a form")):
        page = reviewer.page(path)
        assert page.status == status and told in page.text
    form = reviewer.page().cards[patient].fields
    page = Page(reviewer.sent(form | {"instructions": "x" * 70_000, "choice": "edit"}))
    assert page.status == 413 and "too long" in page.text


def test_a_decision_about_a_version_that_is_gone_is_refused(reviewer: Reviewer) -> None:
    """Two reviewers: the first has a poem made, the second keeps what is still on the screen."""
    name = drafts.start(reviewer.env, TOPIC)
    mine, theirs = (reviewer.page().cards[name].fields for _ in range(2))
    reviewer.decided(theirs, "edit", POEM)
    card = reviewer.decided(mine, "keep").cards[name]
    assert "✗ Refused by the Workflow: you have read version 1, and version 2 waits" in card.text
    assert "Version 2 waits" in card.text and ": a poem" in card.text and "form" in card.tags
    # What was typed is not lost with it.
    card = reviewer.decided(mine, "edit", "Make it a good deal shorter").cards[name]
    assert "✗ Refused" in card.text and "Make it a good deal shorter" in card.text
    assert calls_of(reviewer.env, name) == 2


@pytest.mark.parametrize(
    ("choice", "instructions", "told"),
    [
        ("keep", POEM, "there are instructions, and the choice was keep"),
        ("edit", " \n ", "an edit needs instructions"),
        ("eat", "", "choose keep, edit or redo"),
        ("", "", "choose keep, edit or redo"),
    ],
)
def test_a_form_that_says_two_things_decides_nothing(
    reviewer: Reviewer, patient: str, choice: str, instructions: str, told: str
) -> None:
    form = reviewer.page().cards[patient].fields
    card = reviewer.decided(form, choice, instructions).cards[patient]
    assert told in card.text and instructions.strip() in card.text
    assert drafts.draft(reviewer.env, patient)["status"] == "waiting"


def test_forms_that_are_not_ours_break_nothing(reviewer: Reviewer, patient: str) -> None:
    form = reviewer.page().cards[patient].fields
    for wrong in (
        {"version": "x"},
        {"version": "9" * 400},
        {"version": "-1"},
        {"workflow_id": f"draft-{uuid.uuid4()}"},
        {"workflow_id": ""},
        {"workflow_id": "\x00\n"},
    ):
        page = reviewer.decided(form | wrong, "keep")
        assert page.status == 200 and "✗" in page.text, wrong
    assert drafts.draft(reviewer.env, patient)["status"] == "waiting"


def test_drafts_without_a_worker_are_told_in_words_and_quickly(reviewer: Reviewer) -> None:
    ran = drafts.start(reviewer.env, TOPIC)
    left = [
        drafts.start(reviewer.env, TOPIC, queue="nobody-polls-this", wait=False) for _ in range(6)
    ]
    # The service's list may be a moment behind.
    rooms.until(lambda: {ran, *left} <= listed(reviewer.env), "all of them in the list")
    with rooms.quick(3):
        page = reviewer.page()
    for name in left:
        card = page.cards[name]
        assert "No Worker answers" in card.text and "safe in the Event History" in card.text
        assert "form" not in card.tags
    assert "Version 1 waits" in page.cards[ran].text

    # The Worker went away after the page was shown.
    form = page.cards[ran].fields | {"workflow_id": left[0]}
    card = reviewer.decided(form, "edit", POEM).cards[left[0]]
    assert "No Worker has answered for 4 s" in card.text and "does no harm" in card.text

    async def end_them(client: Client) -> None:
        for name in left:
            await client.get_workflow_handle(name).terminate(reason="seen enough")

    drafts.ask(reviewer.env, end_them)
    rooms.until(
        lambda: "✗ terminated" in reviewer.page().cards[left[0]].text, "its end on the page"
    )


@workflow.defn(name="DraftWorkflow", sandboxed=False)
class Earlier:
    """As in the first part of lesson 03: a Signal and no Query for the whole draft."""

    def __init__(self) -> None:
        self.decision = ""

    @workflow.run
    async def run(self, given: dict[str, Any]) -> str:
        await workflow.wait_condition(lambda: bool(self.decision))
        return "no draft, but a text"

    @workflow.signal
    def set_decision(self, decision: str) -> None:
        self.decision = decision


def test_an_earlier_version_of_the_workflow_is_told_in_words(reviewer: Reviewer) -> None:
    async def with_a_worker(client: Client) -> tuple[str, Page, Page]:
        async with Worker(client, task_queue="earlier", workflows=[Earlier]):
            handle = await client.start_workflow(
                "DraftWorkflow", {"prompt": TOPIC}, id=f"draft-{uuid.uuid4()}", task_queue="earlier"
            )
            running = await asyncio.to_thread(reviewer.page)
            await handle.signal("set_decision", "keep")
            await handle.result()

            def ended() -> Page | None:
                page = reviewer.page()
                return page if "earlier version of the" in page.cards[handle.id].text else None

            return handle.id, running, await asyncio.to_thread(rooms.until, ended, "its end")

    name, running, ended = drafts.ask(reviewer.env, with_a_worker)
    assert "It has no Query get_draft" in running.cards[name].text
    assert "form" not in running.cards[name].tags
    assert "What it answers is no draft" in ended.cards[name].text


def test_a_port_that_is_taken_is_told_and_ctrl_c_ends_it(
    running_room: dict[str, str], folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        # What it listens on is asked of the process that is seen: it is not forked.
        server, address = drafts.review(running_room | {rooms.NURSERY: ""}, folder, port)
        try:
            assert f"Port {port} is taken" in server.printed
            other = int(address.rpartition(":")[2])
            assert other != port
            listening = [
                c.laddr
                for c in psutil.Process(server.popen.pid).net_connections(kind="tcp")
                if c.status == psutil.CONN_LISTEN
            ]
            assert [(at.ip, at.port) for at in listening] == [("127.0.0.1", other)]
            server.says("Ctrl")
        finally:
            assert server.end(signal.SIGINT) == 0
    assert "The drafts wait on." in server.printed and "Traceback" not in server.printed


@pytest.mark.rotates("what takes long", among=4)
def test_a_service_that_is_away_is_told_and_found_again(reviewer: Reviewer, patient: str) -> None:
    """The last test of this room: it ends the Temporal Service, and starts it again."""
    form = reviewer.page().cards[patient].fields
    home = Path(reviewer.env["WORKSHOP_HOME"])
    service = processes.running(home, temporal_service.NAME)
    assert service
    os.kill(service.pid, signal.SIGKILL)
    rooms.until(lambda: not processes.running(home, temporal_service.NAME), "its end")
    with rooms.quick(3):
        page = reviewer.page()
    assert page.status == 503 and re.search(r"127\.0\.0\.1:\d+ does not answer", page.text)
    assert "python -m workshop up" in page.text and "none is lost" in page.text
    answer = reviewer.sent(form | {"choice": "keep"})
    assert answer.status_code == 303

    assert rooms.workshop("up", env=reviewer.env).returncode == 0
    rooms.until(
        lambda: "Version 1 waits" in getattr(reviewer.page().cards.get(patient), "text", ""),
        "the draft that waited through it",
        limit=30,
    )
    page = reviewer.page(answer.headers["Location"].partition("#")[0])
    assert "✗" in page.cards[patient].text


@pytest.mark.rotates("what takes long", among=4)
def test_the_drafts_of_every_notebook_are_shown_and_decided_on(
    reviewer: Reviewer, folder: Path
) -> None:
    kernel = drafts.notebook(reviewer.env, "lesson-03-solution")
    worker = drafts.worker(kernel, folder)
    try:
        theirs, own = drafts.start(kernel, TOPIC), drafts.start(reviewer.env, TOPIC)
        rooms.until(lambda: {theirs, own} <= reviewer.page().cards.keys(), "both to be listed")
        page = reviewer.http.get(reviewer.address).text
        assert f"/namespaces/lesson-03-solution/workflows/{theirs}" in page
        assert f"/namespaces/default/workflows/{own}" in page
        decided = reviewer.decided(reviewer.page().cards[theirs].fields, "keep")
        assert "✓ keep of version 1 accepted" in decided.cards[theirs].text
        assert drafts.draft(reviewer.env, own)["status"] == "waiting"
    finally:
        worker.end()
