"""The plan: research, a pause in which to kill the Worker, a PDF."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

# The sandbox loads a Workflow's file anew for each run. These modules may be shared instead:
# LiteLLM alone would take seconds, and none of them is called from Workflow code.
with workflow.unsafe.imports_passed_through():
    from activities import create_pdf_activity, llm_call
    from models import (
        GenerateReportInput,
        GenerateReportOutput,
        LLMCallInput,
        PDFGenerationInput,
    )


@workflow.defn
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        research_facts = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=timedelta(seconds=input.llm_timeout_seconds),
            # A wrong key stays wrong; anything else may be better next time.
            retry_policy=RetryPolicy(non_retryable_error_types=["AuthenticationError"]),
        )
        # This logger is silent during a replay: a restarted Worker does not say it again.
        workflow.logger.info("The answer is in the Event History. Now is the time to kill me.")
        # The Temporal Service keeps the time. No process of ours has to stay alive for it.
        await workflow.sleep(timedelta(seconds=input.pause_seconds), summary="pause before the PDF")
        pdf_filename = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(content=research_facts["choices"][0]["message"]["content"]),
            start_to_close_timeout=timedelta(seconds=input.pdf_timeout_seconds),
        )
        return GenerateReportOutput(result=f"Research report written: {pdf_filename}")
