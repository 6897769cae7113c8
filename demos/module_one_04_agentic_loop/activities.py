"""The steps that touch the world outside, beside the tools: the LLM, and tools behind MCP."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client
from models import LLMCallInput, ToolCall, Turn
from temporalio import activity
from temporalio.exceptions import ApplicationError

from workshop.demos import load

# LiteLLM comes after workshop, which has told it by now to ask nobody for a list of prices.
# isort: split
from litellm import completion

MAX_TOKENS = 1_000  # of one answer: what it may cost at most
MAX_CHARACTERS = 8_000  # the same for a model that does not keep to it
MAX_CALLS = 16

SERVER = Path(__file__).with_name("mcp_server.py")
ANSWER_SECONDS = 8.0  # shorter than the Start-to-Close timeout: the session is then closed in order
HEARTBEAT_SECONDS = 1.0
# For the server's own words. A kernel's sys.stderr is no file, and could not take them.
NOWHERE = Path(os.devnull).open("w")  # noqa: SIM115  open as long as this process


@activity.defn
def llm_call(input: LLMCallInput) -> Turn:
    settings = load()
    answer = completion(
        model=settings.llm_model,
        # Out of its wrapper at the last moment, and in no input or output.
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=input.messages,
        tools=input.tools or None,
        max_tokens=MAX_TOKENS,
        # One request an attempt: Temporal retries. So much silence, and the call ends by itself,
        # before the Start-to-Close timeout does.
        timeout=settings.llm_timeout,
        max_retries=0,
    )
    message = answer.choices[0].message
    return Turn(
        text=clean(message.content),
        calls=[
            ToolCall(clean(call.id), clean(call.function.name), clean(call.function.arguments))
            for call in (message.tool_calls or [])[:MAX_CALLS]
        ],
        # None for a model whose price LiteLLM does not know: then turns alone are counted.
        dollars=answer._hidden_params.get("response_cost") or 0.0,
    )


def clean(text: str | None) -> str:
    """A model's text as one that can be stored: of a bounded length, and UTF-8."""
    return (text or "")[:MAX_CHARACTERS].encode("utf-8", "replace").decode()


# An Activity runs on any Worker, and each attempt may be on another one. So each opens a session of
# its own: start the server, ask, close. What a session remembers is gone with it.


@asynccontextmanager
async def session() -> AsyncIterator[Client]:
    """The MCP server, started for one question and ended after it."""
    # It gets these variables and no others: the SDK hands over no key of this process.
    names = ("WORKSHOP_", "MCP_", "DEMO_")
    env = {name: value for name, value in os.environ.items() if name.startswith(names)}
    parameters = StdioServerParameters(command=sys.executable, args=[str(SERVER)], env=env)
    transport = stdio_client(parameters, errlog=NOWHERE)
    try:
        async with Client(transport, read_timeout_seconds=ANSWER_SECONDS) as client:
            yield client
    except Exception as error:
        # What goes wrong comes as a group of errors, which says nothing. The first of them does.
        while inner := getattr(error, "exceptions", ()):
            error = inner[0]
        raise error from None


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Say each second that this runs. In the answer a Worker hears of a cancellation."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


@activity.defn
async def list_tools() -> list[dict[str, Any]]:
    """Ask the MCP server for its tools, as a chat API wants to be told of them."""
    async with heartbeats(), session() as client:
        return [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description or "",
                    "parameters": tool.input_schema,
                },
            }
            for tool in (await client.list_tools()).tools
        ]


@activity.defn
async def call_tool(name: str, arguments: dict[str, Any]) -> str:
    """Call a tool of the MCP server."""
    async with heartbeats(), session() as client:
        result = await client.call_tool(name, arguments)
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    if result.is_error:
        # The server has answered: asked again it says the same. What kind of error it was, which
        # a retry policy could go by, MCP does not say.
        raise ApplicationError(text, type="ToolError", non_retryable=True)
    return text
