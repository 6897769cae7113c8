"""Answers that every blank can have, made from its cell: left open, not run, typed wrongly."""

from __future__ import annotations

import ast
import builtins
import difflib
import io
import keyword
import tokenize
from collections.abc import Callable, Iterator

from answers import FINISHED, PRACTICE, Bank, Blank, Right, Wrong, whole

Slip = Callable[[str], str]
"""What is typed in place of a word."""

SLIPS: dict[str, tuple[str, Slip]] = {
    "a bracket not closed": (
        "bracket|parenthes|brace|closed|'('|'['|'{'",
        lambda word: "" if word in (")", "]", "}") else word,
    ),
    "a quote not closed": (
        "quote|unterminated",
        lambda word: word[:-1] if _is_short_text(word) else word,
    ),
    "curly quotes": (
        "straight|word processor",
        lambda word: f"\u201c{word[1:-1]}\u201d" if _is_short_text(word) else word,
    ),
    "a comma lost": ("comma", lambda word: "" if word == "," else word),
    "a colon lost": ("colon|':'", lambda word: "" if word == ":" else word),
    "a line too far to the right": (
        "indent",
        lambda word: f"    {word}" if word.isidentifier() else word,
    ),
}
"""Slips after which a cell does not parse, and words that tell them."""


def common(blank: Blank) -> Bank:
    """The wrong and right answers that a blank has without being told."""
    slips = list(_slips(blank))
    wrong = [
        Wrong("blank left", PRACTICE, (_open(blank),), verdict="not attempted"),
        Wrong("cell not run", FINISHED, ("run",), verdict="not attempted", not_run=True),
        Wrong(
            "edited after it was run, and not run again",
            FINISHED,
            ("run",),
            same_as="cell not run",
            verdict="not attempted",
            before=(PRACTICE,),
            not_run=True,
        ),
        *(Wrong(name, whole(text), (says,)) for name, text, says in slips),
        *(
            Wrong(
                f"{name} in a later edit, and an earlier version is loaded",
                whole(text),
                (says, "parse"),
                same_as=name,
                before=(FINISHED,),
            )
            for name, text, says in slips[:1]
        ),
        Wrong(
            "overwritten by a later cell",
            FINISHED,
            (_defined(blank),),
            after=f"{_defined(blank)} = None",
        ),
    ]
    right = [
        Right(
            "after wrong ones",
            FINISHED,
            before=(PRACTICE, *(whole(text) for _, text, _ in slips[:1])),
        )
    ]
    return Bank(wrong, right)


def _slips(blank: Blank) -> Iterator[tuple[str, str, str]]:
    """The names, texts and words of slips: the first of each kind that breaks the cell."""
    words = [*_words(blank)]
    lines = blank.finished.split("\n")
    for name, (says, slip) in SLIPS.items():
        for word in words:
            text = _typed(blank.finished, word, slip(word.string))
            # How far to the right a cell's first line stands does not count.
            if text[0] != " " and not _parses(text):
                # A check may show the line as it has to be.
                yield name, text, f"{says}|{lines[word.start[0] - 1].strip()}"
                break
    if word := next((w for w in words if _may_be_misspelt(blank, w)), None):
        wrong = word.string[:2] + word.string[3:]
        yield "a name misspelt", _typed(blank.finished, word, wrong), wrong


def _words(blank: Blank) -> list[tokenize.TokenInfo]:
    """The words of the finished cell: first those that the learner writes, then the others.

    What is inside of an f-string is left out: it has words of its own from Python 3.12 on.
    """
    own = _own_lines(blank)
    texts = [n for n in ast.walk(ast.parse(blank.finished)) if isinstance(n, ast.JoinedStr)]
    inside = [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in texts]
    found = tokenize.generate_tokens(io.StringIO(blank.finished).readline)
    words = [word for word in found if not any(a <= word.start < b for a, b in inside)]
    return sorted(words, key=lambda word: word.start[0] not in own)


def _own_lines(blank: Blank) -> set[int]:
    """The numbers of the lines of the finished cell that the learner writes."""
    ours, theirs = blank.practice.split("\n"), blank.finished.split("\n")
    match = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    return {n + 1 for tag, _, _, a, b in match.get_opcodes() if tag != "equal" for n in range(a, b)}


def _typed(text: str, word: tokenize.TokenInfo, other: str) -> str:
    """The text with something else in the place of a word."""
    lines = text.split("\n")
    row, (start, end) = word.start[0] - 1, (word.start[1], word.end[1])
    if word.end[0] == word.start[0] and row < len(lines):
        lines[row] = lines[row][:start] + other + lines[row][end:]
    return "\n".join(lines)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _is_short_text(word: str) -> bool:
    return word[0:1] in ("'", '"') and word[-1:] == word[0] and not word.startswith(word[0] * 2)


def _may_be_misspelt(blank: Blank, word: tokenize.TokenInfo) -> bool:
    """Whether a word is a name that the cell uses, and not one of Python's own."""
    if word.type != tokenize.NAME or keyword.iskeyword(word.string) or len(word.string) < 4:
        return False
    used = {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(blank.finished))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return word.start in used and not hasattr(builtins, word.string)


def _open(blank: Blank) -> str:
    """Words of which a check names one where a blank is left: some of what is to be written."""
    own = _own_lines(blank)
    words = {word.string for word in _words(blank) if word.start[0] in own}
    return "|".join(["blank", "decorator", *sorted(w for w in words if w.isidentifier() and w[3:])])


def _defined(blank: Blank) -> str:
    """The name that the cell exists for: the last one that it binds."""
    names = []
    for node in ast.parse(blank.finished).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names[-1]
