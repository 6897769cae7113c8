"""The banks' tests import each other's modules by name, and their tables stand at a run's end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import tables

PLUGIN = "tests.lessons.tables"


def pytest_configure(config: pytest.Config) -> None:
    # `pytest -n` collects in other processes: there, whoever prints must name the plugin itself.
    if not config.pluginmanager.has_plugin(PLUGIN):
        config.pluginmanager.register(tables, PLUGIN)
