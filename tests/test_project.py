"""The app that goes home: it runs where there is no workshop, and its tutorial tells the truth."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from room import ROOT

from workshop import export

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = ROOT / "project"
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def copy(room: dict[str, str], tmp_path: Path) -> Path:
    """The project as it goes home."""
    return export(tmp_path / "project").folder


def elsewhere(folder: Path) -> tuple[Path, dict[str, str]]:
    """A Python that has our packages and no workshop, and an environment without settings."""
    home = folder / "venv"
    if not home.exists():
        venv.create(home, symlinks=True)
        (site,) = (home / "lib").glob("python*/site-packages")
        # A folder that a .pth file names is searched; the .pth files in it, of which one leads to
        # the workshop, are not read.
        (site / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    left = ("PYTEST", "PYTHON", "COV", "WORKSHOP_", "TEMPORAL_", "LLM_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(left)}
    env["PATH"] = f"{sysconfig.get_path('scripts')}{os.pathsep}{env['PATH']}"  # temporal is there
    python = home / "bin" / "python"
    looked = [python, "-c", "import workshop"]
    told = subprocess.run(looked, cwd=folder, env=env, capture_output=True, text=True)
    assert "No module named 'workshop'" in told.stderr
    return python, env


def pytest_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, where there is no workshop."""
    python, env = elsewhere(folder.parent)
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    line = [python, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, timeout=1800)


def test_its_tests_pass_where_there_is_no_workshop(copy: Path) -> None:
    done = pytest_in(copy)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_imports_public_packages_and_itself() -> None:
    own = {file.stem for file in PROJECT.rglob("*.py")}
    public = {"dotenv", "litellm", "pytest", "reportlab", "temporalio"}
    for file in PROJECT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [n.name for n in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in (name.partition(".")[0] for name in names):
                assert name in own | public | sys.stdlib_module_names, f"{file.name}: {name}"


def test_its_pins_are_the_workshops() -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    its = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    known = {
        requirement.name: (requirement.specifier, str(requirement.marker))
        for requirement in map(
            Requirement, ours["dependencies"] + ours["optional-dependencies"]["dev"]
        )
    }
    for line in its["dependencies"] + its["optional-dependencies"]["dev"]:
        requirement = Requirement(line)
        assert known[requirement.name] == (requirement.specifier, str(requirement.marker))
    assert its["requires-python"] == ours["requires-python"]
    locked = (ROOT / "constraints.txt").read_text().splitlines()
    assert set((PROJECT / "constraints.txt").read_text().splitlines()) <= set(locked)


def test_the_import_of_the_activities_reads_no_env_file(copy: Path) -> None:
    """LiteLLM would read the one above its own folder: another project's, and it would win."""
    python, env = elsewhere(copy.parent)
    code = "import dotenv, sys; dotenv.load_dotenv = lambda **_: sys.exit(1); import activities"
    done = subprocess.run([python, "-c", code], cwd=copy, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# The tutorial


def lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def test_what_the_tutorial_shows_is_in_the_files() -> None:
    files = [lines(file.read_text(encoding="utf-8")) for file in PROJECT.glob("*.py")]
    assert len(blocks("python")) > 5
    for block in blocks("python"):
        assert any(lines(block) in file for file in files), block


def change(folder: Path, diff: str) -> None:
    """Do by the letter what a diff of the tutorial says."""
    header, _, rest = diff.partition("\n")
    file = folder / header.removeprefix("+++ ")
    rows = rest.splitlines()
    before = "\n".join(row[1:] for row in rows if not row.startswith("+"))
    after = "\n".join(row[1:] for row in rows if not row.startswith("-"))
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{file.name} has this {text.count(before)} times: {before}"
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.rotates("project", "patched", among=3)
def test_old_reports_replay_with_the_tutorials_change_and_would_not_without_its_patch(
    copy: Path,
) -> None:
    diffs = blocks("diff")
    assert len(diffs) == 8
    for diff in diffs:
        change(copy, diff)
    done = pytest_in(copy, "tests/test_replay.py", "tests/test_workflow.py")
    assert done.returncode == 0, done.stdout + done.stderr
    workflow = copy / "workflow.py"
    text = workflow.read_text(encoding="utf-8")
    workflow.write_text(text.replace('if workflow.patched("send-email"):', "if True:"))
    failed = pytest_in(copy, "tests/test_replay.py")
    assert failed.returncode == 1 and "[TMPRL1100] Nondeterminism error" in failed.stdout


@pytest.mark.rotates("project", "stand-in", among=3)
def test_a_workflow_with_an_activity_that_its_test_does_not_know_fails_and_says_so(
    copy: Path,
) -> None:
    """It must not hang: Temporal retries an Activity that no Worker knows for ever."""
    for diff in blocks("diff"):
        if not diff.startswith("+++ tests/"):
            change(copy, diff)
    done = pytest_in(copy, "tests/test_workflow.py", "-k", "three_days")
    assert done.returncode == 1 and "no stand-in for send_email" in done.stdout
