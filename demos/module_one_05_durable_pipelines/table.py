"""The table of results, and the database that holds it: SQLite, or what DATABASE_URL names."""

from functools import cache
from typing import Any

from sqlalchemy import Column, Engine, MetaData, Table, Text, select

from workshop.demos import make_tables, open_database, rows

TABLES = MetaData()
RESEARCH = Table(
    "research",
    TABLES,
    Column("key", Text, primary_key=True),  # one row for each, however often it is inserted
    Column("workflow_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("summary", Text, nullable=False),
)


@cache
def database() -> Engine:
    """The connections of this process, made once. They are in no input."""
    engine = open_database()
    make_tables(engine, TABLES)
    return engine


def rows_of(workflow_id: str) -> list[dict[str, Any]]:
    """What a Workflow has saved, or the Workflows that it has started."""
    mine = RESEARCH.c.workflow_id
    found = select(RESEARCH).where(
        (mine == workflow_id) | mine.startswith(f"{workflow_id}/", autoescape=True)
    )
    return rows(database(), found.order_by(RESEARCH.c.topic))
