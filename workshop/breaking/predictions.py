"""Predictions beside what happened: kept when a kernel restarts, and compared."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path

from workshop.breaking.switches import FAULTS
from workshop.core import disk, settings
from workshop.core.display import table
from workshop.core.svg import figure

FILE = "predictions.json"
COLUMNS = ("Fault", "You said", "It did", "Verdict")


@dataclass(frozen=True)
class Score:
    """Predictions beside what happened. In a notebook it shows itself as a table."""

    rows: tuple[tuple[str, str, str], ...]
    """Fault, prediction and what happened; the last two are empty where there is none yet."""

    @property
    def right(self) -> int:
        return sum(predicted == happened != "" for _, predicted, happened in self.rows)

    @property
    def seen(self) -> int:
        """How many faults were predicted and run."""
        return sum(bool(predicted and happened) for _, predicted, happened in self.rows)

    @property
    def summary(self) -> str:
        left = [fault for fault, predicted, happened in self.rows if not (predicted and happened)]
        said = f"{self.right} of {self.seen} predictions right."
        return f"{said} Still to do: {', '.join(left)}." if left else said

    def _cells(self) -> list[list[str]]:
        return [
            [fault, predicted or "–", happened or "–", verdict(predicted, happened)]
            for fault, predicted, happened in self.rows
        ]

    def __repr__(self) -> str:
        return f"{as_text(self._cells())}\n{self.summary}"

    def _repr_html_(self) -> str:
        return figure(table(COLUMNS, self._cells(), html.escape(self.summary), named=True))


def verdict(predicted: str, happened: str) -> str:
    """Prediction and truth, compared in words."""
    if not (predicted and happened):
        return "… not run yet"
    return "✓ as predicted" if predicted == happened else "✗ not as predicted"


def as_text(rows: list[list[str]], more: tuple[str, ...] = ()) -> str:
    """Fault by fault: the first cells in a line, those of more columns each below it."""
    lines = []
    for fault, predicted, happened, told, *cells in rows:
        lines.append(f"{fault:<10} you said: {predicted:<11} it did: {happened:<18} {told}")
        lines += [f"  {name}: {cell}" for name, cell in zip(more, cells, strict=True) if cell]
    return "\n".join(lines)


def score() -> Score:
    """All that is kept."""
    return Score(tuple((name, kept(name, "predicted"), kept(name, "happened")) for name in FAULTS))


def kept(fault: str, what: str) -> str:
    """What was "predicted" of a fault, or "happened"; empty where nothing was."""
    return _read().get(fault, {}).get(what, "")


def keep(fault: str, predicted: str, happened: str = "") -> None:
    """Keep a prediction and, where the fault was run, what happened."""
    both = _read() | {fault: {"predicted": predicted, "happened": happened}}
    disk.ready(_file().parent)
    disk.write_whole(_file(), json.dumps(dict(sorted(both.items())), indent=1))


def _read() -> dict[str, dict[str, str]]:
    """What is kept; nothing where the file is missing or spoilt."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: {key: word for key, word in one.items() if isinstance(word, str)}
        for name, one in found.items()
        if name in FAULTS and isinstance(one, dict)
    }


def _file() -> Path:
    return settings.load().folder / FILE
