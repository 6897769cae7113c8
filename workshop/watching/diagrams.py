"""Diagrams: Mermaid text drawn without a network, the same in every front end.

Drawing takes half a second. The lessons' diagrams lie here drawn, by the digest of their text:
`authoring.execute` keeps them when it runs the lessons. A text that a learner changes is drawn
on the spot.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

from PIL import Image

from workshop.core.display import image, put
from workshop.core.errors import WorkshopError

DRAWINGS = Path(__file__).with_name("drawings")
SCALE = 2.0
"""Pixels of a picture for each one on the page, so that it is sharp on a dense screen."""


class DiagramError(WorkshopError):
    """The text is no Mermaid diagram."""


def render_mermaid(diagram: str, alt: str) -> None:
    """Show a Mermaid diagram under the cell.

    It is drawn here, as a picture: Colab and VS Code draw no Mermaid by themselves, and remote
    renderers need the internet.

    Args:
        diagram: Mermaid text (https://mermaid.js.org/syntax/flowchart.html).
        alt: what the picture shows, for people who do not see it.

    Raises:
        DiagramError: the text cannot be drawn.
    """
    png = drawn(diagram)
    # The picture brings its own paper: dark themes would swallow its black lines.
    style = "background:#fff;padding:8px;border-radius:6px"
    # A PNG file says its width in bytes 16 to 19.
    width = int.from_bytes(png[16:20], "big") / SCALE
    put(image(png, alt, width=width, style=style, data_diagram=digest(diagram)), f"[{alt}]")


def drawn(diagram: str) -> bytes:
    """The diagram as a PNG picture: the one that is kept, or a new one.

    With WORKSHOP_DRAWINGS set to a folder, a new one is kept there.

    Raises:
        DiagramError: the text cannot be drawn.
    """
    name = f"{digest(diagram)}.png"
    if (DRAWINGS / name).exists():
        return (DRAWINGS / name).read_bytes()
    png = draw(diagram, scale=SCALE)
    if keep := os.environ.get("WORKSHOP_DRAWINGS"):
        Path(keep).mkdir(exist_ok=True)
        (Path(keep) / name).write_bytes(png)
    return png


def digest(diagram: str) -> str:
    """The name under which a diagram is kept: 16 hexadecimal digits of its text's sha256."""
    return hashlib.sha256(diagram.strip().encode()).hexdigest()[:16]


def draw(diagram: str, *, scale: float = 1.0) -> bytes:
    """A Mermaid diagram as the bytes of a PNG picture.

    Raises:
        DiagramError: the text cannot be drawn.
    """
    # The drawing engine is needed by lessons alone, and takes a moment to load.
    import mermaidx

    try:
        png = bytes(mermaidx.render(diagram.strip()).png(scale=scale, background="#ffffff"))
    except Exception as error:
        raise DiagramError(
            f"This Mermaid text cannot be drawn: {str(error).splitlines()[0]}",
            "It begins with a kind of diagram, such as `graph LR`.",
            "Compare it with https://mermaid.js.org/syntax/flowchart.html",
        ) from None
    # A few dozen colours are all there are, and a notebook carries each picture in its text.
    small = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return small.getvalue()
