"""Screens: a Workflow's progress as text for terminals and tests, and as HTML in a notebook."""

from __future__ import annotations

import html
import re
import time
from typing import Any

from workshop.core.display import in_notebook, lasting, put, table
from workshop.core.svg import VERBATIM
from workshop.watching.follow.rows import SIGNS, Progress, Step

COUNTDOWN_SECONDS = 0.5
"""How often a countdown alone redraws a notebook's display."""


def details(step: Step) -> str:
    """Everything of a row but its sign and name, in words."""
    parts = [step.state]
    if step.attempt:
        parts.append(f"attempt {step.attempt}")
    if step.seconds is not None and step.kind != "signal":
        parts.append(lasting(step.seconds, 2))
    if wait(step):
        parts.append(wait(step))
    if step.error:
        parts.append(f"last error {step.error}" if step.state == "completed" else step.error)
    return ", ".join(parts)


def wait(step: Step) -> str:
    if step.next_attempt_in is not None:
        return f"next attempt in {step.next_attempt_in:.1f} s"
    return "" if step.fires_in is None else f"fires in {lasting(step.fires_in)}"


def _sign(step: Step) -> str:
    return "⏲" if step.kind == "timer" and step.state == "running" else SIGNS[step.state]


def _row(step: Step, width: int) -> str:
    return f"  {_sign(step)} {step.label:<{width}}  {details(step)}"


def _header(progress: Progress) -> str:
    return f"{progress.workflow_type} {progress.workflow_id}: {progress.status}"


def as_text(progress: Progress, link: str = "", note: str = "") -> str:
    """The whole picture as plain text: header, Web UI address, rows, progress, a note."""
    width = max((len(step.label) for step in progress.steps), default=0)
    lines = [_header(progress)]
    lines += [f"Web UI: {link}"] if link else []
    lines += [_row(step, width) for step in progress.steps]
    lines += [progress.summary()]
    lines += [note] if note else []
    return "\n".join(lines)


def as_html(progress: Progress, link: str = "", note: str = "") -> str:
    """The same as a table that a screen reader can read. All text of the service is escaped."""
    escape = html.escape
    rows = []
    for step in progress.steps:
        seconds = "" if step.seconds is None else lasting(step.seconds, 2)
        rows.append(
            (
                step.label,
                f"{_sign(step)} {step.state}",
                str(step.attempt or ""),
                wait(step) or ("" if step.kind == "signal" else seconds),
                step.error,
            )
        )
    web = re.match(r"https?://", link)
    anchor = f' <a href="{escape(link)}" target="_blank">Web UI</a>' if web else ""
    columns = ("Step", "State", "Attempt", "Time", "Last error")
    caption = f"Event History of {escape(progress.workflow_id)}"
    # A long error takes its room from the cells beside it, which are read at a glance.
    listed = table(columns, rows, caption, side="", named=True, whole=(1, 2, 3)) if rows else ""
    told = "".join(f"<div>{escape(line)}</div>" for line in note.splitlines())
    return (
        f'<div class="{VERBATIM}" style="color:var(--jp-content-font-color1,inherit);'
        'font-family:var(--jp-content-font-family,sans-serif)">'
        f"<div><strong>{escape(progress.workflow_type)}</strong> "
        f"{escape(progress.workflow_id)}: {escape(progress.status)}.{anchor}</div>"
        f"{listed}"
        f'<div role="status" aria-live="polite">{escape(progress.summary())}{told}</div></div>'
    )


class Terminal:
    """Prints a line when something changed, and nothing while only a countdown runs."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._header = ""
        self._rows: dict[tuple[str, int], tuple[object, ...]] = {}
        self._note = ""

    def show(self, progress: Progress, note: str, final: bool = False) -> None:
        lines, header = [], _header(progress)
        if header != self._header:
            lines.append(header)
            lines += [f"Web UI: {self._link}"] if self._link and not self._header else []
            self._header = header
        for step in progress.steps:
            now = (step.state, step.attempt, step.error)
            if self._rows.get((progress.run_id, step.event_id)) != now:
                self._rows[progress.run_id, step.event_id] = now
                lines.append(_row(step, width=24))
        lines += [progress.summary()] if final else []
        # A note's numbers count down; only its words make it a new one.
        words = re.sub(r"\d", "", note)
        lines += [note] if note and words != self._note else []
        self._note = words
        if lines:
            print("\n".join(lines), flush=True)


class Notebook:
    """One display of the cell, updated in place."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._display: Any = None
        self._shown = ""
        self._words = ""
        self._at = 0.0

    def show(self, progress: Progress, note: str, final: bool = False) -> None:
        text = as_text(progress, self._link, note)
        words = re.sub(r"\d+\.\d+ s", "", text)
        soon = time.monotonic() - self._at < COUNTDOWN_SECONDS
        if text == self._shown or (words == self._words and soon and not final):
            return
        self._display = put(as_html(progress, self._link, note), text, self._display)
        self._shown, self._words, self._at = text, words, time.monotonic()


Screen = Terminal | Notebook


def screen(link: str) -> Screen:
    return Notebook(link) if in_notebook() else Terminal(link)
