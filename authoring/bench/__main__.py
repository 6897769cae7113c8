"""`python -m authoring.bench`: measure, and print the tables."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

from authoring.bench import (
    checks,
    classroom,
    conversations,
    front_door,
    lesson,
    machine,
    pipelines,
    reports,
)
from authoring.bench.room import outside, say
from authoring.bench.table import Row, Section
from workshop.settings import ROOT

TESTS = 240.0
"""Target of `make test`, in seconds."""


def _tests(measured: bool) -> Section:
    """`make test`, which takes minutes and is run only when asked for."""
    seconds = None
    if measured:
        say("make test")
        began = time.monotonic()
        subprocess.run(["make", "test"], cwd=ROOT, env=outside(), stdout=sys.stderr, check=False)
        seconds = time.monotonic() - began
    how = "once" if measured else "give --with-tests"
    return Section("Tests", [Row("make test", seconds, "s", TESTS, how=how)])


def _memory(times: int) -> Section:
    section = reports.memory(times)
    section.rows.append(reports.kernel_row())
    return section


SECTIONS: dict[str, tuple[Callable[[int], Section | list[Section]], int]] = {
    "lab": (front_door.measure, 3),
    "begin": (classroom.measure, 5),
    "lesson": (lesson.measure, 2),
    "checks": (checks.measure, 1),
    "report": (reports.measure, 5),
    "memory": (_memory, 1),
    "pipelines": (pipelines.measure, 3),
    "conversations": (conversations.measure, 1),
}
"""What is measured, by the name for --only, and how many times."""


def main(words: list[str] | None = None) -> int:
    """Print the tables. Returns 0 unless something could not be measured at all."""
    parser = argparse.ArgumentParser(
        prog="python -m authoring.bench",
        description="Measure the workshop's speed and memory. Nothing fails because it is slow.",
    )
    parser.add_argument("--only", nargs="+", choices=[*SECTIONS], metavar="NAME",
                        help=f"some of it: {', '.join(SECTIONS)}")  # fmt: skip
    parser.add_argument("--times", type=int, help="repetitions, instead of each one's own number")
    parser.add_argument("--markdown", action="store_true", help="as docs/benchmarks.md quotes it")
    parser.add_argument("--with-tests", action="store_true", help="make test as well")
    asked = parser.parse_args(words)
    if asked.times is not None and asked.times < 1:
        parser.error("--times is 1 or more")
    before = machine.busy()
    sections: list[Section] = []
    failed = 0
    for name in asked.only or SECTIONS:
        measure, times = SECTIONS[name]
        try:
            found = measure(asked.times or times)
            sections += found if isinstance(found, list) else [found]
        except Exception as error:  # the others can be measured still
            failed += 1
            print(f"✗ {name} could not be measured: {error}", file=sys.stderr)
    if asked.with_tests or not asked.only:
        sections.append(_tests(asked.with_tests))
    facts = [*machine.facts(), ("Load at the start", before), ("Load at the end", machine.busy())]
    if asked.markdown:
        print("\n".join(["| machine | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in facts)]))
        print()
    else:
        print("\n".join(f"{name:<18} {value}" for name, value in facts) + "\n")
    for section in sections:
        print(section.markdown() if asked.markdown else section.text())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
