# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # AI Agents
#
# A model that may use tools decides by itself what happens next. That is what makes it useful, and
# what makes it hard to trust: each decision costs money, each tool can fail, and one of them might
# send an e-mail. In this lesson you build an agent whose every decision and every tool call is
# durable, limited and visible.
#
# **You will be able to**
# - describe a function to a model, and run the calls that the model asks for;
# - write the loop of an agent as a Workflow, and its tools as Activities, chosen by name;
# - tell the model what went wrong, instead of retrying it without end;
# - limit an agent: budgets, a person's consent, cancellation, hosts that it may read;
# - run tools that live in another process, behind MCP.
#
# **Time** about 75 minutes. **Needs** lesson 03. No key, no account, no internet.
#
# Cells marked TODO are yours to finish. The cell under each checks what you wrote; take the `# `
# away from `hint` or `solution` for help.
#
# The first two cells take about 20 seconds: they start what is needed, and import LiteLLM.
#
# **After a kernel restart**, select the cell where you were, choose *Run*, *Run All Above Selected
# Cell*, and go on from there.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
import asyncio
import inspect
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from pprint import pprint

from litellm import completion, completion_cost
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from workshop import (
    begin, check, crash, follow, hint, misbehaving, open_site, predict, progress, render_mermaid,
    reveal, solution, start_worker, started, stop_worker, timeline, timer_started,
    use_practice_model, what_happens,
)
from workshop.errors import WorkshopError

settings = await begin("04")
site = await open_site()
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## What makes an app agentic
#
# The research app of lesson 02 has a plan: ask the model, write the PDF. You wrote that plan. An
# **agent** gets a goal, and a list of tools, and the plan is made by the model, one step at a time:
# it asks for a tool, reads what the tool gave, and decides again, until it answers.

# %%
render_mermaid(
    """
graph LR
    G["goal"] --> M{"the model<br>decides"}
    M -->|"asks for tools"| T["tools run"]
    T -->|"results, added to<br>the conversation"| M
    M -->|"a text, no tools"| A["answer"]
""",
    alt="A goal goes to the model. It asks for tools, gets their results, and in the end answers.",
)

# %% [markdown]
# **Two minutes with the person next to you.** This loop runs for ten minutes in production, and
# nobody looks. What can go wrong in it that cannot go wrong in an app with a fixed plan?
#
# <details><summary>What people usually find</summary>
#
# - It never stops: each round costs, and nobody has set a limit.
# - It asks for a tool that does not exist, or gives a tool nonsense.
# - A tool fails. Is that the end, or does the model find another way?
# - The process dies in round seven, and rounds one to six are paid again.
# - It does something that cannot be taken back, because a web page told it to.
#
# </details>
#
# ## Tools
#
# A tool is a function: its type hints say what it takes, its docstring says what it is for. Here
# are three. They touch the world outside, so they are Activities from the start. `search_notes`
# searches a small library of notes, `calculate` is not `eval` and knows only numbers, and
# `fetch_page` reads pages of one host alone: a small site on this machine.

# %% name="tools"
from urllib.parse import urljoin

from workshop import calculator, notes
from workshop.fetching import read_page


@activity.defn
async def search_notes(query: str) -> str:
    """Search the notes of the workshop for a subject, such as "tardigrades"."""
    found = notes.search_notes(query)
    return "\n\n".join(f"{n.title}\n{n.text}" for n in found) or f"No note is about {query!r}."


@activity.defn
async def calculate(expression: str) -> str:
    """Calculate an expression of numbers, such as "(17 + 4) * 2"."""
    return str(calculator.calculate(expression))


@activity.defn
async def fetch_page(url: str) -> str:
    """Fetch a web page and give the text on it."""
    return await read_page(urljoin(site.url, url), hosts=[site.host])

# %%
print(await search_notes("tardigrades"))
print(await calculate("30 * 365"))
print((await fetch_page(site.pages[0].url))[:100], "…")

# %% [markdown]
# ### Your turn: describe a tool
#
# The model never sees your function. It sees a **description**: a name, a text, and a
# [JSON schema](https://json-schema.org) of the parameters. Writing those by hand means writing
# everything twice. [pydantic](https://docs.pydantic.dev/latest/concepts/json_schema/) makes the
# schema: `form` gives a pydantic model of a function's parameters, and each pydantic model has the
# method `model_json_schema()`.
#
# Fill in the three parts of `describe`. A function knows its name (`__name__`), and
# `inspect.getdoc` gives its docstring.

# %% name="form"
def form(function) -> type[BaseModel]:
    """The parameters of a function as a pydantic model, which refuses what does not fit."""
    parameters = inspect.signature(function).parameters.values()
    fields = {
        p.name: (p.annotation, ... if p.default is inspect.Parameter.empty else p.default)
        for p in parameters
    }
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)

# %% exercise="describe_tool"
def describe(function) -> dict:
    return {
        "type": "function",
        "function": {
            # PROMPT: "name": ...,  # TODO: the function's name
            "name": function.__name__,
            # PROMPT: "description": ...,  # TODO: its docstring
            "description": inspect.getdoc(function),
            # PROMPT: "parameters": ...,  # TODO: the JSON schema of its form
            "parameters": form(function).model_json_schema(),
        },
    }

# %%
TOOLS = {tool.__name__: tool for tool in (search_notes, calculate, fetch_page)}
pprint(describe(calculate), sort_dicts=False)

