# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Durable Pipelines
#
# Twenty web pages, each to be fetched, summarised and saved. One page is gone, one is closed to
# you, the model says "too many requests", and the Worker is restarted in the middle. In the end you
# have each summary exactly once, and a reason for each one that is missing.
#
# **You will be able to**
# - build a pipeline that retries errors that pass, and gives up at once on the others;
# - write each result exactly once, although a step may run twice;
# - run many sources at once, with a bound, and name what failed and why;
# - go on with a long download where it stopped, and start it all on a Schedule.
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
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import Column, MetaData, Table, Text, select
from temporalio import activity, workflow
from temporalio.client import (
    Client, Schedule, ScheduleActionStartWorkflow, ScheduleCalendarSpec, SchedulePolicy,
    ScheduleRange, ScheduleSpec,
)
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer, Worker

from workshop import (
    Switchboard, begin, check, completed, crash, failed, follow, hint, insert_into, make_tables,
    mark, open_database, open_site, predict, progress, receipt, render_mermaid, reveal, rows,
    show_bars, show_rows, solution, start_worker, stop_worker, timeline, use_practice_model, watch,
    what_happens,
)
from workshop.errors import WorkshopError
from workshop.fetching import PageRefused, read_page, read_part
from workshop.practice_model.faults import (
    quota_exhausted, rate_limited, server_error, slow, wrong_key,
)

settings = await begin("05")
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## Twenty pages
#
# The classroom serves a small site on this machine: twenty pages to read, and some that are broken
# on purpose. `read_page` fetches one with [httpx](https://www.python-httpx.org) and gives the first
# 2,000 characters of its readable text, without menus and scripts.

# %%
site = await open_site()
print(len(site.pages), "pages; the first is about", site.pages[0].topic)
print((await read_page(site.pages[0].url, hosts=[site.host]))[:200], "…")

# %% [markdown]
# Be careful when you fetch addresses that other people wrote. An address can lead into your own
# network, to a file, or to a page without end. So `read_page` is told which `hosts` it may ask, and
# what it refuses has its own name, `PageRefused`.

# %%
doubtful = ["redirect_out", "redirect_file", "endless", "binary"]
for url in ["file:///etc/hostname", *[site.broken[name] for name in doubtful]]:
    try:
        await read_page(url, hosts=[site.host], max_bytes=20_000)
    except PageRefused as error:
        print("✗", error.saw)

# %% [markdown]
# ### A loop while nothing fails
#
# The function that asks the model is that of lesson 02. Here is the pipeline as a plain loop. The
# third of its three sources is a page that is gone.

# %% include="02_Adding_Durability_with_Temporal/ask_model"

# %%
async def plain_loop(sources) -> dict:
    summaries = {}
    for topic, url in sources:
        text = await read_page(url, hosts=[site.host])
        answer = ask_model(f"Summarise this article about {topic} in 3 bullet points:\n{text}")
        summaries[topic] = answer["choices"][0]["message"]["content"]
    return summaries


before = mark()
sources = [(page.topic, page.url) for page in site.pages[:2]]
with what_happens():
    await plain_loop([*sources, ("atlantis", site.broken["missing"])])
receipt(before)

# %% [markdown]
# Two summaries were paid for, one page is missing, and you have nothing. **Two minutes with the
# person next to you.** Twenty sources, every night, nobody watching. What else goes wrong, and what
# should happen instead?
#
# <details><summary>What people usually find</summary>
#
# - One bad page must not cost the other nineteen. Who is told which one it was, and why?
# - "Too many requests" passes; a revoked key does not. The loop treats them alike.
# - Started again, the loop pays again, and saves some rows twice.
# - One after the other takes long. All at once is more than the model allows.
#
# </details>
#
# ## Five words
#
# You know them from lesson 02. A kitchen has them all:
#
# | Temporal | is | in a kitchen |
# |---|---|---|
# | **Workflow** | the plan of the steps, durable for as long as it takes | the recipe |
# | **Activity** | one step that does real work, and can be retried alone | one step of the recipe |
# | **Worker** | a process that runs your Workflow and Activity code | the cook |
# | **Temporal Service** | keeps the state, gives out tasks, retries | the head of the kitchen |
# | **Task Queue** | a named channel from the service to Workers | the rail with the tickets |
#
# A cook may go home in the middle of a dish. The ticket still hangs on the rail, what is cooked is
# cooked, and the next cook reads the recipe and goes on.

# %%
render_mermaid(
    """
graph LR
    B["ResearchBatchWorkflow<br>five sources at once"] --> R["ResearchWorkflow<br>one source"]
    R -->|"1"| F["fetch_url<br>30 s, 3 attempts"]
    R -->|"2"| L["call_llm<br>60 s, LLM_RETRY_POLICY"]
    R -->|"3"| S["save_result<br>10 s, until it is saved"]
    F --> W[("site")]
    L --> M[("model")]
    S --> D[("database")]
""",
    alt="A batch starts a Workflow for each source, which fetches, asks the model and saves.",
)

# %% [markdown]
# ## The three steps
#
# First what goes in and out. `Summary` is what we need of a model's answer, and no more.

# %% name="research_models"
@dataclass
class ResearchInput:
    topic: str
    source_url: str


@dataclass
class Summary:
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
    key: str
    new: bool  # False where an earlier attempt had saved it


@dataclass
class Research:
    topic: str
    source_url: str
    summary: str

# %% [markdown]
# Two Activities, for now without code for errors. `fetch_url` waits for the network and is
# `async`. `call_llm` uses a library that blocks, so it is an ordinary function, and runs in a
# thread. In an `async def` it would block everything else in this Worker.

