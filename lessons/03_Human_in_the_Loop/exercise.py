# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercise 3: an approval that loses nothing
#
# A text is written, and one person may say yes or no, within 24 hours. The Workflow below does it
# as many examples do. It works in a demo. You find out what it does to a person who says nothing,
# and to two who answer at once; then you make it safe.
#
# **You will practise** a wait with a deadline, results for every end, and an Update with a
# validator.
#
# **Time** about 25 minutes. **Needs** lesson 03. Under each task is a cell that checks what you
# wrote, with `hint` and `solution` to uncomment; the `Solution` folder beside this one holds every
# answer.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from workshop import (
    begin, check, follow, hint, mark, progress, receipt, solution, start_worker, started,
    stop_worker, test_server, timeline, timer_started, use_practice_model,
)
from workshop.errors import WorkshopError
from workshop.practice_model.faults import slow

settings = await begin("03")
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## What is there already
#
# The function that asks the model, its Activity, and two small objects: what goes into the
# Workflow, and what comes out.

# %% include="02_Adding_Durability_with_Temporal/ask_model"

# %%
@dataclass
class LLMCallInput:
    prompt: str


@dataclass
class ApprovalInput:
    draft_prompt: str


@dataclass
class ApprovalResult:
    status: str  # "approved", "rejected" or "expired"
    draft: str

# %% include="02_Adding_Durability_with_Temporal/llm_call"

# %% [markdown]
# The approval as it is often written: a Signal says yes or no, and the Workflow waits for it for
# 24 hours.

# %%
@workflow.defn(sandboxed=False)
class ApprovalWorkflow:
    @workflow.init
    def __init__(self, input: ApprovalInput) -> None:
        self.approved: bool | None = None

    @workflow.signal
    def approve(self, decision: bool) -> None:
        self.approved = decision

    @workflow.run
    async def run(self, input: ApprovalInput) -> ApprovalResult:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.draft_prompt),
            start_to_close_timeout=llm_time,
        )
        draft = answer["choices"][0]["message"]["content"]
        await workflow.wait_condition(
            lambda: self.approved is not None, timeout=timedelta(hours=24)
        )
        return ApprovalResult("approved" if self.approved else "rejected", draft)

# %% [markdown]
# Two helpers: a Worker on the Task Queue `approvals`, and a function that runs an approval on the
# time-skipping server, where nobody ever answers.

# %%
async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="approvals",
            workflows=[ApprovalWorkflow],
            activities=[llm_call],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


async def nobody_answers() -> ApprovalResult:
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=test_server(), data_converter=pydantic_data_converter
    ) as skipping:
        with ThreadPoolExecutor() as threads:
            async with Worker(
                skipping.client, task_queue="approvals", workflows=[ApprovalWorkflow],
                activities=[llm_call], activity_executor=threads,
            ):
                handle = await skipping.client.start_workflow(
                    ApprovalWorkflow.run,
                    ApprovalInput("Give me 3 facts about bees"),
                    id=f"approval-{uuid.uuid4()}",
                    task_queue="approvals",
                )
                async with skipping.time_skipping_unlocked():
                    return await follow(handle)

# %% [markdown]
# First silence. What does the caller get, and where is the draft that was paid for?

# %%
before = mark()
try:
    print(await nobody_answers())
except WorkshopError as error:
    print("✗", error.saw)
receipt(before)

# %% [markdown]
# Then two answers. While the Worker is being restarted, one person says yes, and another no.

# %%
worker = await start_worker(run_worker)
handle = await client.start_workflow(
    ApprovalWorkflow.run,
    ApprovalInput("Give me 3 facts about bees"),
    id=f"approval-{uuid.uuid4()}",
    task_queue="approvals",
)
await follow(handle, until=timer_started())
await stop_worker()
await handle.signal(ApprovalWorkflow.approve, True)
await handle.signal(ApprovalWorkflow.approve, False)
worker = await start_worker(run_worker)
print((await follow(handle)).status)

# %% [markdown]
# The first said yes, and the text is rejected. Nobody told either of them.
#
# ## Task 1: every end has a result
#
# Change `run` of `ApprovalWorkflow`: after 24 hours of silence, return an `ApprovalResult` with the
# status `expired` and the draft. The other two ends stay as they are.

