"""What `make test` leaves to `make test-all`: of what is alike, all but the ones whose turn it is.

    pytest --quick    of each kind those whose turn it is, and what the change touches
    pytest --rest     what `pytest --quick` left out, or made smaller
    pytest            everything

A kind is a scenario of kernels (mark `scenario`) or what the mark `rotates` names. Its members take
turns: TURN is a number, by default from the commit, so that a commit has the same tests wherever it
is tested. With one more, the next members come; after as many turns as a kind is large, all have.
"""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SMALLER = {"DRAFT_RUNS": "50", "AGENT_RUNS": "20", "RESEARCH_RUNS": "12", "SWEEP_KILLS": "8"}
"""Storms, where nobody has said how long they are to last."""


LESSON = re.compile(r"(?:(?:lessons|notebooks|exercises)/|Solutions_|tests/lessons/bank_)(\d\d)")


def git(*words: str) -> str:
    """What git says; nothing where there is no git, or no such commit."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=30)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("which tests")
    group.addoption("--quick", action="store_true", help="some of each kind, and what was changed")
    group.addoption("--rest", action="store_true", help="what --quick leaves out")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "rotates(kind, among=0): these take turns in `make test`: one in so many, or one alone; "
        "without a kind it is the function's parameters",
    )
    config.addinivalue_line("markers", "smaller: in `make test` it does less than in `test-all`")
    # Said once, here: the processes of `pytest -n` inherit it.
    commit = git("rev-parse", "--short=7", "HEAD").strip()
    os.environ.setdefault("TURN", str(int(commit or f"{datetime.date.today():%y%j}", 16) % 10000))
    if config.getoption("quick"):
        for name, number in SMALLER.items():
            os.environ.setdefault(name, number)


def changed() -> set[str]:
    """The files that differ from the commit before this one, or from the one that SINCE names.

    A lesson's whole takes minutes. Where more than one was changed, their notebooks and answers
    take turns as ever.
    """
    files = set(git("diff", "--name-only", os.environ.get("SINCE") or "HEAD^").splitlines())
    files |= set(git("ls-files", "-o", "--exclude-standard").splitlines())
    lessons = {found[1] for file in files if (found := LESSON.match(file))}
    return files if len(lessons) < 2 else {file for file in files if not LESSON.match(file)}


def turn(item: pytest.Item) -> tuple[str, str, int] | None:
    """Of a test that takes turns its kind, its place in it, and how many take turns (0: all)."""
    given = getattr(item, "callspec", None)
    if marker := item.get_closest_marker("scenario"):
        run, place = marker.kwargs["run"], str(given.params["path"])  # type: ignore[union-attr]
        return f"{run.__module__}.{run.__name__}", place, marker.kwargs.get("among", 0)
    if marker := item.get_closest_marker("rotates"):
        kind = marker.args[0] if marker.args else item.nodeid.partition("[")[0]
        return kind, item.nodeid, marker.kwargs.get("among", 0)
    return None


def touched(item: pytest.Item, files: set[str]) -> bool:
    """Whether a change touches this test: its file, its notebook or bank, or what it mirrors."""
    own = item.path.relative_to(ROOT)
    about = {own.as_posix()}
    params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    if "path" in params:
        about.add(str(params["path"]))
    if blank := params.get("blank"):
        about = {f"tests/lessons/bank_{blank.lesson}/{blank.name}.py"}
        about |= {f for f in files if f.startswith(f"lessons/{blank.lesson}_") and "given" not in f}
    # tests/test_crashes.py mirrors workshop/crashes.py, tests/checks/… workshop/checks/…
    for package in ("workshop", "authoring"):
        mirrored = f"{package}/{'/'.join(own.parts[1:-1] or [own.stem.removeprefix('test_')])}"
        about |= {f for f in files if f == f"{mirrored}.py" or f.startswith(f"{mirrored}/")}
    return bool(about & files)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    quick, rest = config.getoption("quick"), config.getoption("rest")
    if not (quick or rest):
        return
    files, number = changed(), int(os.environ["TURN"])
    kinds: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if its := turn(item):
            kinds[its[0]].add(its[1])

    def chosen(item: pytest.Item) -> bool:
        its = turn(item)
        if its is None or touched(item, files):
            return True
        kind, member, among = its
        place = sorted(kinds[kind]).index(member) + zlib.crc32(kind.encode())
        return (place + number) % (among or len(kinds[kind])) == 0

    left: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        its_turn = chosen(item)
        again = rest and item.get_closest_marker("smaller") is not None
        left[its_turn is bool(quick) or again].append(item)
    items[:] = left[True]
    config.hook.pytest_deselected(items=left[False])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("quick"):
        number, since = os.environ["TURN"], os.environ.get("SINCE") or "HEAD^"
        terminalreporter.section("Not every test")
        terminalreporter.line(f"Turn {number}, and what {len(changed())} files touch that differ")
        terminalreporter.line(f"from {since}. The same again: make test TURN={number}")
        terminalreporter.line(f"What this left out: make test-all REST=1 TURN={number}")
