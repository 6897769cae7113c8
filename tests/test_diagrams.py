"""Diagrams: drawn here, without a network, with words for those who do not see them."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import IPython.display
import pytest
from PIL import Image
from room import ROOT

from workshop.core import display
from workshop.watching import diagrams
from workshop.watching.diagrams import DiagramError, draw, render_mermaid

FLOW = "graph LR\n  A[Prompt] --> B[LLM: Grüße, λόγος]\n  B --> C[PDF]"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    bundles: list[dict[str, Any]] = []
    monkeypatch.setattr(display, "in_notebook", lambda: True)
    monkeypatch.setattr(
        IPython.display, "display", lambda bundle, raw, display_id: bundles.append(bundle)
    )
    return bundles


def dark_pixels(png: bytes) -> int:
    picture = Image.open(io.BytesIO(png)).convert("L")
    return sum(picture.histogram()[:128])


@pytest.fixture(scope="module")
def flow() -> bytes:
    return draw(FLOW)


def test_a_diagram_is_a_picture_with_something_on_it(flow: bytes) -> None:
    picture = Image.open(io.BytesIO(flow))
    assert picture.format == "PNG" and picture.width > picture.height > 20
    assert dark_pixels(flow) > 200


def test_a_longer_diagram_is_wider(flow: bytes) -> None:
    longer = draw(FLOW + "\n  C --> D[Reader] --> E[Shelf]")
    assert Image.open(io.BytesIO(longer)).width > Image.open(io.BytesIO(flow)).width


def test_a_sequence_is_drawn() -> None:
    png = draw("sequenceDiagram\n  Client->>Service: start\n  Service->>Worker: task")
    assert dark_pixels(png) > 50


def test_a_cell_shows_the_picture_and_the_words(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, flow: bytes
) -> None:
    monkeypatch.setattr(diagrams, "drawn", lambda text: flow)
    render_mermaid(FLOW, 'A prompt becomes a PDF, <quickly> & "well"')
    (bundle,) = shown
    html = bundle["text/html"]
    assert 'alt="A prompt becomes a PDF, &lt;quickly&gt; &amp; &quot;well&quot;"' in html
    assert bundle["text/plain"] == '[A prompt becomes a PDF, <quickly> & "well"]'
    inside = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert inside and Image.open(io.BytesIO(base64.b64decode(inside[1]))).format == "PNG"
    assert "http" not in html and "<script" not in html


def test_every_lessons_diagram_is_kept_and_no_other() -> None:
    finished = [*ROOT.glob("Solutions_*/*.ipynb"), *ROOT.glob("exercises/*/Solution/*.ipynb")]
    shown = {
        name
        for path in finished
        for name in re.findall(r'data-diagram=\\"(\w+)\\"', path.read_text(encoding="utf-8"))
    }
    assert shown == {path.stem for path in diagrams.DRAWINGS.glob("*.png")}


def test_a_kept_drawing_is_shown_and_a_changed_text_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flow: bytes
) -> None:
    monkeypatch.setattr(diagrams, "DRAWINGS", tmp_path)
    monkeypatch.setenv("WORKSHOP_DRAWINGS", str(tmp_path))
    monkeypatch.setattr(diagrams, "draw", lambda text, scale: flow)
    assert diagrams.drawn(FLOW) == flow
    monkeypatch.setattr(diagrams, "draw", lambda text, scale: b"drawn again")
    assert diagrams.drawn(f"\n{FLOW}\n") == flow
    assert diagrams.drawn(FLOW + "\n  C --> D") == b"drawn again"


@pytest.mark.parametrize("text", ["", "this is no diagram", "graph LR\n  A -->"])
def test_what_is_no_diagram_is_told(text: str) -> None:
    with pytest.raises(DiagramError) as caught:
        draw(text)
    assert "cannot be drawn" in caught.value.saw and caught.value.do
