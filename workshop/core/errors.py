"""The one error that the classroom raises: what was seen, what was expected, what to do next."""

from __future__ import annotations


class WorkshopError(Exception):
    """Something a person can fix.

    Args:
        saw: what was seen, as a sentence.
        expected: what was expected instead, as a sentence. May be empty where it is plain.
        do: what to do next, as a sentence.

    In a notebook it shows these sentences alone, without a traceback
    (https://ipython.readthedocs.io/en/stable/config/integrating.html#custom-exception-tracebacks).
    """

    def __init__(self, saw: str, expected: str = "", do: str = "") -> None:
        self.saw, self.expected, self.do = saw, expected, do
        super().__init__(" ".join(part for part in (saw, expected, do) if part))

    def lines(self) -> list[str]:
        """The sentences, one a line, each with a word that says which it is."""
        named = (("Saw", self.saw), ("Expected", self.expected), ("Do", self.do))
        return [f"{name + ':':<10}{text}" for name, text in named if text]

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {type(self).__name__}", *self.lines()]
