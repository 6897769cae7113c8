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
            return_exceptions=True,
        )
        found = [one for one in results if isinstance(one, Research)]
        missing = [
            f"{source.topic}: {reason_of(result)}"
            for source, result in zip(input.sources, results)
            if isinstance(result, BaseException)
        ]
        letter = letter_of(found, missing)
        name = await workflow.execute_activity(
            send_digest, letter, start_to_close_timeout=timedelta(seconds=10)
        )
        return Digest(name, len(found), missing)
