"""Practice notebooks as learners open them: clean cells, and solutions within reach."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from kernels import PRACTICE, ROOT, Ran, Room, code_cells, kernel, name, read, solutions

from authoring.verify import LONGEST_CELL


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
def test_each_blank_has_a_cell_below_it_that_checks_it(path: Path) -> None:
    cells = code_cells(path)
    exercises = [n for n, cell in enumerate(cells) if "exercise" in cell.metadata]
    assert exercises
    for n in exercises:
        blank = cells[n].metadata.exercise
        lines = [f'await check("{blank}")', f'# hint("{blank}")', f'# solution("{blank}")']
        assert cells[n + 1].source.split("\n") == lines


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


@dataclass
class Help:
    """What a learner gets who uncomments the lines under a blank."""

    blank: str
    hints: list[Ran]
    solution: Ran
    plain: str


async def helps(room: Room, path: Path) -> list[Help]:
    """After the first cells: each hint until there are no more, and the solution."""
    found = []
    async with kernel(room, path) as running:
        cells = code_cells(path)
        begins = next(n for n, cell in enumerate(cells) if "await begin(" in cell.source)
        for ran in await running.run_all(cells[: begins + 1]):
            assert ran.error is None, ran.text
        await running.run("from workshop import hint, solution")
        for blank, text in solutions(path).items():
            hints = [await running.run(f'hint("{blank}")') for _ in range(4)]
            shown = await running.run(f'solution("{blank}")')
            found.append(Help(blank, hints, shown, text))
    return found


@pytest.mark.scenario(run=helps, passes=0)
@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_hints_come_one_at_a_time_a_question_first(path: Path, ran: list[Help]) -> None:
    assert ran
    for help in ran:
        said = [hint.text for hint in help.hints]
        assert "Hint 1 of 3" in said[0] and "?" in said[0], help.blank
        assert "Hint 2 of 3" in said[1] and "Hint 3 of 3" in said[2], help.blank
        assert f'solution("{help.blank}")' in said[2] and said[3] == said[2]


@pytest.mark.scenario(run=helps, passes=0)
@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_solution_puts_the_file_into_a_new_cell_and_shows_it(path: Path, ran: list[Help]) -> None:
    for help in ran:
        assert help.solution.error is None, help.solution.text
        (put,) = [p for p in help.solution.payload if p["source"] == "set_next_input"]
        assert not put["replace"], "it comes below, and the check's cell stays"
        assert put["text"] == help.plain
        compile(put["text"], "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        (shown,) = [o for o in help.solution.outputs if "data" in o]
        assert help.plain in shown.data["text/plain"]
        assert shown.data["text/html"].startswith("<details")
