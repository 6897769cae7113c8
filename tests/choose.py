"""Which tests `make test` runs: of what is alike those whose turn it is, and what a change touches.

    pytest --quick    these; storms are smaller
    pytest --rest     the others, and the storms
    pytest            everything

What is alike is a kind: what kernels do (mark `scenario`), or what the mark `rotates` names. Its
members take turns by TURN, a number that is the commit's where nobody gives one. In a kind that the
change touches, those that it touches come instead: all of them, but of what kernels do two.
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SMALLER = {  # with --quick, unless what is tried or the test itself is what was changed
    "SWEEP_KILLS": ("8", "project/", "tests/demos/test_sweep"),
    "DRAFT_RUNS": ("50", "demos/module_one_03", "tests/demos/test_draft_orders"),
    "AGENT_RUNS": ("20", "demos/module_one_04", "tests/demos/test_agent_conversations"),
    "RESEARCH_RUNS": ("12", "demos/module_one_05", "tests/demos/test_research_storm"),
    "REPORT_EXAMPLES": ("20", "workshop/toolbox/report", "tests/test_report"),
}
LESSON = re.compile(r"(?:(?:lessons|notebooks|exercises)/|Solutions_|tests/lessons/bank_)(\d\d)")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="what is alike takes turns")
    parser.addoption("--rest", action="store_true", help="what --quick leaves out")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rotates(kind, member, among): one of a kind, or among some")
    config.addinivalue_line("markers", "smaller: with --quick it does less")
    commit = git("rev-parse", "--short=7", "HEAD").strip() or f"{datetime.date.today():%y%j}"
    os.environ.setdefault("TURN", str(int(commit, 16) % 10000))  # which `pytest -n` inherits
    if config.getoption("quick"):
        for name, (number, *places) in SMALLER.items():
            if not any(file.startswith(tuple(places)) for file in changed()):
                os.environ.setdefault(name, number)


def git(*words: str) -> str:
    """What git says; nothing where there is no git, or no such commit."""
    found = shutil.which("git") or "false"
    done = subprocess.run([found, *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def changed() -> set[str]:
    """The files that differ from the commit before this one, or from the one that SINCE names.

    Where more than one lesson differs they are too many for minutes, and take turns as ever.
    """
    files = set(git("diff", "--name-only", os.environ.get("SINCE") or "HEAD^").splitlines())
    files |= set(git("ls-files", "-o", "--exclude-standard").splitlines())
    lessons = {found[1] for file in files if (found := LESSON.match(file))}
    return files if len(lessons) < 2 else {file for file in files if not LESSON.match(file)}


def turn(item: Any) -> tuple[str, str, int]:
    """A test's kind, which of it this is, and among how many there is one (0: all); or no kind."""
    if marker := item.get_closest_marker("scenario"):
        run = marker.kwargs["run"].__name__
        return marker.kwargs.get("kind", run), f"{run} {item.callspec.params['path']}", 0
    if marker := item.get_closest_marker("rotates"):
        kind, *members = marker.args or [item.nodeid.partition("[")[0]]
        return kind, *(members or [item.nodeid]), marker.kwargs.get("among", 0)
    return "", item.nodeid, 1


def touched(item: Any, files: set[str]) -> bool:
    """Whether a change touches this test: its notebook, its bank, its file, or what it mirrors."""
    params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    if blank := params.get("blank"):
        sources = f"tests/lessons/bank_{blank.lesson}/{blank.name}.txt", f"lessons/{blank.lesson}_"
        return any(file.startswith(sources) for file in files)
    own = item.path.relative_to(ROOT)
    # tests/test_disk.py mirrors workshop/core/disk.py, tests/practice_model/… practice/model/…
    mirrored = "/".join(own.parts[1:-1]) or own.stem.removeprefix("test_")
    mirrored = mirrored.replace("_", "[/_]")
    mirrors = re.compile(rf"(workshop|authoring)/([a-z]+/)?{mirrored}(\.py|/.*)")
    return any(file in (str(own), str(params.get("path"))) or mirrors.match(file) for file in files)


def whose_turn_it_is(items: list[Any], files: set[str], number: int) -> set[str]:
    """Of each kind the members that are tested with --quick."""
    kinds: dict[tuple[str, int, bool], dict[str, bool]] = defaultdict(dict)
    for item in items:
        kind, member, among = turn(item)
        members = kinds[kind, among, bool(item.get_closest_marker("scenario"))]
        members[member] = members.get(member, False) or touched(item, files)
    chosen = set()
    for (kind, among, by_kernels), members in kinds.items():
        own = sorted(member for member in members if members[member] and among != 1)
        every = ((len(own) + 1) // 2 if by_kernels else 1) if own else among or len(members)
        place = zlib.crc32(kind.encode()) + number
        chosen |= {m for n, m in enumerate(own or sorted(members), place) if n % every == 0}
    return chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    quick, rest = config.getoption("quick"), config.getoption("rest")
    if quick or rest:
        chosen = whose_turn_it_is(items, changed(), int(os.environ["TURN"]))
        left: dict[bool, list[pytest.Item]] = {True: [], False: []}
        for item in items:
            again = bool(rest and item.get_closest_marker("smaller"))
            left[(turn(item)[1] in chosen) is bool(quick) or again].append(item)
        items[:] = left[True]
        config.hook.pytest_deselected(items=left[False])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("quick"):
        again, since = f"TURN={os.environ['TURN']}", os.environ.get("SINCE") or "HEAD^"
        terminalreporter.section("Not every test")
        terminalreporter.line(f"{again}, and what differs from {since}: {len(changed())} files.")
        terminalreporter.line(f"Again: make test {again}. The rest: make test-all REST=1 {again}")
