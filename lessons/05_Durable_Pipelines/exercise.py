# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercise 5: a digest that arrives once
#
# Every night five pages are read, and in the morning a letter says what is on them. One of the
# pages is gone. The first version of the digest is short, and works until that night. Then nobody
# gets a letter; and on another night somebody gets two.
#
# **You will practise** a step that is done once, a Workflow that goes on when a part has failed,
# and a Schedule.
#
# **Time** about 25 minutes. **Needs** lesson 05. Under each task is a cell that checks what you
# wrote, with `hint` and `solution` to uncomment; the `Solution` folder beside this one holds every
# answer.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import Column, MetaData, Table, Text
from temporalio import activity, workflow
from temporalio.client import (
    Client, Schedule, ScheduleActionStartWorkflow, ScheduleCalendarSpec, ScheduleRange,
    ScheduleSpec, WorkflowFailureError,
)
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from workshop import (
    begin, check, follow, hint, insert_into, make_tables, open_database, open_site, progress,
    receipt, solution, start_worker, stop_worker, use_practice_model, what_happens,
)
from workshop.fetching import PageRefused, read_page

settings = await begin("05")
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)
site = await open_site()

# %% [markdown]
# ## What is there already
#
# The pipeline of lesson 05, finished: its data, its three Activities, and `ResearchWorkflow`, which
# fetches, summarises and saves one source. You need to change none of it. Run these cells.

# %% include="02_Adding_Durability_with_Temporal/ask_model"

# %% include="05_Durable_Pipelines/research_models"

# %% include="05_Durable_Pipelines/batch_models"

# %% include="05_Durable_Pipelines/summary_of"

# %% include="05_Durable_Pipelines/fetch_url"

# %%
from litellm import RateLimitError
from openai import APIError

# %% include="05_Durable_Pipelines/error_mapping"

# %% include="05_Durable_Pipelines/research_table"

# %% include="05_Durable_Pipelines/idempotent_save"

# %% include="05_Durable_Pipelines/llm_retry_policy"

# %% include="05_Durable_Pipelines/plan"

# %% include="05_Durable_Pipelines/research_workflow"

# %% [markdown]
# ## The digest, as it was first written
#
# A `Letter` has a subject and a text. `letter_of` makes one of the results, and of what is missing.
# The Activity writes it into the folder `outbox`: for us that is sending.

# %%
@dataclass
class DigestInput:
    sources: list[ResearchInput]


@dataclass
class Letter:
    subject: str
    text: str


@dataclass
class Digest:
    letter: str  # the name of the file
    found: int
    missing: list[str]


def letter_of(found: list[Research], missing: list[str]) -> Letter:
    parts = [f"{one.topic}\n{one.summary}" for one in found]
    if missing:
        parts.append("Missing today:\n" + "\n".join(missing))
    subject = f"{len(found)} of {len(found) + len(missing)} sources"
    return Letter(subject, "\n\n".join(parts))

# %%
@activity.defn
def send_digest(letter: Letter) -> str:
    Path("outbox").mkdir(exist_ok=True)
    name = f"digest-{datetime.now():%H-%M-%S-%f}.txt"
    Path("outbox", name).write_text(f"{letter.subject}\n\n{letter.text}\n")
    return name


@workflow.defn(sandboxed=False)
class DigestWorkflow:
    async def research(self, number: int, source: ResearchInput) -> Research:
        return await workflow.execute_child_workflow(
            ResearchWorkflow.run, source, id=f"{workflow.info().workflow_id}/{number}"
        )

    @workflow.run
    async def run(self, input: DigestInput) -> Digest:
        found = await asyncio.gather(
            *(self.research(n, source) for n, source in enumerate(input.sources, 1))
        )
        name = await workflow.execute_activity(
            send_digest, letter_of(found, []), start_to_close_timeout=timedelta(seconds=10)
        )
        return Digest(name, len(found), [])

# %% [markdown]
# Five sources; the third is gone. From here on the practice model answers, even if you have a key
# of your own.

# %%
settings = await use_practice_model()
sources = [ResearchInput(page.topic, page.url) for page in site.pages[:4]]
sources.insert(2, ResearchInput("atlantis", site.broken["gone"]))


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="digest-exercise",
            workflows=[DigestWorkflow, ResearchWorkflow],
            activities=[fetch_url, call_llm, save_result, send_digest],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


async def run_digest():
    return await client.start_workflow(
        DigestWorkflow.run,
        DigestInput(sources),
        id=f"digest-{uuid.uuid4()}",
        task_queue="digest-exercise",
    )

# %%
worker = await start_worker(run_worker)
handle = await run_digest()
try:
    await asyncio.wait_for(handle.result(), 60)
except WorkflowFailureError as error:
    print("✗ no letter:", reason_of(error.cause))

# %% [markdown]
# One page is gone, and nobody gets a letter. And when the Activity runs a second time, because its
# first attempt was not heard? `outbox` is empty before; how many letters are there afterwards?

# %%
def two_attempts() -> None:
    for old in Path("outbox").glob("digest-*"):
        old.unlink()
    environment = ActivityEnvironment()
    for attempt in (1, 2):
        environment.info = replace(
            environment.info, workflow_id=f"digest-{uuid.UUID(int=5)}", attempt=attempt
        )
        with what_happens():
            environment.run(send_digest, Letter("4 of 5 sources", "Tardigrades are small."))
    print("letters:", len(list(Path("outbox").glob("digest-*"))))


two_attempts()

