# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Adding Durability with Temporal
#
# A small app asks an LLM for facts and turns them into a PDF. It works, until a process dies
# between the two steps and everything paid for is lost. In this lesson you make it durable.
#
# **You will be able to**
# - turn LLM calls and file writing into Activities, and orchestrate them in a Workflow;
# - run a Worker and start a Workflow with a Client;
# - break the app, watch it recover, and say what was paid;
# - explain why Workflow code must be deterministic, and why an agent is still free.
#
# **Time** about 80 minutes. **Needs** nothing: no key, no account, no internet. A practice model
# answers; the end of the README tells how to use a real one.
#
# Run each cell with Shift+Enter, from the top. Cells marked TODO are yours to finish. The cell
# under each checks what you wrote: it runs it, and says what it saw. If your next try is not right
# either, it says where to look. Take the `# ` away from `hint` for more help, or from `solution`
# for one right way. The first cell needs no attention: it finds the workshop, and fetches it in
# Colab.

# %% name="setup"
# Codespaces and a local Jupyter need nothing more. Colab fetches the workshop once.
import os
import subprocess
import sys
from pathlib import Path

home = Path("/content/{{REPOSITORY_NAME}}")
try:
    import workshop
except ModuleNotFoundError:
    if "google.colab" not in sys.modules:
        raise ModuleNotFoundError(
            f"The kernel {sys.executable} lacks the package workshop. In a terminal, in the "
            "workshop's folder, run `make lab`, or `pip install -r requirements.txt`."
        ) from None
    if not home.exists():
        subprocess.run(["git", "clone", "--quiet", "{{REPOSITORY}}", str(home)], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "-e", str(home)], check=True)
    sys.path.insert(0, str(home))  # this kernel started before the package was there
if "google.colab" in sys.modules:
    os.chdir((home / "{{PATH}}").parent)

# %% [markdown]
# The next cell prepares the classroom. It finds or starts a **Temporal Service**, finds or starts
# the **practice model**, and shows where they are. Run it again whenever something seems to have
# stopped: it starts what does not run and leaves the rest alone.
#
# **After a kernel restart**, select the cell where you were, choose *Run*, *Run All Above Selected
# Cell*, and go on from there. If a cell asks a question on the way, press Enter.

# %%
from workshop import (
    ask, begin, beside, check, crash, failed, follow, hint, mark, predict, progress, receipt,
    render_mermaid, reveal, show_pdf, solution, start_worker, stop_worker, timeline, timer_started,
)

settings = await begin("02")

# %% [markdown]
# ## The app that pays twice
#
# Someone asks for research on *sustainable energy trends*. The LLM call succeeds. In production,
# with long reports and many steps, such a call may cost 2 dollars and 50 cents. Then the PDF step
# fails: the disk is full. The user starts over, and the money is spent again.
#
# First, one function that asks the model, through LiteLLM. It gives up after 20 seconds of silence,
# unless `LLM_TIMEOUT` in `.env` says otherwise, and `max_retries=0` makes each call one request:
# the retries will be Temporal's work. The key is taken out of its wrapper here, at
# the last moment, and nowhere else. `llm_time` is for later: ten seconds more, for a step that
# asks. The import of LiteLLM takes about ten seconds, once in each kernel.

# %% name="ask_model"
from datetime import timedelta

from litellm import ModelResponse, completion

llm_time = timedelta(seconds=settings.llm_timeout + 10)


def ask_model(prompt: str) -> ModelResponse:
    return completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=settings.llm_timeout,
        max_retries=0,
    )

# %% [markdown]
# Now the app as a plain script would have it: ask, then write. The writing fails the first time.
# We start the app again, as anyone would.

# %%
def naive_app(disk_is_full: bool) -> str:
    answer = ask_model("Give me 3 facts about sustainable energy")
    if disk_is_full:
        raise OSError("No space left on device")
    return answer["choices"][0]["message"]["content"]


before = mark()
try:
    naive_app(disk_is_full=True)
except OSError as error:
    print("✗", error)
print(naive_app(disk_is_full=False)[:120], "…")
receipt(before)

# %% [markdown]
# Look at the receipt: one report, two calls. The provider charged for both. The first answer was
# good; it lived in a variable, and the variable died with the run.
#
# **Two minutes with the person next to you.** What else can go wrong between a prompt and a PDF?
# Find at least six things before you read on.
#
# <details><summary>What people usually find</summary>
#
# - Networks drop connections and time out.
# - LLM providers limit rates and answer 429.
# - Tools go down: APIs, databases, a full disk.
# - The same prompt gets another answer: LLMs are not deterministic.
# - More users arrive than one process can serve.
# - A run takes hours, and something restarts meanwhile.
#
# </details>
#
# ### These are old problems
#
# Your "simple" app calls a service over a network, writes to a file system, and keeps state
# between the two. That is a **distributed system**, and each of these failures has been known for
# decades. What is new is the price of repeating a step. The classic tools (queues, scheduled jobs,
# tables of states) are made for steps that are short and cheap to repeat. They do not know that an
# answer was expensive, or that a long conversation is part of the state.
#
# What developers want instead: "Fix the disk and write the PDF from the research that we already
# have. Do not make me pay for the same answer twice."

