"""What goes into the Workflow and its Activities. All of it is kept in the Event History, for
everyone to read who may read the history: so no field of it is an API key."""

import os
from dataclasses import dataclass


def task_queue() -> str:
    """The Worker polls this queue and the starter names it: both ask here, so they agree."""
    return os.environ.get("TASK_QUEUE") or "durable"


# One dataclass for each input: a field with a default can be added later, and reports that are
# running by then still fit.


@dataclass
class GenerateReportInput:
    prompt: str
    # Settings that a Workflow goes by are part of its input. If it read them from the environment,
    # it could decide differently when it is replayed on another machine.
    llm_timeout_seconds: float = 20
    pause_seconds: float = 0  # a moment between the answer and the PDF, in which to kill a Worker


@dataclass
class LLMCallInput:
    prompt: str
    timeout_seconds: float


@dataclass
class PDFGenerationInput:
    content: str
    filename: str = "research_report.pdf"
