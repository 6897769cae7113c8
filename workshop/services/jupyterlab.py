"""JupyterLab, serving the whole repository: `python -m workshop lab`.

`make lab` runs this module alone, and so without what the other commands import: that takes a
second, and in a fresh clone several.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from workshop.core.errors import WorkshopError
from workshop.core.settings import INSTALLED, ROOT, without_lessons

SETTINGS = Path(__file__).parents[1] / "kernel" / "jupyter"
"""Ours beside the environment's own: no pop-up that asks to fetch news."""


def serve(port: int | None = None, browser: bool = True) -> NoReturn:
    """Become JupyterLab and open the first notebook.

    Args:
        port: None is 8888, or the next that is free.

    Raises:
        WorkshopError: there is no notebook.
    """
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    if INSTALLED:
        raise WorkshopError(f"There is no notebook in {ROOT}.", do=without_lessons())
    if not notebooks:
        raise WorkshopError(
            f"There is no notebook in {ROOT / 'notebooks'}.", do="Run `make build`, then this."
        )
    line = [sys.executable, "-m", "jupyterlab", f"--LabApp.app_settings_dir={SETTINGS}"]
    # The address that is opened, and printed where there is no browser, is the notebook's.
    line += [f"--LabApp.default_url=/lab/tree/{notebooks[0].relative_to(ROOT).as_posix()}"]
    # Solutions lie beside notebooks/, so the server's root is the repository.
    line += [f"--ServerApp.root_dir={ROOT}"]
    # .env and .workshop can be opened: File, Open from Path, or View, Show Hidden Files.
    line += ["--ContentsManager.allow_hidden=True"]
    if os.geteuid() == 0:  # as in a container
        line += ["--allow-root"]
    if port:
        line += [f"--port={port}"]
    if not browser:
        line += ["--no-browser"]
    print("JupyterLab starts. Without a browser here, open the address that it prints.", flush=True)
    os.execv(sys.executable, line)


if __name__ == "__main__":
    try:
        serve()
    except WorkshopError as error:
        sys.exit("✗ " + "\n  ".join(error.lines()))
