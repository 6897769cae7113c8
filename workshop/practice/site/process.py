"""The practice site's own process."""

from __future__ import annotations

from workshop.core.errors import WorkshopError
from workshop.practice.processes.own import OwnProcess
from workshop.practice.site import SERVICE

NAME = "practice-site"


class PracticeSiteError(WorkshopError):
    """The practice site does not answer, and why."""


_OWN = OwnProcess(NAME, "workshop.practice.site", SERVICE, "WORKSHOP_SITE_PORT", PracticeSiteError)
ensure, health, down = _OWN.ensure, _OWN.health, _OWN.down
