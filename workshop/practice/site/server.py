"""The practice site's server: good pages, broken ones, a long download, and a count of visits."""

from __future__ import annotations

import asyncio
import gzip
import html
from collections import Counter
from contextlib import suppress

from aiohttp import web

from workshop.practice.processes.served import HOST, Handler, Served
from workshop.practice.site import PART_BYTES, PARTS, SERVICE
from workshop.practice.texts import Subject, injection, with_pages

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
_HTML = "text/html; charset=utf-8"


class PracticeSite(Served):
    """Serves the pages and counts the requests for each path."""

    def __init__(self, port: int) -> None:
        app = web.Application(middlewares=[self._counted])
        app.add_routes(
            [
                web.get("/visits", self.visits),
                web.delete("/visits", self.visits),
                web.get("/", self.front),
                web.get("/pages/{slug}", self.page),
                web.get("/archive", self.archive),
                web.get("/broken/{kind}", self.broken),
                web.get("/broken/{kind}/{slug}", self.broken),
            ]
        )
        super().__init__(port, app, SERVICE)
        self._visits: Counter[str] = Counter()
        self._articles = {article.slug: article for article in with_pages()}

    @web.middleware
    async def _counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if refusal := self.visitors.refusal(request.headers):
            raise web.HTTPForbidden(text=f"{refusal}\n")
        if request.path not in _OWN:
            self._visits[request.path] += 1
        return await handler(request)

    async def visits(self, request: web.Request) -> web.Response:
        if request.method == "DELETE":
            self._visits.clear()
        return web.json_response(self._visits)

    # Pages that are well

    async def front(self, request: web.Request) -> web.Response:
        text = "\n\n".join(["The practice site has these pages.", *(a.title for a in with_pages())])
        return _html(_as_html("", "The practice site", text))

    async def page(self, request: web.Request) -> web.Response:
        return _page(self._article(request.match_info["slug"]))

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
        troubled = self._visits[request.path] <= TROUBLED_VISITS
        match kind:
            case "busy" if troubled:
                return web.Response(status=503, text="Too much to do at the moment.\n")
            case "limited" if troubled:
                return web.Response(status=429, headers={"Retry-After": "1"}, text="Not so fast.\n")
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
            case "endless" | "huge":
                return await _long(request, kind)
            case "zipped":
                headers = {"Content-Encoding": "gzip", "Content-Type": _HTML}
                return web.Response(body=ZIPPED, headers=headers)
            case "binary":
                return web.Response(body=bytes(range(256)) * 4)  # application/octet-stream
            case "empty":
                return _html("")
            case "injection":
                article = injection()
        if kind in _STATUSES:
            return web.Response(status=_STATUSES[kind], text=f"This page is broken: {kind}.\n")
        if kind in ("busy", "limited", "slow", "injection"):
            return _page(article)
        leads_to = {
            "redirect": f"/pages/{article.slug}",
            "redirect_out": OUTSIDE,
            "redirect_port": f"http://{HOST}:{self.port + 1}/pages/{article.slug}",
            "redirect_file": "file:///etc/hostname",
            "loop": request.path,
        }
        if kind not in leads_to:
            raise _not_found()
        return web.Response(status=302, headers={"Location": leads_to[kind]})

    def _article(self, slug: str) -> Subject:
        if slug not in self._articles:
            raise _not_found()
        return self._articles[slug]


async def _long(request: web.Request, kind: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": _HTML})
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


def _not_found() -> web.HTTPNotFound:
    return web.HTTPNotFound(text="The practice site has no such page.\n")


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _page(article: Subject) -> web.Response:
    return _html(_as_html(article.slug, article.title, article.page))


def _as_html(slug: str, title: str, text: str) -> str:
    """The page with what pages have around their text: navigation, scripts, styles, a footer."""
    paragraphs = "\n".join(
        f"    <p>{html.escape(' '.join(paragraph.split()))}</p>"
        for paragraph in text.strip().split("\n\n")
    )
    links = " ".join(f'<a href="/pages/{other.slug}">{other.title}</a>' for other in with_pages())
    title = html.escape(title)
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} - the practice site</title>
  <style>body {{ font-family: sans-serif; max-width: 42em; margin: 2em auto; }}</style>
  <script>window.counted = window.counted || [];</script>
</head>
<body>
  <header>The practice site</header>
  <nav aria-label="All pages">{links}</nav>
  <main>
    <h1>{title}</h1>
{paragraphs}
  </main>
  <footer>Served from this machine, for practice.</footer>
  <script>window.counted.push("{slug}");</script>
</body>
</html>
"""


def _part(number: int) -> bytes:
    article = with_pages()[(number - 1) % 20]
    page = f"\n{article.page}"
    text = f"Part {number} of {PARTS}: {article.title}\n" + page * (PART_BYTES // len(page) + 1)
    return text.encode("ascii")[: PART_BYTES - 1] + b"\n"


ARCHIVE = b"".join(_part(number) for number in range(1, PARTS + 1))
ZIPPED = gzip.compress(AND_SO_ON * 600_000)
"""Ten megabytes that travel as some tens of kilobytes."""
