"""Lesson 02 as it is seen and touched: JupyterLab and the Web UI in a real browser."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import looks
import pytest
import room as rooms
from jupyter_page import COUNT, Cell, Lab, Notebook
from playwright.sync_api import BrowserContext, Page, expect

PRACTICE = "notebooks/02_Adding_Durability_with_Temporal.ipynb"
FINISHED = (
    "Solutions_02_Adding_Durability_with_Temporal/02_Adding_Durability_with_Temporal_Solution.ipynb"
)
TIMER = "from temporalio.common import WorkflowIDConflictPolicy"
DECORATOR = "# TODO: add the decorator that makes this function an Activity"
ANSWERS = {
    "generatereportworkflow": {
        "the Activity that writes": "create_pdf_activity,",
        "its input, with": "PDFGenerationInput(content=content),",
        "a timedelta of 10": "start_to_close_timeout=timedelta(seconds=10),",
    },
    "worker": {
        'poll the "research"': 'task_queue="research",',
        "register your PDF": "activities=[llm_call, create_pdf_activity],",
    },
    "client": {
        "the Workflow to run": "GenerateReportWorkflow.run,",
        "the Task Queue that": 'task_queue="research",',
    },
    "web_ui_hunt": {
        '"Task Queue"': '"Task Queue": "research",',
        '"first Activity"': '"first Activity": "llm_call",',
        '"field of its input"': '"field of its input": "prompt",',
        '"second Activity"': '"second Activity": "create_pdf_activity",',
        '"its output"': '"its output": "research_pdf.pdf",',
        '"its timeout"': '"its timeout": "10",',
        '"field of the result"': '"field of the result": "result",',
    },
    "generate_summary": {"take it out": ""},
    "retry_policy": {
        "the first wait": "initial_interval=timedelta(seconds=2),",
        "6 is how many": "backoff_coefficient=3.0,",
        "3 in all": "maximum_attempts=3,",
    },
}
"""Of each blank: what is typed in place of the lines that hold a text."""
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"

the_whole_lesson = pytest.mark.rotates("pages", "a whole lesson", among=4)
"""Both notebooks to their end; what comes before saves the practice notebook."""


@dataclass
class Looks:
    """What is hard to read, with its contrast, and what is wider than its place."""

    pale: dict[str, float] = field(default_factory=dict)
    wide: dict[str, list[str]] = field(default_factory=dict)


def looked_at(notebook: Notebook, shown: dict[str, Cell]) -> Looks:
    """Look at outputs in both themes, wide and narrow."""
    found = Looks()
    for theme in (LIGHT, DARK):
        looks.resize(notebook.page, looks.WIDE)
        notebook.theme(theme)
        for width in (looks.WIDE, looks.NARROW):
            looks.resize(notebook.page, width)
            for words, cell in shown.items():
                contrasts, wide = looks.measured(cell.output)
                assert contrasts, f"{words}: there is no text"
                where = f"{words}, {theme}, {width} pixels"
                for text, contrast in contrasts.items():
                    if contrast < looks.LEAST_CONTRAST:
                        found.pale[f"{where}: {text}"] = round(contrast, 2)
                if wide:
                    found.wide[where] = wide
    looks.resize(notebook.page, looks.WIDE)
    return found


def in_the_file(lab: Lab, path: str) -> list[dict[str, Any]]:
    """The cells of a notebook's file, which is empty for a moment whenever JupyterLab saves it."""

    def read() -> list[dict[str, Any]] | None:
        text = (lab.tree / path).read_text(encoding="utf-8")
        return json.loads(text)["cells"] if text.endswith("}\n") else None

    return rooms.until(read, f"all of {path}", limit=30)


def opened(window: BrowserContext, lab: Lab, path: str, workspace: str) -> Notebook:
    cells = in_the_file(lab, path)
    page = window.new_page()
    notebook = Notebook(page, lab.address(path, workspace))
    expect(notebook.code_cells).to_have_count(sum(cell["cell_type"] == "code" for cell in cells))
    return notebook


@pytest.fixture(scope="module")
def practice(window: BrowserContext, lab: Lab) -> Notebook:
    """The practice notebook, run as far as its first blank."""
    notebook = opened(window, lab, PRACTICE, "practice")
    notebook.run_until("from temporalio import activity")
    assert not notebook.errors()
    return notebook


