"""How long a learner waits at the beginning: `make lab`, the import, `begin`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from authoring.bench import Row
from authoring.room import free_ports, room
from workshop.core.settings import ROOT

LAB, LAB_AGAIN, IMPORT, COLD, WARM = 15.0, 5.0, 0.25, 0.7, 0.2
"""Targets, in seconds."""
_LIMIT = 300.0
_ADDRESS = re.compile(r"https?://\S+?:(\d+/\S*\?token=\w+)")
# As in a notebook: the import is a cell's first line, and begin its second.
_BEGIN = """
import json, time
times = [time.perf_counter()]
import workshop
times.append(time.perf_counter())
from workshop import begin
times.append(time.perf_counter())
import asyncio
for _ in range(2):
    asyncio.run(begin("02"))
    times.append(time.perf_counter())
print(json.dumps(times))
"""


def lab(times: int) -> list[Row]:
    """A fresh clone with an empty home and a warm package cache, then the same clone again."""
    # The beginning of PATH is another environment's where this runs in one.
    ours = Path(sys.executable).parent
    path = [p for p in os.environ["PATH"].split(os.pathsep) if Path(p) != ours]
    known = {
        "PATH": os.pathsep.join(path),
        "UV_CACHE_DIR": _said("uv", "cache", "dir"),
        "PIP_CACHE_DIR": _said("pip", "cache", "dir"),
        "BROWSER": "true",  # the command that opens nothing
    }
    found = []
    for _ in range(times):
        with room(known) as (folder, environment):
            clone, home = folder / "clone", folder / "home"
            home.mkdir()
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
            environment |= {"HOME": str(home), "JUPYTER_PORT": str(free_ports(1)[0])}
            del environment["PYTHONPATH"]
            found.append([_until_it_answers(clone, environment) for _ in range(2)])
    fresh, again = zip(*found, strict=True)
    how = "empty home, warm package cache"
    return [Row("fresh clone", fresh, "s", LAB, how=how), Row("again", again, "s", LAB_AGAIN)]


def begin(times: int) -> list[Row]:
    """In a process and a room of its own each time, so that the Temporal Service is started."""
    found = []
    for _ in range(times):
        with room({"WORKSHOP_PRACTICE_DELAY": "0"}) as (_, environment):
            line = [sys.executable, "-c", _BEGIN]
            done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            moments = json.loads(done.stdout.splitlines()[-1])
            found.append([after - before for before, after in pairwise(moments)])
    imported, named, cold, warm = zip(*found, strict=True)
    return [
        Row("import workshop", imported, "s", IMPORT),
        Row("from workshop import begin", named, "s", IMPORT, how="after it: what begin needs"),
        Row("begin, cold", cold, "s", COLD, how="a new database file each time"),
        Row("begin, warm", warm, "s", WARM),
    ]


def _said(module: str, *words: str) -> str:
    """What a command of this environment prints."""
    line = [sys.executable, "-m", module, *words]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


def _until_it_answers(clone: Path, environment: Mapping[str, str]) -> float:
    """Seconds from `make lab` to the first page that JupyterLab serves; then it is ended."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    began = time.monotonic()
    with subprocess.Popen(
        ["make", "lab"],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as make:
        guard = threading.Timer(_LIMIT, os.killpg, (make.pid, signal.SIGKILL))
        guard.start()
        said, found = "", None
        try:
            for line in make.stdout or ():
                said += line
                if found := _ADDRESS.search(line):
                    break
            # The address is printed before its page is served.
            while found and make.poll() is None:
                with suppress(OSError):
                    opener.open(f"http://127.0.0.1:{found[1]}", timeout=5).close()
                    return time.monotonic() - began
                time.sleep(0.02)
            raise RuntimeError(f"make lab did not get there:\n{said[-2000:]}")
        finally:
            guard.cancel()
            if make.poll() is None:
                os.killpg(make.pid, signal.SIGTERM)
