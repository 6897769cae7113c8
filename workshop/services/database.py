"""The database that a pipeline's results are kept in: SQLite, or PostgreSQL where a URL names one.

    engine = open_database()
    with engine.begin() as transaction:
        transaction.execute(insert_into(engine, results).values(…).on_conflict_do_nothing())

The engine is SQLAlchemy's own (https://docs.sqlalchemy.org/en/20/core/connections.html). It belongs
into the Worker's process and never into an input, because it knows the password.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr
from sqlalchemy import URL, Engine, MetaData, Select, Table, create_engine, event, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from workshop.core.errors import WorkshopError
from workshop.core.settings import load

CONNECT_SECONDS = 5
"""How long PostgreSQL may take to answer."""
BUSY_SECONDS = 5.0
"""How long a write to SQLite waits for another one to end."""
# Without the second, an INSERT's rowcount on PostgreSQL is -1 and not 0 or 1.
_SAME_ON_BOTH: dict[str, Any] = {
    "hide_parameters": True,
    "execution_options": {"preserve_rowcount": True},
}
_KNOWN = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
_SAMPLES = "sqlite:///results.sqlite or postgresql://user:password@localhost:5432/research"


class DatabaseError(WorkshopError):
    """The database cannot be used. The message never holds its password."""


def open_database(url: SecretStr | str | None = None) -> Engine:
    """Connect once, so that what is wrong is told here, and return the engine.

    SQLite gets its folder made, and a journal that lets others read while one writes (WAL). Errors
    of the engine leave out the values of a statement: they would end in the Event History.

    Args:
        url: a SQLAlchemy URL; None means DATABASE_URL of the settings, which is a SQLite file
            unless you set it.

    Raises:
        DatabaseError: the URL cannot be used, or nothing answers there.

    https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls
    """
    url = load().database_url if url is None else url
    place = _place(url.get_secret_value() if isinstance(url, SecretStr) else url)
    try:
        engine = _sqlite(place) if place.get_backend_name() == "sqlite" else _postgresql(place)
        with engine.connect():
            return engine
    except (SQLAlchemyError, OSError) as problem:
        raise _refused(place, problem) from None


def insert_into(engine: Engine, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT in the words of the engine's database, which has `on_conflict_do_nothing`.

    Executed on this engine, its `rowcount` is 1 for a new row and 0 for one that was there.

    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#insert-on-conflict-upsert
    https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#insert-on-conflict-upsert
    """
    if engine.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def make_tables(engine: Engine, tables: MetaData) -> None:
    """Make the tables that are not there yet, also while another process does the same."""
    for last in (False, False, True):
        try:
            tables.create_all(engine)
            return
        except DBAPIError:
            # Another process was faster between the look and the CREATE TABLE.
            if last:
                raise


def rows(engine: Engine, what: Table | Select[Any]) -> list[dict[str, Any]]:
    """The rows of a table or of a SELECT, each as a dict by column."""
    chosen = select(what) if isinstance(what, Table) else what
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(chosen).mappings()]


def _place(text: str) -> URL:
    """The URL, read; the words of a URL that cannot be read may be a password."""
    try:
        place = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseError(
            "DATABASE_URL cannot be read.",
            f"It looks like {_SAMPLES}.",
            "Set it in .env, with %40 for an @ in the password, or remove it to use SQLite.",
        ) from None
    name = place.drivername
    if name == "postgres":  # what several hosts of PostgreSQL still write
        name = "postgresql"
    if name not in _KNOWN:
        raise DatabaseError(
            f"DATABASE_URL names {name!r}.",
            f"The workshop keeps its results in SQLite or PostgreSQL: {_SAMPLES}.",
            "Set it in .env, or remove it to use SQLite.",
        )
    if name.startswith("sqlite") and place.database in (None, "", ":memory:"):
        raise DatabaseError(
            "DATABASE_URL names no file.",
            "Results outlive their process, so a SQLite database is a file.",
            "Write sqlite:/// and the path of a file.",
        )
    return place.set(drivername=name)


def _postgresql(place: URL) -> Engine:
    return create_engine(
        place.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,  # a server that was started again is no error
        connect_args={"connect_timeout": CONNECT_SECONDS},
        **_SAME_ON_BOTH,
    )


def _sqlite(place: URL) -> Engine:
    _file(place).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(place, connect_args={"timeout": BUSY_SECONDS}, **_SAME_ON_BOTH)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                # A new file's first change to WAL does not wait for another process by itself.
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem) or time.monotonic() > until:
                    raise
                time.sleep(0.02)
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _file(place: URL) -> Path:
    """The file of a SQLite URL, also where it is one of SQLite's own URIs."""
    database = str(place.database)
    name = database.removeprefix("file:")
    return Path(name if name == database else unquote(name))


def _refused(place: URL, problem: Exception) -> DatabaseError:
    """What the database said, in a line without the password."""
    said = str(getattr(problem, "orig", None) or getattr(problem, "strerror", problem)).strip()
    said = said.splitlines()[0] if said else type(problem).__name__
    if place.password:
        said = said.replace(str(place.password), "***")
    if place.get_backend_name() == "sqlite":
        return DatabaseError(
            # Without its folder: an Event History may be read by others.
            f"The SQLite file {_file(place).name} cannot be opened: {said}.",
            "A database, or a place where one can be made.",
            "Set DATABASE_URL in .env to another file, or move away what is there.",
        )
    return DatabaseError(
        f"PostgreSQL does not let us in at {place.host or 'localhost'}:{place.port or 5432}, "
        f"database {place.database!r}: {said}.",
        "A running server, and a user who may open that database.",
        "Start it and look at DATABASE_URL in .env, or remove the line to use SQLite.",
    )
