"""Nurseries: processes that load a demo once and fork Workers: kills without 5 s of imports each.

A nursery reads commands on stdin and answers each with a line on stdout:

    start WORD ...  -> the id of a new process, a Worker; the words are the script's own
    kill PID        -> "killed", once SIGKILL has taken effect and the process is gone
    stop PID        -> "told": it has been sent a SIGTERM
    ended PID       -> its exit code, or "no" while it runs

It ends its Workers when stdin ends. No Temporal runtime may be made before a fork: its threads
would not be in the child.

`Nursery` is one as a test sees it; `serve` and what follows is what its script is made of.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from workshop.core import patience

ROOT = Path(__file__).resolve().parent.parent.parent


class Nursery:
    """A nursery's script as a process."""

    def __init__(self, script: Path, env: dict[str, str], folder: Path) -> None:
        self.errors = folder / "nursery.log"
        with self.errors.open("wb") as errors:
            self._popen = subprocess.Popen(
                [sys.executable, str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=env | {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"},
                cwd=folder,
            )
        self._lock = asyncio.Lock()

    async def answer(self) -> str:
        assert self._popen.stdout
        # Its first answer comes after all imports: seconds, or a minute on a busy machine.
        line = await patience.wait_for(asyncio.to_thread(self._popen.stdout.readline), 120)
        assert line, f"the nursery ended: {self.errors.read_text()[-1000:]}"
        return line.strip()

    async def tell(self, *words: object) -> str:
        async with self._lock:
            assert self._popen.stdin
            self._popen.stdin.write(" ".join(map(str, words)) + "\n")
            self._popen.stdin.flush()
            return await self.answer()

    def close(self) -> None:
        assert self._popen.stdin
        self._popen.stdin.close()
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:  # its Workers end when it does
            self._popen.kill()
            self._popen.wait(10)


def serve(warm_up: Callable[[], None], work: Callable[..., None]) -> None:
    """A script's main loop.

    Args:
        warm_up: loads what Workers need, and leaves no thread behind.
        work: what a Worker does with the words of its command, in a process of its own.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what warms up may print
    warm_up()
    assert threading.active_count() == 1, threading.enumerate()
    out.write("ready\n")
    out.flush()
    children: set[int] = set()
    parent = os.getpid()
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "start":
            pid = os.fork()
            if pid == 0:
                try:
                    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
                    work(*rest)
                finally:
                    os._exit(1)
            children.add(pid)
            out.write(f"{pid}\n")
        elif word == "stop":
            os.kill(int(rest[0]), signal.SIGTERM)
            out.write("told\n")
        elif word == "ended":
            pid, status = os.waitpid(int(rest[0]), os.WNOHANG)
            children.discard(pid)
            out.write(f"{os.waitstatus_to_exitcode(status) if pid else 'no'}\n")
        else:
            pid = int(rest[0])
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            children.discard(pid)
            out.write("killed\n")
        out.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _watch(parent: int) -> None:
    """End this process when its parent has ended, however."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def settle(folder: str, *, silent: bool = False) -> None:
    """Let a Worker live in a folder, and print into worker.log there, or nowhere."""
    os.chdir(folder)
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open("worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(null if silent else log, stream)
    os.dup2(null, 0)


def load_what_needs(first_use: Callable[[], None]) -> None:
    """Import what a first use of something imports, found out by a child that may have threads."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        known = set(sys.modules)
        try:
            first_use()
        except BaseException as error:
            print(error, file=sys.stderr)
        finally:
            os.write(writer, " ".join(set(sys.modules) - known).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as names:
        found = names.read().split()
    os.waitpid(child, 0)
    for name in found:
        importlib.import_module(name)
