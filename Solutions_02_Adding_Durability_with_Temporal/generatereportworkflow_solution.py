from datetime import timedelta

from temporalio import workflow


@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, input: GenerateReportInput) -> GenerateReportOutput:
        research_facts = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=llm_time,
        )
        content = research_facts["choices"][0]["message"]["content"]
        pdf_filename = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(content=content),
            start_to_close_timeout=timedelta(seconds=10),
        )
        return GenerateReportOutput(result=f"Research report written: {pdf_filename}")
