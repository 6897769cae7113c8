"""The practice model's own process."""

from __future__ import annotations

from workshop.errors import WorkshopError
from workshop.practice_model import SERVICE
from workshop.practice_processes.own import OwnProcess
from workshop.settings import Settings

NAME = "practice-model"


class PracticeModelError(WorkshopError):
    """The practice model does not answer, and why."""


def ledger_path(settings: Settings) -> str:
    """The file in which the practice model keeps what it received."""
    return str(settings.home / "practice-ledger.sqlite")


def _options(settings: Settings) -> list[str]:
    return ["--delay", str(settings.practice_delay), "--ledger", ledger_path(settings)]


_OWN = OwnProcess(
    NAME,
    "workshop.practice_model",
    SERVICE,
    "WORKSHOP_PRACTICE_PORT",
    PracticeModelError,
    _options,
)
ensure, health, down = _OWN.ensure, _OWN.health, _OWN.down
