"""Drawing: inline SVG that needs no script and no network, in light and dark themes.

A picture is as wide as its place. Positions along it are percentages, everything else pixels, so
that words keep their size in a narrow window. It has no element ids, so that two pictures in one
notebook cannot disturb each other, and it brings its own paper: whichever theme a front end turns
out to have, ink and paper belong together.
"""

from __future__ import annotations

import html

LIGHT = {
    "ink": "#1f2328",
    "soft": "#57606a",
    "paper": "#ffffff",
    "line": "#d8dee4",
    "ok": "#0f6b4f",
    "bad": "#b42318",
    "late": "#8a5a00",
    "live": "#0b5cad",
    "idle": "#6e7781",
}
DARK = {
    "ink": "#e6e6e6",
    "soft": "#aab2bb",
    "paper": "#111111",
    "line": "#3a3f45",
    "ok": "#4cc38a",
    "bad": "#ff8f80",
    "late": "#e3b341",
    "live": "#6cb6ff",
    "idle": "#8f98a2",
}
"""Colours by role. Each but `line` is read against `paper`."""

# What a front end with themes of its own calls its ink and paper: JupyterLab, then VS Code.
_OF_THE_FRONT_END = {
    "ink": ("--jp-content-font-color1", "--vscode-editor-foreground"),
    "paper": ("--jp-layout-color0", "--vscode-editor-background"),
}
VERBATIM = "mathjax_ignore tex2jax_ignore"
"""Classes of what a notebook must show as it is: in "$0.01 of $0.02" it would see a formula.

JupyterLab knows the first of them, front ends with MathJax 2 the second:
https://docs.mathjax.org/en/latest/options/document.html
"""
_LIGHT_PLACES = ('body[data-jp-theme-light="true"]', "body.vscode-light", 'html[theme="light"]')
_DARK_PLACES = ('body[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]')
"""How JupyterLab (and nbconvert), VS Code and Colab say which theme they have."""


def tag(name: str, /, *children: str, **attributes: object) -> str:
    """An element. Children are markup; attributes are text. `class_` is class, `x_y` is x-y."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(children)
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


def words(text: str) -> str:
    """Text as markup."""
    return html.escape(text, quote=False)


def percent(fraction: float) -> str:
    """A position along the picture, 0 its beginning and 1 its end, with room for outlines."""
    return f"{0.5 + 98.8 * min(1.0, max(0.0, fraction)):.2f}%"


def between(left: str, right: str) -> str:
    """How wide it is from one position to another."""
    return f"{float(right[:-1]) - float(left[:-1]):.2f}%"


def text(x: str, y: float, what: str, *, class_: str = "", anchor: str | None = None) -> str:
    """A line of text; `y` is where its letters stand."""
    return tag("text", words(what), x=x, y=f"{y:g}", class_=class_ or None, text_anchor=anchor)


def marker(x: str, y: float, path: str, class_: str, title: str = "") -> str:
    """A small shape at a position; `path` is drawn around 0,0 in pixels."""
    told = tag("title", words(title)) if title else ""
    shape = tag("path", told, d=path, class_=class_)
    return tag("svg", shape, x=x, y=f"{y:g}", width="1", height="1", overflow="visible")


def picture(kind: str, label: str, height: float, parts: list[str]) -> str:
    """The inline SVG.

    Args:
        kind: its class, such as workshop-timeline.
        label: what it shows, in a sentence, for people who do not see it.
        height: in pixels.
        parts: its elements, later ones above earlier ones.
    """
    return tag(
        "svg",
        *parts,
        class_=kind,
        role="img",
        aria_label=label,
        width="100%",
        height=f"{height:g}",
        # A notebook's style sheet may say `height: auto`, which would cut it.
        style=f"height:{height:g}px",
    )


def figure(*parts: str) -> str:
    """A picture with what belongs to it, in the theme of the place where it is shown."""
    return tag("div", tag("style", STYLE), *parts, class_=f"workshop-picture {VERBATIM}")


def _variables(colours: dict[str, str]) -> str:
    declared = []
    for role, colour in colours.items():
        value = colour
        for name in reversed(_OF_THE_FRONT_END.get(role, ())):
            value = f"var({name},{value})"
        declared.append(f"--wp-{role}:{value}")
    return ";".join(declared)


def _within(places: tuple[str, ...], colours: dict[str, str]) -> str:
    chosen = ",".join(f"{place} .workshop-picture" for place in places)
    return f"{chosen}{{{_variables(colours)}}}"


STYLE = "\n".join(
    [
        f".workshop-picture{{{_variables(LIGHT)};color:var(--wp-ink);background:var(--wp-paper);"
        "font:12.5px/1.5 var(--jp-content-font-family,system-ui,sans-serif);padding:8px;"
        "border-radius:6px;max-width:1000px;overflow-x:auto;forced-color-adjust:none}",
        f"@media (prefers-color-scheme:dark){{.workshop-picture{{{_variables(DARK)}}}}}",
        _within(_LIGHT_PLACES, LIGHT),
        _within(_DARK_PLACES, DARK),
        ".workshop-picture>svg{display:block;width:100%;max-width:100%;margin:4px 0}",
        ".workshop-picture svg text{fill:var(--wp-ink);font-size:12px;paint-order:stroke;"
        "stroke:var(--wp-paper);stroke-width:3px;stroke-linejoin:round}",
        ".workshop-picture svg .name{font-weight:600}",
        ".workshop-picture svg .soft{fill:var(--wp-soft)}",
        ".workshop-picture svg .on-shape{fill:var(--wp-paper);stroke:none}",
        ".workshop-picture svg .trouble{fill:var(--wp-bad)}",
        *(
            f".workshop-picture .{role}{{stroke:var(--wp-{role});fill:var(--wp-{role})}}"
            for role in ("ok", "bad", "late", "live", "idle", "line")
        ),
        ".workshop-picture .hollow{fill:var(--wp-paper);stroke-width:1.5}",
        ".workshop-picture .open{fill:none;stroke-width:2}",
        ".workshop-picture .band{fill-opacity:.12;stroke-opacity:.6;stroke-dasharray:3 3}",
    ]
)
