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
from contextlib import suppress
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from workshop import stage
from workshop.breaking.switchboard import FILE as PREDICTIONS
from workshop.checks import fresh_notebook
from workshop.checks.progress import FILE as PROGRESS
from workshop.checks.progress import LOCK as PROGRESS_LOCK
from workshop.checks.progress import progress as how_far
from workshop.core import disk, processes, servers
from workshop.core.errors import WorkshopError
from workshop.core.programs import leave, quiet_core
from workshop.core.settings import (
    INSTALLED,
    NOTEBOOKS,
    PLACE,
    ROOT,
    SERVERS,
    Settings,
    load,
    without_lessons,
)
from workshop.kernel import notebook
from workshop.kernel.classroom import left_alone
from workshop.practice.model import process
from workshop.practice.site import process as site
from workshop.services import doctor, namespaces, temporal_service
from workshop.services.key import set_key
from workshop.watching.receipt import receipt_of_all

RECEIPT_SECONDS = 600

# What the workshop keeps in its home, by whole names: WORKSHOP_HOME may hold other files.
_DATABASES = ("temporal.db", "practice-ledger.sqlite", "sent-ledger.sqlite", "research.sqlite")
KEPT = (
    *(f"{name}.{kind}" for name in SERVERS for kind in ("json", "lock", "log")),
    *(f"{name}{part}" for name in _DATABASES for part in ("", "-wal", "-shm", "-journal")),
    notebook.LOG,
    "id",
    NOTEBOOKS,
    "practice-only.env",
    PROGRESS,
    PROGRESS_LOCK,
    PREDICTIONS,
    temporal_service.DOWNLOADS,
    stage.FOLDER,
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
    # .env and .workshop can be opened: File, Open from Path, or View, Show Hidden Files.
    line += ["--ContentsManager.allow_hidden=True"]
    # Ours beside the environment's own: no pop-up that asks to fetch news.
    line += [f"--LabApp.app_settings_dir={Path(__file__).parent / 'kernel' / 'jupyter'}"]
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
    quiet_core()

    async def start() -> None:
        service = await temporal_service.ensure(load())
        print(f"✓ Temporal Service at {service.address}  Web UI {service.web_ui or '–'}")
        if load().practice:
            await process.ensure(load())
            print(f"✓ Practice model at {load().llm_api_base}")

    asyncio.run(start())
    return 0


def down(arguments: argparse.Namespace) -> int:
    """End the processes that the workshop started, and no others."""
    return _down(load())


def status(arguments: argparse.Namespace) -> int:
    """Say what runs and whose it is. The exit code is 0 when all that a notebook needs answers."""
    settings = load()
    quiet_core()

    def tell(there: object, name: str, where: str, otherwise: str = "not running") -> None:
        record = processes.running(settings.home, name)
        ours = f" (process {record.pid})" if record else ""
        print(f"{'✓' if there else '–'} {where}: {f'answers{ours}' if there else otherwise}")

    address = settings.temporal_address
    service = asyncio.run(temporal_service.healthy(address)) and bool(
        not settings.temporal_is_ours or processes.running(settings.home, temporal_service.NAME)
    )
    tell(service, temporal_service.NAME, f"Temporal Service at {address}")
    model = not settings.practice or process.health(settings) is not None
    if settings.practice:
        tell(model, process.NAME, f"Practice model at {settings.llm_api_base}")
    else:
        print(f"✓ Model in use: {settings.llm_model}")
    # Only lessons 04 and 05 need it, and open it themselves.
    tell(
        site.health(settings),
        site.NAME,
        f"Practice site at 127.0.0.1:{settings.site_port}",
        "not running; lessons that need it start it",
    )
    for who, ports in servers.others(settings).items():
        print(f"  Left alone: {left_alone(who, ports)}.")
    return 0 if service and model else 1


def key(arguments: argparse.Namespace) -> int:
    """Ask for a real model's key, name and address, and write them into .env."""
    return set_key(call=arguments.call or None)


def log(arguments: argparse.Namespace) -> int:
    """Show the end of the log of Workers and Activities, which hidden folders hide."""
    file = load().home / notebook.LOG
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    print("\n".join(lines[-arguments.lines :]) or "The log is empty.")
    return 0


def examine(arguments: argparse.Namespace) -> int:
    """Say in a table what is there, what is wrong and what to do about it."""
    quiet_core()
    if arguments.call:
        print("The model is asked one tiny thing. LiteLLM takes some seconds to load.", flush=True)
    findings = doctor.examine(call=arguments.call)
    print(doctor.table(findings))
    return 0 if all(finding.well for finding in findings) else 1


def progress(arguments: argparse.Namespace) -> int:
    """Say how many blanks are right, lesson by lesson, and what is next."""
    print(how_far())
    return 0


def fresh(arguments: argparse.Namespace) -> int:
    """Make a practice notebook clean again; what you wrote is kept beside it."""
    for sheet in fresh_notebook.choose(arguments.lesson, arguments.kind):
        print(fresh_notebook.put(sheet))
    return 0


def review(arguments: argparse.Namespace) -> int:
    """Serve the review page: drafts that wait for a person, with keep, edit and redo."""
    app = ROOT / "demos/module_one_03_human_in_the_loop/review"
    if not app.is_dir():
        raise WorkshopError(f"There is no {app}.", do="Run this in a whole copy of the workshop.")
    sys.argv[1:] = ["--port", str(arguments.port)]
    runpy.run_path(str(app), run_name="__main__")
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
        bill = receipt_of_all()
        calls = tuple(call for call in bill.calls if now - call.at < RECEIPT_SECONDS)
        say(dataclasses.replace(bill, calls=calls))
        return 0
    if arguments.scene:
        one = asyncio.run(stage.crash(arguments.scene, say=say))
        say(f"\n{one}")
        return 0 if one.well else 1
    say(PLAYED_FOR_REAL)
    played = asyncio.run(stage.show(arguments.what, say=say))
    say(f"\n{played}")
    return 0 if played.well else 1


def workflows(arguments: argparse.Namespace) -> int:
    """List the Workflows that still run, of every notebook; --end terminates them, asking first."""
    settings = load()
    quiet_core()
    return asyncio.run(_workflows(settings, arguments.end, arguments.yes))


async def _workflows(settings: Settings, end: bool, yes: bool) -> int:
    if not await temporal_service.healthy(settings.temporal_address):
        raise WorkshopError(
            f"No Temporal Service answers at {settings.temporal_address}.",
            do="Run `python -m workshop up`, then this again.",
        )
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    found = []
    for name in namespaces.of_home(settings, await namespaces.known(client)):
        inside = namespaces.inside(client, name)
        async for one in inside.list_workflows('ExecutionStatus = "Running"'):
            print(f"{one.start_time:%Y-%m-%d %H:%M} UTC  {name}  {one.workflow_type}  {one.id}")
            found.append(inside.get_workflow_handle(one.id, run_id=one.run_id))
    print(f"{len(found)} still running.")
    if not end or not found:
        return 0
    if not yes and not _agreed("Terminate them? Their Event Histories stay. Type yes: "):
        print("Nothing was ended.")
        return 1
    for handle in found:
        with suppress(RPCError):  # it may have ended meanwhile
            await handle.terminate(reason="python -m workshop workflows --end")
    print("✓ Ended.")
    return 0


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() == "yes"
    except EOFError:
        return False


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
    if not arguments.yes and not _agreed("Remove them? Type yes: "):
        print("Nothing was removed.")
        return 1
    _down(settings)
    for path in kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    with suppress(OSError):  # it holds files of yours, or is a mount
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
    for who, ports in servers.others(settings).items():
        print(f"  Left alone: {left_alone(who, ports)}.")
        if who.pid:
            print(f"  If nobody needs it, its owner can end it: kill {who.pid}")
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
    "key": key,
    "log": log,
    "progress": progress,
    "fresh": fresh,
    "demo": demo,
    "review": review,
    "workflows": workflows,
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
            words_of_it = (*stage.SHOWS, "receipt")
            one.add_argument("what", nargs="?", choices=words_of_it, help="what to play or show")
            one.add_argument(
                "scene", nargs="?", choices=stage.SIDE_BY_SIDE, help="one of the crashes"
            )
        if name in ("doctor", "key"):
            one.add_argument("--call", action="store_true", help="make one tiny call to the model")
        if name == "log":
            one.add_argument("--lines", type=int, default=40, help="how many (default 40)")
        if name == "fresh":
            one.add_argument("lesson", nargs="?", help="its number, such as 02; without: all")
            one.add_argument("kind", nargs="?", choices=("lesson", "exercise"), default="lesson")
        if name == "review":
            one.add_argument("--port", type=int, default=8235, help="default 8235, or a free one")
        if name == "workflows":
            one.add_argument("--end", action="store_true", help="terminate them")
        if name in ("reset", "workflows"):
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
    code = main()
    # `%run -m workshop …` in a cell: what is wrong has been said, and a traceback adds nothing. An
    # exit keeps this module's names out of the notebook's own.
    sys.exit(0) if "ipykernel" in sys.modules else leave(code)