# %% name="summary_of"
from litellm import completion_cost


def price(answer: ModelResponse) -> float:
    try:
        return completion_cost(answer)
    except Exception:  # LiteLLM knows no price for this model; the answer is good all the same
        return 0.0


def summary_of(answer: ModelResponse) -> Summary:
    usage = answer["usage"]
    return Summary(
        text=answer["choices"][0]["message"]["content"],
        tokens_in=usage["prompt_tokens"],
        tokens_out=usage["completion_tokens"],
        dollars=price(answer),
    )

# %%
@activity.defn
async def fetch_url(url: str) -> str:
    return await read_page(url, hosts=[site.host])


@activity.defn
def call_llm(prompt: str) -> Summary:
    return summary_of(ask_model(prompt))

# %% [markdown]
# ### A database
#
# The third step writes into a real database, through [SQLAlchemy](https://docs.sqlalchemy.org).
# Unless you say otherwise it is a SQLite file; with `DATABASE_URL` in `.env` it is your PostgreSQL,
# and no line below changes. The connection belongs to the Worker's process. It is not an input of a
# Workflow: inputs are stored for all to read, and the address may hold a password.

# %% name="research_table"
tables = MetaData()
results = Table(
    "research",
    tables,
    Column("key", Text, primary_key=True),
    Column("workflow_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("summary", Text, nullable=False),
)
engine = open_database()
make_tables(engine, tables)
print("Results go into", engine.dialect.name)

# %% [markdown]
# ### Your turn: save once
#
# An Activity may run twice: a Worker that dies after the row is written, and before Temporal has
# heard of it, leaves a step that looks undone. So the row gets a **key** that is the same at every
# attempt, and the database refuses the second one.
#
# - Finish `save_result`. Make the key from two things: the Workflow's id, and a name for this step,
#   such as the name of the Activity. `activity.info()` knows both, as `workflow_id` and
#   `activity_type`. It also knows the `attempt`, which is not the same each time. Such a key gives
#   each step of a Workflow one row, also after a Continue-As-New or a Reset. (Lesson 04's e-mail
#   has the run's id in its key: a Reset makes a new run, and sends again.) A Workflow that saves
#   several rows needs a number in it too.
# - Execute the insert, so that a key that is there already changes nothing
#   (`on_conflict_do_nothing`). `engine.begin()` makes the block one transaction.

# %% exercise="idempotent_save"
@activity.defn
def save_result(input: SaveInput) -> Saved:
    info = activity.info()
    # PROMPT: key = ...  # TODO: the same at each attempt, another for each Workflow
    key = f"{info.workflow_id}/{info.activity_type}"
    row = insert_into(engine, results).values(
        key=key,
        workflow_id=info.workflow_id,
        topic=input.topic,
        source_url=input.source_url,
        summary=input.summary,
    )
    with engine.begin() as connection:
        # PROMPT: done = connection.execute(row)  # TODO: nothing where the key is there already
        done = connection.execute(row.on_conflict_do_nothing(index_elements=["key"]))
    return Saved(key, new=done.rowcount == 1)

# %% [markdown]
# `ActivityEnvironment`, from the SDK, runs an Activity without a Worker, and lets us choose what
# `activity.info()` tells it. Here are two attempts of one step.

# %%
environment = ActivityEnvironment()
environment.info = replace(environment.info, workflow_id=f"research-{uuid.uuid4()}")
for attempt in (1, 2):
    environment.info = replace(environment.info, attempt=attempt)
    with what_happens():
        saved = environment.run(save_result, SaveInput("tardigrades", site.url, "Small animals."))
        print("attempt", attempt, "wrote a new row:", saved.new)

# %% [markdown]
# ## The plan
#
# Each step has a limit for one attempt, and a policy for the next ones. `LLM_RETRY_POLICY` is one
# that you find in many examples; we will see what it is good for. Saving is tried for as long as
# it takes, because the answer is paid for. Only a row that the database refuses, for its data or
# for a rule of the table, never fits.

# %%
LLM_RETRY_POLICY = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=10,
    non_retryable_error_types=["ValueError", "PermissionError"],
)

# %% name="plan"
SAVE_RETRY_POLICY = RetryPolicy(
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=["DataError", "IntegrityError"],
)


def in_class(policy: RetryPolicy) -> RetryPolicy:
    # Nobody here wants to wait five seconds.
    return replace(policy, initial_interval=policy.initial_interval / 5)


def question(topic: str, text: str) -> str:
    return f"Summarise this article about {topic} in 3 bullet points:\n{text}"

