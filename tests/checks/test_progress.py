"""Progress: kept across restarts, re-opened when a blank changes, told in bar and words."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import room as rooms

from workshop.checks import progress
from workshop.checks.blanks import Blank, find, sheets

TITLE = "02 Adding Durability with Temporal"


@pytest.fixture
def kept(room: dict[str, str]) -> Path:
    return Path(room["WORKSHOP_HOME"]) / progress.FILE


def test_every_blank_of_every_practice_notebook_counts(kept: Path) -> None:
    rows = progress.progress().rows
    assert [row.total for row in rows] == [len(s.blanks) for s in sheets() if s.blanks]
    assert all(row.right == 0 and row.bar.count("█") == 0 for row in rows)
    first = sheets()[0].blanks[0]
    assert progress.progress().todo.startswith(f"Next: the blank {first.name} in notebooks/")


def test_what_is_right_is_kept_for_the_next_kernel_and_the_terminal(
    kept: Path, room: dict[str, str]
) -> None:
    blank = find("worker", "02")
    assert progress.note(blank, True) == f"{TITLE}: 1 of 7 blanks right."
    done = rooms.workshop("progress", env={**os.environ, **room})
    assert done.returncode == 0, done.stderr
    assert "1 of 7 blanks right" in done.stdout and "Next: the blank" in done.stdout
    assert done.stdout.strip() == repr(progress.progress()).strip()


def test_a_blank_that_an_update_has_changed_counts_and_is_named(kept: Path) -> None:
    blank = find("worker", "02")
    progress.note(dataclasses.replace(blank, practice=blank.practice + "\n# more to do"), True)
    assert progress.note(blank, False).startswith(f"{TITLE}: 1 of 7 blanks right.")
    changed = progress.progress()
    assert f"An update has changed worker ({TITLE})" in changed.todo
    assert "worker" in changed._repr_html_() and changed.rows[2].right == 1
    progress.note(blank, True)
    assert not progress.progress().changed


@pytest.mark.parametrize("spoilt", ["", "{", "[1]", '{"02/worker": 3}', "\x00"])
def test_a_spoilt_file_counts_as_none_and_is_mended(kept: Path, spoilt: str) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(spoilt)
    assert progress.progress().rows[0].right == 0
    progress.note(find("worker", "02"), True)
    assert json.loads(kept.read_text()) == {"02/worker": find("worker", "02").digest}


def test_all_right_says_so(kept: Path) -> None:
    blanks: list[Blank] = [blank for sheet in sheets() for blank in sheet.blanks]
    for blank in blanks:
        progress.note(blank, True)
    made = progress.progress()
    assert made.todo == "All blanks are right." and "░" not in repr(made)
    assert all(f'value="{row.total}"' in made._repr_html_() for row in made.rows)


@pytest.mark.rotates("what takes long", among=4)
def test_two_kernels_that_write_lose_nothing_of_each_other(kept: Path) -> None:
    code = (
        "import sys, dataclasses\nfrom workshop.checks import progress\n"
        "from workshop.checks.blanks import find\n"
        "made = find('worker', '02')\n"
        "for n in range(100):\n"
        "    progress.note(dataclasses.replace(made, name=f'{sys.argv[1]}{n}'), True)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "ab"]
    try:
        for writer in writers:
            assert writer.wait(60) == 0
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert set(json.loads(kept.read_text())) == {f"02/{w}{n}" for w in "ab" for n in range(100)}
    assert [f.name for f in kept.parent.iterdir() if f.name.startswith(".progress")] == []


def test_where_nothing_can_be_kept_that_is_told(
    tmp_path: Path, room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "a file" / "state"))
    said = progress.note(find("worker", "02"), True)
    assert "cannot be kept" in said and "a file" in said


def test_reset_names_progress_and_removes_it(kept: Path, room: dict[str, str]) -> None:
    progress.note(find("worker", "02"), True)
    done = rooms.workshop("reset", env={**os.environ, **room})
    assert progress.FILE in done.stdout and kept.exists(), "nobody said yes"
    rooms.workshop("reset", "--yes", env={**os.environ, **room})
    assert not kept.exists()
