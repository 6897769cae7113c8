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
    progress.keep(blank)
    assert progress.told(blank).endswith("1 of 7 blanks right.")
    done = rooms.workshop("progress", env={**os.environ, **room})
    assert done.returncode == 0, done.stderr
    assert "1 of 7 blanks right" in done.stdout and "Next: the blank" in done.stdout
    assert done.stdout.strip() == repr(progress.progress()).strip()


def test_a_changed_blank_is_open_again(kept: Path) -> None:
    blank = find("worker", "02")
    progress.keep(dataclasses.replace(blank, practice=blank.practice + "\n# more to do"))
    assert progress.told(blank).endswith("0 of 7 blanks right.")
    progress.keep(blank)
    assert progress.told(blank).endswith("1 of 7 blanks right.")


@pytest.mark.parametrize("spoilt", ["", "{", "[1]", '{"02/worker": 3}', "\x00"])
def test_a_spoilt_file_counts_as_none_and_is_mended(kept: Path, spoilt: str) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(spoilt)
    assert progress.progress().rows[0].right == 0
    progress.keep(find("worker", "02"))
    assert json.loads(kept.read_text()) == {"02/worker": find("worker", "02").digest}


def test_all_right_says_so(kept: Path) -> None:
    blanks: list[Blank] = [blank for sheet in sheets() for blank in sheet.blanks]
    for blank in blanks:
        progress.keep(blank)
    made = progress.progress()
    assert made.todo == "All blanks are right." and "░" not in repr(made)
    assert all(f'value="{row.total}"' in made._repr_html_() for row in made.rows)


def test_two_kernels_that_write_lose_nothing_of_the_file(kept: Path) -> None:
    code = (
        "from workshop.checks import progress\nfrom workshop.checks.blanks import find\n"
        "for _ in range(200): progress._write({'02/worker': find('worker', '02').digest})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    try:
        seen = 0
        while any(writer.poll() is None for writer in writers):
            if kept.exists():
                assert set(json.loads(kept.read_text())) == {"02/worker"}
                seen += 1
        assert seen and all(writer.returncode == 0 for writer in writers)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [f.name for f in kept.parent.iterdir() if f.name.startswith(".progress")] == []


def test_reset_names_progress_and_removes_it(kept: Path, room: dict[str, str]) -> None:
    progress.keep(find("worker", "02"))
    done = rooms.workshop("reset", env={**os.environ, **room})
    assert progress.FILE in done.stdout and kept.exists(), "nobody said yes"
    rooms.workshop("reset", "--yes", env={**os.environ, **room})
    assert not kept.exists()
