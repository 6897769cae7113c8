"""The practice model's server: OpenAI's chat API over HTTP on loopback.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from workshop.practice_model import KEY, MODEL, NOBODY, NOTEBOOK_HEADER, SERVICE
from workshop.practice_model import answers as said
from workshop.practice_model.api import (
    ApiError,
    ChatRequest,
    all_text,
    parse,
    read,
    unknown_model,
)
from workshop.practice_model.faults import PATH, Fault, Faults, wrong_key_error
from workshop.practice_model.ledger import Ledger, LedgerError, cost, fingerprint, last_user_text
from workshop.practice_model.misbehaviour import applies
from workshop.visitors import Visitors

HOST = "127.0.0.1"
_BODY_BYTES = 32 * 1024 * 1024
_PIECES = 40
"""A streamed answer comes in at most so many pieces."""
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PortTaken(Exception):
    """Something else listens on the port."""


class PracticeServer:
    """Answers chat requests, keeps the ledger and the faults.

    Args:
        port: where to listen on 127.0.0.1.
        ledger: the file that gets a row for every request.
        delay: seconds that an answer takes.
    """

    def __init__(self, port: int, ledger: Path, delay: float) -> None:
        self.port, self.delay = port, delay
        self.ledger = Ledger(ledger)
        self.faults = Faults()
        self.started = int(time.time())
        self._listener: asyncio.Server | None = None
        self._stop = asyncio.Event()
        self._visitors = Visitors(port)
        app = web.Application(
            middlewares=[self._unless_unplugged, _errors_as_json, self._guard],
            client_max_size=_BODY_BYTES,
        )
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get("/v1/models", self.models),
                web.get("/v1/models/{name}", self.one_model),
                web.post("/v1/chat/completions", self.chat),
                web.post(PATH, self.hold_fault),
                web.delete(PATH, self.end_faults),
            ]
        )
        app.on_response_prepare.append(_close_connection)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)

    def stop(self) -> None:
        """Make `run` return."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until `stop` is called.

        Raises:
            PortTaken: something else listens on the port.
            LedgerError: the ledger cannot be used.
        """
        self.ledger.calls(since=self.ledger.last_id())  # an unusable file is told now, not later
        await self._runner.setup()
        try:
            await self._listen()
            await self._stop.wait()
        finally:
            self.faults.end_all()
            if self._listener is not None:
                self._listener.close()
            await self._runner.cleanup()
            self.ledger.close()

    async def _listen(self) -> None:
        server = self._runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                lambda: _Protocol(server, loop=loop),
                HOST,
                self.port,
                backlog=512,
            )
        except OSError as problem:
            raise PortTaken(str(problem)) from problem

    # What it answers

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse what comes from elsewhere, before it leaves a row or a fault."""
        if refusal := self._visitors.refusal(request.headers):
            raise ApiError(403, refusal)
        return await handler(request)

    @web.middleware
    async def _unless_unplugged(
        self, request: web.Request, handler: _Handler
    ) -> web.StreamResponse:
        if request.path.startswith("/v1/") and self.faults.unplugged(_notebook(request)):
            return _cut(request)
        return await handler(request)

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "service": SERVICE,
                "pid": os.getpid(),
                "delay": self.delay,
                "ledger": self.ledger.path.name,
            }
        )

    async def models(self, request: web.Request) -> web.Response:
        _require_key(request)
        return web.json_response({"object": "list", "data": [self._model()]})

    async def one_model(self, request: web.Request) -> web.Response:
        _require_key(request)
        name = request.match_info["name"]
        if name != MODEL:
            raise unknown_model(name)
        return web.json_response(self._model())

    def _model(self) -> dict[str, Any]:
        return {"id": MODEL, "object": "model", "created": self.started, "owned_by": "workshop"}

    async def chat(self, request: web.Request) -> web.StreamResponse:
        _require_json(request)
        notebook = _notebook(request)
        try:
            body = parse(await request.read())
        except ApiError:
            _require_key(request)  # before the body, as the API does
            raise
        row = self._received(request, body)
        try:
            _require_key(request)
            chat = read(body)
            prompt = all_text(chat.messages)
            fault = self.faults.take(notebook, prompt, lambda fault: applies(fault.how, chat))
            if fault is not None and not fault.how:
                if fault.kind == "dropped":
                    return self._drop(request, row)
                if refusal := fault.error():
                    raise refusal
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(fault.ended.wait(), fault.seconds)
            answer = said.answer(chat, fault.how if fault is not None else "")
            # Before it takes its time: of many calls at once, those after the last dollar are late.
            price = cost(answer.prompt_tokens, answer.completion_tokens)
            self.faults.charge(notebook, prompt, price)
            if chat.stream:
                return await self._stream(request, chat, answer, row)
            await asyncio.sleep(self.delay)
            self._answered(row, answer)
            return web.json_response(self._completion(chat, answer))
        except ApiError as problem:
            self.ledger.failed(row, problem.status, problem.code or problem.kind)
            raise
        except Exception:
            self.ledger.failed(row, 500, "server_error")
            raise

    def _received(self, request: web.Request, body: dict[str, Any]) -> int:
        model, messages = body.get("model"), body.get("messages")
        attempt = request.headers.get("X-Workshop-Attempt", "")
        countable = attempt.isascii() and attempt.isdigit() and len(attempt) < 10
        return self.ledger.received(
            model=model if isinstance(model, str) else None,
            prompt_sha256=fingerprint(messages),
            prompt=last_user_text(messages),
            workflow_id=request.headers.get("X-Workshop-Workflow"),
            activity=request.headers.get("X-Workshop-Activity"),
            attempt=int(attempt) if countable else None,
            notebook=_notebook(request),
        )

    def _answered(self, row: int, answer: said.Answer) -> None:
        self.ledger.answered(
            row,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
        )

    def _drop(self, request: web.Request, row: int) -> web.Response:
        self.ledger.failed(row, 0, "dropped")
        return _cut(request)

    def _completion(self, chat: ChatRequest, answer: said.Answer) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
        if answer.tool_calls:
            message["tool_calls"] = answer.tool_calls
        return {
            **_envelope("chat.completion"),
            "choices": [
                {
                    "index": index,
                    "message": message,
                    "logprobs": None,
                    "finish_reason": answer.finish_reason,
                }
                for index in range(chat.n)
            ],
            "usage": answer.usage,
        }

    async def _stream(
        self, request: web.Request, chat: ChatRequest, answer: said.Answer, row: int
    ) -> web.StreamResponse:
        """Server-sent events, as https://platform.openai.com/docs/api-reference/chat-streaming."""
        envelope = _envelope("chat.completion.chunk")
        deltas = _deltas(answer)
        pause = self.delay / (len(deltas) + 1)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        response.headers["Cache-Control"] = "no-cache"

        async def send(choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> None:
            event = {**envelope, "choices": choices}
            if chat.include_usage:
                event["usage"] = usage
            await response.write(b"data: %s\n\n" % json.dumps(event).encode())

        def choices(delta: dict[str, Any], reason: str | None = None) -> list[dict[str, Any]]:
            shape = {"delta": delta, "logprobs": None, "finish_reason": reason}
            return [{"index": index, **shape} for index in range(chat.n)]

        try:
            await asyncio.sleep(pause)
            await response.prepare(request)
            for delta in deltas:
                await send(choices(delta))
                if pause:
                    await asyncio.sleep(pause)
        except ConnectionError:
            self._answered(row, answer)  # the caller has left; a provider charges all the same
            raise
        self._answered(row, answer)
        await send(choices({}, answer.finish_reason))
        if chat.include_usage:
            await send([], answer.usage)
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    # Faults

    async def hold_fault(self, request: web.Request) -> web.StreamResponse:
        """Keep a fault in force until this request's body ends, however it ends."""
        _require_json(request)
        try:
            fault = Fault.from_line(await asyncio.wait_for(request.content.readline(), 5))
        except (ValueError, KeyError, TypeError, asyncio.TimeoutError):
            raise ApiError(400, "This is no fault that the practice model knows.") from None
        self.faults.add(fault)
        try:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b'{"held": true}\n')
            # It ends when the body does, or the connection, or when somebody clears it.
            body: asyncio.Future[Any] = asyncio.ensure_future(request.content.read())
            ended: asyncio.Future[Any] = asyncio.ensure_future(fault.ended.wait())
            await asyncio.wait({body, ended}, return_when=asyncio.FIRST_COMPLETED)
            for task in (body, ended):
                task.cancel()
            await asyncio.gather(body, ended, return_exceptions=True)
        finally:
            self.faults.end(fault)
        with suppress(ConnectionError):
            await response.write_eof()
        return response

    async def end_faults(self, request: web.Request) -> web.Response:
        return web.json_response({"ended": self.faults.end_all(_notebook(request))})


