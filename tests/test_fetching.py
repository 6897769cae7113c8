"""Reading pages: what is read, and each of the reasons for which a page is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import room as rooms

import workshop
from workshop.practice.site.client import Site
from workshop.toolbox.fetching import PageRefused, read_page, read_part


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in rooms.environment(home).items():
            patch.setenv(name, value)
        yield asyncio.run(workshop.open_site())
    rooms.end_all(home / "state")


@pytest.fixture
def site(shared: Site) -> Site:
    shared.reset()
    return shared


def read(site: Site, url: str, **options: Any) -> str:
    return asyncio.run(read_page(url, **{"hosts": [site.host], **options}))


def refused(site: Site, url: str, **options: Any) -> str:
    with pytest.raises(PageRefused) as caught:
        read(site, url, **options)
    assert caught.value.saw and caught.value.expected
    return str(caught.value)


def made(body: bytes | str, kind: str = "text/html", **headers: str) -> httpx.MockTransport:
    """A server that answers so to everything."""
    content = body.encode() if isinstance(body, str) else body
    said = {"Content-Type": kind, **headers}
    return httpx.MockTransport(lambda request: httpx.Response(200, content=content, headers=said))


def text_of(body: bytes | str, kind: str = "text/html") -> str:
    return asyncio.run(read_page("http://a.test/", hosts=["a.test"], transport=made(body, kind)))


# What is read


def test_the_text_of_a_page_without_what_surrounds_it(site: Site) -> None:
    text = read(site, site.pages[0].url, characters=10_000)
    lines = text.splitlines()
    assert lines[0] == "Tardigrades" and len(lines) == 4, "a line a paragraph"
    assert lines[1].startswith("Tardigrades, also called water bears, are animals of eight legs")
    for unseen in ("window", "font-family", "The practice site", "Dolphins", "Served from", "<"):
        assert unseen not in text
    assert read(site, site.pages[0].url, characters=25) == text[:25]
    assert site.visits(site.pages[0].url) == 2


def test_at_most_2000_characters_unless_told(site: Site) -> None:
    assert text_of("<p>" + "bee " * 1000) == ("bee " * 1000)[:2000]


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("<p>one <b>two</b>\n three</p><p>four", "text/html", "one two three\nfour"),
        ("<p hidden>no</p><p aria-hidden=true>no</p><p>yes", "text/html", "yes"),
        ("<!-- no --><!doctype html><?no?><p>yes", "text/html; charset=utf-8", "yes"),
        ("<nav>no</nav><article>yes<aside>no</aside></article><p>no", "text/html", "yes"),
        ("a &lt;b&gt; &amp; c", "application/xhtml+xml", "a <b> & c"),
        ("no <b>html</b>\n\n\n here", "text/plain", "no <b>html</b>\nhere"),
        ("Zoë".encode("latin-1"), "text/plain; charset=latin-1", "Zoë"),
        ("<p>Zoë".encode("latin-1"), "text/html; charset=latin-1", "Zoë"),
        ("<meta charset=latin-1><p>Zoë".encode("latin-1"), "text/html", "Zoë"),
        ("<p>Zoë", "text/html; charset=klingon", "Zoë"),
        ("Zoë", "text/plain; charset=klingon", "Zoë"),
    ],
)
def test_texts_of_many_kinds(body: bytes | str, kind: str, text: str) -> None:
    assert text_of(body, kind) == text


def test_a_redirect_within_the_allowed_is_followed(site: Site) -> None:
    assert read(site, site.broken["redirect"]).startswith("Bees\n")
    assert site.visits("/broken/redirect") == site.visits("/pages/bees") == 1


# Where it may ask


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname",
        "ftp://{host}/pages/bees",
        "gopher://{host}/",
        "data:text/plain,bees",
        "javascript:alert(1)",
        "/pages/bees",
        "pages/bees",
        "{host}/pages/bees",
        "",
        "http://",
        "http:///pages/bees",
        "http://[::1/",
        "http://{host}x/",
        "http://\u0000/",
        None,
        7,
    ],
)
def test_what_is_no_address_on_the_web(site: Site, url: Any) -> None:
    wrong = url.format(host=site.host) if isinstance(url, str) else url
    refused(site, wrong)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/pages/bees",
        "http://127.0.0.1:{other}/pages/bees",
        "http://localhost:{port}/pages/bees",
        "http://127.1:{port}/pages/bees",
        "http://2130706433:{port}/pages/bees",
        "http://0x7f.0.0.1:{port}/pages/bees",
        "http://0.0.0.0:{port}/pages/bees",
        "http://[::ffff:127.0.0.1]:{port}/pages/bees",
        "http://127.0.0.1.:{port}/pages/bees",
        "http://127.0.0.1:{port}.evil.test/",
        "http://127.0.0.1:{port}@evil.test/",
        "http://evil.test#127.0.0.1:{port}",
        "http://evil.test\\@127.0.0.1:{port}/",
        "http://evil.test/?127.0.0.1:{port}",
        "https://evil.test/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_other_hosts_and_other_spellings_are_not_asked(site: Site, url: str) -> None:
    port = int(site.host.partition(":")[2])
    refused(site, url.format(port=port, other=port + 1))
    assert site.visits("/pages/bees") == 0


def test_no_name_and_password_and_none_is_repeated(site: Site) -> None:
    said = refused(site, f"http://ann:hunter2@{site.host}/pages/bees")
    assert "hunter2" not in said and "ann" not in said.split("//")[1]
    assert "hunter2" not in refused(site, "http://evil.test/?key=hunter2")


def test_hosts_that_are_one_text_are_one_host(site: Site) -> None:
    assert read(site, site.pages[2].url, hosts=site.host).startswith("Bees")
    assert "not a host that may be asked" in refused(
        site, "http://127.0.0.1/", hosts=site.host + " and more"
    )
    assert "Allowed: none." in refused(site, site.pages[2].url, hosts=[])


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://a.test/", "a.test"),
        ("https://a.test/", "a.test:443"),
        ("https://a.test:443/", "a.test"),
        ("HTTP://A.test/", "a.test:80"),
    ],
)
def test_the_usual_port_need_not_be_written(url: str, hosts: str) -> None:
    text = asyncio.run(read_page(url, hosts=[hosts], transport=made("<p>yes")))
    assert text == "yes"


def test_no_proxy_of_this_machine_and_no_netrc_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{rooms.free_ports(1)[0]}")
    assert read(site, site.pages[2].url).startswith("Bees")


# Where pages lead


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("redirect_out", "leads to http://intranet.invalid/salaries"),
        ("redirect_port", "is not a host that may be asked"),
        ("redirect_file", "leads to 'file:///etc/hostname'"),
    ],
)
def test_a_redirect_out_is_refused(site: Site, name: str, told: str) -> None:
    assert told in refused(site, site.broken[name])
    assert site.visits(site.broken[name]) == 1


def test_a_loop_ends(site: Site) -> None:
    assert "more than 3 times" in refused(site, site.broken["loop"])
    assert site.visits(site.broken["loop"]) == 4


@pytest.mark.parametrize("location", ["//evil.test/", "\\\\evil.test", "http://a.test@evil.test/"])
def test_a_redirect_in_disguise_is_refused(site: Site, location: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "a.test"
        return httpx.Response(302, headers={"Location": location})

    refused(site, "http://a.test/", hosts=["a.test"], transport=httpx.MockTransport(answer))


def test_cookies_do_not_travel_from_page_to_page() -> None:
    cookies = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("Cookie"))
        if request.url.path == "/":
            headers = {"Location": "/next", "Set-Cookie": "who=ann"}
            return httpx.Response(302, headers=headers)
        return httpx.Response(200, text="yes")

    transport = httpx.MockTransport(answer)
    asyncio.run(read_page("http://a.test/", hosts=["a.test"], transport=transport))
    assert cookies == [None, None]


# How much, how long, and what


def test_a_page_too_large_is_refused(site: Site) -> None:
    with rooms.quick(2):
        assert "longer than 500,000 bytes" in refused(site, site.broken["huge"])


def test_of_a_page_that_says_it_is_too_large_nothing_is_read(site: Site) -> None:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            raise AssertionError("it was read")
            yield b""

    headers = {"Content-Type": "text/html", "Content-Length": "500001"}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, stream=Body())
    )
    refused(site, "http://a.test/", hosts=["a.test"], transport=transport)


def test_a_page_that_does_not_say_its_length_ends_at_the_limit(site: Site) -> None:
    assert "longer than 2,000 bytes" in refused(site, site.broken["endless"], max_bytes=2000)


def test_a_page_without_an_end_is_refused_when_the_time_is_over(site: Site) -> None:
    with rooms.quick(3):
        assert "not come to its end within 0.5 s" in refused(
            site, site.broken["endless"], seconds=0.5
        )


def test_a_compressed_page_is_refused_before_it_unfolds(site: Site) -> None:
    assert "came compressed ('gzip')" in refused(site, site.broken["zipped"])


@pytest.mark.parametrize(
    ("name", "told"), [("binary", "'application/octet-stream'"), ("empty", "nothing to read")]
)
def test_what_is_no_text(site: Site, name: str, told: str) -> None:
    assert told in refused(site, site.broken[name])


def test_a_page_of_scripts_alone_has_nothing_to_read(site: Site) -> None:
    hosts, transport = ["a.test"], made("<title>T</title><script>let a = 1</script> \n")
    assert "nothing to read" in refused(site, "http://a.test/", hosts=hosts, transport=transport)


@pytest.mark.parametrize(
    "body",
    [
        "<!--" * 120_000,
        "<a x='" * 80_000,
        "<?" * 240_000,
        "<![" * 160_000,
        "<div>" * 60_000,
        "</ >" * 60_000,
    ],
    ids=["comments", "quotes", "instructions", "sections", "nested", "ends"],
)
def test_a_page_made_to_keep_the_parser_busy(site: Site, body: str) -> None:
    with rooms.quick(15):
        refused(site, "http://a.test/", hosts=["a.test"], transport=made(body))


def test_html_that_takes_too_long_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*given: object) -> str:
        time.sleep(1)
        return "late"

    monkeypatch.setattr("workshop.toolbox.fetching.readable", late)
    assert "cannot be read within 0.2 s" in refused(
        site, "http://a.test/", hosts=["a.test"], transport=made("<p>x"), seconds=0.2
    )


@pytest.mark.parametrize("status", [204, 304, 300])
def test_an_answer_without_a_page(site: Site, status: int) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(status))
    refused(site, "http://a.test/", hosts=["a.test"], transport=transport)


# What is worth another attempt, or is the page's own fault


@pytest.mark.parametrize(
    ("name", "status"),
    [("missing", 404), ("gone", 410), ("forbidden", 403), ("error", 500), ("busy", 503)],
)
def test_a_status_is_told_with_its_number(site: Site, name: str, status: int) -> None:
    with pytest.raises(httpx.HTTPStatusError) as caught:
        read(site, site.broken[name])
    assert caught.value.response.status_code == status


def test_a_limit_says_when_to_come_again(site: Site) -> None:
    for _ in range(2):
        with pytest.raises(httpx.HTTPStatusError) as caught:
            read(site, site.broken["limited"])
        assert caught.value.response.headers["Retry-After"] == "1"
    assert read(site, site.broken["limited"]).startswith("Bees")


def test_a_slow_page_is_a_timeout(site: Site) -> None:
    with pytest.raises(httpx.TimeoutException):
        read(site, site.broken["slow"], seconds=0.5)
    assert site.visits(site.broken["slow"]) == 1


def test_a_page_that_stops_in_the_middle_is_a_timeout() -> None:
    class Stalled(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b"<p>so far"
            await asyncio.Event().wait()

    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers={"Content-Type": "text/html"}, stream=Stalled())
    )
    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(read_page("http://a.test/", hosts=["a.test"], transport=transport, seconds=0.3))


def test_nobody_there_is_a_transport_error(site: Site) -> None:
    host = f"127.0.0.1:{rooms.free_ports(1)[0]}"
    with pytest.raises(httpx.TransportError):
        read(site, f"http://{host}/", hosts=[host])


# Parts of a long download


def part(site: Site, url: str, start: int, size: int, **options: Any) -> tuple[bytes, int]:
    return asyncio.run(read_part(url, hosts=[site.host], start=start, size=size, **options))


def test_parts_put_together_are_the_download(site: Site) -> None:
    first, total = part(site, site.archive, 0, site.part_bytes)
    second, again = part(site, site.archive, len(first), site.part_bytes)
    assert total == again == 40 * site.part_bytes == 40 * len(first)
    assert first.startswith(b"Part 1 of 40") and second.startswith(b"Part 2 of 40")
    assert part(site, site.archive, total - 3, 100)[0] == part(site, site.archive, total - 3, 3)[0]
    assert part(site, site.archive, total, 100) == (b"", total)
    assert site.visits(site.archive) == 5


@pytest.mark.parametrize(
    "attempt",
    [
        lambda site: part(site, site.pages[0].url, 5, 100),
        lambda site: part(site, site.broken["redirect_out"], 0, 100),
        lambda site: part(site, "http://127.0.0.1/archive", 0, 100),
        lambda site: part(site, site.archive, -1, 100),
        lambda site: part(site, site.archive, 0, 0),
    ],
    ids=["no parts", "leads out", "another host", "before the start", "nothing"],
)
def test_parts_that_are_refused(site: Site, attempt: Callable[[Site], object]) -> None:
    with pytest.raises(PageRefused):
        attempt(site)


@pytest.mark.parametrize(
    ("said", "body"),
    [("bytes 0-3/9", b"good"), ("bytes 4-7/9", b"too long"), ("4-7", b"good"), ("", b"good")],
    ids=["other bytes", "more than asked", "no unit", "not said"],
)
def test_a_server_that_gives_other_bytes_than_asked(said: str, body: bytes) -> None:
    transport = httpx.MockTransport(
        lambda request: httpx.Response(206, content=body, headers={"Content-Range": said})
    )
    with pytest.raises(PageRefused):
        asyncio.run(
            read_part("http://a.test/", hosts=["a.test"], start=4, size=4, transport=transport)
        )


def test_a_part_that_is_late_or_missing(site: Site) -> None:
    with pytest.raises(httpx.TimeoutException):
        part(site, site.broken["slow"], 0, 10, seconds=0.3)
    with pytest.raises(httpx.HTTPStatusError):
        part(site, site.broken["missing"], 0, 10)