# %% name="research_workflow"
@workflow.defn(sandboxed=False)
class ResearchWorkflow:
    @workflow.run
    async def run(self, input: ResearchInput) -> Research:
        content = await workflow.execute_activity(
            fetch_url,
            input.source_url,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
        summary = await workflow.execute_activity(
            call_llm,
            question(input.topic, content),
            start_to_close_timeout=2 * llm_time,
            retry_policy=in_class(LLM_RETRY_POLICY),
        )
        await workflow.execute_activity(
            save_result,
            SaveInput(input.topic, input.source_url, summary.text),
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=SAVE_RETRY_POLICY,
        )
        return Research(input.topic, input.source_url, summary.text)

# %% [markdown]
# The Worker polls the Task Queue `research-queue`. `more_workflows` and `more_activities` are for
# what comes later. `trigger_research` is what another program would call: start, wait, result.

# %%
more_workflows, more_activities = [], []


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="research-queue",
            workflows=[ResearchWorkflow, *more_workflows],
            activities=[fetch_url, call_llm, save_result, *more_activities],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


async def start_research(topic: str, url: str):
    return await client.start_workflow(
        ResearchWorkflow.run,
        ResearchInput(topic=topic, source_url=url),
        id=f"research-{uuid.uuid4()}",
        task_queue="research-queue",
    )


async def trigger_research(topic: str, url: str) -> Research:
    return await follow(await start_research(topic, url))

# %%
worker = await start_worker(run_worker)
research = await trigger_research(site.pages[0].topic, site.pages[0].url)
print(research.summary)

# %% [markdown]
# Three steps, each at its first attempt. And the row? Every row knows the Workflow that wrote it.

# %%
def saved_by(workflow_id: str) -> list[dict]:
    mine = results.c.workflow_id
    found = select(results).where(mine.startswith(workflow_id)).order_by(results.c.topic)
    return rows(engine, found)


handle = await start_research(site.pages[1].topic, site.pages[1].url)
await follow(handle)
show_rows(saved_by(handle.id), columns=["topic", "source_url", "summary"])

# %% [markdown]
# ### Only what you need
#
# `call_llm` could return the model's whole answer, as in lesson 02. Both work. Here is one Workflow
# that does both, and a look at what each result takes in the Event History.

# %%
@activity.defn
def call_llm_whole(prompt: str) -> ModelResponse:
    return ask_model(prompt)


@workflow.defn(sandboxed=False)
class MeasureWorkflow:
    @workflow.run
    async def run(self, prompt: str) -> None:
        for step in (call_llm_whole, call_llm):
            await workflow.execute_activity(
                step, prompt, start_to_close_timeout=llm_time
            )


more_workflows[:], more_activities[:] = [MeasureWorkflow], [call_llm_whole]
worker = await start_worker(run_worker)
handle = await client.start_workflow(
    MeasureWorkflow.run,
    "Give me 5 fascinating facts about tardigrades",
    id=f"research-{uuid.uuid4()}",
    task_queue="research-queue",
)
await follow(handle)
sizes = []
async for event in handle.fetch_history_events():
    if event.HasField("activity_task_completed_event_attributes"):
        kept = event.activity_task_completed_event_attributes.result
        sizes.append(sum(len(payload.data) for payload in kept.payloads))
print(f"ModelResponse: {sizes[0]:,} bytes   Summary: {sizes[1]:,} bytes")

# %% [markdown]
# The text is the same in both. The rest is the provider's book-keeping, and it is stored, sent to
# each Worker that replays, and kept for as long as the history is. And a result of more than 2 MB
# is refused: the call is made, and paid, again and again. Return what the next step needs.
#
# ### Why the model's call is an Activity
#
# Three reasons, and you can watch each. An Activity is **retried alone**. Its result is **kept**,
# so that a restart does not pay again. And a Workflow's code must be **deterministic**, which a
# model is not. Here is a Workflow that breaks the rule and asks the model itself. It runs once;
# then it is replayed, as after any restart of a Worker. A Workflow's code may not block for more
# than two seconds, and most models take longer. So from here on the practice model answers, even
# if you have a key of your own.
#
# **Predict**, with a letter between the quotes: how many calls will be paid?
# - **a** one: a replay calls no model
# - **b** two
# - **c** three

# %%
predict("careless", "")

# %%
settings = await use_practice_model()


@workflow.defn(sandboxed=False)
class CarelessWorkflow:
    @workflow.run
    async def run(self, prompt: str) -> str:
        return summary_of(ask_model(prompt)).text


more_workflows[:], more_activities[:] = [CarelessWorkflow], []
worker = await start_worker(run_worker)
before = mark()
handle = await client.start_workflow(
    CarelessWorkflow.run,
    "Give me one fact about bees",
    id=f"research-{uuid.uuid4()}",
    task_queue="research-queue",
)
await follow(handle)
replayer = Replayer(workflows=[CarelessWorkflow], data_converter=pydantic_data_converter)
await replayer.replay_workflow(await handle.fetch_history())
receipt(before)

# %%
reveal("careless", receipt(before).answered)

# %% [markdown]
# Two calls, two payments, for a Workflow that ran once. Calls to a model, requests, database writes
# and files belong into Activities, always.
#
# ## Written once
#
# Does the key work? `crash("commit")` runs the same pipeline from files
# (`demos/module_one_05_durable_pipelines/`), and kills its Worker with SIGKILL after the row is
# committed and before Temporal knows. A new Worker runs the step again. How many rows will there
# be?

# %%
commit = await crash("commit")
commit

# %% [markdown]
# The step ran twice, and there is one row. Now the same with a new key at each
# attempt, as `uuid4()` makes it. How many rows?

# %%
keyless = await crash("keyless")
keyless

# %% [markdown]
# Temporal promises **at least once** for an Activity. *Exactly once* is what you make of it, with a
# key that is the same each time and a database that refuses a second row. The same works for
# payments and e-mails, where the other side takes an
# [idempotency key](https://docs.temporal.io/activity-definition#idempotency).
#
# ## What a retry can fix
#
# Now break it.
#
# `LLM_RETRY_POLICY` names `ValueError` and `PermissionError`, and its authors say that
# authentication errors will therefore not be retried. The key has been revoked.
#
# **Predict**, with a letter between the quotes: what will happen?
# - **a** One attempt fails, and then the Workflow.
# - **b** The Workflow fails before the first attempt.
# - **c** The step is tried again and again.

# %%
predict("revoked_key", "")

# %%
with wrong_key():
    handle = await start_research(site.pages[2].topic, site.pages[2].url)
    await follow(handle, until=failed("call_llm", times=3))
    await handle.terminate(reason="A wrong key stays wrong.")
receipt(handle)

# %%
reveal("revoked_key", receipt(handle).received > 1)

# %% [markdown]
# It **is** retried, and would be nine times: the first attempt is one of the ten. LiteLLM's error
# is called `AuthenticationError`. The policy compares that name with its list, letter by letter.
# That a Python class may be a child of another does not count. So a list needs the exact names,
# those of children as well:
#
# | LiteLLM's error | status | says |
# |---|---|---|
# | `AuthenticationError` | 401 | nobody knows this key |
# | `BadRequestError` | 400 | the request makes no sense |
# | `ContentPolicyViolationError` | 400 | the provider does not answer such a question |
# | `ContextWindowExceededError` | 400 | the prompt is longer than the model can read |
# | `InternalServerError` | 500 | trouble at the provider, or no connection |
# | `NotFoundError` | 404 | there is no such model |
# | `PermissionDeniedError` | 403 | this key may not do that |
# | `RateLimitError` | 429 | too many requests, for now |
# | `ServiceUnavailableError` | 503 | too busy, for now |
# | `Timeout` | 408 | no answer in time |
# | `UnprocessableEntityError` | 422 | a value in the request cannot be used |
#
# ### Your turn: the policy
#
# Write `LLM_RETRY_POLICY`. The first wait is **5 seconds**, doubled each time, and never longer
# than **2 minutes**; ten attempts in all. Which of the eleven errors are the same the next time,
# however long you wait? List them, and only them.

# %% exercise="llm_retry_policy"
LLM_RETRY_POLICY = RetryPolicy(
    # PROMPT: initial_interval=...,  # TODO: 5 seconds
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=2.0,
    # PROMPT: maximum_interval=...,  # TODO: 2 minutes
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=10,
    # PROMPT: non_retryable_error_types=["ValueError", "PermissionError"],  # TODO: the right names
    # BEGIN SOLUTION
    non_retryable_error_types=[
        "AuthenticationError",
        "BadRequestError",
        "ContentPolicyViolationError",
        "ContextWindowExceededError",
        "NotFoundError",
        "PermissionDeniedError",
        "UnprocessableEntityError",
    ],
    # END SOLUTION
)

# %% [markdown]
# The same revoked key. The Workflow takes the policy when it asks for the step, so it uses your
# list already.

# %%
with wrong_key():
    handle = await start_research(site.pages[2].topic, site.pages[2].url)
    try:
        await follow(handle)
    except WorkshopError as error:
        print("✗", error.saw)
receipt(handle)

# %% [markdown]
# One request, and the Workflow has failed with the reason in its history. Somebody can renew the
# key now, and not in half an hour.
#
# ### They say when to come back
#
# A 429 is not like the others: its header `Retry-After` says how long to wait. Twice in a row the
# provider asks for four seconds. `waits` prints how long the pipeline really waited.

# %%
def waits(handle) -> None:
    moments = [call.at for call in receipt(handle).calls]
    print("waited:", [f"{int(b - a)} s" for a, b in zip(moments, moments[1:])])


with rate_limited(times=2, retry_after=4):
    handle = await start_research(site.pages[2].topic, site.pages[2].url)
    await follow(handle)
waits(handle)

# %% [markdown]
# Asked for four seconds, it waited one, and then two. A real provider would have refused both, and
# some count what you send too early. And there is a second kind of 429, which stays however long
# you wait. Look at what comes with each:

# %%
from litellm import RateLimitError
from openai import APIError

for fault in (rate_limited(retry_after=4), quota_exhausted()):
    with fault:
        try:
            ask_model("Hello")
        except RateLimitError as error:
            told = error.litellm_response_headers.get("retry-after")
            print("Retry-After:", told, "  code:", error.body["code"])

# %% [markdown]
# The same class twice: one says *later*, the other *your account is empty*. A list of names cannot
# tell them apart. The Activity can: it raises its own `ApplicationError`, with
# `next_retry_delay` for *later*, or `non_retryable=True` for *never*.
#
# Here is how `fetch_url` does it. A page that is busy says when to come back; one that is gone is
# gone; what `read_page` refuses, it will refuse again. An error that is not named here is raised as
# it is, and retried: an error of the server, a time-out, a dropped connection.
#
# `from None` keeps the original error's traceback out of the history. An error that is raised in an
# `except` takes the one before along, and a library's traceback is long.

# %% name="fetch_url"
def retry_after(headers) -> timedelta | None:
    seconds = (headers or {}).get("retry-after") or ""
    # It may also be a date. Then None: the policy's own wait. And nobody waits for days.
    return timedelta(seconds=min(int(seconds), 3600)) if seconds.isdigit() else None


@activity.defn
async def fetch_url(url: str) -> str:
    try:
        return await read_page(url, hosts=[site.host])
    except PageRefused as error:
        raise ApplicationError(error.saw, type="PageRefused", non_retryable=True) from None
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        told = f"the page answers {status}"
        if status in (429, 503):
            wait = retry_after(error.response.headers)
            raise ApplicationError(told, type="PageBusy", next_retry_delay=wait) from None
        if status < 500:
            kind = "PageForbidden" if status in (401, 403) else "PageNotFound"
            raise ApplicationError(told, type=kind, non_retryable=True) from None
        raise

# %% [markdown]
# ### Your turn: what a 429 means
#
# Do the same in `call_llm`, for a `RateLimitError`:
# - the code is `insufficient_quota`: raise an `ApplicationError` with `type="QuotaExhausted"` that
#   is **not** retried;
# - otherwise raise an `ApplicationError` with `type="RateLimitError"` that is retried after the
#   time for which the header asks.
#
# Both types are texts, as in `fetch_url`: you need no new class.
#
# `out_of_money` and `retry_after` read the error for you. (The code is OpenAI's word. Other
# providers say it with a 402, or in a text.)
#
# The last `except` asks for the **status**, because names depend on the provider: LiteLLM makes an
# `APIError` of OpenAI's 403, and a `PermissionDeniedError` of Anthropic's. An error that no
# `except` here catches is still compared with your list of names.

# %% exercise="error_mapping"
def out_of_money(error: RateLimitError) -> bool:
    return isinstance(error.body, dict) and error.body.get("code") == "insufficient_quota"


@activity.defn
def call_llm(prompt: str) -> Summary:
    try:
        answer = ask_model(prompt)
    except RateLimitError as error:
        if out_of_money(error):
            # PROMPT: ...  # TODO: raise an ApplicationError, QuotaExhausted, that nobody retries
            # BEGIN SOLUTION
            raise ApplicationError(
                "the account is empty", type="QuotaExhausted", non_retryable=True
            ) from None
            # END SOLUTION
        wait = retry_after(error.litellm_response_headers)
        # PROMPT: ...  # TODO: raise an ApplicationError, RateLimitError, retried after `wait`
        # BEGIN SOLUTION
        raise ApplicationError(
            "too many requests", type="RateLimitError", next_retry_delay=wait
        ) from None
        # END SOLUTION
    except APIError as error:  # the parent of what LiteLLM raises
        final = error.status_code < 500 and error.status_code not in (408, 409)
        kind = type(error).__name__
        raise ApplicationError(str(error), type=kind, non_retryable=final) from None
    return summary_of(answer)

# %%
worker = await start_worker(run_worker)

# %% [markdown]
# Twice in a row the provider asks for four seconds, as before.

# %%
with rate_limited(times=2, retry_after=4):
    handle = await start_research(site.pages[2].topic, site.pages[2].url)
    await follow(handle)
waits(handle)
await timeline(handle)

# %% [markdown]
# Four seconds, and four seconds: as they asked. In the picture you see the two waits between the
# attempts. And an empty account, a page that is gone, one that is closed, and one that leads
# elsewhere?

# %%
async def reason_why(topic: str, url: str) -> None:
    try:
        await trigger_research(topic, url)
    except WorkshopError as error:
        print("✗", error.saw)


with quota_exhausted():
    await reason_why(site.pages[3].topic, site.pages[3].url)
for name in ("gone", "forbidden", "redirect_out"):
    await reason_why(name, site.broken[name])

# %% [markdown]
# Four failures, each after one attempt, each with its own reason. A page that is only busy is
# another matter: it says *503* twice, and then answers.

# %%
site.reset()
await trigger_research("a busy page", site.broken["busy"])
print("requests that the site received:", site.visits(site.broken["busy"]))

# %% [markdown]
# ### Only one should retry
#
# `ask_model` says `max_retries=0`. What does the client do if you leave that out, and the provider
# is in trouble?

# %%
def requests_of_one_call(**more) -> int:
    before = mark()
    with what_happens(), server_error():
        completion(
            model=settings.llm_model,
            api_key=settings.llm_api_key.get_secret_value(),
            api_base=settings.llm_api_base,
            messages=[{"role": "user", "content": "Give me one fact about bees"}],
            timeout=settings.llm_timeout,
            **more,
        )
    return receipt(before).received


print("as it comes:", requests_of_one_call(), "requests")
print("max_retries=0:", requests_of_one_call(max_retries=0), "request")

# %% [markdown]
# That is OpenAI's client, which LiteLLM uses for such a model. (Anthropic's makes one request.)
# Ten attempts would be thirty requests, which no history shows, and no Retry Policy bounds.
#
# `ask_model` also has a `timeout`, 20 seconds of silence unless you set `LLM_TIMEOUT`. That is
# **below** the Start-to-Close timeout of `ResearchWorkflow`, twice `llm_time`: 60 seconds. The next
# Workflow has it the wrong way round: Temporal gives up after one second, and the call goes on for
# three.

# %%
@workflow.defn(sandboxed=False)
class HastyWorkflow:
    @workflow.run
    async def run(self, prompt: str) -> Summary:
        return await workflow.execute_activity(
            call_llm, prompt, start_to_close_timeout=timedelta(seconds=1)
        )


more_workflows[:] = [HastyWorkflow]
worker = await start_worker(run_worker)
with slow(3, times=1):
    handle = await client.start_workflow(
        HastyWorkflow.run,
        "Give me one fact about bees",
        id=f"research-{uuid.uuid4()}",
        task_queue="research-queue",
    )
    await follow(handle)
    await stop_worker()  # it waits for the thread that nobody listens to
receipt(handle)

# %% [markdown]
# Look at the failed attempt: it says only that time was up. The first call went on in its thread,
# was answered, and was charged; nobody received it. With the client's limit below Temporal's, a
# call that gets no answer ends first, says why (`Timeout`), and leaves no thread behind. The
# client's limit counts silence, though: each byte that comes starts the time again.
#
# ## Predict, then run
#
# You know the pipeline now. Or do you? `Switchboard` breaks it in eight ways: the model says 429
# twice, refuses the key, answers 500, is slower than your call waits, drops the line, cannot be
# reached; the disk of the Worker is full; the page is not there. For each, say first what will
# happen: **retry** (an attempt fails, a later one succeeds), **give up** (it fails for good), or
# **paid again** (it succeeds, and an answer was charged twice).
#
# Change the words below to what you believe. Then run the cell. It takes about half a minute; the
# slow model alone takes twenty seconds.

# %%
more_workflows.clear()
worker = await start_worker(run_worker)
board = Switchboard(lambda url: start_research("this subject", url))
await board.play(
    {
        "429": "retry",
        "401": "retry",
        "500": "retry",
        "slow": "retry",
        "dropped": "retry",
        "unplugged": "retry",
        "disk full": "retry",
        "bad page": "retry",
    }
)

# %% [markdown]
# Where were you wrong? Look at the attempts, the calls and the last error of that row. Then predict
# it again, and run it alone. The score is kept, also when the kernel is restarted.

# %%
board.predict("401", "give up")
await board.run("401")
board.score()

# %% [markdown]
# *Slow* is the expensive one. No policy can help: the call gave up, and the provider did not. What
# helps is a client's `timeout` that is longer than an answer usually takes.

# %% [markdown]
# ## Twenty at once
#
# One Workflow for each source, and one that starts them all: **child Workflows**. Each child has
# its own id and its own history, fails by itself, and can be found in the Web UI. The parent sees a
# result or a `ChildWorkflowError`. Where you need none of that, Activities alone would do.
#
# When the parent ends, its children that still run are **terminated**, unless you start them with
# another [Parent Close Policy](https://docs.temporal.io/parent-close-policy). So are those of a
# cancelled batch, because `gather` gives up at the first error. With `return_exceptions=True`, as
# in exercise 5, it waits until they are cancelled. With many hundred children, start them in
# batches, and continue as new.
#
# A failure comes wrapped: `ChildWorkflowError`, in it `ActivityError`, in it the `ApplicationError`
# that your Activity raised. `reason_of` unwraps it.

# %% name="batch_models"
@dataclass
class BatchInput:
    sources: list[ResearchInput]
    at_once: int = 5


@dataclass
class Failure:
    topic: str
    source_url: str
    reason: str


@dataclass
class BatchReport:
    saved: list[str]
    failed: list[Failure]


def reason_of(error: BaseException) -> str:
    while isinstance(error, (ChildWorkflowError, ActivityError)) and error.__cause__:
        error = error.__cause__
    return str(error)

# %% [markdown]
# What a batch remembers is in a separate class, with the Query that tells how far it is. Its
# `slots` are a semaphore: `async with self.slots` waits for a free one of the `at_once` slots, and
# gives it back at the end.

# %% name="batch"
class Batch:
    @workflow.init
    def __init__(self, input: BatchInput) -> None:
        self.total = len(input.sources)
        self.slots = asyncio.Semaphore(input.at_once)
        self.report = BatchReport(saved=[], failed=[])

    @workflow.query
    def get_progress(self) -> dict[str, int]:
        well, badly = len(self.report.saved), len(self.report.failed)
        return {"done": well + badly, "total": self.total, "failed": badly}

# %% [markdown]
# ### Your turn: fan out
#
# Finish `ResearchBatchWorkflow`. Its `research` handles one source, in one of the slots. Fill in:
# - the child Workflow: `workflow.execute_child_workflow` with `ResearchWorkflow.run`, the source,
#   and an `id` made of this Workflow's own id (`workflow.info().workflow_id`) and the `number`;
# - what happens when it fails: add a `Failure` to `self.report.failed`, with the source's topic and
#   address, and the reason;
# - in `run`: research all sources at once, numbered from 1, and wait for all of them.
#   `asyncio.gather` does that.

# %% exercise="fan_out"
@workflow.defn(sandboxed=False)
class ResearchBatchWorkflow(Batch):
    async def research(self, number: int, source: ResearchInput) -> None:
        async with self.slots:
            try:
                # PROMPT: ...  # TODO: execute the child Workflow, with an id of its own
                # BEGIN SOLUTION
                await workflow.execute_child_workflow(
                    ResearchWorkflow.run, source, id=f"{workflow.info().workflow_id}/{number}"
                )
                # END SOLUTION
                self.report.saved.append(source.topic)
            except ChildWorkflowError as error:
                # PROMPT: ...  # TODO: add a Failure to self.report.failed
                # BEGIN SOLUTION
                self.report.failed.append(
                    Failure(source.topic, source.source_url, reason_of(error))
                )
                # END SOLUTION

    @workflow.run
    async def run(self, input: BatchInput) -> BatchReport:
        # PROMPT: ...  # TODO: research each source, all at once, and wait for all
        await asyncio.gather(*(self.research(n, s) for n, s in enumerate(input.sources, 1)))
        return self.report

# %% [markdown]
# Twenty sources, two of them broken. `start_batch` starts them, and the next cell does to the
# pipeline what a deployment does: it stops the Worker in the middle. (The code stays the same here.
# What new code means for Workflows that run, you saw in lesson 03.)
#
# **Predict**, with a letter between the quotes: how many rows will the batch have written in the
# end?
# - **a** 18
# - **b** 20: steps that were cut off write twice
# - **c** 4: the fifth source is broken, and ends the batch

# %%
predict("twenty", "")

# %%
sources = [ResearchInput(page.topic, page.url) for page in site.pages[:18]]
sources.insert(4, ResearchInput("atlantis", site.broken["gone"]))
sources.insert(11, ResearchInput("a closed page", site.broken["forbidden"]))


async def start_batch(sources: list[ResearchInput], at_once: int = 5):
    return await client.start_workflow(
        ResearchBatchWorkflow.run,
        BatchInput(sources, at_once),
        id=f"research-{uuid.uuid4()}",
        task_queue="research-queue",
    )


more_workflows[:] = [ResearchBatchWorkflow]
worker = await start_worker(run_worker)
handle = await start_batch(sources)
for _ in range(150):
    if (await handle.query(ResearchBatchWorkflow.get_progress))["done"] >= 6:
        break
    await asyncio.sleep(0.1)
await stop_worker()
print((await handle.describe()).status.name, "and no Worker is there")

# %% [markdown]
# `watch` asks the Query twice a second and draws the answer. A new Worker takes over.

# %%
worker = await start_worker(run_worker)
report = await watch(handle, ResearchBatchWorkflow.get_progress)
print(len(report.saved), "saved")
for failure in sorted(report.failed, key=lambda failure: failure.topic):
    print("✗", failure.topic, "-", failure.reason)

# %% [markdown]
# Eighteen saved, two named with their true reasons. And the database, and the bill? One row and one
# answered call for each, although the Worker was restarted in the middle.

# %%
found = saved_by(handle.id)
print(len(found), "rows,", len({row["key"] for row in found}), "keys,", end=" ")
print(sum(receipt(row["workflow_id"]).answered for row in found), "answered calls")
show_rows(found, columns=["topic", "summary"], limit=5)

# %%
reveal("twenty", len(found))

# %%
show_bars({row["topic"]: len(row["summary"]) for row in found}, unit="characters")

# %% [markdown]
# ### How fast may you ask?
#
# `at_once` bounds one batch. Two batches are twice as fast, and the provider counts both. A limit
# for all of them belongs to the Task Queue: `max_task_queue_activities_per_second` says how many
# Activities it gives out in a second, to however many Workers. The same eight sources without and
# with it:

# %%
async def polite_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="research-queue",
            workflows=[ResearchWorkflow, ResearchBatchWorkflow],
            activities=[fetch_url, call_llm, save_result],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
            max_task_queue_activities_per_second=3,
        )
        await worker.run()


