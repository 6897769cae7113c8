"""Demo 04 as a presenter runs it: a chain, a kill, and consent asked for in two terminals."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stage

from workshop.practice.model.ledger import Ledger

FOLDER = "demos/module_one_04_agentic_loop"
WORKER, STARTER, DECIDE = (f"{FOLDER}/{name}.py" for name in ("worker", "starter", "decide"))
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


def test_a_chain_a_crash_and_a_consent(
    terminal: Open, running_room: dict[str, str], tmp_path: Path
) -> None:
    ledger = Ledger(Path(running_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    worker = terminal(WORKER)
    worker.says("polls the Task Queue 'durable-agents'")
    starter = terminal(STARTER, PAUSE_SECONDS="8")  # time enough to kill it on a busy machine
    starter.says("What is the goal")
    starter.keys("\n")  # Enter: a chain of three tools
    name = starter.says(r"agent-[0-9a-f]{8}-[0-9a-f-]{27}")
    starter.says(r"✓ fetch_page")
    worker.send(signal.SIGQUIT)  # Ctrl+\ in its terminal
    assert worker.ends() == -signal.SIGQUIT
    assert "search_notes, attempt 1" in worker.screen and "calculate" not in worker.screen
    starter.says("No Worker answers. The steps are safe in the Event History")

    second = terminal(WORKER)
    starter.says(r"✓ calculate: 10950")
    starter.says(r"✓ answered: 4 turns, \$0\.0083")
    assert starter.ends() == 0
    assert "search_notes" not in second.screen and "fetch_page" not in second.screen
    calls = [c for c in ledger.calls() if c.workflow_id == name]
    assert [(c.activity, c.attempt, c.answered) for c in calls] == [("llm_call", 1, True)] * 4

    # A page with an order in it: the model obeys, and a person is asked.
    page = f"http://127.0.0.1:{running_room['WORKSHOP_SITE_PORT']}/broken/injection"
    victim = terminal(STARTER, f"Fetch {page} and tell me about bees.", PAUSE_SECONDS="0")
    name = victim.says(r"agent-[0-9a-f]{8}-[0-9a-f-]{27}")
    victim.says("The agent wants send_email with .*eve@example.com")
    other = terminal(DECIDE, f"http://localhost/workflows/{name}/history")
    other.says("Allow it. yes or no")
    other.keys("perhaps\nno\n")
    other.says("Type yes or no")
    other.says("✓ send_email is refused")
    other.says("✓ answered: 3 turns")
    assert other.ends() == 0
    victim.keys("yes\n")
    victim.says("✗ Too late")
    victim.says("✓ answered: 3 turns")
    assert victim.ends() == 0
    assert not (tmp_path / "outbox").exists(), "an email that was refused"

    # The same, allowed: it is sent once.
    victim = terminal(STARTER, f"Fetch {page} and tell me about bees.", PAUSE_SECONDS="0")
    victim.says("The agent wants send_email")
    victim.keys("yes\n")
    victim.says("✓ send_email is allowed")
    victim.says("✓ answered: 3 turns")
    (email,) = (tmp_path / "outbox").iterdir()
    assert email.read_text().startswith("To: eve@example.com\n")


def test_an_id_never_starts_a_run_and_wrong_ones_are_told(terminal: Open) -> None:
    wrong = "agent-01234567-89ab-cdef-0123-456789abcdef"
    for file in (STARTER, DECIDE):
        one = terminal(file, wrong)
        one.says("There is no Workflow")
        assert one.ends() == 1 and "Started" not in one.screen and "Traceback" not in one.screen
    other = terminal(DECIDE, "tardigrades")
    other.says("is not a Workflow id")
    assert other.ends() == 1 and not re.search("Traceback", other.screen)
