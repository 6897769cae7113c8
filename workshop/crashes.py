"""Real crashes: runs the demos' files as processes, kills them with SIGKILL, and counts the calls.

    await crash("naive")

The moment of a kill is a condition that is seen (a row of the provider's ledger, a timer in the
Event History), never a guess. The practice model answers, whatever the settings say, so that a
crash costs nothing.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from workshop import disk, processes, temporal_service
from workshop.errors import WorkshopError
from workshop.follow import Step, history_rows
from workshop.follow.rows import clean
from workshop.interrupts import interrupted_says
from workshop.patience import Patience
from workshop.practice_model import faults, process
from workshop.practice_model.ledger import Call, Ledger
from workshop.receipt import Receipt
from workshop.receipt_picture import counted
from workshop.settings import ROOT, Settings, load

NAIVE_APP = "demos/module_one_01_foundations_ai/app.py"
WORKER = "demos/module_one_02_adding_durability/worker.py"
TOPIC = "Give me 5 fun facts about tardigrades"
FOLDER = "crashes"
"""The folder in a notebook's own that keeps the PDF of each scene."""

TIMER_SECONDS = 5.0
"""The timer in which a Worker is killed. On stage it is 30 s; a new Worker starts in about 5 s."""
SHORT_TIMER_SECONDS = 1.0
"""The timer of the scenes in which nothing happens in it."""
LLM_TIMEOUT_SECONDS = 30.0
"""The Start-to-Close timeout of an LLM call, as on stage: a slow machine must not make a second
attempt of it. It is cut to 1 s when the Worker that made the call is dead."""
LIMIT_SECONDS = 60.0
"""How long to wait for any one moment, in seconds of a quiet machine."""

T = TypeVar("T")
Say = Callable[[str], None]


class CrashError(WorkshopError):
    """A scene cannot be played, or did not come to its moment."""


@dataclass(frozen=True)
class Crash:
    """What one scene showed."""

    scene: str
    title: str
    killed: str
    """What was killed with SIGKILL, and when, in words."""
    receipt: Receipt
    """The calls that this scene's report caused."""
    pdf: Path
    pages: int
    """Pages of the PDF, which was opened; 0 where it is not whole."""
    lesson: str
    """What to remember, in a sentence."""
    seconds: float
    workflow_id: str = ""
    skipped: str = ""
    """Why the scene was not played, in words."""

    @property
    def well(self) -> bool:
        return self.pages > 0 or bool(self.skipped)

    def __repr__(self) -> str:
        if self.skipped:
            return f"– {self.title}: not played. {self.skipped}"
        return "\n".join(
            [
                f"{'✓' if self.well else '✗'} {self.title}",
                f"  killed   {self.killed}",
                f"  paid     {counted(self.receipt.received)}, ${self.receipt.dollars:.6f}",
                f"  PDF      {_pdf(self)}",
                f"  {self.lesson}",
                *(f"  {line}" for line in repr(self.receipt).splitlines()),
            ]
        )


@dataclass(frozen=True)
class Show:
    """What all scenes showed, side by side."""

    crashes: tuple[Crash, ...]
    seconds: float

    def __repr__(self) -> str:
        width = max(len(crash.title) for crash in self.crashes)
        lines = [f"{'One report each':<{width}}  calls  dollars    PDF"]
        lines += [
            f"{c.title:<{width}}  {c.receipt.received:>5}  ${c.receipt.dollars:.6f}  {_pdf(c)}"
            for c in self.crashes
        ]
        return "\n".join(lines)


ABOUT_SECONDS = {
    "naive": 20,
    "timer": 20,
    "call": 25,
    "service": 20,
    "save": 20,
    "twins": 15,
    "chain": 40,
    "commit": 35,
    "keyless": 35,
}
"""How long each scene takes on a laptop: what is said before it begins."""


