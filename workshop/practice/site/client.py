"""The practice site as lessons see it: its addresses, and how often each was visited."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from workshop.core.settings import Settings, load, recorded_ports
from workshop.practice.processes.own import ask
from workshop.practice.site import BROKEN, PART_BYTES
from workshop.practice.site.process import PracticeSiteError, ensure
from workshop.practice.texts import with_pages


@dataclass(frozen=True)
class Page:
    """A page of the practice site."""

    topic: str
    """Its subject, as a sentence would name it: "coral reefs"."""
    url: str


class Site:
    """The practice site, which `open_site` gives. Whoever asks it may meet a PracticeSiteError."""

    part_bytes = PART_BYTES
    """Bytes of each of the 40 parts of the archive."""

    def __init__(self, host: str) -> None:
        self.host = host
        """Host and port, "127.0.0.1:8236", as `read_page(…, hosts=[…])` takes them."""
        self.url = f"http://{host}"
        self.pages = [Page(s.name, f"{self.url}/pages/{s.slug}") for s in with_pages()]
        """Twenty pages that are well, in a fixed order."""
        self.broken = {name: f"{self.url}/broken/{name}" for name in BROKEN}
        """Pages that are not, by what is wrong with them."""
        self.archive = f"{self.url}/archive"
        """A long download of 40 parts, a tenth of a second each, which knows Range."""

    def __repr__(self) -> str:
        return f"Site({self.url}, {len(self.pages)} pages, {len(self.broken)} broken ones)"

    def troubled(self, name: str, page: Page) -> str:
        """The address of one page with something wrong: `troubled("busy", site.pages[3])`.

        Each such address has visits of its own, so each is `busy` twice.

        Raises:
            PracticeSiteError: nothing broken has this name.
        """
        if name not in self.broken:
            known = f"It takes one of: {', '.join(BROKEN)}."
            raise PracticeSiteError(f"troubled was given {name!r}.", known)
        return f"{self.broken[name]}/{page.url.rpartition('/')[2]}"

    def visits(self, path_or_url: str) -> int:
        """How many requests for this page the site has really received since the last reset."""
        path = unquote(urlsplit(path_or_url).path)
        return int(self._ask("GET").get(path, 0))

    def reset(self) -> None:
        """Count visits from zero again; pages that are well after some visits are not any more."""
        self._ask("DELETE")

    def _ask(self, method: str) -> dict[str, int]:
        try:
            return dict(ask(f"{self.url}/visits", method))
        except (OSError, ValueError) as problem:
            raise PracticeSiteError(
                f"The practice site at {self.host} does not answer ({type(problem).__name__}).",
                "It runs in a process of its own until `python -m workshop down`.",
                "Run the cell with open_site again.",
            ) from None


async def open_site(settings: Settings | None = None) -> Site:
    """The practice site, found running or started now.

    It goes on when the kernel restarts, and keeps its counts meanwhile.

    Raises:
        PracticeSiteError: it cannot be had, with the reason and what to do.
        ProcessError: something else holds its port.
    """
    settings = settings or load()
    await ensure(settings)
    # It may have been started just now, on another port.
    return Site(f"127.0.0.1:{settings.at(recorded_ports(settings.home)).site_port}")
