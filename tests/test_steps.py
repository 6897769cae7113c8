"""Tests that are steps on one page (tests/browser/steps.py): the first that fails is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from room import ROOT

STEPS = """
import pytest

@pytest.fixture(scope="module", params=["02", "05"])
def lesson(request):
    return request.param

@pytest.fixture(scope="module")
def practice(lesson):
    return lesson

@pytest.fixture(scope="module")
def finished(practice):
    assert practice != "05", "no page came"

def test_looks(practice):
    assert practice == "05", "pale"

@pytest.mark.step
def test_runs(practice):
    pass

@pytest.mark.step
def test_restarts(practice):
    assert practice == "05", "still busy"

def test_is_finished(finished):
    pass

def test_reopens(practice):
    pass

def test_asks_nobody(lesson):
    pass
"""


def test_after_a_failed_step_the_others_name_it_and_are_not_tried(tmp_path: Path) -> None:
    file = tmp_path / "test_pages.py"
    file.write_text(STEPS, encoding="utf-8")
    line = [sys.executable, "-m", "pytest", "-p", "steps", "-rA", "-p", "no:cacheprovider"]
    path = os.pathsep.join((str(ROOT / "tests" / "browser"), str(ROOT)))
    done = subprocess.run(
        [*line, "--color=no", f"--rootdir={tmp_path}", str(file)],
        env=os.environ | {"PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    told = [said for said in done.stdout.splitlines() if said.startswith(("PASS", "FAIL", "ERR"))]
    outcomes = {
        name: [said.split()[0] for said in told if f"{name}[" in said.partition(" - ")[0]]
        for name in ("looks", "runs", "restarts", "is_finished", "reopens", "asks_nobody")
    }
    assert outcomes == {
        "looks": ["PASSED", "FAILED"],  # it looks, and changes nothing
        "runs": ["PASSED", "PASSED"],
        "restarts": ["PASSED", "FAILED"],
        "is_finished": ["ERROR", "ERROR"],
        "reopens": ["ERROR", "ERROR"],
        "asks_nobody": ["PASSED", "PASSED"],
    }, done.stdout
    assert done.stdout.count("not tried, because before it failed test_restarts[02]:") >= 2
    assert "not tried, because before it failed test_is_finished[05]:" in done.stdout
    assert "no page came" in done.stdout
