"""Practice notebooks as learners open them: clean cells, and solutions within reach."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from kernels import FINISHED, PRACTICE, ROOT, code_cells, name, read, solutions

from authoring.verify import LONGEST_CELL
from workshop import checks
from workshop.checks.blanks import sheets
from workshop.core import this_notebook


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
        assert cells[n + 1].source.split("\n")[:-1] == lines


@pytest.fixture(scope="module")
def ipython() -> InteractiveShell:
    return InteractiveShell()


@pytest.mark.parametrize("path", [*PRACTICE, *FINISHED], ids=name)
def test_each_check_says_how_ipython_loads_the_solution_from_where_the_notebook_is(
    path: Path, ipython: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / path.parent)
    cells = code_cells(path)
    blanks = [n for n, cell in enumerate(cells) if "exercise" in cell.metadata]
    for n in blanks:
        file = cells[n + 1].source.partition("# In an empty cell: %load ")[2]
        ipython.rl_next_input = None
        ipython.run_line_magic("load", file)
        text = Path(file).read_text(encoding="utf-8")
        assert ipython.rl_next_input == f"# %load {file}\n{text}"
        assert Path(file).name == f"{cells[n].metadata.exercise}_solution.py"


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


class Front:
    """A kernel's shell as `solution` sees it: what it puts into cells and what it displays."""

    def __init__(self) -> None:
        self.kernel, self.user_ns = self, dict[str, object]()
        self.put: list[tuple[str, bool]] = []
        self.shown: list[dict[str, str]] = []

    def set_next_input(self, text: str, replace: bool) -> None:
        self.put.append((text, replace))


@pytest.fixture
def front(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The notebook's lesson is open, and nobody has asked for help."""
    front = Front()
    monkeypatch.setattr(this_notebook, "shell", lambda: front)
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw, display_id: front.shown.append(data)
    )
    for memory in ("_found", "_hinted"):
        monkeypatch.setattr(checks, memory, {})
    monkeypatch.setattr(checks, "_put", set())
    checks.open_lesson(name(path)[:2])
    yield front
    checks.open_lesson("")


@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_hints_come_one_at_a_time_a_question_first(
    path: Path, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    assert solutions(path)
    for blank in solutions(path):
        said = []
        for _ in range(4):
            checks.hint(blank)
            said.append(capsys.readouterr().out)
        assert "Hint 1 of 3" in said[0] and "?" in said[0], blank
        assert "Hint 2 of 3" in said[1] and "Hint 3 of 3" in said[2], blank
        assert f'solution("{blank}")' in said[2] and said[3] == said[2]


@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_solution_puts_the_file_into_a_new_cell_and_shows_it(path: Path, front: Front) -> None:
    for blank, text in solutions(path).items():
        checks.solution(blank)
        assert front.put.pop() == (text, False), "it comes below, and the check's cell stays"
        compile(text, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        shown = front.shown.pop()
        assert f"{blank}_solution.py" in shown["text/plain"]
        assert f"/{blank}_solution.py in an empty one" in shown["text/html"]
        assert text in shown["text/plain"] and shown["text/html"].startswith("<details")
        assert not front.put and not front.shown


@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_each_task_names_what_its_cell_defines(path: Path) -> None:
    """A blank's name may be another one: several blanks of a lesson define the same class."""
    blanks = {blank.cell_id: blank for sheet in sheets() for blank in sheet.blanks}
    said, told = "", []
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            said += cell.source
        elif blank := blanks.get(cell.id):
            told.append(blank.name)
            assert f"`{blank.defines}`" in said, f"{blank.name} defines {blank.defines}"
            said = ""
    assert told
