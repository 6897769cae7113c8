"""`python -m workshop`: the classroom from a terminal."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import errno
import functools
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from workshop import crashes, disk, doctor, temporal_service
from workshop.agent_show import agent_show
from workshop.checks.progress import FILE as PROGRESS
from workshop.checks.progress import progress as how_far
from workshop.draft_show import draft_show
from workshop.errors import WorkshopError
from workshop.notebook import quiet_core
from workshop.practice_model import process
from workshop.receipt import receipt
from workshop.research_show import research_show
from workshop.settings import INSTALLED, PLACE, ROOT, Settings, load, without_lessons
from workshop.site import process as site
from workshop.switchboard import FILE as PREDICTIONS

RECEIPT_SECONDS = 600

# What the workshop keeps in its home, by whole names: WORKSHOP_HOME may hold other files.
_PROCESSES = (temporal_service.NAME, process.NAME, site.NAME)
_DATABASES = ("temporal.db", "practice-ledger.sqlite", "sent-ledger.sqlite", "research.sqlite")
KEPT = (
    *(f"{name}.{kind}" for name in _PROCESSES for kind in ("json", "lock", "log")),
    *(f"{name}{part}" for name in _DATABASES for part in ("", "-wal", "-shm", "-journal")),
    "notebook.log",
    PROGRESS,
    PREDICTIONS,
    temporal_service.DOWNLOADS,
    crashes.FOLDER,
)

PLAYED_FOR_REAL = (
    "Real processes, killed with SIGKILL. The practice model answers, so nothing is charged."
)
DEMOS = """\
For the stage (demos/README.md has the run sheet), a line a terminal:
  01  a plain script that loses its answer
      python demos/module_one_01_foundations_ai/app.py
  02  the same, durable
      python demos/module_one_02_adding_durability/worker.py
      python demos/module_one_02_adding_durability/starter.py
  03  a Workflow that waits for people
      python demos/module_one_03_human_in_the_loop/worker.py
      python demos/module_one_03_human_in_the_loop/starter.py
      python demos/module_one_03_human_in_the_loop/decide.py
      python -m workshop review
  04  an agent whose chain of tools outlives its Worker
      python demos/module_one_04_agentic_loop/worker.py
      python demos/module_one_04_agentic_loop/starter.py
      python demos/module_one_04_agentic_loop/decide.py
  05  a pipeline over twenty pages
      python demos/module_one_05_durable_pipelines/worker.py
      python demos/module_one_05_durable_pipelines/starter.py

