"""Forks Workers of demo 02, which a sweep kills: `start QUEUE FOLDER` runs its run_worker there."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from nursery import ROOT, load_what_needs, serve, settle


def work(queue: str, folder: str) -> None:
    settle(folder)
    from worker import run_worker  # the demo's own

    from workshop.core.programs import quiet_core

    quiet_core()
    asyncio.run(run_worker(queue))


def warm_up() -> None:
    """Write a PDF and load what a first call to the model loads."""
    import activities
    import worker  # noqa: F401
    from temporalio.testing import ActivityEnvironment
    from temporalio.worker._worker import load_default_build_id

    from workshop.core.settings import load
    from workshop.watching.metering import attach

    environment = ActivityEnvironment()
    environment.run(activities.create_pdf_activity, activities.PDFGenerationInput("warm", "warm"))
    Path("warm.pdf").unlink()
    load_what_needs(
        lambda: environment.run(activities.llm_call, activities.LLMCallInput("warm up"))
    )
    attach(load())
    load_default_build_id()  # reads every module that is loaded; kept for the next time


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "demos" / "module_one_02_adding_durability"))
    serve(warm_up, work)
