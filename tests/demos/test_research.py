"""Demo 05 as a presenter runs it: two Workers, twenty pages, a kill; pages that do not work."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import room as rooms
import stage
from postgres import postgres_url  # noqa: F401  (a fixture)

from workshop.practice.model.ledger import Ledger
from workshop.services.database import open_database

FOLDER = "demos/module_one_05_durable_pipelines"
STARTER, WORKER = f"{FOLDER}/starter.py", f"{FOLDER}/worker.py"
ID = r"research-[0-9a-f]{8}-[0-9a-f-]{27}"
SENTINEL = "postgres-sentinel-7f6e5d4c"

Open = Callable[..., stage.Terminal]


@pytest.fixture(scope="module")
def slow_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A room whose practice model takes its time, so that kills fall into its calls."""
    home = tmp_path_factory.mktemp("research")
    env = rooms.environment(home, WORKSHOP_PRACTICE_DELAY="0.6")
    done = rooms.workshop("up", env=env)
    assert done.returncode == 0, done.stderr
    yield env
    rooms.end_all(home / "state")


@pytest.fixture
def terminal(slow_room: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    opened: list[stage.Terminal] = []

    def open_one(file: str, *words: str, **more: str) -> stage.Terminal:
        opened.append(stage.Terminal(file, slow_room, tmp_path, *words, **more))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest, slow_room: dict[str, str]) -> str:
    """The URL of a database that is there."""
    if request.param == "PostgreSQL":
        return str(request.getfixturevalue("postgres_url"))
    return sqlite_of(slow_room)


def sqlite_of(room: dict[str, str]) -> str:
    return f"sqlite:///{Path(room['WORKSHOP_HOME']) / 'research.sqlite'}"


def saved(database: str, batch: str) -> list[tuple[str, str]]:
    """Key and address of each row of a batch."""
    engine = open_database(database)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT key, source_url FROM research").all()
    finally:
        engine.dispose()
    return [(key, url) for key, url in found if key.startswith(f"{batch}/")]


@pytest.mark.rotates
def test_twenty_pages_and_a_killed_worker(
    terminal: Open, slow_room: dict[str, str], database: str
) -> None:
    """As demos/README.md has it, on either database: DATABASE_URL is the only difference."""
    given = {} if database.startswith("sqlite") else {"DATABASE_URL": database}
    first, second = terminal(WORKER, **given), terminal(WORKER, **given)
    for worker in (first, second):
        worker.says("polls the Task Queue 'durable-research'")
        worker.says(f"Rows go to {database.partition(':')[0]}")
    starter = terminal(STARTER, DEMO_LLM_TIMEOUT_SECONDS="8", **given)
    name = starter.says(ID)
    starter.says(rf"http://127\.0\.0\.1:{slow_room['WORKSHOP_UI_PORT']}/\S+{name}")
    starter.says(r"[4-9] of 20 done, 0 failed")
    first.send(signal.SIGQUIT)  # Ctrl+\ in its terminal
    assert first.ends() == -signal.SIGQUIT
    # Another terminal may watch the same pipeline; it starts none.
    other = terminal(STARTER, name, **given)
    for watching in (starter, other):
        watching.says("✓ 20 saved, 0 failed")
        watching.says("✓ In the database: 20 rows, for 20 pages")
        assert watching.ends() == 0
    assert "✓ Started" not in other.screen
    rows = saved(database, name)
    assert len(rows) == len({key for key, _ in rows}) == len({url for _, url in rows}) == 20
    # What the second Worker took over was asked for again; nothing else was.
    ledger = Ledger(Path(slow_room["WORKSHOP_HOME"]) / "practice-ledger.sqlite")
    calls = [c for c in ledger.calls() if (c.workflow_id or "").startswith(f"{name}/")]
    assert 20 <= len(calls) <= 22 and len({c.workflow_id for c in calls}) == 20


def test_two_pages_that_do_not_work_are_named(terminal: Open, slow_room: dict[str, str]) -> None:
    starter = terminal(STARTER, "broken", DEMO_AT_ONCE="10")
    starter.says("No Worker answers. The pipeline waits")
    terminal(WORKER)
    name = re.search(ID, starter.screen)
    starter.says("✓ 18 saved, 2 failed")
    starter.says(r"✗ a page that is gone: PageNotFound: http://\S+ answers 410 Gone")
    starter.says(r"✗ a page for members: PageForbidden: http://\S+ answers 403 Forbidden")
    starter.says("✓ In the database: 18 rows, for 18 pages")
    assert starter.ends() == 0 and name and len(saved(sqlite_of(slow_room), name[0])) == 18


def test_an_id_that_is_none_and_a_database_that_is_away(terminal: Open) -> None:
    starter = terminal(STARTER, "research-nothing")
    starter.says("There is no such pipeline here. Nothing was started")
    away = f"postgresql://me:{SENTINEL}@127.0.0.1:1/nothing"
    worker = terminal(WORKER, DATABASE_URL=away)
    worker.says("PostgreSQL does not let us in")
    assert starter.ends() == worker.ends() == 1
    for one in (starter, worker):
        assert "Traceback" not in one.screen and SENTINEL not in one.screen
