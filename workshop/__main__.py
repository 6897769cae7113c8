"""`python -m workshop`: the classroom from a terminal."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import errno
import functools
import os
import runpy
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from workshop import stage
from workshop.breaking.predictions import FILE as PREDICTIONS
from workshop.checks import export as take_home
from workshop.checks import fresh_notebook
from workshop.checks.progress import FILE as PROGRESS
from workshop.checks.progress import LOCK as PROGRESS_LOCK
from workshop.checks.progress import progress as how_far
from workshop.core import disk
from workshop.core.errors import WorkshopError
from workshop.core.programs import leave_after, quiet_core
from workshop.core.settings import NOTEBOOKS, PLACE, SERVERS, load
from workshop.kernel import notebook
from workshop.services import doctor, jupyterlab, temporal_service, what_runs
from workshop.services.key import set_key
from workshop.watching.receipt import receipt_of_all

_FunctionT = TypeVar("_FunctionT", bound=Callable[[argparse.Namespace], bool])

RECEIPT_SECONDS = 600

# What the workshop keeps in its home, by whole names: WORKSHOP_HOME may hold other files.
_DATABASES = ("temporal.db", "practice-ledger.sqlite", "sent-ledger.sqlite", "research.sqlite")
KEPT = (
    *(f"{name}.{kind}" for name in SERVERS for kind in ("json", "lock", "log")),
    *(f"{name}{part}" for name in _DATABASES for part in ("", "-wal", "-shm", "-journal")),
    *("id", "practice-only.env", notebook.LOG, NOTEBOOKS, PROGRESS, PROGRESS_LOCK, PREDICTIONS),
    *(temporal_service.DOWNLOADS, stage.FOLDER),
)


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], bool], tuple[Any, ...]]] = {}


def _command(name: str, *takes: Any) -> Callable[[_FunctionT], _FunctionT]:
    """A decorator: a function is a command. It returns whether all is well."""

    def noted(run: _FunctionT) -> _FunctionT:
        _COMMANDS[name] = run, takes
        return run

    return noted


def _takes(name: str, **words: Any) -> tuple[str, dict[str, Any]]:
    """Something that a command takes, in the words of argparse's `add_argument`."""
    return name, words


_CALL = _takes("--call", action="store_true", help="make one tiny call to the model")
_YES = _takes("--yes", action="store_true", help="do not ask")


@_command(
    "lab",
    _takes("--port", type=int, help="port of JupyterLab (default: 8888 or next)"),
    _takes("--no-browser", action="store_true", help="print the address only"),
)
def lab(arguments: argparse.Namespace) -> bool:
    """Serve the whole repository with JupyterLab and open the first notebook."""
    jupyterlab.serve(arguments.port, browser=not arguments.no_browser)


@_command("up")
def up(arguments: argparse.Namespace) -> bool:
    """Start the Temporal Service and the practice model, or find them running."""
    quiet_core()
    asyncio.run(what_runs.up())
    return True


@_command("down")
def down(arguments: argparse.Namespace) -> bool:
    """End the processes that the workshop started, and no others."""
    what_runs.down(load())
    return True


@_command("status")
def status(arguments: argparse.Namespace) -> bool:
    """Say what runs and whose it is. The exit code is 0 when all that a notebook needs answers."""
    quiet_core()
    return what_runs.status(load())


@_command("doctor", _CALL)
def examine(arguments: argparse.Namespace) -> bool:
    """Say in a table what is there, what is wrong and what to do about it."""
    quiet_core()
    if arguments.call:
        print("The model is asked one tiny thing. LiteLLM takes some seconds to load.", flush=True)
    findings = doctor.examine(call=arguments.call)
    print(doctor.table(findings))
    return all(finding.well for finding in findings)


@_command("key", _CALL)
def key(arguments: argparse.Namespace) -> bool:
    """Ask for a real model's key, name and address, and write them into .env."""
    return set_key(call=arguments.call or None) == 0


@_command("log", _takes("--lines", type=int, default=40, help="how many (default 40)"))
def log(arguments: argparse.Namespace) -> bool:
    """Show the end of the log of Workers and Activities, which hidden folders hide."""
    file = load().home / notebook.LOG
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    print("\n".join(lines[-arguments.lines :]) or "The log is empty.")
    return True


@_command("progress")
def progress(arguments: argparse.Namespace) -> bool:
    """Say how many blanks are right, lesson by lesson, and what is next."""
    print(how_far())
    return True


@_command(
    "fresh",
    _takes("lesson", nargs="?", help="its number, such as 02; without: all"),
    _takes("kind", nargs="?", choices=("lesson", "exercise"), default="lesson"),
)
def fresh(arguments: argparse.Namespace) -> bool:
    """Make a practice notebook clean again; what you wrote is kept beside it."""
    for sheet in fresh_notebook.choose(arguments.lesson, arguments.kind):
        print(fresh_notebook.put(sheet))
    return True


