"""Processes without 5 s of imports each: one process has imported all that is slow, and forks.

WORKSHOP_TEST_NURSERY is the address of that process. A kernel, a demo, `python -m workshop` or a
process of `pytest -n` that finds it hands its words, folder, environment and streams over and stays
behind as the half that others see: signals go through it, killed it takes the other half along at
once, and it ends as the other half ends.

All else starts as ever: the servers, JupyterLab and its kernels, and whatever has options of
Python or a locale of its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import re
import runpy
import selectors
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

ADDRESS = "WORKSHOP_TEST_NURSERY"
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_MODULES = ("ipykernel_launcher", "workshop")
_SCRIPTS = r"/(demos|project)/|/tests/begun\.py$|/my_server\.py$"
"""Among them the servers of tools that lesson 04 starts, and the one that its exercise writes."""
_TESTS = "import sys;exec(eval(sys.stdin.readline()))"
"""What execnet has a process of `pytest -n` do."""
_SERVERS = {"lab", "review"}
"""Of the commands of `python -m workshop` those whose ports a test looks for by process."""
_LOCALE = ("LC_ALL", "PYTHONCOERCECLOCALE", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS")
_IMPORTED = [
    "workshop",
    "workshop.toolbox.report",
    "aiohttp.web",
    "workshop.breaking.failures",
    "workshop.breaking.full_disk",
    "workshop.breaking.practice_only",
    "workshop.breaking.switchboard",
    "workshop.checks.first_cell",
    "workshop.checks.progress",
    "workshop.kernel.notebook",
    "workshop.kernel.worker",
    "workshop.practice.model.faults",
    "workshop.practice.site.client",
    "workshop.services.database",
    "workshop.services.time_skipping",
    "workshop.stage",
    "workshop.watching.diagrams",
    "workshop.watching.follow",
    "workshop.watching.progress_bar",
    "workshop.watching.receipt",
    "workshop.watching.rows_shown",
    "workshop.watching.timeline",
    "litellm",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython",
    "nest_asyncio2",
    "temporalio.worker",
    "temporalio.testing",
    "temporalio.contrib.pydantic",
    "mcp.client.stdio",
    "mcp.server",
    "sqlalchemy",
    "psycopg",
    "bs4",
    "PIL",
    "pypdfium2",
    "jupyter_client",
    "nbformat",
    "jupytext",
    "playwright.sync_api",
    "pytest",
]


def words() -> list[str]:
    """What this process runs, from `-m` or the script on, where it may be forked; or nothing."""
    own = [word for word in sys.orig_argv[1:] if word not in ("-u", "-Xfrozen_modules=off")]
    if not own or any(name in os.environ for name in _LOCALE):
        return []
    if own[0] == "-c":
        return own if own[1:] == [_TESTS] else []
    may = own[1] in _MODULES if own[0] == "-m" else re.search(_SCRIPTS, own[0]) is not None
    return own if may and not _SERVERS & set(own) else []


# --- the half that others see ---


def become(address: str, own: list[str]) -> None:
    """Have these words run by a fork, and end as it ends. Returns where nobody forks."""
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(address)
    except OSError:
        return
    ignored = [n for n in PASSED_ON if signal.getsignal(n) is signal.SIG_IGN]
    for number in set(PASSED_ON) - set(ignored):
        signal.signal(number, lambda n, _: line.send(bytes([n])))
    job = {
        "words": own,
        "unbuffered": "-u" in sys.orig_argv,
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
        "ignored": ignored,
    }
    text = json.dumps(job).encode()
    socket.send_fds(line, [len(text).to_bytes(4, "big")], [0, 1, 2])
    line.sendall(text)
    try:
        told = line.recv(4)
    except ConnectionResetError:  # who forks was killed, and with it the other half
        told = b""
    status = int.from_bytes(told, "big", signed=True) if told else 1
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


# --- the half that has imported ---


def serve(address: str) -> dict[str, Any] | None:
    """Fork for whoever asks, until stdin ends.

    Returns:
        In a fork its job, which is to be run; None in the end.
    """
    before = dict(os.environ)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    wake, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    halves: dict[int, socket.socket] = {}
    watched = selectors.DefaultSelector()
    for file in (listener, wake, sys.stdin):
        watched.register(file, selectors.EVENT_READ)
    while True:
        for key, _ in watched.select():
            if key.fileobj is sys.stdin:
                for pid in halves:
                    os.killpg(pid, signal.SIGKILL)
                return None
            if key.fileobj is listener:
                _import_all()
                line = listener.accept()[0]
                job, streams = _received(line)
                if job is None:  # killed while it asked
                    line.close()
                    continue
                pid = os.fork()
                if pid == 0:
                    os.setsid()
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    watched.close()
                    for each in (listener, wake, waker, line, *halves.values()):
                        each.close()
                    made = {k: v for k, v in os.environ.items() if before.get(k) != v}
                    return job | {"streams": streams, "made": made}
                for stream in streams:
                    os.close(stream)
                halves[pid] = line
                watched.register(line, selectors.EVENT_READ, pid)
            elif key.fileobj is wake:
                wake.recv(64)
                for pid in list(halves):
                    ended, status = os.waitpid(pid, os.WNOHANG)
                    if ended:
                        _tell(halves.pop(pid), os.waitstatus_to_exitcode(status), watched)
            elif key.data in halves:
                asked = _signal(key.fileobj)  # type: ignore[arg-type]
                if not asked:
                    watched.unregister(key.fileobj)
                # Its own group may not be there yet, right after the fork.
                for kill in (os.killpg, os.kill):
                    try:
                        kill(key.data, asked[0] if asked else signal.SIGKILL)
                        break
                    except ProcessLookupError:
                        continue


def _import_all() -> None:
    if "litellm" in sys.modules:
        return
    for name in _IMPORTED:
        importlib.import_module(name)
    # Threads would not be in a fork.
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()


def _received(line: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """The job that somebody hands over, and its streams; None of somebody who is gone, or stuck."""
    streams: list[int] = []
    line.settimeout(10)  # all others wait as well
    try:
        head, streams, _, _ = socket.recv_fds(line, 4, 3)
        length, text = int.from_bytes(head, "big"), b""
        while len(text) < length and (part := line.recv(length - len(text))):
            text += part
        job = json.loads(text)
        line.settimeout(None)
    except (OSError, ValueError):
        for stream in streams:
            os.close(stream)
        return None, []
    return job, streams


def _signal(line: socket.socket) -> bytes:
    try:
        return line.recv(1)
    except ConnectionResetError:  # killed before it read how the other half has ended
        return b""


def _tell(line: socket.socket, status: int, watched: selectors.BaseSelector) -> None:
    try:
        watched.unregister(line)
        line.send(status.to_bytes(4, "big", signed=True))
    except (KeyError, OSError):
        pass  # the other half has been killed
    line.close()


def run(job: dict[str, Any]) -> None:
    """Be the process that was asked for."""
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in job["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    for number, stream in enumerate(job["streams"]):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["made"] | job["environment"])
    os.environ.pop("JPY_PARENT_PID", None)  # a kernel looks whether its parent is that one
    sys.stdin = open(0)  # noqa: SIM115
    lines = {"line_buffering": True, "write_through": job["unbuffered"]}
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115
    sys.stdout.reconfigure(**(lines if job["unbuffered"] or os.isatty(1) else {}))
    sys.stderr.reconfigure(**lines)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    random.seed()
    extra = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [folder for folder in extra if folder and folder not in sys.path]
    if "WORKSHOP_TEST_GUARD" in os.environ:
        importlib.import_module("guard")
    own = job["words"]
    if own[1:2] != ["ipykernel_launcher"]:  # by this module the workshop knows a kernel
        for name in [name for name in sys.modules if name.partition(".")[0] == "ipykernel"]:
            del sys.modules[name]
    sys.orig_argv = [sys.executable, *own]
    if own[0] != "-c":
        # It hands little of its environment over to a server of tools: this too, to have it forked.
        stdio = importlib.import_module("mcp.client.stdio")
        stdio.DEFAULT_INHERITED_ENV_VARS += ["PYTHONPATH", ADDRESS]
    if own[0] == "-c":
        # What tests start looks for the nursery only where they say so.
        os.environ["PYTHONPATH"] = os.pathsep.join(extra[1:])
        sys.argv, sys.path[0] = ["-c"], ""
        exec(own[1], vars(sys.modules["__main__"]))
    elif own[0] == "-m":
        sys.argv, sys.path[0] = own[1:], job["folder"]
        runpy.run_module(own[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = own, str(Path(own[0]).resolve().parent)
        runpy.run_path(own[0], run_name="__main__")


if __name__ == "__main__":
    work = serve(sys.argv[1])
    if work is not None:
        run(work)