# %% [markdown]
# This is all that a model ever knows of a tool. A better docstring is a better agent.
#
# ## The LLM Activity, with tools
#
# The conversation is a list of messages, and it grows. The Activity gets the messages and the
# descriptions, and returns a **Turn**: the text, the calls that the model wants, and the price.
# Why not LiteLLM's whole answer, as in lesson 02? Each turn is kept in the Event History, and each
# next turn sends all of them again. What the loop does not need would be paid for in bytes, many
# times.

# %% name="turns"
@dataclass
class LLMCallInput:
    messages: list[dict]
    tools: list[dict]  # descriptions; never a key


@dataclass
class ToolCall:
    id: str
    name: str
    arguments: str  # JSON as the model wrote it: it may be broken


@dataclass
class Turn:
    text: str
    calls: list[ToolCall]
    dollars: float


# For one attempt to ask the model: what the call may take, and ten seconds more.
llm_time = timedelta(seconds=settings.llm_timeout + 10)


def price(answer) -> float:
    """What an answer cost, in US dollars; 0.0 for a model whose price LiteLLM does not know."""
    try:
        return completion_cost(answer)
    except Exception:
        return 0.0

# %% [markdown]
# ### Your turn: the LLM Activity
#
# Finish `llm_call`. Pass the messages and the descriptions of the tools to the model. Then make a
# `ToolCall` of each entry of `message.tool_calls`. An entry has an `id`, and a `function` with
# `name` and `arguments`. Where the model wants no tool, `message.tool_calls` is `None`.

# %% exercise="llm_with_tools"
@activity.defn
def llm_call(input: LLMCallInput) -> Turn:
    answer = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        # PROMPT: messages=...,  # TODO: the messages of the input
        messages=input.messages,
        # PROMPT: tools=...,  # TODO: the descriptions of the tools
        tools=input.tools,
        max_tokens=1000,
        timeout=settings.llm_timeout,
        max_retries=0,
    )
    message = answer.choices[0].message
    calls = []
    for call in message.tool_calls or []:
        # PROMPT: calls.append(...)  # TODO: a ToolCall with its id, name and arguments
        calls.append(ToolCall(call.id, call.function.name, call.function.arguments))
    return Turn(message.content or "", calls, price(answer))

# %%
DESCRIPTIONS = [describe(tool) for tool in TOOLS.values()]
messages = [{"role": "user", "content": "What is (17 + 4) * 2?"}]
with what_happens():
    turn = llm_call(LLMCallInput(messages, DESCRIPTIONS))
    print("text: ", turn.text or "none")
    print("calls:", *turn.calls)

# %% [markdown]
# The model has calculated nothing. It *asks* for `calculate`, with arguments that it wrote itself,
# as JSON in a text. Whether anything runs is up to you.
#
# ### Your turn: one round
#
# Finish `one_round`. A round is: ask the model, run what it asks for, and add both to the
# conversation. What the model said goes in as `said` writes it. Each result is a separate message,
# with the role `tool`, the id of the call in `tool_call_id`, and the result in `content`.

# %% name="said"
def said(turn: Turn) -> dict:
    """A turn of the model as a message of the conversation."""
    message = {"role": "assistant", "content": turn.text}
    if turn.calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in turn.calls
        ]
    return message

# %% exercise="one_round"
async def one_round(messages: list[dict]) -> list[dict]:
    turn = llm_call(LLMCallInput(messages, DESCRIPTIONS))
    messages = [*messages, said(turn)]
    for call in turn.calls:
        arguments = json.loads(call.arguments)
        # PROMPT: result = ...  # TODO: await the tool of that name, with **arguments
        result = await TOOLS[call.name](**arguments)
        # PROMPT: messages.append(...)  # TODO: the result, as a message with the role "tool"
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return messages

# %%
messages = [{"role": "user", "content": "What is (17 + 4) * 2?"}]
with what_happens():
    messages = await one_round(messages)
    messages = await one_round(messages)
    for message in messages:
        asked = [call["function"]["name"] for call in message.get("tool_calls", [])]
        print(f"{message['role']:>9}:", message["content"] or f"asks for {', '.join(asked)}")

# %% [markdown]
# Two rounds, and an answer. Call `one_round` until no call is left, and you have an agent. You
# also have all the old troubles: the conversation lives in a variable, and dies with the process.
# `TOOLS[call.name]` believes whatever the model wrote. And nothing ends the loop.
#
# ## The loop as a Workflow
#
# In lesson 02 you read that *deterministic is not predetermined*. Here it is in code. The loop is a
# Workflow: given the same answers it decides the same. The answers come out of Activities, and are
# in the Event History. So the plan is free, and the replay is exact.
#
# ### Tools by name
#
# The Workflow knows at run time only which Activity it needs: the model says its name. With
# `execute_activity` that is easy: it takes a name instead of a function, and a list of
# inputs as `args=`. Each tool has its own limits. And before anything starts, `arguments_of` tries
# whether the arguments fit. It computes and touches nothing outside, so a Workflow may call it.

# %% name="limits"
LIMITS = {
    "search_notes": {"start_to_close_timeout": timedelta(seconds=5)},
    "calculate": {
        "start_to_close_timeout": timedelta(seconds=5),
        # Asked again, it says the same.
        "retry_policy": RetryPolicy(non_retryable_error_types=["CalculatorError"]),
    },
    "fetch_page": {
        "start_to_close_timeout": timedelta(seconds=10),
        "retry_policy": RetryPolicy(
            maximum_attempts=3, non_retryable_error_types=["PageRefused"]
        ),
    },
}


