"""What the builder refuses once all is derived: code, Markdown, checks, differences, orphans."""

from __future__ import annotations

import ast
import difflib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt

from authoring import notebooks
from authoring.source import PLACEHOLDER, BuildError, Cell, Source, fill
from workshop import checks

LONGEST_CELL = 40
"""Lines of code that a learner can take in at once."""


def faults(
    sources: list[Source], derived: Mapping[str, str], values: dict[str, str], root: Path
) -> Iterator[BuildError]:
    """All refusals. `derived` maps paths, relative to the root, to the contents to be written."""
    for source in sources:
        for cell in source.cells:
            yield from _placeholder_faults(cell, values)
            if cell.kind == "code":
                yield from _code_faults(cell)
            elif cell.kind == "markdown":
                yield from _markdown_faults(cell, source, values, root, derived)
        yield from outside_faults(source, derived[source.practice], derived[source.finished])
    for lesson in dict.fromkeys(source.lesson for source in sources):
        yield from _check_faults([s for s in sources if s.lesson == lesson], root)
    yield from _orphans(root, derived)


def _placeholder_faults(cell: Cell, values: dict[str, str]) -> Iterator[BuildError]:
    for n, line in enumerate(cell.text.split("\n")):
        for match in PLACEHOLDER.finditer(line):
            if match[1] not in {*values, "PATH"}:
                yield cell.refuse(n, "unknown placeholder", word=match[0])


def _code_faults(cell: Cell) -> Iterator[BuildError]:
    for kind, text in {"practice": cell.practice, "finished": cell.finished}.items():
        lines = text.split("\n")
        if (count := len(lines)) > LONGEST_CELL:
            words = {"kind": kind, "lines": count, "longest": LONGEST_CELL}
            yield cell.refuse(LONGEST_CELL, "long cell", **words)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                python = TransformerManager().transform_cell(text)  # type: ignore[no-untyped-call]
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                compile(python, "cell", "exec", flags=flags, dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            at = (getattr(error, "lineno", None) or 1) - 1
            wrong = lines[at].strip() if at < len(lines) else ""
            raw = enumerate(cell.text.split("\n"))
            place = next((n for n, line in raw if wrong and wrong in line), 0)
            words = {"kind": kind, "error": getattr(error, "msg", error), "line": wrong}
            yield cell.refuse(place, "cell that does not parse", **words)


def _check_faults(sources: list[Source], root: Path) -> Iterator[BuildError]:
    """A blank without a check or hints, a check without a blank, two blanks of one name."""
    lesson = sources[0].lesson
    place = f"lessons/{lesson}/checks.py"
    try:
        made = checks.load(lesson, root)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        yield BuildError(place, "checks cannot be loaded", error=said)
        return
    seen: set[str] = set()
    for cell in (cell for source in sources for cell in source.cells if cell.exercise):
        name = cell.exercise
        words: dict[str, object] = {"name": repr(name), "place": place}
        if name in seen:
            yield cell.refuse(0, "blank in lesson and exercise", **words)
        seen.add(name)
        hints = made[name].hints if name in made else ()
        if name not in made or not made[name].means.strip():
            yield cell.refuse(0, "blank without check", **words)
        elif len(hints) != 3 or not all(hint.strip() for hint in hints):
            yield cell.refuse(0, "blank without three hints", count=len(hints), **words)
    for name in sorted(made.keys() - seen):
        yield BuildError(place, "check without blank", name=repr(name))


def _markdown_faults(
    cell: Cell, source: Source, values: dict[str, str], root: Path, derived: Iterable[str]
) -> Iterator[BuildError]:
    text = fill(cell.text, values, source.practice)
    for block in MarkdownIt("commonmark").parse(text):
        shown = "".join(t.content for t in block.children or [] if t.type == "text")
        if (count := shown.count("$")) > 1:
            line = block.map[0] if block.map else 0
            yield cell.refuse(line, "two prices in a paragraph", count=count)
    for line, kind, target, alternative in _references(text):
        if kind == "img" and not alternative.strip():
            yield cell.refuse(line, "picture without words", target=target)
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path:
            continue
        for folder in (Path(source.practice).parent, Path(source.finished).parent):
            path = Path(os.path.normpath(folder / unquote(parts.path))).as_posix()
            known = any(f == path or f.startswith(f"{path}/") for f in derived)
            if not known and (path.startswith("..") or not (root / path).exists()):
                words = {"target": target, "folder": folder.as_posix(), "path": path}
                yield cell.refuse(line, "link to nothing", **words)
                break


def _references(markdown: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, tag (`a` or `img`), target and alternative text of every link and picture."""
    for block in MarkdownIt("commonmark").enable("table").parse(markdown):
        line = block.map[0] if block.map else 0
        for token in [block, *(block.children or [])]:
            if token.type == "image":
                yield line, "img", str(token.attrGet("src") or ""), token.content
            elif token.type == "link_open":
                yield line, "a", str(token.attrGet("href") or ""), ""
            elif token.type in {"html_inline", "html_block"}:
                for tag, rest in re.findall(r"<(img|a)\s([^>]*)>", token.content):
                    said: dict[str, str] = dict(
                        re.findall(r"""(\w+)\s*=\s*["']([^"']*)["']""", rest)
                    )
                    yield line, tag, said.get("src") or said.get("href") or "", said.get("alt", "")


def outside_faults(source: Source, practice: str, finished: str) -> Iterator[BuildError]:
    """Compare the two notebooks as they would be written: they differ in the blanks alone."""
    pair = [
        [c for c in notebooks.read(text).cells if not c.id.startswith(notebooks.CHECK)]
        for text in (practice, finished)
    ]
    refusal = "difference outside the blanks"
    if len({len(source.cells), *map(len, pair)}) > 1:
        yield BuildError(source.file, refusal, how="in their number of cells")
        return
    for cell, left, right in zip(source.cells, *pair, strict=True):
        ours, theirs = (
            # The notebook's own path is the one other thing that differs.
            c.source.replace(source.practice, "{{PATH}}").replace(source.finished, "{{PATH}}")
            for c in (left, right)
        )
        ours, theirs = ours.split("\n"), theirs.split("\n")
        # From the last blank to the first, so that the earlier positions stay right.
        for blank in reversed(cell.blanks):
            del ours[blank.practice_at : blank.practice_at + len(blank.practice)]
            del theirs[blank.finished_at : blank.finished_at + len(blank.finished)]
        # An emptied cell and a cell of one empty line are the same text.
        if "\n".join(ours) != "\n".join(theirs) or left.cell_type != right.cell_type:
            lines = [d for d in difflib.ndiff(ours, theirs) if d[0] in "+-"] or ["the kind of cell"]
            yield cell.refuse(0, refusal, how=f"outside the blanks: `{lines[0]}`")


def _orphans(root: Path, derived: Iterable[str]) -> Iterator[BuildError]:
    folders = (*sorted(root.glob("Solutions_*")), *sorted(root.glob("lessons/*/given")))
    for folder in (root / "notebooks", root / "exercises", *folders):
        for file in sorted(f for f in folder.rglob("*") if f.is_file() and f.suffix != ".pdf"):
            path = file.relative_to(root)
            # What learners and tools leave behind, as .gitignore has it.
            hidden = any(part.startswith((".", "__pycache__", "outbox")) for part in path.parts)
            theirs = re.search(r"_mine_\d+\.ipynb$", path.name)
            if not (hidden or theirs or path.as_posix() in set(derived)):
                all_of = folder.relative_to(root).as_posix()
                yield BuildError(path.as_posix(), "orphan", folder=all_of)
