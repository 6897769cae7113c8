"""Things of a kernel: questions, pictures, nested event loops, logs."""

from __future__ import annotations

import html
import logging
import sys
from importlib import metadata
from pathlib import Path

from workshop.core import disk
from workshop.core.display import image, put
from workshop.core.interrupts import in_a_thread, interrupted_says
from workshop.core.programs import quiet_core
from workshop.kernel.private_parts import silence_lost_loops

LOG = "notebook.log"
"""In the workshop's home: what Workers and Activities of notebooks log."""


@interrupted_says("Nobody has been asked; run this cell again to answer.")
async def ask(question: str, default: str) -> str:
    """Ask the person at the keyboard, without freezing the Worker of this kernel.

    Returns:
        The answer without surrounding white space; `default` when it is empty or when there is
        no keyboard.
    """
    try:
        answer = (await in_a_thread(input, f"{question} ")).strip()
    # At an end, closed, lost, or StdinNotImplementedError of a kernel that nobody sits at.
    except (EOFError, OSError, ValueError, RuntimeError):
        answer = ""
    if not answer:
        print(f"No answer. Using: {default}")
    return answer or default


def allow_nested_loops() -> str:
    """Let `asyncio.run` work in a cell, whose event loop is running already.

    Returns:
        The module that was used, or an empty string outside a kernel. The first nest_asyncio
        loses cells on ipykernel 7; Colab's older kernel knows only the first.
    """
    if "ipykernel" not in sys.modules:
        return ""
    major = int(metadata.version("ipykernel").partition(".")[0])
    if major >= 7:
        import nest_asyncio2 as nest
    else:
        import nest_asyncio as nest
    nest.apply()
    silence_lost_loops()
    return str(nest.__name__)


def quiet_logs(home: Path) -> Path:
    """Send the SDK's log to a file, where it does not bury what a cell prints.

    `workflow.logger` and `activity.logger` write there too. Returns the file.
    """
    file = disk.ready(home) / LOG
    logger = logging.getLogger("temporalio")
    if not any(getattr(handler, "baseFilename", "") == str(file) for handler in logger.handlers):
        handler = logging.FileHandler(file, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    quiet_core()
    return file


def show_pdf(path: str | Path) -> None:
    """Show a PDF's first page under the cell, where the file is, and what it could not show.

    Raises:
        WorkshopError: there is no such file, or it is no PDF.
    """
    from workshop.toolbox.report import first_page, remark  # reportlab takes its time to load

    png, said = first_page(path), remark(path)
    name = Path(path).name
    picture = image(png, f"First page of {name}", width=480, style="border:1px solid #999")
    text = f"First page of {name}, a PDF beside this notebook"
    words = "".join(f"<p>{html.escape(line)}</p>" for line in (text, said) if line)
    put(f"{words}{picture}", f"[{text}]\n{said}".strip())