def arguments_of(call: ToolCall) -> list:
    """The inputs of the call's Activity. Raises ValueError where the arguments do not fit."""
    try:
        fitting = form(TOOLS[call.name]).model_validate_json(call.arguments)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))} {e['msg']}".strip() for e in error.errors()]
        raise ValueError(f"the arguments do not fit: {'; '.join(wrong)}") from None
    return [getattr(fitting, name) for name in type(fitting).model_fields]

# %% [markdown]
# ### Your turn: the dispatch
#
# `dispatch` runs one call and returns a text, whatever happens. There are three ways to fail, and
# none of them ends the agent: each gives a text that begins with `error:`, which the model reads
# instead of a result. The second is there as a pattern.
#
# - The tool does not exist. The text names the tool that the model asked for, and all that exist.
# - The arguments do not fit.
# - The Activity has failed at its last attempt. The text says why: that is the error's `cause`.
#
# A cancellation comes as an `ActivityError` too. It is not a result, so it is raised again.

# %% exercise="dispatch"
async def dispatch(call: ToolCall) -> str:
    if call.name not in TOOLS:
        # PROMPT: return ...  # TODO: an error text: that name, and the names of all tools
        return f"error: there is no tool {call.name!r}. There are: {', '.join(TOOLS)}"
    try:
        arguments = arguments_of(call)
    except ValueError as error:
        return f"error: {error}"
    try:
        # PROMPT: return ...  # TODO: await the Activity of that name; args=arguments, **LIMITS[…]
        return await workflow.execute_activity(call.name, args=arguments, **LIMITS[call.name])
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        # PROMPT: return ...  # TODO: an error text with the cause
        return f"error: {error.cause}"

# %% [markdown]
# What goes into the Workflow, and what comes out. The last four fields of the input are for later:
# they carry a conversation over into a new run. `first_line` is for the list of steps.

# %% name="agent_models"
@dataclass
class Budget:
    turns: int = 8
    dollars: float = 0.05


@dataclass
class AgentInput:
    goal: str
    budget: Budget = field(default_factory=Budget)
    messages: list[dict] = field(default_factory=list)
    turns: int = 0
    dollars: float = 0.0
    steps: list[str] = field(default_factory=list)


@dataclass
class AgentResult:
    status: str  # "answered", "out of turns", "out of dollars" or "model failed"
    answer: str
    turns: int
    dollars: float
    steps: list[str]


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:120]

# %% [markdown]
# ### Your turn: the loop
#
# Finish the loop of `AgentWorkflow`.
# - It goes on while turns *and* dollars of the budget are left.
# - When the model asks for no tool, its text is the answer.
# - Otherwise all calls of the turn are dispatched at once: `asyncio.gather` runs several awaitables
#   side by side, in a Workflow too, and gives their results in order. (Not `asyncio.wait` and
#   `as_completed`, whose order is not fixed: take `workflow.wait` and `workflow.as_completed`.)

# %% exercise="agent_loop"
@workflow.defn(sandboxed=False)
class AgentWorkflow:
    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        budget, messages = input.budget, [{"role": "user", "content": input.goal}]
        turns, dollars, steps = 0, 0.0, []
        # PROMPT: while ...:  # TODO: while turns and dollars of the budget are left
        while turns < budget.turns and dollars < budget.dollars:
            turn = await workflow.execute_activity(
                llm_call,
                LLMCallInput(messages, DESCRIPTIONS),
                start_to_close_timeout=llm_time,
            )
            turns, dollars = turns + 1, dollars + turn.dollars
            messages.append(said(turn))
            if not turn.calls:
                # PROMPT: ...  # TODO: return the AgentResult, with the status "answered"
                return AgentResult("answered", turn.text, turns, dollars, steps)
            # PROMPT: results = ...  # TODO: dispatch all calls of the turn at once
            results = await asyncio.gather(*[dispatch(call) for call in turn.calls])
            for call, result in zip(turn.calls, results):
                text = result[:2000]
                messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
                steps.append(f"{call.name} {call.arguments}: {first_line(text)}")
        status = "out of dollars" if turns < budget.turns else "out of turns"
        return AgentResult(status, "", turns, dollars, steps)

# %% [markdown]
# A Worker with all Activities, and a function that gives an agent a goal. `experiments` is for
# other Workflows, which come later. Then a goal that takes three tools, one after the other.

# %%
experiments = []


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="agents",
            workflows=[AgentWorkflow, *experiments],
            activities=[llm_call, *TOOLS.values()],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


async def start_agent(goal, budget=None, kind=None):
    return await client.start_workflow(
        (kind or AgentWorkflow).run,
        AgentInput(goal, budget or Budget()),
        id=f"agent-{uuid.uuid4()}",
        task_queue="agents",
    )

# %%
worker = await start_worker(run_worker)
handle = await start_agent(
    "Search the notes for tardigrades, fetch the page that they name, and calculate 30 * 365."
)
result = await follow(handle)
print(result.status, "after", result.turns, "turns")
print(*result.steps, sep="\n")

# %% [markdown]
# Your code does not say *search, then fetch, then calculate*. The Event History does: every
# decision is an answer of `llm_call`, every tool an Activity with its own attempts.
#
# Some goals need two things that do not wait for each other. What will the picture look like?