@pytest.fixture(scope="module")
def running(window: BrowserContext, lab: Lab, practice: Notebook) -> Notebook:
    """The finished notebook, on its way to the report that waits for a timer.

    It waits a good deal by itself; what the practice notebook does meanwhile starts no Worker.
    """
    notebook = opened(window, lab, FINISHED, "finished")
    notebook.run_above(notebook.cell(TIMER))
    notebook.answer()
    return notebook


@pytest.fixture(scope="module")
def before_the_restart(running: Notebook) -> str:
    """That report's run. Its timer waits, the kernel is restarted, and all cells run again."""
    running.finish()
    start = running.cell(TIMER)
    assert "⏲ running" in start.run(), start.output.inner_text()
    assert not running.errors()
    run = run_of(start)
    running.restart_kernel()
    running.run_all()
    running.answer()
    return run


@pytest.fixture(scope="module")
def finished(running: Notebook, before_the_restart: str) -> Notebook:
    """The finished notebook when all its cells have run."""
    running.finish()
    return running


def run_of(cell: Cell) -> str:
    """The run that the link above the rows leads to."""
    link = cell.output.get_by_role("link", name="Web UI").get_attribute("href") or ""
    found = re.search(r"report-that-survives/([0-9a-f-]+)", link)
    assert found, cell.output.inner_text()
    return found[1]


# --- the practice notebook ---


def test_a_blank_is_not_attempted_then_not_yet_then_right(practice: Notebook) -> None:
    blank, check = practice.blank("create_pdf_activity"), practice.check("create_pdf_activity")
    assert check.run().startswith("– Not attempted: create_pdf_activity")

    blank.replace_line(DECORATOR, "activity.defn")
    blank.run()
    said = check.run()
    assert said.startswith("✗ Not yet: create_pdf_activity")
    assert re.search(r"\nSaw .*\nTry .*@activity\.defn", said)
    looks.take(practice, "lesson-02-checks", blank.place, check.place)

    check.uncomment("# hint(")
    assert "Hint 1 of 3: What tells Temporal" in check.run()
    assert "Hint 1 of 3" in check.run(), "nothing has changed"

    blank.replace_line("activity.defn", "@activity.defn")
    blank.run()
    said = check.run()
    assert said.startswith("✓ Right: create_pdf_activity") and "1 of 7 blanks right" in said
    assert "Hint" not in said
    assert not practice.errors()


def test_the_solution_is_an_uncommented_line_away_and_comes_once(practice: Notebook) -> None:
    check = practice.check("generatereportworkflow")
    before = practice.code_cells.count()
    check.uncomment("# solution(")
    check.run()
    expect(practice.code_cells).to_have_count(before + 1)
    check.run()
    practice.save()
    check.run()
    below = Cell(practice, practice.code_cells.nth(check.number + 1))
    assert "@workflow.run" in below.text
    below.run()
    assert check.run().startswith("✓ Right")
    expect(practice.code_cells).to_have_count(before + 1)
    assert not practice.errors()


@pytest.fixture(scope="module")
def practice_looks(practice: Notebook) -> Looks:
    """How the three outcomes of a check and the progress look."""
    workflow = practice.blank("generatereportworkflow")
    workflow.replace_line("# TODO: add the decorator", "@workflow.run")
    workflow.run()
    progress = practice.new_cell_below(practice.check("create_pdf_activity"), "progress()")
    shown = {
        "✓ Right": practice.check("create_pdf_activity"),
        "✗ Not yet": practice.check("generatereportworkflow"),
        "– Not attempted": practice.check("worker"),
        "blanks right": progress,
    }
    for words, cell in shown.items():
        assert words in cell.run()
    return looked_at(practice, shown)


def test_checks_and_progress_are_readable_light_and_dark(practice_looks: Looks) -> None:
    assert not practice_looks.pale


def test_checks_and_progress_fit_wide_and_narrow(practice_looks: Looks) -> None:
    assert not practice_looks.wide


# --- the rest of the lesson, as people work through it: they save, interrupt, restart, reopen ---


def saved(lab: Lab, blank: str) -> str:
    """The text of a blank's cell in the file."""
    cells = in_the_file(lab, PRACTICE)
    return next("".join(c["source"]) for c in cells if c["metadata"].get("exercise") == blank)


