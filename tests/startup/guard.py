"""In every Python process of a room: loopback alone, and nothing of a learner's is touched."""

from __future__ import annotations

import os
import sys
from importlib import util
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
_LEARNERS = tuple(str(_TESTS.parent / name) for name in (".workshop", ".env"))
_LEARNERS_PORTS = {7233, 8233, 8234, 8235, 8236}


class _Written(list):  # type: ignore[type-arg]
    """What was refused, kept in a file as well: the processes of a room are many."""

    def append(self, item: object) -> None:
        super().append(item)
        with Path(os.environ["WORKSHOP_TEST_GUARD"]).open("a") as file:
            file.write(f"{item}\n")


def _learners(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.bind"):
        address = arguments[1]
        port = address[1] if isinstance(address, tuple) and len(address) > 1 else None
        touched = port if port in _LEARNERS_PORTS else None
    elif event in ("open", "sqlite3.connect", "shutil.copyfile"):
        paths = [os.path.normpath(Path.cwd() / p) for p in arguments[:2] if isinstance(p, str)]
        touched = next(
            (p for p in paths for own in _LEARNERS if p == own or p.startswith(own + os.sep)), None
        )
    else:
        return
    if touched is not None:
        loopback.violations.append(f"{event} {touched!r}")
        raise loopback.NoNetwork(f"This is the learner's own: {touched!r}")


_spec = util.spec_from_file_location("loopback", _TESTS / "loopback.py")
assert _spec and _spec.loader
loopback = util.module_from_spec(_spec)
sys.modules["loopback"] = loopback
_spec.loader.exec_module(loopback)
loopback.violations = _Written()
loopback.install()
sys.addaudithook(_learners)
