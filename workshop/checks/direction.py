"""The direction that a learner is given when a step fails again: where to look, and no code."""

from __future__ import annotations

from workshop.checks import compare
from workshop.checks.learner import Learner
from workshop.checks.outcome import Outcome


def direction(learner: Learner, outcome: Outcome) -> str:
    """Which place of the learner's cell it is about, and where it is shown. It holds no solution.

    Args:
        outcome: what the check has found; its `pointer` is the blank's own hint.
    """
    found = compare.about(learner, f"{outcome.saw} {outcome.do}")
    if found is None:
        return outcome.pointer
    if line := next((line for line in found.ours if any(map(str.isalnum, line))), ""):
        return f"Look at your line `{line}`. {outcome.pointer}"
    if found.above and not found.ours:
        return f"Something is missing below your line `{found.above}`. {outcome.pointer}"
    return outcome.pointer
