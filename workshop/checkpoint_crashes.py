"""Two more scenes for `crash`: where a checkpoint that was made by hand does not help.

await crash("save")    killed between the answer and its save
await crash("twins")   two processes at once
"""

from __future__ import annotations

import time

from workshop.crashes import ALONE, LIMIT_SECONDS, TOPIC, Crash, Stage
from workshop.practice_model import faults
from workshop.practice_model.ledger import Call
from workshop.receipt import Receipt

CAREFUL_APP = "demos/module_one_01_foundations_ai/careful.py"
_PDF = "careful_report.pdf"


async def _save(stage: Stage) -> Crash:
    """The careful script dies after the answer and before it is saved."""
    began, since = time.monotonic(), stage.ledger.last_id()
    given = {"DEMO_TOPIC": TOPIC, "DEMO_ANSWERS": str(stage.folder)}
    stage.say(f"  $ python {CAREFUL_APP}")
    # It is killed long before this pause ends.
    app = stage.run(CAREFUL_APP, DEMO_PAUSE_SECONDS="60", **given)
    await stage.until(lambda: app.printed("Not saved yet"), "its answer", app)
    stage.say("  ✓ the model has answered and has charged; the answer is not saved yet")
    stage.kill(app)
    stage.say("  ✗ kill -9, before the save")
    stage.say(f"  $ python {CAREFUL_APP}")
    app = stage.run(CAREFUL_APP, **given)
    await stage.until(lambda: app.ended, "its end")
    if app.popen.returncode:
        raise stage.failed(app, "has failed")
    return stage.finish(
        Crash(
            "save",
            "careful script, killed before the save",
            "careful.py, after the answer and before its save",
            Receipt(tuple(_paid(stage, since)), practice=True),
            stage.folder / _PDF,
            0,
            "It found no saved answer, and asked again: one report, paid twice.",
            time.monotonic() - began,
        )
    )


async def _twins(stage: Stage) -> Crash:
    """Two careful scripts take up the same prompt at once. Nobody is killed."""
    began, since = time.monotonic(), stage.ledger.last_id()
    given = {"DEMO_TOPIC": TOPIC, "DEMO_ANSWERS": str(stage.folder)}
    # The model takes its time until both have asked; the fault ends with the block.
    async with faults.slow(LIMIT_SECONDS, matching=TOPIC, base=stage.base):
        twins = [stage.run(CAREFUL_APP, **given) for _ in range(2)]
        stage.say(f"  $ python {CAREFUL_APP} & python {CAREFUL_APP}")
        await stage.until(lambda: len(_calls(stage, since)) >= 2, "both to ask", *twins)
        stage.say("  ✓ both looked for a saved answer, found none, and asked")
    for twin in twins:
        await stage.until(lambda twin=twin: twin.ended, "its end")  # type: ignore[misc]
        if twin.popen.returncode:
            raise stage.failed(twin, "has failed")
    return stage.finish(
        Crash(
            "twins",
            "careful script, twice at once",
            "nobody",
            Receipt(tuple(_paid(stage, since)), practice=True),
            stage.folder / _PDF,
            0,
            "Neither knew of the other: one report, paid twice.",
            time.monotonic() - began,
        )
    )


def _calls(stage: Stage, since: int) -> list[Call]:
    return [
        call for call in stage.calls(since) if call.workflow_id is None and call.prompt == TOPIC
    ]


def _paid(stage: Stage, since: int) -> list[Call]:
    return [call for call in _calls(stage, since) if call.answered]


ALONE.update({"save": _save, "twins": _twins})
