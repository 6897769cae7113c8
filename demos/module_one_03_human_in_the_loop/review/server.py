"""The review page's server: loopback alone, and closed to pages of other sites.

What comes from elsewhere is known by its Host and its Origin (`core.visitors`), or by lacking the
token that only this page's forms hold.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import quote, urlsplit

import drafts
from aiohttp import web
from drafts import ReviewError, Told
from page import POLICY, board_page, words_page
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from workshop.demos import Settings, Visitors, address, namespaces, temporal_service

PORT = 8235
"""Beside the Web UI (8233) and the practice model (8234)."""
REMEMBERED = 200
"""Words about decisions that are kept, so that a reload shows them and sends nothing."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # With no-referrer a browser would not say either where a form comes from.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def serve(
    settings: Settings,
    *,
    port: int = PORT,
    say: Callable[[str], None] = print,
    until: asyncio.Event | None = None,
) -> None:
    """Serve the review page until it is cancelled (Ctrl+C).

    Args:
        port: on loopback. Where it is taken, a free one is used and said.
        say: gets the address, and what there is to know.
        until: ends it when set.
    """
    # What it would log is of use to nobody here, and could repeat a person's words.
    for name in ("aiohttp.server", "aiohttp.web", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    sock = _listening(port)
    port_used = sock.getsockname()[1]
    client = await Client.connect(
        **settings.connect_config(),
        data_converter=pydantic_data_converter,
        lazy=True,  # a service that is away is told on the page, and found when it is back
    )
    runner = web.AppRunner(
        ReviewServer(settings, client, port_used).app, access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.SockSite(runner, sock).start()
        if port not in (0, port_used):
            say(f"Port {port} is taken; port {port_used} is used instead.")
        say(f"✓ The review page is at {address(port_used)}")
        say("  Ctrl+C ends it. Drafts wait on without it.")
        await (until or asyncio.Event()).wait()
    finally:
        await runner.cleanup()


class ReviewServer:
    """The two things that one may ask for: the page, and a decision."""

    def __init__(self, settings: Settings, client: Client, port: int) -> None:
        self._settings, self._client = settings, client
        self._token = secrets.token_urlsafe(32)
        self._told: OrderedDict[str, Told] = OrderedDict()
        self._visitors = Visitors(port)
        self.app = web.Application(client_max_size=64 * 1024, middlewares=[self._guard])
        self.app.add_routes([web.get("/", self._show), web.post("/decide", self._decide)])

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse what comes from elsewhere, and turn every error into words."""
        response: web.StreamResponse
        try:
            if not self._visitors.asks_for_us(request.headers):
                response = _words(
                    403,
                    "This page answers to its own address alone, on this machine.",
                    "Open the address that `python -m workshop review` has printed.",
                )
            else:
                response = await handler(request)
        except ReviewError as error:
            response = _words(503, error.saw, error.expected, error.do)
        except web.HTTPException as error:
            if error.status < 400:
                response = error
            else:
                response = _words(error.status, _REASONS.get(error.status, f"{error.reason}."))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            response = _words(500, f"The review page failed: {type(error).__name__}.")
        response.headers.update(_HEADERS)
        return response

    async def _show(self, request: web.Request) -> web.StreamResponse:
        board = await drafts.board(await self._clients())
        page = board_page(
            board,
            token=self._token,
            new_sending=lambda: uuid.uuid4().hex,
            link=self._link,
            told=self._told.get(request.query.get("told", "")),
        )
        return web.Response(text=page, content_type="text/html")

    async def _clients(self) -> list[Client]:
        """A Client for each namespace in which a notebook of this home may have drafts."""
        names = namespaces.of_home(self._settings, await namespaces.known(self._client))
        return [namespaces.inside(self._client, name) for name in names]

    def _link(self, draft: drafts.Draft) -> str:
        return temporal_service.workflow_link(
            self._settings, draft.workflow_id, namespace=draft.namespace
        )

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is None:  # an old browser
            origin = _origin_of(request.headers.get("Referer", ""))
        if not self._visitors.comes_from_us(origin):
            return _words(403, "This decision came from another site. Nothing was sent.")
        form = {name: value for name, value in (await request.post()).items() if _is_text(value)}
        given = str(form.get("token", "")).encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._token.encode()):
            return _words(
                403,
                "This form is of an earlier start of the review page. Nothing was sent.",
                "Go back if you have typed something, copy it, and load the page again.",
            )
        version = str(form.get("version", ""))
        workflow_id = str(form.get("workflow_id", ""))
        told = await drafts.decide(
            await namespaces.where(self._client, workflow_id),
            workflow_id,
            str(form.get("choice", "")),
            int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
            str(form.get("instructions", "")).replace("\r\n", "\n")[:2000],
            str(form.get("sending", ""))[:64],
        )
        name = secrets.token_urlsafe(12)
        self._told[name] = told
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        # To a page that may be loaded again: a decision is sent by its form alone.
        raise web.HTTPSeeOther(f"/?told={name}#{quote(workflow_id, safe='')}")


_REASONS = {
    404: "There is no such page here.",
    405: "This address takes a form of the review page, and nothing else.",
    413: "This is too long. Nothing was sent.",
}


def _words(status: int, *sentences: str) -> web.Response:
    return web.Response(text=words_page(sentences), content_type="text/html", status=status)


def _is_text(value: object) -> bool:
    return isinstance(value, str)  # and no uploaded file


def _origin_of(address: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}"
    return ""


def _listening(port: int) -> socket.socket:
    """A socket on loopback: at the port, or at a free one where it is taken."""
    with suppress(OSError):
        return socket.create_server(("127.0.0.1", port))
    return socket.create_server(("127.0.0.1", 0))
