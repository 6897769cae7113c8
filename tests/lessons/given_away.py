"""What a check's answer gives away of the solution: its names, numbers and texts, word for word."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterator

STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def given_away(message: str, finished: str, practice: str, text: str) -> list[str]:
    """Names, numbers and texts of the finished cell that a message holds as whole words.

    What the practice cell says, its comments too, or what the learner has written is no secret.
    """
    known = f"{practice}\n{text}"
    return [t for t in dict.fromkeys(_tokens(finished)) if _has(message, t) and not _has(known, t)]


def _tokens(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if (
            token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        ) or token.type == tokenize.NUMBER:
            yield token.string
        elif token.type in STRINGS:
            yield from (part for part in _parts(token.string) if re.search(r"\w", part))


def _parts(string: str) -> list[str]:
    """The text of a string; of one with braces, what stands between them."""
    bare = re.sub(r"^[a-zA-Z]*(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$", "", string)
    return [part.strip() for part in re.split(r"\{[^}]*\}|\\n", bare)]


def _has(message: str, token: str) -> bool:
    if token[0].isdigit():
        numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", message)
        return _number(token) in map(float, numbers)
    return bool(re.search(rf"(?<!\w){re.escape(token)}(?!\w)", message))


def _number(token: str) -> float:
    try:
        return float(ast.literal_eval(token))
    except (ValueError, SyntaxError):
        return float("nan")  # the beginning of a text, such as "10s"
