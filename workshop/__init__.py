"""The workshop's classroom: what notebooks and demos import."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

# LiteLLM looks at these when it is imported. Without the first it asks the internet for a price
# list; without the second it copies .env into the environment, where the key has no business.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_MODE"] = "PRODUCTION"

if sys.platform == "win32":
    raise ImportError(
        "This is Windows. The workshop runs on Linux and macOS, because its Temporal Service "
        "does. Use WSL (wsl --install), Codespaces or Colab: see README.md."
    )

from workshop.core import cell_paths
from workshop.core.proxies import loopback_directly
from workshop.core.terminal import speak_plainly

loopback_directly(os.environ)
speak_plainly()

CELL_PATHS = {
    "workshop.calculator": "workshop.toolbox.calculator",
    "workshop.errors": "workshop.core.errors",
    "workshop.fetching": "workshop.toolbox.fetching",
    "workshop.notes": "workshop.toolbox.notes",
    "workshop.practice_model": "workshop.practice.model",
    "workshop.report": "workshop.toolbox.report",
    "workshop.settings": "workshop.core.settings",
    "workshop.temporal_service": "workshop.services.temporal_service",
}
"""Where the modules are that cells import by a short path."""
cell_paths.open_all(CELL_PATHS)

if TYPE_CHECKING:  # type checkers run no code; a test compares these with the table below
    from workshop.breaking.failures import what_happens as what_happens
    from workshop.breaking.full_disk import full_disk as full_disk
    from workshop.breaking.practice_only import use_practice_model as use_practice_model
    from workshop.breaking.switchboard import Switchboard as Switchboard
    from workshop.checks import check as check
    from workshop.checks import hint as hint
    from workshop.checks import solution as solution
    from workshop.checks.export import export as export
    from workshop.checks.first_cell import begin as begin
    from workshop.checks.predict import predict as predict
    from workshop.checks.predict import reveal as reveal
    from workshop.checks.progress import progress as progress
    from workshop.kernel.notebook import ask as ask
    from workshop.kernel.notebook import show_pdf as show_pdf
    from workshop.kernel.worker import start_worker as start_worker
    from workshop.kernel.worker import stop_worker as stop_worker
    from workshop.practice.model.faults import budget as budget
    from workshop.practice.model.faults import misbehaving as misbehaving
    from workshop.practice.site.client import open_site as open_site
    from workshop.services.database import insert_into as insert_into
    from workshop.services.database import make_tables as make_tables
    from workshop.services.database import open_database as open_database
    from workshop.services.database import rows as rows
    from workshop.services.time_skipping import test_server as test_server
    from workshop.stage import crash as crash
    from workshop.watching.diagrams import render_mermaid as render_mermaid
    from workshop.watching.follow import completed as completed
    from workshop.watching.follow import failed as failed
    from workshop.watching.follow import follow as follow
    from workshop.watching.follow import started as started
    from workshop.watching.follow import timer_started as timer_started
    from workshop.watching.progress_bar import watch as watch
    from workshop.watching.receipt import beside as beside
    from workshop.watching.receipt import mark as mark
    from workshop.watching.receipt import receipt as receipt
    from workshop.watching.rows_shown import show_bars as show_bars
    from workshop.watching.rows_shown import show_rows as show_rows
    from workshop.watching.timeline import timeline as timeline

_MODULES = {
    "workshop.breaking.failures": "what_happens",
    "workshop.breaking.full_disk": "full_disk",
    "workshop.breaking.practice_only": "use_practice_model",
    "workshop.breaking.switchboard": "Switchboard",
    "workshop.checks": "check hint solution",
    "workshop.checks.export": "export",
    "workshop.checks.first_cell": "begin",
    "workshop.checks.predict": "predict reveal",
    "workshop.checks.progress": "progress",
    "workshop.kernel.notebook": "ask show_pdf",
    "workshop.kernel.worker": "start_worker stop_worker",
    "workshop.practice.model.faults": "budget misbehaving",
    "workshop.practice.site.client": "open_site",
    "workshop.services.database": "insert_into make_tables open_database rows",
    "workshop.services.time_skipping": "test_server",
    "workshop.stage": "crash",
    "workshop.watching.diagrams": "render_mermaid",
    "workshop.watching.follow": "completed failed follow started timer_started",
    "workshop.watching.progress_bar": "watch",
    "workshop.watching.receipt": "beside mark receipt",
    "workshop.watching.rows_shown": "show_bars show_rows",
    "workshop.watching.timeline": "timeline",
}
"""Where each name is. It is loaded when somebody wants it: a process pays for what it uses."""

_PLACES = {name: module for module, names in _MODULES.items() for name in names.split()}
__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        found = getattr(import_module(_PLACES[name]), name)
    elif f"{__name__}.{name}" in CELL_PATHS:
        found = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(_no_such(name), name=name, obj=sys.modules[__name__])
    globals()[name] = found  # the next time it is here
    return found


def _no_such(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, __all__, 1)
    hint = f"Did you mean {near[0]}?" if near else "dir(workshop) lists what it has."
    return f"workshop has no {name!r}. {hint}"


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
