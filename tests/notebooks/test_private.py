"""A key that is set later, none at all, and the guard; test_twice looks where a key could be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from kernels import FINISHED, Room, code_cells, kernel, name

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from provider_stand_in import provider

from workshop.core import model_settings, settings

SENTINEL = "sk-sentinel-0123456789abcdef"
# Notebooks that have a function `ask_model`.
ASKING = [p for p in FINISHED if any("def ask_model(" in c.source for c in code_cells(p))]


async def a_key_set_later(room: Room, path: Path) -> tuple[dict[str, str], bool, bool, list[str]]:
    """A learner who begins without a key, writes one into .env, and runs `begin` again.

    Returns what the kernel's environment holds of the settings once LiteLLM is there, whether the
    practice model was used before and after, and the keys that reached the provider.
    """
    env = room.tree / ".env"
    cells = code_cells(path)
    begins = next(cell for cell in cells if "await begin(" in cell.source)
    asks = next(n for n, cell in enumerate(cells) if "def ask_model(" in cell.source)
    with provider(key=SENTINEL) as server:
        async with kernel(room, path, WORKSHOP_ENV_FILE=str(env)) as running:
            above = await running.run_all(cells[: asks + 1])
            assert not [r.text for r in above if r.error]
            found = "{k: v for k, v in __import__('os').environ.items() if k.startswith('LLM_')}"
            environment = await running.value(found)
            before = await running.value("settings.practice")
            env.write_text(f"LLM_API_KEY={SENTINEL}\nLLM_API_BASE={server.base}\n")
            await running.run(begins.source)
            after = await running.value("settings.practice")
            await running.run("ask_model('Give me a fact')")
        return environment, before, after, server.keys


@pytest.mark.scenario(run=a_key_set_later, passes=0)
@pytest.mark.parametrize("path", ASKING[:1], ids=name)
def test_a_key_written_into_the_settings_counts_without_a_restart(
    path: Path, ran: tuple[dict[str, str], bool, bool, list[str]]
) -> None:
    environment, before, after, keys = ran
    # LiteLLM reads .env into the environment, for every process to come, unless it is told not to.
    assert environment == {}
    assert (before, after) == (True, False)
    assert keys == [SENTINEL]


@pytest.mark.parametrize("key", ["", model_settings.PLACEHOLDER_KEY])
def test_without_a_key_or_with_the_placeholder_the_practice_model_answers(
    key: str, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(f"LLM_API_KEY={key}\nLLM_MODEL=openai/gpt-4o\n")
    found = settings.load({"WORKSHOP_ENV_FILE": str(tmp_path / "env")})
    assert found.practice and not found.key_is_set


async def beyond(room: Room, path: Path) -> list[str]:
    """A kernel that tries what no lesson may."""
    tries = [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import urllib.request as u; u.urlopen('http://example.org')",
        "import socket; socket.create_connection(('127.0.0.1', 7233), 1)",
        f"open({str(settings.ROOT / '.env')!r})",
    ]
    async with kernel(room, path) as running:
        ran = [await running.run(source) for source in tries]
    refused = room.refused()
    room.guard_log.unlink()  # as it should be
    return [r.text for r in ran if "NoNetwork" in r.text or "URLError" in r.text] + refused


@pytest.mark.scenario(run=beyond)
@pytest.mark.parametrize("path", FINISHED[:1], ids=name)
def test_the_guard_of_every_kernel_refuses_and_tells(path: Path, ran: list[str]) -> None:
    told = "\n".join(ran[5:])
    assert len(ran) == 10, ran
    assert all(word in told for word in ("192.0.2.1", "example.org", "7233", ".env"))
