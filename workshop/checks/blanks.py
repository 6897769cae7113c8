"""The blanks that there are, as they were given: no list elsewhere names them.

They are read from `lessons/*/given/`, where the builder keeps each practice notebook as it is
derived. The notebook that a learner opens is theirs: it is saved with their answers in it.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workshop.core.errors import WorkshopError
from workshop.core.patience import Patience
from workshop.core.settings import ROOT

WRITE_SECONDS = 1.0
"""For so long a file that is half written may stay as it is."""


def parsed(text: str) -> ast.Module:
    """`ast.parse`, tried again where Python 3.11 stumbles over a thread that parses as well.

    https://github.com/python/cpython/issues/106905
    """
    for _ in range(5):
        try:
            return ast.parse(text)
        except SystemError:
            continue
    return ast.parse(text)


@dataclass(frozen=True)
class Blank:
    """One exercise cell: what the learner was given, and one right way to finish it."""

    lesson: str
    """The name of the lesson's folder."""
    kind: str
    """`lesson` or `exercise`."""
    name: str
    practice: str
    solution: Path
    cell_id: str
    cells: Mapping[str, str]
    """The code cells of the notebook as given, id to text, in order; without the checks' own."""

    @property
    def key(self) -> str:
        return f"{self.lesson[:2]}/{self.name}"

    @cached_property
    def finished(self) -> str:
        return self.solution.read_text(encoding="utf-8").rstrip("\n")

    @cached_property
    def finished_tree(self) -> ast.Module:
        return parsed(self.finished)

    @cached_property
    def digest(self) -> str:
        """Of its two texts: it tells whether an update has changed the blank."""
        text = f"{self.practice}\0{self.finished}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def defines(self) -> str:
        """The name that the cell exists for: the last one that its solution binds."""
        names = []
        for node in self.finished_tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.append(node.name)
            elif isinstance(node, ast.Assign):
                names += [t.id for t in node.targets if isinstance(t, ast.Name)]
        return names[-1] if names else ""

    @cached_property
    def open_lines(self) -> tuple[str, ...]:
        """The lines of the practice text that the learner changes, without their comments."""
        ours, theirs = code_lines(self.practice), code_lines(self.finished)
        match = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
        return tuple(
            line for tag, a, b, _, _ in match.get_opcodes() if tag != "equal" for line in ours[a:b]
        )


@dataclass(frozen=True)
class Sheet:
    """One practice notebook and its blanks, in order."""

    lesson: str
    kind: str
    path: Path
    """Where the learner works. What is in that file is theirs."""
    given: Path
    """The same notebook as it was given; nobody edits it."""
    blanks: tuple[Blank, ...]

    @property
    def title(self) -> str:
        words = self.lesson.replace("_", " ")
        return words if self.kind == "lesson" else f"{self.lesson[:2]} Exercise"


def sheets(root: Path = ROOT) -> list[Sheet]:
    """Every practice notebook, lessons before their exercises.

    Raises:
        WorkshopError: what was given cannot be read.
    """
    return [
        _sheet(root, folder.name, kind, given)
        for folder in sorted((root / "lessons").glob("[0-9][0-9]_*"))
        for kind in ("lesson", "exercise")
        if (given := folder / "given" / f"{kind}.json").exists()
    ]


def find(name: str, lesson: str, root: Path = ROOT) -> Blank:
    """The blank of a lesson, such as "02", or of its exercise.

    Raises:
        WorkshopError: the lesson has no such blank.
    """
    there = [b for s in sheets(root) if s.lesson.startswith(f"{lesson}_") for b in s.blanks]
    for blank in there:
        if blank.name == name:
            return blank
    if not there:
        raise WorkshopError(
            f"Lesson {lesson} has no blanks here.",
            f"They are listed in lessons/{lesson}_…/given/, which comes with the workshop.",
            "If that folder is missing, get it back: `git restore lessons`.",
        )
    names = [b.name for b in there]
    close = difflib.get_close_matches(str(name), names, 1)
    raise WorkshopError(
        f"Lesson {lesson} has no blank {name!r}.",
        f"Its blanks are {', '.join(names)}.",
        f'Write check("{close[0]}").' if close else "Correct the name.",
    )


def code_lines(text: str) -> list[str]:
    """The lines without indentation, comments and empty lines, for comparing."""
    bare = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in text.split("\n"))
    return [line for line in bare if line]


def _sheet(root: Path, lesson: str, kind: str, given: Path) -> Sheet:
    if kind == "lesson":
        path = root / "notebooks" / f"{lesson}.ipynb"
        solutions = root / f"Solutions_{lesson}"
    else:
        path = root / "exercises" / lesson / "Practice" / f"{lesson}_Practice.ipynb"
        solutions = root / "exercises" / lesson / "Solution"
    found = [c for c in code_cells(given) if not c["id"].startswith("check-")]
    if not found:
        raise WorkshopError(
            f"{given.relative_to(root)} cannot be read as a notebook.",
            "It tells which blanks there are, and comes with the workshop. Your progress is kept.",
            "Get it back: `git restore lessons`.",
        )
    cells = {c["id"]: source(c) for c in found}
    blanks = tuple(
        Blank(lesson, kind, name, source(c), solutions / f"{name}_solution.py", c["id"], cells)
        for c in found
        if (name := c["metadata"].get("exercise"))
    )
    return Sheet(lesson, kind, path, given, blanks)


def code_cells(path: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook file; none where it cannot be read.

    JupyterLab writes a notebook in its place. What is half there is read again until it is whole,
    or nobody writes any more.
    """
    waiting = Patience(WRITE_SECONDS)
    while True:
        try:
            text = path.read_bytes()
            cells = json.loads(text)["cells"]
            return [cell for cell in cells if cell["cell_type"] == "code"]
        except (OSError, KeyError, TypeError):
            return []
        except ValueError:
            if waiting.over(len(text)):
                return []
            time.sleep(0.02)


def source(cell: dict[str, Any]) -> str:
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)
