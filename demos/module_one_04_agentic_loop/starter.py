"""The starter: asks for a goal and starts an agent, or watches one that exists.

python demos/module_one_04_agentic_loop/starter.py [goal or Workflow id]
"""

import os
import uuid

from conversation import AGENT, converse
from models import TASK_QUEUE, AgentInput, AgentResult
from temporalio.client import Client, WorkflowHandle

from workshop.demos import connect, given, load, run, temporal_service

CHAIN = "Search the notes for tardigrades, fetch the page that they name, and calculate 30 * 365."
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS", "5"))


async def start(client: Client, goal: str) -> WorkflowHandle:
    handle = await client.start_workflow(
        # By name: the starter then needs none of the Worker's libraries, and starts at once.
        "AgentWorkflow",
        AgentInput(
            goal,
            mcp=os.environ.get("DEMO_TOOLS") == "mcp",
            pause_seconds=PAUSE_SECONDS,
            llm_timeout_seconds=load().llm_timeout + 10,
        ),
        id=f"agent-{uuid.uuid4()}",
        task_queue=TASK_QUEUE,
        result_type=AgentResult,
    )
    print(f"✓ Started {handle.id} on the Task Queue {TASK_QUEUE!r}.")
    return handle


async def main(answer: str) -> None:
    workflow_id = AGENT.id_in(answer)
    client = await connect(workflow_id)
    # What looks like an id is never taken for a goal: a run costs money.
    if workflow_id:
        handle = await AGENT.existing(client, workflow_id)
        print(f"✓ Going on with {handle.id}. Nothing was started.")
    else:
        handle = await start(client, answer)
    link = temporal_service.workflow_link(load(), handle.id, namespace=client.namespace)
    print(f"  {link}", flush=True)
    await converse(handle)


if __name__ == "__main__":
    answer = given(
        "What is the goal, or the id of an agent? (Enter: a chain of three tools)", CHAIN
    )
    run(main(answer), "This only asked. The Workflow goes on; give me its id to watch it again.")
