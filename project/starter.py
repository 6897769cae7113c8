"""The starter: starts a report, and waits for its result.

python starter.py [topic]
"""

import hashlib
import os
import sys

from dotenv import load_dotenv
from models import GenerateReportInput, task_queue
from program import run
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.envconfig import ClientConfig

DEFAULT_PROMPT = "Give me 5 fun and fascinating facts about tardigrades."


def ask() -> str:
    """The topic on the command line, or what somebody types."""
    print("Welcome to the Research Report Generator!")
    prompt = " ".join(sys.argv[1:])
    try:
        prompt = prompt or input("Enter your research topic or question: ").strip()
    except EOFError:  # nobody is at the keyboard
        print()
    if not prompt:
        prompt = DEFAULT_PROMPT
        print(f"No prompt entered. Using the default: {prompt}")
    return prompt


async def main(prompt: str) -> int:
    config = ClientConfig.load_client_connect_config(config_file_strict=True)
    config.setdefault("target_host", "localhost:7233")
    client = await Client.connect(**config)

    handle = await client.start_workflow(
        # By name: the starter then needs none of the Worker's libraries.
        "GenerateReportWorkflow",
        GenerateReportInput(
            prompt,
            llm_timeout_seconds=float(os.environ.get("LLM_TIMEOUT") or 20),
            pause_seconds=float(os.environ.get("PAUSE_SECONDS") or 0),
        ),
        # The same topic, the same id: started twice at once it runs once, and is paid for once.
        id=f"report-{hashlib.sha256(prompt.encode()).hexdigest()[:12]}",
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        task_queue=task_queue(),
        result_type=str,
    )
    print(f"Workflow ID: {handle.id}, Run ID: {handle.first_execution_run_id}")
    print("Ctrl+C ends this program, not the Workflow.", flush=True)

    try:
        print(f"Result: {await handle.result()}")
    except WorkflowFailureError as failure:
        error = failure.cause.__cause__ or failure.cause  # an Activity's own error, if it was one
        print(f"The Workflow has ended without a report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    load_dotenv()
    run(main(ask()))
