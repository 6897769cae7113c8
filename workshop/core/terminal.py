"""A terminal that cannot show every sign: the same words in the signs that it has."""

from __future__ import annotations

import codecs
import sys
import unicodedata

PLAIN = "workshop.plain"
"""How a stream that cannot show every sign treats those (its `errors`)."""

_INSTEAD = str.maketrans("–—×•·█░─│“”\u2018\u2019", "--x*.#.-|\"\"''") | str.maketrans(
    {"✓": "ok", "✗": "x", "→": "->", "←": "<-", "…": "...", "≥": ">=", "≤": "<="}
)


def plain(text: str) -> str:
    """A text in ASCII: signs become words or like signs, letters lose their accents."""
    return "".join(char if char.isascii() else _plain(char) for char in text.translate(_INSTEAD))


def speak_plainly() -> None:
    """Let what this process prints never fail: a terminal without a sign gets one that it has.

    https://docs.python.org/3/library/codecs.html#codecs.register_error
    """
    codecs.register_error(PLAIN, _replace)
    for stream in (sys.stdout, sys.stderr):
        try:
            "✓→█".encode(stream.encoding)
        except UnicodeEncodeError:
            stream.reconfigure(errors=PLAIN)  # type: ignore[union-attr]
        except (AttributeError, LookupError, TypeError):
            pass  # none at all, or one of a notebook, which shows everything


def _plain(char: str) -> str:
    return unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode() or "?"


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return plain(error.object[error.start : error.end]), error.end
