"""Timeouts of a step whose Worker was killed: the dead attempt is cut off, the next one is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from workshop.stage.room import Stage

WHOLE_SECONDS = 30.0
"""The Start-to-Close timeout of an attempt that a Worker works on, as on stage: a slow machine must
not make another attempt of it."""


async def time_out(
    stage: Stage, handle: WorkflowHandle[Any, Any], name: str, after: float = 1.0
) -> None:
    """Have the attempt of a dead Worker time out, and the next one have its whole time.

    A Temporal Service that cannot do this takes the whole timeout.
    https://docs.temporal.io/cli/activity#update-options

    Args:
        name: the Activity's.
        after: seconds from the attempt's start.
    """

    async def attempt() -> int:
        pending = (await handle.describe()).raw_description.pending_activities
        return next((one.attempt for one in pending if one.activity_type.name == name), 0)

    async def over() -> bool:
        return await attempt() != dead

    dead = await attempt()
    try:
        await set_timeout(await stage.client(), handle, name, after)
    except RPCError:
        return
    await stage.until(over, f"{name} to time out")
    await set_timeout(await stage.client(), handle, name, WHOLE_SECONDS)


async def set_timeout(
    client: Client, handle: WorkflowHandle[Any, Any], name: str, seconds: float
) -> None:
    """Give an Activity that is pending another Start-to-Close timeout."""
    # The other two are unset, as in the Workflow: where the service has derived them from the
    # execution timeout, an attempt that is changed while it waits times out at once.
    paths = ["start_to_close_timeout", "schedule_to_close_timeout", "schedule_to_start_timeout"]
    request = UpdateActivityOptionsRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=handle.id),
        type=name,
        update_mask=FieldMask(paths=paths),
    )
    request.activity_options.start_to_close_timeout.FromTimedelta(timedelta(seconds=seconds))
    await client.workflow_service.update_activity_options(request)
