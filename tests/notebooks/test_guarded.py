"""A finished lesson on a Temporal Service behind TLS and a key: the key stands nowhere."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import room as rooms
from kernels import FINISHED, Ran, Room, code_cells, kernel, name

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from guarded import SENTINEL, guarded

LESSONS = [path for path in FINISHED if name(path) in {f"0{n}-Solutions" for n in (2, 3, 4, 5)}]


@dataclass
class Behind:
    """What a lesson did behind an end point that asks for a key, and the files that it left."""

    end_point: str
    ran: list[Ran]
    files: dict[str, bytes]
    """Histories, what the practice model received, logs, receipts, what learners save."""
    own: bool
    """Whether the room has a database: a Service of its own was started."""


async def behind_a_key(room: Room, path: Path) -> Behind:
    """Run All, with the Service of another home, which is reached with TLS and a key alone."""
    elsewhere = rooms.environment(room.folder / "elsewhere")
    certificates = room.folder / "certificates"
    certificates.mkdir()
    try:
        up = await asyncio.to_thread(rooms.workshop, "up", env=elsewhere)
        assert up.returncode == 0, up.stderr
        plain = f"127.0.0.1:{elsewhere['WORKSHOP_TEMPORAL_PORT']}"
        with guarded(plain, certificates) as service:
            async with kernel(room, path, **service.by_key()) as running:
                ran = await running.run_all(code_cells(path))
        await asyncio.to_thread(room.close)
    finally:
        await asyncio.to_thread(rooms.end_all, room.folder / "elsewhere" / "state")
    files = [file for file in room.folder.rglob("*") if file.is_file()]
    return Behind(
        service.with_key,
        ran,
        {str(file.relative_to(room.folder)): file.read_bytes() for file in files},
        (room.state / "temporal.db").exists(),
    )


@pytest.mark.scenario(kind="with_a_key", run=behind_a_key)
@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_lesson_runs_and_its_key_stands_nowhere(path: Path, ran: Behind) -> None:
    for cell in ran.ran:
        assert cell.error is None, f"{cell.source}\n{cell.text}"
    assert f"{ran.end_point} (TLS, an API key" in ran.ran[0].text + ran.ran[1].text
    assert SENTINEL not in str([cell.outputs for cell in ran.ran])
    assert not ran.own, "none is started beside it"
    assert any(file.endswith("temporal.db") for file in ran.files)
    assert not [file for file, held in ran.files.items() if SENTINEL.encode() in held]
