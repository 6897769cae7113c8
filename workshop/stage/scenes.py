"""Scenes about one report: a plain script, a script with a checkpoint, a Workflow."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowHandle

from workshop.practice.model import faults
from workshop.practice.model.ledger import Call
from workshop.services import temporal_service
from workshop.stage.app import CAREFUL, SCRIPT
from workshop.stage.outcome import Crash
from workshop.stage.room import LIMIT_SECONDS, Stage
from workshop.stage.timeouts import WHOLE_SECONDS, time_out
from workshop.watching.receipt import Receipt

TOPIC = "Give me 5 fun facts about tardigrades"

TIMER_SECONDS = 5.0
"""The timer in which a Worker is killed. On stage it is 30 s; a new Worker starts in about 5 s."""
SHORT_TIMER_SECONDS = 1.0
"""The timer of the scenes in which nothing happens in it."""


async def naive(stage: Stage) -> Crash:
    """A plain script asks the model and writes a PDF. It dies in between."""
    since = stage.ledger.last_id()
    stage.say(f"  $ python {SCRIPT}")
    # It is killed long before this countdown ends.
    app = stage.run(SCRIPT, TOPIC, PAUSE_SECONDS="60")
    await stage.until(
        lambda: _answered(stage, since) and app.printed("The PDF comes in"), "its countdown", app
    )
    stage.say("  ✓ the model has answered and has charged; the answer is in a variable")
    stage.kill(app)
    stage.say("  ✗ kill -9, before the PDF. The variable is gone")
    stage.say(f"  $ python {SCRIPT}")
    await stage.ends(stage.run(SCRIPT, TOPIC, PAUSE_SECONDS="1"))
    return Crash(_receipt(stage, since), pdf=stage.folder / "research_report.pdf")


async def save(stage: Stage) -> Crash:
    """The careful script dies after the answer and before it is saved."""
    since = stage.ledger.last_id()
    stage.say(f"  $ python {CAREFUL}")
    # It is killed long before this pause ends.
    app = stage.run(CAREFUL, TOPIC, PAUSE_SECONDS="60")
    await stage.until(lambda: app.printed("Not saved yet"), "its answer", app)
    stage.say("  ✓ the model has answered and has charged; the answer is not saved yet")
    stage.kill(app)
    stage.say("  ✗ kill -9, before the save")
    stage.say(f"  $ python {CAREFUL}")
    await stage.ends(stage.run(CAREFUL, TOPIC))
    return Crash(_receipt(stage, since), pdf=stage.folder / "careful_report.pdf")


async def twins(stage: Stage) -> Crash:
    """Two careful scripts take up the same prompt at once. Nobody is killed."""
    since = stage.ledger.last_id()
    # The model takes its time until both have asked; the fault ends with the block.
    async with faults.slow(LIMIT_SECONDS, matching=TOPIC, base=stage.base):
        both = [stage.run(CAREFUL, TOPIC) for _ in range(2)]
        stage.say(f"  $ python {CAREFUL} & python {CAREFUL}")
        await stage.until(lambda: len(_asked(stage, since)) >= 2, "both to ask", *both)
        stage.say("  ✓ both looked for a saved answer, found none, and asked")
    for twin in both:
        await stage.ends(twin)
    return Crash(_receipt(stage, since), pdf=stage.folder / "careful_report.pdf")


async def timer(stage: Stage) -> Crash:
    """The same with Temporal. The Worker dies in the timer between answer and PDF."""
    worker = await stage.polling_worker()
    handle = await _start(stage, TIMER_SECONDS)
    await _until_timer(stage, handle)
    stage.say(f"  ✓ llm_call completed, kept in the Event History; a timer of {TIMER_SECONDS:g} s")
    stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker. No process of the app runs now")
    await stage.polling_worker()
    await stage.result(handle)
    stage.say("  ✓ the new Worker replayed the history and wrote the PDF")
    return _durable(stage, handle)


async def call(stage: Stage) -> Crash:
    """The Worker dies during the LLM call."""
    worker = await stage.polling_worker()
    # The model takes its time over the first call; the fault ends with the block at the latest.
    async with faults.slow(LIMIT_SECONDS, times=1, matching=TOPIC, base=stage.base):
        handle = await _start(stage, SHORT_TIMER_SECONDS)
        await stage.until(lambda: stage.receipt_of(handle).calls, "the call to reach the model")
        stage.say("  ✓ the model has the question and works on the answer")
        stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker. The model answers, and nobody is there to hear it")
    stage.say("  … Start-to-Close timeout, shortened for this scene, then a second attempt")
    await time_out(stage, handle, "llm_call")
    await stage.polling_worker()
    await stage.result(handle)
    stage.say("  ✓ answered at attempt 2, PDF written")
    return _durable(stage, handle)


async def service(stage: Stage) -> Crash:
    """The Temporal Service itself dies, in the timer."""
    record = stage.own_service()
    await stage.polling_worker()
    handle = await _start(stage, TIMER_SECONDS)
    await _until_timer(stage, handle)
    stage.say("  ✓ llm_call completed; the timer runs")
    await stage.kill_service(record)
    stage.say("  ✗ kill -9 of the Temporal Service. It starts again on its database file")
    await temporal_service.ensure(stage.settings)
    await stage.result(handle)
    stage.say("  ✓ the Worker found it again, the timer fired, PDF written")
    return _durable(stage, handle)


def service_of_others(stage: Stage) -> str:
    """Why the Temporal Service is not killed, or an empty string."""
    if stage.given_service:
        return ""
    return (
        f"{stage.settings.connection.named_by} names the Temporal Service, and others may work "
        "with it. Only one that the workshop has started is killed."
    )


def _asked(stage: Stage, since: int) -> list[Call]:
    """The calls of scripts: they have no Workflow."""
    return [c for c in stage.calls(since) if c.workflow_id is None and c.prompt == TOPIC]


def _answered(stage: Stage, since: int) -> list[Call]:
    return [call for call in _asked(stage, since) if call.answered]


def _receipt(stage: Stage, since: int) -> Receipt:
    return Receipt(tuple(_answered(stage, since)), practice=True)


async def _start(stage: Stage, pause: float) -> WorkflowHandle[Any, Any]:
    given = {
        "prompt": TOPIC,
        "pause_seconds": pause,
        "llm_timeout_seconds": WHOLE_SECONDS,
    }
    return await stage.start("GenerateReportWorkflow", given, "report")


async def _until_timer(stage: Stage, handle: WorkflowHandle[Any, Any]) -> None:
    async def runs() -> bool:
        return any(step.open for step in await stage.steps(handle, "timer"))

    await stage.until(runs, "its timer")


def _durable(stage: Stage, handle: WorkflowHandle[Any, Any]) -> Crash:
    pdf = stage.folder / "reports" / f"{handle.id}.pdf"
    return Crash(stage.receipt_of(handle), pdf=pdf, workflow_id=handle.id)
