"""What demos 03 to 05 import: services that they find, and how a person talks with a Workflow."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES = {
    "workshop.core.errors": "WorkshopError",
    "workshop.core.patience": "wait_for",
    "workshop.core.programs": "given run",
    "workshop.core.settings": "Settings load",
    "workshop.core.svg": "DARK LIGHT tag words",
    "workshop.core.visitors": "Visitors address",
    "workshop.practice.site.client": "open_site",
    "workshop.services": "namespaces temporal_service",
    "workshop.services.conversation": "Conversation ConversationError Ended connect plain typed",
    "workshop.services.database": "insert_into make_tables open_database rows",
    "workshop.services.worker_program": "main on_stage serve services",
    "workshop.toolbox": "calculator fetching notes",
    "workshop.toolbox.fetching": "PageRefused read_page",
    "workshop.watching.metering": "attach",
}
"""Where each name is. It is loaded when a demo wants it: an MCP server starts for each question."""

_PLACES = {name: module for module, names in _MODULES.items() for name in names.split()}
__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"workshop.demos has no {name!r}")
    place = import_module(_PLACES[name])
    # A name of a package may be a module of it that nobody has loaded yet.
    return getattr(place, name, None) or import_module(f"{place.__name__}.{name}")
