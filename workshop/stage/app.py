"""The app that goes home, on a stage: its own files, and what they are told from outside."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn

from workshop.core.errors import WorkshopError
from workshop.core.programs import quiet_core
from workshop.core.settings import ROOT, Settings
from workshop.practice.model.faults import label
from workshop.services.worker_program import services

SCRIPT = "project/start/app.py"
CAREFUL = "demos/module_one_01_foundations_ai/careful.py"
"""The plain script with a checkpoint, made by hand. It stays here; lesson 01 breaks it."""
WORKER = "project/worker.py"
STARTER = "project/starter.py"
FILES = (SCRIPT, CAREFUL, WORKER, STARTER)
"""Files that know nothing of the workshop, and are told by `variables`."""

PARTS = {"app": (SCRIPT, "10"), "worker": (WORKER, ""), "starter": (STARTER, "30")}
"""What `python -m workshop demo` can become, with the seconds in which to kill it on a stage."""


def found(file: str) -> Path:
    """Where a file of the demos is. Raises WorkshopError in the package alone, which has none."""
    if not (ROOT / file).exists():
        raise WorkshopError(
            f"There is no {file}.",
            "The demos are beside the package workshop.",
            "Run this in a whole copy of the workshop.",
        )
    return ROOT / file


def variables(settings: Settings) -> dict[str, str]:
    """The variables with which its programs use the model and the Temporal Service of here.

    The key of a model is none of them, but for the practice model's, which is no secret: the app
    reads its own from `.env`, here or in a folder above.
    """
    told = {
        "LLM_MODEL": settings.llm_model,
        "LLM_API_BASE": settings.llm_api_base or "",
        "LLM_TIMEOUT": f"{settings.llm_timeout:g}",
        **settings.temporal_variables(),
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
    }
    if settings.practice:
        told["LLM_API_KEY"] = settings.llm_api_key.get_secret_value()
        told["OPENAI_ORGANIZATION"] = label(settings.temporal_namespace)
    return told


def become(part: str) -> NoReturn:
    """Find or start what it needs, and have this process run one of its programs, and no more."""
    file, pause = PARTS[part]
    path = found(file)
    quiet_core()
    told = {"PAUSE_SECONDS": pause} | os.environ | variables(asyncio.run(services()))
    print(f"$ python {file}", flush=True)
    os.execve(sys.executable, [sys.executable, str(path)], told)
