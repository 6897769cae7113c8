"""A process of the practice world: found or started, ready when it says so, ended."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workshop.core import listeners, processes, servers
from workshop.core.errors import WorkshopError
from workshop.core.patience import slowdown
from workshop.core.settings import Settings

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy


@dataclass(frozen=True)
class OwnProcess:
    """A server that each home runs for itself, as `python -m {module} --port …`."""

    name: str
    """Of its record, its lock and its log."""
    module: str
    service: str
    """What its `GET /health` says it is."""
    setting: str
    """The setting that names its port."""
    refusal: type[WorkshopError]
    """The error to raise where it cannot be had."""
    options: Callable[[Settings], list[str]] = lambda settings: []
    """More words of its command line."""

    async def ensure(self, settings: Settings, *, limit: float = 15.0) -> bool:
        """Find this home's process or start it, and return when it answers.

        Returns whether it was started now, maybe on another port than `settings` say: load them
        again.

        Raises:
            WorkshopError: it cannot be had (`refusal`), with the reason and what to do.
            ProcessError: something else holds the port that the settings name.
        """
        words, ports = self.name.replace("-", " "), (self.setting,)
        server = servers.Server(self.name, words, ports, self._command, self._answers, self.refusal)
        return await servers.ensure(settings, server, limit=limit)

    def health(self, settings: Settings) -> dict[str, Any] | None:
        """What this home's process says of itself, or None when it does not answer."""
        port = settings.port(self.setting)
        if not listeners.listens(port):
            return None
        try:
            said = ask(f"http://127.0.0.1:{port}/health")
        except (OSError, ValueError):
            return None
        own = processes.running(settings.home, self.name)
        known = isinstance(said, dict) and said.get("service") == self.service
        return said if known and own and said.get("pid") == own.pid else None

    def down(self, settings: Settings) -> processes.Record | None:
        """End the process if the workshop started it. Returns what was ended."""
        return processes.end(settings.home, self.name)

    async def _command(self, settings: Settings) -> list[str]:
        port = str(settings.port(self.setting))
        return [sys.executable, "-m", self.module, "--port", port, *self.options(settings)]

    async def _answers(self, settings: Settings) -> object:
        return await asyncio.to_thread(self.health, settings)


def ask(url: str, method: str = "GET") -> Any:
    """The JSON that a server of ours answers.

    Raises:
        OSError: it does not answer.
        ValueError: what answered is no JSON.
    """
    with _OPENER.open(urllib.request.Request(url, method=method), timeout=2 * slowdown()) as answer:
        return json.load(answer)
