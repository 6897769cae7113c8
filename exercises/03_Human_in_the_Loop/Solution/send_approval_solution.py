async def decide(handle, decision: bool) -> str:
    try:
        return await handle.execute_update(ApprovalWorkflow.approve, decision)
    except WorkflowUpdateFailedError as error:
        return str(error.cause)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return error.message