@interrupted_says("What this scene had started is ended; run this cell again to play it.")
async def crash(scene: str, *, say: Say = print) -> Crash:
    """Play one scene, in 15 to 40 seconds; how many is said first.

    Args:
        scene: `"naive"` kills the plain script between answer and PDF; `"timer"` kills the Worker
            in the timer, `"call"` kills it during the LLM call; `"service"` kills the Temporal
            Service itself. `"save"` and `"twins"` are those of `checkpoint_crashes`.
        say: gets a line at a time while the scene runs.

    Returns:
        What was killed, what the provider received and charged, and whether the PDF is whole.

    Raises:
        CrashError: the scene cannot be played here, or something did not happen in time.
    """
    scenes = SCENES | ALONE
    if scene not in scenes:
        raise CrashError(
            f"crash was given {scene!r}.", f"It takes one of {', '.join(map(repr, scenes))}."
        )
    async with Stage(say) as stage:
        say(f"  This takes about {ABOUT_SECONDS[scene]} s; more where other programs run.")
        await stage.ready(temporal=scene in SCENES and scene != "naive")
        return await scenes[scene](stage)


async def show(*, say: Say = print) -> Show:
    """Play all scenes, in less than a minute. Returns them; raises as `crash`."""
    began = time.monotonic()
    crashes = []
    async with Stage(say) as stage:
        await stage.ready(temporal=True)
        # While the plain script plays, the Worker of the next scene loads its libraries.
        stage.worker = stage.run(WORKER)
        for number, scene in enumerate(SCENES.values(), 1):
            say(f"\n{number} of {len(SCENES)}  {(scene.__doc__ or '').strip()}")
            crashes.append(await scene(stage))
    return Show(tuple(crashes), time.monotonic() - began)


# The scenes


async def _naive(stage: Stage) -> Crash:
    """A plain script asks the model and writes a PDF. It dies in between."""
    began, since = time.monotonic(), stage.ledger.last_id()

    def paid() -> list[Call]:
        calls = stage.calls(since)
        return [c for c in calls if c.workflow_id is None and c.prompt == TOPIC and c.answered]

    stage.say(f"  $ python {NAIVE_APP}")
    # It is killed long before this countdown ends.
    app = stage.run(NAIVE_APP, DEMO_PAUSE_SECONDS="60")
    await stage.until(lambda: paid() and app.printed("The PDF comes in"), "its countdown", app)
    stage.say("  ✓ the model has answered and has charged; the answer is in a variable")
    stage.kill(app)
    stage.say("  ✗ kill -9, before the PDF. The variable is gone")
    stage.say(f"  $ python {NAIVE_APP}")
    app = stage.run(NAIVE_APP, DEMO_PAUSE_SECONDS="1")
    await stage.until(lambda: app.ended, "its end")
    if app.popen.returncode:
        raise stage.failed(app, "has failed")
    return stage.finish(
        Crash(
            "naive",
            "plain script, killed before the PDF",
            "app.py, after the answer and before the PDF",
            Receipt(tuple(paid()), practice=True),
            stage.folder / "research_report.pdf",
            0,
            "Started again it asks again: one report, paid twice.",
            time.monotonic() - began,
        )
    )


async def _timer(stage: Stage) -> Crash:
    """The same with Temporal. The Worker dies in the timer between answer and PDF."""
    began = time.monotonic()
    worker = await stage.polling_worker()
    handle = await stage.start_workflow(TIMER_SECONDS)
    await stage.until_step(handle, "its timer", lambda s: s.kind == "timer" and s.open)
    stage.say(f"  ✓ llm_call completed, kept in the Event History; a timer of {TIMER_SECONDS:g} s")
    stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker. No process of the app runs now")
    await stage.polling_worker()
    await stage.result(handle)
    stage.say("  ✓ the new Worker replayed the history and wrote the PDF")
    return stage.finish(
        Crash(
            "timer",
            "durable, Worker killed in the timer",
            f"the Worker, in the timer of {TIMER_SECONDS:g} s after the answer",
            stage.receipt_of(handle),
            stage.folder / "research_pdf.pdf",
            0,
            "A step that completed is not run again: one report, paid once.",
            time.monotonic() - began,
            handle.id,
        )
    )


