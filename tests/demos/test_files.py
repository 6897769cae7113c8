"""The demos' files as a presenter runs them: three terminals, keys, and a crash."""

from __future__ import annotations

import ast
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

from workshop import demos
from workshop.core.settings import load
from workshop.practice.model.ledger import Ledger
from workshop.stage import app

KEY = "sk-sentinel-3c5d7e9f1a2b4c6d8e0f"
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


def test_demos_import_of_the_workshop_one_module_at_most() -> None:
    for file in rooms.ROOT.glob("demos/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = {name for name in names if name.split(".")[0] == "workshop"}
            assert ours <= {"workshop.demos"}, f"{file}: {ours}"


def test_what_demos_import_is_there() -> None:
    assert all(getattr(demos, name) is not None for name in demos.__all__)
    with pytest.raises(ImportError, match="no_such_thing"):
        from workshop.demos import no_such_thing  # noqa: F401


def text(pdf: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(pdf).pages)


def pauses(name: str) -> bool:
    """Whether the history has the pause: what is shown before may still be on its way there."""

    async def looked() -> bool:
        client = await Client.connect(**load().connect_config())
        history = await client.get_workflow_handle(name).fetch_history()
        return any(event.HasField("timer_started_event_attributes") for event in history.events)

    return asyncio.run(looked())


def test_three_terminals_and_a_crash(
    terminal: Open, running_room: dict[str, str], tmp_path: Path
) -> None:
    """Demo 01 beside demo 02, as demos/README.md has it."""
    ledger = Ledger(Path(running_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    script = terminal("-m", "workshop", "demo", "app", PAUSE_SECONDS="60")
    worker = terminal("-m", "workshop", "demo", "worker")

    script.says("Enter your research topic")
    script.keys("Give me 3 facts about honey bees\n")
    script.says("The PDF comes in 60 s")
    script.send(signal.SIGINT)  # Ctrl+C
    assert script.ends() == -signal.SIGINT
    (paid,) = ledger.calls()
    assert paid.answered and paid.prompt == "Give me 3 facts about honey bees"
    assert not list(tmp_path.glob("*.pdf"))

    worker.says("Polling the Task Queue 'durable'")
    starter = terminal("-m", "workshop", "demo", "starter", PAUSE_SECONDS="10")
    starter.says("Enter your research topic")
    starter.keys("\n")  # Enter: tardigrades
    name = starter.says(r"report-[0-9a-f]{12}")
    worker.says("You can kill this Worker")
    rooms.until(lambda: pauses(name), "the pause in the history")
    worker.send(signal.SIGQUIT)  # Ctrl+\ in its terminal
    assert worker.ends() == -signal.SIGQUIT

    second = terminal("-m", "workshop", "demo", "worker")
    starter.says(rf"Result: .*reports/{name}\.pdf")
    assert starter.ends() == 0
    assert "Asking" not in second.screen and "You can kill" not in second.screen
    assert "tardigrade" in text(tmp_path / "reports" / f"{name}.pdf").lower()
    calls = [c for c in ledger.calls() if c.workflow_id == name]
    assert [(c.activity, c.attempt, c.answered) for c in calls] == [("llm_call", 1, True)]
    second.send(signal.SIGINT)  # Ctrl+C
    second.says("Stopped")
    assert second.ends() == 0


def test_no_program_is_handed_a_key(running_room: dict[str, str]) -> None:
    own = {"LLM_API_KEY": KEY, "LLM_MODEL": "openai/house"}
    given = app.variables(load(running_room | own))
    assert given["LLM_MODEL"] == "openai/house"
    assert "LLM_API_KEY" not in given and KEY not in str(given)


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
    started = starter.says(r"(draft|agent|research)-[0-9a-f-]{36}")
    (seconds,) = asyncio.run(timeouts(running_room, started))
    assert seconds >= 55, "longer than the call's own"
