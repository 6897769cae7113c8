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
                yield cell.refuse(
                    n,
                    f"{match[0]} is no placeholder that the builder can fill.",
                    "There are {{REPOSITORY}}, {{REPOSITORY_NAME}} (both from project.urls in "
                    "pyproject.toml) and {{PATH}}.",
                    "Correct the word; text of your own in double braces is not all capitals.",
                )


def _code_faults(cell: Cell) -> Iterator[BuildError]:
    for kind, text in {"practice": cell.practice, "finished": cell.finished}.items():
        lines = text.split("\n")
        if len(lines) > LONGEST_CELL:
            yield cell.refuse(
                LONGEST_CELL,
                f"The {kind} cell has {len(lines)} lines.",
                f"A code cell has at most {LONGEST_CELL}, better 8.",
                "Split the cell, or move what is not the lesson's subject into workshop/.",
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                python = TransformerManager().transform_cell(text)  # type: ignore[no-untyped-call]
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                compile(python, "cell", "exec", flags=flags, dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            at = (getattr(error, "lineno", None) or 1) - 1
            wrong = lines[at].strip() if at < len(lines) else ""
            raw = cell.text.split("\n")
            yield cell.refuse(
                next((n for n, line in enumerate(raw) if wrong and wrong in line), 0),
                f"The {kind} cell does not parse: {getattr(error, 'msg', error)}: `{wrong}`.",
                'It runs as it stands, in practice too: an open blank is `...`, `""` or nothing.',
                "Correct the line. A solution of several lines stands between `# BEGIN SOLUTION` "
                "and `# END SOLUTION`.",
            )


def _check_faults(sources: list[Source], root: Path) -> Iterator[BuildError]:
    """A blank without a check or hints, a check without a blank, two blanks of one name."""
    lesson = sources[0].lesson
    place = f"lessons/{lesson}/checks.py"
    try:
        made = checks.load(lesson, root)
    except Exception as error:
        saw = f"The checks cannot be loaded: {type(error).__name__}: {error}"
        yield BuildError(place, saw, "A module that can be imported.", "Mend what it names.")
        return
    seen: set[str] = set()
    for cell in (cell for source in sources for cell in source.cells if cell.exercise):
        name = cell.exercise
        if name in seen:
            yield cell.refuse(
                0,
                f"The blank {name!r} is in the lesson and in its exercise.",
                "A blank's name is used once in both, so that check finds it.",
                "Rename one of them.",
            )
        seen.add(name)
        hints = made[name].hints if name in made else ()
        if name not in made or not made[name].means.strip():
            yield cell.refuse(
                0,
                f"The blank {name!r} has no check.",
                f'{place} has a function with @blank("{name}", hints=…, means=…).',
                "Write it: a learner alone has to know whether the blank is right.",
            )
        elif len(hints) != 3 or not all(hint.strip() for hint in hints):
            yield cell.refuse(
                0,
                f"The blank {name!r} has {len(hints)} hints.",
                "Three: a question, a pointer to what shows it, nearly the answer.",
                f"Write them in {place}.",
            )
    for name in sorted(made.keys() - seen):
        yield BuildError(
            place,
            f"There is a check {name!r}, and no blank of that name.",
            "Each check belongs to a blank of the lesson or its exercise.",
            "Remove the check, or correct its name.",
        )


def _markdown_faults(
    cell: Cell, source: Source, values: dict[str, str], root: Path, derived: Iterable[str]
) -> Iterator[BuildError]:
    text = fill(cell.text, values, source.practice)
    for block in MarkdownIt("commonmark").parse(text):
        shown = "".join(t.content for t in block.children or [] if t.type == "text")
        if shown.count("$") > 1:
            yield cell.refuse(
                block.map[0] if block.map else 0,
                f"A paragraph has {shown.count('$')} dollar signs.",
                "Jupyter reads what stands between two of them as a formula.",
                "Write the amounts in words, or as `code`.",
            )
    for line, kind, target, alternative in _references(text):
        if kind == "img" and not alternative.strip():
            yield cell.refuse(
                line,
                f"The picture {target} has no alternative text.",
                "Who cannot see it reads what it shows.",
                'Write ![what the picture shows](…), or alt="…" in HTML.',
            )
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not parts.path:
            continue
        for folder in (Path(source.practice).parent, Path(source.finished).parent):
            wanted = os.path.normpath(folder / unquote(parts.path))
            path = Path(wanted).as_posix()
            known = any(f == path or f.startswith(f"{path}/") for f in derived)
            if not known and (path.startswith("..") or not (root / path).exists()):
                yield cell.refuse(
                    line,
                    f"The link {target} leads from {folder.as_posix()}/ to {path}, "
                    "which does not exist.",
                    "A relative link leads on from where the notebook stands.",
                    "Correct the path, or add the file.",
                )
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
    expected = "Practice and finished notebook are the same but for the blanks."
    do = "This is a fault of the builder or of a tampered file: run `make build` again, report it."
    if len({len(source.cells), *map(len, pair)}) > 1:
        yield BuildError(
            source.file, "The notebooks differ in their number of cells.", expected, do
        )
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
            saw = f"The notebooks differ outside the blanks: `{lines[0]}`."
            yield cell.refuse(0, saw, expected, do)


def _orphans(root: Path, derived: Iterable[str]) -> Iterator[BuildError]:
    folders = (*sorted(root.glob("Solutions_*")), *sorted(root.glob("lessons/*/given")))
    for folder in (root / "notebooks", root / "exercises", *folders):
        for file in sorted(f for f in folder.rglob("*") if f.is_file() and f.suffix != ".pdf"):
            path = file.relative_to(root)
            # What learners and tools leave behind, as .gitignore has it.
            hidden = any(part.startswith((".", "__pycache__", "outbox")) for part in path.parts)
            theirs = re.search(r"_mine_\d+\.ipynb$", path.name)
            if not (hidden or theirs or path.as_posix() in set(derived)):
                yield BuildError(
                    path.as_posix(),
                    "No source under lessons/ derives this file.",
                    f"All of {folder.relative_to(root).as_posix()}/ is derived.",
                    "Remove the file, or move it out of here.",
                )
