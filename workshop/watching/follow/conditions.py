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
    name = _activity_name(activity)
    often = _often("failed", times)
    return When(
        f"{name} has {often}",
        lambda s: s.kind == "activity" and s.name == name and s.failures >= times,
        awaits_failure_of=name,
    )


def started(activity: Callable[..., Any] | str, times: int = 1) -> Condition:
    """Met once an attempt of an Activity has started, or of so many that the Workflow asked for."""
    name = _activity_name(activity)
    return When(
        f"{name} has {_often('started', times)}",
        lambda s: s.kind == "activity" and s.name == name and s.attempt > 0,
        times=times,
    )


def completed(activity: Callable[..., Any] | str, times: int = 1) -> Condition:
    """Met once an Activity has completed, or so many that the Workflow asked for."""
    name = _activity_name(activity)
    return When(
        f"{name} has {_often('completed', times)}",
        lambda s: s.kind == "activity" and s.name == name and s.state == "completed",
        times=times,
    )


def timer_started(times: int = 1) -> Condition:
    """Met once the Workflow has started a timer, or so many, fired or not."""
    name = "a timer has started" if times == 1 else f"{times} timers have started"
    return When(name, lambda s: s.kind == "timer", times=times)


def _often(word: str, times: int) -> str:
    return word if times == 1 else f"{word} {times} times"


def _activity_name(activity: Callable[..., Any] | str) -> str:
    if isinstance(activity, str):
        return activity
    definition = getattr(activity, "__temporal_activity_definition", None)
    return str(getattr(definition, "name", None) or getattr(activity, "__name__", activity))


def condition_name(condition: Condition) -> str:
    if isinstance(condition, When):
        return str(condition)
    return f"{getattr(condition, '__name__', 'the condition')} is met"