# %%
handle = await start_agent(
    "Search the notes for tardigrades and for dolphins, then say which is older."
)
result = await follow(handle)
await timeline(handle)

# %% [markdown]
# Two searches side by side, out of *one* decision. The Workflow goes on when both are there.
#
# ## When the model is wrong
#
# Models invent tools, forget brackets, and mix up parameters. From here on the practice model
# answers, even if you have a key of your own: `misbehaving` lets it do so on demand, here once
# each. Before you run the cell: what would a retry policy do about an invented tool?

# %%
settings = await use_practice_model()
for how in ("unknown tool", "broken arguments", "wrong arguments"):
    with misbehaving(how, times=1):
        handle = await start_agent("What is (17 + 4) * 2?")
        result = await follow(handle)
    print(f"{how}: {result.status}", *result.steps, sep="\n  ")

# %% [markdown]
# A retry would fail again and again. Told as a result, the mistake becomes a part of the
# conversation, and the model does it better in the next turn. Look at the first rows: no Activity
# started for a call that could not work.
#
# ### When a tool fails
#
# One page is busy and answers 503 twice. One does not exist. And one is on a host that is not
# allowed. Which of them is retried?
#
# **Predict**, with a letter between the quotes: how often will the site be asked for the page that
# does not exist?
# - **a** three times
# - **b** once
# - **c** ten times

# %%
predict("missing_page", "")

# %%
site.reset()
for url in (site.broken["busy"], site.broken["missing"], "http://example.com/secrets"):
    handle = await start_agent(f"Fetch {url}")
    result = await follow(handle)
    print(result.status, *result.steps, sep="\n  ")

# %%
reveal("missing_page", site.visits(site.broken["missing"]))

# %% [markdown]
# The busy page came at the third attempt, and the model never knew. The missing page was tried
# three times, and then the model was told. The forbidden host was refused at once: `PageRefused`
# is in the retry policy, by its exact name. In lesson 05 you tell a 404 from a 503.
#
# So: **what may go away by itself is retried; what will not is told.**
#
# ### When it never ends
#
# The next model asks for a tool in each turn and never answers. First with three turns, then with
# many turns and half a cent.

# %%
with misbehaving("endless"):
    for budget in (Budget(turns=3), Budget(turns=100, dollars=0.005)):
        handle = await start_agent("What is (17 + 4) * 2?", budget)
        result = await follow(handle)
        print(result.status)

# %% [markdown]
# A loop that costs money has a limit, as in lesson 03, and its end has a name. The dollars are not
# exact. The last turn may go beyond them: `max_tokens` bounds its answer, but the prompt grows. A
# call that timed out may be charged, and brings no price. A model whose price LiteLLM does not know
# counts as 0.0. So set a limit at the provider as well.
#
# ## An agent that asks first
#
# Now a tool that cannot be taken back: `send_email`. Here it writes a file into `outbox`, under a
# name that is the same on a retry. The number of an Activity counts within one run, and starts at 1
# again when a Workflow continues as new. So the name has the id of the run in it too. The function
# is not `async`: writing a file blocks, and in `async` code that blocks the whole Worker.
#
# Before it runs, a person must say yes. That is lesson 03's Update: `Consent` names the call, as a
# decision named the version.

# %% name="send_email"
@dataclass
class Consent:
    call_id: str
    allowed: bool


@activity.defn
def send_email(to: str, text: str) -> str:
    """Send an email with a text to an address, such as "ann@example.com"."""
    info = activity.info()
    Path("outbox").mkdir(exist_ok=True)
    name = f"{info.workflow_id}-{info.workflow_run_id}-{info.activity_id}.txt"
    Path("outbox", name).write_text(f"To: {to}\n\n{text}\n")
    return f"sent to {to}"


TOOLS["send_email"] = send_email
LIMITS["send_email"] = {"start_to_close_timeout": timedelta(seconds=10)}
DESCRIPTIONS = [describe(tool) for tool in TOOLS.values()]

# %% [markdown]
# The parts of the Workflow that speak with people: a Query that says how far it is, the Update, its
# validator, and the wait. Silence is a no. Two lines look small and are not:
# - In a replay a handler may run *before* `run` has come as far as it had when the Update was
#   accepted. So it may only rely on what `__init__` made. `decide` asks with `get` whether the call
#   waits: `self.waiting[…]` would raise there, and this Workflow would never go on.
# - `pop` takes the consent out. Some models number their calls from the start in each turn. A yes
#   that stays would count for the next call of the same id, and nobody would be asked.

# %% name="consents"
class Consents:
    needs_consent = {"send_email"}
    patience = timedelta(days=1)

    @workflow.init
    def __init__(self, input: AgentInput) -> None:
        self.input, self.turns, self.dollars = input, input.turns, input.dollars
        self.messages = input.messages or [{"role": "user", "content": input.goal}]
        self.steps = input.steps
        self.waiting: dict[str, ToolCall] = {}
        self.consents: dict[str, bool] = {}

    @workflow.query
    def get_progress(self) -> dict:
        told = {"turns": self.turns, "dollars": self.dollars, "steps": self.steps}
        return {**told, "waiting_for": list(self.waiting.values())}

    @workflow.update
    def decide(self, consent: Consent) -> str:
        self.consents[consent.call_id] = consent.allowed
        call = self.waiting.get(consent.call_id)
        return f"{call.name if call else 'the call'}: {'yes' if consent.allowed else 'no'}"

    @decide.validator
    def check_consent(self, consent: Consent) -> None:
        if consent.call_id not in self.waiting or consent.call_id in self.consents:
            raise ValueError(f"no call {consent.call_id!r} waits for a decision")

    async def allowed(self, call: ToolCall) -> bool:
        if call.id in self.waiting:  # two calls of one id: which of them would the person mean?
            return False
        self.waiting[call.id] = call
        try:
            await workflow.wait_condition(lambda: call.id in self.consents, timeout=self.patience)
        except asyncio.TimeoutError:
            pass
        finally:
            del self.waiting[call.id]
        return self.consents.pop(call.id, False)

