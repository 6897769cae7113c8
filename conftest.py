"""For every `pytest` in this repository; the tests' own settings are in tests/."""

from __future__ import annotations

from typing import Any

import pytest

# `pytest --nbval`, whatever notebook it is given; and the tables of answers, printed by the process
# that gathers the others' results.
pytest_plugins = ["authoring.nbval_displays", "tests.lessons.tables"]

KERNELS = "tests/notebooks/"
"""Tests that wait for kernels which run at the same time, so that one process has to have them."""
LONGEST = (
    KERNELS,
    "tests/browser/",
    "tests/demos/test_sweep",
    "tests/test_crashes",
    "tests/demos/",
)
"""Where tests mostly wait, and long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the other processes have the rest done meanwhile."""

    def place(item: pytest.Item) -> int:
        starts = (n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start))
        return next(starts, len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """`pytest -n` gives a process whole files, and all files of kernels to one.

    `--dist loadgroup` would do, but xdist 3.8 and pytest 9.2 do not agree on it.
    https://pytest-xdist.readthedocs.io/en/stable/distribution.html
    """
    from xdist.scheduler import LoadFileScheduling

    class WholeFiles(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return KERNELS if nodeid.startswith(KERNELS) else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return WholeFiles(config, log)