for run in (run_worker, polite_worker):
    worker = await start_worker(run)
    handle = await start_batch(sources[:4] + sources[5:9], at_once=8)
    await watch(handle, "get_progress")
    told = await handle.describe()
    seconds = (told.close_time - told.start_time).total_seconds()
    print(f"{run.__name__}: {told.status.name} after {seconds:.1f} s")

# %% [markdown]
# Eight sources are 24 Activities. The queue gives out some at once, and then three a second: about
# seven seconds instead of one. The limit counts whatever is on the queue, so in real life the
# model's calls get their own Task Queue. Give each of its Workers the same limit: they
# overwrite each other's. And unlike here, a Task Queue usually has four partitions that share the
# limit, so a few Activities may take twice as long.
#
# ## A long step
#
# Some steps take long by themselves: a download, an import, a video. If one dies in the ninth of
# ten minutes, a retry begins at the start. Unless it **heartbeats**: the Activity tells Temporal
# from time to time how far it is. This is good for three things:
# - a Worker that stops answering is noticed after the `heartbeat_timeout`, and not only after the
#   whole Start-to-Close timeout;
# - what the service heard last is there for the next attempt, in
#   `activity.info().heartbeat_details`;
# - a cancellation reaches the Activity: it comes in the answer to a heartbeat. An Activity that
#   never heartbeats runs to its end, although its Workflow was cancelled long ago.
#
# `read_part` fetches some bytes from a place on, and says how many there are in all. The site's
# archive takes four seconds.

