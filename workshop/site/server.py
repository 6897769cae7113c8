"""The practice site's server: good pages, broken ones, a long download, and a count of visits."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from workshop.site import PART_BYTES, PARTS, SERVICE
from workshop.site.pages import ARTICLES, INJECTION, Article, as_html
from workshop.visitors import Visitors

HOST = "127.0.0.1"
BROKEN = (
    "missing",
    "gone",
    "forbidden",
    "error",
    "busy",
    "limited",
    "slow",
    "endless",
    "huge",
    "zipped",
    "binary",
    "empty",
    "redirect",
    "redirect_out",
    "redirect_port",
    "redirect_file",
    "loop",
    "injection",
)
"""What can be wrong with a page, each at /broken/{name} and /broken/{name}/{slug of a page}."""

OUTSIDE = "http://intranet.invalid/salaries"
"""Where `redirect_out` leads. Names that end in .invalid lead nowhere: RFC 2606."""

TROUBLED_VISITS = 2
"""`busy` and `limited` are well after so many visits."""
SLOW_SECONDS = 30.0
HUGE_BYTES = 50_000_000
AND_SO_ON = b"<p>and so on</p>\n"
PART_SECONDS = 0.1
_OWN = {"/health", "/visits"}
_STATUSES = {"missing": 404, "gone": 410, "forbidden": 403, "error": 500}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PortTaken(Exception):
    """Something else listens on the port."""


class PracticeSite:
    """Serves the pages and counts the requests for each path.

    Args:
        port: where to listen on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._visits: Counter[str] = Counter()
        self._articles = {article.slug: article for article in ARTICLES}
        self._stop = asyncio.Event()
        self._visitors = Visitors(port)
        app = web.Application(middlewares=[self._counted])
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get("/visits", self.visits),
                web.delete("/visits", self.forget),
                web.get("/", self.front),
                web.get("/pages/{slug}", self.page),
                web.get("/archive", self.archive),
                web.get("/broken/{kind}", self.broken),
                web.get("/broken/{kind}/{slug}", self.broken),
            ]
        )
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
        try:
            await web.TCPSite(self._runner, HOST, self.port, backlog=512).start()
            await self._stop.wait()
        except OSError as problem:
            raise PortTaken(str(problem)) from problem
        finally:
            await self._runner.cleanup()

    @web.middleware
    async def _counted(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if refusal := self._visitors.refusal(request.headers):
            raise web.HTTPForbidden(text=f"{refusal}\n")
        if request.path not in _OWN:
            self._visits[request.path] += 1
        return await handler(request)

    # What it says of itself

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"service": SERVICE, "pid": os.getpid()})

    async def visits(self, request: web.Request) -> web.Response:
        return web.json_response(self._visits)

    async def forget(self, request: web.Request) -> web.Response:
        self._visits.clear()
        return web.json_response({})

    # Pages that are well

    async def front(self, request: web.Request) -> web.Response:
        text = "The practice site has these pages.\n\n"
        return _html(
            Article("", "the practice site", text + "\n\n".join(a.title for a in ARTICLES))
        )

    async def page(self, request: web.Request) -> web.Response:
        return _html(self._article(request.match_info["slug"]))

    async def archive(self, request: web.Request) -> web.StreamResponse:
        """The long download, or the bytes of it that a Range header names.

        https://developer.mozilla.org/docs/Web/HTTP/Guides/Range_requests
        """
        total = len(ARCHIVE)
        headers = {"Accept-Ranges": "bytes", "Content-Type": "text/plain; charset=utf-8"}
        try:
            wanted = request.http_range
        except ValueError:
            wanted = slice(None)  # a Range that cannot be read is ignored: RFC 9110
        start, stop, _ = wanted.indices(total)
        part = wanted.start is not None or wanted.stop is not None
        if part and start >= stop:
            headers["Content-Range"] = f"bytes */{total}"
            return web.Response(status=416, headers=headers)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
        response = web.StreamResponse(status=206 if part else 200, headers=headers)
        response.content_length = stop - start
        await response.prepare(request)
        with suppress(ConnectionError):  # who has seen enough leaves
            for at in range(start, stop, PART_BYTES):
                piece = ARCHIVE[at : min(at + PART_BYTES, stop)]
                await asyncio.sleep(PART_SECONDS * len(piece) / PART_BYTES)
                await response.write(piece)
            await response.write_eof()
        return response

    # Pages that are not

    async def broken(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        article = self._article(request.match_info.get("slug", "bees"))
        if kind in _STATUSES:
            return web.Response(status=_STATUSES[kind], text=f"This page is broken: {kind}.\n")
        if kind in ("busy", "limited") and self._visits[request.path] <= TROUBLED_VISITS:
            if kind == "busy":
                return web.Response(status=503, text="Too much to do at the moment.\n")
            return web.Response(status=429, headers={"Retry-After": "1"}, text="Not so fast.\n")
        if kind in ("busy", "limited"):
            return _html(article)
        if kind == "slow":
            await asyncio.sleep(SLOW_SECONDS)
            return _html(article)
        if kind in ("endless", "huge"):
            return await self._long(request, kind)
        if kind == "zipped":
            headers = {"Content-Encoding": "gzip", "Content-Type": "text/html; charset=utf-8"}
            return web.Response(body=ZIPPED, headers=headers)
        if kind == "binary":
            return web.Response(body=bytes(range(256)) * 4, content_type="application/octet-stream")
        if kind == "empty":
            return web.Response(text="", content_type="text/html")
        if kind == "injection":
            return _html(INJECTION)
        leads_to = {
            "redirect": f"/pages/{article.slug}",
            "redirect_out": OUTSIDE,
            "redirect_port": f"http://{HOST}:{self.port + 1}/pages/{article.slug}",
            "redirect_file": "file:///etc/hostname",
            "loop": request.path,
        }
        if kind not in leads_to:
            raise web.HTTPNotFound(text="The practice site has no such page.\n")
        return web.Response(status=302, headers={"Location": leads_to[kind]})

    async def _long(self, request: web.Request, kind: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8"})
        left: float = float("inf")
        if kind == "huge":
            left = response.content_length = HUGE_BYTES
        await response.prepare(request)
        lines = AND_SO_ON * (60 if kind == "endless" else 4000)
        with suppress(ConnectionError):  # who has seen enough leaves
            while left > 0:
                piece = lines[: int(min(left, len(lines)))]
                await response.write(piece)
                left -= len(piece)
                if kind == "endless":
                    await asyncio.sleep(0.05)
            await response.write_eof()
        return response

    def _article(self, slug: str) -> Article:
        try:
            return self._articles[slug]
        except KeyError:
            raise web.HTTPNotFound(text="The practice site has no such page.\n") from None


async def serve(port: int) -> None:
    """Serve the practice site until the process is told to end.

    Raises:
        PortTaken: something else listens on the port.
    """
    site = PracticeSite(port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, site.stop)
    await site.run()


def _html(article: Article) -> web.Response:
    return web.Response(text=as_html(article), content_type="text/html")


def _part(number: int) -> bytes:
    article = ARTICLES[(number - 1) % len(ARTICLES)]
    head = f"Part {number} of {PARTS}: {article.title}\n"
    text = head + article.text * (PART_BYTES // len(article.text) + 1)
    return text.encode("ascii")[: PART_BYTES - 1] + b"\n"


ARCHIVE = b"".join(_part(number) for number in range(1, PARTS + 1))
ZIPPED = gzip.compress(AND_SO_ON * 600_000)
"""Ten megabytes that travel as some tens of kilobytes."""
