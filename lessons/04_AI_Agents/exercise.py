# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercise 4: a tool of your own
#
# You give the agent a new tool. It is behind MCP, in another process, and
# runs only when a person has agreed.
#
# **You will practise** a tool that a model understands, a call through MCP as an Activity, and
# consent by Update, Query and a wait.
#
# **Time** about 25 minutes. **Needs** lesson 04. Under each task is a cell that checks what you
# wrote, with `hint` and `solution` to uncomment; the `Solution` folder beside this one holds every
# answer.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
import asyncio
import inspect
import json
import os
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import mcp
from litellm import completion, completion_cost
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.worker import Worker

from workshop import (
    begin, check, follow, hint, progress, solution, start_worker, stop_worker, timeline,
    timer_started, use_practice_model, what_happens,
)

settings = await begin("04")
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## Task 1: the tool
#
# Choose **one** of three, write it under its name, and give it to `own_tool` in the last line:
#
# - `weekday(date: str) -> str`: the weekday of a date. For `"2026-11-22"` it is `Sunday`.
# - `miles_to_km(miles: float) -> str`: a mile has 1.609344 km. For 10 it is `16.09 km`.
# - `euros_to_dollars(euros: float) -> str`: today a euro is 1.10 dollars. For 10 it is
#   `11.00 dollars`.
#
# Each returns a text as in its example; a number has two decimals, a space and its unit.
#
# The model chooses the tool by its **docstring**, so write one. Raise `ValueError` for an input
# that makes no sense: a text that is not a date, or a negative number.
#
# Below, the function alone is copied into another file. So everything that it uses must be *inside*
# of it: imports, constants, other functions. The parameter keeps its name: the model reads it. In
# `weekday` it is `date`, so give what you import from `datetime` another name.

# %% exercise="own_tool"
# PROMPT: def weekday(date: str) -> str:
# PROMPT:     ...  # TODO: a docstring for the model, and the answer; or one of the other two
# BEGIN SOLUTION
def weekday(date: str) -> str:
    """Tell the weekday of a date, which is written as in 2026-11-22."""
    from datetime import date as day

    return day.fromisoformat(date).strftime("%A")
# END SOLUTION


own_tool = weekday  # or miles_to_km, or euros_to_dollars

# %% [markdown]
# ## Task 2: behind MCP
#
# `server_with` writes a file with your function in it, which is a whole MCP server. `mcp_session`
# starts it, as in the lesson. Each start takes a few seconds.

# %%
def server_with(tool) -> Path:
    """Write a file that offers a function as an MCP server. Returns its path."""
    file = Path(tempfile.mkdtemp()) / "my_server.py"
    begins = "from mcp.server import MCPServer\n\n\n" + inspect.getsource(tool)
    ends = f'\nserver = MCPServer("mine")\nserver.add_tool({tool.__name__})\nserver.run()\n'
    file.write_text(begins + ends, encoding="utf-8")
    return file


@asynccontextmanager
async def mcp_session():
    server = mcp.StdioServerParameters(command=sys.executable, args=[str(SERVER)])
    with open(os.devnull, "w") as nowhere:
        async with mcp.Client(mcp.stdio_client(server, errlog=nowhere)) as session:
            yield session


@activity.defn
async def list_tools() -> list[dict]:
    async with mcp_session() as session:
        found = (await session.list_tools()).tools
    parts = [(tool.name, tool.description or "", tool.input_schema) for tool in found]
    names = ("name", "description", "parameters")
    return [{"type": "function", "function": dict(zip(names, part))} for part in parts]


SERVER = server_with(own_tool)
with what_happens():
    print(await list_tools())

# %% [markdown]
# Now the call. Finish `call_tool`. Inside of `async with` the session is open: call the tool there.
# Below it the session is closed; you only look at `result`. The session answers even if the tool
# has failed: then `result.is_error` is true, and `text` says why. MCP does not say whether another
# attempt would help. So raise an `ApplicationError` with that `text`, and tell Temporal not to
# retry it: the model reads it instead.

# %% exercise="mcp_call"
@activity.defn
async def call_tool(name: str, arguments: dict) -> str:
    async with mcp_session() as session:
        # PROMPT: result = ...  # TODO: await the session's call_tool, with name and arguments
        result = await session.call_tool(name, arguments)
    text = "\n".join(part.text for part in result.content if part.type == "text")
    # PROMPT: if ...:  # TODO: the tool has failed
    if result.is_error:
        # PROMPT: ...  # TODO: raise an ApplicationError with the text, non_retryable
        raise ApplicationError(text, non_retryable=True)
    return text

# %%
EXAMPLES = {
    "weekday": ({"date": "2026-11-22"}, "Which weekday is 2026-11-22?"),
    "miles_to_km": ({"miles": 10}, "How many km are 10 miles?"),
    "euros_to_dollars": ({"euros": 10}, "How many dollars are 10 euros?"),
}
arguments, goal = EXAMPLES[own_tool.__name__]
with what_happens():
    print(await call_tool(own_tool.__name__, arguments))

# %% [markdown]
# Does the model choose your tool? Here is its Activity, as in the lesson. If it answers with a text
# instead, look at your docstring.

# %% include="04_AI_Agents/turns"

# %% include="04_AI_Agents/llm_with_tools"

# %%
with what_happens():
    turn = llm_call(LLMCallInput([{"role": "user", "content": goal}], await list_tools()))
    print("text: ", turn.text or "none")
    print("calls:", *turn.calls)

# %% [markdown]
# ## Task 3: a person must agree
#
# The agent's other parts: what goes in and comes out, and the loop. `use` decides what a call comes
# to. It is not there yet.

# %% include="04_AI_Agents/said"

