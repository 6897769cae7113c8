"""The steps that touch the world outside, and may fail: an LLM call and a notice to a person."""

import os
import re
from pathlib import Path

from models import LLMCallInput, Notice
from temporalio import activity

from workshop.demos import load

# LiteLLM comes after workshop, which has told it by now to ask nobody for a list of prices.
# isort: split
from litellm import ModelResponse, completion

OUTBOX = Path("outbox")


@activity.defn
def llm_call(input: LLMCallInput) -> ModelResponse:
    print(f"llm_call, attempt {activity.info().attempt}: asking the model", flush=True)
    settings = load()
    return completion(
        model=settings.llm_model,
        # Out of its wrapper at the last moment, and in no input or output.
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": input.prompt}],
        # One request an attempt: Temporal retries. So much silence, and the call ends by itself,
        # before the Start-to-Close timeout does.
        timeout=settings.llm_timeout,
        max_retries=0,
    )


@activity.defn
def notify(notice: Notice) -> str:
    """Lay a note into the folder outbox, where a real one would send a message.

    Returns the note's file name, which is the same at a second attempt: nobody is told twice.
    """
    workflow_id = activity.info().workflow_id
    name = f"{workflow_id}-version-{notice.version}-{notice.to}.txt"
    name = re.sub(r"[^\w.-]", "-", name)  # an id may hold a slash
    OUTBOX.mkdir(exist_ok=True)
    # Whole or not at all: written elsewhere, then renamed.
    part = OUTBOX / f".{name}.{os.getpid()}.part"
    part.write_text(
        f"To the {notice.to}: version {notice.version} of {workflow_id} waits for a decision.\n"
        f"python decide.py {workflow_id}\n",
        encoding="utf-8",
    )
    part.replace(OUTBOX / name)
    print(f"notify: {notice.to}, version {notice.version}", flush=True)
    return name