# %% [markdown]
# ## Temporal
#
# [Temporal](https://docs.temporal.io/temporal) is an open-source platform (MIT licence) for exactly
# this: a **service** that remembers, and **SDKs** for Go, Java, Python, PHP, TypeScript, .NET, Ruby
# and Rust. You write ordinary code, as if nothing failed. The platform takes care of retries,
# time-outs, and of going on after a crash. How agents are built changes every year; a
# general-purpose language has the loop, the branch or the library that the next idea needs.
#
# What changes: each step that touches the outside world becomes an **Activity**, and a
# **Workflow** calls the Activities. What stays: your logic, your inputs and outputs, your
# libraries.
#
# The path of one report: prompt → Workflow → LLM Activity → *answer saved in the Event History* →
# PDF Activity → *file name saved* → result.
#
# ### Package inputs and outputs
#
# Activities and Workflows should take **one** object and return one ([a chapter of Temporal
# 102](https://temporal.talentlms.com/unit/view/id:2822)). A dataclass is a good choice: a field
# **with a default** can be added later without breaking the Workflows that still run. Look at
# what is *not* a field: the API key. Inputs are stored in the Event History, where everyone who may
# open it can read them; a [Payload Codec](https://docs.temporal.io/payload-codec) can encrypt them.

# %% name="models"
from dataclasses import dataclass


@dataclass
class LLMCallInput:
    prompt: str


@dataclass
class PDFGenerationInput:
    content: str
    filename: str = "research_pdf.pdf"


@dataclass
class GenerateReportInput:
    prompt: str


@dataclass
class GenerateReportOutput:
    result: str

# %% [markdown]
# ## Activities
#
# An [Activity](https://docs.temporal.io/activities) is a function that may fail or may give
# another answer next time: an LLM call, a database query, a file, an e-mail. What it gives you:
# - **retries** with growing pauses, until it succeeds or your limit is reached;
# - **time-outs** that notice a step that hangs;
# - **visibility**: input, output, the number of attempts and the last error are recorded;
# - **a checkpoint**: once completed, its result is kept and it is not run again.
#
# One line makes a function an Activity: the decorator `@activity.defn`. Here is the LLM call.

# %% name="llm_call"
from temporalio import activity


@activity.defn
def llm_call(input: LLMCallInput) -> ModelResponse:
    return ask_model(input.prompt)

# %% [markdown]
# ### Your turn: the PDF Activity
#
# `create_pdf_activity` writes the PDF with reportlab. Make it an Activity, as above. Its helpers
# come from the workshop: `whole_file` writes under a temporary name and renames at the end, so that
# a crash leaves no half PDF; `story` turns the model's Markdown into paragraphs. `safe_name` is the
# name that the file really got: a slash in it, say, would lead out of the folder.

# %% exercise="create_pdf_activity"
from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate

from workshop.report import page_number, safe_name, story, whole_file


# PROMPT: # TODO: add the decorator that makes this function an Activity
@activity.defn
def create_pdf_activity(input: PDFGenerationInput) -> str:
    with whole_file(input.filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(input.content, title="Research Report"), **pages)
    return safe_name(input.filename)

# %% [markdown]
# ## Workflows
#
# A [Workflow](https://docs.temporal.io/workflows) holds the plan and the state: which step comes
# next, and what has been learned so far. Activities do the work. Four rules:
# 1. It is a class with the decorator `@workflow.defn`.
# 2. It has exactly one entry point: an `async` method with `@workflow.run`.
# 3. It calls Activities with `workflow.execute_activity(activity, input, …)`, and names a time-out.
# 4. It does nothing by itself that could turn out differently next time: no network, no files, no
#    clock, no random numbers, no threads. It may branch, loop and calculate, and wait for several
#    Activities with `asyncio.gather`. (For `asyncio.wait` and `as_completed` there are
#    `workflow.wait` and `workflow.as_completed`, which keep an order.)

# %%
render_mermaid(
    """
graph LR
    P["prompt"] --> W["GenerateReportWorkflow<br>the plan"]
    W -->|"1 execute_activity"| L["llm_call<br>Activity"]
    L -->|"answer"| W
    W -->|"2 execute_activity"| D["create_pdf_activity<br>Activity"]
    D -->|"file name"| W
    W --> R["result"]
""",
    alt="A Workflow takes a prompt, calls llm_call, then create_pdf_activity, and gives a result.",
)

# %% [markdown]
# ### Why rule 4: determinism
#
# When a process dies, another one runs the Workflow's code again from its first line and takes the
# results of completed Activities from the history. This is **replay**. It ends in the same place
# only if the code decides the same way each time.
#
# Consider a Workflow that reads the clock: before noon it is breakfast, after noon it is dinner.
# It starts at 11:59 and chooses breakfast. It crashes, and is replayed at 12:01. What would the
# guest expect? And what would the code do?

# %%
render_mermaid(
    """
graph TD
    T["read the clock in the Workflow"] --> Q{"a.m. or p.m.?"}
    Q -->|"11:59, the first run"| B["breakfast"]
    Q -->|"12:01, the replay"| D["dinner"]
    B --> X["the history says breakfast,<br>the code says dinner:<br>the Workflow stops here"]
    D --> X
""",
    alt="A Workflow that reads the clock chooses breakfast at 11:59, and dinner in the replay.",
)

# %% [markdown]
# The fix: read the clock in an Activity (or with `workflow.now()`), so that its answer is in the
# history and the replay reads the same one.
#
# ### Deterministic is not predetermined
#
# "If my Workflow is deterministic, my agent will always do the same thing." This is a common fear,
# and it is wrong. The *plan* comes out of an LLM call, which is an Activity. Each run may get
# another plan; each run, replayed, follows its own. The loop of an agent (evaluate the goal,
# choose a tool, run it, look again) is dynamic, and still deterministic.

