"""The app that goes home, on a stage: its own files, and what they are told from outside."""

from __future__ import annotations

import os

from workshop.core.settings import Settings
from workshop.practice.model.faults import label

SCRIPT = "project/start/app.py"
CAREFUL = "demos/module_one_01_foundations_ai/careful.py"
"""The plain script with a checkpoint, made by hand. It stays here; lesson 01 breaks it."""
WORKER = "project/worker.py"
STARTER = "project/starter.py"
FILES = (SCRIPT, CAREFUL, WORKER, STARTER)
"""Files that know nothing of the workshop, and are told by `variables`."""


def variables(settings: Settings) -> dict[str, str]:
    """The variables with which its programs use the model and the Temporal Service of here.

    A key is none of them, but for the practice model's, which is no secret: the app reads its own
    from `.env`, here or in a folder above.
    """
    told = {
        "LLM_MODEL": settings.llm_model,
        "LLM_API_BASE": settings.llm_api_base or "",
        "LLM_TIMEOUT": f"{settings.llm_timeout:g}",
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
    }
    if settings.practice:
        told["LLM_API_KEY"] = settings.llm_api_key.get_secret_value()
        told["OPENAI_ORGANIZATION"] = label(settings.temporal_namespace)
        # It is on loopback, where no proxy of this machine is.
        told |= {name: os.environ[name] for name in ("NO_PROXY", "no_proxy") if name in os.environ}
    return told
