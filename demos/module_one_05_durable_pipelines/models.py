"""What goes into the Workflows and their Activities, and what comes out."""

import os
from dataclasses import dataclass, field

# The Worker polls it and the starter names it: both take it from here, so they cannot differ.
TASK_QUEUE = os.environ.get("TASK_QUEUE", "durable-research")

# All of these are kept in the Event History for all to read. Neither an API key nor the database,
# whose address may hold a password, is a field of any.


@dataclass
class ResearchInput:
    topic: str
    source_url: str
    # Seconds. They are part of the input, and so of the history: a Workflow that read them from
    # the environment could decide otherwise when it is replayed.
    fetch_timeout_seconds: float = 30
    llm_timeout_seconds: float = 60
    save_timeout_seconds: float = 10


@dataclass
class Summary:
    """What is needed of an answer. The whole `ModelResponse` takes half as many bytes again."""

    text: str
    tokens_in: int
    tokens_out: int
    dollars: float


@dataclass
class SaveInput:
    topic: str
    source_url: str
    summary: str


@dataclass
class Saved:
    """`new` is False where an earlier attempt had saved it, and was not heard."""

    key: str
    new: bool


@dataclass
class Research:
    """The result of one source."""

    topic: str
    source_url: str
    summary: str


@dataclass
class BatchInput:
    sources: list[ResearchInput]
    at_once: int = 5  # so many are worked on at the same time


@dataclass
class Failure:
    topic: str
    source_url: str
    reason: str  # type and message of the error, such as "PageNotFound: …"


@dataclass
class BatchReport:
    saved: list[str] = field(default_factory=list)  # addresses of the sources
    failed: list[Failure] = field(default_factory=list)
