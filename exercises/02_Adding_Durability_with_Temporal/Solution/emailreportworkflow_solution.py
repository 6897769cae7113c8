@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
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
            send_email,
            EmailInput(to="reader@example.com", attachment=pdf_filename),
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=5)),
        )
        return GenerateReportOutput(result=sent)
