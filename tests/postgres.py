"""A real PostgreSQL of a module's own.

from postgres import postgres_url  # noqa: F401  (a fixture)
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from authoring.postgres import NoPostgres, postgres


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that runs; it holds a password. Skipped where there is none."""
    running = postgres("-c", "fsync=off")
    try:
        url = running.__enter__()
    except NoPostgres as reason:
        pytest.skip(str(reason))
    try:
        yield url
    finally:
        running.__exit__(None, None, None)
