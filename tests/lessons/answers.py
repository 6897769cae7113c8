"""Answers that learners give to a blank, right and wrong, and how its cell becomes their text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True)
class Blank:
    """A cell that a learner fills in."""

    name: str
    lesson: str
    """Its number, such as `02`."""
    cell_id: str
    practice: str
    """The cell as the learner finds it."""
    finished: str
    practice_notebook: Path
    finished_notebook: Path


Text = Callable[[Blank], str]
"""What makes an answer's text of a blank's texts."""


@dataclass(frozen=True)
class Right:
    """An answer that works, written in a way of its own."""

    name: str
    text: Text
    before: tuple[Text, ...] = ()
    """Texts of the same cell that were run before this one."""
    after: str = ""
    """Another cell, run after it."""


@dataclass(frozen=True)
class Wrong:
    """An answer that does not work, and what the check's answer has to say about it."""

    name: str
    text: Text
    says: tuple[str, ...] = ()
    """Words that name the mistake and its remedy, in capitals or not; `a|b` is either."""
    same_as: str | None = None
    """Another wrong answer whose remedy is the same, so that the same may be said."""
    verdict: str = "not yet"
    before: tuple[Text, ...] = ()
    """Texts of the same cell that were run before this one."""
    not_run: bool = False
    """The text stands in the notebook's saved file, and was not run."""
    after: str = ""
    """Another cell, run after it."""


class Bank(NamedTuple):
    """The answers to one blank."""

    wrong: list[Wrong]
    right: list[Right]


class BankError(ValueError):
    """A bank's file that cannot be read, or an answer that no longer fits its cell."""


@dataclass(frozen=True)
class Edit:
    """One text of a cell, replaced by another one."""

    old: str
    new: str
    where: str
    """The bank's file and line."""
    every: bool = False
    """The old text may stand in several places, and is replaced in each."""
    up_to: str = ""
    """Behind the old text: all up to this goes as well, and this."""

    def made_in(self, text: str) -> str:
        """The text after the edit.

        Raises:
            BankError: the old text is not there, or in more places than one.
        """
        places = text.count(self.old)
        start = text.find(self.old)
        end = start + len(self.old)
        if self.up_to:
            last = text.find(self.up_to, end - 1)  # from the end of the line on
            places, end = places if last >= 0 else 0, last + len(self.up_to)
        if places == 1:
            return text[:start] + self.new + text[end:]
        if places and self.every:
            return text.replace(self.old, self.new)
        shown = f"{self.old} … {self.up_to}".strip("\n …")
        seen = f"stands {places} times" if places else "does not stand"
        do = "write more of it, or =>> for each place" if places else "correct it"
        raise BankError(f"{self.where}: {shown!r} {seen} in this cell; {do}.\n{text}")


FINISHED: Text = attrgetter("finished")
PRACTICE: Text = attrgetter("practice")


@dataclass(frozen=True)
class Edited:
    """A text with edits, which are made one after the other."""

    edits: tuple[Edit, ...]
    start: Text

    def __call__(self, blank: Blank) -> str:
        text = self.start(blank)
        for edit in self.edits:
            # An edit of whole lines begins and ends with the ends of lines.
            text = edit.made_in(f"\n{text}\n")[1:-1]
        return text


def whole(text: str) -> Text:
    """A cell written anew."""
    return lambda blank: text