# %%
plans = {
    "Make tea": ["boil water", "steep the tea", "enjoy"],
    "Slay a dragon": ["find the weak spot", "fetch the right weapon", "attack"],
    "Write code": ["find the files", "write the code", "evaluate the result"],
}
diagram = "graph LR\n    A[ask the model for a plan]\n"
for n, (goal, steps) in enumerate(plans.items()):
    path = " --> ".join(f'S{n}{i}["{step}"]' for i, step in enumerate(steps))
    diagram += f'    A -->|"run {n + 1}"| G{n}{{"{goal}"}} --> {path}\n'
render_mermaid(diagram, alt="The same first step leads three runs along three different plans.")

# %% [markdown]
# ### Your turn: the Workflow
#
# Finish `GenerateReportWorkflow`. The LLM step is there as a pattern; `llm_time` is 30 seconds,
# unless you set LLM_TIMEOUT. Fill in the rest:
# - the decorator of the entry point;
# - the second Activity, with its input and a **Start-to-Close timeout** of 10 seconds. That is the
#   longest that one attempt may take. Always set one. Temporal asks for this one or for a limit of
#   all attempts together, `schedule_to_close_timeout`. With that one alone, a Worker that has died
#   is noticed only when all the time is over.
#
# `sandboxed=False` is for notebooks only. In a file you leave it out: there the Worker loads the
# file again for each run, in a **sandbox** that refuses what breaks rule 4. A cell is not a file
# that it could load. What the file imports under `with workflow.unsafe.imports_passed_through():`
# is not loaded again: your Activities and models belong there, as in `project/workflow.py`.

# %% exercise="generatereportworkflow"
from datetime import timedelta

from temporalio import workflow


@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    # PROMPT: # TODO: add the decorator that makes this method the entry point
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        research_facts = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=llm_time,
        )
        content = research_facts["choices"][0]["message"]["content"]
        pdf_filename = await workflow.execute_activity(
            # PROMPT: ...,  # TODO: the Activity that writes the PDF
            create_pdf_activity,
            # PROMPT: ...,  # TODO: its input, with the content from above
            PDFGenerationInput(content=content),
            # PROMPT: start_to_close_timeout=...,  # TODO: a timedelta of 10 seconds
            start_to_close_timeout=timedelta(seconds=10),
        )
        return GenerateReportOutput(result=f"Research report written: {pdf_filename}")

# %% [markdown]
# ## The Temporal Service and the Client
#
# The [Temporal Service](https://docs.temporal.io/temporal-service) is the supervisor. It keeps each
# Workflow's **Event History**, holds the **Task Queues**, and watches timers and time-outs. It
# never runs your code. `begin` has started one for you on this machine. At home you do it yourself:
# `pip install temporalio` installs the SDK, and `temporal server start-dev` in a terminal starts a
# Service for one machine. It serves Clients and Workers on port 7233, and the Web UI on port 8233.
# The command comes with `brew install temporal`, or [as an
# archive](https://docs.temporal.io/cli/setup-cli). In production you run your own Service or use
# Temporal Cloud.
#
# A **Client** is your connection to it. One is enough for a whole notebook. The code does not say
# where the Service is: the SDK reads that from [variables or a
# file](https://docs.temporal.io/develop/environment-configuration), and `begin` has set
# `TEMPORAL_ADDRESS` in this kernel. For another Service you change those, and no cell.
#
# The data converter says how inputs and results are written down; this one knows pydantic models,
# such as the model's answer.

# %%
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig

client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## Workers
#
# A [Worker](https://docs.temporal.io/workers) is a process that runs your code. It polls a **Task
# Queue**, takes a task (a Workflow's next step, an Activity), runs it, and reports the result ([a
# chapter of Temporal 101](https://temporal.talentlms.com/unit/view/id:2455)). You can start many,
# on many machines; any of them may take the next task. A Worker knows only what is registered with
# it, so all Workers of one Task Queue register the same.

# %%
render_mermaid(
    """
graph LR
    C["Client"] -->|"start Workflow"| S["Temporal Service<br>Event History"]
    S --> Q[("Task Queue<br>research")]
    Q -->|"poll"| W1["Worker<br>this notebook"]
    Q -->|"poll"| W2["Worker<br>another machine"]
    W1 -->|"results"| S
    W2 -->|"results"| S
""",
    alt="Workers poll a Task Queue of the Temporal Service, run tasks, and report results to it.",
)

# %% [markdown]
# ### Your turn: the Worker
#
# Finish `run_worker`: register both Activities, and poll the Task Queue `research`. Our Activities
# are ordinary functions that block, so the Worker gets threads to run them in.
# `graceful_shutdown_timeout` lets a running LLM call finish when the Worker is cancelled; a call
# that is thrown away is paid again. (Ctrl+C cancels. Containers are stopped with SIGTERM, which
# ends Python at once unless you handle it, as `project/worker.py` does.)

# %% exercise="worker"
from concurrent.futures import ThreadPoolExecutor

from temporalio.worker import Worker


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            # PROMPT: task_queue="",  # TODO: poll the "research" Task Queue
            task_queue="research",
            workflows=[GenerateReportWorkflow],
            # PROMPT: activities=[llm_call, ...],  # TODO: register your PDF Activity as well
            activities=[llm_call, create_pdf_activity],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()

