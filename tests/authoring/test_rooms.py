"""The rooms: their table in CONTRIBUTING, and no arrow up, as import-linter sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from authoring import rooms
from authoring.rooms import ROOT, contributing, pries


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("workshop", "authoring"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", rooms.NAME):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def lint(folder: Path) -> str:
    """What import-linter says in a folder; "" where all is kept."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True)
    return done.stdout if done.returncode else ""


def test_the_rooms_are_kept_and_an_arrow_up_or_a_private_name_is_told(copy: Path) -> None:
    assert lint(copy) == ""
    errors = copy / "workshop" / "core" / "errors.py"
    errors.write_text(errors.read_text() + "\n\ndef late() -> None:\n    import workshop.checks\n")
    assert "workshop.core.errors -> workshop.checks" in lint(copy)
    shutil.copy(ROOT / "workshop/core/errors.py", errors)
    cell = copy / "workshop" / "kernel" / "advice.py"
    cell.write_text(cell.read_text() + "\nfrom workshop.core.svg import _within\n")
    assert "imports _within of workshop.core" in lint(copy)


def test_a_new_folder_needs_a_floor(copy: Path) -> None:
    (copy / "workshop" / "attic").mkdir()
    (copy / "workshop" / "attic" / "__init__.py").write_text("")
    assert "attic" in lint(copy)


def test_a_private_name_is_seen_through_its_module(tmp_path: Path) -> None:
    file = tmp_path / "workshop" / "stage" / "act.py"
    file.parent.mkdir(parents=True)
    file.write_text("from workshop.core import svg\nfrom workshop.stage import _own\nsvg._within\n")
    assert list(pries(file, tmp_path)) == ["workshop/stage/act.py:3 uses svg._within"]


def test_the_table_is_what_the_packages_say(copy: Path) -> None:
    file = copy / rooms.NAME
    assert contributing(copy)[rooms.NAME] == file.read_text()
    package = copy / "workshop" / "stage" / "__init__.py"
    package.write_text('"""Theatre."""\n')
    assert "| `stage/` | Theatre. |" in contributing(copy)[rooms.NAME]
    file.write_text("# No table\n")
    with pytest.raises(ValueError, match="no table"):
        contributing(copy)


def test_at_most_twelve_entries_and_seven_floors() -> None:
    listed = {p.name for p in (ROOT / "workshop").iterdir()} - {"__pycache__"}
    assert len(listed) <= 12, listed
    table = contributing()[rooms.NAME]
    assert "\n| 7 |" in table and "\n| 8 |" not in table
