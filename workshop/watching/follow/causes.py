"""Causes: why a Workflow Task failed, from the Event History and from a Worker of this kernel."""

from __future__ import annotations

import logging
import re
import traceback
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from workshop.core.display import clean
from workshop.watching.follow.history import attributes
from workshop.watching.follow.rows import exception_line, failure_text, is_library, seconds

HARMLESS = {
    # The service takes a task back for reasons of its own; it is no fault of the code.
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND,
}


@dataclass(frozen=True)
class Cause:
    """Why a Workflow Task failed."""

    at: float
    error: str
    line: str
    nondeterminism: bool = False


def recorded_cause(events: Sequence[HistoryEvent]) -> Cause | None:
    """The latest recorded failure, unless a later Workflow Task went well."""
    nondeterminism = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
    for event in reversed(events):
        kind, told = attributes(event)
        if kind == "workflow_task_completed":
            return None
        if kind == "workflow_task_failed" and told.cause not in HARMLESS:
            return Cause(
                seconds(event.event_time),
                failure_text(told.failure, 300),
                _own_line(told.failure.stack_trace),
                told.cause == nondeterminism,
            )
    return None


class TaskFailures(logging.Filter):
    """Remembers the latest Workflow Task failure that a Worker of this process has logged.

    Temporal records the first failure of a Workflow Task and not those of its later attempts, so
    after an edit the Event History still names the old error. The SDK's own log has the new one.
    A filter sees the records without changing how they are printed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.latest: OrderedDict[str, Cause] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        details = getattr(record, "temporal_workflow", None)
        if isinstance(details, dict):
            run_id = details.get("run_id")
        elif isinstance(record.args, tuple) and "run ID %s" in str(record.msg) and record.args:
            run_id = record.args[0]
        else:
            return True
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(run_id, str) and error is not None and "Failed" in str(record.msg):
            line = _own_line("".join(traceback.format_tb(error.__traceback__)))
            self.latest[run_id] = Cause(record.created, exception_line(error), line)
            self.latest.move_to_end(run_id)
            while len(self.latest) > 100:
                self.latest.popitem(last=False)
        return True


logged = TaskFailures()
for _name in ("temporalio.worker._workflow_instance", "temporalio.worker._workflow"):
    logging.getLogger(_name).addFilter(logged)


def _own_line(stack_trace: str) -> str:
    """The innermost line that the learner wrote, as a sentence; "" where none can be told."""
    frames = re.findall(r'File "(.+?)", line (\d+), in (\S+)(?:\n {4}(\S.*))?', stack_trace)
    for file, line, name, code in reversed(frames):
        if is_library(file):
            continue
        place = file.replace("\\", "/")
        # A cell has no file name that a learner would know.
        cell = "ipykernel" in place or place.startswith("<") or not place.endswith(".py")
        where = f"line {line} of the cell" if cell else f"{place.rpartition('/')[2]} line {line}"
        text = f"In {name}, {where}"
        return clean(f"{text}: {code}", 200) if code else f"{clean(text, 200)}."
    return ""
