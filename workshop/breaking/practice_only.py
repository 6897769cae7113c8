"""The practice model for this kernel, whatever key is set: what breaks on purpose costs nothing."""

from __future__ import annotations

import os

from workshop.core import colab_secrets, disk, temporal_config
from workshop.core.settings import Settings, load
from workshop.practice.model import process
from workshop.watching.metering import attach


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
    await process.ensure(load())
    settings = load()
    attach(settings)  # from now on calls say whose they are, which faults and receipts go by
    return settings


def _without_model(given: Settings) -> dict[str, str]:
    """The variables of the environment that keep all settings but the model's."""
    nothing = disk.ready(given.home) / "practice-only.env"
    nothing.touch()
    temporal_config.keep(load(temporal_config.as_set()).connection.secret)
    return given.variables() | {"WORKSHOP_ENV_FILE": str(nothing)}
