"""Predictions: chosen before a cell runs, judged by what it measured, kept with progress."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jupytext
import pytest
import room as rooms

from workshop import checks
from workshop.checks import predict as predictions
from workshop.checks import progress
from workshop.checks.blanks import find
from workshop.checks.predict import LETTERS, Prediction, predict, reveal
from workshop.core.errors import WorkshopError

ROOT = rooms.ROOT
FOLDERS = sorted((ROOT / "lessons").glob("0[1-5]_*"))
ONE = Prediction("one", (0, 1, 2), right="b", why="It was answered once.")
TWO = Prediction("two", (True, None, False), right="c", why="Nobody looked.")
CALL = re.compile(r'^\s*(predict|reveal)\("(\w+)", (.+)\)$', re.MULTILINE)
DECLARED = checks.declared
Said = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def lesson(room: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lesson 02 is open, with two predictions, in a kernel that has shown nothing yet."""
    monkeypatch.setattr(checks, "declared", lambda *_: {"one": ONE, "two": TWO})
    monkeypatch.setattr(predictions, "_told", set())
    monkeypatch.delenv("WORKSHOP_STRICT", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    checks.open_lesson("02")
    yield
    checks.open_lesson("")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return lambda: capsys.readouterr().out.splitlines()


def kept() -> dict[str, str]:
    return progress.read()


def another_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "_told", set())


@pytest.mark.parametrize("choice", ["b", "B", " b "])
def test_what_comes_true_as_predicted_says_so_why_and_counts(choice: str, said: Said) -> None:
    predict("one", choice)
    assert said() == ["You say b. You can change it until you see the outcome."]
    reveal("one", 1)
    first, score = said()
    assert first == "✓ You said b, and it was b. It was answered once."
    assert score == "Lesson 02, predictions: 1 of 1 right."
    assert progress.progress().rows[2].predictions == "predictions: 1 of 1 right"


def test_what_was_measured_decides_and_not_what_the_lesson_expects(said: Said) -> None:
    predict("one", "c")
    reveal("one", 2)
    expected = "✓ You said c, and it was c. Usually it is b: It was answered once."
    assert said()[1:] == [expected, "Lesson 02, predictions: 1 of 1 right."]


def test_a_mind_may_change_before_the_outcome_and_the_first_choice_counts_after(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("one", "a")
    predict("one", "c")
    reveal("one", 1)
    assert said()[2].startswith("✗ You said c, and it was b. It was answered once.")
    for again in (False, True):
        if again:
            another_kernel(monkeypatch)
        predict("one", "b")
        assert said() == ["You said c, and it was b. The first choice counts."]
        for same in ("c", ""):
            predict("one", same)
            assert said() == ["You said c, and it was b."]
    reveal("one", 2)
    assert said()[0].startswith("✗ You said c, and it was b. This time it was c. Usually it is b:")
    assert kept() == {"02/predict/one": "c b"}


def test_without_a_choice_all_is_told_in_lines_and_nothing_is_kept(said: Said) -> None:
    predict("one")
    reveal("one", 1)
    assert said() == [
        "No prediction yet: put a, b or c between the quotes and run this cell, or go on.",
        "It was b. You had made no prediction. It was answered once.",
    ]
    predict("one", "b")
    assert said() == ["You have seen the outcome already: a choice counts only before it."]
    assert not kept() and not any(row.predictions for row in progress.progress().rows)


def test_who_ran_all_once_can_predict_in_the_next_kernel(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    reveal("one", 1)
    another_kernel(monkeypatch)
    predict("one", "b")
    assert kept() == {"02/predict/one": "b"}


def test_a_choice_is_there_after_a_restart_and_the_cell_may_be_empty_again(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("two", "a")
    another_kernel(monkeypatch)
    predict("two", "")
    assert said()[-1] == "You said a. Now run the next cell."
    reveal("two", False)
    reveal("two", False)
    once = ["✗ You said a, and it was c. Nobody looked.", "Lesson 02, predictions: 0 of 1 right."]
    assert said() == once * 2


def test_what_is_none_of_the_three_does_not_count(said: Said) -> None:
    predict("one", "b")
    reveal("one", {"calls": 7})
    assert said()[-1] == "None of the three: {'calls': 7} was measured. It does not count."
    assert kept() == {"02/predict/one": "b"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: predict("one", "d"), ("predict was given 'd'.", '"a", "b" or "c"', '"one", "a"')),
        (lambda: predict("one", 2), ("predict was given 2.", '"a", "b" or "c"', '"one", "a"')),  # type: ignore[arg-type]
        (lambda: predict("oen", "a"), ("no prediction 'oen'", "one, two", 'Write "one"')),
        (lambda: reveal("thousand", 1), ("no prediction 'thousand'", "one, two", "Correct")),
    ],
)
def test_a_wrong_input_says_what_was_seen_expected_and_what_to_do(
    wrong: Callable[[], None],
    words: tuple[str, str, str],
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong()
    lines = said()
    assert [line[2:11].strip() for line in lines] == ["Saw:", "Expected:", "Do:"]
    assert all(word in line for word, line in zip(words, lines, strict=True)), lines
    monkeypatch.setenv("WORKSHOP_STRICT", "1")
    with pytest.raises(WorkshopError):
        wrong()
    assert not kept()


def test_before_begin_it_says_that_no_lesson_is_open(said: Said) -> None:
    checks.open_lesson("")
    predict("one", "a")
    assert "No lesson is open." in said()[0]


def test_the_finished_notebook_neither_counts_nor_shows_what_was_predicted(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("one", "a")
    said()
    folder = FOLDERS[1].name
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / f"{folder}_Solution.ipynb"))
    monkeypatch.setenv("WORKSHOP_STRICT", "1")
    for choice in ("", "b"):
        predict("one", choice)
    reveal("one", 1)
    told = "This is the finished notebook: a prediction here does not count."
    assert said() == [told, told, "It was b. It was answered once."]
    assert kept() == {"02/predict/one": "a"}


def test_an_older_file_is_read_and_blanks_and_predictions_keep_out_of_each_others_way(
    room: dict[str, str],
) -> None:
    blank = find("worker", "02")
    file = Path(room["WORKSHOP_HOME"]) / progress.FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({blank.key: blank.digest}))
    predict("one", "b")
    reveal("one", 1)
    assert kept() == {blank.key: blank.digest, "02/predict/one": "b b"}
    told = progress.progress()
    assert (told.rows[2].right, told.changed) == (1, ())
    assert "1 of 7 blanks right  predictions: 1 of 1 right" in repr(told)
    assert "predictions: 1 of 1 right" in told._repr_html_()
    assert progress.lesson_words("02") == "1 of 7 blanks right, exercise 0 of 5"