async def _call(stage: Stage) -> Crash:
    """The Worker dies during the LLM call."""
    began = time.monotonic()
    worker = await stage.polling_worker()
    # The model takes its time over the first call; the fault ends with the block at the latest.
    async with faults.slow(LIMIT_SECONDS, times=1, matching=TOPIC, base=stage.base):
        handle = await stage.start_workflow(SHORT_TIMER_SECONDS)
        await stage.until(lambda: stage.calls_of(handle), "the call to reach the model", worker)
        stage.say("  ✓ the model has the question and works on the answer")
        stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker. The model answers, and nobody is there to hear it")
    stage.say("  … Start-to-Close timeout, shortened for this scene, then a second attempt")
    await stage.time_out(handle, "llm_call")
    await stage.polling_worker()
    await stage.result(handle)
    stage.say("  ✓ answered at attempt 2, PDF written")
    return stage.finish(
        Crash(
            "call",
            "durable, Worker killed during the call",
            "the Worker, while the model was answering",
            stage.receipt_of(handle),
            stage.folder / "research_pdf.pdf",
            0,
            "A step that is cut off is run again (at least once): this answer was paid twice.",
            time.monotonic() - began,
            handle.id,
        )
    )


async def _service(stage: Stage) -> Crash:
    """The Temporal Service itself dies, in the timer."""
    began = time.monotonic()
    title = "durable, Temporal Service killed"
    if not stage.given_service:
        why = (
            "TEMPORAL_ADDRESS names the Temporal Service, and others may work with it. Only one "
            "that the workshop has started is killed."
        )
        stage.say(f"  – Not played. {why}")
        nothing, pdf = Receipt((), practice=True), stage.kept / "service.pdf"
        return Crash("service", title, "nothing", nothing, pdf, 0, "", 0.0, skipped=why)
    record = stage.own_service()
    await stage.polling_worker()
    handle = await stage.start_workflow(TIMER_SECONDS)
    await stage.until_step(handle, "its timer", lambda s: s.kind == "timer" and s.open)
    stage.say("  ✓ llm_call completed; the timer runs")
    await stage.kill_service(record)
    stage.say("  ✗ kill -9 of the Temporal Service. It starts again on its database file")
    await temporal_service.ensure(stage.settings)
    await stage.result(handle)
    stage.say("  ✓ the Worker found it again, the timer fired, PDF written")
    return stage.finish(
        Crash(
            "service",
            title,
            f"the Temporal Service, in the timer of {TIMER_SECONDS:g} s",
            stage.receipt_of(handle),
            stage.folder / "research_pdf.pdf",
            0,
            "The Event History is in a file, and outlives the service: paid once.",
            time.monotonic() - began,
            handle.id,
        )
    )


SCENES: dict[str, Callable[[Stage], Awaitable[Crash]]] = {
    "naive": _naive,
    "timer": _timer,
    "call": _call,
    "service": _service,
}
"""The scenes of `crash` by name, in the order of `show`."""

ALONE: dict[str, Callable[[Stage], Awaitable[Crash]]] = {}
"""Scenes that need no Temporal Service, and that `show` leaves out: see `checkpoint_crashes`."""


# What they play on

_GUARD = """
pids=" "
while read -r word pid; do
    case $word in
        start) pids="$pids$pid " ;;
        gone) pids="${pids%% $pid *} ${pids#* $pid }" ;;
    esac
done
[ -z "${pids# }" ] || kill -9 $pids 2>/dev/null
"""
"""Reads which processes run; its input ends when the one that writes it has ended, however."""