# %% [markdown]
# The loop is taken apart now: `one_turn` is a turn, its state is in `self`. New are
# - `use`, which asks for consent where it is needed, and then has the call carried out;
# - a bound on the attempts of `llm_call`, and none again for a wrong key or a mistake of our own;
# - a turn with neither text nor call: the model is asked again;
# - `set_current_details`, which shows in the Web UI how far the agent is, while a Worker runs.

# %% name="conversation"
class Conversation(Consents):
    async def use(self, call: ToolCall) -> str:
        if call.name in self.needs_consent and not await self.allowed(call):
            return "error: nobody allowed it"
        return await self.carry_out(call)

    async def carry_out(self, call: ToolCall) -> str:
        return await dispatch(call)

    def tools(self) -> list[dict]:
        return DESCRIPTIONS

    async def one_turn(self) -> str:
        """Ask the model, and run what it asks for. Returns its answer, or ""."""
        turn = await workflow.execute_activity(
            llm_call,
            LLMCallInput(self.messages, self.tools()),
            start_to_close_timeout=llm_time,
            retry_policy=RetryPolicy(
                maximum_attempts=5, non_retryable_error_types=["AuthenticationError", "TypeError"]
            ),
        )
        self.turns, self.dollars = self.turns + 1, self.dollars + turn.dollars
        self.messages.append(said(turn))
        if not turn.calls and not turn.text:
            self.messages.append({"role": "user", "content": "Answer, or call a tool."})
        results = await asyncio.gather(*[self.use(call) for call in turn.calls])
        for call, result in zip(turn.calls, results):
            text = result[:2000]
            self.messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
            self.steps.append(f"{call.name} {call.arguments}: {first_line(text)}")
        workflow.set_current_details(f"{self.turns} turns\n\n" + "\n".join(self.steps[-5:]))
        return "" if turn.calls else turn.text

    def ended(self, status: str, answer: str = "") -> AgentResult:
        return AgentResult(status, answer, self.turns, self.dollars, self.steps)

# %% name="agent_workflow"
@workflow.defn(sandboxed=False)
class AgentWorkflow(Conversation):
    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        budget = input.budget
        while self.turns < budget.turns and self.dollars < budget.dollars:
            try:
                answer = await self.one_turn()
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                return self.ended("model failed")
            if answer:
                return self.ended("answered", answer)
            if workflow.info().is_continue_as_new_suggested():  # see Long conversations
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(
                    AgentInput(
                        input.goal, budget, self.messages, self.turns, self.dollars, self.steps
                    )
                )
        return self.ended("out of dollars" if self.turns < budget.turns else "out of turns")

# %%
async def decide(handle, allowed: bool) -> None:
    """Decide about each call that waits, as a person would who reads it first."""
    for call in (await handle.query(AgentWorkflow.get_progress))["waiting_for"]:
        print("waits:", call["name"], call["arguments"])
        print(await handle.execute_update(AgentWorkflow.decide, Consent(call["id"], allowed)))

# %%
ASK_ANN = 'Send an email to ann@example.com with the text "The notes are ready."'
worker = await start_worker(run_worker)
handle = await start_agent(ASK_ANN)
await follow(handle, until=timer_started())
await decide(handle, True)
result = await follow(handle)
print(result.answer)

# %% [markdown]
# The timer is the deadline: a day. The person reads *which* call waits, with its arguments, and
# decides about that one.

# %% [markdown]
# ### Stop it
#
# The person may also end it all. `handle.cancel()` asks the Workflow to stop: whatever it awaits
# right then, a tool, the model or a person, raises a cancellation. This is why `dispatch` raises it
# again: told to the model as an `error:`, the agent would go on.
#
# The *Workflow* stops at once. An Activity that runs is told only if it heartbeats, which you meet
# in lesson 05. Ours do not: a call of the model that has begun goes on in its thread and is
# paid, and a tool may still act. And if their Worker dies, Temporal notices only after the
# Start-to-Close timeout.

# %%
handle = await start_agent(ASK_ANN)
await follow(handle, until=timer_started())
await handle.cancel()
try:
    await follow(handle)
except WorkshopError as error:
    print("✗", error.saw)
told = await handle.query(AgentWorkflow.get_progress)
print((await handle.describe()).status.name, "after", told["turns"], "turn, and waits for",
      told["waiting_for"])

