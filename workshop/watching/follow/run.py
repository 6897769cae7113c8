"""One run of a Workflow, as far as the Temporal Service has told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import HistoryEventFilterType, TaskQueueType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from workshop.core.display import clean
from workshop.watching.follow.history import attributes, steps
from workshop.watching.follow.rows import Progress, seconds

RPC_SECONDS = timedelta(seconds=2)
"""A loopback service answers in milliseconds; a call without a limit could wait for ever."""


class Run:
    """What is known of one run, the latest one unless it is named. `poll` learns what is new."""

    def __init__(self, client: Client, workflow_id: str, run_id: str | None) -> None:
        self.client, self.workflow_id, self.run_id = client, workflow_id, run_id or ""
        self.events: list[HistoryEvent] = []
        self.state = DescribeWorkflowExecutionResponse()

    @classmethod
    def of(cls, handle: WorkflowHandle[Any, Any], client: Client | None = None) -> Run:
        """The run that `handle.result()` waits for, as another Client than the handle's sees it."""
        # The handle has no public name for its Client.
        return cls(client or handle._client, handle.id, handle.run_id or handle.result_run_id)

    @property
    def address(self) -> str:
        """Host and port of its Temporal Service."""
        return str(self.client.service_client.config.target_host)

    @property
    def _execution(self) -> WorkflowExecution:
        return WorkflowExecution(workflow_id=self.workflow_id, run_id=self.run_id)

    async def poll(self) -> None:
        """Ask for the present state, and for those events that are new: one call, seldom two."""
        # retry=False: the SDK's own retries would hide for 10 s that the service is away.
        self.state = await self.client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=self.client.namespace, execution=self._execution
            ),
            retry=False,
            timeout=RPC_SECONDS,
        )
        info = self.state.workflow_execution_info
        self.run_id = info.execution.run_id
        if len(self.events) >= info.history_length:
            return
        try:
            self.events += await self._new_events(info.history_length)
        except RPCError as error:
            if error.status != RPCStatusCode.UNIMPLEMENTED:
                raise
            # The time-skipping test server knows no other order than from the beginning.
            handle = self.client.get_workflow_handle(self.workflow_id, run_id=self.run_id)
            found = [event async for event in handle.fetch_history_events(rpc_timeout=RPC_SECONDS)]
            self.events = found[: info.history_length]

    async def _new_events(self, length: int) -> list[HistoryEvent]:
        """The events that are not known yet.

        Read from the end, so that a long history is not read again, and because only recorded
        events come that way: attempts of a Workflow Task that may yet vanish do not.
        """
        known = len(self.events)
        new: list[HistoryEvent] = []
        token = b""
        while known + len(new) < length:
            page = await self.client.workflow_service.get_workflow_execution_history_reverse(
                GetWorkflowExecutionHistoryReverseRequest(
                    namespace=self.client.namespace,
                    execution=self._execution,
                    maximum_page_size=min(200, length - known - len(new) + 5),
                    next_page_token=token,
                ),
                retry=False,
                timeout=RPC_SECONDS,
            )
            new += [event for event in page.history.events if event.event_id > known]
            token = page.next_page_token
            if not token or not page.history.events or page.history.events[-1].event_id == 1:
                break
        return new[::-1]

    async def closed(self) -> None:
        """Return when the run closes, or when the service cannot say so any longer."""
        await self.client.workflow_service.get_workflow_execution_history(
            GetWorkflowExecutionHistoryRequest(
                namespace=self.client.namespace,
                execution=self._execution,
                wait_new_event=True,
                history_event_filter_type=(
                    HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
                ),
            ),
            retry=False,
            timeout=timedelta(seconds=30),
        )

    def progress(self) -> Progress:
        info = self.state.workflow_execution_info
        told = [attributes(event) for event in self.events]
        return Progress(
            workflow_type=clean(info.type.name),
            workflow_id=clean(self.workflow_id),
            run_id=self.run_id,
            status=WorkflowExecutionStatus(info.status).name.lower().replace("_", " "),
            steps=steps(self.events, self.state.pending_activities),
            workers=frozenset(
                task.identity for kind, task in told if kind == "workflow_task_completed"
            ),
        )

    @property
    def task_queue(self) -> str:
        """Its Task Queue; empty before the first poll."""
        if not self.events:
            return ""
        return self.events[0].workflow_execution_started_event_attributes.task_queue.name

    @property
    def next_run_id(self) -> str:
        """The run that takes over (continue-as-new, Workflow retry, cron); "" where none does."""
        told = attributes(self.events[-1])[1] if self.events else None
        return str(getattr(told, "new_execution_run_id", ""))

    async def last_poll(self, queue: str, kind: TaskQueueType.ValueType) -> float | None:
        """Unix seconds when a Worker last asked for work; None if none did for minutes."""
        answer = await self.client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self.client.namespace,
                task_queue=TaskQueue(name=queue),
                task_queue_type=kind,
            ),
            retry=False,
            timeout=RPC_SECONDS,
        )
        return max((seconds(p.last_access_time) for p in answer.pollers), default=None)
