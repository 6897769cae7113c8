"""Predict, then run: a choice before a cell that surprises, and the outcome that it measured.

The Markdown of a lesson asks and lists the choices a, b and c. What each of them stands for is
declared in the lesson's `checks.py`, so that no cell tells the answer before it has run.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workshop import checks
from workshop.checks import cells, progress
from workshop.core.display import clean
from workshop.core.errors import WorkshopError
from workshop.core.settings import ROOT

LETTERS = ("a", "b", "c")

_told: set[str] = set()
"""Predictions whose outcome this kernel has shown to a learner who had not chosen."""


@dataclass(frozen=True)
class Prediction:
    """One question of a lesson: what its choices stand for, and why it comes out as it does."""

    name: str
    outcomes: tuple[object, object, object]
    """What the cell with `reveal` measures where a, b or c comes true."""
    right: str
    """The letter that comes true when all goes as the lesson says."""
    why: str
    """Why, in one sentence."""


@dataclass(frozen=True)
class _Asked:
    """A prediction of the lesson that is open, and what is kept of it."""

    made: Prediction
    lesson: str
    key: str
    finished: bool
    """Whether this is the finished notebook, where nothing counts."""
    choice: str
    outcome: str


@contextmanager
def _in_words() -> Iterator[None]:
    """An error becomes a text under the cell, unless WORKSHOP_STRICT=1 asks for the exception."""
    try:
        yield
    except WorkshopError as error:
        if os.environ.get("WORKSHOP_STRICT") == "1":
            raise
        print("✗ " + "\n  ".join(error.lines()))


@_in_words()
def predict(name: str, choice: str = "") -> None:
    """Keep what you expect of a cell before you run it, and say under the cell what is kept.

    A choice may be changed until `reveal` has shown the outcome; after that the first one counts.
    It is kept with your progress, but not in the finished notebook. Without a choice nothing is
    kept.

    Args:
        name: of the prediction, as the cell was given.
        choice: `"a"`, `"b"` or `"c"`, as the text above lists them; `""` is no choice yet.
    """
    asked = _asked(name)
    letter = choice.strip().lower() if isinstance(choice, str) else choice
    if letter not in ("", *LETTERS):
        raise WorkshopError(
            f"predict was given {clean(repr(choice), 40)}.",
            'A choice is "a", "b" or "c", as the text above lists them.',
            f'Write predict("{name}", "a"), for instance, and run the cell again.',
        )
    if asked.finished:
        print("This is the finished notebook: a prediction here does not count.")
    elif asked.outcome:
        counts = "" if letter in ("", asked.choice) else " The first choice counts."
        print(f"You said {asked.choice}, and it was {asked.outcome}.{counts}")
    elif not letter and not asked.choice:
        print("No prediction yet: put a, b or c between the quotes and run this cell, or go on.")
    elif not letter:
        print(f"You said {asked.choice}. Now run the next cell.")
    elif asked.key in _told:
        print("You have seen the outcome already: a choice counts only before it.")
    else:
        progress.keep(asked.key, letter)
        print(f"You say {letter}. You can change it until you see the outcome.")


@_in_words()
def reveal(name: str, measured: object) -> None:
    """Say what came true, whether it was predicted, why, and how many predictions were right.

    Args:
        name: of the prediction.
        measured: what the cell above has found out, such as a number of calls.
    """
    asked = _asked(name)
    if measured not in asked.made.outcomes:
        print(f"None of the three: {clean(repr(measured), 40)} was measured. It does not count.")
        return
    now = LETTERS[asked.made.outcomes.index(measured)]
    outcome = asked.outcome or now
    if not asked.choice:
        _told.add(asked.key)
        said = f"It was {now}." + ("" if asked.finished else " You had made no prediction.")
    elif asked.choice == outcome:
        said = f"✓ You said {asked.choice}, and it was {outcome}."
    else:
        said = f"✗ You said {asked.choice}, and it was {outcome}."
    if now != outcome:
        said += f" This time it was {now}."
    if now != asked.made.right:
        said += f" Usually it is {asked.made.right}:"
    print(said, asked.made.why)
    if asked.choice:
        progress.keep(asked.key, f"{asked.choice} {outcome}")
        score = progress.predicted(asked.lesson, progress.read())
        print(f"Lesson {asked.lesson}, {score}.")


def _asked(name: str) -> _Asked:
    """
    Raises:
        WorkshopError: no lesson is open, or it has no such prediction.
    """
    lesson = checks.opened()
    folder = next((ROOT / "lessons").glob(f"{lesson}_*")).name
    known = checks.declared(Prediction, folder)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        raise WorkshopError(
            f"Lesson {lesson} has no prediction {clean(repr(name), 40)}.",
            f"It has {', '.join(known) or 'none'}.",
            f'Write "{near[0]}".' if near else "Correct the name.",
        )
    key = progress.prediction_key(lesson, name)
    finished = cells.is_finished_notebook(folder, f"Solutions_{folder}")
    kept = "" if finished else progress.read().get(key, "")
    choice, _, outcome = kept.partition(" ")
    return _Asked(known[name], lesson, key, finished, choice, outcome)
