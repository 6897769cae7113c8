"""Providers that answer as real ones do when something is set wrongly, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def refusal(message: str, code: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid", "code": code}}).encode()


def good(text: str = "yes") -> bytes:
    """An answer as OpenAI's API gives it."""
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
    }
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "house"}
    return json.dumps({**answer, "choices": [choice], "usage": usage}).encode()


class Odd(ThreadingHTTPServer):
    """Answers each POST with `answer`, after `delay` seconds; other paths than `/v1` with 404."""

    daemon_threads = True

    def __init__(self, status: int, body: bytes, delay: float, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.delay, self.key = status, body, delay, key
        self.keys: list[str] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Odd

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.keys.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
        time.sleep(self.server.delay)  # what a slow model does
        status, body = self.server.status, self.server.body
        if not self.path.startswith("/v1/"):
            status, body = 404, b"404 page not found"
        elif self.server.key and self.server.keys[-1] != self.server.key:
            # As some servers do, it says the whole key back.
            status, body = 401, refusal(f"Incorrect API key provided: {self.server.keys[-1]}.")
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # whoever asked has given up
            pass

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def provider(
    status: int = 200, body: bytes | None = None, *, delay: float = 0, key: str = ""
) -> Iterator[Odd]:
    """A provider that gives this answer to every request; with a key, to those that have it."""
    server = Odd(status, good() if body is None else body, delay, key)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
