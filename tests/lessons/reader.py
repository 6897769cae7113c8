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
    from NAME         the edits are made in another answer, which stands above
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

from answers import FINISHED, PRACTICE, Bank, BankError, Edit, Edited, Right, Text, Wrong, whole

BETWEEN = " :: "
LINE = re.compile(r"[-=+~|](?!.* =>)")
REPLACED = re.compile(r"(.+?) (=>>?)(?: (.+))?")
WORDS: dict[str, dict[str, Any]] = {
    "practice": {"start": PRACTICE},
    "not attempted": {"verdict": "not attempted"},
    "not run": {"not_run": True},
}


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
        is_line = code != line and LINE.match(code)
        parts = [_Part(text, where) for text in ([code] if is_line else code.split(BETWEEN))]
        if line in found:
            kind = line
        elif code != line and code and kind and found[kind]:
            found[kind][-1] += parts
        elif kind and line and line == line.strip() and line[0] != "#":
            found[kind].append(parts)
        elif line and line[0] != "#":
            raise BankError(f"{where}: neither WRONG, RIGHT, a name nor, indented by 4, its part.")
    texts: dict[str, Text] = {}
    wrong = [_wrong(*answer, texts=texts) for answer in found["WRONG"]]
    right = [_right(*answer, texts=texts) for answer in found["RIGHT"]]
    names = {None, *known, *(answer.name for answer in wrong)}
    for answer, (name, *_) in zip(wrong, found["WRONG"], strict=True):
        if answer.same_as not in names:
            raise BankError(f"{name.where}: there is no wrong answer {answer.same_as!r}.")
    return Bank(wrong, right)


def _wrong(name: _Part, *parts: _Part, texts: dict[str, Text]) -> Wrong:
    if not parts or " =>" in parts[0].text:
        raise BankError(f"{name.where}: behind {name.text!r} stands what tells the mistake.")
    given = _given(parts[1:], texts)
    texts[name.text] = given["text"]
    return Wrong(name.text, says=tuple(parts[0].text.split(" & ")), **given)


def _right(name: _Part, *parts: _Part, texts: dict[str, Text]) -> Right:
    given = _given(parts, texts)
    texts[name.text] = given["text"]
    if other := given.keys() - {"text", "before", "after"}:
        raise BankError(f"{name.where}: a right answer has no {', '.join(other)}.")
    return Right(name.text, **given)


def _given(parts: tuple[_Part, ...], texts: dict[str, Text]) -> dict[str, Any]:
    """What an answer has besides its name and words.

    Raises:
        BankError: a part is nothing that an answer has, or is there twice.
    """
    given: dict[str, Any] = {}
    edits: list[Edit] = []

    def give(more: dict[str, Any], part: _Part) -> None:
        if more.keys() & given.keys():
            raise BankError(f"{part.where}: {part.text!r}, and this answer has another one.")
        given.update(more)

    for mark, group in groupby(parts, _mark):
        lines = [*group]
        if mark == "|":
            anew = whole("\n".join(part.text[1:] for part in lines))
            give({"start": anew}, lines[0])
        elif mark:
            edits.append(_lines(lines))
        else:
            for part in lines:
                if edit := REPLACED.fullmatch(part.text):
                    old, arrow, new = (_ends(text or "") for text in edit.groups())
                    edits.append(Edit(old, new, part.where, every=arrow == "=>>"))
                elif part.text != "@@":
                    give(_keyword(part, texts), part)
    return {"text": Edited(tuple(edits), given.pop("start", FINISHED)), **given}


def _mark(part: _Part) -> str:
    """The mark of a line written anew, any mark of a line in its place, or nothing."""
    return ("|" if part.text[0] == "|" else "-") if LINE.match(part.text) else ""


def _keyword(part: _Part, texts: dict[str, Text]) -> dict[str, Any]:
    """What one keyword gives to an answer."""
    match = re.fullmatch(r"(same as|from|before|after) (.+)", part.text)
    word, value = match.groups() if match else (part.text, "")
    if word in WORDS:
        return WORDS[word]
    if word == "same as":
        return {"same_as": value}
    if word == "from" and value in texts:
        return {"start": texts[value]}
    if word == "before":
        return {"before": (whole(_ends(value)),)}
    if word == "after":
        return {"after": _ends(value)}
    what = "no answer that stands above" if word == "from" else "nothing that an answer has"
    raise BankError(f"{part.where}: {part.text!r} is {what}; see reader.py.")


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
