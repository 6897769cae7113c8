"""A process that loads the demo's files once and forks Workers: kills without 5 s of imports.

Reads commands on stdin and answers each with a line on stdout:

    start QUEUE FOLDER  -> the id of a new process, which runs the demo's run_worker in FOLDER
    kill PID            -> "killed", once SIGKILL has taken effect and the process is gone

It ends its Workers when stdin ends. No Temporal runtime may be made before a fork: its threads
would not be in the child.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def watch(parent: int) -> None:
    """End this process when its parent has ended, however."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def work(queue: str, folder: str, parent: int) -> None:
    os.chdir(folder)
    log = os.open("worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=watch, args=(parent,), daemon=True).start()
    from worker import run_worker  # the demo's own

    from workshop.notebook import quiet_core

    quiet_core()
    asyncio.run(run_worker(queue))


def warm_up() -> None:
    """Write a PDF and load what a first call to the model loads."""
    import activities
    from temporalio.testing import ActivityEnvironment
    from temporalio.worker._worker import load_default_build_id

    from workshop.receipt import attach
    from workshop.settings import load

    environment = ActivityEnvironment()
    environment.run(activities.create_pdf_activity, activities.PDFGenerationInput("warm", "warm"))
    Path("warm.pdf").unlink()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # the names of what a call loads, found out by a child that may have threads
        known = set(sys.modules)
        try:
            environment.run(activities.llm_call, activities.LLMCallInput("warm up"))
        finally:
            os.write(writer, " ".join(set(sys.modules) - known).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as names:
        found = names.read().split()
    os.waitpid(child, 0)
    for name in found:
        importlib.import_module(name)
    attach(load())
    load_default_build_id()  # reads every module that is loaded; kept for the next time


def main() -> None:
    sys.path.insert(0, str(ROOT / "demos" / "module_one_02_adding_durability"))
    import worker  # noqa: F401

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
                    work(rest[0], rest[1], parent)
                finally:
                    os._exit(1)
            children.add(pid)
            out.write(f"{pid}\n")
        else:
            pid = int(rest[0])
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            children.discard(pid)
            out.write("killed\n")
        out.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
