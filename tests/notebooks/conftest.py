"""Kernels take long and mostly wait: what tests want run is run in the background, at once."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import kernels
import pytest
from kernels import ROOT, Room

from authoring.room import USUAL
from workshop.core import listeners, patience

AT_ONCE = int(os.environ.get("KERNELS_AT_ONCE", "5"))
LIMIT = float(os.environ.get("SCENARIO_LIMIT", "420"))
"""Seconds for one pass of a scenario, the waiting for its turn not counted."""
Scenario = Callable[[Room, Path], Awaitable[Any]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "scenario(run, passes=1, kind=run): the coroutine function whose result the fixture `ran` "
        "gives; about how often it goes over the notebook; with which others it takes turns",
    )


@pytest.hookimpl(trylast=True)  # when all are chosen and in their order
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs no scenario first: it has been done when the first of them have."""
    folder = Path(__file__).parent
    places = [n for n, item in enumerate(items) if folder in item.path.parents]
    own = sorted(
        (items[n] for n in places), key=lambda one: bool(one.get_closest_marker("scenario"))
    )
    for place, item in zip(places, own, strict=True):
        items[place] = item


class Stage:
    """Runs scenarios in an event loop of its own, some at a time, the longest notebooks first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.results: dict[tuple[Scenario, Path], Future[Any]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def start(self, scenario: Scenario, path: Path, limit: float) -> None:
        if (scenario, path) not in self.results:
            running = self._run(scenario, path, len(self.results), limit)
            self.results[scenario, path] = asyncio.run_coroutine_threadsafe(running, self.loop)

    async def _run(self, scenario: Scenario, path: Path, number: int, limit: float) -> Any:
        async with self._turns:
            settings = getattr(scenario, "settings", {})
            room = Room(self.folder / f"{number}-{kernels.name(path)}", dict(settings))
            began = time.monotonic()
            try:
                result = await patience.wait_for(scenario(room, path), limit)
            except asyncio.TimeoutError:
                raise AssertionError(f"{scenario.__name__} took more than {limit:g} s") from None
            finally:
                took = f"{time.monotonic() - began:6.1f} s  {scenario.__name__}  {path}\n"
                with (self.folder / "took.txt").open("a") as file:  # for those who tune
                    file.write(took)
                await asyncio.to_thread(room.close)
            assert not room.refused(), f"reached beyond the room: {room.refused()}"
            return result

    def close(self) -> None:
        """End what is still under way, as when a person interrupts; each ends its own processes."""
        for future in self.results.values():
            future.cancel()
        asyncio.run_coroutine_threadsafe(_others_end(), self.loop).result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)


async def _others_end() -> None:
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=50)


@pytest.fixture(scope="session")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """All scenarios of the tests that were chosen, under way."""
    made = Stage(tmp_path_factory.mktemp("stage"))
    chosen = [
        (marker.kwargs, item.callspec.params["path"])  # type: ignore[attr-defined]
        for item in request.session.items
        if (marker := item.get_closest_marker("scenario"))
    ]

    def longest(job: tuple[dict[str, Any], Path]) -> int:
        return -job[0].get("passes", 1) * len(kernels.code_cells(job[1]))

    for words, path in sorted(chosen, key=longest):
        made.start(words["run"], path, LIMIT * max(1, words.get("passes", 1)))
    yield made
    made.close()


@pytest.fixture
def ran(request: pytest.FixtureRequest, stage: Stage, path: Path) -> Any:
    """What the test's scenario gave for its notebook."""
    marker = request.node.get_closest_marker("scenario")
    others = 3 * len(stage.results)  # it may be the last of them
    return stage.results[marker.kwargs["run"], path].result(LIMIT * others)


def _learners_things() -> dict[str, object]:
    """The learner's settings and state in this repository, and who listens on their ports."""
    env, home = ROOT / ".env", ROOT / ".workshop"
    ports = {port: listeners.listens(port) for port in sorted(USUAL)}
    return {
        ".env": env.read_bytes() if env.exists() else None,
        # A workshop in use writes its state meanwhile; then only its own files are looked at.
        ".workshop": None
        if any(ports.values())
        else {f: f.stat().st_mtime_ns for f in sorted(home.rglob("*"))},
        "ports": ports,
    }


@pytest.fixture(scope="session", autouse=True)
def learners_things_stay(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test touches ports 7233, 8233 to 8236 or the repository's .workshop and .env."""
    before = _learners_things()
    request.getfixturevalue("stage")  # its scenarios run while tests without one do
    yield
    assert _learners_things() == before
