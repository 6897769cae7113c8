"""`python -m workshop fresh`: a clean notebook, the learner's kept; and `git pull` goes on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import room as rooms
from room import ROOT

LESSON = "02_Adding_Durability_with_Temporal"
NOTEBOOK = f"notebooks/{LESSON}.ipynb"
EXERCISE = f"exercises/{LESSON}/Practice/{LESSON}_Practice.ipynb"
FINISHED = f"Solutions_{LESSON}/{LESSON}_Solution.ipynb"
# The command itself, with a copy of the notebooks as the repository.
COMMAND = (
    "import sys; from pathlib import Path; from workshop import __main__ as m; "
    "from workshop.checks import fresh_notebook; "
    "from workshop.checks import blanks; root = Path.cwd(); fresh_notebook.ROOT = root; "
    "fresh_notebook.sheets = lambda: blanks.sheets(root); sys.exit(m.main(sys.argv[1:]))"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a learner has of the repository, as far as this concerns."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("notebooks", "exercises", "lessons", f"Solutions_{LESSON}"):
        ignore = shutil.ignore_patterns("*.pdf", "outbox", "__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / ".gitignore", folder)
    return folder


def fresh(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "fresh", *words],
        cwd=clone,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def work(file: Path, words: str = "mine") -> str:
    """Answer in a notebook and save it, as JupyterLab does. Returns what the file holds now."""
    text = file.read_text(encoding="utf-8").replace("# TODO", f"# {words}")
    file.write_text(text, encoding="utf-8")
    return text


@pytest.mark.rotates("what takes long", among=4)
def test_a_clean_notebook_and_ones_own_beside_it(clone: Path) -> None:
    notebook, exercise = clone / NOTEBOOK, clone / EXERCISE
    given = notebook.read_bytes()
    first, theirs = work(notebook), work(exercise)
    said = fresh(clone, "02")
    assert said.returncode == 0, said.stderr
    assert notebook.read_bytes() == given
    assert notebook.with_name(f"{LESSON}_mine_1.ipynb").read_text(encoding="utf-8") == first
    assert f"✓ {NOTEBOOK} is clean. Yours is {LESSON}_mine_1.ipynb" in said.stdout
    assert "Reload Notebook from Disk" in said.stdout
    assert exercise.read_text(encoding="utf-8") == theirs, "nobody asked for the exercise"

    second = work(notebook, "mine again")
    fresh(clone, "2", "lesson")
    assert notebook.with_name(f"{LESSON}_mine_1.ipynb").read_text(encoding="utf-8") == first
    assert notebook.with_name(f"{LESSON}_mine_2.ipynb").read_text(encoding="utf-8") == second
    assert f"– {NOTEBOOK} is clean already." in fresh(clone, "02").stdout

    assert "Practice_mine_1.ipynb" in fresh(clone, "02", "exercise").stdout
    notebook.unlink()
    said = fresh(clone)
    assert f"✓ {NOTEBOOK} is there again." in said.stdout and notebook.read_bytes() == given
    assert said.stdout.count("is clean already") == len(list(clone.glob("lessons/*/given/*"))) - 1
    left = [f.name for f in notebook.parent.iterdir() if not f.name.endswith(".ipynb")]
    assert not left, "nothing half-written stays"


@pytest.mark.parametrize(
    ("words", "says"),
    [(("09",), "'09'"), (("x", "exercise"), "'x'"), (("02", "homework"), "homework")],
)
def test_what_there_is_not_is_told(clone: Path, words: tuple[str, ...], says: str) -> None:
    said = fresh(clone, *words)
    assert said.returncode and says in said.stderr and "Traceback" not in said.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(clone: Path) -> None:
    theirs = work(clone / NOTEBOOK)
    (clone / "notebooks").chmod(0o555)
    try:
        said = fresh(clone, "02")
    finally:
        (clone / "notebooks").chmod(0o755)
    assert said.returncode == 1 and "cannot be made clean" in said.stderr
    assert (clone / NOTEBOOK).read_text(encoding="utf-8") == theirs


def test_a_pull_goes_through_as_troubleshooting_says(clone: Path, tmp_path: Path) -> None:
    """The commands are those of docs/troubleshooting.md, word for word."""
    section = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    section = section.partition("## A newer workshop")[2].partition("\n## ")[0]
    block = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[0]
    commands = [line.partition("#")[0].strip() for line in block.splitlines()]
    assert commands[0] == "python -m workshop fresh" and commands[-1] == "git pull"

    def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "pull.rebase=false")
        return subprocess.run(
            ["git", *who, *words], cwd=folder, capture_output=True, text=True, timeout=60
        )

    git(clone, "init", "-q", "-b", "main")
    git(clone, "add", "-A")
    assert git(clone, "commit", "-qm", "a workshop").returncode == 0
    mine = tmp_path / "mine"
    git(tmp_path, "clone", "-q", str(clone), str(mine))

    paths = (NOTEBOOK, EXERCISE, FINISHED)
    for path in (*paths, f"lessons/{LESSON}/given/lesson.json"):  # the workshop goes on
        work(clone / path, "TODO, said better")
    git(clone, "commit", "-qam", "said better")
    theirs = {path: work(mine / path, "my answer") for path in paths}
    (mine / ".env").write_text("LLM_API_KEY=x")
    assert "would be overwritten" in git(mine, "pull").stderr

    assert fresh(mine).returncode == 0
    for command in commands[1:-1]:
        done = subprocess.run(command, shell=True, cwd=mine, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert git(mine, "status", "--porcelain").stdout == ""
    pulled = git(mine, "pull")
    assert pulled.returncode == 0, pulled.stderr
    for path in paths:
        assert (mine / path).read_bytes() == (clone / path).read_bytes()
    for path in (NOTEBOOK, EXERCISE):
        kept = (mine / path).with_name(f"{Path(path).stem}_mine_1.ipynb")
        assert kept.read_text(encoding="utf-8") == theirs[path]


def test_the_command_is_listed() -> None:
    said = " ".join(rooms.workshop("--help", env=dict(os.environ)).stdout.split())
    assert "fresh" in said and "Make a practice notebook clean again" in said