# %% [markdown]
# In a file you would write `asyncio.run(run_worker())`. A notebook has an event loop already (in
# which `asyncio.run` works only because `begin` has applied nest_asyncio), so the Worker runs in it
# as a task. It runs until somebody cancels it.

# %%
import asyncio

worker = asyncio.create_task(run_worker())
await asyncio.wait({worker}, timeout=0.2)
print(worker.exception() if worker.done() else "The Worker runs.")

worker.cancel()
await asyncio.wait({worker})
print("It was cancelled:", worker.cancelled())

# %% [markdown]
# From here on `start_worker` does it. It also stops an earlier Worker of this notebook, and tells
# you when the Worker polls, or why it does not.

# %%
worker = await start_worker(run_worker)

# %% [markdown]
# ## Start the Workflow
#
# You do not call a Workflow. You ask the Temporal Service to run it, and it puts a task on the
# Task Queue. What you get back is a **handle**: the Workflow runs whether you wait or not.
#
# Type a question, or press Enter for the default.

# %%
prompt = await ask(
    "What shall we research?", default="Give me 5 fascinating facts about tardigrades"
)

# %% [markdown]
# ### Your turn: the Client
#
# Say which Workflow to run and on which Task Queue; `handle` is what you get back. The queue's name
# must match the Worker's **exactly**: if it is misspelt, no Worker polls it.

# %% exercise="client"
import uuid

handle = await client.start_workflow(
    # PROMPT: ...,  # TODO: the Workflow to run
    GenerateReportWorkflow.run,
    GenerateReportInput(prompt=prompt),
    id=f"generate-research-report-workflow-{uuid.uuid4()}",
    # PROMPT: task_queue="",  # TODO: the Task Queue that your Worker polls
    task_queue="research",
)
print("Started", handle.id)

# %% [markdown]
# `follow` waits for the result, and shows each step as the Temporal Service records it.

# %%
result = await follow(handle)
print(result.result)

# %% [markdown]
# Both Activities completed at the first attempt. The PDF is beside this notebook, in the file
# browser on the left. Here is its first page, and what it cost.

# %%
show_pdf("research_pdf.pdf")
receipt(handle)

# %% [markdown]
# With a handle, `receipt` counts the calls of that Workflow alone: one, by the Activity `llm_call`.
#
# Without `follow` you write `await handle.result()`. It waits as well, and knows the result of a
# Workflow that has ended. The **Workflow id** is the name that you chose; each start under it is a
# run, with a **run id** from the Temporal Service.

# %%
result = await handle.result()
print(result.result)
print("Workflow id", handle.id)
print("run id     ", handle.result_run_id)

# %% [markdown]
# ### Two clicks
#
# In lesson 01 two clicks paid twice. Now the id decides: at most one Workflow of an id is open,
# however many Clients ask. So choose an id that says what is wanted, such as an order's number. The
# **conflict policy** says what a second start gets while the first is open (by default an error).
# The **reuse policy** says whether the id may start again after the end (by default it may).
#
# `execute_workflow` starts a Workflow and waits for its result. Two clicks come at once, and a
# third when the report is there. What does the third one get?
#
# **Predict**, with a letter between the quotes: how many calls will be paid?
# - **a** three
# - **b** two
# - **c** one

# %%
predict("two_clicks", "")

# %%
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

order = f"order-{uuid.uuid4()}"


async def click() -> str:
    clicked = await client.execute_workflow(
        GenerateReportWorkflow.run,
        GenerateReportInput(prompt="Give me 3 interesting facts about bees"),
        id=order,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        task_queue="research",
    )
    return clicked.result


before = mark()
print(*await asyncio.gather(click(), click()), sep="\n")
try:
    await click()
except WorkflowAlreadyStartedError as error:
    print("the third click:", error)
receipt(before)

# %%
reveal("two_clicks", receipt(before).answered)

# %% [markdown]
# Two clicks, one Workflow, one call, and both have the result. The Temporal Service keeps count, so
# it works from two machines as well.
#
# ## The Web UI
#
# The [Web UI](https://docs.temporal.io/web-ui) is for questions: what runs, what failed and why,
# what went in and came out. Open the link over the steps: it leads to your Workflow. The tab *Event
# History* numbers the events and lists the **newest first**: read it from the bottom to the top.
# The event with the lower number happened first. Write what you find into `found`, in the cell
# below, each as a text:
# 1. On which Task Queue did it run?
# 2. Each Activity has an event **Activity Task Scheduled**. Which Activity has the lower number,
#    and so ran first? Which ran second?
# 3. Open that event of the first one: what is the name of the field in its input?
# 4. Open the events of the second one. What is its output, in **Activity Task Completed**? And its
#    Start-to-Close timeout, in **Activity Task Scheduled**? Write the number of seconds. A unit
#    behind it does no harm.
# 5. What is the name of the field in the Workflow's own result?

# %% exercise="web_ui_hunt"
found = {
    # PROMPT: "Task Queue": "",  # TODO
    "Task Queue": "research",
    # PROMPT: "first Activity": "",  # TODO
    "first Activity": "llm_call",
    # PROMPT: "field of its input": "",  # TODO
    "field of its input": "prompt",
    # PROMPT: "second Activity": "",  # TODO
    "second Activity": "create_pdf_activity",
    # PROMPT: "its output": "",  # TODO
    "its output": "research_pdf.pdf",
    # PROMPT: "its timeout": "",  # TODO: seconds
    "its timeout": "10",
    # PROMPT: "field of the result": "",  # TODO
    "field of the result": "result",
}

