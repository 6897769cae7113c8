"""begin: one line that makes a notebook ready, again and again."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import psutil
import pytest
import room as rooms

from workshop import begin
from workshop.core import processes
from workshop.core.errors import WorkshopError
from workshop.core.settings import Settings, load
from workshop.kernel import classroom
from workshop.kernel.classroom import Panel
from workshop.practice.model import KEY, MODEL, NOTEBOOK_HEADER, faults, process
from workshop.services import temporal_service

NAMES = (temporal_service.NAME, process.NAME)
SENTINEL = "sk-sentinel-00112233445566778899aabbccddeeff"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Panel]:
    panels: list[Panel] = []
    monkeypatch.setattr(classroom, "show", panels.append)
    return panels


def pids() -> dict[str, int]:
    found = {name: processes.running(load().home, name) for name in NAMES}
    return {name: record.pid for name, record in found.items() if record}


def start(lesson: str = "02") -> Settings:
    return asyncio.run(begin(lesson))


def test_cold_it_starts_all_and_says_so(room: dict[str, str], shown: list[Panel]) -> None:
    began = time.monotonic()
    settings = start()
    print(f"begin, cold: {time.monotonic() - began:.2f} s")
    assert set(pids()) == set(NAMES)
    assert settings.practice and asyncio.run(temporal_service.healthy(settings))
    text = repr(shown[0])
    assert "✓ Ready for lesson 02" in text and "started now" in text
    assert f"http://127.0.0.1:{settings.ui_port}" in text
    assert "the practice model: offline, free, no key" in text and "workshop key" in text
    html = shown[0]._repr_html_()
    assert f'href="http://127.0.0.1:{settings.ui_port}"' in html and "Ready for lesson 02" in html


def test_warm_it_changes_nothing(running_room: dict[str, str], shown: list[Panel]) -> None:
    start()
    before = pids()
    began = time.monotonic()
    start()
    print(f"begin, warm: {time.monotonic() - began:.3f} s")
    assert pids() == before and len(before) == 2
    assert "(running)" in repr(shown[-1])


@pytest.mark.parametrize("name", NAMES)
def test_what_has_died_is_started_again(
    running_room: dict[str, str], shown: list[Panel], name: str
) -> None:
    start()
    before = pids()
    psutil.Process(before[name]).kill()
    rooms.until(lambda: name not in pids(), "its end")
    start()
    after = pids()
    assert after[name] != before[name]
    assert {n: p for n, p in after.items() if n != name} == {
        n: p for n, p in before.items() if n != name
    }


def answers(settings: Settings) -> int:
    """The HTTP status with which the practice model answers a prompt."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "otters"}]}
    request = urllib.request.Request(
        f"{settings.llm_api_base}/chat/completions",
        json.dumps(body).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {KEY}",
            NOTEBOOK_HEADER: settings.temporal_namespace,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


@pytest.mark.parametrize("fault", [faults.server_error, faults.unplugged])
def test_a_fault_of_an_earlier_cell_is_ended(
    running_room: dict[str, str], shown: list[Panel], fault: Callable[..., faults.FaultContext]
) -> None:
    settings = start()
    left = fault(base=settings.llm_api_base)
    left.__enter__()  # a cell that was interrupted never gets to the exit
    if fault is faults.server_error:
        assert answers(settings) == 500
    else:
        with pytest.raises(OSError):
            answers(settings)
    start()
    assert answers(settings) == 200
    left.__exit__(None, None, None)


def test_litellm_loads_beside_the_cells_and_ends_with_the_program(
    running_room: dict[str, str],
) -> None:
    code = (
        "import asyncio, sys, threading; from workshop import begin; asyncio.run(begin('02'))\n"
        "names = [thread.name for thread in threading.enumerate()]\n"
        "print('import litellm' in names or 'litellm' in sys.modules)"
    )
    line = [sys.executable, "-c", code]
    done = subprocess.run(
        line, env=running_room, cwd=rooms.ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "True", done.stdout + done.stderr
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_lesson_is_told_with_those_there_are(room: dict[str, str]) -> None:
    with pytest.raises(WorkshopError) as caught:
        start("99")
    there = sorted(path.name[:2] for path in (rooms.ROOT / "lessons").glob("[0-9][0-9]_*"))
    assert "'99'" in caught.value.saw
    assert there and all(number in caught.value.expected for number in there)
    assert f'begin("{there[0]}")' in caught.value.do
    assert pids() == {}, "nothing is started for a lesson that is not there"


@pytest.mark.parametrize("given", ["2", "", "02_Adding", 2, None])
def test_other_ways_of_naming_a_lesson_are_told(room: dict[str, str], given: object) -> None:
    with pytest.raises(WorkshopError, match="number of a lesson"):
        asyncio.run(begin(given))  # type: ignore[arg-type]


@pytest.mark.rotates("what takes long", among=4)
def test_two_kernels_at_once_share_what_they_start(room: dict[str, str]) -> None:
    lines = "import asyncio, workshop; asyncio.run(workshop.begin('02'))"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", lines],
            env=room,
            cwd=rooms.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [kernel.communicate(timeout=60) for kernel in both]
    assert [kernel.returncode for kernel in both] == [0, 0], said
    assert all("✓ Ready for lesson 02" in out for out, _ in said)
    assert [err for _, err in said] == ["", ""]
    for port in (room["WORKSHOP_TEMPORAL_PORT"], room["WORKSHOP_PRACTICE_PORT"]):
        lines_of = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
        assert sum(f"--port\0{port}" in "\0".join(line) for line in lines_of) == 1


def test_a_key_is_set_or_not_set_and_nothing_more(
    running_room: dict[str, str], shown: list[Panel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_API_KEY", SENTINEL)
    monkeypatch.setenv("LLM_MODEL", "openai/gpt-4o")
    settings = start()
    told = repr(shown[0]) + shown[0]._repr_html_() + repr(settings)
    assert "openai/gpt-4o (key set); calls cost money" in told
    assert SENTINEL not in told
    monkeypatch.setenv("LLM_API_KEY", "")
    monkeypatch.setenv("LLM_API_BASE", "http://127.0.0.1:9/v1")
    start()
    assert "openai/gpt-4o at http://127.0.0.1:9/v1 (no key set)" in repr(shown[1])


def test_a_service_of_somebody_else_is_named_as_such(
    running_room: dict[str, str], shown: list[Panel], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = load().temporal_address
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    monkeypatch.setenv("WORKSHOP_HOME", str(load().home / "other"))
    monkeypatch.delenv("WORKSHOP_PRACTICE_PORT")  # it would be refused: the first home has it
    try:
        start()
        assert f"{address} (named by TEMPORAL_ADDRESS; the workshop" in repr(shown[0])
        assert "<a " not in shown[0]._repr_html_()  # its Web UI may be anywhere
    finally:
        rooms.end_all(load().home)


def test_the_panel_shows_words_as_words() -> None:
    panel = Panel("02", (("Model", "<b>&x", ""), ("Web UI", "", 'http://x/?a="b"&c')))
    html = panel._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;&amp;x" in html
    assert 'href="http://x/?a=&quot;b&quot;&amp;c"' in html and 'rel="noopener"' in html
