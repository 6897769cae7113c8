"""Reports that have run must replay with the Workflow as it is now: else those that are running
would stop when it is deployed. `temporal workflow show --output json` writes such a file."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from workflow import GenerateReportWorkflow

HISTORIES = sorted((Path(__file__).parent.parent / "histories").glob("*.json"))


def test_there_are_histories() -> None:
    assert HISTORIES


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
def test_a_history_replays(file: Path) -> None:
    history = WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))
    asyncio.run(Replayer(workflows=[GenerateReportWorkflow]).replay_workflow(history))
