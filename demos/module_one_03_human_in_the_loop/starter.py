"""The starter: asks for a topic and starts a draft, or goes on with one that exists.

python demos/module_one_03_human_in_the_loop/starter.py [Workflow id]
"""

import uuid

from conversation import DRAFT, converse
from models import TASK_QUEUE, Draft, DraftInput
from temporalio.client import Client, WorkflowHandle

from workshop.demos import connect, given, load, run, temporal_service


async def start(client: Client, topic: str) -> WorkflowHandle:
    handle = await client.start_workflow(
        # By name: the starter then needs none of the Worker's libraries, and starts at once.
        "DraftWorkflow",
        DraftInput(prompt=topic, llm_timeout_seconds=load().llm_timeout + 10),
        id=f"draft-{uuid.uuid4()}",
        task_queue=TASK_QUEUE,
        result_type=Draft,
    )
    print(f"✓ Started {handle.id} on the Task Queue {TASK_QUEUE!r}.")
    return handle


async def main(answer: str) -> None:
    workflow_id = DRAFT.id_in(answer)
    client = await connect(workflow_id)
    # What looks like an id is never taken for a topic: a run costs money.
    if workflow_id:
        handle = await DRAFT.existing(client, workflow_id)
        print(f"✓ Going on with {handle.id}. Nothing was started.")
    else:
        handle = await start(client, answer)
    link = temporal_service.workflow_link(load(), handle.id, namespace=client.namespace)
    print(f"  {link}", flush=True)
    await converse(handle)


if __name__ == "__main__":
    answer = given(
        "What shall we write about, or the id of a draft? (Enter: tardigrades)",
        default="Give me 3 fun facts about tardigrades",
    )
    run(main(answer), "This only asked. The Workflow waits on; give me its id to go on with it.")
