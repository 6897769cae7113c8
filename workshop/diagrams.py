"""Diagrams: Mermaid text drawn without a network, the same in every front end."""

from __future__ import annotations

import base64
import html

from workshop.errors import WorkshopError


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
    from IPython.display import display

    png = draw(diagram, scale=2.0)
    # The picture brings its own paper: dark themes would swallow its black lines.
    picture = (
        f'<img alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}" '
        f'width="{_width(png) // 2}" '
        'style="max-width:100%;height:auto;background:#fff;padding:8px;border-radius:6px">'
    )
    display({"text/html": picture, "text/plain": f"[{alt}]"}, raw=True)  # type: ignore[no-untyped-call]


def draw(diagram: str, *, scale: float = 1.0) -> bytes:
    """A Mermaid diagram as the bytes of a PNG picture.

    Raises:
        DiagramError: the text cannot be drawn.
    """
    # The drawing engine is needed by lessons alone, and takes a moment to load.
    import mermaidx

    try:
        return bytes(mermaidx.render(diagram.strip()).png(scale=scale))
    except Exception as error:
        raise DiagramError(
            f"This Mermaid text cannot be drawn: {str(error).splitlines()[0]}",
            "It begins with a kind of diagram, such as `graph LR`.",
            "Compare it with https://mermaid.js.org/syntax/flowchart.html",
        ) from None


def _width(png: bytes) -> int:
    """The width in pixels, which a PNG file says in bytes 16 to 19."""
    return int.from_bytes(png[16:20], "big")
