"""What a scene or a show has shown: what was killed, what was paid, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workshop.core.display import counted, dollars, lines
from workshop.watching.receipt import Receipt


@dataclass(frozen=True)
class Crash:
    """What one scene showed."""

    receipt: Receipt
    """The calls that this scene caused."""
    well: bool = False
    """Whether it came out as it should: a whole PDF, the right rows, each tool once."""
    facts: tuple[str, ...] = ()
    """What was paid and what came of it, in lines."""
    closing: str = ""
    """What is said when the scene ends; where it is empty, the lesson."""
    pdf: Path = Path()
    pages: int = 0
    """Pages of the PDF, which was opened; 0 where there is none, or it is not whole."""
    rows: tuple[dict[str, Any], ...] = ()
    """What a pipeline's database holds in the end, a dict a row."""
    workflow_id: str = ""
    skipped: str = ""
    """Why the scene was not played, in words."""
    # What the table of scenes knows, and what is known in the end.
    title: str = ""
    killed: str = ""
    """What was killed with SIGKILL, and when, in words."""
    lesson: str = ""
    """What to remember, in a sentence."""

    @property
    def result(self) -> str:
        """What became of the PDF, in a few words: the last column of the table of all scenes."""
        if self.skipped:
            return "– not played"
        return f"✓ whole, {counted(self.pages, 'page')}" if self.well else "✗ missing or broken"

    def with_pdf(self, pages: int) -> Crash:
        """The same, once its PDF was opened."""
        done = replace(self, pages=pages, well=pages > 0)
        facts = (f"paid     {self.receipt.paid}", f"PDF      {done.result}")
        return replace(done, facts=facts, closing=f"{self.receipt.paid}. {self.lesson}")

    def __repr__(self) -> str:
        if self.skipped:
            return f"– {self.title}: not played. {self.skipped}"
        told = [f"killed   {self.killed}", *self.facts, self.lesson]
        lines = [*told, *repr(self.receipt).splitlines()]
        return "\n  ".join([f"{'✓' if self.well else '✗'} {self.title}", *lines])


@dataclass(frozen=True)
class Show:
    """What a demo showed that played by itself."""

    well: bool
    told: str
    """What is to be read at the end, in lines."""
    seconds: float = 0.0

    def __repr__(self) -> str:
        return f"{self.told}\n\nPlayed in {self.seconds:.0f} s.".lstrip("\n")


def side_by_side(crashes: list[Crash]) -> Show:
    """What several scenes showed, as a table."""
    rows = [("One report each", "calls", "dollars", "PDF")]
    rows += [
        (one.title, f"{one.receipt.received:>5}", dollars(one.receipt.dollars), one.result)
        for one in crashes
    ]
    return Show(all(crash.well for crash in crashes), "\n".join(lines(rows)))
