"""Forks Workers of project/, which a sweep ends: `start QUEUE FOLDER` runs its worker.py there."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

from nursery import ROOT, load_what_needs, serve, settle

PROJECT = ROOT / "project"


def work(queue: str, folder: str) -> None:
    settle(folder)
    os.environ["TASK_QUEUE"] = queue
    runpy.run_path(str(PROJECT / "worker.py"), run_name="__main__")


def warm_up() -> None:
    """Write a PDF and load what a first call to the model loads."""
    import activities
    import models
    import worker  # noqa: F401
    from temporalio.testing import ActivityEnvironment
    from temporalio.worker._worker import load_default_build_id

    environment = ActivityEnvironment()
    warm = environment.run(activities.create_pdf, models.PDFGenerationInput("warm", "warm"))
    Path(warm).unlink()
    load_what_needs(
        lambda: environment.run(activities.llm_call, models.LLMCallInput("warm up", 20))
    )
    load_default_build_id()  # reads every module that is loaded; kept for the next time


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    serve(warm_up, work)
