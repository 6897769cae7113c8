# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Human in the Loop
#
# A model writes a draft. A person reads it, asks for changes, and in the end says yes, or never
# answers at all. In this lesson you build a Workflow that waits for people, for days, while no
# process of yours has to run.
#
# **You will be able to**
# - tell a running Workflow something (Signal), ask it something (Query), and do both with an answer
#   (Update);
# - wait for a person with a deadline, and decide what silence means;
# - name three mistakes that people make here, and prevent them;
# - let a conversation go on for as long as it likes.
#
# **Time** about 75 minutes. **Needs** lesson 02. No key, no account, no internet.
#
# Cells marked TODO are yours to finish. The cell under each checks what you wrote; take the `# `
# away from `hint` or `solution` for help.
#
# **After a kernel restart**, select the cell where you were, choose *Run*, *Run All Above Selected
# Cell*, and go on from there.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from workshop import (
    begin, budget, check, completed, failed, follow, hint, predict, progress, receipt,
    render_mermaid, reveal, solution, start_worker, stop_worker, test_server, timeline,
    timer_started, use_practice_model,
)
from workshop.errors import WorkshopError

settings = await begin("03")
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## A step that takes days
#
# The research app is popular, and now somebody must read each text before it is published. That
# is one more step between a prompt and a result. But this step is a person. It takes an hour, or
# a weekend, or does not come at all. Meanwhile your process is deployed, moved and restarted.
#
# **Two minutes with the person next to you.** You have an ordinary web app and a database. A draft
# waits for a yes. What do you have to build, so that the yes still finds its draft on Monday?
#
# <details><summary>What people usually find</summary>
#
# - A table of drafts with a column for their state, and code for each change of state.
# - An address that takes the answer, and a lock against two answers at once.
# - A job that looks every few minutes which deadline has passed.
# - Something that goes on where the draft stopped, after each restart.
#
# </details>
#
# With Temporal the waiting is one line in a Workflow. The state is in its variables, and those
# come out of the Event History.

# %%
render_mermaid(
    """
graph LR
    S["start"] --> W["llm_call<br>writes a draft"]
    W --> P{"a person decides"}
    P -->|"keep"| K["published"]
    P -->|"redo, edit"| W
    P -->|"five days of silence"| E["expired"]
""",
    alt="A draft is written, a person keeps it, asks for another one, or lets the deadline pass.",
)

# %% [markdown]
# The LLM call is the Activity that you know from lesson 02. New are two small objects: a `Draft`,
# which says how far it is, and a `Decision`: **keep**, **redo** or **edit** with instructions.

# %% include="02_Adding_Durability_with_Temporal/ask_model"

# %% name="decisions"
@dataclass
class LLMCallInput:
    prompt: str


@dataclass
class Draft:
    version: int = 0
    text: str = ""
    status: str = "writing"  # then "waiting", "published", "expired" or "unfinished"


@dataclass
class DraftInput:
    prompt: str


@dataclass
class Decision:
    choice: str  # "keep", "redo" or "edit"
    instructions: str = ""

# %% include="02_Adding_Durability_with_Temporal/llm_call"

# %% [markdown]
# ## Signals: tell a Workflow something
#
# A [Signal](https://docs.temporal.io/develop/python/message-passing) is a message to a running
# Workflow. The Temporal Service writes it into the Event History at once, whether a Worker is there
# or not, and the sender need not wait. In the Workflow a method takes it: the **Signal handler**.
# It changes the Workflow's state and returns nothing.
#
# `wait_condition` is the other half. It stops the Workflow until its condition is true. The
# condition is looked at whenever something has changed; in between no process and no thread waits.
#
# `@workflow.init` gives `__init__` the Workflow's input, so that all state is there before the
# first Signal comes. A Signal may come before `run` has begun.
#
# ### Your turn: the Signal handler
#
# In `DraftWorkflow`, make `set_decision` a Signal handler, and let it keep the decision in
# `self.decision`.

