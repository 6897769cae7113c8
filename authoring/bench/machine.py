"""The machine that the numbers come from: what matters for speed, and not whose it is."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib import metadata
from pathlib import Path

import psutil

from workshop import temporal_service

_PACKAGES = ("temporalio", "litellm", "reportlab", "ipykernel", "jupyterlab")
QUIET = 0.3
"""Cores that others may use while something is measured, where it is to count as quiet."""


def facts() -> list[tuple[str, str]]:
    """Name and value: processor, cores, memory, system, Python, versions of what is measured."""
    binary = temporal_service.installed_binary()
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES if _installed(name)]
    return [
        ("Processor", f"{_processor()}, {_cores()} cores"),
        ("Memory", f"{psutil.virtual_memory().total / 2**30:.0f} GiB"),
        ("System", f"{_system()}, {platform.machine()}"),
        ("Python", platform.python_version()),
        ("Packages", ", ".join(versions)),
        ("Temporal", temporal_service.version(binary) if binary else "none"),
    ]


def busy() -> str:
    """The load average of the last minute, and how many cores share it."""
    return f"{os.getloadavg()[0]:.1f} on {_cores()} cores"


def wait_until_quiet(*, limit: float = 20.0) -> None:
    """Wait until the machine has little else to do, or `limit` seconds have gone."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        before, began = busy_seconds(), time.monotonic()
        time.sleep(0.3)
        if (busy_seconds() - before) / (time.monotonic() - began) < QUIET:
            return


def busy_seconds() -> float:
    """Seconds that all cores together have worked, for anybody, since the machine started."""
    times = psutil.cpu_times()
    # Linux counts guests twice; macOS knows neither of these.
    idle = times.idle + sum(getattr(times, k, 0.0) for k in ("iowait", "guest", "guest_nice"))
    return float(sum(times) - idle)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    if platform.system() == "Darwin":
        done = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, timeout=5
        )
        return done.stdout.strip() or "unknown processor"
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.machine()


def _system() -> str:
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