def fill(notebook: Notebook, blank: str) -> str:
    """Type a blank's answer, run it, check it, save, check it again. Returns what is said."""
    cell, check = notebook.blank(blank), notebook.check(blank)
    for has, new in ANSWERS[blank].items():
        cell.replace_line(has, new)
    cell.run()
    said = check.run()
    notebook.save()
    assert check.run() == said
    return said


@pytest.mark.usefixtures("practice_looks")
def test_what_is_saved_changes_no_answer(practice: Notebook, lab: Lab) -> None:
    name = "generatereportworkflow"
    text = practice.blank(name).text
    rooms.until(lambda: saved(lab, name) == text, "JupyterLab to save by itself", limit=60)
    check = practice.check(name)
    said = check.run()
    assert said.startswith("✗ Not yet") and "2 of 7 blanks right" in said
    practice.save()
    assert check.run() == said
    assert practice.check("create_pdf_activity").run().startswith("✓ Right")
    said = fill(practice, name)
    assert said.startswith("✓ Right") and "2 of 7 blanks right" in said


@the_whole_lesson
@pytest.mark.usefixtures("before_the_restart")
def test_a_report_is_this_notebooks_own_while_another_one_runs(
    practice: Notebook, lab: Lab
) -> None:
    practice.cell("from temporalio.client import Client").run()
    assert "3 of 7 blanks right" in fill(practice, "worker")
    practice.cell("worker = await start_worker").run()
    ask = practice.cell("prompt = await ask")
    ask.start()
    practice.answer()
    expect(ask.prompt).to_have_text(COUNT)
    assert "4 of 7 blanks right" in fill(practice, "client")
    followed = practice.cell("result = await follow(handle)").run()
    assert "Research report written: research_pdf.pdf" in followed
    assert (lab.tree / PRACTICE).with_name("research_pdf.pdf").exists(), "it is elsewhere"
    assert "5 of 7 blanks right" in fill(practice, "web_ui_hunt")
    assert not practice.errors()


@the_whole_lesson
def test_an_interrupt_ends_a_cell_in_words(practice: Notebook) -> None:
    for begins in ("from temporalio.exceptions import Appl", "from temporalio.common", "async def"):
        practice.cell(begins).run()
    practice.cell("handle = await client.start").run()
    waiting = practice.new_cell_below(practice.cell("receipt(handle)"), "await follow(handle)")
    waiting.start()
    expect(waiting.output).to_contain_text("generate_summary")
    practice.interrupt()
    expect(waiting.prompt).to_have_text(COUNT)
    said = waiting.output.inner_text()
    assert "Traceback" not in said and "CancelledError" not in said, said
    waiting.delete()
    assert not practice.errors()


@the_whole_lesson
def test_after_a_restart_the_lesson_goes_on_where_it_was(practice: Notebook) -> None:
    practice.restart_kernel()
    begin = practice.cell("from workshop import")
    begin.run()
    expect(begin.prompt).to_have_text("[1]:")
    said = practice.check("create_pdf_activity").run()
    assert "has not been run in this kernel" in said
    assert "5 of 7 blanks right. This one was right before, and still counts." in said

    practice.run_above(practice.blank("generate_summary"))
    practice.answer()
    practice.finish()
    assert not practice.errors()
    workflows = practice.panel.locator(".cm-content", has_text="from temporalio import workflow")
    expect(workflows).to_have_count(2)  # the solution was put in once
    assert "6 of 7 blanks right" in fill(practice, "generate_summary")
    mended = practice.cell("worker = await start_worker", nth=1).run()
    assert "Report with summary written: research_pdf.pdf" in mended
    assert "7 of 7 blanks right" in fill(practice, "retry_policy")
    assert not practice.errors()


@the_whole_lesson
def test_closed_and_opened_again_all_is_as_it_was(
    window: BrowserContext, practice: Notebook, lab: Lab
) -> None:
    practice.save()
    practice.page.close()
    again = opened(window, lab, PRACTICE, "practice")
    for blank in ANSWERS:
        said = again.check(blank).run()
        assert "7 of 7 blanks right" in said
        # Cells below the others have defined once more what they define, and `handle`.
        anew = "A later cell has defined", "handle is not the report that you looked at"
        assert said.startswith("✓ Right") or any(words in said for words in anew), said
    assert again.check("retry_policy").output.inner_text().startswith("✓ Right")
    assert "7 of 7 blanks right" in again.cell("progress()").run()
    assert not again.errors()


