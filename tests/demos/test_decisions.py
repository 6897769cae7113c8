"""What the demos' Workflows decide by: their input and the history, and a consent for each call."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from room import ROOT

FOLDERS = sorted(path.parent for path in ROOT.glob("demos/*/workflow.py"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_workflow_does_not_read_the_environment(folder: Path) -> None:
    """Replayed by a Worker with another environment it would decide otherwise."""
    read = set()
    for file in folder.glob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and "environ" in ast.unparse(node.value):
                read |= {ast.unparse(target) for target in node.targets}
    workflow = ast.parse((folder / "workflow.py").read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(workflow) if isinstance(node, ast.Name)}
    assert "TASK_QUEUE" in read, "this test finds what is read from the environment"
    assert not names & (read | {"os"})
