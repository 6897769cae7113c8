@workflow.defn(sandboxed=False)
class ApprovalWorkflow:
    @workflow.init
    def __init__(self, input: ApprovalInput) -> None:
        self.approved: bool | None = None
        self.draft = ""

    @workflow.update
    def approve(self, decision: bool) -> str:
        self.approved = decision
        return "approved" if decision else "rejected"

    @approve.validator
    def check_approval(self, decision: bool) -> None:
        if not self.draft:
            raise ValueError("no draft is there yet")
        if self.approved is not None:
            raise ValueError("somebody has decided already")

    @workflow.run
    async def run(self, input: ApprovalInput) -> ApprovalResult:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.draft_prompt),
            start_to_close_timeout=llm_time,
        )
        self.draft = answer["choices"][0]["message"]["content"]
        try:
            await workflow.wait_condition(
                lambda: self.approved is not None, timeout=timedelta(hours=24)
            )
        except asyncio.TimeoutError:
            if self.approved is None:
                return ApprovalResult("expired", self.draft)
        return ApprovalResult("approved" if self.approved else "rejected", self.draft)
