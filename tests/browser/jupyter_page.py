"""JupyterLab as a person uses it: open a notebook, press keys, use menus, look at what is shown."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

LIMIT = 300_000.0
"""Milliseconds for a page, a sign on it or a cell, which a busy machine may need. What comes is
seen at once. Where it does not come, that is waited for once: tests that need it are not tried."""
NOTEBOOK_LIMIT = 6 * LIMIT
"""For all cells of a notebook."""
ASKED = LIMIT / 10
"""For a sign that an entry of the menu was heard."""
expect.set_options(timeout=LIMIT)
COUNT = re.compile(r"^\[\d+\]:$")
_NOTES_A_CHANGE = """(prompt) => {
  prompt.changed = false;
  const observer = new MutationObserver(() => { prompt.changed = true; observer.disconnect(); });
  observer.observe(prompt, {childList: true, characterData: true, subtree: true});
}"""


class Lab:
    """A running JupyterLab: the folder that it serves, and its address as it prints it."""

    def __init__(self, tree: Path, printed: str) -> None:
        self.tree = tree
        self._parts = urllib.parse.urlsplit(printed)

    def address(self, path: str, workspace: str = "") -> str:
        """Of a file of that folder; in a workspace of its own, where one is named."""
        base = f"/lab/workspaces/{workspace}" if workspace else "/lab"
        place = f"{base}/tree/{urllib.parse.quote(path)}"
        return urllib.parse.urlunsplit(self._parts._replace(path=place))


class Notebook:
    """A notebook in a browser's page. Cells are named by how their text begins."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.add_locator_handler(page.locator(".jp-Dialog"), self._dismiss)
        page.goto(address)
        self.panel = page.locator(".jp-NotebookPanel:visible")
        self.panel.wait_for()
        # The file browser takes half of a narrow window.
        if page.locator(".jp-FileBrowser:visible").count():
            page.keyboard.press("Control+b")
        # A kernel that is not there yet would ask which one is meant.
        self.panel.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()

    def _dismiss(self, dialog: Locator) -> None:
        """JupyterLab asks something now and then when it opens; a failing test shows what."""
        said = " ".join(dialog.first.inner_text().split())
        print("JupyterLab asked:", said)
        if said.startswith("Select Kernel"):  # on a busy machine; the right one is chosen already
            dialog.first.locator("button.jp-mod-accept").click()
        else:
            dialog.first.press("Escape")

    @property
    def code_cells(self) -> Locator:
        return self.panel.locator(".jp-CodeCell")

    def cell(self, begins: str, nth: int = 0) -> Cell:
        """The code cell whose text begins so; of several, `nth`."""
        wanted = re.compile(r"^\s*" + re.escape(begins))
        return Cell(self, self.code_cells.filter(has=self._editor(wanted)).nth(nth))

    def cells(self, begins: str) -> list[Cell]:
        """All code cells whose text begins so."""
        wanted = re.compile(r"^\s*" + re.escape(begins))
        found = self.code_cells.filter(has=self._editor(wanted))
        return [Cell(self, found.nth(n)) for n in range(found.count())]

    def check(self, blank: str) -> Cell:
        """The check of a blank."""
        return self.cell(f'await check("{blank}")')

    def blank(self, blank: str) -> Cell:
        """The cell of a blank: the one above its check."""
        return Cell(self, self.code_cells.nth(self.check(blank).number - 1))

    def new_cell_below(self, cell: Cell, text: str) -> Cell:
        """Make a new cell under another, and type into it."""
        cell.select()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        self.page.keyboard.press("Enter")
        self.page.keyboard.type(text)
        return self.cell(text)

    def _editor(self, wanted: re.Pattern[str]) -> Locator:
        return self.page.locator(".cm-content").filter(has_text=wanted)

    def menu(self, *words: str) -> None:
        """Choose from the menus, such as `menu("Run", "Run All Cells")`."""
        bar, *rest = words
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{re.escape(bar)}$")).click()
        for depth, word in enumerate(rest):
            menu = self.page.locator(".lm-Menu").nth(depth)
            label = menu.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(word)}$"))
            label.click()

    def run_all(self) -> None:
        """Have all cells run, and return when they wait for their turn."""
        last = self.code_cells.last.locator(".jp-InputPrompt")
        self._ask_until("Run All Cells", lambda: expect(last).to_have_text("[*]:", timeout=ASKED))

    def _ask_until(self, entry: str, seen: Callable[[], None]) -> None:
        """Choose an entry of the menu Run until it shows.

        Asked for while the kernel is still to come, as on a busy machine, it does nothing.
        """
        for again in (True, True, True, True, False):
            self.menu("Run", entry)
            try:
                return seen()
            except AssertionError:
                if not again:
                    raise

    def run_above(self, cell: Cell) -> None:
        """Have all cells above one run, and return when they wait for their turn."""
        above = self.code_cells.nth(cell.number - 1).locator(".jp-InputPrompt")
        cell.select()
        self._ask_until(
            "Run All Above Selected Cell",
            lambda: expect(above).to_have_text("[*]:", timeout=ASKED),
        )

    def answer(self) -> None:
        """Where a cell asks, wait for its question and press Enter; a cell in red ends the wait."""
        if not self.panel.locator(".cm-content", has_text="await ask(").count():
            return
        box = self.panel.locator("input.jp-Stdin-input")
        expect(box.or_(self.red).first).to_be_visible(timeout=NOTEBOOK_LIMIT)
        assert not self.errors()
        box.press("Enter")

    def run_until(self, last: Cell) -> None:
        """Have the cells run from the top down to one that has not been run yet."""
        above = self.code_cells.nth(last.number - 1).locator(".jp-InputPrompt")
        last.select()
        begun = re.compile(r"^\[(\d+|\*)\]:$")
        self._ask_until(
            "Run All Above Selected Cell",
            lambda: expect(above).to_have_text(begun, timeout=ASKED),
        )
        expect(above).to_have_text(COUNT)
        last.run()
        expect(last.prompt).to_have_text(COUNT)

    def save(self) -> None:
        """Press Ctrl+S, and return when nothing is left to save."""
        self.page.keyboard.press("Control+s")
        expect(self.page.locator(".lm-mod-current.jp-mod-dirty")).to_have_count(0)

    def restart_kernel(self) -> None:
        """Restart from the menu, and say yes to its question.

        Cells that are run from now on wait for the new kernel.
        """
        self.menu("Kernel", "Restart Kernel…")
        # Not by locators: before they act, `_dismiss` answers each question with no.
        yes = "document.querySelector('.jp-Dialog button.jp-mod-accept')"
        self.page.wait_for_function(yes)
        self.page.evaluate(f"{yes}.click()")
        self.page.wait_for_function(f"!{yes}")

    def interrupt(self) -> None:
        """Press I twice beside a cell, as JupyterLab has it."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("i")
        self.page.keyboard.press("i")

    def finish(self) -> None:
        """Wait until no cell runs or waits."""
        waiting = self.panel.locator(".jp-InputPrompt", has_text="[*]:")
        expect(waiting).to_have_count(0, timeout=NOTEBOOK_LIMIT)

    @property
    def red(self) -> Locator:
        """What is shown in red under any cell."""
        kinds = "application/vnd.jupyter.error", "application/vnd.jupyter.stderr"
        red = ", ".join(f'.jp-OutputArea-output[data-mime-type="{kind}"]' for kind in kinds)
        return self.panel.locator(red)

    def errors(self) -> list[str]:
        """The words that are shown in red."""
        return self.red.all_inner_texts()

    def theme(self, name: str) -> None:
        """Change the theme, as in "JupyterLab Dark"."""
        light = "false" if "Dark" in name else "true"
        if self.page.locator("body").get_attribute("data-jp-theme-light") == light:
            return
        self.menu("Settings", "Theme", name)
        self.page.locator(f'body[data-jp-theme-light="{light}"]').wait_for(state="attached")


class Cell:
    """One code cell."""

    def __init__(self, notebook: Notebook, place: Locator) -> None:
        self.notebook, self.place = notebook, place

    @property
    def prompt(self) -> Locator:
        return self.place.locator(".jp-InputPrompt")

    @property
    def number(self) -> int:
        """Its place among the code cells, from 0."""
        js = "cell => [...cell.parentElement.querySelectorAll('.jp-CodeCell')].indexOf(cell)"
        return int(self.place.evaluate(js))

    @property
    def output(self) -> Locator:
        return self.place.locator(".jp-Cell-outputArea")

    @property
    def lines(self) -> Locator:
        return self.place.locator(".cm-line")

    @property
    def text(self) -> str:
        return "\n".join(self.lines.all_text_contents())

    def select(self) -> None:
        """Click beside it until it is the active one: outputs that come may move it away."""
        active = self.place.and_(self.notebook.panel.locator(".jp-mod-active"))
        for _ in range(5):
            self.prompt.click()
            try:
                expect(active).to_have_count(1, timeout=2000)
                return
            except AssertionError:
                continue
        expect(active).to_have_count(1)

    def start(self) -> None:
        """Have it run with Ctrl+Enter."""
        self.select()
        # A stored number may be the one that comes, and a look now and then misses the star.
        prompt = self.prompt.element_handle()
        prompt.evaluate(_NOTES_A_CHANGE)
        self.notebook.page.keyboard.press("Control+Enter")
        self.notebook.page.wait_for_function("prompt => prompt.changed", arg=prompt)

    def run(self) -> str:
        """Run it with Ctrl+Enter. Returns what it shows, when it has ended."""
        self.start()
        expect(self.prompt).to_have_text(COUNT)
        return self.output.inner_text()

    def replace_line(self, has: str, new: str) -> None:
        """Type another line in the place of the one that holds a text, indented alike."""
        lines = self.text.split("\n")
        (number,) = [n for n, line in enumerate(lines) if has in line]
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        self.type_over(number, number + 1, [indent + new])

    def type_over(self, first: int, end: int, new: list[str]) -> None:
        """Click into line `first`, choose all down to the one before `end`, and type others."""
        self.lines.nth(first).click()
        keyboard = self.notebook.page.keyboard
        # From a line's end, JupyterLab's Home key goes to its first letter, then to its beginning.
        for key in "End", "Home", "Home", *["Shift+ArrowDown"] * (end - first - 1), "Shift+End":
            keyboard.press(key)
        for number, line in enumerate(new):
            if number:
                keyboard.press("Enter")
                keyboard.press("Shift+Home")  # the indentation that came with it
            keyboard.type(line)

    def delete(self) -> None:
        """Take the cell out: D twice beside it."""
        self.select()
        for key in ("Escape", "d", "d"):
            self.notebook.page.keyboard.press(key)

    def uncomment(self, begins: str) -> None:
        """Take `# ` away from the line that begins so."""
        self.lines.filter(has_text=begins).click()
        keyboard = self.notebook.page.keyboard
        for key in ("Home", "Delete", "Delete"):
            keyboard.press(key)
