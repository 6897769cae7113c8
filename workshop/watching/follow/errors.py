"""The errors that end following: each says what was seen and how the Workflow goes on."""

from __future__ import annotations

from workshop.core.errors import WorkshopError


class FollowError(WorkshopError):
    """Following ended otherwise than asked. The other errors of this module are kinds of it."""


class WorkflowTaskFailed(FollowError):
    """Code of the Workflow raises or no longer fits its history; Temporal retries that for ever."""


class ActivityNotRegistered(FollowError):
    """The Worker does not know an Activity of this Workflow; Temporal retries that for ever."""


class NoWorker(FollowError):
    """A task lies on a Task Queue that no Worker polls."""


class ModelTrouble(FollowError):
    """The LLM cannot answer until a person changes a setting, or starts it again.

    The Workflow goes on with the next attempt after that.
    """


class StillRunning(FollowError):
    """The limit passed. The Workflow goes on."""


class WorkflowEnded(FollowError):
    """The Workflow failed, was terminated or cancelled, or timed out.

    `__cause__` is the `WorkflowFailureError` that `handle.result()` raises
    (https://python.temporal.io/temporalio.client.WorkflowFailureError.html).
    """


class ServiceAway(FollowError):
    """The Temporal Service did not answer until the limit passed."""


class UnknownWorkflow(FollowError):
    """The Temporal Service has no Workflow of that id."""
