"""Processes that run the demos' files: started, killed with SIGKILL, never left behind."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workshop.core.display import clean
from workshop.core.settings import ROOT

_GUARD = """
pids=" "
while read -r word pid; do
    case $word in
        start) pids="$pids$pid " ;;
        gone) pids="${pids%% $pid *} ${pids#* $pid }" ;;
    esac
done
[ -z "${pids# }" ] || kill -9 $pids 2>/dev/null
"""
"""Reads which processes run; its input ends when the one that writes it has ended, however."""


@dataclass
class Actor:
    """A process that runs one of the demos' files."""

    file: str
    popen: subprocess.Popen[bytes]
    log: Path
    announced: bool = False
    """Whether its command line has been said."""

    @property
    def ended(self) -> bool:
        return self.popen.poll() is not None

    def printed(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f"Its last words: {clean(lines[-1], 300)}" if lines else ""


class Actors:
    """The processes of a stage. They end with it, and with this process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[Actor] = []
        # A session of its own, as for the actors: Ctrl+C is for this process alone.
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD], stdin=subprocess.PIPE, start_new_session=True
        )

    def run(self, file: str, words: Sequence[str], environment: Mapping[str, str]) -> Actor:
        log = self.folder / f"{uuid.uuid4().hex}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-u", str(ROOT / file), *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment,
                start_new_session=True,
            )
        actor = Actor(file, popen, log)
        self._running.append(actor)
        self._tell("start", actor)
        return actor

    def kill(self, actor: Actor, limit: float) -> None:
        """SIGKILL: the process runs no further line of its own. Returns when it is gone."""
        actor.popen.kill()
        # Not buried before the guard knows: until then nobody else can have its id.
        self._tell("gone", actor)
        actor.popen.wait(limit)
        self._running.remove(actor)

    def close(self, limit: float) -> None:
        for actor in list(self._running):
            self.kill(actor, limit)
        if self._guard.stdin:
            with suppress(OSError):
                self._guard.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(5)

    def _tell(self, word: str, actor: Actor) -> None:
        if self._guard.stdin:
            with suppress(OSError):
                self._guard.stdin.write(f"{word} {actor.popen.pid}\n".encode())
                self._guard.stdin.flush()