# %% include="04_AI_Agents/agent_models"

# %%
@dataclass
class Consent:
    call_id: str
    allowed: bool


LIMITS = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(maximum_attempts=3),
}


class Loop:
    async def run_tool(self, call: ToolCall) -> str:
        try:
            given = [call.name, json.loads(call.arguments)]
            return await workflow.execute_activity(call_tool, args=given, **LIMITS)
        except ValueError as error:
            return f"error: {error}"
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return f"error: {error.cause}"

    async def converse(self, input: AgentInput) -> AgentResult:
        offered = await workflow.execute_activity(list_tools, **LIMITS)
        messages, steps, dollars = [{"role": "user", "content": input.goal}], [], 0.0
        for turns in range(1, input.budget.turns + 1):
            asked = LLMCallInput(messages, offered)
            turn = await workflow.execute_activity(llm_call, asked, **LIMITS)
            dollars += turn.dollars
            messages.append(said(turn))
            if not turn.calls:
                return AgentResult("answered", turn.text, turns, dollars, steps)
            results = await asyncio.gather(*[self.use(call) for call in turn.calls])
            for call, text in zip(turn.calls, results):
                messages.append({"role": "tool", "tool_call_id": call.id, "content": text[:2000]})
                steps.append(f"{call.name} {call.arguments}: {first_line(text)}")
        return AgentResult("out of turns", "", turns, dollars, steps)

# %% [markdown]
# In `CarefulAgent` each call now waits for a person.
# - `decide` keeps what the person says, in `self.consents`, under the id of the call.
# - Its validator raises `ValueError` for a call that does not wait. It also raises it for a call
#   whose decision is still in `self.consents`: somebody has decided, and `use` has not gone on yet.
# - `use` waits until its call is decided, for an hour at most. Silence is a no. Only an allowed
#   call runs; otherwise `use` returns `error: nobody allowed it`, which the model reads.
# - A decision counts for one call. Some models give their calls the same ids in each turn. So
#   after the wait `use` takes the decision out of `self.consents`, as lesson 04 does.

# %% exercise="consent"
@workflow.defn(sandboxed=False)
class CarefulAgent(Loop):
    @workflow.init
    def __init__(self, input: AgentInput) -> None:
        self.waiting: dict[str, ToolCall] = {}
        self.consents: dict[str, bool] = {}

    @workflow.query
    def waits_for(self) -> list[ToolCall]:
        return list(self.waiting.values())

    @workflow.update
    def decide(self, consent: Consent) -> str:
        # PROMPT: ...  # TODO: keep whether it is allowed, under the call's id
        self.consents[consent.call_id] = consent.allowed
        return "allowed" if consent.allowed else "refused"

    @decide.validator
    def check_consent(self, consent: Consent) -> None:
        # PROMPT: ...  # TODO: refuse a call that does not wait, or is decided already
        # BEGIN SOLUTION
        if consent.call_id not in self.waiting or consent.call_id in self.consents:
            raise ValueError(f"no call {consent.call_id!r} waits for a decision")
        # END SOLUTION

    async def use(self, call: ToolCall) -> str:
        if call.id in self.waiting:  # two calls of one id: which of them would the person mean?
            return "error: nobody allowed it"
        self.waiting[call.id] = call
        # PROMPT: ...  # TODO: wait until this call is decided, for an hour at most
        # BEGIN SOLUTION
        try:
            decided = lambda: call.id in self.consents
            await workflow.wait_condition(decided, timeout=timedelta(hours=1))
        except asyncio.TimeoutError:
            pass
        # END SOLUTION
        del self.waiting[call.id]
        # PROMPT: ...  # TODO: take the decision out, and return the error unless it is allowed
        # BEGIN SOLUTION
        if not self.consents.pop(call.id, False):
            return "error: nobody allowed it"
        # END SOLUTION
        return await self.run_tool(call)

    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        return await self.converse(input)

# %% [markdown]
# A Worker, and two functions: one starts the agent, the other decides about the call that waits,
# or about one that nobody has asked for.

# %%
async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="agents-exercise",
            workflows=[CarefulAgent],
            activities=[llm_call, list_tools, call_tool],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


async def start_agent():
    return await client.start_workflow(
        CarefulAgent.run,
        AgentInput(goal),
        id=f"agent-{uuid.uuid4()}",
        task_queue="agents-exercise",
    )


async def decide(handle, allowed: bool, call_id: str = "") -> None:
    for call in await handle.query(CarefulAgent.waits_for):
        consent = Consent(call_id or call.id, allowed)
        try:
            print(call.name, await handle.execute_update(CarefulAgent.decide, consent))
        except WorkflowUpdateFailedError as error:
            print("✗", error.cause)

# %% [markdown]
# First a no, and before it a decision about a call that nobody has asked for. From here on the
# practice model answers, even if you have a key of your own.

# %%
settings = await use_practice_model()
worker = await start_worker(run_worker)
handle = await start_agent()
await follow(handle, until=timer_started(), limit=60)
await decide(handle, True, call_id="another-call")
await decide(handle, False)
result = await follow(handle, limit=60)
print(result.status, *result.steps, sep="\n  ")

# %% [markdown]
# Then a yes.

# %%
handle = await start_agent()
await follow(handle, until=timer_started(), limit=60)
await decide(handle, True)
result = await follow(handle, limit=60)
print(result.status, *result.steps, sep="\n  ")
await timeline(handle)

# %% [markdown]
# The first run has no `call_tool`: what nobody allowed was never asked for. In the picture of the
# second it comes after the person's Update, and the tool ran in another process.
#
# Would you like more? Write one of the other two tools as well, and offer both: `add_tool` may be
# called twice.

# %%
await stop_worker()
progress()
