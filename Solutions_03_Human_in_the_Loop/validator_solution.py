@workflow.defn(sandboxed=False)
class DraftWorkflow(Drafting):
    @workflow.update
    def decide(self, decision: Decision) -> str:
        self.decision = decision
        return f"{decision.choice} of version {decision.version} accepted"

    @decide.validator
    def check_decision(self, decision: Decision) -> None:
        if decision.choice not in ("keep", "redo", "edit"):
            raise ValueError(f"{decision.choice!r} is no choice: say keep, redo or edit")
        if self.draft.status != "waiting":
            raise ValueError(f"nothing waits for a decision: the draft is {self.draft.status}")
        if decision.version != self.draft.version:
            raise ValueError(f"you have read {decision.version}, and {self.draft.version} waits")
        if self.decision is not None:
            raise ValueError(f"version {decision.version} is decided already")

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        while True:
            await self.write()
            if not await somebody_decides(lambda: self.decision is not None, self.draft.version):
                return self.ended("expired")
            decision, self.decision = self.decision, None
            if decision.choice == "keep":
                return self.ended("published")
            if self.draft.version == VERSIONS:
                return self.ended("unfinished")
            self.draft.status = "writing"
            if decision.choice == "edit":
                self.prompt = f"{decision.instructions}:\n\n{self.draft.text}"
            if workflow.info().is_continue_as_new_suggested():  # see Long conversations
                workflow.continue_as_new(DraftInput(self.prompt, self.draft))
