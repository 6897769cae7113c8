"""Lesson 02, *One crash is yours*: the kernel is restarted by the menu, in JupyterLab."""

from __future__ import annotations

import re

from jupyter_page import CELL_LIMIT, NOTEBOOK_LIMIT, Cell, Lab, Notebook
from playwright.sync_api import BrowserContext, expect

FINISHED = (
    "Solutions_02_Adding_Durability_with_Temporal/02_Adding_Durability_with_Temporal_Solution.ipynb"
)


def run_above(notebook: Notebook, cell: Cell) -> None:
    """Have all cells above one run to their end; the question on the way is answered with Enter."""
    notebook.run_above(cell)
    box = notebook.panel.locator("input.jp-Stdin-input")
    expect(box.or_(notebook.red).first).to_be_visible(timeout=NOTEBOOK_LIMIT)
    assert notebook.errors() == []
    box.press("Enter")
    notebook.finish()
    assert notebook.errors() == []


def run_of(cell: Cell) -> str:
    """The run that the link above the rows leads to."""
    link = cell.output.get_by_role("link", name="Web UI").get_attribute("href") or ""
    found = re.search(r"report-that-survives/([0-9a-f-]+)", link)
    assert found, cell.output.inner_text()
    return found[1]


def test_a_report_survives_the_restart_of_its_kernel(window: BrowserContext, lab: Lab) -> None:
    notebook = Notebook(window.new_page(), lab.address(FINISHED, "restart"))
    start = notebook.cell("from temporalio.common import WorkflowIDConflictPolicy")
    follows = notebook.cell("print(await follow(report")
    run_above(notebook, start)
    assert "fires in" in start.run(CELL_LIMIT), start.output.inner_text()
    begun = run_of(start)
    notebook.restart()
    run_above(notebook, follows)
    said = follows.run(CELL_LIMIT)
    assert notebook.errors() == []
    assert "fired" in said and "research_pdf.pdf" in said, said
    assert run_of(start) == run_of(follows) == begun, "another run than the one before the restart"
