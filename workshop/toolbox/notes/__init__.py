"""A small library of notes, and the search in it: what an agent of lesson 04 looks things up in.

The notes are the Markdown files beside this one, on the subjects of the practice site and on
Temporal. Some name a page of the site by its path.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MOST_WORDS = 32
_LONGEST_WORD = 64
_COMMON_TEXT = """
a about an and any are at by can do does find for from give how i in is it its me my of on or
out say search tell that the their them there they this to was what when where which who why with
you your note notes"""
_COMMON = frozenset(_COMMON_TEXT.split())
"""Words that nearly every note has: looked for only where there is no other."""


@dataclass(frozen=True)
class Note:
    """A note: its title, and its text without the title."""

    title: str
    text: str


def search_notes(query: str, limit: int = 3) -> list[Note]:
    """The notes that hold a word of the query, best first; an empty list where none does.

    A word in a title counts more, and endings do not matter much ("retry" finds "retries"). The
    query is words and nothing else: `AND`, `*` or quotes have no meaning in it.

    Args:
        limit: how many notes at most.

    https://www.sqlite.org/fts5.html
    """
    said = re.findall(r"\w+", query.casefold())
    telling = [word for word in said if word not in _COMMON] or said
    words = [word[:_LONGEST_WORD] for word in telling[:_MOST_WORDS]]
    if not words or limit < 1:
        return []
    # A connection of its own for each search: Activities run in many threads.
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE note USING fts5(title, text, tokenize='porter unicode61')"
        )
        database.executemany(
            "INSERT INTO note VALUES (?, ?)", [(note.title, note.text) for note in all_notes()]
        )
        found = database.execute(
            "SELECT title, text FROM note WHERE note MATCH ?"
            " ORDER BY bm25(note, 5.0, 1.0), title LIMIT ?",
            (" OR ".join(f'"{word}"' for word in words), min(limit, 1000)),
        )
        return [Note(title, text) for title, text in found]


@cache
def all_notes() -> tuple[Note, ...]:
    """Every note, by title."""
    notes = []
    for file in Path(__file__).parent.glob("*.md"):
        title, _, text = file.read_text(encoding="utf-8").partition("\n")
        notes.append(Note(title.removeprefix("# ").strip(), text.strip()))
    return tuple(sorted(notes, key=lambda note: note.title))
