"""A learner predicts in a real kernel, sees the outcome, and restarts: the first choice is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kernels import PRACTICE, Ran, Room, code_cells, kernel, only_draws, solutions

LESSON = next(path for path in PRACTICE if str(path).startswith("notebooks/01_"))
NAME = "gave_up"


@dataclass
class Told:
    """What the cells showed, and what was kept in the end."""

    ran: list[Ran] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


async def predicting(room: Room, path: Path) -> Told:
    """Run All Above with no choice, go on; in the next kernel choose, see, and choose again."""
    told, finished = Told(), solutions(path)
    cells = [c for c in code_cells(path) if not only_draws(c) and "await check(" not in c.source]
    last = next(n for n, cell in enumerate(cells) if f'reveal("{NAME}"' in cell.source)
    texts = [finished.get(c.metadata.get("exercise"), c.source) for c in cells[: last + 1]]
    texts = [
        'prompt = "Give me one fact about bees"' if "await ask(" in text else text for text in texts
    ]
    at = texts.index(f'predict("{NAME}", "")')
    for letters in ([""], ["a", "b"], ["c"]):
        async with kernel(room, path) as running:
            told.ran += [await running.run(text) for text in texts[:at]]
            for letter in letters:
                chosen = await running.run(f'predict("{NAME}", "{letter}")')
                told.said.append(chosen.text)
            told.ran += [await running.run(text) for text in texts[at + 1 : last]]
            told.said.append((await running.run(texts[last])).text)
            await running.kill()
    told.said.append((await _progress(room, path)).text)
    told.kept = json.loads((room.state / "progress.json").read_text())
    return told


async def _progress(room: Room, path: Path) -> Ran:
    async with kernel(room, path) as running:
        return await running.run("from workshop import progress; print(progress())")


@pytest.mark.rotates("what takes long", among=4)
@pytest.mark.scenario(run=predicting, passes=2)
@pytest.mark.parametrize("path", [LESSON], ids=["01"])
def test_a_choice_counts_once_and_outlives_its_kernels(path: Path, ran: Told) -> None:
    assert not [r.text for r in ran.ran if r.error]
    none, passed, first, changed, seen, late, again, progress = ran.said
    assert none.startswith("No prediction yet") and "\n" not in none.strip()
    assert passed.startswith("It was b. You had made no prediction.")
    assert first.startswith("You say a.") and changed.startswith("You say b.")
    assert seen.startswith("✓ You said b, and it was b.") and "1 of 1 right" in seen
    assert late == "You said b, and it was b. The first choice counts." and again == seen
    assert "predictions: 1 of 1 right" in progress
    assert ran.kept[f"01/predict/{NAME}"] == "b b"
