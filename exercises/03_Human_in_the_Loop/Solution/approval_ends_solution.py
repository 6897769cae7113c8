@workflow.defn(sandboxed=False)
class ApprovalWorkflow:
    @workflow.init
    def __init__(self, input: ApprovalInput) -> None:
        self.approved: bool | None = None

    @workflow.signal
    def approve(self, decision: bool) -> None:
        self.approved = decision

    @workflow.run
    async def run(self, input: ApprovalInput) -> ApprovalResult:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.draft_prompt),
            start_to_close_timeout=llm_time,
        )
        draft = answer["choices"][0]["message"]["content"]
        try:
            await workflow.wait_condition(
                lambda: self.approved is not None, timeout=timedelta(hours=24)
            )
        except asyncio.TimeoutError:
            return ApprovalResult("expired", draft)
        return ApprovalResult("approved" if self.approved else "rejected", draft)
