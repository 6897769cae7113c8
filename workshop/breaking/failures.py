"""How a block of code ended, told in one line where Python would print a page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from workshop.watching.receipt import mark, receipt

SETTLE_SECONDS = 2.0
"""How long the provider may take to close its books on calls whose caller has given up."""


@contextmanager
def what_happens() -> Iterator[None]:
    """Run the block, and print how it ended: without an error, or with which one, after how long.

    No exception leaves the block, except those that end a program (KeyboardInterrupt). Put it first
    in a `with` of several, so that the faults behind it have ended when it tells. It returns when
    the provider is done with the calls of the block, so that a receipt below it is complete.
    """
    since, began = mark(), time.monotonic()
    try:
        yield
    except Exception as error:
        said = str(error).partition("\n")[0].strip() or "(it says nothing)"
        print(f"✗ {type(error).__name__} after {time.monotonic() - began:.1f} s: {said}")
    else:
        print("✓ no error")
    _settle(since)


def _settle(since: int) -> None:
    end = time.monotonic() + SETTLE_SECONDS
    while any(call.status is None for call in receipt(since).calls):
        if time.monotonic() > end:
            return
        time.sleep(0.02)
