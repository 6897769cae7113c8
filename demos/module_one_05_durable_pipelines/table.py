"""The table of results, and the database that holds it: SQLite, or what DATABASE_URL names."""

from functools import cache

from sqlalchemy import Column, Engine, MetaData, Table, Text
from sqlalchemy.schema import CreateTable

from workshop.database import open_database

RESEARCH = Table(
    "research",
    MetaData(),
    Column("key", Text, primary_key=True),  # one row for each, whoever inserts it how often
    Column("topic", Text, nullable=False),
    Column("source_url", Text, nullable=False),
    Column("summary", Text, nullable=False),
)


@cache
def database() -> Engine:
    """The Worker's own connections, made once in its process. They are in no input."""
    engine = open_database()
    with engine.begin() as connection:
        connection.execute(CreateTable(RESEARCH, if_not_exists=True))
    return engine
