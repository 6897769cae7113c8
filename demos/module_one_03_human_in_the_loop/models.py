"""What goes into the Workflow, its Activities and its messages, and what comes out."""

import os
from dataclasses import dataclass, field

# The Worker polls it and the starter names it: both take it from here, so they cannot differ.
TASK_QUEUE = os.environ.get("TASK_QUEUE", "durable-drafts")

# All of these are kept in the Event History for all to read. An API key is no field of any.


@dataclass
class LLMCallInput:
    prompt: str


@dataclass
class Notice:
    """Who is told that a draft waits."""

    to: str  # "reviewer", then "manager"
    version: int


@dataclass
class Draft:
    """A text and how far it has come. The result too: only "published" was approved."""

    version: int = 0
    text: str = ""
    status: str = "writing"  # "writing", "waiting", "published", "expired", "unfinished"


@dataclass
class DraftInput:
    prompt: str
    # Carried over when a long conversation continues as a new run.
    draft: Draft = field(default_factory=Draft)
    # It is part of the input, and so of the history: a Workflow that read it from the environment
    # could decide otherwise when it is replayed.
    llm_timeout_seconds: float = 30


@dataclass
class Decision:
    """What a person decides, and about which text: the version that they have read."""

    choice: str  # "keep", "redo" or "edit"
    version: int
    instructions: str = ""  # for "edit"
