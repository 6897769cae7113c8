"""A finished lesson on a Temporal Service behind TLS and a key: the key stands nowhere."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import room as rooms
from kernels import FINISHED, Ran, Room, code_cells, kernel, name

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from guarded import SENTINEL, guarded

LESSONS = [path for path in FINISHED if name(path) in {f"0{n}-Solutions" for n in (2, 3, 4, 5)}]


async def run_all(room: Room, path: Path, variables: dict[str, str]) -> list[Ran]:
    async with kernel(room, path, **variables) as running:
        return await running.run_all(code_cells(room.tree / path))


@pytest.mark.parametrize("path", LESSONS, ids=name)
@pytest.mark.rotates("what takes long", among=4)
def test_a_lesson_runs_and_its_key_stands_nowhere(path: Path, tmp_path: Path) -> None:
    elsewhere = rooms.environment(tmp_path / "elsewhere")
    room = Room(tmp_path / "room")
    (tmp_path / "certificates").mkdir()
    try:
        assert rooms.workshop("up", env=elsewhere).returncode == 0
        plain = f"127.0.0.1:{elsewhere['WORKSHOP_TEMPORAL_PORT']}"
        with guarded(plain, tmp_path / "certificates") as service:
            ran = asyncio.run(run_all(room, path, service.by_key()))
        for cell in ran:
            assert cell.error is None, f"{cell.source}\n{cell.text}"
        assert f"{service.with_key} (TLS, an API key" in ran[0].text + ran[1].text
        assert SENTINEL not in str([cell.outputs for cell in ran])
        assert not (room.state / "temporal.db").exists(), "none is started beside it"
    finally:
        room.close()
        rooms.end_all(tmp_path / "elsewhere" / "state")
    # Histories, what the practice model received, logs, receipts, what learners save.
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "temporal.db" for file in files)
    assert not [file for file in files if SENTINEL.encode() in file.read_bytes()]