# %%
PART = 2 * site.part_bytes


@dataclass
class Downloaded:
    bytes: int
    parts: int  # that this attempt has fetched


def archive_file(workflow_id: str) -> Path:
    folder = settings.folder / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{workflow_id}.txt"

# %% [markdown]
# ### Your turn: the heartbeat
#
# Two lines of `download` are missing.
# - Where does this attempt begin? At the first entry of the `heartbeat_details`, if there is one;
#   otherwise at byte 0.
# - When a part is written, tell Temporal how many bytes of the file are there: give that number to
#   `activity.heartbeat`. The next attempt begins at it.

# %% exercise="heartbeat"
@activity.defn
async def download(url: str) -> Downloaded:
    info = activity.info()
    # PROMPT: done = ...  # TODO: how far an earlier attempt came, or 0
    done = info.heartbeat_details[0] if info.heartbeat_details else 0
    total, parts = done + 1, 0
    with archive_file(info.workflow_id).open("ab") as file:
        file.truncate(done)  # an earlier attempt may have written more than it told
        while done < total:
            part, total = await read_part(url, hosts=[site.host], start=done, size=PART)
            file.write(part)
            file.flush()
            done, parts = done + len(part), parts + 1
            # PROMPT: ...  # TODO: tell Temporal how far it is
            activity.heartbeat(done)
    return Downloaded(done, parts)

