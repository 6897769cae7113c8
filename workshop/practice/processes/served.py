"""What the servers of the practice world share: a port on loopback, an owner, an end.

It imports nothing heavy: each server is a process of its own and stays small.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from workshop.core.errors import WorkshopError
from workshop.core.visitors import Visitors

HOST = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PortTaken(Exception):
    """Something else listens on the port."""


class Served:
    """A server on 127.0.0.1 that says who it is at `GET /health`.

    Args:
        port: where to listen.
        app: what it serves; `/health` is added.
        service: what it says it is.
    """

    def __init__(self, port: int, app: web.Application, service: str) -> None:
        self.port, self.service = port, service
        self.visitors = Visitors(port)
        self._stop = asyncio.Event()
        app.router.add_get("/health", self.health)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until `stop` is called.

        Raises:
            PortTaken: something else listens on the port.
        """
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        listener = None
        try:
            listener = await loop.create_server(
                lambda: self.protocol(server, loop), HOST, self.port, backlog=512
            )
            await self._stop.wait()
        except OSError as problem:
            raise PortTaken(f"Port {self.port} is taken by something else") from problem
        finally:
            self.ending()
            if listener is not None:
                listener.close()
            await self._runner.cleanup()

    def protocol(self, server: web.Server, loop: AbstractEventLoop) -> asyncio.Protocol:
        """What reads the requests of one connection."""
        return server()

    def ending(self) -> None:
        """Let go of what would keep requests waiting."""

    def about(self) -> dict[str, Any]:
        """What else it says of itself."""
        return {}

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"service": self.service, "pid": os.getpid(), **self.about()})


def serve(make: Callable[[], Served], setting: str) -> None:
    """Serve until the process is told to end, and say nothing but errors.

    Args:
        setting: the setting that names the port.

    Raises:
        SystemExit: it cannot serve, and why: mostly, something else listens on the port.
    """

    async def until_told() -> None:
        server = make()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        await server.run()

    try:
        asyncio.run(until_told())
    except PortTaken as problem:
        raise SystemExit(
            f"{problem}; set {setting} to a free port, or end what listens there."
        ) from None
    except WorkshopError as problem:
        raise SystemExit(str(problem)) from None