@dataclass
class Actor:
    """A process that runs one of the demos' files."""

    file: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def ended(self) -> bool:
        return self.popen.poll() is not None

    def printed(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f"Its last words: {clean(lines[-1], 300)}" if lines else ""


@dataclass
class Stage:
    """The room of a scene: processes of its own, which end with it, and a Task Queue of its own."""

    say: Say
    queue: str = field(default_factory=lambda: f"durable-crash-{uuid.uuid4().hex[:8]}")
    worker: Actor | None = None
    _client: Client | None = None
    _actors: list[Actor] = field(default_factory=list)
    _open: list[WorkflowHandle[Any, Any]] = field(default_factory=list)
    _announced: Actor | None = None

    async def __aenter__(self) -> Stage:
        if not (ROOT / NAIVE_APP).exists():
            raise CrashError(
                f"There is no {NAIVE_APP}.",
                "The demos lie beside the package workshop.",
                "Run this in a whole copy of the workshop.",
            )
        given = load()
        self.kept = given.folder / FOLDER
        disk.ready(self.kept)
        self.folder = Path(tempfile.mkdtemp(dir=self.kept))
        self.environment = _practice_environment(given, self.folder, self.queue)
        self.given_service = given.temporal_is_ours
        self.ledger = Ledger(process.ledger_path(self.settings))
        self._guard = _start_guard()
        return self

    async def __aexit__(self, *_: object) -> None:
        for actor in list(self._actors):
            self.kill(actor)
        for handle in self._open:  # of a scene that did not end; nobody else polls their queue
            with suppress(RPCError):
                await handle.terminate(reason="its scene ended", rpc_timeout=timedelta(seconds=2))
        if self._guard.stdin:
            with suppress(OSError):
                self._guard.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def settings(self) -> Settings:
        return load(self.environment)  # now: a server that is started may choose its port

    @property
    def base(self) -> str:
        return str(self.settings.llm_api_base)

    async def ready(self, *, temporal: bool) -> None:
        """The practice model, and the Temporal Service where a scene needs it."""
        await process.ensure(self.settings)
        if temporal:
            await temporal_service.ensure(self.settings)

    # Processes

    def run(self, file: str, **environment: str) -> Actor:
        log = self.folder / f"{uuid.uuid4().hex}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-u", str(ROOT / file)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment | environment,
                start_new_session=True,
            )
        actor = Actor(file, popen, log)
        self._actors.append(actor)
        self._tell_guard("start", actor)
        return actor

    def kill(self, actor: Actor) -> None:
        """SIGKILL: the process runs no further line of its own. Returns when it is gone."""
        actor.popen.kill()
        # Not buried before the guard knows: until then nobody else can have its id.
        self._tell_guard("gone", actor)
        actor.popen.wait(LIMIT_SECONDS)
        self._actors.remove(actor)
        if self.worker is actor:
            self.worker = None

    def own_service(self) -> processes.Record:
        """The Temporal Service's process, which the workshop must have started."""
        record = processes.running(self.settings.home, temporal_service.NAME)
        if record is None:
            raise CrashError(
                f"The Temporal Service at {self.settings.temporal_address} was not started by "
                "the workshop.",
                "Only one that the workshop started is killed.",
                "End yours, then run this again: the workshop starts one.",
            )
        return record

    async def kill_service(self, record: processes.Record) -> None:
        with suppress(ProcessLookupError):  # another notebook of this home may have killed it
            os.kill(record.pid, signal.SIGKILL)
        home = self.settings.home
        await self.until(
            lambda: processes.running(home, temporal_service.NAME) != record, "the service's end"
        )

    async def polling_worker(self) -> Actor:
        """The Worker, started unless it runs, once it polls."""
        if self.worker is None:
            self.worker = self.run(WORKER)
        worker = self.worker
        if self._announced is not worker:
            self._announced = worker
            self.say(f"  $ python {WORKER}")
        await self.until(
            lambda: worker.printed("polls the Task Queue"), "the Worker's start", worker
        )
        return worker

    def _tell_guard(self, word: str, actor: Actor) -> None:
        if self._guard.stdin:
            with suppress(OSError):
                self._guard.stdin.write(f"{word} {actor.popen.pid}\n".encode())
                self._guard.stdin.flush()

    # Moments

    async def until(
        self, condition: Callable[[], T], what: str, *actors: Actor, limit: float = LIMIT_SECONDS
    ) -> T:
        """Wait for a condition.

        Raises:
            CrashError: an actor has ended meanwhile, or the limit has passed.
        """
        waiting = Patience(limit)
        while not (found := condition()):
            for actor in actors:
                if actor.ended:
                    raise self.failed(actor, f"ended while waiting for {what}")
            if waiting.over(sum(actor.log.stat().st_size for actor in actors)):
                words = " ".join(actor.last_words() for actor in actors)
                raise CrashError(
                    f"Waited {limit:g} s for {what}. {words}".strip(),
                    do="Run `python -m workshop doctor`, then this again.",
                )
            await asyncio.sleep(0.02)
        return found

    async def until_step(
        self, handle: WorkflowHandle[Any, Any], what: str, met: Callable[[Step], bool]
    ) -> None:
        """Wait until a step of the Event History is as wanted."""
        waiting, rows = Patience(LIMIT_SECONDS), ()  # type: tuple[Patience, tuple[Step, ...]]
        while not any(met(step) for step in rows):
            with suppress(RPCError):  # asked again
                rows = await history_rows(handle)
            if self.worker is not None and self.worker.ended:
                raise self.failed(self.worker, f"ended while waiting for {what}")
            if waiting.over(len(rows)):
                words = self.worker.last_words() if self.worker else ""
                raise CrashError(f"Waited {LIMIT_SECONDS:g} s for {what}. {words}".strip())
            await asyncio.sleep(0.02)

    def failed(self, actor: Actor, what: str) -> CrashError:
        return CrashError(
            f"{actor.file} {what}. {actor.last_words()}".strip(),
            do=f"Run `python {actor.file}` by itself: it says more.",
        )

    # Workflow and receipt

    async def start_workflow(self, pause: float) -> WorkflowHandle[Any, Any]:
        """Start the demo's Workflow as its starter.py does."""
        if self._client is None:
            self._client = await Client.connect(
                self.settings.temporal_address,
                namespace=self.settings.temporal_namespace,
                data_converter=pydantic_data_converter,
            )
        handle = await self._client.start_workflow(
            "GenerateReportWorkflow",
            {
                "prompt": TOPIC,
                "pause_seconds": pause,
                "llm_timeout_seconds": LLM_TIMEOUT_SECONDS,
            },
            id=f"generate-research-report-workflow-{uuid.uuid4()}",
            task_queue=self.queue,
            # Should this process be killed, nobody polls that queue any more.
            execution_timeout=timedelta(minutes=10),
        )
        self._open.append(handle)
        return handle

    async def time_out(self, handle: WorkflowHandle[Any, Any], name: str) -> None:
        """Have the attempt of a dead Worker time out now, and the next one have its whole time.

        Only the attempt that nobody works on has a short timeout: however slow this machine is,
        the next one is not cut off. A Temporal Service that cannot do this takes the whole timeout.
        https://docs.temporal.io/cli/activity#update-options
        """

        async def attempt() -> int:
            pending = (await handle.describe()).raw_description.pending_activities
            return next((one.attempt for one in pending if one.activity_type.name == name), 0)

        dead, waiting = await attempt(), Patience(LIMIT_SECONDS)
        try:
            await self._set_timeout(handle, name, 1.0)
        except RPCError:
            return
        while await attempt() == dead:
            if waiting.over():
                raise CrashError(f"Waited {LIMIT_SECONDS:g} s for {name} to time out.")
            await asyncio.sleep(0.02)
        await self._set_timeout(handle, name, LLM_TIMEOUT_SECONDS)

    async def _set_timeout(
        self, handle: WorkflowHandle[Any, Any], name: str, seconds: float
    ) -> None:
        assert self._client
        request = UpdateActivityOptionsRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=handle.id),
            type=name,
            # The other two are unset, as in the Workflow: where the service has derived them from
            # the execution timeout, an attempt that is changed while it waits times out at once.
            update_mask=FieldMask(
                paths=[
                    "start_to_close_timeout",
                    "schedule_to_close_timeout",
                    "schedule_to_start_timeout",
                ]
            ),
        )
        request.activity_options.start_to_close_timeout.FromTimedelta(timedelta(seconds=seconds))
        await self._client.workflow_service.update_activity_options(request)

    async def result(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Wait for the Workflow's end, through a Temporal Service that goes away and comes back."""
        waiting = Patience(LIMIT_SECONDS)
        while True:
            try:
                # Asked again and again: `handle.result()` alone may hear of the end 20 s late,
                # when the service loses its long poll.
                state = await handle.describe(rpc_timeout=timedelta(seconds=2))
                if state.status is not WorkflowExecutionStatus.RUNNING:
                    self._open.remove(handle)
                    await handle.result()
                    return
            except WorkflowFailureError as error:
                raise CrashError(f"{handle.id} failed: {error.cause}.") from error
            except RPCError:
                pass  # the service is away for a moment
            if waiting.over():
                words = self.worker.last_words() if self.worker else ""
                raise CrashError(
                    f"{handle.id} has not completed within {LIMIT_SECONDS:g} s. {words}".strip(),
                    do="Run `python -m workshop doctor`, then this again.",
                )
            await asyncio.sleep(0.05)

    def calls(self, since: int = 0) -> list[Call]:
        """What this notebook's processes asked: another one may play the same scene."""
        return self.ledger.calls(since, faults.label(self.settings.temporal_namespace))

    def calls_of(self, handle: WorkflowHandle[Any, Any]) -> list[Call]:
        return [c for c in self.calls() if c.workflow_id == handle.id]

    def receipt_of(self, handle: WorkflowHandle[Any, Any]) -> Receipt:
        return Receipt(tuple(self.calls_of(handle)), practice=True)

    def finish(self, crash: Crash) -> Crash:
        """Open the PDF, keep it where it outlives the stage, and say what it cost."""
        pages, kept = _pages(crash.pdf), self.kept / f"{crash.scene}.pdf"
        if pages:
            crash.pdf.replace(kept)
        done = replace(crash, pdf=kept, pages=pages)
        self.say(
            f"  → {counted(done.receipt.received)}, ${done.receipt.dollars:.6f}. {done.lesson}"
        )
        return done


def _start_guard() -> subprocess.Popen[bytes]:
    # A session of its own, as for the actors: Ctrl+C is for this process alone.
    return subprocess.Popen(["sh", "-c", _GUARD], stdin=subprocess.PIPE, start_new_session=True)


def _practice_environment(given: Settings, folder: Path, queue: str) -> dict[str, str]:
    """An environment in which a demo uses this room and the practice model, and sees no key."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LLM_", "TEMPORAL_"))}
    (folder / "settings.env").touch()
    own = {"WORKSHOP_ENV_FILE": str(folder / "settings.env"), "DEMO_TASK_QUEUE": queue}
    return kept | given.variables() | own


def _pages(pdf: Path) -> int:
    """The pages of a PDF whose first page can be drawn; 0 where there is none."""
    from workshop.report import ReportFileError
    from workshop.report.files import opened

    try:
        with opened(pdf) as document:
            document[0].render(scale=0.1)
            return len(document)
    except ReportFileError:
        return 0


def _pdf(crash: Crash) -> str:
    if crash.skipped:
        return "– not played"
    if not crash.well:
        return "✗ missing or broken"
    return f"✓ whole, {crash.pages} page{'s' if crash.pages > 1 else ''}"
