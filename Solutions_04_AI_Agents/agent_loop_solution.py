@workflow.defn(sandboxed=False)
class AgentWorkflow:
    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        budget, messages = input.budget, [{"role": "user", "content": input.goal}]
        turns, dollars, steps = 0, 0.0, []
        while turns < budget.turns and dollars < budget.dollars:
            turn = await workflow.execute_activity(
                llm_call,
                LLMCallInput(messages, DESCRIPTIONS),
                start_to_close_timeout=llm_time,
            )
            turns, dollars = turns + 1, dollars + turn.dollars
            messages.append(said(turn))
            if not turn.calls:
                return AgentResult("answered", turn.text, turns, dollars, steps)
            results = await asyncio.gather(*[dispatch(call) for call in turn.calls])
            for call, result in zip(turn.calls, results):
                text = result[:2000]
                messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
                steps.append(f"{call.name} {call.arguments}: {first_line(text)}")
        status = "out of dollars" if turns < budget.turns else "out of turns"
        return AgentResult(status, "", turns, dollars, steps)
