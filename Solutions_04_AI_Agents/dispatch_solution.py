async def dispatch(call: ToolCall) -> str:
    if call.name not in TOOLS:
        return f"error: there is no tool {call.name!r}. There are: {', '.join(TOOLS)}"
    try:
        arguments = arguments_of(call)
    except ValueError as error:
        return f"error: {error}"
    try:
        return await workflow.execute_activity(call.name, args=arguments, **LIMITS[call.name])
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return f"error: {error.cause}"
