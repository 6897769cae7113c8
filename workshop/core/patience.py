"""Patience: waits that count what this machine could get done, and not what its clock says.

A limit of two seconds says something about code on a quiet machine. Beside sixteen other programs
the same code gets an eighth of a processor; in a laptop that slept it gets nothing for an hour.
`Patience` counts seconds of a quiet machine: a busy one needs longer for each of them.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LONGEST_STEP = 0.3
"""Seconds that count at most between two looks: whoever looks later was kept from looking."""
MEASURE_SECONDS = 0.1
"""How long one measurement of the load holds."""
STEP_SECONDS = 0.05

_NEVER = object()


class Patience:
    """A limit in seconds of a quiet machine, which begins anew whenever something has moved on.

        patience = Patience(10.0)
        while not condition():
            if patience.over():
                raise …
            await asyncio.sleep(0.05)

    Look often, every 0.2 s or so: time in which nobody looked is hardly counted, because then this
    process was stopped, asleep or held up.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began = self._last = time.monotonic()
        self._spent = self._counted = self._since_beat = 0.0
        self._moved: object = _NEVER
        self._beat: object = _NEVER

    def over(self, moved: object = None, beat: object = None) -> bool:
        """Whether the limit has passed in which nothing moved.

        Args:
            moved: what shows progress, such as the number of events: where it is another value than
                before, the limit begins anew.
            beat: what shows that others had their chance, such as the number of answers of a
                server: time counts when it is another value than before.
        """
        now = time.monotonic()
        step, self._last = now - self._last, now
        quiet = min(step, LONGEST_STEP) / slowdown()
        self._counted += quiet
        self._since_beat = min(self._since_beat + quiet, LONGEST_STEP)
        if moved != self._moved:
            self._moved, self._spent, self._since_beat = moved, 0.0, 0.0
        elif beat is None or beat != self._beat:
            self._spent += self._since_beat
            self._since_beat = 0.0
        self._beat = beat
        return self._spent >= self.seconds

    @property
    def stretch(self) -> float:
        """How much slower than a quiet machine this one has been so far; 1.0 is not at all."""
        return max(1.0, (time.monotonic() - self._began) / max(self._counted, 0.01))


async def wait_for(
    awaitable: Awaitable[T], seconds: float, beat: Callable[[], object] = lambda: None
) -> T:
    """As `asyncio.wait_for`, with seconds of a quiet machine.

    Args:
        beat: what shows that others had their chance, as in `Patience.over`.

    Raises:
        asyncio.TimeoutError: the limit has passed. What was waited for is cancelled, and not
            waited for any longer.
    """
    future = asyncio.ensure_future(awaitable)
    patience = Patience(seconds)
    try:
        while not future.done():
            if patience.over(beat=beat()):
                raise asyncio.TimeoutError
            await asyncio.wait({future}, timeout=min(STEP_SECONDS, seconds))
    finally:
        if future.cancel():
            # Temporal's SDK makes an error of its own of it, which nobody waits for any more.
            future.add_done_callback(lambda late: late.cancelled() or late.exception())
    return future.result()


# --- how busy this machine is ---

_lock = threading.Lock()
_measured, _slowdown = 0.0, 1.0
_ran: dict[str, tuple[int, int]] = {}


def slowdown() -> float:
    """How many times slower than on a quiet machine this process runs at present, at least 1.0.

    The greater of two: how many programs want each processor, and how long the threads of this
    process have waited for one, against the time in which they ran.
    """
    global _measured, _slowdown
    with _lock:
        now = time.monotonic()
        if now - _measured >= MEASURE_SECONDS:
            _slowdown = max(1.0, _crowd(), _held_up())
            _measured = now
        return _slowdown


def _crowd() -> float:
    """Programs that want to run now, for each processor that this process may use."""
    with suppress(OSError, ValueError, IndexError, AttributeError):
        wanting = float(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
        return wanting / len(os.sched_getaffinity(0))
    with suppress(OSError, AttributeError):  # macOS: an average of the last minute
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    return 1.0


def _held_up() -> float:
    """What this process's threads wanted of processors, against what they got since last time."""
    if sys.platform != "linux":
        return 1.0
    global _ran
    before, _ran = _ran, {}
    got = waited = 0
    with suppress(OSError):
        for thread in os.scandir("/proc/self/task"):
            with suppress(OSError, ValueError):  # it has ended; or this kernel does not tell
                ran, queued = map(int, Path(thread.path, "schedstat").read_bytes().split()[:2])
                _ran[thread.name] = ran, queued
                ran_before, queued_before = before.get(thread.name, (ran, queued))
                got += ran - ran_before
                waited += queued - queued_before
    # A few milliseconds are no load: threads of one process wait for each other on any machine.
    return 1.0 if waited < 20_000_000 else min(30.0, (got + waited) / max(got, 1_000_000))
