@activity.defn
def llm_call(input: LLMCallInput) -> Turn:
    answer = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=input.messages,
        tools=input.tools,
        max_tokens=1000,
        timeout=settings.llm_timeout,
        max_retries=0,
    )
    message = answer.choices[0].message
    calls = []
    for call in message.tool_calls or []:
        calls.append(ToolCall(call.id, call.function.name, call.function.arguments))
    return Turn(message.content or "", calls, price(answer))
