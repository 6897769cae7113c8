"""What comes while a Workflow's code is at work, as on a busy machine, changes no cause.

There more events come meanwhile: of children that end, or are refused. Then the Temporal Service
does not let the Workflow end, and has its code look again. Here a Signal comes in that moment.

https://docs.temporal.io/references/errors#unhandled-command
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bank import blanks
from shell import Classroom, classroom
from temporalio.bridge.worker import Worker
from temporalio.client import Client

from workshop.checks import NOT_YET

ENDS = {"complete_workflow_execution", "fail_workflow_execution"}
ALL = "asyncio.gather(*(self.research(n, s) for n, s in enumerate(input.sources, 1)))"
FAILED = "reason_of(error))\n                )\n"
MISTAKES = {
    "no number": ("/{number}", "", ("All children have the id", "`number`")),
    "one number": (
        ALL,
        ALL.replace("n, s)", "1, s)"),
        ("were given the same id", "Number the sources"),
    ),
    "raised again": (FAILED, f"{FAILED}                raise\n", ("the whole batch with it",)),
    "only started": ("execute_child", "start_child", ("`start_child_workflow` waits for",)),
    "a letter lost": ("return_exceptions=True,\n", "\n", ("the digest with it",)),
}


@pytest.fixture(scope="module")
def room(
    running_room: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Classroom]:
    with classroom(tmp_path_factory.mktemp("notebooks")) as made:
        yield made


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_cause_is_the_same_whatever_comes_meanwhile(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    old, new, words = MISTAKES[mistake]
    blank = blanks()["digest_workflow" if "letter" in mistake else "fan_out"]
    notebook = room.at(blank)
    assert old in blank.finished
    notebook.run(blank.finished.replace(old, new), blank.cell_id)
    started: list[Any] = []
    came: list[Any] = []
    start, complete = Client.start_workflow, Worker.complete_workflow_activation

    async def noted(self: Client, *given: Any, **named: Any) -> Any:
        started.append(await start(self, *given, **named))
        return started[-1]

    async def disturbed(self: Worker, completion: Any) -> None:
        commands = {str(c.WhichOneof("variant")) for c in completion.successful.commands}
        parent = started[-1]
        if commands & ENDS and completion.run_id == parent.first_execution_run_id and not came:
            came.append(await parent.signal("unknown"))
        await complete(self, completion)

    monkeypatch.setattr(Client, "start_workflow", noted)
    monkeypatch.setattr(Worker, "complete_workflow_activation", disturbed)
    outcome = notebook.examine(blank)
    assert came
    assert outcome.verdict == NOT_YET, outcome.text
    assert not [word for word in words if word not in f"{outcome.saw} {outcome.do}"], outcome.text
