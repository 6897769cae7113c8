"""Demo 03 by itself: a real Worker is killed, what is published was read, and a call a version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import room as rooms

from workshop import __main__ as command_line
from workshop.practice.model.ledger import Ledger

SENTINEL = "sk-sentinel-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
RUN_SHEET = rooms.ROOT / "demos" / "README.md"


def shape(printed: str) -> list[str]:
    """Lines without what differs from run to run: seconds, and how many events there are."""
    printed = re.sub(r"Played in \d+ s", "Played in … s", printed)
    printed = re.sub(r"has (\d+) events before and \1 after", "has as many after", printed)
    return [line.rstrip() for line in printed.strip().splitlines()]


@pytest.mark.rotates("shows")
def test_it_plays_as_the_run_sheet_says(running_room: dict[str, str]) -> None:
    done = rooms.workshop("demo", "draft", env=running_room | {"LLM_API_KEY": SENTINEL})
    assert done.returncode == 0, done.stdout + done.stderr
    block = re.search(
        r"```text\n(Real processes[^`]*DraftWorkflow.*?)```", RUN_SHEET.read_text(), re.S
    )
    assert block, "demos/README.md holds the output"
    assert shape(done.stdout) == shape(block[1])

    home = Path(running_room["WORKSHOP_HOME"])
    calls = Ledger(home / "practice-ledger.sqlite").calls()
    assert [(c.activity, c.attempt, c.answered) for c in calls] == [("llm_call", 1, True)] * 2
    assert not list((home / "crashes").iterdir())
    for file in home.rglob("*"):
        assert not file.is_file() or SENTINEL.encode() not in file.read_bytes(), file


def test_all_demos_are_listed_with_lines_that_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["demo"]) == 0
    told = capsys.readouterr().out
    files = re.findall(r"(?:python|runs) ((?:demos|project)/\S+)", told)
    here = (path for path in rooms.ROOT.glob("[dp]*/**/*.py") if path.stem in STARTED_BY_HAND)
    assert set(files) == {path.relative_to(rooms.ROOT).as_posix() for path in here}
    for words in re.findall(r"python -m workshop (\w+ ?\w*?)(?:  |$)", told, re.M):
        with pytest.raises(SystemExit) as caught:
            command_line.main([*words.split(), "--help"])
        assert caught.value.code == 0, words


STARTED_BY_HAND = {"app", "worker", "starter", "decide"}
