"""The plan: ask the model, write the PDF."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

# The sandbox loads this file again for each Workflow run, and refuses what is not deterministic.
# These modules it need not load again: their functions run as Activities, outside the sandbox.
with workflow.unsafe.imports_passed_through():
    from activities import create_pdf, llm_call
    from models import GenerateReportInput, LLMCallInput, PDFGenerationInput


@workflow.defn
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> str:
        research = await workflow.execute_activity(
            llm_call,
            LLMCallInput(input.prompt, timeout_seconds=input.llm_timeout_seconds),
            # Longer than the call's own limit: it is for the Worker that died in the call.
            start_to_close_timeout=timedelta(seconds=input.llm_timeout_seconds + 10),
            # A step that costs money ends some time. This is about five minutes of retries.
            retry_policy=RetryPolicy(maximum_attempts=10),
        )

        if input.pause_seconds:
            workflow.logger.info("The answer is in the Event History. You can kill this Worker.")
            await workflow.sleep(timedelta(seconds=input.pause_seconds))

        pdf_filename = await workflow.execute_activity(
            create_pdf,
            # One file for each report: an attempt that comes again writes the same one.
            PDFGenerationInput(research, filename=f"{workflow.info().workflow_id}.pdf"),
            start_to_close_timeout=timedelta(seconds=30),
        )

        return f"Successfully created research report PDF: {pdf_filename}"
