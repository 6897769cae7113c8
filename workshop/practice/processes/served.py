"""What the servers of the practice world share: a port on loopback, an owner, an end.

It imports nothing heavy: each server is a process of its own and stays small.
"""

from __future__ import annotations

import asyncio
import os
import signal
from argparse import ArgumentParser
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
    """A server on 127.0.0.1 that says who it is at `GET /health`: its service, and what is about.

    Args:
        app: what it serves; `/health` is added.
    """

    protocol: type[web.RequestHandler] = web.RequestHandler
    """What reads the requests of a connection."""

    def __init__(self, port: int, app: web.Application, service: str, **about: Any) -> None:
        self.port = port
        self.about = {"service": service, "pid": os.getpid(), **about}
        self.visitors = Visitors(port)
        app.router.add_get("/health", self.health)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)

    async def run(self, ended: asyncio.Event) -> None:
        """Serve until something is set.

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
                lambda: self.protocol(server, loop=loop), HOST, self.port, backlog=512
            )
            await ended.wait()
        except OSError as problem:
            raise PortTaken(f"Port {self.port} is taken by something else") from problem
        finally:
            if listener is not None:
                listener.close()
            await self._runner.cleanup()

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response(self.about)


def serve(parser: ArgumentParser, make: Callable[..., Served], *, port: int, setting: str) -> None:
    """Serve until the process is told to end, and say nothing but errors.

    Args:
        parser: of the command line, whose values `make` takes, and a port beside them.
        port: the usual one; the setting names another.

    Raises:
        SystemExit: it cannot serve, and why: mostly, something else listens on the port.
    """
    parser.add_argument("--port", type=int, default=port, help=f"default {port}")
    given = vars(parser.parse_args())

    async def until_told() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await make(**given).run(ended)

    try:
        asyncio.run(until_told())
    except PortTaken as problem:
        words = f"{problem}; set {setting} to a free port, or end what listens there."
        raise SystemExit(words) from None
    except WorkshopError as problem:
        raise SystemExit(str(problem)) from None
