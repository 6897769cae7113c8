"""Practice notebooks as learners open them: clean cells, and solutions within reach."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from kernels import PRACTICE, ROOT, Ran, Room, code_cells, kernel, name, read

from authoring.verify import LONGEST_CELL


def _helps(path: Path) -> list[tuple[str, str]]:
    """The help cells of a practice notebook: the cell's text, the path that it loads."""
    found = [(c.source, re.search(r"(?m)^# %load (\S+)$", c.source)) for c in code_cells(path)]
    return [(text, match[1]) for text, match in found if match]


@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_cells_parse_are_short_and_hold_nothing_of_a_run(path: Path) -> None:
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code_cells(path):
        assert cell.outputs == [] and cell.execution_count is None, cell.source
        assert len(cell.source.split("\n")) <= LONGEST_CELL, cell.source
        python = TransformerManager().transform_cell(cell.source)
        compile(python, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_each_blank_has_a_help_cell_below_it_that_names_its_solution(path: Path) -> None:
    cells = code_cells(path)
    exercises = [n for n, cell in enumerate(cells) if "exercise" in cell.metadata]
    assert exercises and len(exercises) == len(_helps(path))
    for n in exercises:
        loaded = re.search(r"(?m)^# %load (\S+)$", cells[n + 1].source)
        assert loaded and Path(loaded[1]).name == f"{cells[n].metadata.exercise}_solution.py"
        solution = ROOT / path.parent / loaded[1]
        assert solution.is_file()
        assert solution.read_text(encoding="utf-8").strip() != cells[n].source.strip()


@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_each_solution_file_is_its_cell_of_the_finished_notebook(path: Path) -> None:
    lesson = next(part for part in path.with_suffix("").parts if re.match(r"\d\d_", part))
    lesson = lesson.removesuffix("_Practice")
    folder = (
        f"Solutions_{lesson}" if path.parts[0] == "notebooks" else f"exercises/{lesson}/Solution"
    )
    finished = code_cells(Path(folder) / f"{lesson}_Solution.ipynb")
    cells = {c.metadata.exercise: c.source for c in finished if "exercise" in c.metadata}
    files = {
        file.name.removesuffix("_solution.py"): file.read_text(encoding="utf-8").rstrip("\n")
        for file in (ROOT / folder).glob("*_solution.py")
    }
    assert files == cells


async def loads(room: Room, path: Path) -> list[tuple[Path, Ran, Ran]]:
    """Each help cell with its `# ` taken away, and the file simply read, in a real kernel."""
    done = []
    async with kernel(room, path) as running:
        for text, wanted in _helps(path):
            loaded = await running.run(text.replace("# %load", "%load"))
            plain = await running.run(
                f"from pathlib import Path; print(Path({wanted!r}).read_text())"
            )
            done.append((ROOT / path.parent / wanted, loaded, plain))
    return done


@pytest.mark.scenario(run=loads, passes=0)
@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_load_puts_the_solution_into_the_cell_and_reading_it_works(
    path: Path, ran: list[tuple[Path, Ran, Ran]]
) -> None:
    assert ran
    for file, loaded, plain in ran:
        text = file.read_text(encoding="utf-8")
        assert loaded.error is None and plain.error is None, (loaded.text, plain.text)
        (put,) = _next_inputs(loaded.payload)
        assert put["replace"], "the solution takes the place of the help cell"
        assert put["text"].endswith(text.rstrip("\n")) or text in put["text"]
        compile(put["text"], "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert plain.text.strip("\n") == text.strip("\n")


def _next_inputs(payload: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in payload if item["source"] == "set_next_input"]
