"""Progress: right blanks and predictions, kept in `progress.json` across restarts of the kernel."""

from __future__ import annotations

import fcntl
import html
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workshop.checks.blanks import Blank, Sheet, sheets
from workshop.core import disk, settings
from workshop.core.display import lines
from workshop.core.svg import VERBATIM

FILE = "progress.json"
LOCK = "progress.lock"
LADDER = "ladder"
"""The key of the places on the ladder, beside those of the blanks."""
_BAR = 20


@dataclass(frozen=True)
class Place:
    """Where a learner is on the ladder of a blank's answers."""

    step: str
    """The step that failed."""
    text: str
    """A digest of the attempt."""
    rung: int


@dataclass(frozen=True)
class Row:
    """One lesson or exercise: how many of its blanks are right, and which is next."""

    title: str
    right: int
    total: int
    next: str
    path: str
    predictions: str = ""
    """How many were right, in words; empty where none has met its outcome."""

    @property
    def words(self) -> str:
        return f"{self.right} of {self.total} blanks right"

    @property
    def bar(self) -> str:
        full = round(_BAR * self.right / self.total) if self.total else 0
        return "█" * full + "░" * (_BAR - full)


@dataclass(frozen=True)
class Progress:
    """How far the learner is. In a notebook it shows itself as a table."""

    rows: tuple[Row, ...]
    changed: tuple[str, ...] = ()
    """Blanks that are right and that an update of the workshop has changed since."""

    @property
    def todo(self) -> str:
        """What to do next, in a sentence or two."""
        return f"{self._changes} {self._next}".strip()

    @property
    def _changes(self) -> str:
        if not self.changed:
            return ""
        return (
            f"An update has changed {', '.join(self.changed)} since you filled that in. "
            "It still counts; check it again to be sure."
        )

    @property
    def _next(self) -> str:
        if not self.rows:
            return settings.without_lessons()
        for row in self.rows:
            if row.next:
                return f"Next: the blank {row.next} in {row.path}."
        return "All blanks are right."

    def __repr__(self) -> str:
        told = lines((row.title, row.bar, row.words, row.predictions) for row in self.rows)
        return "\n".join([*told, self.todo])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(row.title)}</th>'
            f'<td><progress max="{row.total}" value="{row.right}" '
            f'aria-label="{html.escape(row.words)}"></progress></td>'
            f'<td style="text-align:left">{html.escape(row.words)}'
            f"{row.predictions and '<br>'}{html.escape(row.predictions)}</td></tr>"
            for row in self.rows
        )
        todo = html.escape(self.todo)
        return (
            f'<div class="{VERBATIM}"><table>{rows}</table>'
            f'<p style="overflow-wrap:anywhere">{todo}</p></div>'
        )


def progress() -> Progress:
    """Every lesson and exercise: blanks right of all, and what to do next."""
    kept, all_of_them = read(), sheets()
    changed = (
        f"{blank.name} ({sheet.title})"
        for sheet in all_of_them
        for blank in sheet.blanks
        if kept.get(blank.key, blank.digest) != blank.digest
    )
    rows = (_row(sheet, kept) for sheet in all_of_them if sheet.blanks)
    return Progress(tuple(rows), tuple(changed))


def place(blank: Blank) -> Place | None:
    """The place on the ladder that was kept, or None."""
    try:
        return Place(**_places(_loaded())[blank.key])
    except (KeyError, TypeError):
        return None


def note(blank: Blank, right: bool, place: Place | None = None) -> str:
    """Remember what a check has found.

    A blank that was right once stays so: the kernel may have been restarted since, or the learner
    tries another way.

    Args:
        place: on the ladder, where the blank is not right.

    Returns:
        How far the blank's notebook is, in a sentence or two.
    """
    try:
        keep_place(blank, right, place)
    except disk.DiskError as error:
        return f"This cannot be kept for later: {error.saw} {error.do}"
    kept = read()
    sheet = next(s for s in sheets() if (s.lesson, s.kind) == (blank.lesson, blank.kind))
    words = f"{sheet.title}: {_row(sheet, kept).words}."
    earlier = " This one was right before, and still counts."
    return words + (earlier if blank.key in kept and not right else "")


def lesson_words(lesson: str) -> str:
    """How far a lesson and its exercise are, such as "3 of 7 blanks right, exercise 0 of 5"."""
    kept, words = read(), []
    for sheet in sheets():
        if sheet.lesson.startswith(f"{lesson}_") and sheet.blanks:
            row = _row(sheet, kept)
            words.append(
                row.words if sheet.kind == "lesson" else f"exercise {row.right} of {row.total}"
            )
    return ", ".join(words)


def _row(sheet: Sheet, kept: dict[str, str]) -> Row:
    open_ones = [b.name for b in sheet.blanks if b.key not in kept]
    return Row(
        sheet.title,
        len(sheet.blanks) - len(open_ones),
        len(sheet.blanks),
        open_ones[0] if open_ones else "",
        sheet.path.relative_to(settings.ROOT).as_posix(),
        predicted(sheet.lesson[:2], kept) if sheet.kind == "lesson" else "",
    )


def prediction_key(lesson: str, name: str = "") -> str:
    """Under which a prediction is kept: its letter, and that of the outcome where it is known."""
    return f"{lesson}/predict/{name}"


def predicted(lesson: str, kept: dict[str, str]) -> str:
    """How many predictions of a lesson were right, of those that have met their outcome."""
    ours = (v.split() for k, v in kept.items() if k.startswith(prediction_key(lesson)))
    both = [pair for pair in ours if len(pair) == 2]
    right = sum(choice == outcome for choice, outcome in both)
    return f"predictions: {right} of {len(both)} right" if both else ""


def keep(key: str, value: str) -> None:
    """Keep a word with the others.

    Raises:
        DiskError: the file cannot be written.
    """
    _write(lambda kept: {**kept, key: value})


def keep_place(blank: Blank, right: bool, place: Place | None) -> None:
    """Keep that a blank is right, or the place on its ladder; nothing where it is neither.

    Raises:
        DiskError: the file cannot be written.
    """
    if right or place:
        _write(lambda kept: _changed(kept, blank, right, place))


def _write(changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change what is kept, with what other kernels keep at the same time."""
    file, before = _file(), _loaded()
    if changed(before) == before:
        return
    disk.ready(file.parent)
    try:
        # One kernel at a time reads and writes, so that none loses what another has just kept.
        with (file.parent / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = changed(_loaded())
            disk.write_whole(file, json.dumps(dict(sorted(kept.items())), indent=1))
    except OSError as error:
        raise disk.refused(error, file) from None


def _changed(
    before: dict[str, Any], blank: Blank, right: bool, place: Place | None
) -> dict[str, Any]:
    places = {k: v for k, v in _places(before).items() if k != blank.key}
    kept: dict[str, Any] = {**_right(before)}
    if right:
        kept[blank.key] = blank.digest
    elif place:
        places[blank.key] = asdict(place)
    return {**kept, LADDER: places} if places else kept


def _loaded() -> dict[str, Any]:
    """What the file holds; nothing where it is missing or spoilt."""
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _right(kept: dict[str, Any]) -> dict[str, str]:
    return {k: v for k, v in kept.items() if isinstance(v, str)}


def _places(kept: dict[str, Any]) -> dict[str, Any]:
    places = kept.get(LADDER)
    return places if isinstance(places, dict) else {}


def read() -> dict[str, str]:
    """The words that are kept: of blanks that are right, and of predictions."""
    return _right(_loaded())


def _file() -> Path:
    return settings.load().home / FILE
