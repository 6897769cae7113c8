"""A room of a test's own: state in a temporary folder, free ports, no key, no learner's settings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {7233, 8233, 8234}
"""The ports that a learner's own services use: no test may touch them."""
_REMOVED = ("LLM_", "TEMPORAL_", "WORKSHOP_", "CODESPACE", "JUPYTER", "OPENAI_")


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, below the range from which outgoing connections draw."""
    found: list[int] = []
    candidate = 20000 + (os.getpid() * 37) % 9000
    while len(found) < count:
        candidate = candidate + 1 if candidate < 32000 else 20000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        if candidate not in FORBIDDEN:
            found.append(candidate)
    return found


def environment(home: Path, **extra: str) -> dict[str, str]:
    """Environment variables of a room of one's own, for a process or `monkeypatch.setenv`."""
    temporal, ui, practice = free_ports(3)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_REMOVED)}
    return kept | {
        "WORKSHOP_HOME": str(home / "state"),
        "WORKSHOP_ENV_FILE": str(home / "env"),
        "WORKSHOP_TEMPORAL_PORT": str(temporal),
        "WORKSHOP_UI_PORT": str(ui),
        "WORKSHOP_PRACTICE_PORT": str(practice),
        "WORKSHOP_PRACTICE_DELAY": "0",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "JUPYTER_PLATFORM_DIRS": "1",
        **extra,
    }


def workshop(*words: str, env: dict[str, str], limit: float = 60) -> subprocess.CompletedProcess[str]:
    """Run `python -m workshop …` in a room."""
    return subprocess.run(
        [sys.executable, "-m", "workshop", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=limit,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
