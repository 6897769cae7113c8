"""A bank's file is read to the letter: what is not understood is refused, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
import reader
from answers import Bank, BankError, Blank

CELL = """\
def total(prices):
    result = 0
    for price in prices:
        result += price
    print("total", result)
    return result"""
BLANK = Blank("total", "02", "cell-1", "total = ...", CELL, Path(), Path())


def read(tmp_path: Path, *lines: str) -> Bank:
    file = tmp_path / "total.txt"
    file.write_text("\n".join(["# Answers to an example.", "", *lines, ""]), encoding="utf-8")
    return reader.read(file, ["blank left"])


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("first :: 0 => 1\nother :: from first :: + =>", CELL.replace("0", "1").replace("+", "")),
        ("other :: += => =", CELL.replace("+=", "=")),
        ("other :: 0 => 1 :: + =>", CELL.replace("0", "1").replace("+", "")),
        ("other :: result =>> sum", CELL.replace("result", "sum")),
        (r"other :: result = 0\n    for => for", CELL.replace("result = 0\n    for", "for")),
        ("other :: practice", BLANK.practice),
        ("other :: practice :: ... => 1", "total = 1"),
        ("other\n    |total = sum\n    |\n    |total", "total = sum\n\ntotal"),
        ("other\n    |total = sum\n    sum => max", "total = max"),
        ("other\n    -    result = 0", CELL.replace("    result = 0\n", "")),
        (
            "other\n    =    result = 0\n    +    # all\n"
            "    @@\n    -    return result\n    +    pass",
            CELL.replace("= 0", "= 0\n    # all").replace("return result", "pass"),
        ),
        (
            "other\n    -    result = 0\n    ~\n    -        result += price\n    +    result = 1",
            CELL[:19] + "    result = 1\n" + CELL[CELL.index("    print") :],
        ),
    ],
)
def test_an_answer_is_its_cell_with_edits(written: str, text: str, tmp_path: Path) -> None:
    answer = read(tmp_path, "RIGHT", written).right[-1]
    assert answer.text(BLANK) == text


def test_what_is_said_of_an_answer(tmp_path: Path) -> None:
    lines = (
        "lost :: return|None & last line :: not attempted :: not run :: practice",
        "again :: return :: same as lost :: ... => 1",
        r"    before total = 1\ntotal",
        "    after total = 2",
    )
    lost, again = read(tmp_path, "WRONG", *lines).wrong
    assert (lost.name, lost.says) == ("lost", ("return|None", "last line"))
    assert (lost.verdict, lost.not_run, lost.same_as) == ("not attempted", True, None)
    assert (again.verdict, again.not_run, again.same_as) == ("not yet", False, "lost")
    assert [text(BLANK) for text in again.before] == ["total = 1\ntotal"]
    assert again.after == "total = 2"


@pytest.mark.parametrize(
    ("lines", "line", "told"),
    [
        (["total :: 1 => 2"], 3, "neither WRONG"),
        (["WRONG", "    1 => 2"], 4, "neither WRONG"),
        (["WRONG", "  total :: sum :: 1 => 2"], 4, "neither WRONG"),
        (["WRONG", "total"], 4, "what tells the mistake"),
        (["WRONG", "total :: 1 => 2"], 4, "what tells the mistake"),
        (["WRONG", "total :: sum", "    smae as blank left"], 5, "'smae as blank left'"),
        (["WRONG", "total :: sum :: 1 -> 2"], 4, "'1 -> 2'"),
        (["WRONG", "total :: sum :: same as blank lefft"], 4, "no wrong answer 'blank lefft'"),
        (["WRONG", "total :: sum :: not run", "    not run"], 5, "another one"),
        (["RIGHT", "total :: from another"], 4, "no answer that stands above"),
        (["RIGHT", "total :: not attempted"], 4, "a right answer has no verdict"),
        (["RIGHT", "total", "    +    pass"], 5, "none tells the place"),
        (["RIGHT", "total", "    -    pass", "    ~"], 5, "none tells the place"),
    ],
)
def test_what_is_not_understood_is_refused(
    lines: list[str], line: int, told: str, tmp_path: Path
) -> None:
    with pytest.raises(BankError) as refused:
        read(tmp_path, *lines)
    assert f"total.txt, line {line}: " in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("reslut => sum", "'reslut' does not stand in this cell"),
        ("result => sum", "'result' stands 4 times in this cell"),
        ("reslut =>> sum", "'reslut' does not stand"),
        ("-result = 0", "'result = 0' does not stand"),
        ("-    result = 0\n    ~\n    -    return sum", "does not stand"),
    ],
)
def test_an_edit_that_no_longer_fits_is_refused(edit: str, told: str, tmp_path: Path) -> None:
    (answer,) = read(tmp_path, "RIGHT", "total", f"    {edit}").right
    with pytest.raises(BankError) as refused:
        answer.text(BLANK)
    assert "total.txt, line 5: " in str(refused.value)
    assert told in str(refused.value)
    assert CELL in str(refused.value)