By themselves, in one terminal:
  python -m workshop demo crash    01 and 02: four crashes, what was lost and what was paid
  python -m workshop demo draft    03: a draft becomes a poem, a late decision, a crash, keep
  python -m workshop demo agent    04: two tools at once, a crash, an injection, a budget
  python -m workshop demo research  05: twenty pages in a storm of faults, three kills, twenty rows
  python -m workshop demo receipt  the calls of the last ten minutes, and what they cost"""


def lab(arguments: argparse.Namespace) -> int:
    """Serve the whole repository with JupyterLab and open the first notebook."""
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    if INSTALLED:
        raise WorkshopError(f"There is no notebook in {ROOT}.", do=without_lessons())
    if not notebooks:
        raise WorkshopError(
            f"There is no notebook in {ROOT / 'notebooks'}.", do="Run `make build`, then this."
        )
    line = [sys.executable, "-m", "jupyter", "lab"]
    # The address that is opened, and printed where there is no browser, is the notebook's.
    line += [f"--LabApp.default_url=/lab/tree/{notebooks[0].relative_to(ROOT).as_posix()}"]
    # Solutions lie beside notebooks/, so the server's root is the repository.
    line += [f"--ServerApp.root_dir={ROOT}"]
    # Ours beside the environment's own: no pop-up that asks to fetch news.
    line += [f"--LabApp.app_settings_dir={Path(__file__).parent / 'jupyter'}"]
    if os.geteuid() == 0:  # as in a container
        line += ["--allow-root"]
    if arguments.port:
        line += [f"--port={arguments.port}"]
    if arguments.no_browser:
        line += ["--no-browser"]
    print("JupyterLab starts. Without a browser here, open the address that it prints.", flush=True)
    os.execv(sys.executable, line)


def up(arguments: argparse.Namespace) -> int:
    """Start the Temporal Service and the practice model, or find them running."""
    settings = load()
    quiet_core()

    async def start() -> None:
        service = await temporal_service.ensure(settings)
        print(f"✓ Temporal Service at {service.address}  Web UI {service.web_ui or '–'}")
        if settings.practice:
            await process.ensure(settings)
            print(f"✓ Practice model at {settings.llm_api_base}")

    asyncio.run(start())
    return 0


def down(arguments: argparse.Namespace) -> int:
    """End the processes that the workshop started, and no others."""
    return _down(load())


def status(arguments: argparse.Namespace) -> int:
    """Say what runs. The exit code is 0 when all that a notebook needs answers."""
    settings = load()
    quiet_core()
    service = asyncio.run(temporal_service.healthy(settings.temporal_address))
    print(
        f"{'✓' if service else '–'} Temporal Service at {settings.temporal_address}: "
        f"{'healthy' if service else 'not running'}"
    )
    model = True
    if settings.practice:
        model = process.health(settings) is not None
        print(
            f"{'✓' if model else '–'} Practice model at {settings.llm_api_base}: "
            f"{'answers' if model else 'not running'}"
        )
    else:
        print(f"✓ Model in use: {settings.llm_model}")
    # Only lessons 04 and 05 need it, and open it themselves.
    pages = site.health(settings) is not None
    print(
        f"{'✓' if pages else '–'} Practice site at 127.0.0.1:{settings.site_port}: "
        f"{'answers' if pages else 'not running; lessons that need it start it'}"
    )
    return 0 if service and model else 1


def examine(arguments: argparse.Namespace) -> int:
    """Say in a table what is there, what is wrong and what to do about it."""
    quiet_core()
    findings = doctor.examine()
    print(doctor.table(findings))
    return 0 if all(finding.well for finding in findings) else 1


def progress(arguments: argparse.Namespace) -> int:
    """Say how many blanks are right, lesson by lesson, and what is next."""
    print(how_far())
    return 0


def review(arguments: argparse.Namespace) -> int:
    """Serve the review page: drafts that wait for a person, with keep, edit and redo."""
    from workshop.review import serve  # here, because no other command needs a web server

    settings = load()
    quiet_core()

    async def serving() -> None:
        await temporal_service.ensure(settings)
        await serve(settings, port=arguments.port, say=functools.partial(print, flush=True))

    asyncio.run(serving())
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """List the demos, play one by itself, or show the receipt of the last ten minutes."""
    say = functools.partial(print, flush=True)
    if arguments.what is None:
        say(DEMOS)
        return 0
    quiet_core()
    if arguments.what == "receipt":
        now = time.time()
        bill = receipt(since=0)
        calls = tuple(call for call in bill.calls if now - call.at < RECEIPT_SECONDS)
        say(dataclasses.replace(bill, calls=calls))
        return 0
    if arguments.what == "draft":
        say(PLAYED_FOR_REAL)
        played = asyncio.run(draft_show(say=say))
        say(f"\n{played.receipt}\n\nPlayed in {played.seconds:.0f} s.")
        return 0 if played.well else 1
    if arguments.what == "agent":
        say(PLAYED_FOR_REAL)
        acted = asyncio.run(agent_show(say=say))
        say(f"\n{acted.crash.receipt}\n\nPlayed in {acted.seconds:.0f} s.")
        return 0 if acted.well else 1
    if arguments.what == "research":
        say(PLAYED_FOR_REAL)
        researched = asyncio.run(research_show(say=say))
        say(f"\nPlayed in {researched.seconds:.0f} s.")
        return 0 if researched.well else 1
    if arguments.scene:
        one = asyncio.run(crashes.crash(arguments.scene, say=say))
        say(f"\n{one}")
        return 0 if one.well else 1
    say(PLAYED_FOR_REAL)
    show = asyncio.run(crashes.show(say=say))
    say(f"\n{show}\n\nPlayed in {show.seconds:.0f} s.")
    return 0 if all(crash.well for crash in show.crashes) else 1


def reset(arguments: argparse.Namespace) -> int:
    """End the workshop's processes and remove what they kept; asks first."""
    settings = load()
    kept = sorted(path for name in KEPT if (path := settings.home / name).exists())
    if not kept:
        print(f"Nothing to remove in {settings.home}.")
        return _down(settings)
    print(f"This removes from {settings.home}:")
    for path in kept:
        print(f"  {path.name:<32} {_size(path):>12,} bytes")
    print("It keeps .env, your notebooks and your PDFs.")
    if not arguments.yes:
        try:
            answer = input("Remove them? Type yes: ").strip().lower()
        except EOFError:
            answer = ""
        if answer != "yes":
            print("Nothing was removed.")
            return 1
    _down(settings)
    for path in kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if not any(settings.home.iterdir()):
        settings.home.rmdir()
    print("✓ Removed. The next begin starts afresh.")
    return 0


def _down(settings: Settings) -> int:
    for name, ended in (
        ("Temporal Service", temporal_service.down(settings)),
        ("Practice model", process.down(settings)),
        ("Practice site", site.down(settings)),
    ):
        print(f"✓ {name} ended (process {ended.pid})." if ended else f"– {name}: none of ours ran.")
    return 0


def _tell(error: WorkshopError) -> int:
    print("✗ " + "\n  ".join(error.lines()), file=sys.stderr)
    return 1


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files)


COMMANDS = {
    "lab": lab,
    "up": up,
    "down": down,
    "status": status,
    "doctor": examine,
    "progress": progress,
    "demo": demo,
    "review": review,
    "reset": reset,
}


def main(words: list[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m workshop", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, run in COMMANDS.items():
        text = (run.__doc__ or "").strip()
        one = commands.add_parser(name, help=text.split(". ")[0].rstrip("."), description=text)
        one.set_defaults(run=run)
        if name == "lab":
            one.add_argument("--port", type=int, help="port of JupyterLab (default: 8888 or next)")
            one.add_argument("--no-browser", action="store_true", help="print the address only")
        if name == "demo":
            words_of_it = ("crash", "draft", "agent", "research", "receipt")
            one.add_argument("what", nargs="?", choices=words_of_it, help="what to play or show")
            one.add_argument(
                "scene", nargs="?", choices=tuple(crashes.SCENES), help="one of the crashes"
            )
        if name == "review":
            one.add_argument("--port", type=int, default=8235, help="default 8235, or a free one")
        if name == "reset":
            one.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args(words)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()  # so that a reader who has left is noticed here
        return code
    except BrokenPipeError:
        # `status | head -2`: nobody reads on. What is still to be printed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except WorkshopError as error:
        return _tell(error)
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise  # about no file: of a network, for one
        return _tell(disk.refused(error, PLACE))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
