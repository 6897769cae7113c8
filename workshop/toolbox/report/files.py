"""Files of a report: safe names, written whole or not at all, page 1 as a picture."""

from __future__ import annotations

import contextlib
import io
import re
import threading
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workshop.core.errors import WorkshopError

SUFFIX = ".pdf"
REMARK = "Remark: "
"""What comes before a remark among the keywords of a PDF."""
_SIGNS = " -_.,()+"
_EDGES = " .-"
_STEM_BYTES = 180  # most file systems take 255 bytes
# Windows keeps these for devices, with any suffix.
_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {f"{p}{n}" for p in ("COM", "LPT") for n in range(10)}
# pdfium may be used by one thread at a time (https://pypdfium2.readthedocs.io/en/stable/readme.html).
pdfium_lock = threading.Lock()


class ReportFileError(WorkshopError):
    """A report cannot be written, or cannot be shown."""


def safe_name(name: str) -> str:
    """A file name that names a file in its folder and nothing else.

    Letters, digits and a few signs of any script stay; anything else, folders' slashes among
    them, becomes a hyphen. The same name gives the same result, and a safe name stays as it is.

    Returns:
        The name, at most 184 bytes long, ending in `.pdf`; `report.pdf` when nothing is left.
    """
    text = unicodedata.normalize("NFC", name).strip()
    if text.lower().endswith(SUFFIX):
        text = text[: -len(SUFFIX)]
    good = (char in _SIGNS or unicodedata.category(char)[0] in "LMN" for char in text)
    text = "".join(char if kept else "\0" for char, kept in zip(text, good, strict=True))
    stem = re.sub("-?\0+", "-", text).strip(_EDGES)
    if stem.partition(".")[0].strip().upper() in _DEVICES:
        stem = f"_{stem}"
    stem = stem.encode()[:_STEM_BYTES].decode(errors="ignore").strip(_EDGES)
    return (stem or "report") + SUFFIX


@contextmanager
def whole_file(filename: str, folder: str | Path = ".") -> Iterator[Path]:
    """A temporary path to write to, which becomes `folder/safe_name(filename)` at the end.

    After an error the temporary file is removed, and an earlier file of that name is left whole.
    Of several writers of one name the last wins, and a reader always sees a whole file. The folder
    is made if it is missing.

    Raises:
        ReportFileError: nothing was written, or the file cannot be put in its place.
    """
    home = Path(folder)
    target = home / safe_name(filename)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportFileError(
            f"The folder for {target.name} cannot be made: {error.strerror}.",
            "Reports are written to a folder that exists or can be made.",
            "Choose another folder.",
        ) from error
    # In the same folder, because a rename is atomic only within one file system.
    draft = home / f".{uuid.uuid4().hex}.part"
    try:
        yield draft
        if not draft.exists():
            raise ReportFileError(
                f"Nothing was written for {target.name}.",
                "The block writes the file to the path that whole_file gives it.",
                "Pass that path to SimpleDocTemplate, and call build inside the block.",
            )
        try:
            draft.replace(target)
        except OSError as error:
            raise ReportFileError(
                f"{target.name} cannot be put in its place: {error.strerror}.",
                "The name is free, or it is a file that no other program holds open.",
                "Close the file elsewhere, or choose another name.",
            ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def first_page(path: str | Path, *, width: int = 600) -> bytes:
    """Page 1 of a PDF as a PNG picture on white, `width` pixels wide. Raises as `opened` does."""
    if not 1 <= width <= 10_000:
        raise ReportFileError(
            f"The width is {width} pixels.",
            "A picture is 1 to 10,000 pixels wide.",
            "Choose a width such as 600.",
        )
    with opened(path) as document:
        # A hair less, so that rounding up gives the width itself.
        scale = (width - 0.01) / document[0].get_width()
        out = io.BytesIO()
        document[0].render(scale=scale).to_pil().save(out, "PNG")
    return out.getvalue()


def remark(path: str | Path) -> str:
    """What a report of `story` cannot show, in sentences, or nothing. Raises as `opened` does."""
    with opened(path) as document:
        return str(document.get_metadata_value("Keywords")).partition(REMARK)[2]


@contextmanager
def opened(path: str | Path) -> Iterator[Any]:
    """A PDF with a page as pypdfium2 reads it, by one thread at a time.

    Raises:
        ReportFileError: there is no such file, or it is no PDF with a page.
    """
    import pypdfium2  # here, because only those who look at a page need to load it

    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ReportFileError(
            f"{file.name} cannot be read: {error.strerror}.",
            "The report has been written, and this is its file name.",
            "Run the cell that makes the report, or correct the name.",
        ) from error
    try:
        with pdfium_lock, contextlib.closing(pypdfium2.PdfDocument(data)) as document:
            document[0]  # there is a page
            yield document
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise ReportFileError(
            f"{file.name} is not a PDF that can be shown ({len(data):,} bytes).",
            "A whole PDF with at least one page.",
            "Run the cell that makes the report again.",
        ) from error