# %% [markdown]
# A Workflow for it, and a Worker that, when it is stopped, does not wait for what it is doing.

# %%
@workflow.defn(sandboxed=False)
class DownloadWorkflow:
    @workflow.run
    async def run(self, url: str) -> Downloaded:
        return await workflow.execute_activity(
            download,
            url,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=2),
        )


async def graceless_worker() -> None:
    worker = Worker(
        client,
        task_queue="research-queue",
        workflows=[DownloadWorkflow],
        activities=[download],
        graceful_shutdown_timeout=timedelta(0),
    )
    await worker.run()

# %% [markdown]
# Start the download, stop the Worker when ten of the twenty parts are on disk, and start it again.
# How many parts will the second attempt fetch?

# %%
worker = await start_worker(graceless_worker)
handle = await client.start_workflow(
    DownloadWorkflow.run, site.archive, id=f"research-{uuid.uuid4()}", task_queue="research-queue"
)
file = archive_file(handle.id)
for _ in range(100):
    if file.exists() and file.stat().st_size >= 10 * PART:
        break
    await asyncio.sleep(0.1)
await stop_worker()
worker = await start_worker(graceless_worker)
done = await follow(handle)
print("all there:", done.bytes == file.stat().st_size == 40 * site.part_bytes)
print("the second attempt fetched:", "all parts" if done.parts == 20 else "only the rest")

