"""The practice site's own process."""

from __future__ import annotations

from workshop.errors import WorkshopError
from workshop.practice_processes.own import OwnProcess
from workshop.site import SERVICE

NAME = "practice-site"


class PracticeSiteError(WorkshopError):
    """The practice site does not answer, and why."""


_OWN = OwnProcess(NAME, "workshop.site", SERVICE, "WORKSHOP_SITE_PORT", PracticeSiteError)
ensure, health, down = _OWN.ensure, _OWN.health, _OWN.down
