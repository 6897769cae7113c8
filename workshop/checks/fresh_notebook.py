"""A practice notebook made clean again; the learner's own is kept beside it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from workshop.checks.blanks import Sheet, sheets
from workshop.core.errors import WorkshopError
from workshop.core.settings import ROOT


def choose(lesson: str | None, kind: str) -> list[Sheet]:
    """A lesson's practice notebook or its exercise's; without a lesson, all that there are.

    Raises:
        WorkshopError: there is no such notebook.
    """
    found = sheets()
    if lesson is not None:
        found = [s for s in found if (s.lesson[:2], s.kind) == (lesson.zfill(2), kind)]
    if not found:
        numbers = ", ".join(sorted({sheet.lesson[:2] for sheet in sheets()}))
        raise WorkshopError(
            f"There is no practice notebook for {lesson!r}."
            if numbers
            else "There are no lessons in this installation.",
            f"It takes the number of a lesson: {numbers}." if numbers else "A clone has them.",
            "Write, for instance, `python -m workshop fresh 02`, or `fresh 02 exercise`.",
        )
    return found


def put(sheet: Sheet) -> str:
    """Put the notebook as it was given in the place of the learner's, which is renamed.

    Returns:
        What was done, in words.

    Raises:
        WorkshopError: a file cannot be read or written.
    """
    path, given = sheet.path, sheet.given.read_bytes()
    name = path.relative_to(ROOT).as_posix()
    try:
        theirs = path.read_bytes() if path.exists() else b""
        if theirs == given:
            return f"– {name} is clean already."
        kept = _keep(path, theirs) if theirs else None
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside it and then renamed: the notebook is never half there.
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(given)
        Path(draft).chmod(path.stat().st_mode if kept else 0o644)
        Path(draft).replace(path)
    except OSError as error:
        raise WorkshopError(
            f"{name} cannot be made clean: {error.strerror}.",
            "The notebook and its folder may be written.",
            "Correct that, then run this again. Nothing of yours is lost.",
        ) from None
    if kept is None:
        return f"✓ {name} is there again."
    return (
        f"✓ {name} is clean. Yours is {kept.name}, beside it.\n"
        "  If it is open in JupyterLab, choose File, Reload Notebook from Disk, and restart its\n"
        "  kernel, which still knows what you wrote."
    )


def _keep(path: Path, theirs: bytes) -> Path:
    """Write the learner's notebook under the first name that is free."""
    number = 1
    while True:
        kept = path.with_name(f"{path.stem}_mine_{number}{path.suffix}")
        try:
            with kept.open("xb") as file:
                file.write(theirs)
            return kept
        except FileExistsError:
            number += 1
