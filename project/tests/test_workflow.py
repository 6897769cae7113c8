"""The Workflow with stand-ins for its Activities, on a server whose clock skips what is waited."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from models import GenerateReportInput, LLMCallInput, PDFGenerationInput, task_queue
from stand_in import program
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from workflow import GenerateReportWorkflow

DAYS = timedelta(days=3).total_seconds()


def report(input: GenerateReportInput, answer: Callable[[int], str]) -> tuple[str, list[str]]:
    """The Workflow's result, and the Activities that ran.

    Args:
        answer: what the model says at attempt 1, 2 and so on.
    """
    ran: list[str] = []

    @activity.defn(name="llm_call")
    async def llm_call(input: LLMCallInput) -> str:
        ran.append(f"llm_call {input.prompt}")
        return answer(activity.info().attempt)

    @activity.defn(name="create_pdf")
    async def create_pdf(input: PDFGenerationInput) -> str:
        ran.append(f"create_pdf {input.content}")
        return input.filename

    # Without it, Temporal would try an Activity that no Worker knows again for ever.
    @activity.defn(dynamic=True)
    async def any_other(args: Sequence[RawValue]) -> None:
        name = activity.info().activity_type
        raise ApplicationError(f"This test has no stand-in for {name}", non_retryable=True)

    async def run() -> str:
        server = program("temporal-test-server")
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=server
        ) as env:
            worker = Worker(
                env.client,
                task_queue=task_queue(),
                workflows=[GenerateReportWorkflow],
                activities=[llm_call, create_pdf, any_other],
            )
            async with worker:
                return await env.client.execute_workflow(
                    GenerateReportWorkflow.run, input, id="report-1", task_queue=task_queue()
                )

    try:
        return asyncio.run(run()), ran
    except WorkflowFailureError as error:
        assert isinstance(error.cause.__cause__, ApplicationError)
        return error.cause.__cause__.message, ran


def test_a_report_with_a_pause_of_three_days() -> None:
    result, ran = report(GenerateReportInput("Bees?", pause_seconds=DAYS), lambda _: "They dance.")
    assert result == "Successfully created research report PDF: report-1.pdf"
    assert ran == ["llm_call Bees?", "create_pdf They dance."]


def test_a_model_that_is_down_for_a_while() -> None:
    def answer(attempt: int) -> str:
        if attempt < 9:
            raise ApplicationError("down")
        return "Up."

    _, ran = report(GenerateReportInput("Bees?"), answer)
    assert ran == 9 * ["llm_call Bees?"] + ["create_pdf Up."]


@pytest.mark.parametrize(("non_retryable", "attempts"), [(True, 1), (False, 10)])
def test_a_paid_step_ends_some_time(non_retryable: bool, attempts: int) -> None:
    def answer(attempt: int) -> str:
        raise ApplicationError("no", non_retryable=non_retryable)

    said, ran = report(GenerateReportInput("Bees?"), answer)
    assert said == "no"
    assert ran == attempts * ["llm_call Bees?"]
