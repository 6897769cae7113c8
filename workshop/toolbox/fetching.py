"""Reading pages safely: allowed hosts alone, bounded in bytes and seconds, readable text."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from bs4.exceptions import ParserRejectedMarkup

from workshop.core.errors import WorkshopError
from workshop.toolbox.readable import readable

T = TypeVar("T")

REDIRECTS = 3
"""A page may lead elsewhere so many times."""
TEXTS = ("text/html", "text/plain", "application/xhtml+xml")
_PORTS = {"http": 80, "https": 443}
# A server could answer to 100 bytes of gzip with gigabytes: it is asked for plain bytes.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "durable-ai-workshop"}


class PageRefused(WorkshopError):
    """A page that is not read, and why. Asking again gives the same, so it is no use."""


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
    fetching = _Fetching(url, hosts, seconds, transport)

    async def page() -> tuple[bytes, str, str | None]:
        async with fetching.answer() as response:
            response.raise_for_status()
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in TEXTS:
                raise PageRefused(
                    f"{_shown(response.url)} is not text: its type is {kind[:80] or 'not said'!r}.",
                    f"A page is one of: {', '.join(TEXTS)}.",
                )
            # HTML may say its charset itself.
            charset = response.encoding if kind == "text/plain" else response.charset_encoding
            return await fetching.body(response, max_bytes), kind, charset

    body, kind, charset = await fetching.in_time(page())
    # Parsing half a megabyte takes a moment, in which the Worker's loop must not stand still.
    reading = asyncio.to_thread(readable, body, kind, charset)
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
    """Fetch some bytes of a long download: at most `size`, from the byte `start` on (from 0).

    Its other arguments are those of `read_page`.

    Returns:
        The bytes, and the length of the whole download. No bytes where `start` is its end.

    Raises:
        PageRefused: as in `read_page`; also where the server does not give parts.
        httpx.HTTPStatusError, httpx.TransportError: as in `read_page`.
    """
    if start < 0 or size < 1:
        raise PageRefused(
            f"read_part was given start={start} and size={size}.", "They are at least 0 and 1."
        )
    fetching = _Fetching(url, hosts, seconds, transport)

    async def part() -> tuple[bytes, int]:
        async with fetching.answer(Range=f"bytes={start}-{start + size - 1}") as response:
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
            return await fetching.body(response, size), int(part[2])

    return await fetching.in_time(part())


@dataclass
class _Fetching:
    """One answer, and how far the reading of its body has come."""

    url: str
    hosts: Collection[str]
    seconds: float
    transport: httpx.AsyncBaseTransport | None
    came: bytearray = field(default_factory=bytearray)
    first: float = 0.0
    latest: float = 0.0
    """When the first and the last bytes came; 0 where none have."""

    @asynccontextmanager
    async def answer(self, **headers: str) -> AsyncIterator[httpx.Response]:
        """The response's head, at the end of its redirects, each of which was checked."""
        address = _allowed(self.url, self.hosts)
        # trust_env=False: no proxy, no .netrc. Only the allowed host is asked, and directly.
        async with httpx.AsyncClient(
            headers=_HEADERS, timeout=self.seconds, trust_env=False, transport=self.transport
        ) as client:
            for _ in range(REDIRECTS + 1):
                async with client.stream("GET", address, headers=headers) as response:
                    client.cookies.clear()
                    if response.has_redirect_location:
                        address = _allowed(response.headers["Location"], self.hosts, address)
                        continue
                    if response.status_code < 400:
                        _refuse_unless_plain(response)
                    yield response
                    return
        raise PageRefused(
            f"{_shown(self.url)} leads elsewhere more than {REDIRECTS} times.",
            "A page is reached before.",
        )

    async def body(self, response: httpx.Response, limit: int) -> bytes:
        """A body of at most `limit` bytes."""
        said = response.headers.get("Content-Length", "")
        too_large = PageRefused(
            f"{_shown(response.url)} is longer than {limit:,} bytes.",
            "It may have so many, no more.",
        )
        if said.isdigit() and int(said) > limit:
            raise too_large
        async for piece in response.aiter_bytes():
            self.came += piece
            self.latest = time.monotonic()
            self.first = self.first or self.latest
            if len(self.came) > limit:
                raise too_large
        return bytes(self.came)

    async def in_time(self, fetched: Coroutine[None, None, T]) -> T:
        """What `fetched` returns.

        Raises:
            PageRefused: bytes were still coming when the time was over.
            httpx.ReadTimeout: none were.
        """
        try:
            return await asyncio.wait_for(fetched, self.seconds)
        except asyncio.TimeoutError:
            # A body that flows and flows has no end; one that stands still, or has only begun, may
            # have a bad day.
            flows = self.latest - self.first > self.seconds / 4
            if flows and time.monotonic() - self.latest < self.seconds / 2:
                raise PageRefused(
                    f"{_shown(self.url)} has not come to its end within {self.seconds:g} s; "
                    f"{len(self.came):,} bytes had come.",
                    "A page has an end.",
                ) from None
            raise httpx.ReadTimeout(
                f"{_shown(self.url)} has not answered within {self.seconds:g} s."
            ) from None


def _allowed(
    url: httpx.URL | str, hosts: Collection[str], origin: httpx.URL | None = None
) -> httpx.URL:
    """The address, if it is one that may be asked; `origin` is the page that leads to it.

    Raises:
        PageRefused: it is not.
    """
    came = f"{_shown(origin)} leads to " if origin else ""
    try:
        address = origin.join(url) if origin else httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise PageRefused(
            f"{came}{_shown(url)!r}, which is not an address.", "An address begins with http://."
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
            f"{came}{_shown(address)}, and {place!r} is not a host that may be asked.",
            f"Allowed: {', '.join(sorted(names)) or 'none'}.",
        )
    return address


def _refuse_unless_plain(response: httpx.Response) -> None:
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


def _shown(url: httpx.URL | str) -> str:
    """An address for a message: without query, password and most of its length."""
    text = str(url).partition("?")[0]
    return re.sub(r"//[^/@]*@", "//", text)[:200]
