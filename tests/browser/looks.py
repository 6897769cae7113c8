"""What can be measured of how a page looks: room for what is shown, contrast of what is read."""

from __future__ import annotations

import io
from pathlib import Path

from jupyter_page import Notebook
from PIL import Image
from playwright.sync_api import Locator, Page

LEAST_CONTRAST = 4.5
"""Of text and its ground: https://www.w3.org/TR/WCAG22/#contrast-minimum"""
WIDE, NARROW = 1100, 480
"""Pixels: a window on a laptop, and one beside another window."""
pictures: Path | None = None
"""Where pictures are kept. `PICTURES=docs pytest tests/browser` makes those of the README."""
LARGEST = 150_000
"""Bytes of a picture: a repository keeps each of its versions."""

# Colours come as rgb(…) or rgba(…), whatever the style sheet calls them.
_MEASURE = """(output) => {
  const found = {texts: [], wide: []};
  const read = (colour) => {
    const numbers = colour.match(/[\\d.]+/g).map(Number);
    return {rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1};
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, ground) => top.rgb.map((c, i) => c * top.alpha + ground[i] * (1 - top.alpha));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const layer = read(getComputedStyle(at).backgroundColor);
      if (layer.alpha > 0) layers.push(layer);
      if (layer.alpha === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    const place = element.closest(".jp-OutputArea-output")?.getBoundingClientRect();
    if (!place) continue;  // the number of the cell
    if (!node.data.trim() || element.closest("style, title, script")) continue;
    if (!element.checkVisibility({visibilityProperty: true})) continue;
    const style = getComputedStyle(element);
    const drawn = element instanceof SVGElement;
    let below = ground(element);
    const shape = element.matches(".on-shape") && element.parentElement.querySelector("rect");
    if (shape) below = read(getComputedStyle(shape).fill).rgb;
    const above = over(read(drawn ? style.fill : style.color), below);
    const [high, low] = [light(above), light(below)].sort((a, b) => b - a);
    found.texts.push({text: node.data.trim(), contrast: (high + 0.05) / (low + 0.05)});
    // Tables may scroll, and plain text wraps.
    if (element.closest("table, .jp-RenderedText")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const over_by = range.getBoundingClientRect().right - place.right;
    if (over_by > 1) found.wide.push(`${node.data.trim()}: ${Math.round(over_by)} pixels`);
  }
  for (const picture of output.querySelectorAll(".jp-OutputArea-output :is(img, svg[role])")) {
    const place = picture.closest(".jp-OutputArea-output").getBoundingClientRect();
    if (picture.getBoundingClientRect().right > place.right + 1)
      found.wide.push(picture.getAttribute("alt") || picture.getAttribute("aria-label"));
  }
  return found;
}"""


def measured(output: Locator) -> tuple[dict[str, float], list[str]]:
    """Of a cell's output: the contrast of each text, and what is wider than its place."""
    found = output.evaluate(_MEASURE)
    return {one["text"]: one["contrast"] for one in found["texts"]}, found["wide"]


# JupyterLab moves its panels by itself, a moment after the window has changed.
_SETTLED = """(width) => {
  const panel = [...document.querySelectorAll(".jp-NotebookPanel")].find((p) => p.clientWidth);
  const right = panel ? panel.getBoundingClientRect().right : width;
  return innerWidth === width && right <= width && right > width - 80;
}"""


def resize(page: Page, width: int, height: int = 1000) -> None:
    """Make the window as wide and high, and wait until the page is."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(_SETTLED, arg=width)


def take(notebook: Notebook, name: str, first: Locator, last: Locator | None = None) -> None:
    """Keep a picture of what lies from the top of one thing to the end of another."""
    page = notebook.page
    size = page.viewport_size
    assert size
    resize(page, size["width"], 2400)  # all of it at once
    first.scroll_into_view_if_needed()
    boxes = [thing.bounding_box() for thing in (first, last or first)]
    assert boxes[0] and boxes[-1]
    top, bottom = boxes[0]["y"], boxes[-1]["y"] + boxes[-1]["height"]
    left = min(box["x"] for box in boxes if box)
    right = max(box["x"] + box["width"] for box in boxes if box)
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    keep(page.screenshot(clip=clip, animations="disabled"), name)  # type: ignore[arg-type]
    resize(page, size["width"], size["height"])


def keep(png: bytes, name: str) -> None:
    """Write a picture in few colours, which are all that a page has."""
    assert pictures
    file = pictures / f"{name}.png"
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    picture.save(file, optimize=True)
    assert file.stat().st_size < LARGEST, f"{file.name} is too large for a README"