# %% [markdown]
# The check has read the same facts from the Event History. The Web UI shows nothing that your code
# cannot read as well.
#
# ## Durable execution
#
# What you have now is [durable execution](https://docs.temporal.io/evaluate/understanding-temporal):
# code that survives the process it runs in. It keeps its state, retries what fails, and resumes
# after a crash where it stopped, on any machine with a Worker. You built no queue, no table of
# states and no retry loop for it.

# %%
render_mermaid(
    """
graph LR
    subgraph one["Worker 1"]
        A["llm_call ✓"] --> B["create_pdf_activity"] --> X["process dies ✗"]
    end
    subgraph history["Event History, in the Temporal Service"]
        H["llm_call: answer<br>create_pdf_activity: scheduled"]
    end
    subgraph two["Worker 2"]
        R["replay: answer<br>taken from the history"] --> C["create_pdf_activity ✓"] --> D["result"]
    end
    one --> history --> two
""",
    alt="Worker 1 dies in the PDF step. Worker 2 takes the answer from the history and finishes.",
)

# %% [markdown]
# <details><summary>Instructor: the same on stage (5 minutes)</summary>
#
# 1. Run the cell of the naive app once more and let the room read the receipt: two calls a report.
# 2. Ask: "What would you have to build to avoid this?" Collect: a file, a table, a flag, a queue.
# 3. Run *Start the Workflow* with a topic from the room. Show the Web UI beside the notebook, and
#    open the result of `llm_call` in the history: this is the answer that is never asked for again.
# 4. Say what is *not* promised: an Activity that dies in the middle is tried again. The last
#    section has the words for it.
#
# If something hangs: run the cell with `begin`, then the last one with `start_worker` that you ran.
# Both are safe. After a kernel restart: *Run All Above Selected Cell*, as at the top.
# </details>
#
# ## Failure lab
#
# Time to break it. The report gets an executive summary, made by a new Activity. The service
# behind it is down: the Activity raises an error, every time.

# %%
from temporalio.exceptions import ApplicationError


@activity.defn
def generate_summary(input: LLMCallInput) -> ModelResponse:
    raise ApplicationError("The summary service is not available")

# %% [markdown]
# The Workflow gets a new step between the two. Everything else is as before. The retry policy
# keeps the pauses short, at most 5 seconds, so that you do not wait long; more on it below.

# %% name="report_with_summary"
from temporalio.common import RetryPolicy


@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        research_facts = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=llm_time,
        )
        facts = research_facts["choices"][0]["message"]["content"]
        summary = await workflow.execute_activity(
            generate_summary,
            LLMCallInput(prompt=f"Give an executive summary of this in 2-3 sentences:\n\n{facts}"),
            start_to_close_timeout=llm_time,
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=5)),
        )
        text = summary["choices"][0]["message"]["content"]
        pdf_filename = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(content=f"## Executive summary\n\n{text}\n\n{facts}"),
            start_to_close_timeout=timedelta(seconds=10),
        )
        return GenerateReportOutput(result=f"Report with summary written: {pdf_filename}")

# %% [markdown]
# A Worker runs what it was given when it started. It must learn of the new Activity and of the
# changed Workflow, so we define it again and start it instead of the old one.

# %%
async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="research",
            workflows=[GenerateReportWorkflow],
            activities=[llm_call, create_pdf_activity, generate_summary],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


worker = await start_worker(run_worker)

# %% [markdown]
# Start a report on dolphins, and watch until the summary has failed three times. Then the cell
# ends. The Workflow does not.

# %%
handle = await client.start_workflow(
    GenerateReportWorkflow.run,
    GenerateReportInput(prompt="Give me 3 interesting facts about dolphins"),
    id=f"generate-report-with-summary-{uuid.uuid4()}",
    task_queue="research",
)
await follow(handle, until=failed("generate_summary", times=3))

# %% [markdown]
# Look at the rows. `llm_call` has completed. `generate_summary` is tried again and again, with
# growing pauses, and its last error is shown. The Workflow is **Running**, not failed.
#
# Now find the same in the Web UI: open the Workflow, then **Pending Activities**. What does the
# error say? Which attempt is it? When is the next one?
#
# And what has been paid so far?

# %%
receipt(handle)

# %% [markdown]
# One call, for the research. The failing step never reached the provider, and the step before it
# is not repeated.
#
# ### Your turn: the fix
#
# The service is back: take the error out. In your own work you would fix a bug, renew a password
# or raise a quota.

# %% exercise="generate_summary"
@activity.defn
def generate_summary(input: LLMCallInput) -> ModelResponse:
    # PROMPT: raise ApplicationError("The summary service is not available")  # TODO: take it out
    # The service is back, and nothing is raised any more.
    return ask_model(input.prompt)

# %% [markdown]
# A fix counts when a Worker runs it. Start the Worker again. The Workflow is still there, waiting
# for its next attempt; nobody has to start it again.

# %%
worker = await start_worker(run_worker)
result = await follow(handle)
print(result.result)
receipt(handle)

# %% [markdown]
# The Workflow completed, and the bug was fixed while it ran. Read the receipt: two calls, one by
# `llm_call`, one by `generate_summary` at the attempt that succeeded. The research was **not**
# paid again.
#
# Here is its Event History as a picture: when each step ran, which attempts failed, and what the
# calls cost.

# %%
await timeline(handle)

