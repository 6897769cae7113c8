"""What a scene or a show has shown: what was killed, what was paid, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.core.display import counted, dollars, lines
from workshop.watching.receipt import Receipt


@dataclass(frozen=True)
class Crash:
    """What one scene showed: a report, and its PDF."""

    receipt: Receipt
    """The calls that this scene's report caused."""
    pdf: Path = Path()
    workflow_id: str = ""
    skipped: str = ""
    """Why the scene was not played, in words."""
    # What the table of scenes knows, and what is known in the end.
    scene: str = ""
    title: str = ""
    killed: str = ""
    """What was killed with SIGKILL, and when, in words."""
    lesson: str = ""
    """What to remember, in a sentence."""
    pages: int = 0
    """Pages of the PDF, which was opened; 0 where it is not whole."""
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        return self.pages > 0 or bool(self.skipped)

    @property
    def closing(self) -> str:
        """What is said when the scene ends."""
        return f"{self.receipt.paid}. {self.lesson}"

    @property
    def result(self) -> str:
        """What came of it, in a few words: the last column of the table of all scenes."""
        if self.skipped:
            return "– not played"
        if not self.well:
            return "✗ missing or broken"
        return f"✓ whole, {counted(self.pages, 'page')}"

    def facts(self) -> list[str]:
        """What was paid and what came of it, in lines."""
        return [f"paid     {self.receipt.paid}", f"PDF      {self.result}"]

    def __repr__(self) -> str:
        if self.skipped:
            return f"– {self.title}: not played. {self.skipped}"
        told = [f"killed   {self.killed}", *self.facts(), self.lesson]
        lines = [*told, *repr(self.receipt).splitlines()]
        return "\n  ".join([f"{'✓' if self.well else '✗'} {self.title}", *lines])


@dataclass(frozen=True, repr=False)
class RowsCrash(Crash):
    """What a pipeline's scene showed: rows in a database, where others write a PDF."""

    rows: tuple[dict[str, Any], ...] = ()
    """What the database holds in the end, a dict a row."""
    expected: int = 1

    @property
    def well(self) -> bool:
        """Whether there are as many rows as the scene is to show."""
        return len(self.rows) == self.expected

    @property
    def closing(self) -> str:
        return self.lesson

    def facts(self) -> list[str]:
        keys = [f"  {number}. key {row['key']}" for number, row in enumerate(self.rows, 1)]
        return [f"paid     {self.receipt.paid}", f"rows     {len(self.rows)}", *keys]


@dataclass(frozen=True, repr=False)
class ChainCrash(Crash):
    """What an agent's scene showed: tools that ran, where others write a PDF."""

    turns: int = 0
    """What the agent's result says."""
    tools: tuple[str, ...] = ()
    """The tools in the order of the Event History."""
    attempts: int = 0
    """How many attempts of tools there were."""
    after: tuple[str, ...] = ()
    """The tools that the new Worker ran."""
    expected: tuple[str, ...] = ()
    """The tools that the goal needs, one a turn; the last of them is left for the new Worker."""

    @property
    def well(self) -> bool:
        """Whether each tool ran once, in order, and each turn was paid once."""
        once = self.tools == self.expected and self.attempts == len(self.expected)
        each_paid = self.receipt.received == self.turns == len(self.expected) + 1
        return once and each_paid and self.after == self.expected[-1:]

    @property
    def closing(self) -> str:
        calls, paid = counted(self.receipt.received, "call"), dollars(self.receipt.dollars)
        return f"{calls} for {self.turns} turns, {paid}. {self.lesson}"

    def facts(self) -> list[str]:
        return [
            f"paid     {self.receipt.paid}, for {self.turns} turns",
            f"tools    {', '.join(self.tools)}: {self.attempts} attempts; after the crash "
            f"{', '.join(self.after)}",
        ]


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
