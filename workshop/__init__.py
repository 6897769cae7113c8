"""The workshop's classroom: what notebooks and demos import."""

import os
import sys

# LiteLLM looks at these when it is imported. Without the first it asks the internet for a price
# list; without the second it copies .env into the environment, where the key has no business.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_MODE"] = "PRODUCTION"

if sys.platform == "win32":
    raise ImportError(
        "This is Windows. The workshop runs on Linux and macOS, because its Temporal Service "
        "does. Use WSL (wsl --install), Codespaces or Colab: see README.md."
    )

from workshop.proxies import loopback_directly
from workshop.terminal import speak_plainly

loopback_directly(os.environ)
speak_plainly()

# The practice model's and the practice site's own processes import this package too. They only
# answer HTTP, and stay small by doing without the rest; so does demo 04's MCP server, which is
# started for each question.
_LIGHT = bool({"workshop.practice_model", "workshop.site"} & set(sys.orig_argv))
if not _LIGHT and not os.environ.get("WORKSHOP_LIGHT"):
    from workshop.checks import check, hint, solution
    from workshop.checks.progress import progress
    from workshop.database import insert_into, make_tables, open_database, rows
    from workshop.diagrams import render_mermaid
    from workshop.failures import what_happens
    from workshop.first_cell import begin
    from workshop.follow import completed, failed, follow, started, timer_started
    from workshop.full_disk import full_disk
    from workshop.notebook import ask, show_pdf, start_worker, stop_worker
    from workshop.practice_model.faults import budget, misbehaving
    from workshop.practice_only import use_practice_model
    from workshop.progress_bar import watch
    from workshop.receipt import beside, mark, receipt
    from workshop.rows_shown import show_bars, show_rows
    from workshop.site.client import open_site
    from workshop.stage import crash
    from workshop.switchboard import Switchboard
    from workshop.time_skipping import test_server
    from workshop.timeline import timeline

    __all__ = [
        "Switchboard",
        "ask",
        "begin",
        "beside",
        "budget",
        "check",
        "completed",
        "crash",
        "failed",
        "follow",
        "full_disk",
        "hint",
        "insert_into",
        "make_tables",
        "mark",
        "misbehaving",
        "open_database",
        "open_site",
        "progress",
        "receipt",
        "render_mermaid",
        "rows",
        "show_bars",
        "show_pdf",
        "show_rows",
        "solution",
        "start_worker",
        "started",
        "stop_worker",
        "test_server",
        "timeline",
        "timer_started",
        "use_practice_model",
        "watch",
        "what_happens",
    ]
