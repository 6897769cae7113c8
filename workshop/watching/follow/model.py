"""An LLM that cannot answer: what an Activity's error means, and when waiting is of no use."""

from __future__ import annotations

from workshop.core.display import clean
from workshop.services.provider_errors import Trouble, explain_failure
from workshop.watching.follow.conditions import Condition, When
from workshop.watching.follow.errors import FollowError, ModelTrouble
from workshop.watching.follow.rows import seconds
from workshop.watching.follow.run import Run


def advice(run: Run) -> tuple[str, Trouble] | None:
    """The Activity that fails for a reason of its LLM, and what the reason means; None if none."""
    for pending in run.state.pending_activities:
        if trouble := explain_failure(pending.last_failure):
            return clean(pending.activity_type.name), trouble
    return None


def model_trouble(
    run: Run, until: Condition | None, began: float
) -> tuple[FollowError | None, str]:
    """The error to end watching with, if any, and a note for the panel meanwhile.

    Args:
        began: Unix seconds since when it is watched. An older failure may have been corrected by
            now, so the next attempt is waited for.
    """
    for pending in run.state.pending_activities:
        name = clean(pending.activity_type.name)
        trouble = explain_failure(pending.last_failure)
        if trouble is None or (isinstance(until, When) and until.awaits_failure_of == name):
            continue
        note = f"{name}: {trouble.saw} {trouble.do}"
        ended = seconds(pending.last_attempt_complete_time)
        if trouble.patience is None:
            return None, note
        if ended < began:
            return None, f"{note} This was the last attempt; waiting for the next one."
        if pending.attempt <= trouble.patience:
            return None, note
        saw = f"{name} fails at each attempt: {trouble.saw}"
        return ModelTrouble(saw, trouble.expected, trouble.do), note
    return None, ""
