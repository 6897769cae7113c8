"""The DejaVu faces of a report, one of your own if you name it, and what none of them holds."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from workshop.toolbox.report.files import ReportFileError

SANS, BOLD, OBLIQUE = "WorkshopSans", "WorkshopSans-Bold", "WorkshopSans-Oblique"
BOLD_OBLIQUE, MONO = "WorkshopSans-BoldOblique", "WorkshopSansMono"
MISSING = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that no face holds."""

# In the order in which a character is looked for when its own face lacks it.
_FACES = (SANS, BOLD, OBLIQUE, BOLD_OBLIQUE, MONO)
_FOLDER = Path(__file__).resolve().parent.parent / "fonts"
_lock = threading.RLock()
_held: dict[str, frozenset[str]] = {}


class _Face(TTFont):  # type: ignore[misc]
    """A TrueType face that several threads may use, each in a document of its own."""

    def addObjects(self, doc: Any) -> None:
        with _lock:  # while reportlab cuts a face to what is shown, it keeps its place in it
            super().addObjects(doc)
        for name, table in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                # What each code means is told in UTF-16 (PDF 32000-1, 9.10.3).
                table.content = re.sub(
                    "(?<= <)[0-9A-F]{5,6}(?=>)",
                    lambda number: chr(int(number[0], 16)).encode("utf-16-be").hex().upper(),
                    table.content,
                )


def held() -> dict[str, frozenset[str]]:
    """The faces by name, registered with reportlab, and the characters that each holds.

    WORKSHOP_FONT names a further TrueType file, for what the others lack.

    Raises:
        ReportFileError: that file cannot be read as a TrueType font.
    """
    with _lock:
        if not _held:
            files = {f: str(_FOLDER / f"{f.replace('Workshop', 'DejaVu')}.ttf") for f in _FACES}
            if own := os.environ.get("WORKSHOP_FONT"):
                files["WorkshopOwn"] = own
            _held.update({name: _read(name, file) for name, file in files.items()})
    return _held


def _read(name: str, file: str) -> frozenset[str]:
    try:
        face = _Face(name, file, shapable=False)
    except (TTFError, OSError) as error:
        raise ReportFileError(
            f"WORKSHOP_FONT names {file!r}: {error}.",
            "A file that ends in .ttf or .ttc and holds TrueType outlines.",
            "Name another file, or remove the setting.",
        ) from error
    pdfmetrics.registerFont(face)
    return frozenset(map(chr, face.face.charToGlyph))


@lru_cache(maxsize=8192)
def _home(char: str, wanted: str) -> str:
    """The name of a face that holds the character; empty where none does."""
    faces = held()
    return wanted if char in "\n\t" else next((n for n in (wanted, *faces) if char in faces[n]), "")


def fit(text: str, wanted: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the name of a face that holds all of it."""
    pieces = [("".join(some), name) for name, some in groupby(text, lambda c: _home(c, wanted))]
    return [(piece, name) if name else (MISSING * len(piece), SANS) for piece, name in pieces]


def not_shown(text: str) -> str:
    """What the faces cannot show of a text as it is meant, in sentences, or an empty string."""
    said = ""
    if lacking := {char for char in text if not char.isspace() and not _home(char, SANS)}:
        # The first word of a letter's name is its script: CJK, DEVANAGARI, and so on.
        scripts = {
            unicodedata.name(char, "others").partition(" ")[0] if char.isalpha() else "signs"
            for char in lacking
        }
        named = ", ".join(sorted(scripts)[:3]) + (" and others" if len(scripts) > 3 else "")
        said = f"The fonts of this report lack {len(lacking)} of the characters used ({named}): "
        said += f"each is shown as {MISSING}. "
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in set(text)):
        said += "Text that is read from right to left is set from left to right here."
    return said.strip()
