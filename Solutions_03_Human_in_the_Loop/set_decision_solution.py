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

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        answer = await workflow.execute_activity(
            llm_call, LLMCallInput(self.prompt), start_to_close_timeout=llm_time
        )
        self.latest_text = answer["choices"][0]["message"]["content"]
        await workflow.wait_condition(lambda: self.decision is not None)
        return Draft(text=self.latest_text, status="published")
