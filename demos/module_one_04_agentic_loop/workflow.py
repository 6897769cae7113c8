"""The plan: ask the model, do what it asks for, ask again, until it answers or a budget is gone.

What happens next is the model's choice, and this code is deterministic all the same: a choice is
the result of an Activity, and a replay reads it from the Event History.
"""

import asyncio
import dataclasses
import json
import re
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

# The sandbox loads a Workflow's file anew for each run. These modules may be shared instead:
# LiteLLM alone would take seconds. Of the tools the Workflow calls none; it reads what they are.
with workflow.unsafe.imports_passed_through():
    from activities import call_tool, list_tools, llm_call
    from models import (
        AgentInput,
        AgentResult,
        Consent,
        LLMCallInput,
        Message,
        ToolCall,
        Turn,
    )
    from tools import TOOLS, describe, parsed

CALLS_A_TURN = 8
RESULT_CHARACTERS = 2_000  # of a tool: it is sent to the model with each turn that follows
LONG = 100_000  # characters of a conversation; beyond it the oldest results of tools are left out
CONSENT_WAIT = timedelta(hours=8)
GO_ON = {"role": "user", "content": "That was empty. Call a tool, or answer in a text."}

LLM_LIMITS: dict[str, Any] = {
    "retry_policy": RetryPolicy(
        maximum_attempts=4,
        # Exact names of LiteLLM's classes: what is wrong with these stays wrong.
        non_retryable_error_types=[
            "AuthenticationError",
            "PermissionDeniedError",
            "BadRequestError",
            "ContextWindowExceededError",
            "ContentPolicyViolationError",
            "NotFoundError",
        ],
    ),
}
MCP_LIMITS: dict[str, Any] = {
    # A hung server ends here. Its session ends earlier, by itself: see ANSWER_SECONDS.
    "start_to_close_timeout": timedelta(seconds=20),
    # A Worker that dies is missed after this, and not only after 20 s.
    "heartbeat_timeout": timedelta(seconds=5),
    "retry_policy": RetryPolicy(maximum_attempts=3),
}


