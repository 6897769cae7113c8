"""The practice model's own process: found or started, ready when it says so, ended."""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any

from workshop import processes
from workshop.errors import WorkshopError
from workshop.patience import slowdown
from workshop.practice_model import SERVICE
from workshop.settings import Settings

NAME = "practice-model"


class PracticeModelError(WorkshopError):
    """The practice model does not answer, and why."""


async def ensure(settings: Settings, *, limit: float = 15.0) -> bool:
    """Find the practice model or start it, and return when it answers.

    Returns:
        Whether it was started now.

    Raises:
        PracticeModelError: it cannot be had, with the reason and what to do.
        ProcessError: something else holds its port.
    """
    line = [sys.executable, "-m", "workshop.practice_model"]
    line += ["--port", str(settings.practice_port), "--delay", str(settings.practice_delay)]
    line += ["--ledger", str(ledger_path(settings))]
    return await processes.ensure(
        NAME,
        line,
        home=settings.home,
        port=settings.practice_port,
        setting="WORKSHOP_PRACTICE_PORT",
        answers=lambda: health(settings),
        refusal=PracticeModelError,
        limit=limit,
    )


def health(settings: Settings) -> dict[str, Any] | None:
    """What the practice model says of itself, or None when it does not answer."""
    if not processes.listens(settings.practice_port):
        return None
    url = f"http://127.0.0.1:{settings.practice_port}/health"
    # A proxy of this machine is not asked about a loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2 * slowdown()) as answer:
            said = json.load(answer)
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and said.get("service") == SERVICE else None


def ledger_path(settings: Settings) -> str:
    """The file in which the practice model keeps what it received."""
    return str(settings.home / "practice-ledger.sqlite")


def down(settings: Settings) -> processes.Record | None:
    """End the practice model if the workshop started it. Returns what was ended."""
    return processes.end(settings.home, NAME)
