"""The first cell of a notebook: everything made ready, and the lesson's blanks opened."""

from __future__ import annotations

from workshop import checks
from workshop.checks.progress import lesson_words
from workshop.core.settings import Settings
from workshop.kernel import in_background
from workshop.kernel.classroom import make_ready


async def begin(lesson: str) -> Settings:
    """Make everything ready that a lesson needs, and show what that is.

    Reads the settings, finds or starts the Temporal Service and the practice model, ends faults
    of an earlier cell, and lets receipts count from here. Run again it changes nothing that is
    well, and starts again what has died. LiteLLM, which takes seconds to load, loads meanwhile.

    Args:
        lesson: the lesson's number, such as "02".

    Returns:
        The settings in force. They never show the key.

    Raises:
        WorkshopError: something cannot be had, with the reason and what to do.
    """

    def opened() -> None:
        checks.open_lesson(lesson)
        checks.watch()

    settings = await make_ready(lesson, opened, lambda: lesson_words(lesson))
    in_background.load("litellm")
    return settings