# %% [markdown]
# Cancelled, and not failed: the history says so. Its progress can still be read, and nothing was
# sent.
#
# ## Long conversations
#
# Each turn sends all turns before it, and each of these inputs stays in the history. So the bytes
# grow with the square of the turns. The Temporal Service suggests a new start at 4,096 events or
# 4 MB; `AgentWorkflow` then continues as new, between two turns, and carries over what the next run
# needs. No new start helps against the other limit, **2 MB for one input or result**: beyond it the
# Workflow Task fails, again and again. So a result is cut to 2,000 characters here. Shorten old
# turns as well, and pass the address of a document, not its text.
#
# To see it, we start another small Temporal Service, as in lesson 03, which suggests it after 30
# events. The agent looks at the suggestion when a turn is over, so a run has a few events more.

# %%
from workshop.temporal_service import find_binary


async def many_turns(client, turns: int) -> None:
    handle = await client.start_workflow(
        AgentWorkflow.run, AgentInput("What is (17 + 4) * 2?", Budget(turns)),
        id=f"agent-{uuid.uuid4()}", task_queue="agents",
    )
    result = await follow(handle)
    print(result.status, "after", result.turns, "turns")
    run_id = handle.first_execution_run_id
    while run_id:
        run = client.get_workflow_handle(handle.id, run_id=run_id)
        events = [event async for event in run.fetch_history_events()]
        print("a run of", len(events), "events")
        last = events[-1].workflow_execution_continued_as_new_event_attributes
        run_id = last.new_execution_run_id


async with await WorkflowEnvironment.start_local(
    dev_server_existing_path=str(await find_binary(settings.home)),
    dev_server_extra_args=[
        "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=30", "--output", "none",
    ],
    dev_server_log_level="never",
    data_converter=pydantic_data_converter,
) as small:
    with ThreadPoolExecutor() as threads, misbehaving("endless"):
        async with Worker(
            small.client, task_queue="agents", workflows=[AgentWorkflow],
            activities=[llm_call, *TOOLS.values()], activity_executor=threads,
        ):
            await many_turns(small.client, turns=8)

# %% [markdown]
# The count of turns goes on over the runs, because it is in the input. If it were not, the budget
# would start from zero with each run.
#
# ## Waiting: three ways to sleep
#
# An agent may have to wait: a provider says *come back in an hour*. There is `workflow.sleep`,
# there is `asyncio.sleep`, and there is a sleep in an Activity. You may read that `asyncio.sleep`
# in a Workflow is lost when the Worker dies. Do not believe it, and do not believe us: try it.
#
# [pauses.py](../demos/module_one_04_agentic_loop/pauses.py) has a Workflow that sleeps four seconds
# in all three ways at once, and a Worker, which this cell runs as another process. In the
# middle of the sleep it is killed, with SIGKILL, and another one starts.

# %%
import subprocess
import sys

from workshop.settings import ROOT

PAUSES = ROOT / "demos/module_one_04_agentic_loop/pauses.py"


async def worker_process():
    process = subprocess.Popen([sys.executable, PAUSES], stdout=subprocess.PIPE)
    await asyncio.to_thread(process.stdout.readline)  # it writes a line when it polls
    return process


async def three_pauses():
    first = await worker_process()
    try:
        handle = await client.start_workflow(
            "PausesWorkflow", 4.0, id=f"pauses-{uuid.uuid4()}", task_queue="pauses"
        )
        await follow(handle, until=started("pause"))
    finally:
        first.kill()
    second = await worker_process()
    try:
        return await follow(handle)
    finally:
        second.kill()


result = await three_pauses()
for how, seconds in result.items():
    print(f"{how:<20} {seconds:.1f} s")

# %% [markdown]
# In the Workflow both sleeps took their four seconds, dead Worker or not: in Temporal's Python SDK
# `asyncio.sleep` *is* a timer of the Temporal Service. The rows above show two timers.
# `workflow.sleep` can say what it waits for, with
# [`summary=`](https://python.temporal.io/temporalio.workflow.html#sleep). In an Activity a sleep is
# only a sleep: killed, it starts over. And `time.sleep` in a Workflow blocks the thread that runs
# it, and no other Workflow. After two seconds the SDK reports a deadlock, and the Temporal Service
# tries the same again and again. In a file, with the sandbox, it is refused at once.
#
# ## Killed in the middle of a chain
#
# Now the agent itself. The next scene runs the agent of demo 04 in another process, with the
# goal of the three tools, and kills it with SIGKILL when the second tool has completed. Without a
# crash the model would be called four times.
#
# **Predict**, with a letter between the quotes: how many times is it called now?
# - **a** six: the new Worker starts over
# - **b** five: it asks for the last decision again
# - **c** four

# %%
predict("chain", "")

# %%
chain = await crash("chain")
reveal("chain", chain.receipt.answered)
chain

# %% [markdown]
# The new Worker replayed the history, and went on with the third tool. Each tool ran once, and each
# decision was paid once.
#
# ## Tools in another process: MCP
#
# The [Model Context Protocol](https://modelcontextprotocol.io/) is a standard for offering tools.
# A server lists them, with descriptions as you made them above, and runs them. Ours,
# [mcp_server.py](../demos/module_one_04_agentic_loop/mcp_server.py), offers our three tools, and
# speaks over its standard input and output: to use it, you start it as a process.
#
# A session is such a process and a conversation with it. An Activity may run on any Worker, and
# each attempt on another one, so **each attempt opens its own session**: start, ask, close.
# What a session remembers is gone with it.

# %%
import os
from contextlib import asynccontextmanager

import mcp

SERVER = ROOT / "demos/module_one_04_agentic_loop/mcp_server.py"
trouble = {}  # settings that make the server fail, for later