# %% [markdown]
# ### A mistake in the plan
#
# That error was in an Activity. What if the **Workflow** itself has a mistake? The next one calls a
# method that a `str` does not have. Will the Workflow be Failed, or Running? (`task_timeout` makes
# Temporal try again after one second instead of ten, so that you do not wait long.)

# %%
@workflow.defn(sandboxed=False)
class TitleWorkflow:
    @workflow.run
    async def run(self, topic: str) -> str:
        return topic.capitalise()


async def title_worker() -> None:
    worker = Worker(client, task_queue="research-title", workflows=[TitleWorkflow])
    await worker.run()


worker = await start_worker(title_worker)
titled = await client.start_workflow(
    TitleWorkflow.run,
    "tardigrades",
    id=f"title-workflow-{uuid.uuid4()}",
    task_queue="research-title",
    task_timeout=timedelta(seconds=1),
)
async for event in titled.fetch_history_events(wait_new_event=True):
    if event.HasField("workflow_task_failed_event_attributes"):
        print(event.workflow_task_failed_event_attributes.failure.message)
        break
print((await titled.describe()).status.name)

# %% [markdown]
# Running, and `titled.result()` would wait. For Temporal this is a bug that you will fix. It fails
# the **Workflow Task**, one step of the plan, and tries it again for ever. To fail the
# **Workflow**, raise `ApplicationError`. An Activity's error that you do not catch fails it too,
# and so do a time-out and what you name in `@workflow.defn(failure_exception_types=[…])`. In
# production, watch for failed Workflow Tasks.
#
# Fix it, and nothing is lost.

# %%
@workflow.defn(sandboxed=False)
class TitleWorkflow:
    @workflow.run
    async def run(self, topic: str) -> str:
        return topic.capitalize()


worker = await start_worker(title_worker)
print(await titled.result())

# %% [markdown]
# ## Retry policies
#
# Unless you say otherwise, an Activity is retried after 1, 2, 4, 8 … seconds, at most 100 seconds
# apart, for ever. A [retry policy](https://docs.temporal.io/encyclopedia/retry-policies) changes
# that. Read it as a **schedule of waits**: `initial_interval` is the first wait, each further one
# is multiplied by `backoff_coefficient`, and `maximum_attempts` counts all attempts, the first
# included. In production give each step that costs money an end: a call that times out may be
# charged at each attempt.
#
# ### Your turn
#
# Write `retry_policy`: it tries 3 times in all, and waits 2 seconds, then 6.

# %% exercise="retry_policy"
retry_policy = RetryPolicy(
    # PROMPT: initial_interval=timedelta(seconds=1),  # TODO: the first wait, 2 seconds
    initial_interval=timedelta(seconds=2),
    # PROMPT: backoff_coefficient=2.0,  # TODO: 6 is how many times 2?
    backoff_coefficient=3.0,
    # PROMPT: maximum_attempts=0,  # TODO: 3 in all; 0 means without end
    maximum_attempts=3,
)

# %% [markdown]
# To see the schedule, here is an Activity that has bad luck each time and notes when it was called,
# and a Workflow that runs it under your policy. When the attempts are used up, the Workflow gets
# an `ActivityError`, and decides what to do.

# %%
import time

from temporalio.exceptions import ActivityError

moments: dict[str, list[float]] = {}  # of each Workflow


@activity.defn
def unlucky() -> None:
    moments.setdefault(activity.info().workflow_id, []).append(time.monotonic())
    raise ApplicationError("Bad luck")


@workflow.defn(sandboxed=False)
class RetryLabWorkflow:
    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.execute_activity(
                unlucky, start_to_close_timeout=timedelta(seconds=5), retry_policy=retry_policy
            )
        except ActivityError as error:
            return f"gave up: {error.cause}"
        return "had luck"

# %% [markdown]
# The Temporal Service does not know which Worker knows what. Any Worker that polls the Task Queue
# may get the task, and one that lacks the Workflow fails it. So the next Worker has both Workflows.
# The last line prints the waits as they were measured. Do they agree with your schedule?

# %%
async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="research",
            workflows=[GenerateReportWorkflow, RetryLabWorkflow],
            activities=[llm_call, create_pdf_activity, generate_summary, unlucky],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()


worker = await start_worker(run_worker)
handle = await client.start_workflow(
    RetryLabWorkflow.run, id=f"retry-lab-workflow-{uuid.uuid4()}", task_queue="research"
)
print(await follow(handle))
called = moments[handle.id]
print("waited:", [f"{b - a:.0f} s" for a, b in zip(called, called[1:])])

# %% [markdown]
# ## A timer that outlives its Worker
#
# What if the whole process dies? A **durable timer** gives us the time to try. `workflow.sleep`
# asks the Temporal Service to wake the Workflow; no process has to stay alive for it. We put one
# of 10 seconds between research and PDF.

# %%
@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        research_facts = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=llm_time,
        )
        await workflow.sleep(timedelta(seconds=10))
        pdf_filename = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(content=research_facts["choices"][0]["message"]["content"]),
            start_to_close_timeout=timedelta(seconds=10),
        )
        return GenerateReportOutput(result=f"Research report written: {pdf_filename}")

# %% [markdown]
# The next cell starts a Worker with the new code, starts a report, waits until the timer runs, and
# stops the Worker. From then on nothing of your code is running anywhere.

# %%
worker = await start_worker(run_worker)
handle = await client.start_workflow(
    GenerateReportWorkflow.run,
    GenerateReportInput(prompt="Give me 3 interesting facts about the Moon"),
    id=f"generate-research-report-workflow-{uuid.uuid4()}",
    task_queue="research",
)
await follow(handle, until=timer_started())
await stop_worker()

