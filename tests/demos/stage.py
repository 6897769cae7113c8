"""The demos' files run as on a stage: in a terminal, from a folder, with keys pressed."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import room as rooms

from workshop.core.patience import Patience

LIMIT = 60.0


class Terminal:
    """One terminal with a demo in it. `keys` types; `says` waits for words on the screen."""

    def __init__(
        self, file: str, env: dict[str, str], folder: Path, *words: str, **more: str
    ) -> None:
        self._master, slave = pty.openpty()
        self._screen = ""
        self.popen = subprocess.Popen(
            [sys.executable, file if file == "-m" else str(rooms.ROOT / file), *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env=env | more,
            start_new_session=True,
        )
        os.close(slave)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._master, 4096)
            except OSError:  # the other end has closed
                return
            if not piece:
                return
            self._screen += piece.decode(errors="replace").replace("\r\n", "\n")

    @property
    def screen(self) -> str:
        return self._screen

    def keys(self, text: str) -> None:
        os.write(self._master, text.encode())

    def says(self, words: str) -> str:
        waiting = Patience(LIMIT)
        while not (found := re.search(words, self._screen)):
            over = self.popen.poll() is not None
            assert not waiting.over(), f"{words!r} is not on the screen:\n{self._screen}"
            if over and not re.search(words, self._settled()):
                raise AssertionError(f"it ended without {words!r}:\n{self._screen}")
            time.sleep(0.02)
        return found[0]

    def _settled(self) -> str:
        """The screen once nothing more can come."""
        before = None
        while before != self._screen:
            before = self._screen
            time.sleep(0.1)
        return self._screen

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def ends(self) -> int:
        return self.popen.wait(LIMIT)

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait(10)
        os.close(self._master)