# %% [markdown]
# ## Task 1: one letter
#
# Finish `send_digest`. One Workflow is one digest, and has one letter, however often the step runs.
# - `name` is the letter's file name, without the folder. Make it from the Workflow's id, and end it
#   with `.txt`. Why not from the time?
# - Nobody may ever see half a letter: write `text` to `draft`, and then rename the draft
#   (`draft.replace(file)`). A rename is done whole, or not at all.

# %% exercise="send_digest"
@activity.defn
def send_digest(letter: Letter) -> str:
    text = f"{letter.subject}\n\n{letter.text}\n"
    Path("outbox").mkdir(exist_ok=True)
    # PROMPT: name = ...  # TODO: another for each digest, the same at each attempt, with .txt
    name = f"{activity.info().workflow_id}.txt"
    file = Path("outbox", name)
    draft = Path("outbox", f"{name}.part")
    # PROMPT: ...  # TODO: write the text to the draft, and rename it
    # BEGIN SOLUTION
    draft.write_text(text)
    draft.replace(file)
    # END SOLUTION
    return name

# %%
two_attempts()

# %% [markdown]
# ## Task 2: a letter in any case
#
# Now `DigestWorkflow`. `gather` ends with the first error, unless it is told that errors are
# results as well: `return_exceptions=True`. Then each entry of `results` is a `Research` or an
# exception.
#
# - Let `gather` return exceptions.
# - Make the list `missing`: for each source that has failed, a text with its topic, a colon and the
#   reason (`reason_of` unwraps it). `zip(input.sources, results)` brings the two together.
# - Send the letter: execute `send_digest` with a Start-to-Close timeout of 10 seconds.

# %% exercise="digest_workflow"
@workflow.defn(sandboxed=False)
class DigestWorkflow:
    async def research(self, number: int, source: ResearchInput) -> Research:
        return await workflow.execute_child_workflow(
            ResearchWorkflow.run, source, id=f"{workflow.info().workflow_id}/{number}"
        )

    @workflow.run
    async def run(self, input: DigestInput) -> Digest:
        results = await asyncio.gather(
            *(self.research(n, source) for n, source in enumerate(input.sources, 1)),
            # PROMPT: # TODO: errors are results as well
            return_exceptions=True,
        )
        found = [one for one in results if isinstance(one, Research)]
        # PROMPT: missing = ...  # TODO: "topic: reason" of each source that has failed
        # BEGIN SOLUTION
        missing = [
            f"{source.topic}: {reason_of(result)}"
            for source, result in zip(input.sources, results)
            if isinstance(result, BaseException)
        ]
        # END SOLUTION
        letter = letter_of(found, missing)
        # PROMPT: name = ...  # TODO: execute send_digest with the letter
        # BEGIN SOLUTION
        name = await workflow.execute_activity(
            send_digest, letter, start_to_close_timeout=timedelta(seconds=10)
        )
        # END SOLUTION
        return Digest(name, len(found), missing)

# %% [markdown]
# The same five sources.

# %%
worker = await start_worker(run_worker)
handle = await run_digest()
digest = await follow(handle)
print(digest.found, "found, missing:", digest.missing)
children = [f"{handle.id}/{number}" for number in range(1, len(sources) + 1)]
print(sum(receipt(child).answered for child in children), "answered calls")

# %%
print(Path("outbox", digest.letter).read_text())

# %% [markdown]
# ## Task 3: every weekday
#
# Finish `every_weekday`. The digest must run **from Monday to Friday at 5:30** in the morning (UTC,
# which a Schedule takes unless you name a zone). In a `ScheduleCalendarSpec`, `hour`, `minute` and
# `day_of_week` are lists of `ScheduleRange`. A range has a start and, if you like, an end. The end
# is included: `ScheduleRange(2, 4)` is 2, 3 and 4. Sunday is 0.

# %% exercise="schedule"
every_weekday = Schedule(
    action=ScheduleActionStartWorkflow(
        DigestWorkflow.run,
        DigestInput(sources),
        id=f"digest-{uuid.uuid4()}",
        task_queue="digest-exercise",
    ),
    spec=ScheduleSpec(
        calendars=[
            ScheduleCalendarSpec(
                # PROMPT: hour=...,  # TODO: 5
                hour=[ScheduleRange(5)],
                # PROMPT: minute=...,  # TODO: 30
                minute=[ScheduleRange(30)],
                # PROMPT: day_of_week=...,  # TODO: Monday to Friday
                day_of_week=[ScheduleRange(1, 5)],
            )
        ]
    ),
)

# %%
with what_happens():
    schedule = await client.create_schedule(f"digest-{uuid.uuid4()}", every_weekday)
    moments = (await schedule.describe()).info.next_action_times
    await schedule.delete()
    print("days: ", sorted({f"{moment:%w %A}" for moment in moments}))
    print("times:", {f"{moment:%H h %M}" for moment in moments})

# %% [markdown]
# That was only a look at its times. Now run it once, and delete it again. The outbox then
# has one more letter.

# %%
with what_happens():
    letters = len(list(Path("outbox").glob("*.txt")))
    schedule = await client.create_schedule(f"digest-{uuid.uuid4()}", every_weekday)
    await schedule.trigger()
    for _ in range(100):
        runs = (await schedule.describe()).info.recent_actions
        if runs:
            break
        await asyncio.sleep(0.1)
    await schedule.delete()
    started = client.get_workflow_handle(runs[-1].action.workflow_id)
    await asyncio.wait_for(started.result(), 60)
    print("new letters:", len(list(Path("outbox").glob("*.txt"))) - letters)

# %%
await stop_worker()
progress()