# %% exercise="set_decision"
@workflow.defn(sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.prompt = input.prompt
        self.latest_text = ""
        self.decision: Decision | None = None

    # PROMPT: # TODO: add the decorator that makes this method a Signal handler
    @workflow.signal
    def set_decision(self, decision: Decision) -> None:
        # PROMPT: ...  # TODO: keep the decision in self.decision
        self.decision = decision

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        answer = await workflow.execute_activity(
            llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
        )
        self.latest_text = answer["choices"][0]["message"]["content"]
        await workflow.wait_condition(lambda: self.decision is not None)
        return Draft(text=self.latest_text, status="published")

# %% [markdown]
# A Worker for the whole lesson. It takes `DraftWorkflow` as it is defined when the Worker starts,
# so after each change of the class we start it again. `experiments` is for Workflows that go wrong
# on purpose. The second function starts a draft.

# %%
experiments = []
queue = "drafts"


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[DraftWorkflow, *experiments],
            activities=[llm_call],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


async def start_draft(prompt, kind=None):
    return await client.start_workflow(
        (kind or DraftWorkflow).run,
        DraftInput(prompt),
        id=f"draft-{uuid.uuid4()}",
        task_queue=queue,
    )

# %%
worker = await start_worker(run_worker)

# %% [markdown]
# ### Your turn: send the Signal
#
# `keep` sends the Signal `set_decision`, with a `Decision` whose `choice` is the word `keep`. The
# handle's method for it takes two things: the Signal handler, written with its class, and the
# handler's input.

# %% exercise="send_signal"
async def keep(handle) -> None:
    await handle.signal(
        # PROMPT: ...,  # TODO: the Signal handler of DraftWorkflow
        DraftWorkflow.set_decision,
        # PROMPT: ...,  # TODO: a Decision to keep the draft
        Decision("keep"),
    )

# %% [markdown]
# Start a draft, and watch until the model has answered. Then the Workflow waits: for a person, not
# for a process. Send the Signal, and watch it end.

# %%
handle = await start_draft("Give me 3 interesting facts about dolphins")
await follow(handle, until=completed("llm_call"))
await keep(handle)
result = await follow(handle)
print(result.status)
async for event in handle.fetch_history_events():
    kind = event.WhichOneof("attributes").removesuffix("_event_attributes")
    if not kind.startswith("workflow_task"):  # Workflow Tasks: when your code ran
        print(kind)

# %% [markdown]
# Find **workflow_execution_signaled**. The Signal is an event of the history, like the answer of
# the model. A new Worker that replays this Workflow gets the same decision at the same place.
#
# ## Queries: ask a Workflow something
#
# The person has said keep. Keep what? Nobody could read the draft. A **Query** asks a Workflow for
# what it has in its variables. It changes nothing and leaves no event; a Query handler must not
# write to `self` or call Activities. It is answered by a Worker, also after the Workflow's end, for
# as long as the Temporal Service keeps the history (30 days here).
#
# ### Your turn: the Query
#
# In `DraftWorkflow`, make `get_latest_text` a Query handler that returns the text of the latest
# draft.

# %% exercise="get_latest_text"
@workflow.defn(sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.prompt = input.prompt
        self.latest_text = ""
        self.decision: Decision | None = None

    @workflow.signal
    def set_decision(self, decision: Decision) -> None:
        self.decision = decision

    # PROMPT: # TODO: add the decorator that makes this method a Query handler
    @workflow.query
    def get_latest_text(self) -> str:
        # PROMPT: return ...  # TODO: the latest text
        return self.latest_text

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        answer = await workflow.execute_activity(
            llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
        )
        self.latest_text = answer["choices"][0]["message"]["content"]
        await workflow.wait_condition(lambda: self.decision is not None)
        return Draft(text=self.latest_text, status="published")

# %%
worker = await start_worker(run_worker)

# %% [markdown]
# ### Your turn: send the Query
#
# `read` asks a running Workflow for its text.

# %% exercise="send_query"
async def read(handle) -> str:
    # PROMPT: return ...  # TODO: await the handle's query, with the Query handler of DraftWorkflow
    return await handle.query(DraftWorkflow.get_latest_text)

# %% [markdown]
# Read a draft, then keep it. The cell also counts the events before and after a second Query.

# %%
handle = await start_draft("Give me 5 fascinating facts about tardigrades")
await follow(handle, until=completed("llm_call"))
print(await read(handle))
before = (await handle.describe()).history_length
await read(handle)
print("events before:", before, " after:", (await handle.describe()).history_length)
await keep(handle)
print((await follow(handle)).status)

# %% [markdown]
# This is how a web page shows *one* draft: from the Workflow's own variable, and the number of
# events stays the same. For a list of drafts ask the Temporal Service, which needs no Worker:
# `client.list_workflows`, with a [Search Attribute](https://docs.temporal.io/search-attribute) for
# their status. The [Web UI](https://docs.temporal.io/web-ui) is for you, not for the reader: it
# shows all Workflows and their events, and can signal, cancel or terminate one.
#
# ## Rounds: redo, edit, keep
#
# A real reader says: "make it a poem". The Workflow writes again, and waits again. That is a loop.
# The whole conversation is the state of one object, and comes back by replay, as in lesson 02.
#
# ### Your turn: the loop
#
# Finish `DraftWorkflow`. After each draft it waits for a decision, then:
# - it takes the decision out of `self.decision` and puts `None` there, or the next round would not
#   wait;
# - **keep** returns the draft as published;
# - **edit** makes the next prompt: the instructions, a colon, an empty line (which is two line
#   breaks, `\n\n`), and the text of the latest draft. **redo** asks with the last prompt again;
# - after ten rounds it stops, because each round costs money.

# %% exercise="rounds"
@workflow.defn(sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.prompt = input.prompt
        self.latest_text = ""
        self.decision: Decision | None = None

    @workflow.signal
    def set_decision(self, decision: Decision) -> None:
        self.decision = decision

    @workflow.query
    def get_latest_text(self) -> str:
        return self.latest_text

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        # PROMPT: for round in ...:  # TODO: ten rounds at most
        for round in range(10):
            answer = await workflow.execute_activity(
                llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
            )
            self.latest_text = answer["choices"][0]["message"]["content"]
            await workflow.wait_condition(lambda: self.decision is not None)
            # PROMPT: decision = ...  # TODO: take the decision, and put None in its place
            decision, self.decision = self.decision, None
            if decision.choice == "keep":
                # PROMPT: ...  # TODO: return the Draft, with the status "published"
                return Draft(text=self.latest_text, status="published")
            if decision.choice == "edit":
                # PROMPT: self.prompt = ...  # TODO: the instructions, ":", an empty line, the text
                self.prompt = f"{decision.instructions}:\n\n{self.latest_text}"
        return Draft(text=self.latest_text, status="unfinished")

# %% [markdown]
# Ask for a poem, wait for the second answer, and read it by Query.

# %%
worker = await start_worker(run_worker)
handle = await start_draft("Give me 3 interesting facts about dolphins")
await follow(handle, until=completed("llm_call"))
await handle.signal(DraftWorkflow.set_decision, Decision("edit", "Turn this into a poem"))
await follow(handle, until=completed("llm_call", times=2))
print(await read(handle))

# %% [markdown]
# ### Nobody is there
#
# It is Friday evening. Stop the Worker: from now on nothing of your code runs anywhere. Then the
# reader decides. What happens to the decision?

# %%
await stop_worker()
await keep(handle)
kinds = [event.WhichOneof("attributes") async for event in handle.fetch_history_events()]
signals = kinds.count("workflow_execution_signaled_event_attributes")
print((await handle.describe()).status.name, "with", signals, "Signals in its Event History")

# %% [markdown]
# On Monday a Worker starts.

# %%
worker = await start_worker(run_worker)
print((await follow(handle)).status)
await timeline(handle)

# %% [markdown]
# Find the Signals in the picture, and the wait between them. The last Signal came while no Worker
# was there. It was kept, and the first Worker that came took it.
#
# ### A loop without a wait
#
# Here is a loop that forgets to wait: each round is a call, and nobody is asked. From here on the
# practice model answers, even if you have a key of your own. `budget` gives it one cent;
# then it answers as a provider does when a customer has no money left. Before you run it: how many
# drafts does one cent buy?

# %%
@workflow.defn(sandboxed=False)
class EagerWorkflow:
    @workflow.run
    async def run(self, input: DraftInput) -> None:
        for round in range(1000):
            await workflow.execute_activity(
                llm_call, LLMCallInput(input.prompt), start_to_close_timeout=llm_time
            )


settings = await use_practice_model()
experiments[:] = [EagerWorkflow]
worker = await start_worker(run_worker)
with budget(dollars=0.01):
    handle = await start_draft("Give me 5 fascinating facts about tardigrades", EagerWorkflow)
    await follow(handle, until=failed("llm_call"))
    await handle.terminate(reason="It spends money and asks nobody.")
receipt(handle)

# %% [markdown]
# Every answered row is money, in a few seconds, and nobody had read one draft. Temporal made the
# loop durable, mistakes included. So: wait in each round, limit the rounds, and set a limit at the
# provider as well.
#
# ## Deadlines
#
# Some people never answer. `wait_condition` takes a `timeout`, and raises `asyncio.TimeoutError`
# when it has passed. Many examples do nothing more. Let us see what happens then, after five days
# of silence.
#
# We do not wait five days. The **time-skipping test server** is a small Temporal Service that moves
# its clock forward whenever there is nothing to do but wait. The function below starts one and
# follows one Workflow on it to its end.

# %%
async def five_days_later(kind, input, *activities):
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=test_server(), data_converter=pydantic_data_converter
    ) as skipping:
        with ThreadPoolExecutor() as threads:
            async with Worker(
                skipping.client, task_queue="drafts", workflows=[kind],
                activities=[llm_call, *activities], activity_executor=threads,
            ):
                handle = await skipping.client.start_workflow(
                    kind.run, input, id=f"draft-{uuid.uuid4()}", task_queue="drafts"
                )
                async with skipping.time_skipping_unlocked():
                    return await follow(handle)

# %% [markdown]
# And the Workflow with a deadline and nothing else.

# %%
@workflow.defn(sandboxed=False)
class ForgetfulWorkflow:
    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        answer = await workflow.execute_activity(
            llm_call, LLMCallInput(input.prompt), start_to_close_timeout=llm_time
        )
        text = answer["choices"][0]["message"]["content"]
        await workflow.wait_condition(lambda: False, timeout=timedelta(days=5))
        return Draft(text=text, status="published")


try:
    await five_days_later(ForgetfulWorkflow, DraftInput("Give me 3 facts about dolphins"))
except WorkshopError as error:
    print("✗", error.saw)

# %% [markdown]
# The Workflow has **failed**. (A bug would not do that: see *When a handler raises*.) The draft,
# written and paid for, is lost. Silence is one of the answers that you planned for, so it needs its
# own result.
#
# ### Your turn: the deadline
#
# In `DraftWorkflow`, wait at most five days. When they have passed, return the draft with the
# status `expired`. Leave the line with `except` as it is: wait_condition raises
# `asyncio.TimeoutError`, and on Python 3.10 `TimeoutError` alone is another class.

# %% exercise="deadline"
@workflow.defn(sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.prompt = input.prompt
        self.latest_text = ""
        self.decision: Decision | None = None

    @workflow.signal
    def set_decision(self, decision: Decision) -> None:
        self.decision = decision

    @workflow.query
    def get_latest_text(self) -> str:
        return self.latest_text

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        for round in range(10):
            answer = await workflow.execute_activity(
                llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
            )
            self.latest_text = answer["choices"][0]["message"]["content"]
            try:
                await workflow.wait_condition(
                    lambda: self.decision is not None,
                    # PROMPT: timeout=...,  # TODO: five days
                    timeout=timedelta(days=5),
                )
            except asyncio.TimeoutError:
                # PROMPT: ...  # TODO: return the Draft, with the status "expired"
                return Draft(text=self.latest_text, status="expired")
            decision, self.decision = self.decision, None
            if decision.choice == "keep":
                return Draft(text=self.latest_text, status="published")
            if decision.choice == "edit":
                self.prompt = f"{decision.instructions}:\n\n{self.latest_text}"
        return Draft(text=self.latest_text, status="unfinished")

# %%
result = await five_days_later(DraftWorkflow, DraftInput("Give me 3 facts about dolphins"))
print(result.status, "-", result.text[:60], "…")

# %% [markdown]
# The same five days, and the draft is there, and its status says what happened to it.
#
# How long should a deadline be? Five days suit a contract that lawyers read; an hour suits a
# customer who waits in a chat. And what does silence mean: published anyway, dropped, or passed on
# to someone else? Decide it, and write it down as a result.
#
# ## The text that nobody saw
#
# Two people read the same draft. One sends *edit*. The other, who still has the first text before
# her, sends *keep* a moment later.
#
# **Predict**, with a letter between the quotes: what will be published?
# - **a** the first text, which she has read
# - **b** nothing: her *keep* comes too late
# - **c** the poem

# %%
predict("nobody_saw", "")

# %%
experiments.clear()
worker = await start_worker(run_worker)
handle = await start_draft("Give me 3 interesting facts about dolphins")
await follow(handle, until=timer_started())
seen = await read(handle)
await handle.signal(DraftWorkflow.set_decision, Decision("edit", "Turn this into a poem"))
await follow(handle, until=timer_started(times=2))
await keep(handle)
result = await follow(handle)
print("status:", result.status)
print("published is what was read:", result.text == seen)

# %%
reveal("nobody_saw", result.text == seen)

# %% [markdown]
# Published: a poem that no person has ever read. *Keep* was meant for the first text, and was taken
# for the second. What would happen to a *keep* that comes while the poem is still being written?
#
# The Signal's sender could not be told: a Signal has no answer. And the decision did not say which
# text it was about. Both can be fixed.
#
# ## Updates: tell, and get an answer
#
# An [Update](https://docs.temporal.io/develop/python/message-passing#updates) changes the Workflow
# as a Signal does, and is answered as a Query is. Before its handler runs, a **validator** looks at
# it. What the validator refuses by raising an error has never happened: the sender gets the error,
# and no Update is in the history.
#
# So a decision names the **version** of the draft that the person has read. Where Workflows with
# the old class still run, give a new field a default: a Signal that does not fit is dropped, and
# only the Worker's log says so.

# %%
@dataclass
class Decision:
    choice: str  # "keep", "redo" or "edit"
    version: int  # of the draft that the person has read
    instructions: str = ""


@dataclass
class DraftInput:
    prompt: str
    draft: Draft = field(default_factory=Draft)

# %% [markdown]
# The parts of the Workflow that are not new are in a class of their own. A second Query gives the
# whole draft, with version and status. The wait is a function; it gets more to do later.

# %% name="drafting"
class Drafting:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.prompt, self.draft = input.prompt, input.draft
        self.decision: Decision | None = None

    @workflow.query
    def get_latest_text(self) -> str:
        return self.draft.text

    @workflow.query
    def get_draft(self) -> Draft:
        return self.draft

    async def write(self) -> None:
        answer = await workflow.execute_activity(
            llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
        )
        text = answer["choices"][0]["message"]["content"]
        self.draft = Draft(self.draft.version + 1, text, "waiting")

    def ended(self, status: str) -> Draft:
        self.draft.status = status
        return self.draft


VERSIONS = 10  # no more than so many drafts: each costs a call


async def somebody_decides(decided, version: int) -> bool:
    try:
        await workflow.wait_condition(decided, timeout=timedelta(days=5))
    except asyncio.TimeoutError:
        pass
    return decided()

# %% [markdown]
# ### Your turn: the validator
#
# In `DraftWorkflow`, `check_decision` looks at a decision before `decide` takes it. It changes
# nothing; it raises `ValueError`, with words for the person, when
# - no draft is waiting: its status is not `"waiting"`;
# - the decision names another version than the one that waits;
# - a decision has been made already.
#
# The first check is there as a pattern.

# %% exercise="validator"
@workflow.defn(sandboxed=False)
class DraftWorkflow(Drafting):
    @workflow.update
    def decide(self, decision: Decision) -> str:
        self.decision = decision
        return f"{decision.choice} of version {decision.version} accepted"

    @decide.validator
    def check_decision(self, decision: Decision) -> None:
        if decision.choice not in ("keep", "redo", "edit"):
            raise ValueError(f"{decision.choice!r} is no choice: say keep, redo or edit")
        # PROMPT: ...  # TODO: no draft is waiting
        # PROMPT: ...  # TODO: another version than the one that waits
        # PROMPT: ...  # TODO: a decision has been made already
        # BEGIN SOLUTION
        if self.draft.status != "waiting":
            raise ValueError(f"nothing waits for a decision: the draft is {self.draft.status}")
        if decision.version != self.draft.version:
            raise ValueError(f"you have read {decision.version}, and {self.draft.version} waits")
        if self.decision is not None:
            raise ValueError(f"version {decision.version} is decided already")
        # END SOLUTION

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        while True:
            await self.write()
            if not await somebody_decides(lambda: self.decision is not None, self.draft.version):
                return self.ended("expired")
            decision, self.decision = self.decision, None
            if decision.choice == "keep":
                return self.ended("published")
            if self.draft.version == VERSIONS:
                return self.ended("unfinished")
            self.draft.status = "writing"
            if decision.choice == "edit":
                self.prompt = f"{decision.instructions}:\n\n{self.draft.text}"
            if workflow.info().is_continue_as_new_suggested():  # see Long conversations
                workflow.continue_as_new(DraftInput(self.prompt, self.draft))

# %% [markdown]
# `execute_update` sends an Update and waits for its answer. A refusal is an exception, so a small
# function prints what came of it. Nothing is stored before a Worker has accepted the Update.
# `rpc_timeout=` limits the wait. To send it again, use the same `id=`: if the first one
# did arrive, you get its answer, and not "decided already".

# %%
async def decide(handle, decision: Decision) -> None:
    try:
        print("✓", await handle.execute_update(DraftWorkflow.decide, decision))
    except WorkflowUpdateFailedError as error:
        print("✗ refused:", error.cause)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise  # anything else is trouble, not an answer
        print("✗", error.message)  # the Workflow has ended

# %% [markdown]
# The same accident again: an edit of version 1, and a moment later a keep of version 1.

# %%
worker = await start_worker(run_worker)
handle = await start_draft("Give me 3 interesting facts about dolphins")
await follow(handle, until=timer_started())
await decide(handle, Decision("edit", version=1, instructions="Turn this into a poem"))
await follow(handle, until=timer_started(times=2))
await decide(handle, Decision("keep", version=1))

# %% [markdown]
# The second person learns at once that there is a new text, and which one. Is the refusal in the
# Event History? Send it twice more and count.
#
# **Predict**, with a letter between the quotes: how many events will two refusals add?
# - **a** two: each refusal
# - **b** none
# - **c** four: each Update and its refusal

# %%
predict("refused", "")

# %%
before = (await handle.describe()).history_length
for _ in range(2):
    await decide(handle, Decision("keep", version=1))
after = (await handle.describe()).history_length
print("events before:", before, " after:", after)

# %%
reveal("refused", after - before)

# %% [markdown]
# No event: nobody can fill your history with nonsense. (An Update that has to wait more than ten
# seconds for its Worker leaves five Workflow Task events.) Now read version 2, and keep that one.

# %%
draft = await handle.query(DraftWorkflow.get_draft)
print(draft.text)
await decide(handle, Decision("keep", draft.version))
result = await follow(handle)
print(result.status, "version", result.version, "- is what was read:", result.text == draft.text)

# %%
await timeline(handle)

# %% [markdown]
# When do you take which? A **Signal** is stored at once and asks for no Worker: good for news that
# cannot be wrong. An **Update** needs a Worker to answer, and is worth it where a decision can be
# refused. A **Query** only reads. Temporal Cloud
# [bills](https://docs.temporal.io/cloud/actions) each of them, and refused Updates too.
#
# ### When a handler raises
#
# A validator refuses by raising `ValueError`. Here the *handler* does the same.
#
# **Predict**, with a letter between the quotes: what will happen?
# - **a** The Workflow is Running, and the sender waits.
# - **b** The Workflow is Running, and the sender gets the error.
# - **c** The Workflow is Failed, and the sender gets the error.

# %%
predict("handler_raises", "")

# %%
@workflow.defn(sandboxed=False)
class ClumsyWorkflow:
    @workflow.update
    def decide(self, choice: str) -> str:
        if choice == "delete":
            raise ValueError("nothing is deleted here")
        return choice

    @workflow.run
    async def run(self, input: DraftInput) -> None:
        await workflow.wait_condition(lambda: False)


experiments[:] = [ClumsyWorkflow]
worker = await start_worker(run_worker)
handle = await start_draft("Give me 3 facts about bees", ClumsyWorkflow)
answer = asyncio.create_task(handle.execute_update(ClumsyWorkflow.decide, "delete"))
try:
    await follow(handle)
except WorkshopError as error:
    print("✗", error.saw)
status, answered = (await handle.describe()).status.name, answer.done()
print(status, "- has the sender an answer?", answered)
answer.cancel()
await asyncio.gather(answer, return_exceptions=True)
await handle.terminate(reason="This Update would be tried for ever.")

# %%
reveal("handler_raises", (status, answered))

# %% [markdown]
# The Workflow has not failed, and the sender waits. An ordinary exception in Workflow code, in
# `run` too, is a bug to Temporal. It fails the **Workflow Task**: the work of a Worker up to the
# next wait. That is tried again and again. Correct the code, start a Worker with it, and the
# Workflow goes on and answers. Until then nothing ends, so watch for failed Workflow Tasks.
#
# What fails a *Workflow* are Temporal's own errors, such as `ApplicationError` and `ActivityError`,
# and `asyncio.TimeoutError`. A handler that says no raises `ApplicationError`: the sender gets it.
#
# ## A ladder of deadlines
#
# Five days of silence and then *expired* is hard for everyone. Better: **remind** the reader after
# three days, **escalate** to someone else after four, **expire** after five. A notice is seen
# outside, so it is an Activity. Here it writes a text file into the folder `outbox`, under a name
# that is the same on a retry, so that nobody is reminded twice.

# %%
@dataclass
class Notice:
    to: str
    version: int


@activity.defn
def notify(notice: Notice) -> str:
    name = f"{activity.info().workflow_id}-{notice.version}-{notice.to}.txt"
    Path("outbox").mkdir(exist_ok=True)
    told = f"To the {notice.to}: version {notice.version} waits for you.\n"
    Path("outbox", name).write_text(told)
    return name

# %% [markdown]
# The ladder is a loop over waits. `DraftWorkflow` calls `somebody_decides` already; drafts that
# start from now on get the new one. `start_activity` asks for a notice and does not wait for it: a
# mail server that is down must not delay a decision. (A notice that has not been written when the
# Workflow ends is dropped.) The last line looks once more: a decision that came in the last moment
# was accepted, so it counts.

# %%
LADDER = (
    (timedelta(days=3), "reviewer"),
    (timedelta(days=1), "manager"),
    (timedelta(days=1), ""),
)


async def somebody_decides(decided, version: int) -> bool:
    for wait, person in LADDER:
        try:
            await workflow.wait_condition(decided, timeout=wait)
            return True
        except asyncio.TimeoutError:
            if person:
                workflow.start_activity(
                    notify, Notice(person, version), start_to_close_timeout=timedelta(seconds=10)
                )
    return decided()

# %%
result = await five_days_later(DraftWorkflow, DraftInput("Give me 3 facts about dolphins"), notify)
print(result.status)
newest = sorted(Path("outbox").glob("draft-*.txt"), key=lambda path: path.stat().st_mtime)[-2:]
print(*[letter.read_text() for letter in newest], sep="", end="")

# %% [markdown]
# Two notices, then the end, and five days took no time. Test your own Workflows in the same way.
#
# And a draft that waits *already*? A replay compares which steps come, not what is in them. So the
# new code takes the timer of five days for its first one: the reviewer is reminded on day five, and
# the draft expires on day seven. No error says so. Put such a change behind
# [`workflow.patched`](https://docs.temporal.io/develop/python/workflows/versioning), or let
# [Worker Versioning](https://docs.temporal.io/production-deployment/worker-deployments/worker-versioning)
# keep old runs on old code.
#
# ## The person on another machine
#
# Decisions do not come from notebooks. The Worker learns of `notify`, and polls its own Task Queue
# from here on: Workers with an older `DraftWorkflow` must not take these drafts. Then a draft
# starts, and its id is printed. With that id, anyone who reaches the Temporal Service can decide.
# So let only your app reach it, with TLS and a key. And let the Update say who decides: your app
# knows who has signed in.

# %%
queue = "reviews"


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[DraftWorkflow],
            activities=[llm_call, notify],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


worker = await start_worker(run_worker)

# %%
handle = await start_draft("Give me 3 facts about sustainable energy")
await follow(handle, until=timer_started())
print("python demos/module_one_03_human_in_the_loop/decide.py", handle.id)

# %% [markdown]
# **This crash is yours.** Open a terminal in the workshop's folder (in JupyterLab: *File*, *New*,
# *Terminal*), and type `. .venv/bin/activate`. Copy the line that the cell has printed. Restart
# this kernel (menu *Kernel*, *Restart Kernel…*, *Restart*): the Worker is gone. Paste the line into
# the terminal. The program says that no Worker answers, and keeps asking. Now select the cell with
# `elsewhere`, and choose *Run*, *Run All Above Selected Cell*. When the last Worker polls, the
# program shows the draft, and you decide. Nothing is lost. The cells above have also started
# another draft: the next cell decides about that one.
#
# The same in a browser: `python -m workshop review` in a terminal serves a page on this machine
# with all drafts that wait. It has no database. What it shows are Queries, and its buttons are
# Updates. Try to decide the same version in two windows.
#
# Here we decide from this notebook, as if we were that other machine: by the id alone, with
# another Client.

# %%
elsewhere = await Client.connect(**ClientConfig.load_client_connect_config())
same = elsewhere.get_workflow_handle_for(DraftWorkflow.run, handle.id)
draft = await same.query(DraftWorkflow.get_draft)
await decide(same, Decision("keep", draft.version))
print((await follow(handle)).status)

# %% [markdown]
# ## Long conversations
#
# Each round adds to the Event History, and a Worker that takes over must replay all of it. How
# much is a round? Let us count events and bytes over four edits.

# %%
handle = await start_draft("Give me 5 fascinating facts about tardigrades")
for version in range(1, 5):
    await follow(handle, until=timer_started(times=version))
    told = await handle.describe()
    size = told.raw_description.workflow_execution_info.history_size_bytes
    print(f"version {version}: {told.history_length} events, about {size / 1000:.0f} kB")
    await decide(handle, Decision("edit", version, "Make it shorter"))
await handle.terminate(reason="counted")

# %% [markdown]
# Unless it is set otherwise, the Temporal Service
# [ends a Workflow](https://docs.temporal.io/workflow-execution/limits) whose history has 51,200
# events or 50 MB, and suggests a new start long before: at 4,096 events. The answer is
# [Continue-As-New](https://docs.temporal.io/develop/python/continue-as-new): the Workflow ends this
# run and starts the next one under the same id, with an empty history and an input that holds all
# it needs. Here that is the prompt and the draft. `DraftWorkflow` does so when the SDK suggests it.
#
# To see it with six rounds, we start a small Temporal Service that suggests it after 30 events.
# `DraftWorkflow` looks at the suggestion after a decision, so a run may have a few more.

# %%
from workshop.temporal_service import find_binary


async def talk(client, rounds: int) -> Draft:
    handle = await client.start_workflow(
        DraftWorkflow.run,
        DraftInput("Give me 5 fascinating facts about tardigrades"),
        id=f"draft-{uuid.uuid4()}",
        task_queue="drafts",
    )
    runs = []
    for version in range(1, rounds + 1):
        while (await handle.query(DraftWorkflow.get_draft)).version < version:
            await asyncio.sleep(0.1)
        told = await handle.describe()
        runs += [told.run_id] if told.run_id not in runs else []
        print(f"version {version}: run {len(runs)}, {told.history_length:2} events")
        edit = Decision("edit", version, "Make it shorter")
        keep = Decision("keep", version)
        last = version == rounds
        await handle.execute_update(DraftWorkflow.decide, keep if last else edit)
    return await handle.result()


async with await WorkflowEnvironment.start_local(
    dev_server_existing_path=str(await find_binary(settings.home)),
    dev_server_extra_args=[
        "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=30", "--output", "none",
    ],
    dev_server_log_level="never",
    data_converter=pydantic_data_converter,
) as small:
    with ThreadPoolExecutor() as threads:
        async with Worker(
            small.client, task_queue="drafts", workflows=[DraftWorkflow],
            activities=[llm_call, notify], activity_executor=threads,
        ):
            result = await asyncio.wait_for(talk(small.client, rounds=6), 60)
print(result.status, "version", result.version)

# %% [markdown]
# The history grows, and then starts again from zero. The id stayed, and so did the version number
# and the text, because they were in the input of the new run. What is not carried over is gone: ask
# yourself of each variable in `self` whether the next run needs it. The new run begins right after
# a decision was carried out, so that none is lost.
#
# <details><summary>Instructor: the same on stage (8 minutes)</summary>
#
# 1. `demos/README.md` has the run sheet of demo 03: a draft in one terminal, a decision in
#    another, the Worker killed in between.
# 2. Ask before *The text that nobody saw*: "Edit and keep arrive in the same second. What should
#    happen?" Collect answers, then run the cell.
# 3. Show the review page beside the Web UI: two windows, the same version decided twice.
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
# - A **Signal** tells; it is stored at once, and nobody answers. A **Query** reads. An **Update**
#   is checked by a validator, answered, and leaves no event when it is refused.
# - A bug fails a Workflow Task, not the Workflow: correct the code, and it goes on.
# - `wait_condition` waits for days without a process. Its time-out is an answer, with its own
#   result.
# - A decision names the version that the person has read.
# - A loop that costs money waits in each round and has a limit.
# - You measured it: a Query and a refused Update added no event; a loop without a wait spent a cent
#   in seconds; a Signal was kept while no Worker ran; five days passed in no time.
#
# How far are you?

# %%
progress()

# %% [markdown]
# ## Next
#
# **Exercise 3** makes an approval safe: if nobody answers in 24 hours, the draft is not lost, and
# nobody decides twice. Open `exercises/03_Human_in_the_Loop/Practice/` in the file browser.
#
# To read more:
# [messages to Workflows](https://docs.temporal.io/develop/python/message-passing) ·
# [timers](https://docs.temporal.io/develop/python/timers) ·
# [tests that skip time](https://docs.temporal.io/develop/python/testing-suite) ·
# [Continue-As-New](https://docs.temporal.io/develop/python/continue-as-new) ·
# [a tutorial with a person in the loop](https://learn.temporal.io/tutorials/ai/building-durable-ai-applications/human-in-the-loop/)
