@activity.defn
async def call_tool(name: str, arguments: dict) -> str:
    async with mcp_session() as session:
        result = await session.call_tool(name, arguments)
    text = "\n".join(part.text for part in result.content if part.type == "text")
    if result.is_error:
        raise ApplicationError(text, non_retryable=True)
    return text
