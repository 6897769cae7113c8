"""The database: the same on SQLite and on a real PostgreSQL; errors in words, without password."""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import room as rooms
from postgres import postgres_url  # noqa: F401  (a fixture)
from pydantic import SecretStr
from sqlalchemy import Column, Engine, MetaData, String, Table, Text, select, text
from sqlalchemy.exc import DBAPIError

from workshop.breaking.full_disk import full_disk
from workshop.services.database import DatabaseError, insert_into, make_tables, open_database, rows

TABLES = MetaData()
RESULTS = Table(
    "results",
    TABLES,
    Column("key", String, primary_key=True),
    Column("summary", Text, nullable=False),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'er' / 'results.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    make_tables(engine, TABLES)
    yield engine
    TABLES.drop_all(engine)
    engine.dispose()


def save(engine: Engine, key: str, summary: str) -> bool:
    """As lesson 05 does; whether the row is a new one."""
    with engine.begin() as transaction:
        wish = insert_into(engine, RESULTS).values(key=key, summary=summary)
        done = transaction.execute(wish.on_conflict_do_nothing(index_elements=["key"]))
    return done.rowcount == 1


def test_a_key_is_one_row_whoever_comes_second(engine: Engine) -> None:
    assert save(engine, "one", "first") and not save(engine, "one", "second")
    assert save(engine, "two", "Ünïcödé, ✓, 水")
    assert rows(engine, RESULTS) == [
        {"key": "one", "summary": "first"},
        {"key": "two", "summary": "Ünïcödé, ✓, 水"},
    ]
    chosen = select(RESULTS.c.summary).where(RESULTS.c.key == "one")
    assert rows(engine, chosen) == [{"summary": "first"}]


def test_threads_that_save_the_same_at_once_leave_one_row_each(engine: Engine) -> None:
    keys = [f"key {n % 20}" for n in range(100)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        new = list(pool.map(lambda key: save(engine, key, "text"), keys))
    assert sum(new) == 20 == len(rows(engine, RESULTS))


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as transaction:
        transaction.execute(insert_into(engine, RESULTS).values(key="half", summary="done"))
        _ = 1 / 0
    assert rows(engine, RESULTS) == []


def test_an_error_tells_no_values(engine: Engine) -> None:
    save(engine, "one", "first")
    with pytest.raises(DBAPIError) as refused, engine.begin() as transaction:
        transaction.execute(insert_into(engine, RESULTS).values(key="one", summary="a long text"))
    assert "a long text" not in str(refused.value)


SAVES = """
import sys
from sqlalchemy import Column, MetaData, String, Table
from workshop.services.database import insert_into, make_tables, open_database
tables = MetaData()
key = Column("key", String, primary_key=True)
results = Table("results", tables, key, Column("summary", String))
def together():
    print("ready", flush=True)
    sys.stdin.readline()
together()
engine = open_database()
together()
make_tables(engine, tables)
new = 0
for n in range(30):
    with engine.begin() as transaction:
        wish = insert_into(engine, results).values(key=f"key {n}", summary="text")
        new += transaction.execute(wish.on_conflict_do_nothing(index_elements=["key"])).rowcount
print("new", new)
"""


@pytest.mark.rotates
def test_processes_that_begin_at_once_share_a_new_database(url: str, tmp_path: Path) -> None:
    env = rooms.environment(tmp_path, DATABASE_URL=url)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SAVES],
            env=env,
            cwd=rooms.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        for _ in ("open", "make tables"):
            for writer in writers:
                assert writer.stdout and writer.stdout.readline() == "ready\n"
            for writer in writers:
                assert writer.stdin
                writer.stdin.write("\n")
                writer.stdin.flush()
        said = [writer.communicate(timeout=60)[0].split() for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [words[:1] for words in said] == [["new"]] * 3, said
    assert sum(int(words[1]) for words in said) == 30
    engine = open_database(url)
    try:
        assert len(rows(engine, RESULTS)) == 30
    finally:
        TABLES.drop_all(engine)
        engine.dispose()


@pytest.mark.parametrize("used", [True, False])
def test_a_full_disk_refuses_a_row_and_later_takes_it(tmp_path: Path, used: bool) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'results.sqlite'}")
    make_tables(engine, TABLES)
    if used:  # the journal has room already, which a disk quota does not care about
        save(engine, "zero", "before" * 2000)
    with full_disk(0), pytest.raises(DBAPIError, match="disk"):
        save(engine, "one", "first")
    assert save(engine, "one", "first") and len(rows(engine, RESULTS)) == 1 + used


def test_sqlite_lets_others_read_while_one_writes(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'results.sqlite'}")
    make_tables(engine, TABLES)
    with engine.begin() as writer:
        writer.execute(insert_into(engine, RESULTS).values(key="one", summary="first"))
        assert rows(engine, RESULTS) == []
    assert len(rows(engine, RESULTS)) == 1
    with engine.connect() as connection:
        asked = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert asked == ["wal", 1, 5000]


def test_postgresql_that_was_started_again_is_no_error(postgres_url: str) -> None:  # noqa: F811
    engine = open_database(postgres_url)
    with engine.connect() as connection:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    other = open_database(postgres_url)
    with other.begin() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend({mine})"))
    assert rows(engine, select(text("1 AS one"))) == [{"one": 1}]
    engine.dispose()
    other.dispose()


def test_without_a_url_the_settings_say(room: dict[str, str], tmp_path: Path) -> None:
    engine = open_database()
    assert Path(str(engine.url.database)) == tmp_path / "state" / "research.sqlite"
    engine.dispose()


def test_a_secret_is_taken_and_not_shown(postgres_url: str) -> None:  # noqa: F811
    password = postgres_url.split(":")[2].partition("@")[0]
    engine = open_database(SecretStr(postgres_url))
    assert password not in repr(engine) + str(engine.url)
    engine.dispose()
    short = open_database(postgres_url.replace("postgresql:", "postgres:"))
    short.dispose()


def told(problem: BaseException) -> str:
    """All that a person or a log may see of an error, but for the lines of code."""
    shown = traceback.TracebackException.from_exception(problem)
    return repr(problem) + "".join(shown.format_exception_only()) + repr(shown.__cause__)


def test_a_wrong_password_is_told_without_it(postgres_url: str) -> None:  # noqa: F811
    password = postgres_url.split(":")[2].partition("@")[0]
    with pytest.raises(DatabaseError, match=r"does not let us in.*password") as refused:
        open_database(postgres_url.replace(password, "sesame-open"))
    assert "sesame-open" not in told(refused.value)
    with pytest.raises(DatabaseError, match="nowhere") as refused:
        open_database(postgres_url.replace("/postgres", "/nowhere"))
    assert password not in told(refused.value)


def test_a_server_that_is_not_there_is_told() -> None:
    port = rooms.free_ports(1)[0]
    with pytest.raises(DatabaseError, match=rf"127.0.0.1:{port}.*Start it") as refused:
        open_database(f"postgresql://me:sesame-open@127.0.0.1:{port}/research")
    assert "sesame-open" not in told(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sesame-open", "cannot be read"),
        ("postgresql://me:sesame-open@localhost:port/x", "cannot be read"),
        ("mysql://me:sesame-open@localhost/x", "names 'mysql'"),
        ("postgresql+psycopg2://me:sesame-open@localhost/x", "names 'postgresql.psycopg2'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_cannot_be_used_is_told(url: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said) as refused:
        open_database(url)
    assert "sesame-open" not in told(refused.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("only text, and enough of it to be seen as such " * 20)
    for path in (tmp_path / "notes", tmp_path, tmp_path / "notes" / "below"):
        with pytest.raises(DatabaseError, match="cannot be opened"):
            open_database(f"sqlite:///{path}")