# %% [markdown]
# It went on where the first attempt had told that it was. This Worker could still say that it was
# shutting down, and sent the last number. One that is killed says nothing. Then the two
# seconds of the `heartbeat_timeout` pass, and the next attempt goes on from the last number that
# *reached* the service: the SDK sends one in 80 % of the `heartbeat_timeout`, so it may be older by
# as much. `file.truncate(done)` cuts off what was written since.
#
# Look at the order in your cell: write first, then tell. In the other order, a crash in between
# would leave a gap in the file. And the file is on this machine: where the next attempt may run on
# another one, the parts belong where both can reach them.
#
# ## Every morning at six
#
# A [Schedule](https://docs.temporal.io/develop/python/schedules) is a clock inside the Temporal
# Service, which starts a Workflow at the times that you name. It needs no machine of yours.
#
# It starts the batch with its first three sources, every day at six in Berlin. Each run gets the
# `id` with its time behind it, so each run has its own keys and its own rows. The `policy`
# answers three questions:
# - The last run is not over at six? The new one is **skipped**, unless `overlap` says otherwise.
# - The Temporal Service was down? It makes up for the starts that it missed, by default of a whole
#   **year**; here of six hours.
# - A run has failed? Here the Schedule pauses, so that nobody pays for the same failure each day.

