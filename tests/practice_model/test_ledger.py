"""The ledger: rows that are there at once, and can be read by anybody at any time."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from workshop.practice.model.ledger import Ledger, LedgerError
from workshop.practice.model.messages import fingerprint, last_user_text


def add(ledger: Ledger, prompt: str = "hello") -> int:
    return ledger.received(model="m", prompt_sha256=fingerprint(prompt), prompt=prompt)


def test_a_file_that_is_not_there_is_empty_and_stays_absent(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "none" / "ledger.sqlite")
    assert ledger.calls() == [] and ledger.last_id() == 0
    assert not ledger.path.exists()


def test_a_row_from_receipt_to_answer(tmp_path: Path) -> None:
    ledger, reader = Ledger(tmp_path / "l.sqlite"), Ledger(tmp_path / "l.sqlite")
    row = add(ledger, "a long  prompt\n" + "x" * 200)
    (call,) = reader.calls()
    assert (call.id, call.status, call.answered) == (row, None, False)
    assert call.prompt == ("a long prompt " + "x" * 200)[:80]
    ledger.answered(row, prompt_tokens=1000, completion_tokens=100)
    other = add(ledger)
    ledger.answered(other, prompt_tokens=1, completion_tokens=1, dollars=5.5)
    broken = add(ledger)
    ledger.failed(broken, 0, "dropped")
    first, second, third = reader.calls()
    assert first.answered and first.dollars == pytest.approx(0.0035)
    assert second.dollars == 5.5
    assert (third.status, third.error, third.answered) == (0, "dropped", False)
    assert reader.calls(since=other) == [third] and reader.last_id() == broken


EARLIER = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, model TEXT, workflow_id TEXT,
    activity TEXT, attempt INTEGER, prompt_sha256 TEXT NOT NULL, prompt TEXT NOT NULL,
    status INTEGER, prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0, dollars REAL NOT NULL DEFAULT 0, error TEXT
)
"""


@pytest.mark.parametrize("first", ["read", "write"])
def test_a_file_of_an_earlier_version_loses_nothing(tmp_path: Path, first: str) -> None:
    file = tmp_path / "l.sqlite"
    insert = "INSERT INTO calls (at, prompt_sha256, prompt, status) VALUES (1, 'x', 'old', 200)"
    with closing(sqlite3.connect(file)) as earlier:
        earlier.execute("PRAGMA journal_mode=WAL")
        earlier.execute(EARLIER)
        earlier.execute(insert)
        earlier.commit()
        ledger = Ledger(file)
        if first == "write":
            add(ledger)
        old = ledger.calls()[0]
        assert (old.id, old.prompt, old.notebook) == (1, "old", "default")
        add(ledger)
        # A server of the earlier version goes on writing.
        earlier.execute(insert)
        earlier.commit()
    assert [c.prompt for c in ledger.calls()][-2:] == ["hello", "old"]


def test_many_that_bring_a_file_up_to_date_at_once(tmp_path: Path) -> None:
    for number in range(10):
        file = tmp_path / f"{number}.sqlite"
        with closing(sqlite3.connect(file)) as earlier:
            earlier.execute(EARLIER)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _, file=file: add(Ledger(file)), range(8)))  # type: ignore[misc]
        assert len(Ledger(file).calls()) == 8


def test_calls_of_one_notebook(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.sqlite")
    for whose in ("mine", "theirs", None, "mine"):
        ledger.received(model="m", prompt_sha256="x", prompt=str(whose), notebook=whose)
    assert [c.id for c in ledger.calls(notebook="mine")] == [1, 4]
    assert [c.id for c in ledger.calls(since=1, notebook="mine")] == [4]
    assert [c.notebook for c in ledger.calls()] == ["mine", "theirs", "default", "mine"]


def test_reading_while_many_write(tmp_path: Path) -> None:
    ledger, other = Ledger(tmp_path / "l.sqlite"), Ledger(tmp_path / "l.sqlite")
    done = threading.Event()
    lengths: list[int] = []

    def read() -> None:
        while not done.is_set():
            lengths.append(len(Ledger(tmp_path / "l.sqlite").calls()))

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda number: add((ledger, other)[number % 2]), range(200)))
    done.set()
    reader.join(timeout=10)
    assert sorted(ids) == list(range(1, 201))
    assert lengths == sorted(lengths) and len(ledger.calls()) == 200


def test_a_file_without_rows_yet_is_empty(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "l.sqlite").close()
    (tmp_path / "l.sqlite").touch()
    assert Ledger(tmp_path / "l.sqlite").calls() == []


def test_what_is_no_ledger_is_told(tmp_path: Path) -> None:
    file = tmp_path / "l.sqlite"
    file.write_text("This is a letter to my aunt. " * 100)
    for use in (Ledger(file).calls, lambda: add(Ledger(file))):
        with pytest.raises(LedgerError, match="remove the file"):
            use()
    assert file.read_text().startswith("This is a letter")


def test_fingerprints_and_last_words() -> None:
    first = [{"role": "user", "content": "a"}]
    assert fingerprint(first) == fingerprint([{"content": "a", "role": "user"}])
    assert fingerprint(first) != fingerprint([{"role": "user", "content": "b"}])
    parts = [{"type": "text", "text": "one"}, {"type": "image_url", "image_url": {}}]
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "two"}]
    assert last_user_text(messages) == "one"
    for odd in (None, 3, "x", [3], [{"role": "user"}], {}):
        assert last_user_text(odd) == ""
