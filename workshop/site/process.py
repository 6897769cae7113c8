"""The practice site's own process: found or started, ready when it says so, ended."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from typing import Any

from workshop import processes
from workshop.errors import WorkshopError
from workshop.patience import slowdown
from workshop.settings import Settings
from workshop.site import SERVICE

NAME = "practice-site"
# A proxy of this machine is not asked about a loopback address.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PracticeSiteError(WorkshopError):
    """The practice site does not answer, and why."""


async def ensure(settings: Settings, *, limit: float = 15.0) -> bool:
    """Find this home's practice site or start it, and return when it answers.

    One that has just been started may have another port than `settings` say: load them again.

    Returns:
        Whether it was started now.

    Raises:
        PracticeSiteError: it cannot be had, with the reason and what to do.
        ProcessError: something else holds the port that the settings name.
    """
    return await processes.ensure(settings, SERVER, limit=limit)


def health(settings: Settings) -> dict[str, Any] | None:
    """What this home's practice site says of itself, or None when it does not answer."""
    if not processes.listens(settings.site_port):
        return None
    try:
        said = ask(f"http://127.0.0.1:{settings.site_port}/health")
    except (OSError, ValueError):
        return None
    own = processes.running(settings.home, NAME)
    known = isinstance(said, dict) and said.get("service") == SERVICE
    return said if known and own and said.get("pid") == own.pid else None


def ask(url: str, method: str = "GET") -> Any:
    """The JSON that the site answers to a request of ours.

    Raises:
        OSError: it does not answer.
        ValueError: what answered is no JSON.
    """
    with _OPENER.open(urllib.request.Request(url, method=method), timeout=2 * slowdown()) as answer:
        return json.load(answer)


def down(settings: Settings) -> processes.Record | None:
    """End the practice site if the workshop started it. Returns what was ended."""
    return processes.end(settings.home, NAME)


async def _command(settings: Settings) -> list[str]:
    return [sys.executable, "-m", "workshop.site", "--port", str(settings.site_port)]


async def _answers(settings: Settings) -> object:
    return await asyncio.to_thread(health, settings)


SERVER = processes.Server(
    NAME, "practice site", ("WORKSHOP_SITE_PORT",), _command, _answers, PracticeSiteError
)
