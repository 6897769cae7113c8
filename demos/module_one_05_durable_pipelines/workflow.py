"""The plans: one source is fetched, summarised and saved; a batch is many of those at once."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
)

# The sandbox loads a Workflow's file anew for each run. These modules may be shared instead:
# LiteLLM alone would take seconds, and none of them is called from Workflow code.
with workflow.unsafe.imports_passed_through():
    from activities import call_llm, fetch_url, save_result
    from models import BatchInput, BatchReport, Failure, Research, ResearchInput, SaveInput

FETCH_RETRY_POLICY = RetryPolicy(maximum_attempts=3)

LLM_RETRY_POLICY = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=2,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=10,
    # What is as wrong the next time. Names are compared as they stand, without inheritance: a
    # subclass of BadRequestError needs a name of its own here.
    non_retryable_error_types=[
        "AuthenticationError",
        "PermissionDeniedError",
        "NotFoundError",
        "BadRequestError",
        "UnprocessableEntityError",
        "ContextWindowExceededError",
        "ContentPolicyViolationError",
        "UnsupportedParamsError",
        "LiteLLMUnknownProvider",
    ],
)

# No limit: the answer is paid for, and waits until the database is back. A row that does not fit
# the table never will.
SAVE_RETRY_POLICY = RetryPolicy(
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=["DataError", "IntegrityError"],
)


@workflow.defn
class ResearchWorkflow:
    @workflow.run
    async def run(self, input: ResearchInput) -> Research:
        page = await workflow.execute_activity(
            fetch_url,
            input.source_url,
            start_to_close_timeout=timedelta(seconds=input.fetch_timeout_seconds),
            retry_policy=FETCH_RETRY_POLICY,
        )
        summary = await workflow.execute_activity(
            call_llm,
            f"Summarize in three sentences what this page says about {input.topic}:\n\n{page}",
            start_to_close_timeout=timedelta(seconds=input.llm_timeout_seconds),
            retry_policy=LLM_RETRY_POLICY,
        )
        await workflow.execute_activity(
            save_result,
            SaveInput(input.topic, input.source_url, summary.text),
            start_to_close_timeout=timedelta(seconds=input.save_timeout_seconds),
            retry_policy=SAVE_RETRY_POLICY,
        )
        return Research(input.topic, input.source_url, summary.text)


@workflow.defn
class ResearchBatchWorkflow:
    @workflow.init  # runs before any message is handled, so that a Query finds the numbers
    def __init__(self, input: BatchInput) -> None:
        self.total = len(input.sources)
        self.saved: dict[int, str] = {}
        self.failed: dict[int, Failure] = {}

    @workflow.query
    def get_progress(self) -> dict[str, int]:
        done = len(self.saved) + len(self.failed)
        return {"done": done, "total": self.total, "failed": len(self.failed)}

    @workflow.run
    async def run(self, input: BatchInput) -> BatchReport:
        free = asyncio.Semaphore(max(1, input.at_once))

        async def one(number: int, source: ResearchInput) -> None:
            async with free:
                await self.research(number, source)

        await asyncio.gather(*(one(n, source) for n, source in enumerate(input.sources)))
        # In the order of the sources, whichever was ready first.
        return BatchReport(
            [self.saved[n] for n in sorted(self.saved)],
            [self.failed[n] for n in sorted(self.failed)],
        )

    async def research(self, number: int, source: ResearchInput) -> None:
        try:
            done = await workflow.execute_child_workflow(
                ResearchWorkflow.run,
                source,
                # The same at each replay, and the beginning of the row's key.
                id=f"{workflow.info().workflow_id}/{number}",
            )
            self.saved[number] = done.source_url
        except FailureError as error:
            if workflow.cancellation_reason() is not None:
                raise  # the whole batch was cancelled: that is no failure of this source
            # One bad source is named, and does not take the others with it.
            self.failed[number] = Failure(source.topic, source.source_url, reason(error))


def reason(error: BaseException) -> str:
    """Type and message of what failed, beneath what Temporal has wrapped around it."""
    while isinstance(error, (ChildWorkflowError, ActivityError)) and error.cause:
        error = error.cause
    kind = error.type if isinstance(error, ApplicationError) else type(error).__name__
    return f"{kind}: {getattr(error, 'message', error)}"
