"""The practice model's own process."""

from __future__ import annotations

from workshop.core.errors import WorkshopError
from workshop.core.settings import Settings
from workshop.practice.model import SERVICE
from workshop.practice.processes.own import OwnProcess

NAME = "practice-model"


class PracticeModelError(WorkshopError):
    """The practice model does not answer, and why."""


def ledger_path(settings: Settings) -> str:
    """The file in which the practice model keeps what it received."""
    return str(settings.home / "practice-ledger.sqlite")


def _options(settings: Settings) -> list[str]:
    return ["--delay", str(settings.practice_delay), "--ledger", ledger_path(settings)]


_MODULE, _PORT = "workshop.practice.model", "WORKSHOP_PRACTICE_PORT"
_OWN = OwnProcess(NAME, _MODULE, SERVICE, _PORT, PracticeModelError, _options)
ensure, health, down = _OWN.ensure, _OWN.health, _OWN.down
