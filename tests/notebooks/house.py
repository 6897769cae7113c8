"""A provider that LiteLLM's price list does not know: the practice model under another name."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workshop.practice_model import KEY, MODEL, NOTEBOOK_HEADER

HOUSE = "the-house"
"""Whose the calls are that came by it, in the practice model's ledger."""
HOUSE_MODEL = "house-7b"
HOUSE_KEY = "sk-of-the-house"


class _Handler(BaseHTTPRequestHandler):
    server: House

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = self.headers["Authorization"] == f"Bearer {HOUSE_KEY}"
        if not good or body.get("model") != HOUSE_MODEL:
            self._answer(401, b'{"error": {"message": "not of this house"}}')
            return
        time.sleep(self.server.delay)  # what a slow model does
        status, data = self._practice({**body, "model": MODEL})
        self.server.answered += status == 200
        self._answer(status, data.replace(MODEL.encode(), HOUSE_MODEL.encode()))

    def _practice(self, body: dict[str, Any]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.practice, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
            headers[NOTEBOOK_HEADER] = HOUSE
            connection.request("POST", self.path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, data: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # whoever asked has given up
            pass

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class House(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, practice: int, delay: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.practice, self.delay, self.answered = practice, delay, 0

    def environment(self) -> dict[str, str]:
        return {
            "LLM_API_KEY": HOUSE_KEY,
            "LLM_API_BASE": f"http://127.0.0.1:{self.server_address[1]}/v1",
            "LLM_MODEL": f"openai/{HOUSE_MODEL}",
        }


@contextmanager
def house(practice: int, delay: float) -> Iterator[House]:
    """A provider before the practice model at a port, which takes `delay` seconds for an answer."""
    server = House(practice, delay)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