def test_two_kernels_that_predict_at_once_lose_nothing(room: dict[str, str]) -> None:
    code = (
        "import sys\nfrom workshop import checks\nfrom workshop.checks.predict import *\n"
        "from workshop.checks.predict import Prediction\n"
        "names = [f'{sys.argv[1]}{n}' for n in range(50)]\n"
        "made = {n: Prediction(n, (0, 1, 2), right='b', why='So.') for n in names}\n"
        "checks.declared = lambda *_: made\nchecks.open_lesson('02')\n"
        "for name in names:\n    predict(name, 'b')\n    reveal(name, 1)"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, name], stdout=subprocess.DEVNULL)
        for name in "xy"
    ]
    try:
        assert [writer.wait(120) for writer in writers] == [0, 0]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert kept() == {f"02/predict/{who}{n}": "b b" for who in "xy" for n in range(50)}


def test_where_nothing_can_be_kept_the_outcome_is_told_all_the_same(
    said: Said, room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("one", "b")
    said()
    monkeypatch.setattr("workshop.core.disk.write_whole", _full)
    reveal("one", 1)
    lines = said()
    assert lines[0].startswith("✓ You said b") and lines[1].startswith("✗ Saw:"), lines


def _full(*_: object) -> None:
    raise OSError(28, os.strerror(28))


# --- the lessons' own ---


@pytest.fixture
def made(folder: Path) -> dict[str, Prediction]:
    """What a lesson declares."""
    return DECLARED(Prediction, folder.name)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name[:2])
def test_each_prediction_is_asked_in_words_then_chosen_then_told(
    folder: Path, made: dict[str, Prediction]
) -> None:
    cells = jupytext.read(folder / "lesson.py").cells
    calls = [
        (n, found[1], found[2], found[3])
        for n, cell in enumerate(cells)
        if cell.cell_type == "code"
        for found in CALL.finditer(cell.source)
    ]
    asked = [name for _, what, name, _ in calls if what == "predict"]
    assert [name for _, _, name, _ in calls] == [name for name in asked for _ in range(2)]
    assert [what for _, what, _, _ in calls] == ["predict", "reveal"] * len(asked)
    assert asked == list(made) and 2 <= len(asked) <= 3
    for n, what, _, given in calls:
        if what == "predict":
            above = cells[n - 1]
            assert above.cell_type == "markdown" and given == '""'
            assert above.source.count("**Predict**") == 1
            assert re.findall(r"^- \*\*(\w)\*\* ", above.source, re.MULTILINE) == list(LETTERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name[:2])
def test_the_right_one_varies_is_measured_and_is_told_in_one_sentence(
    folder: Path, made: dict[str, Prediction]
) -> None:
    assert len({one.right for one in made.values()}) > 1
    source = (folder / "lesson.py").read_text(encoding="utf-8")
    for one in made.values():
        assert len({repr(outcome) for outcome in one.outcomes}) == len(one.outcomes) == len(LETTERS)
        assert one.outcomes[LETTERS.index(one.right)] is not None, one.name
        assert re.fullmatch(r"[A-Z`][^.]+(\.\w[^.]*)*\.", one.why), one.why
        assert one.why not in source, "the notebook tells the answer"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name[:2])
def test_the_finished_notebook_has_measured_the_right_one(
    folder: Path, made: dict[str, Prediction]
) -> None:
    path = ROOT / f"Solutions_{folder.name}" / f"{folder.name}_Solution.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [(c, "".join(c["source"])) for c in notebook["cells"] if c["cell_type"] == "code"]
    for one in made.values():
        (cell,) = (c for c, source in cells if f'reveal("{one.name}"' in source)
        shown = "".join("".join(output.get("text", "")) for output in cell["outputs"])
        assert f"It was {one.right}. {one.why}\n" in shown, shown
