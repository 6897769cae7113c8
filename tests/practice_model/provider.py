"""A practice model of a test's own, and plain HTTP to talk to it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import room as rooms

from workshop.practice.model import KEY, MODEL, SERVICE
from workshop.practice.model.ledger import Ledger

DOLPHINS = "Give me 3 interesting facts about dolphins"


@dataclass
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def said(self) -> str:
        """The text of a chat answer."""
        return str(self.json["choices"][0]["message"]["content"])

    @property
    def error(self) -> dict[str, Any]:
        return dict(self.json["error"])


@dataclass
class Provider:
    """The real server in a process of its own."""

    folder: Path
    delay: float = 0
    port: int = field(default_factory=lambda: rooms.free_ports(1)[0])

    def __post_init__(self) -> None:
        self.file = self.folder / "ledger.sqlite"
        self.output = self.folder / "output.txt"
        self.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.file)

    def start(self) -> None:
        self.process = self.spawn(self.port)
        rooms.until(self.healthy, "the practice model to answer")

    def spawn(self, port: int) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "workshop.practice.model", "--port", str(port)]
        line += ["--ledger", str(self.file), "--delay", str(self.delay)]
        with self.output.open("ab") as output:
            return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def healthy(self) -> bool:
        try:
            health = self.get("/health").json
        except OSError:
            return False
        assert health["service"] == SERVICE
        return bool(health["pid"] == self.process.pid)

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=10)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Any = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, key: str = KEY) -> Reply:
        return self.request("GET", path, headers={"Authorization": f"Bearer {key}"})

    def post(self, body: Any, key: str = KEY, **headers: str) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        return self.request("POST", "/v1/chat/completions", raw, sent)

    def chat(self, prompt: str = DOLPHINS, **more: Any) -> Reply:
        return self.post(chat_body(prompt, **more))


def chat_body(prompt: str = DOLPHINS, **more: Any) -> dict[str, Any]:
    """A good request."""
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}], **more}


@contextmanager
def running(folder: Path, delay: float = 0) -> Iterator[Provider]:
    """A practice model that is ended with the block."""
    provider = Provider(folder, delay)
    try:
        yield provider
    finally:
        provider.end(signal.SIGKILL)
