r"""Reads a bank's file: one answer after another, each its blank's finished cell with edits.

    WRONG
    Task Queue misspelt :: reserch & research|queue :: "research" => "reserch"
    await forgotten :: await
        same as Worker built and not run :: await worker.run() => worker.run()

    RIGHT
    a variable :: "research" => queue :: async def run => queue = "research"\n\n\nasync def run

An answer begins with its name, and a wrong one goes on with the words that tell the mistake and its
remedy: `&` is "and", `|` is "or", capitals do not count. What else there is of it follows behind
`::`, or on lines that are indented by four:

    old => new        where the old text stands, once; `\n` is the end of a line
    old =>> new       wherever the old text stands
    old =>            the old text is taken away
    -line             whole lines one below the other, as in a diff: those with - make way for
    =line             those with +, and those with = stay
    +line
    ~                 between two lines with -: and all lines between them
    @@                between lines that are not one below the other
    |line             a line of a cell written anew
    practice          the edits are made in the practice cell
    same as NAME      has the same remedy as another wrong answer, so that the same may be said
    not attempted     is the verdict, in place of `not yet`
    not run           the text stands in the notebook's saved file, and was not run
    before CODE       was run in the blank's cell before the answer
    after CODE        was run in another cell after it

Edits are made in the order in which they stand. A line that begins with `#` is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from answers import Bank, BankError, Edit, Edited, Right, Wrong

BETWEEN = " :: "
LINE = re.compile(r"[-=+~|](?!.* =>)")
REPLACED = re.compile(r"(.+?) (=>>?)(?: (.+))?")
WORDS = {
    "practice": {"practice": True},
    "not attempted": {"verdict": "not attempted"},
    "not run": {"not_run": True},
}
KEYS = {"same as ": "same_as", "before ": "before", "after ": "after"}


class _Part(NamedTuple):
    """What stands behind `::`, or on a line of its own."""

    text: str
    where: str
    """The file and line."""


def read(file: Path, known: Collection[str] = ()) -> Bank:
    """The answers of a bank's file; what one of them is the same as may be known besides.

    Raises:
        BankError: which line cannot be read, and why.
    """
    found: dict[str, list[list[_Part]]] = {"WRONG": [], "RIGHT": []}
    kind = ""
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        where = f"{file.parent.name}/{file.name}, line {number}"
        code = line.removeprefix("    ")
        whole = code != line and LINE.match(code)
        parts = [_Part(text, where) for text in ([code] if whole else code.split(BETWEEN))]
        if line in found:
            kind = line
        elif code != line and code and kind and found[kind]:
            found[kind][-1] += parts
        elif kind and line and line == line.strip() and line[0] != "#":
            found[kind].append(parts)
        elif line and line[0] != "#":
            raise BankError(
                f"{where}: neither WRONG, RIGHT, a name nor, indented by 4, part of one."
            )
    names = {*known, *(answer[0].text for answer in found["WRONG"])}
    return Bank(
        [_wrong(*answer, names=names) for answer in found["WRONG"]],
        [_right(*answer) for answer in found["RIGHT"]],
    )


def _wrong(name: _Part, *parts: _Part, names: Collection[str]) -> Wrong:
    if not parts or " =>" in parts[0].text:
        raise BankError(f"{name.where}: behind {name.text!r} stands what tells the mistake.")
    given = _given(parts[1:])
    if given.get("same_as", name.text) not in names:
        raise BankError(f"{name.where}: {name.text!r} is the same as an answer that there is not.")
    return Wrong(name.text, says=tuple(parts[0].text.split(" & ")), **given)


def _right(name: _Part, *parts: _Part) -> Right:
    given = _given(parts)
    if other := given.keys() - {"text", "before", "after"}:
        raise BankError(f"{name.where}: a right answer has no {', '.join(other)}.")
    return Right(name.text, **given)


def _given(parts: tuple[_Part, ...]) -> dict[str, Any]:
    """What an answer has besides its name and words.

    Raises:
        BankError: a part is nothing that an answer has, or is there twice.
    """
    given: dict[str, Any] = {}
    edits: list[Edit] = []
    anew: list[str] = []
    for mark, group in groupby(parts, _mark):
        if mark == "|":
            anew += [part.text[1:] for part in group]
        elif mark:
            edits.append(_lines([*group]))
        else:
            for text, where in group:
                if edit := REPLACED.fullmatch(text):
                    old, arrow, new = (_ends(part or "") for part in edit.groups())
                    edits.append(Edit(old, new, where, every=arrow == "=>>"))
                elif text != "@@":
                    more = _keyword(text, where)
                    if more.keys() & given.keys():
                        raise BankError(f"{where}: {text!r}, and this answer has another one.")
                    given |= more
    text = Edited(tuple(edits), given.pop("practice", False), "\n".join(anew) if anew else None)
    return {"text": text, **given}


def _mark(part: _Part) -> str:
    """The mark of a line written anew, any mark of a line in its place, or nothing."""
    return ("|" if part.text[0] == "|" else "-") if LINE.match(part.text) else ""


def _keyword(text: str, where: str) -> dict[str, Any]:
    if text in WORDS:
        return WORDS[text]
    for word, key in KEYS.items():
        if text.startswith(word):
            value = _ends(text.removeprefix(word))
            return {key: (Edited(whole=value),) if key == "before" else value}
    raise BankError(
        f"{where}: {text!r} is nothing that an answer has; reader.py tells what it has."
    )


def _lines(parts: list[_Part]) -> Edit:
    """The edit that whole lines with marks are."""
    old, up_to, new = "\n", "", "\n"
    for mark, code in ((part.text[0], f"{part.text[1:]}\n") for part in parts):
        if mark == "~":
            up_to = "\n"
        elif mark in "-=" and up_to:
            up_to += code
        elif mark in "-=":
            old += code
        if mark in "+=":
            new += code
    if old in ("\n", new) or up_to == "\n":
        raise BankError(
            f"{parts[0].where}: of these lines none makes way, or none tells the place."
        )
    return Edit(old, new, parts[0].where, up_to=up_to)


def _ends(text: str) -> str:
    return text.replace(r"\n", "\n")