@_command("export", _takes("folder", help="a new folder outside of this one, such as ~/my-app"))
def export(arguments: argparse.Namespace) -> bool:
    """Copy the app of lesson 02 out as files of your own, with your prompt and settings, no key."""
    print(take_home.export(arguments.folder))
    return True


@_command(
    "demo",
    _takes(
        "what",
        nargs="?",
        choices=(*stage.app.PARTS, *stage.SHOWS, "receipt"),
        help="what to play or show",
    ),
    _takes("scene", nargs="?", choices=stage.SIDE_BY_SIDE, help="one of the crashes"),
)
def demo(arguments: argparse.Namespace) -> bool:
    """List the demos, play one by itself, or show the receipt of the last ten minutes.

    `app`, `worker` and `starter` are the programs of demos 01 and 02, each for a terminal.
    """
    say = functools.partial(print, flush=True)
    if arguments.what is None:
        say(Path(stage.__file__).with_name("demos.txt").read_text(encoding="utf-8"), end="")
        return True
    if arguments.what in stage.app.PARTS:
        stage.app.become(arguments.what)
    quiet_core()
    if arguments.what == "receipt":
        now = time.time()
        bill = receipt_of_all()
        calls = tuple(call for call in bill.calls if now - call.at < RECEIPT_SECONDS)
        say(dataclasses.replace(bill, calls=calls))
        return True
    if arguments.scene:
        played: Any = asyncio.run(stage.crash(arguments.scene, say=say))
    else:
        say("Real processes, killed with SIGKILL. ", end="")
        say("The practice model answers, so nothing is charged.")
        played = asyncio.run(stage.show(arguments.what, say=say))
    say(f"\n{played}")
    return bool(played.well)


@_command("review", _takes("--port", type=int, default=8235, help="default 8235, or a free one"))
def review(arguments: argparse.Namespace) -> bool:
    """Serve the review page: drafts that wait for a person, with keep, edit and redo."""
    app = stage.app.found("demos/module_one_03_human_in_the_loop/review")
    sys.argv[1:] = ["--port", str(arguments.port)]
    runpy.run_path(str(app), run_name="__main__")
    return True


@_command("workflows", _takes("--end", action="store_true", help="terminate them"), _YES)
def workflows(arguments: argparse.Namespace) -> bool:
    """List the Workflows that still run, of every notebook; --end terminates them, asking first."""
    quiet_core()
    done = what_runs.workflows(load(), end=arguments.end, ask=not arguments.yes)
    return asyncio.run(done)


@_command("reset", _YES)
def reset(arguments: argparse.Namespace) -> bool:
    """End the workshop's processes and remove what they kept; asks first."""
    settings = load()
    kept = sorted(path for name in KEPT if (path := settings.home / name).exists())
    if not kept:
        print(f"Nothing to remove in {settings.home}.")
        what_runs.down(settings)
        return True
    print(f"This removes from {settings.home}:")
    for path in kept:
        print(f"  {path.name:<32} {_size(path):>12,} bytes")
    print("It keeps .env, your notebooks and your PDFs.")
    if not arguments.yes and not what_runs.agreed("Remove them? Type yes: "):
        print("Nothing was removed.")
        return False
    what_runs.down(settings)
    for path in kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    with suppress(OSError):  # it holds files of yours, or is a mount
        settings.home.rmdir()
    print("✓ Removed. The next begin starts again from the beginning.")
    return True


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files)


def main(words: list[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m workshop", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (run, takes) in _COMMANDS.items():
        text = (run.__doc__ or "").strip()
        one = commands.add_parser(name, help=text.split(". ")[0].rstrip("."), description=text)
        one.set_defaults(run=run)
        for argument, words_of_it in takes:
            one.add_argument(argument, **words_of_it)
    arguments = parser.parse_args(words)
    try:
        well = arguments.run(arguments)
        sys.stdout.flush()  # so that a reader who has left is noticed here
        return 0 if well else 1
    except BrokenPipeError:
        # `status | head -2`: nobody reads on. What is still to be printed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (WorkshopError, OSError) as error:
        if isinstance(error, OSError):
            if error.filename is None and error.errno != errno.ENOSPC:
                raise  # about no file: of a network, for one
            error = disk.refused(error, PLACE)
        print("✗ " + "\n  ".join(error.lines()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if "ipykernel" not in sys.modules:
        leave_after(main)
    # `%run -m workshop …` in a cell: what is wrong has been said, and a traceback adds nothing. An
    # exit keeps this module's names out of the notebook's own.
    main()
    sys.exit(0)
