"""Conditions: when to stop watching a Workflow before its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workshop.watching.follow.rows import Progress, Step

Condition = Callable[[Progress], bool]
"""Says whether to stop watching. A function of this module makes one, or write your own."""


@dataclass(frozen=True)
class When:
    """A condition that can say its name."""

    name: str
    met: Callable[[Step], bool]
    awaits_failure_of: str = ""
    times: int = 1
    """So many steps must meet it."""

    def __call__(self, progress: Progress) -> bool:
        return sum(self.met(step) for step in progress.steps) >= self.times

    def __str__(self) -> str:
        return self.name


def failed(activity: Callable[..., Any] | str, times: int = 1) -> Condition:
    """Met once an Activity has failed `times` times, retried or not."""
    return _activity(activity, "failed", times, lambda step: step.failures >= times)


def started(activity: Callable[..., Any] | str, times: int = 1) -> Condition:
    """Met once an attempt of an Activity has started, or of so many that the Workflow asked for."""
    return _activity(activity, "started", times, lambda step: step.attempt > 0)


def completed(activity: Callable[..., Any] | str, times: int = 1) -> Condition:
    """Met once an Activity has completed, or so many that the Workflow asked for."""
    return _activity(activity, "completed", times, lambda step: step.state == "completed")


def timer_started(times: int = 1) -> Condition:
    """Met once the Workflow has started a timer, or so many, fired or not."""
    name = "a timer has started" if times == 1 else f"{times} timers have started"
    return When(name, lambda step: step.kind == "timer", times=times)


def _activity(
    activity: Callable[..., Any] | str, word: str, times: int, met: Callable[[Step], bool]
) -> When:
    definition = getattr(activity, "__temporal_activity_definition", None)
    name = str(getattr(definition, "name", None) or getattr(activity, "__name__", activity))
    failure = word == "failed"
    return When(
        f"{name} has {word}" if times == 1 else f"{name} has {word} {times} times",
        lambda step: step.kind == "activity" and step.name == name and met(step),
        # Failures are counted of one Activity, the others over those that the Workflow asked for.
        times=1 if failure else times,
        awaits_failure_of=name if failure else "",
    )


def condition_name(condition: Condition) -> str:
    if isinstance(condition, When):
        return str(condition)
    return f"{getattr(condition, '__name__', 'the condition')} is met"


def awaits_failure_of(condition: Condition | None) -> str:
    """The Activity that is to fail; "" where the condition is another."""
    return condition.awaits_failure_of if isinstance(condition, When) else ""
