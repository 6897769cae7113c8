"""The review page in a real browser: read, edited, kept; light, dark, and narrow as a phone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import looks
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

sys.path.append(str(Path(__file__).resolve().parent.parent))
import drafts

pytestmark = pytest.mark.rotates("pages", "the review page", among=8)
TOPIC = "Give me 3 fun facts about tardigrades"
HOSTILE = "Tell me about <script>document.cookie='owned'</script><img src=x onerror=alert(1)>"
PHONE = 400


@pytest.fixture(scope="module")
def address(
    running_room: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("review")
    worker = drafts.worker(running_room, folder)
    server, printed = drafts.review(running_room, folder)
    yield printed
    server.end()
    worker.end()


@pytest.fixture
def page(window: BrowserContext, address: str) -> Iterator[Page]:
    page = window.new_page()
    page.set_viewport_size({"width": 800, "height": 900})
    yield page
    page.close()


def card(page: Page, name: str) -> Locator:
    return page.locator(f"article#{name}")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_draft_becomes_a_poem_and_is_published(
    page: Page, address: str, running_room: dict[str, str], asked: list[tuple[str, str]]
) -> None:
    name = drafts.start(running_room, TOPIC)
    page.goto(address)
    mine = card(page, name)
    expect(mine).to_contain_text("Version 1 waits for a decision")
    expect(mine).to_contain_text("Tardigrades, also called water bears")

    mine.get_by_role(
        "button", name="Edit"
    ).click()  # without instructions the browser sends nothing
    assert mine.get_by_role("textbox").evaluate("area => area.validity.valueMissing")
    mine.get_by_role("textbox").fill("Turn this into a poem")
    mine.get_by_role("button", name="Edit").click()
    expect(mine).to_contain_text("✓ edit of version 1 accepted")
    expect(mine).to_contain_text("# Tardigrades: a poem")
    page.reload()  # sends nothing
    expect(mine).to_contain_text("Version 2 waits for a decision")

    for scheme, suffix in (("light", ""), ("dark", "-dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        looks.keep(page.screenshot(full_page=True, animations="disabled"), f"review-page{suffix}")
    page.emulate_media(color_scheme="light")

    mine.get_by_role("button", name="Keep version 2").click()
    expect(mine).to_contain_text("✓ keep of version 2 accepted")
    expect(mine).to_contain_text("✓ published: a person has read this text")
    expect(mine.get_by_role("button")).to_have_count(0)
    mine.get_by_text("its text").click()
    expect(mine.locator(".text")).to_be_visible()
    assert drafts.draft(running_room, name)["status"] == "published"
    assert not asked


def test_nothing_of_a_model_runs_in_the_browser(
    page: Page, address: str, running_room: dict[str, str]
) -> None:
    name = drafts.start(running_room, HOSTILE)
    alarms: list[str] = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda line: alarms.append(line.text))
    page.goto(address)
    expect(card(page, name)).to_contain_text(HOSTILE)
    assert page.evaluate("document.cookie") == ""
    assert page.locator("article img, article script").count() == 0
    assert not alarms


def test_it_fits_a_phone_and_is_readable_in_both_themes(
    page: Page, address: str, running_room: dict[str, str]
) -> None:
    long = "Tell me about " + "w" * 140
    names = [drafts.start(running_room, topic) for topic in (TOPIC, long)]
    page.set_viewport_size({"width": PHONE, "height": 800})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(address)
        for name in names:
            expect(card(page, name)).to_contain_text("Version 1 waits")
        assert fits(page)
        ink, paper = (
            page.evaluate(f"getComputedStyle(document.body).{which}")
            for which in ("color", "backgroundColor")
        )
        # The colours themselves are measured in test_svg.py; here, that the theme is followed.
        bright = [sum(map(int, c.strip("rgb()").split(","))) for c in (ink, paper)]
        assert (bright[0] < bright[1]) is (scheme == "light")
