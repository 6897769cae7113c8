"""Each refusal names the place and the remedy, all of a run come together, nothing is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from authoring import build, verify
from authoring.source import read_all
from conftest import LESSON, House

FILE = f"lessons/{LESSON}/lesson.py"
BLANK = '# %% exercise="worker"\n'

REFUSED = {
    "an empty cell": (
        "# %%\nx = 1\n\n# %% [markdown]\n\n# %%\ny = 1\n",
        ":4",
        "The cell is empty",
        "remove its",
    ),
    "practice that does not parse": (
        BLANK + "# PROMPT: x = (\nx = 1\n",
        ":2, code cell worker",
        "The practice cell does not parse",
        "Correct the line",
    ),
    "solution that does not parse": (
        BLANK + "# PROMPT: x = ...\nx = (\n",
        ":3, code cell worker",
        "The finished cell does not parse",
        "Correct the line",
    ),
    "a line of a longer statement hidden alone": (
        BLANK + "y = 1\n# PROMPT: x = ...\nx = [\n    1,\n]\n",
        ":5, code cell worker",
        "The practice cell does not parse",
        "BEGIN SOLUTION",
    ),
    "prompt without a solution": (
        BLANK + "y = 1\n# PROMPT: x = ...\n",
        ":3, code cell worker",
        "PROMPT has no solution",
        "Write the solution on the line below",
    ),
    "prompt above an empty line": (
        BLANK + "# PROMPT: x = ...\n\nx = 1\n",
        ":2, code cell worker",
        "PROMPT has no solution",
        "without an empty line between",
    ),
    "begin without end": (
        BLANK + "# PROMPT: x = ...\n# BEGIN SOLUTION\nx = 1\n",
        ":3, code cell worker",
        "BEGIN SOLUTION has no END SOLUTION",
        "Add that line below",
    ),
    "begin without end before another blank": (
        BLANK + "# PROMPT: x\n# BEGIN SOLUTION\nx = 1\n# PROMPT: y = ...\ny = 1\n",
        ":3, code cell worker",
        "BEGIN SOLUTION has no END SOLUTION",
        "Add that line below",
    ),
    "end without begin": (
        BLANK + "# PROMPT: x = ...\nx = 1\n# END SOLUTION\n",
        ":4, code cell worker",
        "END SOLUTION has no BEGIN SOLUTION",
        "Add that line, or remove this one",
    ),
    "begin without prompt": (
        BLANK + "# PROMPT: x = ...\nx = 1\n# BEGIN SOLUTION\ny = 1\n# END SOLUTION\n",
        ":4, code cell worker",
        "BEGIN SOLUTION has no PROMPT above it",
        "# PROMPT: …",
    ),
    "exercise without a blank": (
        BLANK + "x = 1\n",
        ":2, code cell worker",
        "The exercise cell has no blank",
        "Mark a blank",
    ),
    "prompt outside an exercise cell": (
        "# %%\ny = 2\n# PROMPT: x = ...\nx = 1\n",
        ":3, code cell 'y = 2'",
        "A blank stands outside an exercise cell",
        '# %% exercise="name"',
    ),
    "blank that is filled in already": (
        BLANK + "# PROMPT: x = 1  # TODO: fill in\nx = 1\n",
        ":2, code cell worker",
        "equals its solution",
        "Leave `...`",
    ),
    "blank of underscores": (
        BLANK + "# PROMPT: x = f(__)\nx = f(1)\n",
        ":2, code cell worker",
        "A blank is written as `__`",
        "Write `...`",
    ),
    "mark at the end of a line": (
        BLANK + "# PROMPT: x = ...\nx = 1\ny = 2  # PROMPT: y = ...\n",
        ":4, code cell worker",
        "is nearly a mark",
        "Write it so",
    ),
    "two cells of one name": (
        BLANK + '# PROMPT: x = ...\nx = 1\n\n# %% name="worker"\nz = 1\n',
        ":5, code cell worker",
        "Two cells of this file are called 'worker'",
        "Rename one",
    ),
    "a name that is no file name": (
        '# %% name="a/b"\nx = 1\n',
        ":1, code cell a/b",
        "The cell is called 'a/b'",
        "Choose another name",
    ),
    "a marker without quotes": (
        "# %% exercise=worker\nx = 1\n",
        ":1, code cell 'x = 1'",
        "exercise=worker",
        "put the quotes in",
    ),
    "an unknown word in a marker": (
        '# %% exercize="worker"\nx = 1\n',
        ":1, code cell 'x = 1'",
        "exercize='worker'",
        "Correct the word",
    ),
    "tags that are no list": (
        '# %% tags="raises-exception"\nx = 1\n',
        f"{FILE}:1",
        "A marker cannot be read: 'raises-exception' is not of type 'array'",
        'Write tags=["raises-exception"]',
    ),
    "text above the first marker": (
        '"""A docstring."""\n\n# %%\nx = 1\n',
        f"{FILE}:1",
        "1 lines start with `# %%`, but there are 2 cells",
        "above the first line",
    ),
    "an include of nothing": (
        f'# %% name="here"\nx = 1\n\n# %% include="{LESSON}/there"\n',
        f":4, code cell include {LESSON}/there",
        "which does not exist",
        f"There are: {LESSON}/here.",
    ),
    "an include of itself": (
        f'# %% name="here" include="{LESSON}/here"\n',
        ":1, code cell here",
        "leads back to itself",
        "Correct the name",
    ),
    "includes in a circle": (
        f'# %% name="a" include="{LESSON}/b"\n\n# %% name="b" include="{LESSON}/a"\n',
        ":1, code cell a",
        "leads back to itself",
        "Correct the name",
    ),
    "an include with a body": (
        f'# %% name="here"\nx = 1\n\n# %% include="{LESSON}/here"\ny = 1\n',
        ":5, code cell include",
        "has text of its own",
        "Empty the body",
    ),
    "an unknown placeholder": (
        "# %%\nx = 1\ny = '{{UNKNOWN}}'\n",
        ":3, code cell 'x = 1'",
        "{{UNKNOWN}} is no placeholder",
        "Correct the word",
    ),
    "a long cell": (
        "# %%\n" + "x = 1\n" * 41,
        ":42, code cell 'x = 1'",
        "has 41 lines",
        "Split the cell",
    ),
    "a picture without words": (
        "# %% [markdown]\n# # Title\n#\n# ![](https://example.org/x.png)\n",
        ":4, markdown cell '# Title'",
        "https://example.org/x.png has no alternative text",
        "Write ![what the picture shows]",
    ),
    "an HTML picture without words": (
        '# %% [markdown]\n# # Title\n#\n# <img src="https://example.org/x.png">\n',
        ":4, markdown cell '# Title'",
        "https://example.org/x.png has no alternative text",
        'alt="…"',
    ),
    "two prices in a paragraph": (
        "# %% [markdown]\n# # Title\n#\n# It costs $2.50. The disk is full: $2.50 again.\n",
        ":4, markdown cell '# Title'",
        "A paragraph has 2 dollar signs",
        "Write the amounts in words",
    ),
    "a link to nothing": (
        "# %% [markdown]\n# # Title\n#\n# Read [this](../docs/none.md#part).\n",
        ":4, markdown cell '# Title'",
        "from notebooks/ to docs/none.md, which does not exist",
        "Correct the path",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_place_and_remedy(
    case: str, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    text, place, saw, do = REFUSED[case]
    house.write(text)
    assert house.build() == 1
    said = capsys.readouterr().out
    refusal = next((part for part in said.split("\n\n") if saw in part), None)
    assert refusal is not None, said
    head, *rest = refusal.split("\n")
    assert head.startswith(f"✗ {FILE}:") and place in head
    assert any(line.startswith("  Do:") and do in line for line in rest), refusal
    assert "nothing was written" in said and house.files() == set()


def test_each_refusal_is_used_somewhere() -> None:
    folder = Path(verify.__file__).parent
    code = "".join((folder / f"{name}.py").read_text() for name in ("source", "blanks", "verify"))
    names = re.findall(r"^\[(.+)\]$", (folder / "refusals.cfg").read_text(), re.MULTILINE)
    assert len(names) > 30 and [name for name in names if f'"{name}"' not in code] == []


def test_all_refusals_of_a_run_come_together(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write(BLANK + "x = 1\n")
    house.write("# %%\nx = (\n", kind="exercise")
    house.write("# %%\nx = 1\n", lesson="3_wrong")
    assert house.build() == 1
    said = capsys.readouterr().out
    for part in (f"{FILE}:2", f"lessons/{LESSON}/exercise.py:2", "lessons/3_wrong"):
        assert part in said
    assert "to fix; nothing was written." in said


def test_a_lesson_folder_is_called_nn_title(house: House) -> None:
    house.write("# %%\nx = 1\n", lesson="2_Wrong")
    (refusal,) = house.refusals()
    assert "lessons/2_Wrong" in refusal and "Rename the folder" in refusal


def test_a_lesson_folder_has_a_lesson(house: House) -> None:
    house.write("# %%\nx = 1\n", kind="exercise")
    (refusal,) = house.refusals()
    assert f"lessons/{LESSON}" in refusal and "Write lesson.py" in refusal


@pytest.mark.parametrize(
    "path",
    [
        "notebooks/old.ipynb",
        f"Solutions_{LESSON}/old_solution.py",
        "Solutions_01_Gone/a_solution.py",
        f"exercises/{LESSON}/Practice/notes.txt",
        f"lessons/{LESSON}/given/old.json",
    ],
)
def test_an_orphan_is_refused(house: House, path: str) -> None:
    house.write("# %%\nx = 1\n")
    file = house.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    (refusal,) = house.refusals()
    assert path in refusal and "Remove the file" in refusal


def test_what_learners_leave_is_no_orphan(house: House) -> None:
    house.write("# %%\nx = 1\n")
    kept = f"notebooks/{LESSON}_mine_1.ipynb"
    for path in ("notebooks/Report.pdf", "notebooks/.ipynb_checkpoints/x.ipynb", kept):
        (house.root / path).parent.mkdir(parents=True, exist_ok=True)
        (house.root / path).write_text("")
    assert house.refusals() == []


def test_a_difference_outside_the_blanks_is_refused(house: House) -> None:
    house.write(
        BLANK
        + "y = 1\n# PROMPT: x = ...\n# BEGIN SOLUTION\nx = 1\nx += 1\n# END SOLUTION\n"
        + "# PROMPT: z = ...\nz = x\nprint(y)\n\n# %%\nprint('{{PATH}}')\n"
    )
    built = build.derive(house.root)
    ((source,), _) = read_all(house.root)
    practice, finished = built.files[source.practice], built.files[source.finished]
    assert list(verify.outside_faults(source, practice, finished)) == []
    tampered = practice.replace("print(y)", "print(z)")
    (refusal,) = verify.outside_faults(source, tampered, finished)
    assert f"{FILE}:2, code cell worker" in str(refusal) and "print(z)" in str(refusal)
    (refusal,) = verify.outside_faults(source, practice, finished.replace("y = 1", "y = 2"))
    assert "differ outside the blanks" in str(refusal) and "`make build`" in str(refusal)


@pytest.mark.parametrize(
    "text",
    [
        BLANK + "# PROMPT: raise Oops  # TODO: take it out\n# Nothing is raised.\n",
        BLANK + "# PROMPT: raise Oops\n# BEGIN SOLUTION\n# END SOLUTION\n",
        "# %%\nawait f()\nasync with g() as h:\n    pass\n",
        "# %%\n# %pip install x\n# !ls\nfiles = 1\n",
        '# %% tags=["raises-exception"]\n__name__\n_, x = 1, 2\n',
        '# %%\n# Prompt: what the model is asked\nprompt = f"{{topic}}"\n',
        "# %% [markdown]\n# [a](#part) ![it](https://example.org/x.png) [b](../docs/guide.md)\n",
        f"# %% [markdown]\n# [finished](../Solutions_{LESSON}/{LESSON}_Solution.ipynb)\n",
        "# %% [markdown]\n# ```\n# ![](x.png) and [y](none.md)\n# ```\n",
        "# ---\n# jupyter:\n#   jupytext: {}\n# ---\n\n# %%\nx = 1\n",
    ],
)
def test_what_lessons_need_is_not_refused(house: House, text: str) -> None:
    (house.root / "docs").mkdir()
    Path(house.root / "docs" / "guide.md").write_text("")
    house.write(text)
    assert house.refusals() == []


def test_a_blank_without_a_check_is_refused(house: House) -> None:
    file = house.write(BLANK + "# PROMPT: x = ...\nx = 1\n")
    file.with_name("checks.py").unlink()
    (refusal,) = house.refusals()
    assert f"{FILE}:2, code cell worker" in refusal and "has no check" in refusal


@pytest.mark.parametrize("hints", ["()", '("Which?", "There.")', '("Which?", " ", "That.")'])
def test_a_blank_without_three_hints_is_refused(house: House, hints: str) -> None:
    file = house.write(BLANK + "# PROMPT: x = ...\nx = 1\n")
    checks = file.with_name("checks.py")
    text = checks.read_text()
    assert '("Which?", "There.", "That.")' in text
    checks.write_text(text.replace('("Which?", "There.", "That.")', hints))
    (refusal,) = house.refusals()
    assert "hints" in refusal and "a question, a pointer" in refusal


def test_a_check_without_a_blank_is_refused(house: House) -> None:
    file = house.write(BLANK + "# PROMPT: x = ...\nx = 1\n")
    checks = file.with_name("checks.py")
    checks.write_text(checks.read_text().replace("['worker']", "['worker', 'wroker']"))
    (refusal,) = house.refusals()
    assert "'wroker'" in refusal and "no blank of that name" in refusal


def test_checks_that_cannot_be_loaded_are_refused(house: House) -> None:
    file = house.write(BLANK + "# PROMPT: x = ...\nx = 1\n")
    file.with_name("checks.py").write_text("import nothing_of_that_name\n")
    (refusal,) = house.refusals()
    assert "cannot be loaded" in refusal and "nothing_of_that_name" in refusal


def test_a_blank_is_not_in_the_lesson_and_in_its_exercise(house: House) -> None:
    for kind in ("lesson", "exercise"):
        house.write(BLANK + "# PROMPT: x = ...\nx = 1\n", kind=kind)
    refusals = house.refusals()
    assert any("in the lesson and in its exercise" in refusal for refusal in refusals)
