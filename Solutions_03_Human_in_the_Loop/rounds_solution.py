@workflow.defn(sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.prompt = input.prompt
        self.latest_text = ""
        self.decision: Decision | None = None

    @workflow.signal
    def set_decision(self, decision: Decision) -> None:
        self.decision = decision

    @workflow.query
    def get_latest_text(self) -> str:
        return self.latest_text

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        for round in range(10):
            answer = await workflow.execute_activity(
                llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
            )
            self.latest_text = answer["choices"][0]["message"]["content"]
            await workflow.wait_condition(lambda: self.decision is not None)
            decision, self.decision = self.decision, None
            if decision.choice == "keep":
                return Draft(text=self.latest_text, status="published")
            if decision.choice == "edit":
                self.prompt = f"{decision.instructions}:\n\n{self.latest_text}"
        return Draft(text=self.latest_text, status="unfinished")