@workflow.defn
class AgentWorkflow:
    @workflow.init  # runs before any message is handled, so that none finds half an object
    def __init__(self, input: AgentInput) -> None:
        self.input = input
        self.messages = input.messages or [{"role": "user", "content": input.goal}]
        self.turns, self.dollars, self.steps = input.turns, input.dollars, input.steps
        self.mcp = input.mcp
        self.remote: list[dict[str, Any]] = []  # the MCP server's tools
        self.listed = False  # whether it has been asked for them
        self.waiting: dict[str, ToolCall] = {}  # calls that a person decides about, by id
        self.consents: dict[str, bool] = {}

    @workflow.query
    def get_progress(self) -> dict[str, Any]:
        return {
            "turns": self.turns,
            "dollars": self.dollars,
            "steps": self.steps,
            "waiting_for": [
                {"call_id": id, "name": call.name, "arguments": call.arguments}
                for id, call in self.waiting.items()
            ],
        }

    @workflow.update
    def decide(self, consent: Consent) -> str:
        self.consents[consent.call_id] = consent.allowed
        # In a replay it may come before the turn whose call it is about, and nothing waits as yet.
        call = self.waiting.get(consent.call_id)
        return f"{call.name if call else 'it'} is {'allowed' if consent.allowed else 'refused'}"

    @decide.validator
    def check_consent(self, consent: Consent) -> None:
        if consent.call_id not in self.waiting:
            raise ValueError(f"no call {consent.call_id!r} waits for a decision")
        if consent.call_id in self.consents:
            raise ValueError(f"call {consent.call_id!r} is decided already")

    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        try:
            return await self.agent_loop()
        except BaseException as error:
            if is_cancelled_exception(error):
                self.note("✗ cancelled")  # and then it ends as it would: the Workflow is CANCELED
            elif isinstance(error, ActivityError):
                return self.ended("model failed", why(error))  # no tool: those are told the model
            raise

    async def agent_loop(self) -> AgentResult:
        while not (over := self.over()):
            turn = await self.next_turn()
            if not turn.calls and turn.text:
                return self.ended("answered", turn.text)
            if not turn.calls and self.messages[-1] == GO_ON:
                return self.ended("model failed", "it said nothing, twice")
            if not turn.calls:
                self.messages.append(GO_ON)
            elif not self.over():  # else nobody would read what the tools say
                await self.one_round(turn)
            if self.input.pause_seconds and not self.over():
                await workflow.sleep(self.input.pause_seconds, summary="time to kill the Worker")
            # Each turn makes the Event History longer. After some of them the next one begins a new
            # run, which is given all that it needs to know.
            if self.turns - self.input.turns >= self.input.turns_a_run:
                workflow.continue_as_new(
                    dataclasses.replace(
                        self.input,
                        messages=self.messages,
                        turns=self.turns,
                        dollars=self.dollars,
                        steps=self.steps,
                        mcp=self.mcp,
                    )
                )
        return self.ended(over)

    def over(self) -> str:
        """Which budget is used up; "" while there is some of each."""
        if self.turns >= self.input.budget.turns:
            return "out of turns"
        return "out of dollars" if self.dollars >= self.input.budget.dollars else ""

    async def next_turn(self) -> Turn:
        """Ask the model, with all that was said so far."""
        if self.mcp and not self.listed:
            await self.ask_for_tools()
        shorten(self.messages)
        turn: Turn = await step(
            llm_call,
            LLMCallInput(self.messages, self.tools()),
            start_to_close_timeout=timedelta(seconds=self.input.llm_timeout_seconds),
            **LLM_LIMITS,
        )
        self.turns += 1
        self.dollars += turn.dollars
        called = ", ".join(f"{call.name}({call.arguments})" for call in turn.calls)
        self.note(f"turn {self.turns}: {shown(called or turn.text) or 'nothing'}")
        return turn

    async def one_round(self, turn: Turn) -> None:
        """Run all calls of a turn at once, and tell the model what came of each."""
        known = {message.get("tool_call_id") for message in self.messages}
        for call in turn.calls:
            if not call.id or call.id in known:  # an id names one call, whatever the model says
                call.id = f"call-{workflow.uuid4()}"  # none that it could guess
            known.add(call.id)
        results = await asyncio.gather(*(self.dispatch(call) for call in turn.calls[:CALLS_A_TURN]))
        results += ["error: too many calls at once"] * (len(turn.calls) - len(results))
        self.messages.append(
            {
                "role": "assistant",
                "content": turn.text or None,
                "tool_calls": [as_sent(call) for call in turn.calls],
            }
        )
        for call, result in zip(turn.calls, results, strict=True):
            text = result[:RESULT_CHARACTERS]
            self.messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
            self.note(f"{'✗' if text.startswith('error:') else '✓'} {call.name}: {shown(text)}")

    async def dispatch(self, call: ToolCall) -> str:
        """Run one call. Whatever goes wrong is a result, which the model gets to read."""
        there = names_of(self.tools())
        if call.name not in there:
            return f"error: There is no tool {call.name!r}. There are: {', '.join(there)}."
        if call.name in names_of(self.remote) and not needs_consent(call.name):
            return await self.through_mcp(call)
        return await self.run_tool(call)

    async def run_tool(self, call: ToolCall) -> str:
        """Run one of the Worker's own tools as the Activity of that name."""
        tool = TOOLS[call.name]
        try:
            arguments = parsed(tool.run, call.arguments)
        except ValueError as error:  # no Activity starts
            return f"error: {error}"
        if tool.consent and (refusal := await self.somebody_refuses(call)):
            return f"error: {refusal}"
        try:
            return await step(
                call.name,
                args=arguments,
                result_type=str,
                summary=shown(call.arguments),
                **tool.limits,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return f"error: {why(error)}"

    async def somebody_refuses(self, call: ToolCall) -> str:
        """Wait for a person. Returns why the call is not to be made; "" where it is."""
        self.waiting[call.id] = call
        self.tell()
        try:
            await workflow.wait_condition(
                lambda: call.id in self.consents,
                timeout=CONSENT_WAIT,
                timeout_summary=f"consent to {call.name}",
            )
        except asyncio.TimeoutError:
            pass  # a decision that came in the same moment counts
        finally:
            del self.waiting[call.id]
        allowed = self.consents.pop(call.id, None)  # it counts for this call alone
        if allowed is None:
            return "nobody allowed it in time"
        return "" if allowed else "a person refused it"

    # Tools behind MCP

    async def ask_for_tools(self) -> None:
        try:
            self.remote = await step(list_tools, **MCP_LIMITS)
            self.listed = True
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.note(f"✗ no MCP server: {why(error)}. The Worker's own tools it is")
            self.remote, self.mcp = [], False

    async def through_mcp(self, call: ToolCall) -> str:
        """Run a tool of the MCP server. It checks the arguments by itself."""
        try:
            arguments = json.loads(call.arguments)
            if not isinstance(arguments, dict):
                raise ValueError("no object")
        except (ValueError, RecursionError) as error:
            return f"error: the arguments are no JSON object: {error}"
        try:
            return await step(
                call_tool, args=[call.name, arguments], summary=call.name, **MCP_LIMITS
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.listed = False  # it may have other tools by now: asked again before the next turn
            if call.name not in TOOLS:
                return f"error: {why(error)}"
            self.note(f"✗ {call.name} through MCP: {why(error)}. The Worker's own it is")
            return await self.run_tool(call)

    def tools(self) -> list[dict[str, Any]]:
        """What the model may call: the server's tools, and the Worker's own that need consent."""
        own = {name: describe(tool.run) for name, tool in TOOLS.items()}
        if not self.mcp:
            return list(own.values())
        # Consent is the Workflow's to ask for: no server takes the place of such a tool.
        remote = [tool for tool in self.remote if not needs_consent(tool["function"]["name"])]
        return remote + [described for name, described in own.items() if needs_consent(name)]

    # What is told

    def note(self, step: str) -> None:
        self.steps.append(step)
        self.tell()

    def tell(self) -> None:
        """Say in the Web UI where it stands."""
        lines = [f"Turn {self.turns} of {self.input.budget.turns}, ${self.dollars:.6f}", ""]
        lines += [f"- waits for consent: {call.name}" for call in self.waiting.values()]
        workflow.set_current_details("\n".join(lines + [f"- {step}" for step in self.steps[-8:]]))

    def ended(self, status: str, text: str = "") -> AgentResult:
        if status == "model failed":
            self.note(f"✗ {status}: {text}")
        answer = text if status == "answered" else found(self.messages)
        self.note(status)
        return AgentResult(status, answer, self.turns, self.dollars, self.steps)


def needs_consent(name: str) -> bool:
    return name in TOOLS and TOOLS[name].consent


async def step(activity: Any, *given: Any, **how: Any) -> Any:
    """Run an Activity. Where the Workflow is being cancelled, that is what it ends with."""
    result = await workflow.execute_activity(activity, *given, **how)
    # An Activity that completes in the moment of a cancellation may swallow it.
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError
    return result


def names_of(tools: list[dict[str, Any]]) -> list[str]:
    return [tool["function"]["name"] for tool in tools]


def as_sent(call: ToolCall) -> dict[str, Any]:
    """A call in the model's own turn, as it is sent back to it. A chat API refuses broken ones."""
    name = re.sub(r"[^\w-]", "_", call.name, flags=re.ASCII)[:64] or "no_name"
    try:
        whole = isinstance(json.loads(call.arguments), dict)
    except (ValueError, RecursionError):
        whole = False
    arguments = call.arguments if whole else "{}"
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def shorten(messages: list[Message]) -> None:
    """Leave out the oldest results of tools where a conversation has become long."""
    size = sum(len(str(message.get("content") or "")) for message in messages)
    for message in messages:
        if size > LONG and message["role"] == "tool":
            size -= len(message["content"])
            message["content"] = "(left out: the conversation has become long)"


def found(messages: list[Message]) -> str:
    """What the tools have said, for a run that ends without an answer."""
    results = [m["content"] for m in messages if m["role"] == "tool"]
    return "\n\n".join(r for r in results if not r.startswith(("error:", "(left")))[-4_000:]


def why(error: ActivityError) -> str:
    """Why an Activity failed for good, in a line."""
    cause = error.cause or error
    return shown(getattr(cause, "message", "") or str(cause))


def shown(text: str) -> str:
    """A text in a line of at most 160 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159] + "…"
