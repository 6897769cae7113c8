"""Drawing: text stays text, colours can be read in every theme, positions stay inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from workshop.checks.outcome import NOT_YET, Outcome
from workshop.core import display, svg
from workshop.kernel.classroom import Panel
from workshop.watching import rows_shown
from workshop.watching.follow.rows import Progress, Step
from workshop.watching.follow.screens import as_html


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [svg.LIGHT, svg.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", sorted(svg.LIGHT.keys() - {"paper", "line"}))
def test_words_and_shapes_stand_out_from_the_paper(theme: dict[str, str], role: str) -> None:
    assert contrast(theme[role], theme["paper"]) >= 4.5


# JupyterLab's own ink and paper, where they replace the picture's: white and #111 in its themes.
@pytest.mark.parametrize(("theme", "paper"), [(svg.LIGHT, "#ffffff"), (svg.DARK, "#111111")])
def test_shapes_stand_out_from_jupyterlabs_paper(theme: dict[str, str], paper: str) -> None:
    assert all(contrast(theme[r], paper) >= 4.5 for r in ("ok", "bad", "late", "live", "idle"))


def test_every_place_that_has_a_dark_theme_is_known() -> None:
    style = svg.STYLE
    for place in (
        "@media (prefers-color-scheme:dark)",
        'body[data-jp-theme-light="false"]',
        "body.vscode-dark",
        'html[theme="dark"]',
    ):
        where = style.index(place)
        assert svg.DARK["ok"] in style[where : style.index("}", where)], place
    # An exported page says that it is light; somebody's dark desktop does not change that.
    after = style.index('body[data-jp-theme-light="true"]')
    assert after > style.index("@media") and svg.LIGHT["ok"] in style[after : after + 900]
    assert "var(--jp-content-font-color1,var(--vscode-editor-foreground,#1f2328))" in style
    assert not re.search(r"url\(|@import|http", style)


TWO_PRICES = "The budget of $0.01 is used up: 4 calls answered, $0.010000 spent."


def followed() -> str:
    step = Step("activity", "llm_call", "retrying", 1, 0.0, attempt=1, error=TWO_PRICES)
    return as_html(Progress("Draft", "draft-1", "run", "running", (step,)))


def rows_of_a_table() -> str:
    shown: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(display, "put", lambda markup, _: shown.append(markup))
        rows_shown.show_rows([{"told": TWO_PRICES}])
    return shown[0]


@pytest.mark.parametrize(
    "shown",
    [
        followed,
        rows_of_a_table,
        Outcome("worker", NOT_YET, saw=TWO_PRICES, do="Wait.")._repr_html_,
        Panel("03", (("Model", TWO_PRICES, ""),))._repr_html_,
        lambda: svg.figure(svg.tag("p", svg.words(TWO_PRICES))),
    ],
)
def test_two_prices_are_no_formula(shown: Callable[[], str]) -> None:
    """JupyterLab would set in italics, without blanks, what is between two $."""
    assert TWO_PRICES in shown()
    outermost = shown()[: shown().index(">")]
    assert re.search(r'class="([^"]* )?mathjax_ignore[ "]', outermost)


def test_text_stays_text() -> None:
    hostile = "<script>alert(1)</script> & \"quotes\" 'single'"
    line = svg.text("0", 1, hostile)
    shape = svg.marker("5%", 2, "M0,0", "ok", hostile)
    whole = svg.picture("workshop-test", hostile, 10, [line, shape])
    drawn = ElementTree.fromstring(whole)
    assert {e.tag for e in drawn.iter()} == {"svg", "text", "path", "title"}
    assert drawn.findtext("text") == drawn.findtext("svg/path/title") == hostile
    assert drawn.get("aria-label") == hostile and drawn.get("role") == "img"


def test_positions_stay_inside_the_picture() -> None:
    places = [float(svg.percent(n).rstrip("%")) for n in (-1, 0, 0.5, 1, 7)]
    assert places == sorted(places) and places[0] == places[1] > 0 and places[-1] < 100
