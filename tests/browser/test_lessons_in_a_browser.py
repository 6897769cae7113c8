"""Lessons as they are seen and touched: JupyterLab and the Web UI in a real browser.

Lesson 02 always; with EVERY_NOTEBOOK=1 lessons 01, 03 and 05 as well.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import looks
import pytest
import room as rooms
from jupyter_page import COUNT, Cell, Lab, Notebook
from kernels import ROOT
from playwright.sync_api import BrowserContext, Page, expect
from worked_through import LESSONS, OFTEN, Lesson, differences, fill, go_on, half_right

ONLY_02 = pytest.mark.parametrize("lesson", LESSONS[:1], ids=["02"], indirect=True)
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
the_whole_lesson = pytest.mark.rotates("pages", "a whole lesson", among=8)
"""Both notebooks to their end; what comes before saves the practice notebook."""
the_beginning = pytest.mark.smaller
"""With --quick it may be all; with --rest the rest needs it once more."""


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


def in_the_file(lab: Lab, path: str) -> list[str]:
    """The code cells of a notebook's file, which is empty for a moment when JupyterLab saves it."""

    def read() -> list[str] | None:
        text = (lab.tree / path).read_text(encoding="utf-8")
        if not text.endswith("}\n"):
            return None
        cells = json.loads(text)["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    return rooms.until(read, f"all of {path}", limit=30)


@pytest.fixture(scope="module", params=OFTEN, ids=lambda lesson: lesson.number)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return request.param  # type: ignore[no-any-return]


def opened(window: BrowserContext, lab: Lab, path: str, workspace: str) -> Notebook:
    cells = in_the_file(lab, path)
    page = window.new_page()
    notebook = Notebook(page, lab.address(path, workspace))
    expect(notebook.code_cells).to_have_count(len(cells))
    return notebook


@pytest.fixture(scope="module")
def practice(window: BrowserContext, lab: Lab, lesson: Lesson) -> Notebook:
    """The practice notebook, run as far as its first blank."""
    notebook = opened(window, lab, lesson.practice, f"practice-{lesson.number}")
    first = notebook.blank(lesson.blanks[0].name)
    notebook.run_until(Cell(notebook, notebook.code_cells.nth(first.number - 1)))
    assert not notebook.errors()
    return notebook


@pytest.fixture(scope="module")
def running(window: BrowserContext, lab: Lab, lesson: Lesson, practice: Notebook) -> Notebook:
    """The finished notebook, on its way to the Workflow that waits for a timer.

    It waits a good deal by itself; what the practice notebook does meanwhile starts no Worker.
    """
    notebook = opened(window, lab, lesson.finished, f"finished-{lesson.number}")
    notebook.run_above(notebook.cell(lesson.running))
    notebook.answer()
    return notebook


@pytest.fixture(scope="module")
def before_the_restart(running: Notebook, lesson: Lesson) -> str:
    """What that cell links to. It waits, the kernel is restarted, and all cells run again."""
    running.finish()
    start = running.cell(lesson.running)
    assert lesson.waiting in start.run(), start.output.inner_text()
    assert not running.errors()
    links = start.output.get_by_role("link", name="Web UI").all()
    linked = [link.get_attribute("href") or "" for link in links]
    running.restart_kernel()
    running.run_all()
    running.answer()
    return "".join(linked)


@pytest.fixture(scope="module")
def finished(running: Notebook, before_the_restart: str) -> Notebook:
    """The finished notebook when all its cells have run."""
    running.finish()
    return running


def link_of(cell: Cell) -> str:
    """Where the link above the rows leads: to a run."""
    link = cell.output.get_by_role("link", name="Web UI").get_attribute("href") or ""
    assert re.search(r"/workflows/[^/]+/([0-9a-f-]+)/history", link), cell.output.inner_text()
    return link


# --- the practice notebook ---


@the_beginning
@pytest.mark.step
def test_a_blank_is_not_attempted_then_not_yet_then_right(
    practice: Notebook, lesson: Lesson
) -> None:
    name = lesson.blanks[0].name
    blank, check = practice.blank(name), practice.check(name)
    assert check.run().startswith(f"– Not attempted: {name}")

    line, half, missing = lesson.half or half_right(lesson.blanks[0])
    blank.replace_line(line, half)
    blank.run()
    said = check.run()
    assert said.startswith(f"✗ Not yet: {name}")
    assert re.search(r"\nSaw .", said) and missing not in said
    assert said.rstrip().endswith(f'More help: hint("{name}")')
    looks.take(practice, f"lesson-{lesson.number}-checks", blank.place, check.place)

    check.uncomment("# hint(")
    hinted = check.run().partition("Hint: ")[2]
    assert hinted
    assert check.run().partition("Hint: ")[2] == hinted, "nothing has changed"

    said = fill(practice, lesson, lesson.blanks[0])
    assert said.startswith(f"✓ Right: {name}") and "Hint" not in said
    assert not practice.errors()


@the_beginning
@pytest.mark.step
def test_the_solution_is_an_uncommented_line_away_and_comes_once(
    practice: Notebook, lesson: Lesson
) -> None:
    first, second = (practice.check(blank.name) for blank in lesson.blanks[:2])
    go_on(practice, lesson, first.number, practice.blank(lesson.blanks[1].name))
    before = practice.code_cells.count()
    second.uncomment("# solution(")
    second.run()
    expect(practice.code_cells).to_have_count(before + 1)
    second.run()
    practice.save()
    second.run()
    below = Cell(practice, practice.code_cells.nth(second.number + 1))
    assert below.text == lesson.blanks[1].finished
    below.run()
    assert second.run().startswith("✓ Right")
    expect(practice.code_cells).to_have_count(before + 1)
    load = second.text.partition("# In an empty cell: ")[2]
    below.type_over(0, below.lines.count(), [load])
    below.run()
    expect(below.lines.first).to_have_text(f"# {load}")
    assert below.text.rstrip() == f"# {load}\n{lesson.blanks[1].finished}"
    below.run()
    assert second.run().startswith("✓ Right")
    assert not practice.errors()


@pytest.fixture(scope="module")
def practice_looks(practice: Notebook, lesson: Lesson) -> Looks:
    """How the three outcomes of a check and the progress look."""
    first, second, third = (practice.check(blank.name) for blank in lesson.blanks[:3])
    half = practice.blank(lesson.blanks[1].name)
    half.replace_line(*differences(lesson.blanks[1])[0])
    half.run()
    progress = practice.new_cell_below(first, "progress()")
    shown = {"✓ Right": first, "✗ Not yet": second, "– Not attempted": third}
    shown["blanks right"] = progress
    for words, cell in shown.items():
        assert words in cell.run()
    found = looked_at(practice, shown)
    progress.delete()
    return found


@the_beginning
def test_checks_and_progress_are_readable_and_fit_light_and_dark(practice_looks: Looks) -> None:
    assert practice_looks == Looks()


# --- the rest of the lesson, as people work through it: they save, interrupt, restart, reopen ---


@the_beginning
@pytest.mark.step
@pytest.mark.usefixtures("practice_looks")
def test_what_is_saved_changes_no_answer(practice: Notebook, lab: Lab, lesson: Lesson) -> None:
    first, second = lesson.blanks[:2]
    text = practice.blank(second.name).text
    rooms.until(
        lambda: text in in_the_file(lab, lesson.practice), "JupyterLab to save by itself", limit=60
    )
    check = practice.check(second.name)
    said = check.run()
    assert said.startswith("✗ Not yet") and lesson.progress(2) in said
    practice.save()
    assert check.run() == said
    assert practice.check(first.name).run().startswith("✓ Right")
    assert fill(practice, lesson, second).startswith("✓ Right")


@the_whole_lesson
@pytest.mark.step
@pytest.mark.usefixtures("before_the_restart")
def test_work_goes_on_while_another_notebook_of_the_lesson_runs(
    practice: Notebook, lesson: Lesson
) -> None:
    done = practice.check(lesson.blanks[1].name).number + 2  # with its solution's cell
    go_on(practice, lesson, done, practice.blank(lesson.restart))


@the_whole_lesson
@pytest.mark.step
def test_an_interrupt_ends_a_cell_in_words(practice: Notebook, lesson: Lesson) -> None:
    cell, shows = lesson.waits
    above = Cell(practice, practice.code_cells.nth(practice.blank(lesson.restart).number - 1))
    waiting = practice.new_cell_below(above, cell)
    waiting.start()
    expect(waiting.output).to_contain_text(shows)
    practice.interrupt()
    expect(waiting.prompt).to_have_text(COUNT)
    said = waiting.output.inner_text()
    assert "Traceback" not in said and "CancelledError" not in said, said
    waiting.delete()
    assert not practice.errors()


@the_whole_lesson
@pytest.mark.step
def test_after_a_restart_the_lesson_goes_on_where_it_was(
    practice: Notebook, lab: Lab, lesson: Lesson
) -> None:
    before = practice.code_cells.count()
    names = [blank.name for blank in lesson.blanks]
    right = lesson.progress(names.index(lesson.restart))
    practice.restart_kernel()
    begin = Cell(practice, practice.code_cells.nth(1))
    assert begin.run().startswith("✓ Ready for lesson")
    expect(begin.prompt).to_have_text("[1]:")
    said = practice.check(names[0]).run()
    assert "has not been run in this kernel" in said
    assert f"{right}. This one was right before, and still counts." in said

    here = practice.blank(lesson.restart)
    practice.run_above(here)
    practice.answer()
    practice.finish()
    assert not practice.errors()
    expect(practice.code_cells).to_have_count(before)  # the solution was put in once
    last = practice.cell(lesson.ends)
    go_on(practice, lesson, here.number, last)
    last.run()
    for (begins, nth), words in lesson.shown.items():
        assert words in practice.cell(begins, nth).output.inner_text()
    beside = (lab.tree / lesson.practice).parent / lesson.written
    assert beside.exists(), "it is elsewhere"


@the_whole_lesson
@pytest.mark.step
def test_closed_and_opened_again_all_is_as_it_was(
    window: BrowserContext, practice: Notebook, lab: Lab, lesson: Lesson
) -> None:
    practice.save()
    practice.page.close()
    again = opened(window, lab, lesson.practice, f"practice-{lesson.number}")
    right = lesson.progress(len(lesson.blanks))
    for blank in lesson.blanks:
        said = again.check(blank.name).run()
        assert right in said
        # Cells below the others have defined once more what they define, and `handle`.
        anew = "A later cell has defined", "handle is not the report that you looked at"
        assert said.startswith("✓ Right") or any(words in said for words in anew), said
    assert again.check(lesson.blanks[-1].name).output.inner_text().startswith("✓ Right")
    assert right in again.cell("progress()").run()
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
@ONLY_02
def test_a_report_survives_the_restart_of_its_kernel(
    finished: Notebook, lesson: Lesson, before_the_restart: str
) -> None:
    start, follows = finished.cell(lesson.running), finished.cell("print(await follow(report")
    said = follows.output.inner_text()
    assert "fired" in said and "research_pdf.pdf" in said, said
    assert link_of(start) == link_of(follows) == before_the_restart


@the_whole_lesson
def test_each_check_says_right(finished: Notebook, lesson: Lesson) -> None:
    checks = finished.cells("await check(")
    assert len(checks) == len(lesson.blanks)
    for cell in checks:
        said = cell.output.inner_text()
        assert said.startswith("✓ Right") and "does not count as your progress" in said, said


@the_whole_lesson
def test_the_pictures_are_seen(finished: Notebook, lesson: Lesson) -> None:
    pictures = finished.panel.locator(".jp-Cell-outputArea img")
    stored = (ROOT / lesson.finished).read_text(encoding="utf-8")
    expect(pictures).to_have_count(stored.count("<img "))
    for number in range(pictures.count()):
        picture = pictures.nth(number)
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert picture.get_attribute("alt")
        assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 100
    if "await timeline(" not in stored:
        return  # a lesson without Workflows
    timelines = finished.page.locator('svg[role="img"][aria-label^="Timeline of"]')
    assert timelines.count()
    for number in range(timelines.count()):
        timelines.nth(number).scroll_into_view_if_needed()
        expect(timelines.nth(number)).to_be_visible()
        assert timelines.nth(number).locator(".bar").count()
    drawn = finished.panel.locator(".jp-CodeCell", has=timelines)
    looks.take(finished, f"lesson-{lesson.number}-timeline", drawn.first)


@the_whole_lesson
@ONLY_02
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
    """How all looks that is shown: timelines, receipts, followed Workflows, the status panel."""
    words = finished.page.locator(".jp-Cell-outputArea", has_text=re.compile(r"\S"))
    cells = finished.code_cells.filter(has=words)
    assert finished.panel.locator(".workshop-picture").count() > 2
    return looked_at(
        finished, {f"cell {n}": Cell(finished, cells.nth(n)) for n in range(cells.count())}
    )


@the_whole_lesson
def test_all_that_is_shown_is_readable_and_fits_light_and_dark(
    finished: Notebook, finished_looks: Looks
) -> None:
    assert finished_looks == Looks()
    formulas = finished.panel.locator(".jp-Cell-outputArea mjx-container")
    assert not formulas.all_inner_texts(), "what is between two $ is none"


@pytest.mark.usefixtures("lesson")  # each of them
def test_no_page_asks_anything_of_another_machine(asked: list[tuple[str, str]]) -> None:
    assert not asked
