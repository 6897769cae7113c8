"""The practice model for this kernel, whatever key is set: what breaks on purpose costs nothing."""

from __future__ import annotations

import os

from workshop import colab_secrets
from workshop.practice_model import process
from workshop.settings import Settings, load


async def use_practice_model() -> Settings:
    """Let the practice model answer from now on in this kernel, and in what it starts.

    Where it answers already, nothing changes. Otherwise the model's settings are left out until the
    kernel is restarted; `.env` stays as it is.

    Returns:
        The settings in force now.
    """
    given = load()
    if not given.practice:
        os.environ.update(_without_model(given))
        for name in ("LLM_API_KEY", "LLM_MODEL", "LLM_API_BASE"):
            os.environ.pop(name, None)
        colab_secrets.close()
        print(
            f"From here on the practice model answers, not {given.llm_model}. To have that one "
            "back, restart the kernel."
        )
    settings = load()
    await process.ensure(settings)
    return settings


def _without_model(given: Settings) -> dict[str, str]:
    """The variables of the environment that keep all settings but the model's."""
    given.home.mkdir(parents=True, exist_ok=True)
    nothing = given.home / "practice-only.env"
    nothing.touch()
    port = "TEMPORAL_ADDRESS", given.temporal_address
    if given.temporal_is_ours:
        port = "WORKSHOP_TEMPORAL_PORT", str(given.temporal_port)
    return dict([port]) | {
        "WORKSHOP_ENV_FILE": str(nothing),
        "WORKSHOP_HOME": str(given.home),
        "WORKSHOP_UI_PORT": str(given.ui_port),
        "WORKSHOP_PRACTICE_PORT": str(given.practice_port),
        "WORKSHOP_PRACTICE_DELAY": str(given.practice_delay),
        "LLM_TIMEOUT": str(given.llm_timeout),
        "TEMPORAL_NAMESPACE": given.temporal_namespace,
    }
