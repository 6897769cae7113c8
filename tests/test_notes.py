"""The notes: found by their words, whatever else a query holds."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from workshop.practice.texts import with_pages
from workshop.toolbox.notes import Note, all_notes, search_notes


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("tardigrades", "Tardigrades"),
        ("What do the notes say about dolphins?", "Dolphins"),
        ("bee", "Bees"),
        ("retry", "Retry Policies"),
        ("how long may an event history be", "Event History and Replay"),
        ("asyncio.sleep", "Timers and sleep"),
        ("prompt-injection", "Prompt injection"),
        ("CORAL", "Coral reefs"),
    ],
)
def test_the_best_is_first(query: str, title: str) -> None:
    assert search_notes(query)[0].title == title


def test_what_lesson_four_asks_for_is_one_note_each_with_its_page() -> None:
    for subject, page in (("tardigrades", "tardigrades"), ("dolphins", "dolphins")):
        (note,) = search_notes(subject)
        assert f"More at /pages/{page}" in note.text and "million years old" in note.text


def test_no_note_is_an_empty_list() -> None:
    for query in ("quantum chromodynamics", "", "  ", "?!", '"', "*", "(", "\0"):
        assert search_notes(query) == [], query
    assert search_notes("tardigrades", limit=0) == []


@pytest.mark.parametrize(
    "query",
    [
        'tardigrades" OR "bees',
        "tardigrades AND NOT",
        "tardigrades NEAR(",
        "title:tardigrades *",
        "-tardigrades ^",
        "'; DROP TABLE note; -- tardigrades",
        "tardigrades " * 5000,
        "tardigrades \ud800",
    ],
)
def test_the_syntax_of_sqlite_means_nothing(query: str) -> None:
    assert "Tardigrades" in [note.title for note in search_notes(query)]


def test_a_limit_and_many_threads() -> None:
    assert len(search_notes("activity worker workflow")) == 3
    assert len(search_notes("activity worker workflow", limit=5)) == 5
    with ThreadPoolExecutor(8) as people:
        found = list(people.map(search_notes, ["tardigrades"] * 40))
    assert all(notes == found[0] and isinstance(notes[0], Note) for notes in found)


def test_the_library_is_whole_and_names_pages_that_are_there() -> None:
    notes = all_notes()
    assert len(notes) >= 24 and len({note.title for note in notes}) == len(notes)
    paths = {f"/pages/{article.slug}" for article in with_pages()}
    named = [path for note in notes for path in re.findall(r"/pages/[\w-]+", note.text)]
    assert len(named) >= 10 and set(named) <= paths
    for note in notes:
        assert 100 < len(note.text) < 600 and not note.text.startswith("#"), note.title
