"""A notebook that is saved, closed, copied, updated: what was right stays right, and is told so."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ipython_shell import Shell

from workshop import checks
from workshop.checks import NOT_ATTEMPTED, NOT_YET, RIGHT
from workshop.checks.blanks import Blank, find, sheets
from workshop.checks.outcome import Outcome
from workshop.core.errors import WorkshopError

IMPORTS = "from datetime import timedelta\nfrom temporalio.common import RetryPolicy\n"
CHANGED = "changed the cell since it was last run"
Save = Callable[..., Path]


def examine(name: str = "retry_policy") -> Outcome:
    return asyncio.run(checks.examine(name))


@pytest.fixture
def wrong(policy: Blank) -> str:
    """Two of three lines filled in, one of them not rightly."""
    return policy.finished.replace("3.0", "2.5")


@pytest.mark.parametrize("saves_first", [True, False])
def test_what_is_saved_changes_no_answer(
    shell: Shell, policy: Blank, wrong: str, save: Save, saves_first: bool
) -> None:
    shell.run(IMPORTS)
    for text, verdict, says in (
        (policy.practice, NOT_ATTEMPTED, "still open"),
        (wrong, NOT_YET, "5 s"),
        (policy.finished, RIGHT, ""),
    ):
        if saves_first:
            save({policy.cell_id: text})
        shell.run(text, policy.cell_id)
        before = examine()
        save({policy.cell_id: text})
        after = examine()
        for outcome in (before, after):
            assert outcome.verdict == verdict and says in outcome.text, outcome.text
            assert CHANGED not in outcome.text


def test_an_old_text_in_the_file_is_no_edit(
    shell: Shell, policy: Blank, wrong: str, save: Save
) -> None:
    shell.run(IMPORTS)
    save({policy.cell_id: policy.finished.replace("3.0", "9.0")})
    shell.run(wrong, policy.cell_id)
    assert "5 s" in examine().saw, "the kernel has what was typed after the save"


def test_an_edit_that_was_saved_and_not_run_is_told(
    shell: Shell, policy: Blank, wrong: str, save: Save
) -> None:
    shell.run(IMPORTS)
    for ran in (policy.practice, wrong):
        save({policy.cell_id: ran})
        shell.run(ran, policy.cell_id)
        save({policy.cell_id: policy.finished})
        outcome = examine()
        assert outcome.verdict == NOT_ATTEMPTED and CHANGED in outcome.saw


def test_after_a_restart_what_was_right_counts_and_is_told(
    shell: Shell, policy: Blank, save: Save
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.finished, policy.cell_id)
    assert examine().verdict == RIGHT
    save({policy.cell_id: policy.finished})
    checks.cells.forget()
    outcome = examine()
    assert outcome.verdict == NOT_ATTEMPTED and "has not been run in this kernel" in outcome.saw
    assert "1 of 7 blanks right. This one was right before, and still counts." in outcome.told
    shell.run(policy.practice, policy.cell_id)
    assert "1 of 7" in examine().told


def test_a_copy_of_the_cell_is_the_blank_too(
    shell: Shell, policy: Blank, wrong: str, save: Save
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.practice, policy.cell_id)
    shell.run(wrong, "copy")
    save({policy.cell_id: policy.practice, "copy": wrong})
    assert "5 s" in examine().saw
    save({policy.cell_id: policy.practice, "copy": policy.finished})
    assert CHANGED in examine().saw
    shell.run(policy.finished, "copy")
    assert examine().verdict == RIGHT


@pytest.mark.parametrize("first_keeps_the_id", [True, False])
def test_a_cell_that_was_split_is_judged_by_the_part_that_counts(
    shell: Shell, save: Save, first_keeps_the_id: bool
) -> None:
    blank = find("create_pdf_activity", "02")
    above = [text for i, text in blank.cells.items() if "class LLMCallInput" in text]
    shell.run("\n".join([*above, "from temporalio import activity"]))
    imports, _, code = blank.finished.partition("\n\n\n")
    ids = [blank.cell_id, "new"] if first_keeps_the_id else ["new", blank.cell_id]
    for cell_id, text in zip(ids, (imports, code), strict=True):
        shell.run(text, cell_id)
    save(dict(zip(ids, (imports, code), strict=True)))
    assert examine("create_pdf_activity").verdict == RIGHT


def test_a_front_end_with_ids_of_its_own_is_understood(
    shell: Shell, policy: Blank, wrong: str
) -> None:
    shell.run(IMPORTS, "vscode-notebook-cell:a")
    shell.run(policy.finished, "vscode-notebook-cell:b")
    assert examine().verdict == RIGHT
    shell.run(policy.finished.replace("retry_policy =", "policy ="), "vscode-notebook-cell:b")
    outcome = examine()
    assert outcome.verdict == NOT_YET and "`policy`" in outcome.saw


@pytest.mark.parametrize("cell_id", [None, "vscode-notebook-cell:c"])
def test_a_later_cell_that_was_given_is_not_the_blank_even_without_its_id(
    shell: Shell, cell_id: str | None
) -> None:
    blank = find("generatereportworkflow", "02")
    later = [t for i, t in blank.cells.items() if "workflow.sleep(" in t and "Forgetful" not in t]
    # As after an update that has changed a line of it.
    shell.run(later[0].replace("seconds=10))\n        pdf", "seconds=12))\n        pdf"), cell_id)
    outcome = examine("generatereportworkflow")
    assert "has not been run" in outcome.saw, outcome.text


def test_a_file_that_is_being_written_is_read_when_it_is_whole(
    shell: Shell, policy: Blank, wrong: str, save: Save
) -> None:
    shell.run(IMPORTS)
    shell.run(wrong, policy.cell_id)
    notebook = save({policy.cell_id: policy.finished})
    whole, half = notebook.read_bytes(), threading.Event()

    def write() -> None:
        """As JupyterLab does: in its place, and not at once."""
        with notebook.open("wb", buffering=0) as file:
            for piece in (whole[:99], whole[99:-9], whole[-9:]):
                file.write(piece)
                half.set()
                time.sleep(0.3)

    writer = threading.Thread(target=write)
    writer.start()
    half.wait()
    assert CHANGED in examine().saw
    writer.join()


def test_what_was_given_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    given = tmp_path / "lessons" / "02_Adding" / "given" / "lesson.json"
    given.parent.mkdir(parents=True)
    given.write_text('{"cells": [')
    with pytest.raises(WorkshopError, match="cannot be read as a notebook"):
        sheets(tmp_path)


def test_a_file_that_is_half_written_or_gone_disturbs_nothing(
    shell: Shell, policy: Blank, save: Save
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.practice, policy.cell_id)
    notebook = save({policy.cell_id: policy.finished})
    for text in ("", '{"cells": [', '{"cells": [3]}', "[]"):
        notebook.write_text(text)
        assert "still open" in examine().saw
    notebook.unlink()
    assert "still open" in examine().saw


def test_the_finished_notebook_is_nobodys_progress(
    shell: Shell, policy: Blank, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.finished, policy.cell_id)
    folder = tmp_path / policy.solution.parent.name
    save({}, f"{folder.name}/{policy.lesson}_Solution.ipynb")
    told = examine().told
    assert "finished notebook" in told and "does not count" in told
    monkeypatch.delenv("JPY_SESSION_NAME")  # as where a notebook is run without a front end
    monkeypatch.chdir(folder)
    assert "does not count" in examine().told
    monkeypatch.chdir(tmp_path)
    assert "1 of 7 blanks right" in examine().told


# --- cells above that were not run ---


@pytest.mark.parametrize(
    "blank", [b for s in checks.blanks.sheets() for b in s.blanks], ids=lambda b: b.name
)
def test_a_right_answer_without_the_cells_above_is_never_called_wrong(
    shell: Shell, blank: Blank, capsys: pytest.CaptureFixture[str]
) -> None:
    checks.open_lesson(blank.lesson[:2])
    shell.run(blank.finished, blank.cell_id)
    capsys.readouterr()  # what IPython says of the NameError
    outcome = examine(blank.name)
    if outcome.verdict != RIGHT:  # a few need nothing of the cells above
        assert outcome.verdict == NOT_ATTEMPTED, outcome.text
        assert "The cell above that begins with `" in outcome.saw
        assert "Run All Above Selected Cell" in outcome.do


def test_the_cell_that_is_missing_is_named(shell: Shell) -> None:
    blank = find("create_pdf_activity", "02")
    for text in blank.cells.values():
        if "class LLMCallInput" in text:
            shell.run(text)
    shell.run(blank.finished, blank.cell_id)
    outcome = examine("create_pdf_activity")
    assert "does not know `activity`" in outcome.saw
    assert "begins with `from temporalio import activity`" in outcome.saw


# --- hints and solutions ---


def test_a_hint_under_a_check_is_spent_on_something_new_alone(
    shell: Shell, policy: Blank, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def checked(text: str, *, runs: int = 1) -> str:
        shell.run(text, policy.cell_id)
        for _ in range(runs):
            capsys.readouterr()
            asyncio.run(checks.check("retry_policy"))
            checks.hint("retry_policy")
        return capsys.readouterr().out

    shell.run(IMPORTS)
    assert "Hint 1 of 3" in checked(policy.practice, runs=4)
    first = checked(wrong, runs=3)
    assert "Hint: Look at `" in first
    assert checked(wrong + "  # the same mistake") == first
    said = checked(policy.finished, runs=2)
    assert "✓ Right" in said and "Hint" not in said and "no hint is needed" in said
    assert "Hint: " in checked(policy.finished.replace("attempts=3", "attempts=5"))


def test_a_hint_alone_is_the_next_one_each_time(
    shell: Shell, policy: Blank, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(checks.check("retry_policy"))
    for _ in range(4):
        checks.hint("retry_policy")
    said = capsys.readouterr().out
    assert [n for n in "123" if f"Hint {n} of 3" in said] == ["1", "2", "3"]
    assert said.count("Hint 3 of 3") == 2
    assert 'hint("retry_policy") without the check' in said


def test_a_solution_that_is_left_on_leaves_one_copy(
    shell: Shell, policy: Blank, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[str] = []
    monkeypatch.setattr(shell.shell, "kernel", object(), raising=False)
    monkeypatch.setattr(
        shell.shell, "set_next_input", lambda text, replace: put.append(text), raising=False
    )
    for _ in range(3):
        checks.solution("retry_policy")
    assert put == [policy.finished]
    checks._put.clear()  # the kernel was restarted
    save({policy.cell_id: policy.practice, "new": policy.finished})
    checks.solution("retry_policy")
    assert len(put) == 1, "the notebook that was saved has it"
    save({policy.cell_id: policy.practice})
    shell.run(policy.finished, policy.cell_id)
    checks.solution("retry_policy")
    assert len(put) == 1, "the learner has written it"
