"""The demos' files as a presenter runs them: three terminals, keys, and a crash."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import room as rooms
import stage
from pypdf import PdfReader
from temporalio.client import Client

from workshop.practice.model.ledger import Ledger

COUNTED = "s, with or without a Worker"
Open = Callable[..., stage.Terminal]


@pytest.fixture
def terminal(running_room: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    opened: list[stage.Terminal] = []

    def open_one(file: str, **more: str) -> stage.Terminal:
        opened.append(stage.Terminal(file, running_room, tmp_path, **more))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def text(pdf: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(pdf).pages)


def test_three_terminals_and_a_crash(
    terminal: Open, running_room: dict[str, str], tmp_path: Path
) -> None:
    """Demo 01 beside demo 02, as demos/README.md has it."""
    ledger = Ledger(Path(running_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    app = terminal(stage.APP, PAUSE_SECONDS="60")
    worker = terminal(stage.WORKER)

    app.says("What shall I research")
    app.keys("Give me 3 facts about honey bees\n")
    app.says("The PDF comes in 60")
    app.send(signal.SIGINT)  # Ctrl+C
    app.says("What was in memory is gone")
    assert app.ends() == 1 and "Traceback" not in app.screen
    (paid,) = ledger.calls()
    assert paid.answered and paid.prompt == "Give me 3 facts about honey bees"
    assert not list(tmp_path.glob("*.pdf"))

    starter = terminal(stage.STARTER, PAUSE_SECONDS="10")
    worker.says("polls the Task Queue 'durable'")
    starter.says("What shall we research")
    starter.keys("\n")  # Enter: tardigrades
    name = starter.says(r"generate-research-report-workflow-[0-9a-f-]{36}")
    starter.says(rf"http://127\.0\.0\.1:{running_room['WORKSHOP_UI_PORT']}/\S+{name}")
    worker.says("Now is the time to kill me")
    worker.send(signal.SIGQUIT)  # Ctrl+\ in its terminal
    assert worker.ends() == -signal.SIGQUIT
    said = starter.screen.count(COUNTED)
    # Nobody of ours keeps the time. Which seconds it tells depends on how busy the machine is.
    rooms.until(lambda: starter.screen.count(COUNTED) > said, "the timer without a Worker")

    second = terminal(stage.WORKER)
    starter.says(r"✓ Research report written: research_pdf\.pdf")
    assert starter.ends() == 0
    assert "llm_call" not in second.screen and "Now is the time" not in second.screen
    assert "tardigrade" in text(tmp_path / "research_pdf.pdf").lower()
    calls = [c for c in ledger.calls() if c.workflow_id == name]
    assert [(c.activity, c.attempt, c.answered) for c in calls] == [("llm_call", 1, True)]
    second.send(signal.SIGINT)  # Ctrl+C
    second.says("Worker stopped")
    assert second.ends() == 0


async def timeouts(room: dict[str, str], name: str) -> set[float]:
    """The seconds for an answer of the model that stand in the input of a Workflow."""
    client = await Client.connect(f"localhost:{room['WORKSHOP_TEMPORAL_PORT']}")
    history = await client.get_workflow_handle(name).fetch_history()
    (given,) = history.events[0].workflow_execution_started_event_attributes.input.payloads
    found = json.loads(given.data)
    return {one["llm_timeout_seconds"] for one in found.get("sources", [found])}


@pytest.mark.parametrize(
    ("demo", "keys"),
    [
        ("02_adding_durability", "\n"),
        ("03_human_in_the_loop", "\n"),
        ("04_agentic_loop", "\n"),
        ("05_durable_pipelines", ""),
    ],
)
def test_a_model_that_is_slow_has_the_time_that_its_setting_says(
    demo: str, keys: str, terminal: Open, running_room: dict[str, str]
) -> None:
    starter = terminal(
        f"demos/module_one_{demo}/starter.py",
        TASK_QUEUE="nobody",
        LLM_MODEL="openai/house",
        LLM_API_BASE="http://127.0.0.1:9/v1",
        LLM_TIMEOUT="45",
    )
    starter.keys(keys)
    started = starter.says(
        r"(generate-research-report-workflow|draft|agent|research)-[0-9a-f-]{36}"
    )
    (seconds,) = asyncio.run(timeouts(running_room, started))
    assert seconds >= 55, "longer than the call's own"
