"""Stand-ins for LLM providers, over real HTTP: they answer as they are told, or refuse as real ones
do when something is set wrongly."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workshop.practice.model import KEY, MODEL, NOTEBOOK_HEADER

HOUSE_MODEL = "house-7b"
"""A name that LiteLLM's price list does not know."""
Answer = Callable[[dict[str, Any]], "tuple[int, bytes]"]
"""What is answered to the body of a request: a status, and a body."""


def refusal(message: str, code: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid", "code": code}}).encode()


def good(text: str = "yes", model: str = HOUSE_MODEL, **message: Any) -> bytes:
    """An answer as OpenAI's API gives it, of five tokens in and one out."""
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text, **message},
    }
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model}
    return json.dumps({**answer, "choices": [choice], "usage": usage}).encode()


class Provider(ThreadingHTTPServer):
    """Gives `answer` to each POST, after `delay` seconds.

    Other paths than `/v1` get 404; another key than `key`, where there is one, gets 401.
    """

    daemon_threads = True

    def __init__(self, answer: Answer, delay: float, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.delay, self.key = answer, delay, key
        self.headers: list[Message] = []
        self.statuses: list[int] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def keys(self) -> list[str]:
        return [_key(headers) for headers in self.headers]

    def environment(self, model: str = f"openai/{HOUSE_MODEL}") -> dict[str, str]:
        """The settings of somebody who has this provider."""
        return {"LLM_API_KEY": self.key, "LLM_API_BASE": self.base, "LLM_MODEL": model}


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        self.server.headers.append(self.headers)
        key = _key(self.headers)
        if not self.path.startswith("/v1/"):
            status, data = 404, b"404 page not found"
        elif self.server.key and key != self.server.key:
            # As some servers do, it says the whole key back.
            status, data = 401, refusal(f"Incorrect API key provided: {key}.", "invalid_api_key")
        else:
            time.sleep(self.server.delay)  # what a slow model does
            status, data = self.server.answer(body)
        self.server.statuses.append(status)
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


def _key(headers: Message) -> str:
    # Anthropic's API has a header of its own for it.
    return str(headers["x-api-key"] or headers["Authorization"] or "").removeprefix("Bearer ")


@contextmanager
def provider(
    answer: Answer | None = None, *, delay: float = 0, key: str = ""
) -> Iterator[Provider]:
    """A provider that says "yes" to every request, unless `answer` says otherwise."""
    server = Provider(answer or (lambda body: (200, good())), delay, key)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


HOUSE = "the-house"
"""Whose the calls are that came by a stand-in, in the practice model's ledger."""


def practice_model(port: int, texts: list[str] | None = None) -> Answer:
    """The answers of the practice model at a port, under the name of the house's model.

    Args:
        texts: gets what was answered.
    """

    def answer(body: dict[str, Any]) -> tuple[int, bytes]:
        if body.get("model") != HOUSE_MODEL:
            return 404, refusal("not of this house", "model_not_found")
        asked = {**body, "model": MODEL}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
            headers[NOTEBOOK_HEADER] = HOUSE
            connection.request("POST", "/v1/chat/completions", json.dumps(asked), headers)
            reply = connection.getresponse()
            data = reply.read()
            if texts is not None and reply.status == 200:
                texts.append(json.loads(data)["choices"][0]["message"].get("content") or "")
            return reply.status, data.replace(MODEL.encode(), HOUSE_MODEL.encode())
        finally:
            connection.close()

    return answer
