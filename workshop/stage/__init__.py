"""Real processes, really killed: scenes that a cell plays, and demos that play by themselves.

await crash("naive")
await show("agent")
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workshop.core.interrupts import interrupted_says
from workshop.stage import agent, app, draft, pipeline, scenes
from workshop.stage.outcome import Crash, Show, side_by_side
from workshop.stage.room import FOLDER, CrashError, Say, Stage
from workshop.watching.receipt import Receipt

__all__ = ["FOLDER", "SCENES", "SHOWS", "SIDE_BY_SIDE", "Crash", "CrashError", "crash", "show"]


@dataclass(frozen=True)
class Scene:
    """What is known of a scene before it is played."""

    play: Callable[[Stage], Awaitable[Crash]]
    """Its docstring says what is to be seen."""
    about_seconds: int
    """How long it takes on a laptop: what is said before it begins."""
    title: str
    killed: str
    """What is killed with SIGKILL, and when, in words."""
    lesson: str
    """What to remember, in a sentence."""
    worker: str = app.WORKER
    """The demo's file that runs a Worker."""
    temporal: bool = True
    """Whether it needs the Temporal Service."""
    why_not: Callable[[Stage], str] = lambda stage: ""
    """Why it cannot be played on this stage, or an empty string."""


SCENES = {
    "naive": Scene(
        scenes.naive,
        20,
        "plain script, killed before the PDF",
        "app.py, after the answer and before the PDF",
        "Started again it asks again: one report, paid twice.",
        temporal=False,
    ),
    "timer": Scene(
        scenes.timer,
        20,
        "durable, Worker killed in the timer",
        f"the Worker, in the timer of {scenes.TIMER_SECONDS:g} s after the answer",
        "A step that completed is not run again: one report, paid once.",
    ),
    "call": Scene(
        scenes.call,
        25,
        "durable, Worker killed during the call",
        "the Worker, while the model was answering",
        "A step that is cut off is run again (at least once): this answer was paid twice.",
    ),
    "service": Scene(
        scenes.service,
        20,
        "durable, Temporal Service killed",
        f"the Temporal Service, in the timer of {scenes.TIMER_SECONDS:g} s",
        "The Event History is in a file, and outlives the service: paid once.",
        why_not=scenes.service_of_others,
    ),
    "save": Scene(
        scenes.save,
        20,
        "careful script, killed before the save",
        "careful.py, after the answer and before its save",
        "It found no saved answer, and asked again: one report, paid twice.",
        temporal=False,
    ),
    "twins": Scene(
        scenes.twins,
        15,
        "careful script, twice at once",
        "nobody",
        "Neither knew of the other: one report, paid twice.",
        temporal=False,
    ),
    "chain": Scene(
        agent.chain,
        40,
        "agent, Worker killed after the second of three tools",
        "the Worker, in the timer after the second tool",
        agent.LESSON,
        worker=agent.WORKER,
    ),
    "commit": Scene(
        pipeline.commit,
        35,
        "pipeline, Worker killed after the commit",
        "the Worker, between the commit and the Activity's completion",
        "The second attempt had the same key, and found its row there: one row.",
        worker=pipeline.WORKER,
    ),
    "keyless": Scene(
        pipeline.keyless,
        35,
        "pipeline without a key, Worker killed after the commit",
        "the Worker, between the commit and the Activity's completion",
        "The second attempt could not know of the first: two rows.",
        worker=pipeline.WORKER,
    ),
}
"""The scenes of `crash` by name."""
SIDE_BY_SIDE = ("naive", "timer", "call", "service")
"""Those that `show("crash")` plays, in this order."""


@interrupted_says("What this scene had started is ended; run this cell again to play it.")
async def crash(scene: str, *, say: Say = print) -> Crash:
    """Play one scene, in 15 to 40 seconds; how many is said first.

    Args:
        scene: `"naive"` kills the plain script between answer and PDF; `"timer"` kills the Worker
            in the timer, `"call"` kills it during the LLM call; `"service"` kills the Temporal
            Service itself. `"save"` and `"twins"` show where a checkpoint that was made by hand
            does not help. `"chain"` kills an agent's Worker after the second of three tools;
            `"commit"` and `"keyless"` kill a pipeline's between commit and completion.
        say: gets a line at a time while the scene runs.

    Returns:
        What was killed, what the provider received and charged, and what came of it.

    Raises:
        CrashError: the scene cannot be played here, or something did not happen in time.
    """
    if scene not in SCENES:
        raise CrashError(
            f"crash was given {scene!r}.", f"It takes one of {', '.join(map(repr, SCENES))}."
        )
    async with Stage(say, SCENES[scene].worker) as stage:
        if not SCENES[scene].why_not(stage):
            about = SCENES[scene].about_seconds
            say(f"  This takes about {about} s; more where other programs run.")
            await stage.ready(temporal=SCENES[scene].temporal)
        return await _play(scene, stage)


async def show(name: str, *, say: Say = print) -> Show:
    """Play a demo by itself, in 20 seconds to a minute.

    Returns what it showed, and raises as `crash`.
    """
    play, worker = SHOWS[name]
    began = time.monotonic()
    async with Stage(say, worker) as stage:
        await stage.ready(temporal=True)
        return replace(await play(stage), seconds=time.monotonic() - began)


async def _four_crashes(stage: Stage) -> Show:
    """Scenes of demos 01 and 02, side by side."""
    # While the plain script plays, the Worker of the next scene loads its libraries.
    stage.worker = stage.run(stage.file)
    crashes = []
    for number, name in enumerate(SIDE_BY_SIDE, 1):
        stage.say(f"\n{number} of {len(SIDE_BY_SIDE)}  {SCENES[name].play.__doc__}")
        crashes.append(await _play(name, stage))
    return side_by_side(crashes)


async def _play(name: str, stage: Stage) -> Crash:
    scene = SCENES[name]
    words: dict[str, Any] = {"title": scene.title, "lesson": scene.lesson}
    if why := scene.why_not(stage):
        stage.say(f"  – Not played. {why}")
        return Crash(Receipt((), practice=True), well=True, skipped=why, **words)
    done = replace(await scene.play(stage), killed=scene.killed, **words)
    if done.pdf.name:
        done = done.with_pdf(_pages(done.pdf))
    if done.pages:  # kept where it outlives the stage
        done = replace(done, pdf=done.pdf.replace(stage.kept / f"{name}.pdf"))
    stage.say(f"  → {done.closing or done.lesson}")
    return done


def _pages(pdf: Path) -> int:
    """The pages of a PDF whose first page can be drawn; 0 where there is none."""
    from workshop.toolbox.report import ReportFileError
    from workshop.toolbox.report.files import opened

    try:
        with opened(pdf) as document:
            document[0].render(scale=0.1)
            return len(document)
    except ReportFileError:
        return 0


SHOWS = {
    "crash": (_four_crashes, app.WORKER),
    "draft": (draft.draft_show, draft.WORKER),
    "agent": (agent.agent_show, agent.WORKER),
    "research": (pipeline.research_show, pipeline.WORKER),
}
"""The demos that play by themselves, each with its Worker's file."""
