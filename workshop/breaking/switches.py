"""The switches of the board: eight faults, real ones, and how each begins and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from workshop.breaking.full_disk import full_disk
from workshop.core.errors import WorkshopError
from workshop.practice.model import faults
from workshop.practice.site.client import open_site


class SwitchboardError(WorkshopError):
    """There is no such fault or prediction, or the pipeline did not end."""


@dataclass(frozen=True)
class Fault:
    """One switch of the board."""

    words: str
    """What it does, as a phrase."""
    begin: Callable[[], AbstractContextManager[object]]
    until_met: bool = False
    """Whether it ends as soon as an attempt has failed; the others end by themselves."""
    page: str = ""
    """Which broken page is read instead of a good one."""
    untouched: str = "The fault has reached nothing. Does your pipeline ask the practice model?"
    """What to think of where it has reached nothing."""


@contextmanager
def _no_room() -> Iterator[None]:
    """A full disk, on which nobody complains that the log cannot be written either."""
    complains, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        with full_disk(0):
            yield
    finally:
        logging.raiseExceptions = complains


FAULTS: dict[str, Fault] = {
    "429": Fault(
        "the model answers 429 twice: too many requests, try again in 1 s",
        lambda: faults.rate_limited(times=2, retry_after=1),
    ),
    "401": Fault("the model refuses the key, twice", lambda: faults.wrong_key(times=2)),
    "500": Fault("the model answers 500 twice", lambda: faults.server_error(times=2)),
    "slow": Fault(
        "the model's first answer comes after your call has given up",
        lambda: faults.slow(3600, times=1),
        untouched="Your call waited for the answer. Give it a timeout.",
    ),
    "dropped": Fault(
        "the connection to the model breaks twice, without an answer",
        lambda: faults.dropped(times=2),
    ),
    "unplugged": Fault(
        "nobody answers where the model was, until an attempt has failed",
        faults.unplugged,
        until_met=True,
    ),
    "disk full": Fault(
        "the Worker's disk takes no more, until an attempt has failed",
        _no_room,
        until_met=True,
        untouched="The fault has reached nothing. It is a disk full for this process alone: a "
        "Worker in another process and PostgreSQL still have room.",
    ),
    "bad page": Fault("the page is not there: the site answers 404", nullcontext, page="missing"),
}


def chosen(kind: str, word: object, of: Iterable[str]) -> str:
    """One of several words, of what somebody has written, perhaps a little otherwise.

    Raises:
        SwitchboardError: it is none of them.
    """
    wanted = " ".join(str(word).replace("_", " ").casefold().split())
    if wanted not in of:
        raise SwitchboardError(f"There is no {kind} {word!r}.", f"There are: {', '.join(of)}.")
    return wanted


async def page_for(name: str) -> str:
    """A page for this fault; each fault has one of its own, so that no answer is like another."""
    site = await open_site()
    if broken := FAULTS[name].page:
        return site.broken[broken]
    return site.pages[list(FAULTS).index(name)].url