@asynccontextmanager
async def mcp_session():
    ours = {name: value for name, value in os.environ.items() if name.startswith("WORKSHOP_")}
    server = mcp.StdioServerParameters(
        command=sys.executable, args=[str(SERVER)], env={**ours, **trouble}
    )
    with open(os.devnull, "w") as nowhere:  # the server's own words: a kernel has no file for them
        transport = mcp.stdio_client(server, errlog=nowhere)
        async with mcp.Client(transport) as session:
            yield session

# %% [markdown]
# Discovery and calls are two Activities. A tool that fails says so in its answer (`is_error`). MCP
# does not say whether another try would help, so we do not retry, and tell the model. A call that
# hangs is given up after four seconds: sooner than the Start-to-Close timeout below, so that the
# session is closed in order, and its process with it. Each session starts a process, so this cell
# takes about ten seconds.

# %%
@activity.defn
async def list_tools() -> list[dict]:
    async with mcp_session() as session:
        found = (await session.list_tools()).tools
    parts = [(tool.name, tool.description, tool.input_schema) for tool in found]
    names = ("name", "description", "parameters")
    return [{"type": "function", "function": dict(zip(names, part))} for part in parts]


@activity.defn
async def call_tool(name: str, arguments: dict) -> str:
    async with mcp_session() as session:
        try:
            result = await session.call_tool(name, arguments, read_timeout_seconds=4)
        except mcp.MCPError as error:
            result = error  # raised in the session, it would come wrapped in an ExceptionGroup
    if isinstance(result, mcp.MCPError):
        raise result
    text = "\n".join(part.text for part in result.content if part.type == "text")
    if result.is_error:
        raise ApplicationError(text, type="ToolError", non_retryable=True)
    return text


print("tools:", *[tool["function"]["name"] for tool in await list_tools()])
print("6 * 7 =", await call_tool("calculate", {"expression": "6 * 7"}))

# %% [markdown]
# `McpAgentWorkflow` is the same loop with other tools. It asks the server which there are, and
# calls them through `call_tool`. One of them has a **fallback**: where the search through MCP has
# failed at its last attempt, `search_notes` runs as it did before.
#
# It overrides `carry_out` and not `use`: consent is asked for before either. A server's list is
# text that you did not write, and may offer a `send_email` as well. It may also call it
# `post_letter`; so with a server that is not yours, ask for consent to every name that you have not
# looked at.