# %% [markdown]
# Ask the Temporal Service what it knows about the Workflow. It has no Worker, and yet it is
# Running: its state is in the Event History, not in a process. In the Web UI, look for
# **TimerStarted**.

# %%
description = await handle.describe()
print(description.status.name)
async for event in handle.fetch_history_events():
    kind = event.WhichOneof("attributes").removesuffix("_event_attributes")
    print(f"{event.event_id:>3}  {kind}")

# %% [markdown]
# Take your time; the Temporal Service waits with you. Then start a Worker, and watch the Workflow
# go on.

# %%
worker = await start_worker(run_worker)
result = await follow(handle)
print(result.result)
receipt(handle)

# %% [markdown]
# One report, one call, although the Worker was gone in the middle. The answer to the research came
# out of the history. In the picture, look for the timer. If the Worker came back only after the
# timer had fired, you also see how long the next task waited for one.

# %%
await timeline(handle)

# %% [markdown]
# ## Real crashes
#
# So far the Worker could finish its work before it stopped. Now it dies in the middle of it.
#
# ### One crash is yours
#
# This notebook's Worker runs in its kernel. When the kernel goes, the Worker goes with it, and
# nobody stops it first. The next report waits for **30 seconds** between answer and PDF: time for
# you to do it. It has its own Task Queue and its own Worker. The Workers of the cells above run
# again after the restart; they do not know this Workflow, and must not take it.

# %%
@workflow.defn(sandboxed=False)
class PatientReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> str:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=llm_time,
        )
        await workflow.sleep(timedelta(seconds=30))
        return await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(content=answer["choices"][0]["message"]["content"]),
            start_to_close_timeout=timedelta(seconds=10),
        )


async def crash_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue="research-crash",
            workflows=[PatientReportWorkflow],
            activities=[llm_call, create_pdf_activity],
            activity_executor=threads,
        )
        await worker.run()

# %% [markdown]
# A new kernel has lost every handle. So this report has an **id that you know**, and
# `USE_EXISTING` gives you the Workflow of that id that runs, as in *Two clicks*.
#
# Run the next cell. When its timer runs:
# 1. Restart the kernel: menu *Kernel*, *Restart Kernel…*, *Restart*.
# 2. Select the cell that begins with `print(await follow(report`, choose *Run*, *Run All Above
#    Selected Cell*, and wait for about a minute. The next cell finds your report again.
# 3. Run the cell that you have selected.
#
# If you came too late, run the next cell again. If you do not want to crash anything, run the next
# cells.

# %%
report = await client.start_workflow(
    PatientReportWorkflow.run,
    GenerateReportInput(prompt="Give me 3 interesting facts about octopuses"),
    id="report-that-survives",
    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    task_queue="research-crash",
)
worker = await start_worker(crash_worker)
await follow(report, until=timer_started())

# %%
print(await follow(report, limit=60))  # the timer alone takes 30 seconds

# %% [markdown]
# Did you restart? Then the first row is the work of a process that is gone. The new one took its
# answer from the history, and went on after it: `llm_call` has one attempt, and was paid once.
#
# ### The signal that no program can catch
#
# The next crashes are **SIGKILL**. `crash` runs the plain files of `project/` as processes of their
# own, kills one at the moment it names, starts it again, and counts what the model received. Each
# says how long it takes.
#
# First the plain script of lesson 01, killed between the answer and the PDF, and run again. Before
# you run the cell: how many calls will there be?

# %%
naive = await crash("naive")

# %% [markdown]
# Now the durable app, its Worker killed in the timer between answer and PDF. How many calls?

# %%
durable = await crash("timer")
beside(naive=naive.receipt, durable=durable.receipt)

# %% [markdown]
# And if the **Temporal Service itself** dies? It keeps its Event Histories in a file. The next cell
# kills it and starts it again on that file. This notebook's Worker and Client find it again by
# themselves.

# %%
service = await crash("service")

# %% [markdown]
# ## Replay, seen
#
# How did the new Worker know where to go on? It **replayed**: it ran your Workflow code from the
# first line, and each `execute_activity` that the history knows returned at once what was
# recorded. The SDK has a tool that does just this, `Replayer`. Here it replays the report on the
# Moon. Does a replay call the model?

# %%
from temporalio.worker import Replayer

before = mark()
replayer = Replayer(workflows=[GenerateReportWorkflow], data_converter=pydantic_data_converter)
replay = await replayer.replay_workflow(await handle.fetch_history())
print("replay:", replay.replay_failure or "no failure")
receipt(before)

# %% [markdown]
# The whole Workflow ran again, and the provider received nothing.
#
# And if the code decides otherwise than the history, as at 12:01? Here are two Workflows of the
# same name: one asks for other facts, waits longer, and prints; one forgets the research. Replay
# both against the same history.
#
# **Predict**, with a letter between the quotes: which replay will fail?
# - **a** only that of the Workflow that forgets the research
# - **b** both
# - **c** only that of the Workflow with another prompt and a longer timer

# %%
predict("another_prompt", "")

# %%
@workflow.defn(name="GenerateReportWorkflow", sandboxed=False)
class OtherReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        answer = await workflow.execute_activity(
            llm_call, LLMCallInput(prompt="Sing a song"), start_to_close_timeout=llm_time
        )
        print("printed in a replay")
        workflow.logger.warning("logged in a replay")
        await workflow.sleep(timedelta(days=3))
        pdf = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(content=answer["choices"][0]["message"]["content"]),
            start_to_close_timeout=timedelta(seconds=10),
        )
        return GenerateReportOutput(result=pdf)


