"""`python -m workshop key` and `doctor --call`: as a person at a terminal uses them."""

from __future__ import annotations

import os
import pty
import select
import stat
import sys
import time
from pathlib import Path

import pytest
from provider_stand_in import provider
from room import ROOT, environment, free_ports, workshop

SENTINEL = "sk-sentinel-0123456789abcdef"
PROMPTS = (b": ", b"] ")


def at_a_terminal(env: dict[str, str], answers: list[str], limit: float = 240) -> tuple[int, str]:
    """Type an answer at each prompt. Returns the exit code and all that the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "workshop", "key"], env)
    shown, seen, left, end = b"", 0, list(answers), time.monotonic() + limit
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # the terminal of a process that has ended
                break
            if not piece:
                break
            shown += piece
        if shown[seen:].endswith(PROMPTS) and left:
            seen = len(shown)
            os.write(terminal, f"{left.pop(0)}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_a_key_is_asked_for_without_echo_written_and_tried(tmp_path: Path) -> None:
    env, file = environment(tmp_path), tmp_path / "env"
    file.write_text("# mine\nTEMPORAL_NAMESPACE=default\nLLM_API_KEY=YOUR_API_KEY\n")
    with provider(key=SENTINEL) as server:
        host = server.base.removeprefix("http://").replace("127.0.0.1", "localhost")
        code, shown = at_a_terminal(env, [SENTINEL, "openai/house", host, "30", "y"])
        assert server.keys == [SENTINEL], shown
    assert code == 0 and SENTINEL not in shown
    assert "http://" in shown and "openai/house answered in" in shown
    assert file.read_text() == (
        f"# mine\nTEMPORAL_NAMESPACE=default\nLLM_API_KEY={SENTINEL}\nLLM_MODEL=openai/house\n"
        f"LLM_API_BASE=http://{host}\nLLM_TIMEOUT=30\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_enter_keeps_the_key_and_a_file_that_cannot_be_used_is_corrected(tmp_path: Path) -> None:
    env, file = environment(tmp_path), tmp_path / "env"
    # A key in the place of the model: it is shown neither here nor as what Enter keeps.
    file.write_text(f"LLM_API_KEY={SENTINEL}\nLLM_MODEL=sk-sentinel-in-a-wrong-place\n")
    code, shown = at_a_terminal(env, ["", "", "", "", ""])
    assert "[y/N]" in shown and "Asking" not in shown
    assert code == 0 and "in-a-wrong-place" not in shown and SENTINEL not in shown
    text = file.read_text()
    assert f"LLM_API_KEY={SENTINEL}\n" in text and "LLM_MODEL=openai/gpt-4o\n" in text


def test_an_answer_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    env, file = environment(tmp_path), tmp_path / "env"
    file.write_text("LLM_API_KEY=\n")
    code, shown = at_a_terminal(env, [SENTINEL, "openai/house", "example.com/v1"])
    assert code == 1 and "begins with http:// or https://" in shown and SENTINEL not in shown
    assert file.read_text() == "LLM_API_KEY=\n"


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    env = environment(tmp_path)
    done = workshop("key", env=env, limit=120)
    assert done.returncode == 1 and "Nobody can be asked" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.rotates("what takes long", among=4)
def test_doctor_makes_a_tiny_call_when_asked(tmp_path: Path) -> None:
    env = environment(tmp_path, LLM_API_KEY=SENTINEL, LLM_MODEL="openai/house")
    with provider(key=SENTINEL) as server:
        env["LLM_API_BASE"] = server.base
        silent = workshop("doctor", env=env, limit=240)
        assert "doctor --call" in silent.stdout and server.keys == []
        well = workshop("doctor", "--call", env=env, limit=240)
        assert "openai/house answered in" in well.stdout and "price not known" in well.stdout
        env["LLM_API_BASE"] = server.base.removesuffix("/v1")
        wrong = workshop("doctor", "--call", env=env, limit=240)
    (port,) = free_ports(1)
    env["LLM_API_BASE"] = f"http://127.0.0.1:{port}/v1"
    away = workshop("doctor", "--call", env=env, limit=240)
    assert f"LLM_API_BASE to {server.base}" in wrong.stdout and wrong.returncode == 1
    assert "nothing listens there" in away.stdout and away.returncode == 1
    for done in (silent, well, wrong, away):
        assert SENTINEL not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_doctor_tells_slips_of_the_settings(tmp_path: Path) -> None:
    env = environment(tmp_path)
    (tmp_path / "env").write_text(f"LLM_API_KEY: {SENTINEL}\n")
    done = workshop("doctor", env=env, limit=120)
    assert done.returncode == 1 and "instead of a colon" in done.stdout
    assert "workshop key" in done.stdout and SENTINEL not in done.stdout + done.stderr
