"""A source, one `lesson.py` or `exercise.py`, read into cells that know their place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import jupytext
from nbformat import ValidationError

from authoring import blanks
from workshop.core.errors import WorkshopError

LESSON_NAME = re.compile(r"\d\d_[A-Z]\w*$", re.ASCII)
_HEADER = re.compile(r"# %%(\s|$)")
_MAGIC = re.compile(r"^# (#* ?[%!])", re.MULTILINE)
# jupytext would also take `# cat …`, `# more …` for commands and drop the comment sign.
_FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
PLACEHOLDER = re.compile(r"\{\{([A-Z_]+)\}\}")
_OURS = ("exercise", "name", "include")
_PASSED_ON = {"tags", "jupyter", "editable", "exercise"}
_BY_JUPYTEXT = {"lines_to_next_cell", "lines_to_end_of_cell_marker"}
_REFUSALS = ConfigParser(interpolation=None, delimiters=("=",))
_REFUSALS.read(Path(__file__).with_name("refusals.cfg"), encoding="utf-8")


class BuildError(WorkshopError):
    """The builder refuses, in the words of refusals.cfg, whose $words are the `values`."""

    def __init__(self, place: str, refusal: str, /, **values: object) -> None:
        words = _REFUSALS[refusal]
        super().__init__(
            *(Template(words[k]).substitute(values) for k in ("saw", "expected", "do"))
        )
        self.place = place

    def __str__(self) -> str:
        return "\n".join([f"✗ {self.place}", *(f"  {line}" for line in self.lines())])


@dataclass
class Cell:
    """One cell. `practice` and `finished` differ in the blanks alone."""

    kind: str
    text: str
    """The cell as it stands in the source, marks included."""
    start: int
    """Line of the file on which `text` starts."""
    file: str
    metadata: dict[str, Any]
    exercise: str = ""
    name: str = ""
    include: str = ""
    practice: str = ""
    finished: str = ""
    blanks: list[blanks.Blank] = field(default_factory=list)

    def refuse(self, line: int, refusal: str, /, **values: object) -> BuildError:
        """A refusal that names file, line (`line` counts from 0 in the cell) and cell."""
        first = self.text.strip().split("\n")[0][:60]
        called = self.exercise or self.name or (f"include {self.include}" if self.include else "")
        place = f"{self.file}:{self.start + line}, {self.kind} cell {called or repr(first)}"
        return BuildError(place, refusal, **values)


@dataclass(frozen=True)
class Source:
    """One source file and where everything derived from it goes, relative to the root."""

    lesson: str
    kind: str
    """`lesson` or `exercise`."""
    cells: list[Cell]

    @property
    def file(self) -> str:
        return f"lessons/{self.lesson}/{self.kind}.py"

    @property
    def practice(self) -> str:
        if self.kind == "lesson":
            return f"notebooks/{self.lesson}.ipynb"
        return f"exercises/{self.lesson}/Practice/{self.lesson}_Practice.ipynb"

    @property
    def given(self) -> str:
        """The practice notebook once more, which no learner opens: checks read it.

        Its name does not end in .ipynb, so that JupyterLab does not open and save it as one.
        """
        return f"lessons/{self.lesson}/given/{self.kind}.json"

    @property
    def finished(self) -> str:
        return f"{self.solutions}/{self.lesson}_Solution.ipynb"

    @property
    def solutions(self) -> str:
        """The folder of the solution files."""
        if self.kind == "lesson":
            return f"Solutions_{self.lesson}"
        return f"exercises/{self.lesson}/Solution"


def read_all(root: Path) -> tuple[list[Source], list[BuildError]]:
    """Read every source under `lessons/`, in the order of the names, includes filled in."""
    sources: list[Source] = []
    refusals: list[BuildError] = []
    folders = (d for d in (root / "lessons").glob("*") if d.is_dir())
    for folder in sorted(d for d in folders if not d.name.startswith((".", "__"))):
        place = f"lessons/{folder.name}"
        if not LESSON_NAME.match(folder.name):
            refusals.append(BuildError(place, "folder has another name", name=repr(folder.name)))
            continue
        if not (folder / "lesson.py").is_file():
            refusals.append(BuildError(place, "folder without lesson"))
        for kind in ("lesson", "exercise"):
            if (folder / f"{kind}.py").is_file():
                source = Source(folder.name, kind, [])
                text = (root / source.file).read_text(encoding="utf-8")
                source.cells.extend(_cells(source.file, text, refusals))
                sources.append(source)
    _fill_includes(sources, refusals)
    return sources, refusals


def fill(text: str, values: dict[str, str], path: str) -> str:
    """Put the values in for the placeholders, and the path of the file for `{{PATH}}`."""
    return PLACEHOLDER.sub(lambda m: (values | {"PATH": path}).get(m[1], m[0]), text)


def _cells(file: str, text: str, refusals: list[BuildError]) -> Iterator[Cell]:
    lines = text.split("\n")
    headers = [n for n, line in enumerate(lines, 1) if _HEADER.match(line)]
    try:
        parsed = jupytext.reads(text, fmt=_FORMAT).cells
    except ValidationError as error:  # jupytext checks the words of the markers that Jupyter knows
        wrong = next((n for n in headers if "tags" in lines[n - 1]), 1)
        said = str(error).splitlines()[0]
        refusals.append(BuildError(f"{file}:{wrong}", "marker cannot be read", error=said))
        return
    if (cells := len(parsed)) != (markers := len(headers)):
        words = {"markers": markers, "cells": cells}
        refusals.append(BuildError(f"{file}:1", "text outside cells", **words))
        return
    seen: set[str] = set()
    for header, raw in zip(headers, parsed, strict=True):
        kind, body = raw.cell_type, raw.source.rstrip("\n").lstrip("\n")
        below = enumerate(lines[header:])
        above = next((n for n, line in below if line.strip()), 0) if body else 0
        metadata = {k: v for k, v in raw.metadata.items() if k not in _BY_JUPYTEXT}
        cell = Cell(
            kind,
            _MAGIC.sub(r"\1", body) if kind == "code" else body,
            header + 1 + above,
            file,
            {k: v for k, v in metadata.items() if k in _PASSED_ON},
            exercise=str(metadata.get("exercise", "")),
            name=str(metadata.get("name", "")),
            include=str(metadata.get("include", "")),
        )
        if not body and not cell.include:
            refusals.append(BuildError(f"{file}:{header}", "empty cell"))
        refusals.extend(_header_faults(cell, metadata, header - cell.start, seen))
        refusals.extend(_split(cell))
        yield cell


def _header_faults(
    cell: Cell, metadata: dict[str, Any], line: int, seen: set[str]
) -> Iterator[BuildError]:
    if unknown := sorted(metadata.keys() - {*_OURS} - _PASSED_ON):
        said = ", ".join(f"{k}={metadata[k]!r}" for k in unknown)
        yield cell.refuse(line, "unknown word in a marker", words=said)
    for name in filter(None, dict.fromkeys((cell.exercise, cell.name))):
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            yield cell.refuse(line, "no name for a file", name=repr(name))
        if name in seen:
            yield cell.refuse(line, "two cells of one name", name=repr(name))
        seen.add(name)


def _split(cell: Cell) -> Iterator[BuildError]:
    """Fill in the two texts of a cell."""
    cell.practice = cell.finished = cell.text
    marks = [n for n, line in enumerate(cell.text.split("\n")) if blanks.is_mark(line)]
    if cell.exercise and cell.kind == "code":
        read = blanks.split(cell.text)
        cell.practice, cell.finished = "\n".join(read.practice), "\n".join(read.finished)
        cell.blanks = read.blanks
        for fault in read.faults:
            yield cell.refuse(fault.line, fault.refusal, mark=fault.mark)
        if not marks:
            yield cell.refuse(0, "exercise without blank")
    elif marks or cell.exercise:
        yield cell.refuse(marks[0] if marks else 0, "blank outside an exercise cell")


def _fill_includes(sources: list[Source], refusals: list[BuildError]) -> None:
    """Give each including cell the finished text of the cell that it names."""
    named = {
        f"{source.lesson}/{name}": cell
        for source in sources
        if source.kind == "lesson"
        for cell in source.cells
        for name in (cell.exercise, cell.name)
        if name
    }
    for cell in (cell for source in sources for cell in source.cells if cell.include):
        if cell.text:
            refusals.append(cell.refuse(0, "include with text", name=repr(cell.include)))
        found, way = named.get(cell.include), [id(cell)]
        while found is not None and found.include and id(found) not in way:
            way.append(id(found))
            found = named.get(found.include)
        if found is not None and id(found) not in way:
            cell.practice = cell.finished = found.finished
            continue
        why = "does not exist" if found is None else "leads back to itself"
        words = {
            "name": repr(cell.include),
            "why": why,
            "known": ", ".join(sorted(named)) or "none",
        }
        refusals.append(cell.refuse(-1, "include of nothing", **words))