@workflow.defn(name="GenerateReportWorkflow", sandboxed=False)
class ForgetfulWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> None:
        await workflow.sleep(timedelta(seconds=10))


failing = []
for changed in (OtherReportWorkflow, ForgetfulWorkflow):
    replayer = Replayer(workflows=[changed], data_converter=pydantic_data_converter)
    replay = await replayer.replay_workflow(
        await handle.fetch_history(), raise_on_replay_failure=False
    )
    failure = replay.replay_failure
    print(changed.__name__, "·", type(failure).__name__ if failure else "no failure")
    failing += [changed] if failure else []

# %%
reveal("another_prompt", [changed.__name__ for changed in failing])

# %% [markdown]
# Temporal notices other *steps*, and refuses to go on with a guess. It compares their kind, name
# and order, not their content: another prompt passes, and so does a longer timer. So test a changed
# Workflow against old histories before you deploy it. Where both versions must live,
# [versioning](https://docs.temporal.io/develop/python/workflows/versioning) keeps open Workflows on
# their old path: `workflow.patched`, or Worker Versioning.
#
# And `print` came again, as it does in each replay. `workflow.logger` was silent: in a Workflow,
# use that.
#
# ### What is promised, and what is not
#
# An Activity that **completed** is not run again; its result is in the history. But what if a
# Worker is killed *during* the LLM call, when the model has the question and nobody is left to
# receive the answer?
#
# **Predict**, with a letter between the quotes: how many calls will be paid?
# - **a** one: the answer is in the history
# - **b** two
# - **c** three

# %%
predict("during_the_call", "")

# %%
during = await crash("call")
reveal("during_the_call", during.receipt.answered)
beside(naive=naive.receipt, durable=durable.receipt, during_the_call=during.receipt)

# %% [markdown]
# Two. An Activity that is interrupted in the middle **is** run again, because nobody knows how far
# it came. The promise is *at least once* for the running step, and *never again* for the finished
# ones. Keep steps small, and keep them safe to repeat, as `whole_file` does.
#
# Stop the Worker; you are done.

# %%
await stop_worker()

# %% [markdown]
# ## The same without us
#
# So far the app ran in this classroom. It is also a folder of files that need nothing from the
# workshop: the same Activities, Workflow, Worker and Client, with tests and a tutorial. The next
# cell makes a copy with your prompt and your settings, but without a key. It compares your Workflow
# and your LLM call (`-`) with those in the files (`+`), and removes the copy again.

# %%
import tempfile

from workshop import export

with tempfile.TemporaryDirectory() as folder:
    app = export(f"{folder}/my-app", prompt=prompt)
    print(app.diff("workflow.py", GenerateReportWorkflow))
    print(app.diff("activities.py", ask_model, llm_call))

# %% [markdown]
# The steps are the same. What a file needs in addition:
# - **The sandbox is on.** It loads `workflow.py` again for each run, and refuses what is not
#   deterministic. What only Activities use is passed through.
# - **Settings come from the environment**, because there is no `begin`. The key is read in the
#   Activity. What the Workflow decides on, such as the time limit, is in its input: so a replay on
#   another machine decides the same.
# - **A step that costs money has an end**: it is given up after 10 attempts, or at once at an error
#   that stays. An empty answer is an error, too.
# - **Each PDF is named after its Workflow**, so that no report replaces another one.
# - **The connection is configuration.** `worker.py` and `starter.py` take address, namespace and
#   key of the Temporal Service from `TEMPORAL_` variables or a file, with `temporalio.envconfig`.
#
# To keep a copy, run one of these, and follow the `README.md` in the new folder:
# - in a cell: `%run -m workshop export ~/my-app`
# - in a terminal: `python -m workshop export ~/my-app`

# %% [markdown]
# ## Recap
#
# - **Activities** do the work that can fail. They are retried, timed, recorded.
# - A **Workflow** is the plan. Its code is deterministic; what it decides on comes from Activities.
# - A **Worker** runs your code and may die. The **Temporal Service** keeps the Event History while
#   the Workflow runs, and for some time after its end: 30 days here. That time is the **retention**
#   of a Namespace.
# - A **Client** starts Workflows and asks for results.
# - You measured it: the naive app paid twice for one answer; the durable one paid for each answer
#   once, through a failing step, a stopped Worker and a killed one; and twice only where the call
#   itself was cut off.
#
# How far are you?

# %%
progress()

# %% [markdown]
# ## Next
#
# **Exercise 2** makes an app durable that sends the report by e-mail. Open
# `exercises/02_Adding_Durability_with_Temporal/Practice/` in the file browser. If you get stuck,
# the `Solution` folder beside it has every answer.
#
# To read more:
# [how replay works](https://docs.temporal.io/encyclopedia/event-history/event-history-python), and
# [a chapter of Temporal 102](https://temporal.talentlms.com/unit/view/id:2847) ·
# [Activity time-outs and retries](https://docs.temporal.io/develop/python/failure-detection) ·
# [this app in files](https://learn.temporal.io/tutorials/ai/building-durable-ai-applications/durable-ai-with-temporal),
# Temporal's tutorial ·
# [a first app with the Python SDK](https://learn.temporal.io/getting_started/python/) ·
# [Temporal 102](https://learn.temporal.io/courses/temporal_102/python/), a free course