# --- the finished notebook ---


@the_whole_lesson
def test_all_cells_run_and_none_fails(finished: Notebook) -> None:
    assert finished.errors() == []
    counts = finished.panel.locator(".jp-InputPrompt").all_inner_texts()
    assert [n for n in counts if n.strip()] == [
        f"[{n}]:" for n in range(1, finished.code_cells.count() + 1)
    ]


@the_whole_lesson
def test_a_report_survives_the_restart_of_its_kernel(
    finished: Notebook, before_the_restart: str
) -> None:
    start, follows = finished.cell(TIMER), finished.cell("print(await follow(report")
    said = follows.output.inner_text()
    assert "fired" in said and "research_pdf.pdf" in said, said
    assert run_of(start) == run_of(follows) == before_the_restart


@the_whole_lesson
def test_each_check_says_right(finished: Notebook) -> None:
    checks = finished.cells("await check(")
    assert len(checks) == 7
    for cell in checks:
        said = cell.output.inner_text()
        assert said.startswith("✓ Right") and "does not count as your progress" in said, said


@the_whole_lesson
def test_the_pictures_are_seen(finished: Notebook) -> None:
    pictures = finished.panel.locator(".jp-Cell-outputArea img")
    expect(finished.panel.locator("img[data-diagram]")).to_have_count(5)
    expect(finished.panel.locator('img[alt="First page of research_pdf.pdf"]')).to_have_count(1)
    for number in range(pictures.count()):
        picture = pictures.nth(number)
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert picture.get_attribute("alt")
        assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 100
    timelines = finished.page.locator('svg[role="img"][aria-label^="Timeline of"]')
    assert timelines.count()
    for number in range(timelines.count()):
        timelines.nth(number).scroll_into_view_if_needed()
        expect(timelines.nth(number)).to_be_visible()
        assert timelines.nth(number).locator(".bar").count()
    drawn = finished.panel.locator(".jp-CodeCell", has=timelines)
    looks.take(finished, "lesson-02-timeline", drawn.first)


@the_whole_lesson
def test_the_link_leads_to_the_completed_workflow_in_the_web_ui(finished: Notebook) -> None:
    followed = finished.cell("result = await follow(handle)").output
    (identity,) = set(
        re.findall(r"generate-research-report-workflow-[0-9a-f-]+", followed.inner_text())
    )
    with finished.page.expect_popup() as popup:
        followed.get_by_role("link", name="Web UI").click()
    page: Page = popup.value
    expect(page.get_by_text(identity).first).to_be_visible()
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    expect(page.get_by_text("create_pdf_activity").first).to_be_visible()
    looks.resize(page, 1400)
    # The head of the page alone: the events below name the machine.
    head = {"x": 270, "y": 100, "width": 1130, "height": 390}
    looks.keep(page.screenshot(animations="disabled", clip=head), "web-ui")  # type: ignore[arg-type]
    page.close()


@pytest.fixture(scope="module")
def finished_looks(finished: Notebook) -> Looks:
    """How the timelines, the receipts, a followed Workflow and the status panel look."""
    drawn = finished.panel.locator(".jp-CodeCell", has=finished.page.locator(".workshop-picture"))
    shown = {f"picture {n + 1}": Cell(finished, drawn.nth(n)) for n in range(drawn.count())}
    assert len(shown) > 2
    shown["a followed Workflow"] = finished.cell("result = await follow(handle)")
    shown["the status panel"] = finished.cell("from workshop import")
    return looked_at(finished, shown)


@the_whole_lesson
def test_timelines_and_receipts_are_readable_light_and_dark(finished_looks: Looks) -> None:
    assert not finished_looks.pale


@the_whole_lesson
def test_timelines_and_receipts_fit_wide_and_narrow(finished_looks: Looks) -> None:
    assert not finished_looks.wide


def test_no_page_asks_anything_of_another_machine(asked: list[tuple[str, str]]) -> None:
    assert not asked