# %%
every_morning = Schedule(
    action=ScheduleActionStartWorkflow(
        ResearchBatchWorkflow.run,
        BatchInput(sources[:3]),
        id=f"research-{uuid.uuid4()}",
        task_queue="research-queue",
    ),
    spec=ScheduleSpec(
        calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(6)])],
        time_zone_name="Europe/Berlin",
    ),
    policy=SchedulePolicy(catchup_window=timedelta(hours=6), pause_on_failure=True),
)

# %% [markdown]
# We do not wait for tomorrow: `trigger` runs it once, now. In the end the Schedule is deleted, or
# it would go on for as long as your Temporal Service does. (One that stays gets a fixed id: then a
# second `create_schedule` is refused.) The times are told in UTC.

# %%
worker = await start_worker(run_worker)
schedule = await client.create_schedule(f"every-morning-{uuid.uuid4()}", every_morning)
for moment in (await schedule.describe()).info.next_action_times[:3]:
    print("will run at", moment)
await schedule.trigger()
for _ in range(100):
    runs = (await schedule.describe()).info.recent_actions
    if runs:
        break
    await asyncio.sleep(0.1)
await schedule.delete()
morning = client.get_workflow_handle(runs[-1].action.workflow_id, result_type=BatchReport)
report = await watch(morning, "get_progress")
show_rows(saved_by(morning.id), columns=["topic", "summary"])

# %% [markdown]
# <details><summary>Instructor: the same on stage (10 minutes)</summary>
#
# 1. `demos/README.md` has the run sheet of demo 05: twenty sources under a storm of faults, with
#    Workers that you kill and start. At the end, twenty rows.
# 2. Before *What a retry can fix*, let the room vote: is the wrong key retried? Most say no, as
#    the authors of the list did.
# 3. *Predict, then run* is good in pairs: one predicts, the other says why not. Compare the scores.
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
# - An Activity runs **at least once**. A key that is the same at each attempt, and a database that
#   refuses the second row, make it **exactly once**.
# - An error that passes is retried; one that stays is given up at once, by the exact name of its
#   error. Where a name is not enough, the Activity looks at the status, and says `non_retryable` or
#   `next_retry_delay`.
# - Only one part of the app should retry: `max_retries=0`, and the client's timeout below the
#   Start-to-Close timeout.
# - Child Workflows fan out, a semaphore bounds them, and one bad source is named, not fatal.
# - A heartbeat keeps what a long step has reached. A Schedule needs no machine of yours.
# - You measured it: a killed Worker left one row with the key and two without; a wrong key cost
#   three requests, then one; 18 rows and 18 answered calls came out of a batch whose Worker was
#   restarted.
#
# How far are you?

# %%
progress()

# %% [markdown]
# ## Next
#
# **Exercise 5** builds a digest that somebody reads in the morning: fetched, summarised, saved and
# sent, once. Open `exercises/05_Durable_Pipelines/Practice/` in the file browser.
#
# To read more:
# [retry policies](https://docs.temporal.io/encyclopedia/retry-policies) ·
# [failures](https://docs.temporal.io/references/failures) ·
# [child Workflows](https://docs.temporal.io/develop/python/child-workflows) ·
# [heartbeats](https://docs.temporal.io/develop/python/failure-detection#activity-heartbeats) ·
# [Schedules](https://docs.temporal.io/develop/python/schedules) ·
# [priority and fairness](https://docs.temporal.io/develop/task-queue-priority-fairness) ·
# [Local Activities](https://docs.temporal.io/local-activity) ·
# [Nexus](https://docs.temporal.io/nexus)
