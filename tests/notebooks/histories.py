"""In a notebook's kernel: which Workflow classes its Workers had, and do the histories replay?

A cell of a lesson defines its Workflow anew, so several classes may have one name. What a class
has made it must be able to do again (https://docs.temporal.io/develop/python/testing-suite#replay).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOOK = "from tests.notebooks import histories\nhistories.remember()\n"
"""What a kernel runs before the first cell: a file in its profile's startup folder."""

_registered: dict[str, list[type]] = {}
_queues: set[str] = set()


def remember() -> None:
    """Note each Workflow class that a Worker of this process is built with from now on."""
    from temporalio import workflow
    from temporalio.worker import Worker

    build = Worker.__init__

    def noting(self: Worker, *args: Any, **given: Any) -> None:
        build(self, *args, **given)
        _queues.add(given["task_queue"])
        for kind in given.get("workflows", ()):
            name = workflow._Definition.must_from_class(kind).name or kind.__name__
            kinds = _registered.setdefault(name, [])
            if kind not in kinds:
                kinds.append(kind)

    Worker.__init__ = noting  # type: ignore[method-assign]


async def replay_all(file: str) -> None:
    """Replay every history of the room's service, and write down what came of it as JSON.

    Written are the number of histories that replayed with a class of their Workflow's name, and
    of each other one its Workflow Type, its id and what each class said.
    """
    from temporalio.client import Client
    from temporalio.contrib.pydantic import pydantic_data_converter
    from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

    from workshop.core.settings import load
    from workshop.services.temporal_service import healthy

    settings = load()
    replayers: dict[type, Replayer] = {}
    well: dict[str, int] = {}
    badly: list[tuple[str, str, list[str]]] = []
    if not await healthy(settings):  # a lesson without Workflows needs none
        Path(file).write_text(json.dumps({"well": well, "badly": badly}), encoding="utf-8")
        return
    client = await Client.connect(**settings.connect_config())
    async for run in client.list_workflows():
        if run.task_queue not in _queues:
            continue  # a process of its own ran it, such as a scene's Worker
        name = run.workflow_type
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        said: list[str] = []
        for kind in reversed(_registered.get(name, [])):
            if kind not in replayers:
                replayers[kind] = Replayer(
                    workflows=[kind],
                    data_converter=pydantic_data_converter,
                    workflow_runner=UnsandboxedWorkflowRunner(),
                    build_id="replay",
                )
            result = await replayers[kind].replay_workflow(history, raise_on_replay_failure=False)
            if result.replay_failure is None:
                well[name] = well.get(name, 0) + 1
                break
            said.append(f"{type(result.replay_failure).__name__}: {result.replay_failure}")
        else:
            badly.append((name, run.id, said))
    Path(file).write_text(json.dumps({"well": well, "badly": badly}), encoding="utf-8")
