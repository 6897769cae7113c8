@workflow.defn(sandboxed=False)
class ResearchBatchWorkflow(Batch):
    async def research(self, number: int, source: ResearchInput) -> None:
        async with self.slots:
            try:
                await workflow.execute_child_workflow(
                    ResearchWorkflow.run, source, id=f"{workflow.info().workflow_id}/{number}"
                )
                self.report.saved.append(source.topic)
            except ChildWorkflowError as error:
                self.report.failed.append(
                    Failure(source.topic, source.source_url, reason_of(error))
                )

    @workflow.run
    async def run(self, input: BatchInput) -> BatchReport:
        await asyncio.gather(*(self.research(n, s) for n, s in enumerate(input.sources, 1)))
        return self.report
