async def keep(handle) -> None:
    await handle.signal(
        DraftWorkflow.set_decision,
        Decision("keep"),
    )
