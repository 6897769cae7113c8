"""Reading pages safely: allowed hosts alone, bounded in bytes and seconds, readable text."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag
from bs4.exceptions import ParserRejectedMarkup

from workshop.core.errors import WorkshopError

T = TypeVar("T")

REDIRECTS = 3
"""A page may lead elsewhere so many times."""
TEXTS = ("text/html", "text/plain", "application/xhtml+xml")
_PORTS = {"http": 80, "https": 443}
_NOT_TEXT = re.compile(
    "head|title|script|style|noscript|template|nav|header|footer|aside|form|button|iframe|svg"
)
_LINES = re.compile("h[1-6]|p|li|dt|dd|tr|pre|blockquote|figcaption|div|section|article|main|br")
# A server could answer to 100 bytes of gzip with gigabytes: it is asked for plain bytes.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "durable-ai-workshop"}


class PageRefused(WorkshopError):
    """A page that is not read, and why. Asking again gives the same, so it is no use."""


@dataclass
class _Progress:
    """How far the reading of a body has come."""

    url: str
    body: bytearray = field(default_factory=bytearray)
    first: float = 0.0
    latest: float = 0.0
    """When the first and the last bytes came; 0 where none have."""


async def read_page(
    url: str,
    *,
    hosts: Collection[str],
    characters: int = 2000,
    max_bytes: int = 500_000,
    seconds: float = 5.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> str:
    """Fetch a page and return the beginning of its readable text.

    Args:
        url: an http or https address, complete.
        hosts: the only hosts that are asked, each as the address writes it: "127.0.0.1:8236".
        characters: how much of the text is returned, at most.
        max_bytes: a page that is longer is refused.
        seconds: for the page to come, redirects included; for its HTML to be read, as many.
        transport: how requests travel, instead of over the network
            (https://www.python-httpx.org/advanced/transports/).

    Returns:
        Text without navigation, scripts and styles; one line a paragraph.

    Raises:
        PageRefused: the address or what came is not for reading; never worth a retry.
        httpx.HTTPStatusError: a status of 400 or more; `.response` has it, with its headers.
        httpx.TransportError: the network; httpx.TimeoutException is one of them.
    """
    progress = _Progress(url)

    async def fetch() -> tuple[bytes, str, str | None]:
        async with _open(url, hosts, seconds, transport) as response:
            response.raise_for_status()
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in TEXTS:
                raise PageRefused(
                    f"{_shown(response.url)} is no text: its type is {kind[:80] or 'not said'!r}.",
                    f"A page is one of: {', '.join(TEXTS)}.",
                )
            await _read(response, max_bytes, progress)
            return bytes(progress.body), kind, response.charset_encoding

    body, kind, charset = await _within(seconds, fetch(), progress)
    # Parsing half a megabyte takes a moment, in which the Worker's loop must not stand still.
    reading = asyncio.to_thread(_readable, body, kind, charset)
    try:
        text = await asyncio.wait_for(reading, seconds)
    except (asyncio.TimeoutError, ParserRejectedMarkup):
        raise PageRefused(
            f"{_shown(url)} came, and its HTML cannot be read within {seconds:g} s.",
            "A page's tags are closed and not nested by the thousand.",
        ) from None
    if not text:
        raise PageRefused(f"{_shown(url)} has nothing to read in it.", "A page has some text.")
    return text[:characters]


async def read_part(
    url: str,
    *,
    hosts: Collection[str],
    start: int,
    size: int,
    seconds: float = 5.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[bytes, int]:
    """Fetch some bytes of a long download.

    Args:
        url: an http or https address, complete.
        hosts: the only hosts that are asked, as in `read_page`.
        start: the first byte, from 0.
        size: how many bytes, at most.
        seconds: for all of it.
        transport: as in `read_page`.

    Returns:
        The bytes, and the length of the whole download. No bytes where `start` is its end.

    Raises:
        PageRefused: as in `read_page`; also where the server does not give parts.
        httpx.HTTPStatusError: a status of 400 or more.
        httpx.TransportError: the network; httpx.TimeoutException is one of them.
    """
    if start < 0 or size < 1:
        raise PageRefused(
            f"read_part was given start={start} and size={size}.", "They are at least 0 and 1."
        )
    progress = _Progress(url)

    async def fetch() -> tuple[bytes, int]:
        wanted = {"Range": f"bytes={start}-{start + size - 1}"}
        async with _open(url, hosts, seconds, transport, wanted) as response:
            said = response.headers.get("Content-Range", "")
            if response.status_code == 416 and (end := re.fullmatch(r"bytes \*/(\d+)", said)):
                return b"", int(end[1])
            response.raise_for_status()
            part = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", said)
            if response.status_code != 206 or part is None or int(part[1]) != start:
                raise PageRefused(
                    f"{_shown(response.url)} does not give parts: it answered with status "
                    f"{response.status_code} and Content-Range {said[:80]!r}.",
                    f"Status 206 and the bytes from {start} on.",
                )
            await _read(response, size, progress)
            return bytes(progress.body), int(part[2])

    return await _within(seconds, fetch(), progress)


def _allowed(url: httpx.URL | str, hosts: Collection[str], *, origin: str = "") -> httpx.URL:
    """The address, if it is one that may be asked.

    Raises:
        PageRefused: it is not.
    """
    came = f"{origin} leads to " if origin else ""
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise PageRefused(
            f"{came}{_shown(url)!r}, which is no address.", "An address begins with http://."
        ) from None
    if address.scheme not in _PORTS:
        raise PageRefused(
            f"{came}{_shown(url)!r}, whose scheme is {address.scheme or 'not said'!r}.",
            "Pages are read over http and https alone, from complete addresses.",
        )
    if address.userinfo:
        raise PageRefused(
            f"{came}{_shown(address)} with a name or password before the host.",
            "An address here has none.",
        )
    place = address.netloc.decode("ascii")  # the host, and the port unless it is the usual one
    names = {hosts} if isinstance(hosts, str) else set(hosts)
    if not address.host or not names & {place, f"{place}:{_PORTS[address.scheme]}"}:
        raise PageRefused(
            f"{came}{_shown(address)}, and {place!r} is no host that may be asked.",
            f"Allowed: {', '.join(sorted(names)) or 'none'}.",
        )
    return address


@asynccontextmanager
async def _open(
    url: str,
    hosts: Collection[str],
    seconds: float,
    transport: httpx.AsyncBaseTransport | None,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[httpx.Response]:
    """The response's head, at the end of its redirects, each of which was checked."""
    address = _allowed(url, hosts)
    # trust_env=False: no proxy, no .netrc. What is asked goes to the allowed host and nowhere else.
    async with httpx.AsyncClient(
        timeout=seconds, trust_env=False, follow_redirects=False, transport=transport
    ) as client:
        for _ in range(REDIRECTS + 1):
            async with client.stream(
                "GET", address, headers=_HEADERS | (headers or {})
            ) as response:
                client.cookies.clear()
                if response.has_redirect_location:
                    address = _allowed(_target(response), hosts, origin=_shown(address))
                    continue
                if response.status_code < 400:
                    _plain(response)
                yield response
                return
    raise PageRefused(
        f"{_shown(url)} leads elsewhere more than {REDIRECTS} times.", "A page is reached before."
    )


def _plain(response: httpx.Response) -> None:
    """Refuse an answer that is no page in plain bytes."""
    if not response.is_success:
        raise PageRefused(
            f"{_shown(response.url)} answered with status {response.status_code} and no page.",
            "A page comes with status 200.",
        )
    coding = response.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise PageRefused(
            f"{_shown(response.url)} came compressed ({coding[:40]!r}).",
            "It was asked for plain bytes, whose number is known.",
        )


def _target(response: httpx.Response) -> str:
    """Where a redirect leads, complete."""
    location: str = response.headers["Location"]
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", location):
        return location
    return str(response.url.join(location))


async def _read(response: httpx.Response, limit: int, progress: _Progress) -> None:
    """Read a body of at most `limit` bytes into `progress`."""
    said = response.headers.get("Content-Length", "")
    too_large = PageRefused(
        f"{_shown(response.url)} is longer than {limit:,} bytes.", "It may have so many, no more."
    )
    if said.isdigit() and int(said) > limit:
        raise too_large
    async for piece in response.aiter_bytes():
        progress.body += piece
        progress.latest = time.monotonic()
        progress.first = progress.first or progress.latest
        if len(progress.body) > limit:
            raise too_large


async def _within(seconds: float, fetching: Coroutine[None, None, T], progress: _Progress) -> T:
    """What `fetching` returns, if it does so in time.

    Raises:
        PageRefused: bytes were still coming when the time was over.
        httpx.ReadTimeout: none were.
    """
    try:
        return await asyncio.wait_for(fetching, seconds)
    except asyncio.TimeoutError:
        # A body that flows and flows has no end; one that stands still, or has only begun, may
        # have a bad day.
        flows = progress.latest - progress.first > seconds / 4
        if flows and time.monotonic() - progress.latest < seconds / 2:
            raise PageRefused(
                f"{_shown(progress.url)} has not come to its end within {seconds:g} s; "
                f"{len(progress.body):,} bytes had come.",
                "A page has an end.",
            ) from None
        raise httpx.ReadTimeout(
            f"{_shown(progress.url)} has not answered within {seconds:g} s."
        ) from None


def _readable(body: bytes, kind: str, charset: str | None) -> str:
    """The text that a person would read, one line a paragraph."""
    if kind == "text/plain":
        return _lines(_decoded(body, charset))
    soup = BeautifulSoup(_closed(body), "html.parser", from_encoding=charset)
    root = soup.find("main") or soup.find("article") or soup
    return _lines("".join(_pieces(root)))


def _closed(body: bytes) -> bytes:
    """The body without comments and declarations, up to the first tag that is never closed.

    Python's parser looks for the end of each of them anew: half a megabyte takes it minutes.
    """
    kept: list[bytes] = []
    at = 0
    while (opened := body.find(b"<", at)) >= 0:
        comment = body.startswith(b"<!--", opened)
        closing = b"-->" if comment else b">"
        closed = body.find(closing, opened)
        if closed < 0:
            return b"".join([*kept, body[at:opened]])
        end = closed + len(closing)
        unseen = body[opened + 1 : opened + 2] in (b"!", b"?")
        kept.append(body[at : opened if unseen else end])
        at = end
    return b"".join([*kept, body[at:]])


def _pieces(root: PageElement) -> Iterator[str]:
    """The readable strings below an element, in order, and a line's end around each block.

    Every element is looked at once, without recursion: pages exist that are nested on purpose.
    """
    stack: list[PageElement | str] = [root]
    while stack:
        node = stack.pop()
        if type(node) is str:
            yield node
        elif type(node) is NavigableString:  # what derives from it is a comment or such
            yield re.sub(r"\s+", " ", node)
        elif isinstance(node, Tag) and not _hidden(node):
            ends = ["\n"] if _LINES.fullmatch(node.name) else []
            stack += [*ends, *reversed(node.contents), *ends]


def _hidden(tag: Tag) -> bool:
    if _NOT_TEXT.fullmatch(tag.name) or tag.has_attr("hidden"):
        return True
    return tag.get("aria-hidden") == "true"


def _decoded(body: bytes, charset: str | None) -> str:
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except LookupError:  # a charset that nobody knows
        return body.decode("utf-8", errors="replace")


def _lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _shown(url: httpx.URL | str) -> str:
    """An address for a message: without query, password and most of its length."""
    text = str(url).partition("?")[0]
    return re.sub(r"//[^/@]*@", "//", text)[:200]
