"""Tests that are steps on one page: where one fails, those after it are not tried, and name it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

_first: dict[tuple[str, str], str] = {}
"""For a lesson's pages the test that failed first, and what it said."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "step: it leaves the page as the tests after it expect it")


def _pages(item: Any) -> tuple[str, str] | None:
    """The pages that a test takes as others have left them; None where it has its own."""
    if "practice" not in item.fixturenames:
        return None
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return str(item.path), str(params.get("lesson", ""))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    pages = _pages(item)
    if pages and pages in _first:
        pytest.fail(f"It was not tried, because before it failed {_first[pages]}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    pages = _pages(item)
    step = report.when == "setup" or item.get_closest_marker("step")
    if report.failed and pages and step and call.excinfo:
        said = call.excinfo.exconly().partition("\n")[0]
        _first.setdefault(pages, f"{item.name}: {said}")
    return report
