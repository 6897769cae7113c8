"""Demo 03 as a presenter runs it: a draft in one terminal, its reviewer in another, a crash."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import room as rooms
import stage
from temporalio.client import Client

sys.path.append(str(Path(__file__).resolve().parent.parent))
import drafts

from workshop.practice.model.faults import wrong_key
from workshop.practice.model.ledger import Ledger

FOLDER = "demos/module_one_03_human_in_the_loop"
STARTER, DECIDE, WORKER = (f"{FOLDER}/{name}.py" for name in ("starter", "decide", "worker"))
ID = r"draft-[0-9a-f]{8}-[0-9a-f-]{27}"

Open = Callable[..., stage.Terminal]


@pytest.fixture
def terminal(running_room: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    opened: list[stage.Terminal] = []

    def open_one(file: str, *words: str, **more: str) -> stage.Terminal:
        opened.append(stage.Terminal(file, running_room, tmp_path, *words, **more))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def runs(room: dict[str, str]) -> int:
    async def count(client: Client) -> int:
        return (await client.count_workflows()).count

    return drafts.ask(room, count)


def test_two_people_a_poem_and_a_crash(terminal: Open, running_room: dict[str, str]) -> None:
    """As demos/README.md has it."""
    worker, starter = terminal(WORKER), terminal(STARTER)
    starter.says("What shall we write about")
    starter.keys("\n")  # Enter: tardigrades
    name = starter.says(ID)
    starter.says(rf"http://127\.0\.0\.1:{running_room['WORKSHOP_UI_PORT']}/\S+{name}")
    worker.says("polls the Task Queue 'durable-drafts'")
    starter.says(r"--- version 1 ---\n# Tardigrades\n")
    starter.says("Version 1: keep, redo or edit")

    reviewer = terminal(DECIDE, name)
    reviewer.says("Version 1: keep, redo or edit")
    reviewer.keys("Edit\nTurn this into a poem\n")
    reviewer.says("✓ edit of version 1 accepted")
    reviewer.says(r"--- version 2 ---\n# Tardigrades: a poem\n")

    starter.keys("eat\nkeep\n")  # what still stands on this screen is version 1
    starter.says("one of the three words")
    starter.says("✗ Refused: you have read version 1, and version 2 waits")
    starter.says("--- version 2 ---")
    starter.says("Version 2: keep, redo or edit")

    worker.send(signal.SIGQUIT)  # Ctrl+\ in its terminal
    assert worker.ends() == -signal.SIGQUIT
    starter.keys("keep\n")
    starter.says("No Worker answers. The draft is safe in the Event History")
    second = terminal(WORKER)
    starter.says("✓ keep of version 2 accepted")
    starter.says("✓ Published, as a person has read it: version 2")
    assert starter.ends() == 0 and "llm_call" not in second.screen

    reviewer.keys("redo\n")
    reviewer.says("Too late: it has ended meanwhile")
    reviewer.says("✓ Published, as a person has read it: version 2")
    assert reviewer.ends() == 0
    ledger = Ledger(Path(running_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    calls = [c for c in ledger.calls() if c.workflow_id == name]
    assert [(c.activity, c.attempt, c.answered) for c in calls] == [("llm_call", 1, True)] * 2


def test_an_id_goes_on_with_its_draft_and_never_starts_a_run(
    terminal: Open, running_room: dict[str, str], tmp_path: Path
) -> None:
    worker = drafts.worker(running_room, tmp_path)
    try:
        name = drafts.start(running_room, "Give me 3 facts about dolphins")
        rooms.until(lambda: runs(running_room), "the run in the list")
        before = runs(running_room)

        starter = terminal(STARTER)
        starter.says("What shall we write about")
        # With what comes along when one copies: quotes, blanks, a whole link.
        starter.keys(f" http://localhost:8233/namespaces/default/workflows/{name}/x/history \n")
        starter.says(rf"Going on with {name}. Nothing was started")
        starter.says("Version 1: keep, redo or edit")
        starter.send(signal.SIGINT)  # Ctrl+C
        starter.says("The Workflow waits on")
        assert starter.ends() == 0 and "Traceback" not in starter.screen

        other = "generate-research-report-workflow-01234567-89ab-cdef-0123-456789abcdef"
        wrong = (name[:20], "draft-", f"'{name[:-4]}0000'", other)
        for starter in [terminal(STARTER, typed) for typed in wrong]:
            starter.says("There is no Workflow")
            assert starter.ends() == 1 and "Traceback" not in starter.screen
            assert "Nothing was started" in starter.screen and "✓ Started" not in starter.screen
        assert runs(running_room) == before

        reviewer = terminal(DECIDE, "tardigrades")
        reviewer.says("is not a Workflow id")
        assert reviewer.ends() == 1
        assert drafts.draft(running_room, name)["version"] == 1
    finally:
        worker.end()


def test_without_a_worker_it_asks_for_a_while_and_says_what_to_do(
    terminal: Open, running_room: dict[str, str]
) -> None:
    name = drafts.start(running_room, "Give me 3 facts about coffee", queue="nobody", wait=False)
    reviewer = terminal(DECIDE, name, DEMO_PATIENCE_SECONDS="1")
    reviewer.says("No Worker answers")
    told = reviewer.says(r"Nobody has answered for 1 s[^✓]*nothing is lost")
    assert "worker.py" in told and re.search(rf"decide.py {name}", told)
    assert reviewer.ends() == 1 and "Traceback" not in reviewer.screen


def test_a_wrong_key_ends_a_draft_at_once(
    terminal: Open, running_room: dict[str, str], tmp_path: Path
) -> None:
    worker = drafts.worker(running_room, tmp_path)
    try:
        with wrong_key(matching="moss"):
            name = drafts.start(running_room, "Give me 3 facts about moss", wait=False)
            starter = terminal(STARTER, name)
            told = starter.says(rf"{name} has ended without a result[^✓]*")
            assert starter.ends() == 1 and "Incorrect API key" in told, starter.screen
        ledger = Ledger(Path(running_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
        assert [c.attempt for c in ledger.calls() if c.workflow_id == name] == [1]
    finally:
        worker.end()


def test_a_notebooks_draft_is_decided_on_in_a_terminal_by_its_id_alone(
    terminal: Open, running_room: dict[str, str], tmp_path: Path
) -> None:
    """Lesson 03 prints the command; the notebook has a namespace, and the terminal has not."""
    kernel = drafts.notebook(running_room, "lesson-03")
    worker = drafts.worker(kernel, tmp_path)
    try:
        name = drafts.start(kernel, "Give me 3 facts about dolphins")
        reviewer = terminal(DECIDE, name)
        reviewer.says("Version 1: keep, redo or edit")
        reviewer.keys("keep\n")
        reviewer.says("✓ Published, as a person has read it: version 1")
        assert reviewer.ends() == 0
        starter = terminal(STARTER, name)
        starter.says(rf"/namespaces/lesson-03/workflows/{name}")
        assert starter.ends() == 0
    finally:
        worker.end()
