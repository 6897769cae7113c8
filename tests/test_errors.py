"""The classroom's one error: what a person sees of it, in a notebook and in a terminal."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from workshop.core.errors import WorkshopError


class DoorError(WorkshopError):
    """A subclass, as each room has one."""


def test_the_sentences_stand_in_their_order() -> None:
    error = WorkshopError("The door is shut.", "It is open.", "Open it.")
    assert str(error) == "The door is shut. It is open. Open it."
    assert error.lines() == [
        "Saw:      The door is shut.",
        "Expected: It is open.",
        "Do:       Open it.",
    ]


def test_what_is_not_said_leaves_no_gap() -> None:
    error = WorkshopError("The door is shut.", do="Open it.")
    assert str(error) == "The door is shut. Open it."
    assert [line.split()[0] for line in error.lines()] == ["Saw:", "Do:"]


def test_a_notebook_shows_the_sentences_and_no_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = InteractiveShell.instance()
    try:
        shell.user_ns["DoorError"] = DoorError
        result = shell.run_cell("raise DoorError('The door is shut.', '', 'Open it.')")
    finally:
        InteractiveShell.clear_instance()
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert isinstance(result.error_in_exec, DoorError)
    assert "✗ DoorError" in text and "Saw:      The door is shut." in text
    assert "Do:       Open it." in text
    assert "Traceback" not in text and "raise DoorError" not in text
