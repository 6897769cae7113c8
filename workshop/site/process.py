"""The practice site's own process: found or started, ready when it says so, ended."""

from __future__ import annotations

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
    """Find the practice site or start it, and return when it answers.

    Returns:
        Whether it was started now.

    Raises:
        PracticeSiteError: it cannot be had, with the reason and what to do.
        ProcessError: something else holds its port.
    """
    line = [sys.executable, "-m", "workshop.site", "--port", str(settings.site_port)]
    return await processes.ensure(
        NAME,
        line,
        home=settings.home,
        port=settings.site_port,
        setting="WORKSHOP_SITE_PORT",
        answers=lambda: health(settings),
        refusal=PracticeSiteError,
        limit=limit,
    )


def health(settings: Settings) -> dict[str, Any] | None:
    """What the practice site says of itself, or None when it does not answer."""
    if not processes.listens(settings.site_port):
        return None
    try:
        said = ask(f"http://127.0.0.1:{settings.site_port}/health")
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and said.get("service") == SERVICE else None


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
