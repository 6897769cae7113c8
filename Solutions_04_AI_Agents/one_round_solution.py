async def one_round(messages: list[dict]) -> list[dict]:
    turn = llm_call(LLMCallInput(messages, DESCRIPTIONS))
    messages = [*messages, said(turn)]
    for call in turn.calls:
        arguments = json.loads(call.arguments)
        result = await TOOLS[call.name](**arguments)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return messages
