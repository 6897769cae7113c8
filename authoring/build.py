"""Derive what learners open from `lessons/`: parse, derive, verify, then write or compare.

    python -m authoring.build            write what changed
    python -m authoring.build --check    write nothing; fail with a diff where something is stale

Every refusal of a run is printed, and then nothing is written. Finished notebooks keep the outputs
that are stored in them until one of their code cells changes; `authoring.execute` runs them.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import re
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from authoring import notebooks, rooms, verify
from authoring.source import BuildError, Cell, Source, fill, read_all
from workshop.core.settings import ROOT

CHECK = """\
await check("{name}")
# hint("{name}")
# solution("{name}")
# In an empty cell: %load ../{folder}/{name}_solution.py"""


@dataclass
class Build:
    """What a run derives. Paths are relative to the root, with `/`."""

    files: dict[str, str] = field(default_factory=dict)
    """Path to content of every derived file."""
    finished: dict[str, str] = field(default_factory=dict)
    """Path of each finished notebook to the name of its lesson."""
    stale: list[str] = field(default_factory=list)
    """Finished notebooks that were not run since their code changed."""
    refusals: list[BuildError] = field(default_factory=list)


def derive(root: Path = ROOT) -> Build:
    """Derive everything and verify it. The files are to be used only without `refusals`."""
    build = Build()
    sources, build.refusals = read_all(root)
    values = placeholders(root)
    for source in sources:
        practice = _notebook(source, source.practice, values)
        finished = _notebook(source, source.finished, values)
        notebooks.keep_outputs(finished, root / source.finished)
        if notebooks.is_stale(finished):
            build.stale.append(source.finished)
        build.finished[source.finished] = source.lesson
        build.files[source.practice] = build.files[source.given] = notebooks.render(practice)
        build.files[source.finished] = notebooks.render(finished)
        for cell in source.cells:
            if cell.exercise:
                text = fill(cell.finished, values, source.finished)
                build.files[_solution(source, cell)] = text + "\n"
    build.files |= rooms.contributing(root)
    build.refusals += verify.faults(sources, build.files, values, root)
    return build


# --- derive ---


def _notebook(source: Source, path: str, values: dict[str, str]) -> nbformat.NotebookNode:
    """The practice or the finished notebook, whichever stands at `path`; without outputs."""
    practising = path == source.practice
    cells, seen = [], Counter[str]()

    def add(kind: str, prefix: str, identity: str, text: str, metadata: dict[str, Any]) -> None:
        # From the source's name and the cell's own text, so that an edit changes one id only.
        key = "\0".join((source.file, prefix, kind, identity))
        digest = hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:12]
        seen[key] += 1
        text = fill(text, values, path)
        cells.append(notebooks.new_cell(kind, text, prefix + digest, metadata))

    for cell in source.cells:
        text = cell.practice if practising else cell.finished
        add(cell.kind, "", cell.text or f"include {cell.include}", text, cell.metadata)
        if cell.exercise:
            folder = Path(source.solutions).name  # beside that of either notebook
            text = CHECK.format(name=cell.exercise, folder=folder)
            add("code", notebooks.CHECK, cell.exercise, text, {})
    return notebooks.new(cells)


def _solution(source: Source, cell: Cell) -> str:
    return f"{source.solutions}/{cell.exercise}_solution.py"


def placeholders(root: Path) -> dict[str, str]:
    """The words that are filled in, but for `PATH`; none where pyproject.toml has no address."""
    file = root / "pyproject.toml"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    found = re.search(r'^Repository = "(.+?)(?:\.git)?/?"', text, re.MULTILINE)
    return {"REPOSITORY": found[1], "REPOSITORY_NAME": Path(found[1]).name} if found else {}


# --- write or compare ---


def write(build: Build, root: Path = ROOT) -> list[str]:
    """Write the files whose content changed; the others are not touched. Returns their paths."""
    changed = []
    for path, text in build.files.items():
        file, content = root / path, text.encode()
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            changed.append(path)
    return changed


def compare(build: Build, root: Path = ROOT, longest: int = 40) -> list[str]:
    """What is not as it would be built: a report for each file, with at most `longest` lines."""
    reports = []
    for path, text in build.files.items():
        if not (root / path).is_file():
            reports.append(f"✗ {path} is missing: run `make build`")
        elif (old := (root / path).read_bytes().decode(errors="replace")) != text:
            before, after = _view(path, old), _view(path, text)
            if before == after:
                before, after = old.split("\n"), text.split("\n")
            lines = difflib.unified_diff(before, after, path, f"{path} (built)", lineterm="", n=2)
            diff = [line if len(line) <= 160 else line[:159] + "…" for line in lines]
            more = [f"… {len(diff) - longest} more lines"] if len(diff) > longest else []
            head = f"✗ {path} is not what its source says: run `make build`"
            reports.append("\n".join([head, *diff[:longest], *more]))
    reports += [
        f"✗ {path} was not run since its code changed: run `make build`" for path in build.stale
    ]
    return reports


def _view(path: str, text: str) -> list[str]:
    """The lines that a reader compares: of a notebook, its cells without their outputs."""
    if path.endswith((".ipynb", ".json")):
        with suppress(ValueError, AttributeError):
            cells = notebooks.read(text).cells
            return [x for c in cells for x in (f"--- {c.cell_type} {c.id}", *c.source.split("\n"))]
    return text.split("\n")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run from the command line. Returns the exit code: 0, or 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m authoring.build",
        description="Derive notebooks and solution files from lessons/.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    checking = parser.parse_args(arguments).check
    build = derive(root)
    if build.refusals:
        print(*build.refusals, sep="\n\n")
        print(f"\n{len(build.refusals)} to fix; nothing was written.")
        return 1
    if checking:
        reports = compare(build, root)
        print(*reports, sep="\n\n", end="\n" if reports else "")
        print(f"{len(build.files)} derived files, {len(reports)} to fix.")
        return 1 if reports else 0
    changed = write(build, root)
    for path in changed:
        print(f"wrote {path}")
    for path in build.stale:
        print(f"stale {path}: run `python -m authoring.execute`")
    print(f"{len(build.files)} derived files, {len(changed)} changed, {len(build.stale)} to run.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
