async def read(handle) -> str:
    return await handle.query(DraftWorkflow.get_latest_text)
