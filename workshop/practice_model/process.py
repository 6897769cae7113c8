"""The practice model's own process: found or started, ready when it says so, ended."""

from __future__ import annotations

import asyncio
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
    """Find this home's practice model or start it, and return when it answers.

    One that has just been started may have another port than `settings` say: load them again.

    Returns:
        Whether it was started now.

    Raises:
        PracticeModelError: it cannot be had, with the reason and what to do.
        ProcessError: something else holds the port that the settings name.
    """
    return await processes.ensure(settings, SERVER, limit=limit)


def health(settings: Settings) -> dict[str, Any] | None:
    """What this home's practice model says of itself, or None when it does not answer."""
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
    own = processes.running(settings.home, NAME)
    known = isinstance(said, dict) and said.get("service") == SERVICE
    return said if known and own and said.get("pid") == own.pid else None


def ledger_path(settings: Settings) -> str:
    """The file in which the practice model keeps what it received."""
    return str(settings.home / "practice-ledger.sqlite")


def down(settings: Settings) -> processes.Record | None:
    """End the practice model if the workshop started it. Returns what was ended."""
    return processes.end(settings.home, NAME)


async def _command(settings: Settings) -> list[str]:
    line = [sys.executable, "-m", "workshop.practice_model"]
    line += ["--port", str(settings.practice_port), "--delay", str(settings.practice_delay)]
    return [*line, "--ledger", ledger_path(settings)]


async def _answers(settings: Settings) -> object:
    return await asyncio.to_thread(health, settings)


SERVER = processes.Server(
    NAME, "practice model", ("WORKSHOP_PRACTICE_PORT",), _command, _answers, PracticeModelError
)
