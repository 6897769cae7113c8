async def decide(handle, decision: bool) -> str:
    try:
        return await handle.execute_update(ApprovalWorkflow.approve, decision)
    except WorkflowUpdateFailedError as error:
        return str(error.cause)
    except RPCError as error:
        return error.message
