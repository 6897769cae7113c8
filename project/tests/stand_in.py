"""What stands in for the world: a model on this machine, and where the test servers are."""

import json
import os
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = "sk-sentinel"


class Provider(ThreadingHTTPServer):
    """An OpenAI-compatible model: it counts its calls, fails as told, and can be made to wait."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls = 0
        self.request_id: str | None = None
        self.text: str | None = "Bees dance & R<D."
        self.failures: list[tuple[int, dict[str, str], dict[str, str]]] = []
        """Status, headers and error of the next answers."""
        self.may_answer = threading.Event()
        self.may_answer.set()

    def fail(self, status: int, *, code: str = "", **headers: str) -> None:
        error = {"message": f"No, {KEY}.", "code": code}
        self.failures.append((status, headers, error))


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls += 1
        self.server.request_id = self.headers["X-Client-Request-Id"]
        self.server.may_answer.wait()
        if self.server.failures:
            status, headers, error = self.server.failures.pop(0)
            self.answer(status, {"error": error}, headers)
        else:
            message = {"role": "assistant", "content": self.server.text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "stand-in"}
            self.answer(200, {**answer, "choices": [choice]}, {})

    def answer(self, status: int, body: object, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def program(name: str) -> str | None:
    """Where a test server is. None: the SDK downloads it, once."""
    return shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