class _Protocol(web.RequestHandler):
    """Answers what is no HTTP without repeating it: a broken header may hold a key."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        error = ApiError(status, "This request could not be read.")
        response = web.json_response(error.body, status=status)
        response.force_close()
        return response


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as problem:
        return web.json_response(problem.body, status=problem.status, headers=problem.headers)
    except web.HTTPException as problem:
        error = ApiError(problem.status, _HTTP_MESSAGES.get(problem.status, problem.reason))
        allowed = problem.headers.get("Allow")
        headers = {"Allow": allowed} if allowed else None
        return web.json_response(error.body, status=problem.status, headers=headers)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception as problem:
        with suppress(OSError):  # a full disk has no room for a log either
            _tell(problem)
        words = str(problem) if isinstance(problem, LedgerError) else "The practice model failed."
        error = ApiError(500, words, kind="server_error")
        return web.json_response(error.body, status=500)


_HTTP_MESSAGES = {
    404: "Invalid URL: the practice model has no such path.",
    405: "Not allowed: the practice model has this path, but not for this method.",
    413: "The request is too large.",
}


def _tell(problem: Exception) -> None:
    """Name an unexpected error and where it arose, without the values, which may be private."""
    if isinstance(problem, LedgerError):
        print(problem, file=sys.stderr, flush=True)
        return
    place = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    print(f"practice model: {type(problem).__name__} at {where}", file=sys.stderr, flush=True)


async def _close_connection(request: web.Request, response: web.StreamResponse) -> None:
    if request.path != PATH:
        # Each call has a connection of its own: one that is cut takes no other with it.
        response.force_close()
        response.headers["Connection"] = "close"
    response.headers.setdefault("X-Request-Id", f"req_{uuid.uuid4().hex}")


def _require_json(request: web.Request) -> None:
    """No page of another site can send this type unasked; what is refused here leaves no row."""
    if request.content_type != "application/json":
        raise ApiError(415, "A request is application/json.")


def _notebook(request: web.Request) -> str:
    return request.headers.get(NOTEBOOK_HEADER) or NOBODY


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is left to read it


def _require_key(request: web.Request) -> None:
    expected = f"Bearer {KEY}".encode()
    given = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, expected):
        raise wrong_key_error()


def _envelope(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:29]}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
        "system_fingerprint": "fp_practice",
    }


def _deltas(answer: said.Answer) -> list[dict[str, Any]]:
    """An answer in the pieces of a stream."""
    if not answer.tool_calls:
        pieces = [{"content": piece} for piece in _pieces(answer.text or "")]
        return [{"role": "assistant", "content": "", "refusal": None}, *pieces]
    deltas: list[dict[str, Any]] = []
    for index, call in enumerate(answer.tool_calls):
        function = call["function"]
        opening = {**call, "index": index, "function": {**function, "arguments": ""}}
        deltas.append({"tool_calls": [opening]})
        for piece in _pieces(function["arguments"]):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    return [{"role": "assistant", "content": None, "refusal": None}, *deltas]


def _pieces(text: str) -> list[str]:
    size = max(12, -(-len(text) // _PIECES))
    return [text[start : start + size] for start in range(0, len(text), size)]


async def serve(port: int, ledger: Path, delay: float) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        PortTaken: something else listens on the port.
        LedgerError: the ledger cannot be used.
    """
    # What they would log is of use to nobody here, and could repeat a request.
    for name in ("aiohttp.server", "aiohttp.web", "aiohttp.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    server = PracticeServer(port, ledger, delay)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows ends the process instead
            loop.add_signal_handler(number, server.stop)
    await server.run()