# %%
@workflow.defn(sandboxed=False)
class McpAgentWorkflow(AgentWorkflow):
    def tools(self) -> list[dict]:
        return self.offered

    async def carry_out(self, call: ToolCall) -> str:
        try:
            return await workflow.execute_activity(
                call_tool,
                args=[call.name, json.loads(call.arguments)],
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=RetryPolicy(maximum_attempts=3),
            )
        except ValueError as error:
            return f"error: {error}"
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            if call.name == "search_notes":
                return await super().carry_out(call)
            return f"error: {error.cause}"

    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        self.offered = await workflow.execute_activity(
            list_tools,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
        return await super().run(input)

# %%
async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="agents",
            workflows=[AgentWorkflow, McpAgentWorkflow, *experiments],
            activities=[llm_call, *TOOLS.values(), list_tools, call_tool],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


worker = await start_worker(run_worker)

# %% [markdown]
# ### A server that dies, hangs, or changes its list
#
# `MCP_FAULT` makes the server fail once. It **dies** in the middle of a call. It **hangs**, and
# would for an hour. Watch the attempts; each of the next three runs takes about 20 seconds.

# %%
import tempfile


def server_that(fault: str) -> dict:
    been = Path(tempfile.mkdtemp()) / "been"  # the server leaves it there when it has failed
    return {"MCP_FAULT": fault, "MCP_FAULT_FILE": str(been)}


trouble = server_that("die")
handle = await start_agent("What is (17 + 4) * 2?", kind=McpAgentWorkflow)
result = await follow(handle, limit=60)  # each session starts a process
print(result.status, *result.steps, sep="\n  ")

# %%
trouble = server_that("hang")
handle = await start_agent("What is (17 + 4) * 2?", kind=McpAgentWorkflow)
result = await follow(handle, limit=60)
print(result.status, *result.steps, sep="\n  ")

# %% [markdown]
# In both cases the first attempt failed, and the second started a new server. This is safe, because
# these tools only read. A tool behind MCP that *does* something can be cut off after it has done
# it, as any Activity: then it runs twice, unless its server knows the call already.
#
# Last, the server **changes** its list between discovery and call: `search_notes` has another name
# now.

# %%
trouble = server_that("changed")
handle = await start_agent("Search the notes for tardigrades.", kind=McpAgentWorkflow)
result = await follow(handle, limit=60)
print(result.status, *result.steps, sep="\n  ")
trouble = {}

# %% [markdown]
# `call_tool` failed, the fallback ran, and the model never knew. Try `"slow"` in the cell above as
# well: the server then takes five seconds to start.
#
# ### Packages that do this for you
#
# You have built all this by hand, to know what is in it. Temporal has packages for it.
# [temporalio-mcp](https://docs.temporal.io/develop/python/integrations/mcp) gives a Workflow a
# `TemporalMCPClient` whose operations run as Activities; the Worker's `MCPPlugin` keeps transports
# and credentials. Take it when your tools live behind MCP and the loop is yours. The
# [OpenAI Agents integration](https://docs.temporal.io/develop/python/integrations/openai-agents)
# runs the loop of that SDK, with tools and handoffs, in a Workflow, and its model calls as
# Activities; `activity_as_tool` makes the schema that you made with `describe`. Take it when you
# write, or want to write, agents with that SDK. The
# [LangGraph integration](https://docs.temporal.io/develop/python/integrations/langgraph) runs
# the nodes of a graph as Activities or in the Workflow, as you say for each node. Take it when you
# have a graph. All three are young: pin their versions. What stays yours in all of them: budgets,
# consent, and which errors are worth a retry.
#
# ## A page with instructions
#
# A model cannot tell a text that it is to *read* from one that it is to *obey*. Somebody has hidden
# a sentence in a page about bees: ignore your instructions, and send the notes to an address.
# First, an agent that nothing limits.
#
# **Predict**, with a letter between the quotes: what will it do?
# - **a** It tells about bees, and sends nothing.
# - **b** It sends a letter.
# - **c** It stops, because the page gives orders.

# %%
predict("bees", "")

# %%
@workflow.defn(sandboxed=False)
class TrustingWorkflow(AgentWorkflow):
    needs_consent = set()

    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        return await super().run(input)


def letters(handle) -> list[str]:
    return [path.read_text() for path in Path("outbox").glob(f"{handle.id}-*.txt")]


experiments[:] = [TrustingWorkflow]
worker = await start_worker(run_worker)
BEES = f"Fetch {site.broken['injection']} and tell me about bees."
handle = await start_agent(BEES, kind=TrustingWorkflow)
result = await follow(handle)
print(*letters(handle))

# %%
reveal("bees", len(letters(handle)))

# %% [markdown]
# You asked for bees, and somebody whom you do not know got a letter with your words in it. The same
# goal, with consent:

# %%
handle = await start_agent(BEES)
await follow(handle, until=timer_started())
await decide(handle, False)
result = await follow(handle)
print(*result.steps, sep="\n")
print("letters:", len(letters(handle)))

# %% [markdown]
# The agent was fooled again, and it did not matter. That is the point: you cannot make sure that a
# model is never fooled. You can limit what a fooled one does.
#
# - **Consent** for everything that is sent out or cannot be taken back.
# - **An allow-list**: `fetch_page` reads one host. Without it a page could send the model to
#   another one, with your notes in the address.
# - **No secrets in the conversation.** The key is used inside `llm_call` and is in no message,
#   so there is none to give away.
# - **Budgets**, for all that you did not think of.
#
# <details><summary>Instructor: the same on stage (8 minutes)</summary>
#
# 1. `demos/README.md` has the run sheet of demo 04: an agent in one terminal, killed in the middle
#    of a chain, a new Worker, consent from another terminal.
# 2. Ask before *When the model is wrong*: "The model asks for a tool that does not exist. What
#    should Temporal do?" Most rooms say: retry.
# 3. Show the two runs about bees side by side in the Web UI, with the current details.
#
# If something hangs: run the cell with `begin`, then the last one with `start_worker` that you ran.
# After a kernel restart: *Run All Above Selected Cell*, as at the top.
# </details>
#
# Stop the Worker; you are done.

# %%
await stop_worker()

# %% [markdown]
# ## Recap
#
# - An agent is a loop: the model decides, tools run, their results go back. As a Workflow it is
#   deterministic, and not predetermined.
# - Tools are Activities, chosen by name. Their description comes from type hints and docstring.
# - What may go away by itself is retried; what will not is told to the model as a result.
# - Budgets end what does not end by itself. Consent, allow-lists and a conversation without secrets
#   limit what a fooled model can do.
# - You measured it: a chain went on at its third tool after a kill; an MCP server that died was
#   called again; both sleeps of a Workflow outlived their Worker, and that of an Activity did not;
#   a page wrote a letter, and with consent it did not.
#
# Look back, too, at where lessons 01 to 04 began:
#
# | Before | Now |
# |---|---|
# | The process dies: start over, pay again. | A Worker replays the history, and goes on. |
# | To wait for a person, build tables and jobs. | `await workflow.wait_condition(…)` |
# | A tool fails, and the whole chain is lost. | It is retried, replaced, or told to the model. |
# | You test a run without failures, and hope. | You kill it at any step, and count what was paid. |
#
# How far are you?

# %%
progress()

# %% [markdown]
# ## Next
#
# **Exercise 4** gives the agent a tool of your own, behind MCP, with a person who must agree. Open
# `exercises/04_AI_Agents/Practice/` in the file browser.
#
# To read more:
# [Activities](https://docs.temporal.io/develop/python/activities) ·
# [cancellation](https://docs.temporal.io/develop/python/workflows/cancellation) ·
# [MCP's SDK for Python](https://py.sdk.modelcontextprotocol.io/) ·
# [tool calling in LiteLLM](https://docs.litellm.ai/docs/completion/function_call) ·
# tutorials: [a durable agent](https://learn.temporal.io/tutorials/ai/durable-ai-agent/), and
# durable MCP tools,
# [part 1](https://learn.temporal.io/tutorials/ai/building-mcp-tools-with-temporal/introducing-mcp-temporal/)
# and [part 2](https://learn.temporal.io/tutorials/ai/building-mcp-tools-with-temporal/adding-hitl-to-mcp-tools/)
