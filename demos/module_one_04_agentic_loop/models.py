"""What goes into the Workflow, its Activities and its messages, and what comes out."""

import os
from dataclasses import dataclass, field
from typing import Any

# The Worker polls it and the starter names it: both take it from here, so they cannot differ.
TASK_QUEUE = os.environ.get("TASK_QUEUE", "durable-agents")

# All of these are kept in the Event History for all to read. An API key is no field of any.

Message = dict[str, Any]
"""One message of a conversation, as chat APIs have it: a role, a text, calls of tools."""


@dataclass
class Budget:
    """What a goal may cost. Whatever is used up first ends the run."""

    turns: int = 8
    # A call's price is known when it has been made: the last one may go beyond.
    dollars: float = 0.01


@dataclass
class AgentInput:
    goal: str
    budget: Budget = field(default_factory=Budget)
    # Carried over when a long conversation continues as a new run.
    messages: list[Message] = field(default_factory=list)
    turns: int = 0
    dollars: float = 0.0
    steps: list[str] = field(default_factory=list)
    # Tools from the MCP server instead of those of the Worker.
    mcp: bool = False
    # A pause after each round of tools, so that there is time to kill the Worker.
    pause_seconds: float = 0.0
    llm_timeout_seconds: float = 30
    # After so many turns a long conversation continues as a new run. A history may hold 51,200
    # events; 50 turns of 8 calls each make about 2,700, and a few more for each consent. It is part
    # of the input, and so of the history: a Workflow that read it from the environment could
    # decide otherwise when it is replayed.
    turns_a_run: int = 50


@dataclass
class LLMCallInput:
    messages: list[Message]
    tools: list[dict[str, Any]]


@dataclass
class ToolCall:
    """A tool that the model wants to have called."""

    id: str
    name: str
    arguments: str  # JSON as the model wrote it: it may be broken, and may fit no tool


@dataclass
class Turn:
    """What the model said: a text, or calls, or both.

    All that the loop needs of LiteLLM's answer. Each turn stays in the Event History and all turns
    before it are sent again with the next: what is not needed would be kept many times.
    """

    text: str
    calls: list[ToolCall]
    dollars: float


@dataclass
class AgentResult:
    status: str  # "answered", "out of turns", "out of dollars", "model failed"
    answer: str  # the model's; where it has none, what the tools found
    turns: int
    dollars: float
    steps: list[str]


@dataclass
class Consent:
    """What a person says about a call that waits for them."""

    call_id: str
    allowed: bool
