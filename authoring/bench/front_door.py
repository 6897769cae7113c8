"""`make lab`: from a fresh clone, and again, to a JupyterLab that answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from authoring.bench import machine
from authoring.bench.room import end_tree, free_ports, outside, room, say
from authoring.bench.table import Row, Section, median, spread
from workshop.settings import ROOT

COLD, WARM = 20.0, 5.0
"""Targets, in seconds."""
_LIMIT = 300.0
_ADDRESS = re.compile(r"https?://\S+?:(\d+)/(\S*)\?token=(\w+)")


def measure(times: int) -> Section:
    """A fresh clone with an empty home and a warm package cache, then the same clone again."""
    section = Section("make lab, to JupyterLab answering")
    with room() as (folder, _):
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = _environment(folder / "home")
        say("make lab from a fresh clone")
        machine.wait_until_quiet()
        cold = _answers(clone, environment, folder / "lab.log")
        warm = []
        for _ in range(times):
            say("make lab again")
            machine.wait_until_quiet()
            warm.append(_answers(clone, environment, folder / "lab.log"))
    section.rows = [
        Row("fresh clone", cold, "s", COLD, how="empty home, warm package cache, once"),
        Row("again", median(warm), "s", WARM, how=spread(warm, "s")),
    ]
    return section


def address(text: str) -> tuple[int, str, str] | None:
    """Port, path and token in what JupyterLab prints, or None while it has not printed them."""
    found = _ADDRESS.search(text)
    return (int(found[1]), found[2], found[3]) if found else None


def _environment(home: Path) -> dict[str, str]:
    home.mkdir()
    outer = {k: v for k, v in outside().items() if k not in ("PYTHONPATH", "VENV", "PYTHON")}
    # The beginning of PATH is another environment's where this runs in one.
    scripts = str(Path(sys.executable).parent)
    outer["PATH"] = os.pathsep.join(
        part for part in outer.get("PATH", "").split(os.pathsep) if part != scripts
    )
    return outer | {
        "HOME": str(home),
        # The package caches are warm; the rest of the home is new.
        "UV_CACHE_DIR": _said("uv", "cache", "dir"),
        "PIP_CACHE_DIR": _said("pip", "cache", "dir"),
        "BROWSER": "true",  # the command that opens nothing
        "JUPYTER_PORT": str(free_ports(1)[0]),
    }


def _said(module: str, *words: str) -> str:
    """What a command of this environment prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _answers(clone: Path, environment: dict[str, str], log: Path) -> float:
    """Seconds from `make lab` to the first page that JupyterLab serves; then it is ended."""
    began = time.monotonic()
    with log.open("w") as stream:
        make = subprocess.Popen(
            ["make", "lab"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        while not _serves(log.read_text(errors="replace")):
            if make.poll() is not None or time.monotonic() - began > _LIMIT:
                raise RuntimeError(f"make lab did not get there:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        end_tree(make.pid)
        make.wait()


def _serves(printed: str) -> bool:
    found = address(printed)
    if not found:
        return False
    port, path, token = found
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/{path}?token={token}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