# %% exercise="approval_ends"
@workflow.defn(sandboxed=False)
class ApprovalWorkflow:
    @workflow.init
    def __init__(self, input: ApprovalInput) -> None:
        self.approved: bool | None = None

    @workflow.signal
    def approve(self, decision: bool) -> None:
        self.approved = decision

    @workflow.run
    async def run(self, input: ApprovalInput) -> ApprovalResult:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.draft_prompt),
            start_to_close_timeout=llm_time,
        )
        draft = answer["choices"][0]["message"]["content"]
        # PROMPT: # TODO: catch the time-out of this wait, and return the draft as expired
        # PROMPT: await workflow.wait_condition(
        # PROMPT:     lambda: self.approved is not None, timeout=timedelta(hours=24)
        # PROMPT: )
        # BEGIN SOLUTION
        try:
            await workflow.wait_condition(
                lambda: self.approved is not None, timeout=timedelta(hours=24)
            )
        except asyncio.TimeoutError:
            return ApprovalResult("expired", draft)
        # END SOLUTION
        return ApprovalResult("approved" if self.approved else "rejected", draft)

# %%
result = await nobody_answers()
print(result.status, "-", result.draft[:60], "…")

# %% [markdown]
# ## Task 2: one decision, and an answer to it
#
# Two changes in `ApprovalWorkflow`:
# - `approve` is a Signal handler. Make it an Update handler. Its body stays as it is: the person
#   who decides gets the text that it returns.
# - Make `check_approval` the validator of `approve`. It raises `ValueError`, with the reason in
#   words, in each of two cases: there is no draft yet (`self.draft` is an empty text until then);
#   or somebody has decided already, even if the new decision is the same.

# %% exercise="one_decision"
@workflow.defn(sandboxed=False)
class ApprovalWorkflow:
    @workflow.init
    def __init__(self, input: ApprovalInput) -> None:
        self.approved: bool | None = None
        self.draft = ""

    # PROMPT: @workflow.signal  # TODO: an Update instead of a Signal
    @workflow.update
    def approve(self, decision: bool) -> str:
        self.approved = decision
        return "approved" if decision else "rejected"

    # PROMPT: # TODO: add the decorator that makes this method the validator of approve
    @approve.validator
    def check_approval(self, decision: bool) -> None:
        # PROMPT: ...  # TODO: refuse when no draft is there, and when it is decided already
        # BEGIN SOLUTION
        if not self.draft:
            raise ValueError("no draft is there yet")
        if self.approved is not None:
            raise ValueError("somebody has decided already")
        # END SOLUTION

    @workflow.run
    async def run(self, input: ApprovalInput) -> ApprovalResult:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.draft_prompt),
            start_to_close_timeout=llm_time,
        )
        self.draft = answer["choices"][0]["message"]["content"]
        try:
            await workflow.wait_condition(
                lambda: self.approved is not None, timeout=timedelta(hours=24)
            )
        except asyncio.TimeoutError:
            if self.approved is None:
                return ApprovalResult("expired", self.draft)
        return ApprovalResult("approved" if self.approved else "rejected", self.draft)

# %% [markdown]
# Look at the line after `except`: a decision that was accepted in the last moment counts.
#
# ## Task 3: send a decision
#
# Write `decide`: it sends the Update and returns its answer. When the validator refuses, it returns
# the reason, which is the error's `cause`, as a text. That text may begin with the name of the
# error's class, or not: both are right. The last lines are for an approval that has ended: then no
# Workflow runs that could answer, and the Temporal Service says so itself.

# %% exercise="send_approval"
async def decide(handle, decision: bool) -> str:
    try:
        # PROMPT: return ...  # TODO: execute the Update `approve` with the decision
        return await handle.execute_update(ApprovalWorkflow.approve, decision)
    except WorkflowUpdateFailedError as error:
        # PROMPT: return ...  # TODO: the error's cause, as text
        return str(error.cause)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return error.message

# %% [markdown]
# Start an approval with a slow model, and decide before there is a draft. Then wait for the draft,
# and decide twice. From here on the practice model answers, even if you have a key of your own.

# %%
settings = await use_practice_model()
worker = await start_worker(run_worker)
with slow(seconds=3):
    handle = await client.start_workflow(
        ApprovalWorkflow.run,
        ApprovalInput("Give me 3 facts about bees"),
        id=f"approval-{uuid.uuid4()}",
        task_queue="approvals",
    )
    await follow(handle, until=started("llm_call"))
    print("too early:", await decide(handle, True))
    await follow(handle, until=timer_started())

# %%
print("yes:", await decide(handle, True))
print("no: ", await decide(handle, False))
print((await follow(handle)).status)
await timeline(handle)

# %% [markdown]
# The first decision counts, and a person who came too early or too late was told so. The picture
# shows one Update: those that were refused have left nothing.
#
# And silence?

# %%
print((await nobody_answers()).status)

# %%
await stop_worker()
progress()
