"""For every `pytest` in this repository; the tests' own settings are in tests/."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

# A shell that starts pytest in the background has it ignore Ctrl+C and Ctrl+\\, and all that it
# starts as well: then nothing could be interrupted that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# `pytest --nbval`, whatever notebook it is given; which tests `make test` runs; and the tables of
# answers, printed by the process that gathers the others' results.
pytest_plugins = ["tests.nbval_displays", "tests.choose", "tests.lessons.tables"]

KERNELS = "tests/notebooks/"
"""Tests that wait for kernels which run at the same time, so that one process has to have them."""
BANKS = "tests/lessons/test_banks.py"
"""Two thousand answers: those of a lesson go to one process."""
LONGEST = (
    KERNELS,
    BANKS,
    "tests/browser/",
    "tests/demos/test_sweep",
    "tests/test_crashes",
    "tests/demos/",
)
"""Where tests are long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the other processes have the rest done meanwhile."""

    def place(item: pytest.Item) -> int:
        starts = (n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start))
        return next(starts, len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """`pytest -n` gives a process whole files, all files of kernels, or the bank of a lesson.

    `--dist loadgroup` would do, but xdist 3.8 and pytest 9.2 do not agree on it.
    https://pytest-xdist.readthedocs.io/en/stable/distribution.html
    """
    from xdist.scheduler import LoadFileScheduling

    class WholeFiles(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(KERNELS):
                return KERNELS
            if nodeid.startswith(BANKS):
                blank = nodeid.partition("[")[2].partition("-")[0].rstrip("]")
                folders = Path(__file__).parent.glob(f"tests/lessons/bank_*/{blank}.txt")
                return f"{BANKS} {next((file.parent.name for file in folders), '')}"
            return super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return WholeFiles(config, log)
