"""Checks: how long one takes, for right answers and for mistakes, in the banks and in a kernel."""

from __future__ import annotations

import re
import subprocess
import sys

from authoring.bench import lesson, machine
from authoring.bench.room import outside, say
from authoring.bench.table import Row, Section, median
from workshop.settings import ROOT

RIGHT, NOT_YET = 1.5, 3.0
"""Targets for the worst, in seconds."""
_TABLE = re.compile(
    r"= (?P<title>Mistakes told by name|Right answers accepted) =+\n(?P<rows>(?:.*\n)*?)"
    r"all +(?P<good>\d+) / +(?P<all>\d+) .*? (?P<median>[\d.]+) s +(?P<worst>[\d.]+) s"
)


def measure(times: int) -> Section:
    """Every answer of the banks `times` times, and the right ones once in a kernel."""
    rows: list[Row] = []
    notes = []
    for n in range(times):
        say(f"checks of all answers, {n + 1} of {times}")
        machine.wait_until_quiet()
        told = _banks()
        for table in _TABLE.finditer(told):
            right = table["title"].startswith("Right")
            what = "right" if right else "not yet"
            how = f"{table['all']} answers of the banks"
            rows.append(Row(f"{what}, median", float(table["median"]), "s", how=how))
            target = RIGHT if right else NOT_YET
            rows.append(Row(f"{what}, worst", float(table["worst"]), "s", target, how=how))
            notes.append(f"{table['title']}: {table['good']} of {table['all']}.")
    if not rows:
        raise RuntimeError(f"pytest printed no tables:\n{told[-2000:]}")
    seconds = [s for kind in ("lesson", "exercise") for s in lesson.run(kind).checks]
    how = f"{len(seconds)} cells of the finished notebooks, in a kernel"
    rows.append(Row("right, in a notebook, median", median(seconds), "s", how=how))
    rows.append(Row("right, in a notebook, worst", max(seconds), "s", RIGHT, how=how))
    return Section("Checks", rows, notes)


def _banks() -> str:
    """What pytest prints for the banks, tables and all."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/lessons", "-q", "-p", "no:xdist", "--color=no"],
        cwd=ROOT,
        env=outside(),
        capture_output=True,
        text=True,
        timeout=1500,
    )
    return done.stdout
