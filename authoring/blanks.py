"""The marks of a blank: an exercise cell of a source becomes its practice and its finished text.

A mark is a comment on a line of its own, so a formatter leaves it alone:

- `# PROMPT: text` is what the learner sees instead of the next line, indented as the mark is.
  Several are several lines. An empty `# PROMPT:` is no line at all: the blank is a missing line.
- `# BEGIN SOLUTION` … `# END SOLUTION` under the PROMPT lines holds a solution of several lines,
  or of none, where the learner takes the practice lines out. A single line may be a comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_PROMPT = re.compile(r"(?P<indent>\s*)# PROMPT:(?: (?P<text>.*))?$")
_BEGIN = re.compile(r"\s*# BEGIN SOLUTION\s*$")
_END = re.compile(r"\s*# END SOLUTION\s*$")
# A mark that is nearly right would reach the learner as a comment.
_NEARLY = re.compile(r"#\s*(PROMPT\b|(?i:BEGIN|END)[ _](?i:SOLUTION)\b)")
_HISTORY = re.compile(r"\b_{2,3}\b")
_COMMENT = re.compile(r"(^|\s)#.*$")


class Fault(NamedTuple):
    """What is wrong with one line of a cell; `line` counts from 0."""

    line: int
    refusal: str
    """Its name in refusals.cfg."""
    mark: str = ""
    """The words that are nearly a mark."""


@dataclass(frozen=True)
class Blank:
    """One blank: where it starts in either text (lines from 0), and what stands there."""

    practice_at: int
    practice: list[str]
    finished_at: int
    finished: list[str]


@dataclass
class Cell:
    """What the marks of one cell make of it."""

    practice: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    blanks: list[Blank] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def split(text: str) -> Cell:
    """Read the marks of a cell. Where a mark is faulty, the texts are the nearest to be had."""
    lines = text.split("\n")
    cell = Cell()
    at = 0
    while at < len(lines):
        prompt_at, prompts = at, []
        while at < len(lines) and (mark := _PROMPT.match(lines[at])):
            prompts.append(mark)
            at += 1
        if prompts:
            at = _read_solution(cell, lines, prompt_at, at, prompts)
            continue
        if is_mark(lines[at]):
            cell.faults.append(_stray(at, lines[at]))
        else:
            cell.practice.append(lines[at])
            cell.finished.append(lines[at])
        at += 1
    return cell


def _read_solution(
    cell: Cell, lines: list[str], prompt_at: int, at: int, prompts: list[re.Match[str]]
) -> int:
    """Add the blank whose solution starts at line `at`; returns the line after it."""
    block = at < len(lines) and bool(_BEGIN.match(lines[at]))
    if block:
        end = next((n for n in range(at + 1, len(lines)) if is_mark(lines[n])), len(lines))
        solution = lines[at + 1 : end]
        after = end
        if end < len(lines) and _END.match(lines[end]):
            after += 1
        else:
            cell.faults.append(Fault(at, "begin without end"))
    else:
        solution = lines[at : at + 1]
        if solution and is_mark(solution[0]):
            solution = []
        after = at + len(solution)
    practice = [f"{m['indent']}{m['text']}".rstrip() for m in prompts if m["text"]]
    if not block and not "".join(solution).strip():
        cell.faults.append(Fault(prompt_at, "prompt without solution"))
    elif [_code(line) for line in practice] == [_code(line) for line in solution]:
        cell.faults.append(Fault(prompt_at, "blank that is filled in"))
    if any(_HISTORY.search(line) for line in practice):
        cell.faults.append(Fault(prompt_at, "blank of underscores"))
    cell.blanks.append(Blank(len(cell.practice), practice, len(cell.finished), solution))
    cell.practice += practice
    cell.finished += solution
    return after


def is_mark(line: str) -> bool:
    """Whether the line holds a mark, or something that is nearly one."""
    return bool(_NEARLY.search(line))


def _code(line: str) -> str:
    """The line without its comment. Only for comparing: a `#` in a string counts as one."""
    return _COMMENT.sub("", line).rstrip()


def _stray(line: int, text: str) -> Fault:
    if _END.match(text):
        return Fault(line, "end without begin")
    if _BEGIN.match(text):
        return Fault(line, "begin without prompt")
    return Fault(line, "nearly a mark", text.strip())
