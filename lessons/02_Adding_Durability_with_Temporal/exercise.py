# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercise 2: the report that is sent by e-mail
#
# The research app has learned something new: it sends the report by e-mail. The mail service is
# down today. Make the app durable, watch the e-mail fail, fix it, and see the report arrive,
# without asking the model a second time.
#
# **You will practise** Activities, a Workflow, a Worker and a Client, this time with less help.
#
# **Time** about 25 minutes. **Needs** lesson 02. Under each task is a cell that checks what you
# wrote, with `hint` and `solution` to uncomment; the `Solution` folder beside this one holds every
# answer.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from workshop import (
    begin, check, failed, follow, hint, progress, receipt, show_pdf, solution, start_worker,
    stop_worker, timeline,
)

settings = await begin("02")
client = await Client.connect(
    **ClientConfig.load_client_connect_config(),
    data_converter=pydantic_data_converter,
)

# %% [markdown]
# ## What is there already
#
# The function that asks the model, the inputs, and the two Activities that you know from the
# lesson.

# %% include="02_Adding_Durability_with_Temporal/ask_model"

# %% include="02_Adding_Durability_with_Temporal/models"

# %% include="02_Adding_Durability_with_Temporal/llm_call"

# %% include="02_Adding_Durability_with_Temporal/create_pdf_activity"

# %% [markdown]
# ## Task 1: an Activity that sends the report
#
# `send_email` takes one object: who gets the report, and which file. It is still a plain function.
# Add the decorator that makes it an Activity, and change nothing else. Leave the `raise` in: the
# mail service really is down.

# %%
@dataclass
class EmailInput:
    to: str
    attachment: str


# %% exercise="send_email_activity"
# PROMPT: # TODO: make this function an Activity
@activity.defn
def send_email(input: EmailInput) -> str:
    raise ApplicationError("The e-mail service is not available")

# %% [markdown]
# ## Task 2: the Workflow
#
# Finish `GenerateReportWorkflow`. Research and PDF are there. Call `send_email` after the PDF, with
# an `EmailInput` that holds the address and the file name, and a Start-to-Close timeout of 20
# seconds. The retry policy is given: at most 5 seconds between two attempts.

# %% exercise="emailreportworkflow"
@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    # PROMPT: # TODO: add the decorator of the entry point
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        research_facts = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=llm_time,
        )
        pdf_filename = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(
                content=research_facts["choices"][0]["message"]["content"],
                filename="exercise_report.pdf",
            ),
            start_to_close_timeout=timedelta(seconds=10),
        )
        sent = await workflow.execute_activity(
            # PROMPT: ...,  # TODO: the Activity that sends the e-mail
            send_email,
            # PROMPT: ...,  # TODO: its input: to="reader@example.com", attachment=the PDF's name
            EmailInput(to="reader@example.com", attachment=pdf_filename),
            # PROMPT: start_to_close_timeout=...,  # TODO: 20 seconds
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=5)),
        )
        return GenerateReportOutput(result=sent)

# %% [markdown]
# ## Task 3: the Worker
#
# Finish `run_worker`. Poll the Task Queue `research-exercise`, so that this notebook and the
# lesson's never take each other's work. Register all three Activities.

# %% exercise="email_worker"
async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            # PROMPT: task_queue="",  # TODO: "research-exercise"
            task_queue="research-exercise",
            workflows=[GenerateReportWorkflow],
            # PROMPT: activities=[...],  # TODO: all three
            activities=[llm_call, create_pdf_activity, send_email],
            activity_executor=threads,
            graceful_shutdown_timeout=timedelta(seconds=30),
        )
        await worker.run()

# %%
worker = await start_worker(run_worker)

# %% [markdown]
# ## Task 4: start it
#
# Fill in the Workflow and the Task Queue, and start a report. `handle` is what you get back.

# %% exercise="email_client"
handle = await client.start_workflow(
    # PROMPT: ...,  # TODO: the Workflow to run
    GenerateReportWorkflow.run,
    GenerateReportInput(prompt="Give me 3 interesting facts about octopuses"),
    id=f"generate-research-report-workflow-{uuid.uuid4()}",
    # PROMPT: task_queue="",  # TODO: the Task Queue that your Worker polls
    task_queue="research-exercise",
)
print("Started", handle.id)

# %% [markdown]
# Watch the e-mail fail three times. In the Web UI, the Workflow has a **Pending Activity**: find
# its error, its attempt, and the time of the next one.

# %%
await follow(handle, until=failed("send_email", times=3))
receipt(handle)

# %% [markdown]
# The report is written and paid for; one call. Only the e-mail is missing, and Temporal goes on
# trying.
#
# ## Task 5: the fix
#
# The mail service is back. Take the line with `raise` out of `send_email`; the rest is finished. It
# writes the message into the folder `outbox`; a real one would give it to a mail server. The file
# is named after the Workflow, so the same report sent twice is one file, and a second attempt does
# no harm.

# %% exercise="send_email"
from email.message import EmailMessage
from pathlib import Path


@activity.defn
def send_email(input: EmailInput) -> str:
    # PROMPT: raise ApplicationError("The e-mail service is not available")  # TODO: take it out
    # The service is back, and nothing is raised any more.
    message = EmailMessage()
    message["To"], message["Subject"] = input.to, "Your research report"
    message.set_content("The report is attached.")
    report = Path(input.attachment)
    message.add_attachment(
        report.read_bytes(), maintype="application", subtype="pdf", filename=report.name
    )
    outbox = Path("outbox")
    outbox.mkdir(exist_ok=True)
    (outbox / f"{activity.info().workflow_id}.eml").write_bytes(bytes(message))
    return f"Sent {report.name} to {input.to}"

# %% [markdown]
# Start the Worker again, with the corrected Activity, and watch the Workflow complete.

# %%
worker = await start_worker(run_worker)
result = await follow(handle)
print(result.result)

# %%
show_pdf("exercise_report.pdf")
receipt(handle)

# %% [markdown]
# Still one call. The research was asked for once, although the last step failed again and again
# and the Worker was replaced in between. The picture shows it whole.

# %%
await timeline(handle)

# %% [markdown]
# **To think about.** Which of the three Activities is safe to run twice? What would happen if the
# Worker died after the mail server had the e-mail, and before the Activity could report it?
#
# Stop the Worker; you are done.

# %%
await stop_worker()

# %% [markdown]
# ## Recap
#
# You took an app with three steps and made each one an Activity; a Workflow calls them in order,
# a Worker runs them, a Client starts them. A failing last step cost patience, and no money.
