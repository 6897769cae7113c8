"""What authors rely on: every derived file, nothing changed without need, stale files found."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conftest import LESSON, House
from workshop.checks.blanks import sheets

PRACTICE = f"notebooks/{LESSON}.ipynb"
FINISHED = f"Solutions_{LESSON}/{LESSON}_Solution.ipynb"
EXERCISE_PRACTICE = f"exercises/{LESSON}/Practice/{LESSON}_Practice.ipynb"
GIVEN = f"lessons/{LESSON}/given/lesson.json"
EXERCISE_GIVEN = f"lessons/{LESSON}/given/exercise.json"
EXERCISE_FINISHED = f"exercises/{LESSON}/Solution/{LESSON}_Solution.ipynb"

TEXT = """\
# %% [markdown]
# # Small
#
# [Open](https://colab.example/{{PATH}}) in {{REPOSITORY_NAME}} of {{REPOSITORY}}.git

# %% name="set_up" tags=["nbval-ignore-output"]
# %pip install nothing
# cat and mouse
x = f"{{x}}" if False else ""

# %% exercise="worker"
def worker():
    # PROMPT: return ...  # TODO: give the answer
    return 42


# %% exercise="several"
y = 1
# PROMPT: z = ""
# PROMPT: # TODO: print it
# BEGIN SOLUTION
z = y + 1
z += 0
print(z)
# END SOLUTION
# PROMPT:
print(y)
"""
EXERCISE = f'''\
# %% include="{LESSON}/worker"

# %% exercise="send"
# PROMPT: await send(...)
await send("hello")
'''


@pytest.fixture
def small(house: House) -> House:
    house.write(TEXT)
    house.write(EXERCISE, kind="exercise")
    return house


def test_everything_is_derived_where_learners_look(small: House) -> None:
    assert small.build() == 0
    assert small.files() == {
        PRACTICE,
        FINISHED,
        f"Solutions_{LESSON}/worker_solution.py",
        f"Solutions_{LESSON}/several_solution.py",
        EXERCISE_PRACTICE,
        EXERCISE_FINISHED,
        f"exercises/{LESSON}/Solution/send_solution.py",
        GIVEN,
        EXERCISE_GIVEN,
    }


def test_what_was_given_is_kept_where_no_learner_edits_it(small: House) -> None:
    small.build()
    for practice, given in ((PRACTICE, GIVEN), (EXERCISE_PRACTICE, EXERCISE_GIVEN)):
        assert (small.root / given).read_bytes() == (small.root / practice).read_bytes()
    found = {blank.name: blank for sheet in sheets(small.root) for blank in sheet.blanks}
    assert [*found] == ["worker", "several", "send"]
    assert found["worker"].practice == small.sources(PRACTICE)[2]
    practice = small.root / PRACTICE
    before = practice.read_text()
    practice.write_text(before.replace("return ...", "return 42"))  # a learner's save
    again = {blank.name: blank for sheet in sheets(small.root) for blank in sheet.blanks}
    assert again["worker"].practice == found["worker"].practice
    assert again["worker"].digest == found["worker"].digest
    practice.write_text(before)
    _executed(small, FINISHED)
    _executed(small, EXERCISE_FINISHED)
    assert small.build("--check") == 0
    edited = (small.root / GIVEN).read_text().replace("return ...", "return 42")
    (small.root / GIVEN).write_text(edited)
    assert small.build("--check") == 1
    assert small.build() == 0
    assert (small.root / GIVEN).read_bytes() == (small.root / PRACTICE).read_bytes()


def test_the_practice_shows_prompts_and_the_finished_one_solutions(small: House) -> None:
    small.build()
    practice, finished = small.sources(PRACTICE), small.sources(FINISHED)
    assert practice[2] == "def worker():\n    return ...  # TODO: give the answer"
    assert finished[2] == "def worker():\n    return 42"
    assert practice[4] == 'y = 1\nz = ""\n# TODO: print it'
    assert finished[4] == "y = 1\nz = y + 1\nz += 0\nprint(z)\nprint(y)"
    solution = (small.root / f"Solutions_{LESSON}/several_solution.py").read_text()
    assert solution == finished[4] + "\n"
    for path in (PRACTICE, FINISHED, EXERCISE_PRACTICE, EXERCISE_FINISHED):
        assert not re.search("PROMPT|SOLUTION", "".join(small.sources(path)))


def test_magics_are_live_and_comments_stay(small: House) -> None:
    small.build()
    assert small.sources(FINISHED)[1].startswith("%pip install nothing\n# cat and mouse\n")


def test_a_cell_under_each_blank_checks_it_in_practice_and_finished_notebook(small: House) -> None:
    small.build()
    ours = {PRACTICE: ["worker", "several"], EXERCISE_PRACTICE: ["send"]}
    ours |= {FINISHED: ours[PRACTICE], EXERCISE_FINISHED: ours[EXERCISE_PRACTICE]}
    for path, names in ours.items():
        checks = [text for text in small.sources(path) if text.startswith("await check(")]
        folder = "Solution" if path.startswith("exercises/") else f"Solutions_{LESSON}"
        assert checks == [
            f'await check("{name}")\n# hint("{name}")\n# solution("{name}")\n'
            f"# In an empty cell: %load ../{folder}/{name}_solution.py"
            for name in names
        ]
    assert small.sources(PRACTICE)[3].startswith('await check("worker")')


def test_an_included_cell_is_the_finished_one(small: House) -> None:
    small.build()
    for path in (EXERCISE_PRACTICE, EXERCISE_FINISHED):
        assert small.sources(path)[0] == "def worker():\n    return 42"


def test_placeholders_are_filled_for_each_notebook(small: House) -> None:
    small.build()
    for path in (PRACTICE, FINISHED):
        line = f"[Open](https://colab.example/{path}) in house of https://example.org/me/house.git"
        assert line in small.sources(path)[0]
    assert 'f"{{x}}"' in small.sources(PRACTICE)[1]


def test_notebooks_are_valid_and_carry_nothing_of_a_machine(small: House) -> None:
    small.build()
    for path in (PRACTICE, FINISHED, EXERCISE_PRACTICE, EXERCISE_FINISHED):
        nbformat.validate(nbformat.read(small.root / path, as_version=4))
        notebook = small.notebook(path)
        assert notebook["metadata"] == {
            "kernelspec": {
                "name": "python3",
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
            },
            "language_info": {"name": "python"},
        }
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    assert small.notebook(PRACTICE)["cells"][1]["metadata"] == {"tags": ["nbval-ignore-output"]}


def test_a_second_build_changes_no_byte_and_no_time(
    small: House, capsys: pytest.CaptureFixture[str]
) -> None:
    small.build()
    for path in small.files():
        os.utime(small.root / path, (1, 1))
    before = {path: (small.root / path).read_bytes() for path in small.files()}
    capsys.readouterr()
    assert small.build() == 0
    assert {path: (small.root / path).read_bytes() for path in small.files()} == before
    assert {(small.root / path).stat().st_mtime for path in small.files()} == {1}
    assert "9 derived files, 0 changed" in capsys.readouterr().out


def test_an_edit_changes_the_id_of_its_own_cell_alone(small: House) -> None:
    def ids(path: str) -> list[str]:
        return [cell["id"] for cell in small.notebook(path)["cells"]]

    small.build()
    before = {path: ids(path) for path in (PRACTICE, FINISHED)}
    small.write(TEXT.replace("return 42", "return 43"))
    small.build()
    for path in (PRACTICE, FINISHED):
        changed = [
            n
            for n, pair in enumerate(zip(before[path], ids(path), strict=True))
            if len({*pair}) > 1
        ]
        assert changed == [2]
    assert len(set(ids(PRACTICE))) == len(ids(PRACTICE))


def test_equal_cells_have_different_ids(house: House) -> None:
    house.write("# %%\nx = 1\n\n# %%\nx = 1\n")
    house.build()
    ids = [cell["id"] for cell in house.notebook(PRACTICE)["cells"]]
    assert len(set(ids)) == 2
    # nbformat would give one of two equal ids a random new one.
    (house.root / PRACTICE).unlink()
    house.build()
    assert [cell["id"] for cell in house.notebook(PRACTICE)["cells"]] == ids


def _executed(house: House, path: str = FINISHED) -> None:
    """Store outputs, as authoring.execute would."""
    notebook: Any = nbformat.read(house.root / path, as_version=4)
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        cell.execution_count = count
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"ran {count}\n")]
    (house.root / path).write_text(nbformat.writes(notebook).rstrip() + "\n", encoding="utf-8")


def test_outputs_stay_until_a_code_cell_changes(small: House) -> None:
    small.build()
    _executed(small)
    before = (small.root / FINISHED).read_bytes()
    small.build()
    assert (small.root / FINISHED).read_bytes() == before
    small.write(TEXT.replace("# Small", "# Smaller"))
    small.build()
    kept = small.notebook(FINISHED)["cells"]
    assert kept[2]["outputs"][0]["text"] == ["ran 2\n"] and "Smaller" in "".join(kept[0]["source"])
    small.write(TEXT.replace("return 42", "return 43"))
    small.build()
    dropped = small.notebook(FINISHED)["cells"][1:]
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in dropped)


def test_check_is_content_with_a_built_and_executed_tree(
    small: House, capsys: pytest.CaptureFixture[str]
) -> None:
    small.build()
    _executed(small, FINISHED)
    _executed(small, EXERCISE_FINISHED)
    assert small.build("--check") == 0
    small.write(TEXT.replace("return 42", "return 43"))
    before = {path: (small.root / path).read_bytes() for path in small.files()}
    capsys.readouterr()
    assert small.build("--check") == 1
    said = capsys.readouterr().out
    assert "-    return 42\n+    return 43" in said
    assert f"✗ {FINISHED} was not run since its code changed: run `make build`" in said
    assert {path: (small.root / path).read_bytes() for path in small.files()} == before


def test_check_finds_missing_files_and_edits_by_hand(
    small: House, capsys: pytest.CaptureFixture[str]
) -> None:
    small.build()
    (small.root / f"Solutions_{LESSON}/worker_solution.py").unlink()
    practice = small.root / PRACTICE
    practice.write_text(practice.read_text().replace("return ...", "return 41"))
    metadata = small.root / EXERCISE_PRACTICE
    metadata.write_text(metadata.read_text().replace("Python 3 (ipykernel)", "mine"))
    capsys.readouterr()
    assert small.build("--check") == 1
    said = capsys.readouterr().out
    assert f"Solutions_{LESSON}/worker_solution.py is missing: run `make build`" in said
    assert "-    return 41  # TODO: give the answer\n+    return ...  # TODO" in said
    assert '-   "display_name": "mine"' in said


def test_a_long_difference_is_shortened(small: House, capsys: pytest.CaptureFixture[str]) -> None:
    small.build()
    long = "\n".join(f"# line {n}" for n in range(200))
    small.write(TEXT + f"\n# %% [markdown]\n{long}\n")
    capsys.readouterr()
    assert small.build("--check") == 1
    assert re.search(r"… \d+ more lines", said := capsys.readouterr().out)
    assert len(said.split("\n")) < 150


def test_a_lesson_is_added_by_adding_its_folder(small: House) -> None:
    small.write("# %%\nprint(1)\n", lesson="07_More")
    assert small.build() == 0
    assert "notebooks/07_More.ipynb" in small.files()
    assert "Solutions_07_More/07_More_Solution.ipynb" in small.files()


def test_notebooks_are_written_as_jupyter_writes_them(small: House, tmp_path: Path) -> None:
    small.write(TEXT.replace("# Small", "# Süßes für Łódź"))
    small.build()
    text = (small.root / PRACTICE).read_text(encoding="utf-8")
    assert "Süßes für Łódź" in text and text.endswith("}\n")
    assert json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n" == text
