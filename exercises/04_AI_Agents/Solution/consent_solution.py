@workflow.defn(sandboxed=False)
class CarefulAgent(Loop):
    @workflow.init
    def __init__(self, input: AgentInput) -> None:
        self.waiting: dict[str, ToolCall] = {}
        self.consents: dict[str, bool] = {}

    @workflow.query
    def waits_for(self) -> list[ToolCall]:
        return list(self.waiting.values())

    @workflow.update
    def decide(self, consent: Consent) -> str:
        self.consents[consent.call_id] = consent.allowed
        return "allowed" if consent.allowed else "refused"

    @decide.validator
    def check_consent(self, consent: Consent) -> None:
        if consent.call_id not in self.waiting or consent.call_id in self.consents:
            raise ValueError(f"no call {consent.call_id!r} waits for a decision")

    async def use(self, call: ToolCall) -> str:
        if call.id in self.waiting:  # two calls of one id: which of them would the person mean?
            return "error: nobody allowed it"
        self.waiting[call.id] = call
        try:
            decided = lambda: call.id in self.consents
            await workflow.wait_condition(decided, timeout=timedelta(hours=1))
        except asyncio.TimeoutError:
            pass
        del self.waiting[call.id]
        if not self.consents.pop(call.id, False):
            return "error: nobody allowed it"
        return await self.run_tool(call)

    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        return await self.converse(input)
