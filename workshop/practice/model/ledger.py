"""The ledger: every request that a model received, as a committed row in one SQLite file.

The practice model writes it; a meter on the client's side may write one for a real provider.
Anybody may read it meanwhile. A row is there before its answer is, so a process that is killed
in the middle of a call leaves a row without a status behind, and nothing is lost.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from workshop.core.errors import WorkshopError
from workshop.practice.model import NOBODY, PRICE_PER_COMPLETION_TOKEN, PRICE_PER_PROMPT_TOKEN

OPENING_LENGTH = 80
"""Characters of a prompt that a row keeps."""
NAME_LENGTH = 200
_BUSY_SECONDS = 5.0


class LedgerError(WorkshopError):
    """The file cannot be used as a ledger."""


@dataclass(frozen=True)
class Call:
    """One request that a model received."""

    id: int
    at: float
    """When it was received, in seconds since 1970 (`time.time()`)."""
    model: str | None
    workflow_id: str | None
    activity: str | None
    attempt: int | None
    """The Activity's attempt, from 1; None when the caller did not say."""
    prompt_sha256: str
    """The same for the same messages; see `messages.fingerprint`."""
    prompt: str
    """The first 80 characters of the last user message."""
    status: int | None
    """HTTP status of the answer; 0: the connection was dropped; None: not answered."""
    prompt_tokens: int
    completion_tokens: int
    dollars: float
    """What the call cost, in US dollars; 0 unless it was answered."""
    error: str | None
    """The provider's error code, such as `rate_limit_exceeded`."""
    notebook: str = NOBODY
    """Whose call it was: the Temporal namespace of the notebook that sent it."""

    @property
    def answered(self) -> bool:
        """Whether the model gave an answer (and charged for it)."""
        return self.status == 200


_COLUMNS = ", ".join(field.name for field in fields(Call))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, model TEXT, workflow_id TEXT,
    activity TEXT, attempt INTEGER, prompt_sha256 TEXT NOT NULL, prompt TEXT NOT NULL,
    status INTEGER, prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0, dollars REAL NOT NULL DEFAULT 0, error TEXT
)
"""


class Ledger:
    """Writes and reads the rows of one file. Safe to use from several threads and processes.

    Opening costs nothing: the file is made by the first row (SQLite with a write-ahead log,
    https://www.sqlite.org/wal.html), and reading a file that is not there yet finds no rows.
    Every method raises LedgerError where the file is no SQLite database or cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None

    def received(
        self,
        *,
        model: str | None,
        prompt_sha256: str,
        prompt: str,
        workflow_id: str | None = None,
        activity: str | None = None,
        attempt: int | None = None,
        notebook: str | None = None,
    ) -> int:
        """Commit the row of a request that was just received; do this before anything else.

        Returns the row's id, for `answered` or `failed`. Of the prompt, the last user message, the
        first 80 characters are kept.
        """
        row = self._write(
            "INSERT INTO calls (at, model, workflow_id, activity, attempt, prompt_sha256, prompt,"
            " notebook) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            time.time(),
            *map(_tidy, (model, workflow_id, activity)),
            attempt,
            prompt_sha256,
            " ".join(_storable(prompt).split())[:OPENING_LENGTH],
            _tidy(notebook) or NOBODY,
        )
        assert row is not None
        return row

    def answered(
        self,
        row: int,
        *,
        prompt_tokens: int,
        completion_tokens: int,
        dollars: float | None = None,
        status: int = 200,
    ) -> None:
        """Complete a row with its answer; without dollars, by the practice model's prices."""
        if dollars is None:
            dollars = cost(prompt_tokens, completion_tokens)
        self._write(
            "UPDATE calls SET status=?, prompt_tokens=?, completion_tokens=?, dollars=?,"
            " error=NULL WHERE id=?",
            *(status, prompt_tokens, completion_tokens, dollars, row),
        )

    def failed(self, row: int, status: int, error: str) -> None:
        """Complete a row with its failure: an HTTP status, or 0 for a connection that broke."""
        self._write("UPDATE calls SET status=?, error=? WHERE id=?", status, _tidy(error), row)

    def calls(self, since: int = 0, notebook: str | None = None) -> list[Call]:
        """The calls after row `since`, oldest first; of one notebook, or of all."""
        whose = _tidy(notebook)
        rows = self._read(
            f"SELECT {_COLUMNS} FROM calls WHERE id > ? AND (? IS NULL OR notebook = ?)"
            " ORDER BY id",
            *(since, whose, whose),
        )
        return [Call(*row) for row in rows]

    def last_id(self) -> int:
        """The id of the newest row, or 0: a mark for `calls(since=...)`."""
        rows = self._read("SELECT max(id) FROM calls")
        return rows[0][0] or 0 if rows else 0

    def close(self) -> None:
        """Close the file; the next row opens it again."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _write(self, statement: str, *values: object) -> int | None:
        with self._lock, self._refusals():
            self._writer = self._writer or self._open()
            # Without a transaction of its own, each statement commits before it returns.
            return self._writer.execute(statement, values).lastrowid

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._refusals(), closing(self._open()) as connection:
            return connection.execute(query, values).fetchall()

    def _open(self) -> sqlite3.Connection:
        """A connection to the file, which has its table then, with every column of today."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_SCHEMA)
            _add_notebook(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            raise LedgerError(
                f"The ledger {self.path.name} cannot be used: {problem}.",
                "It is a SQLite file that the workshop makes and may write to.",
                "Free some disk space if it is full, or remove the file to start a new one.",
            ) from problem


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a file to its write-ahead log.

    SQLite does not wait here for other processes that do the same, whatever the timeout
    (https://www.sqlite.org/pragma.html#pragma_journal_mode).
    """
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem) or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _add_notebook(connection: sqlite3.Connection) -> None:
    """Add a column that files of an earlier version lack: all their rows are of one namespace."""
    try:
        connection.execute(
            f"ALTER TABLE calls ADD COLUMN notebook TEXT NOT NULL DEFAULT '{NOBODY}'"
        )
    except sqlite3.OperationalError as problem:
        if "duplicate column" not in str(problem):
            raise


def cost(prompt_tokens: int, completion_tokens: int) -> float:
    """The price of a call in US dollars, by the practice model's prices."""
    return prompt_tokens * PRICE_PER_PROMPT_TOKEN + completion_tokens * PRICE_PER_COMPLETION_TOKEN


def _storable(text: str) -> str:
    """The text without half characters, which SQLite cannot store."""
    return text.encode("utf-8", "replace").decode()


def _tidy(name: str | None) -> str | None:
    return _storable(name)[:NAME_LENGTH] if name else None
