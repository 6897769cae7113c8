"""Who listens on a port of this machine's loopback address."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Holder:
    """Who listens on a port."""

    name: str = "another program"
    pid: int | None = None
    user: str = ""
    folder: str = ""
    """Where it keeps its state or runs, as far as this system tells."""

    def __str__(self) -> str:
        process = f"process {self.pid}" if self.pid else "its process is not told to you"
        user = f"user {self.user}" if self.user else ""
        return f"{self.name} ({', '.join(filter(None, (process, user, self.folder)))})"


def listens(port: int) -> bool:
    """Whether something accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_free(port: int) -> bool:
    """Whether a server of ours could listen on this port."""
    if listens(port):
        return False
    try:
        # As servers do (SO_REUSEADDR): connections that were closed a moment ago do not count.
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def holder(port: int) -> Holder:
    """Who listens on a port, as far as this system tells."""
    # Another user's connections are not shown, but their command lines mostly are.
    found = _listener(port) or _by_command_line(port)
    told = {}
    if found:
        with suppress(psutil.NoSuchProcess):
            told = found.as_dict(["pid", "name", "username", "cmdline", "cwd"], ad_value="")
    if not told:
        return Holder()
    state = (word for word in told["cmdline"] if word.startswith("/"))
    state = (str(Path(word).parent) for word in state if word.endswith((".db", ".sqlite")))
    folder = next(state, told["cwd"])
    if folder and not Path(folder).exists():
        folder = f"{folder}, a folder that is gone"
    return Holder(told["name"] or Holder.name, told["pid"], told["username"], folder or "")


def ports_of(process: psutil.Process) -> set[int]:
    """The ports on which a process itself listens; none of one that has ended or does not tell."""
    # psutil had another name for it before its release 6, and Colab has 5.9.5.
    ask = getattr(process, "net_connections", None) or process.connections
    try:
        connections = ask(kind="tcp")
    except psutil.Error:
        return set()
    return {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}


def _listener(port: int) -> psutil.Process | None:
    try:
        for one in psutil.net_connections(kind="tcp"):
            at = getattr(one.laddr, "port", None)
            if one.status == psutil.CONN_LISTEN and at == port and one.pid:
                return psutil.Process(one.pid)
    except psutil.AccessDenied:  # macOS tells only what is asked of a process of one's own
        return next((one for one in psutil.process_iter() if port in ports_of(one)), None)
    except psutil.NoSuchProcess:
        pass
    return None


def _by_command_line(port: int) -> psutil.Process | None:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(port) in process.cmdline() and process.uids().real != os.getuid():
                return process
    return None
