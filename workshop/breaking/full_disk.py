"""A full disk for a moment: the operating system refuses this process files above a size."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from workshop.core.errors import WorkshopError


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file of this process grow beyond `room` bytes while the block lasts.

    A real limit, not an exception that is raised in its place: what fits is written, and the next
    byte is refused with OSError "File too large", as by a quota. Files that exist stay as they are.

    Args:
        room: bytes that each file may have.

    Raises:
        WorkshopError: `room` is not a whole number of bytes.

    https://docs.python.org/3/library/resource.html#resource.RLIMIT_FSIZE
    """
    if not isinstance(room, int) or isinstance(room, bool) or room < 0:
        raise WorkshopError(
            f"full_disk was given {room!r}.", "It takes bytes, a whole number such as 4096."
        )
    _flush_history()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = room if soft == resource.RLIM_INFINITY else min(room, soft)
    # The hard limit stays, or nothing could take this one back.
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _flush_history() -> None:
    """Let IPython write its history now: its thread writes a database, which the limit would hit.

    https://ipython.readthedocs.io/en/stable/api/generated/IPython.core.history.html
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    manager = getattr(shell, "history_manager", None)
    if manager is not None:
        manager.writeout_cache()
