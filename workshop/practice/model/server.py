"""The practice model's server: OpenAI's chat API over HTTP on loopback.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from workshop.practice.model import (
    CALLER_HEADER,
    FAULTS_PATH,
    KEY,
    MODEL,
    NOBODY,
    NOTEBOOK_HEADER,
    SERVICE,
    errors,
    wire,
)
from workshop.practice.model.answers import Answer, answer
from workshop.practice.model.errors import ApiError
from workshop.practice.model.faults_in_force import Fault, Faults
from workshop.practice.model.ledger import Ledger, cost
from workshop.practice.model.messages import all_text, fingerprint, last_user_text
from workshop.practice.model.misbehaviour import applies
from workshop.practice.model.reading import ChatRequest, parse, read
from workshop.practice.processes.served import Handler, Served

_BODY_BYTES = 32 * 1024 * 1024


class PracticeServer(Served):
    """Answers chat requests, each `delay` seconds long; keeps the ledger and the faults.

    Raises:
        LedgerError: the ledger, a file that gets a row for every request, cannot be used.
    """

    protocol = errors.Protocol

    def __init__(self, port: int, ledger: Path, delay: float) -> None:
        self.delay = delay
        self.ledger = Ledger(ledger)
        self.ledger.last_id()  # an unusable file is told now, not later
        self.faults = Faults()
        self.started = int(time.time())
        app = web.Application(
            middlewares=[self._unless_unplugged, errors.as_json, self._guard],
            client_max_size=_BODY_BYTES,
        )
        app.add_routes(
            [
                web.get("/v1/models", self.models),
                web.get("/v1/models/{name}", self.models),
                web.post("/v1/chat/completions", self.chat),
                web.post(FAULTS_PATH, self.hold_fault),
                web.delete(FAULTS_PATH, self.end_faults),
            ]
        )
        app.on_response_prepare.append(_close_connection)
        app.on_shutdown.append(self._end_faults)
        app.on_cleanup.append(self._close_ledger)
        super().__init__(port, app, SERVICE, delay=delay, ledger=ledger.name)

    async def _end_faults(self, app: web.Application) -> None:
        self.faults.end_all()  # their requests would go on

    async def _close_ledger(self, app: web.Application) -> None:
        self.ledger.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what comes from elsewhere, before it leaves a row or a fault."""
        if refusal := self.visitors.refusal(request.headers):
            raise ApiError(403, refusal)
        return await handler(request)

    @web.middleware
    async def _unless_unplugged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/v1/") and self.faults.unplugged(_notebook(request)):
            return _cut(request)
        return await handler(request)

    # What it answers

    async def models(self, request: web.Request) -> web.Response:
        """All models, or the one that is named."""
        _require_key(request)
        model = {"id": MODEL, "object": "model", "created": self.started, "owned_by": "workshop"}
        name = request.match_info.get("name")
        if name not in (None, MODEL):
            raise errors.unknown_model(str(name))
        return web.json_response(model if name else {"object": "list", "data": [model]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        _require_json(request)
        try:
            body = parse(await request.read())
        except ApiError:
            _require_key(request)  # before the body, as the API does
            raise
        row = self._received(request, body)
        try:
            _require_key(request)
            return await self._said(request, read(body), row)
        except ApiError as problem:
            self.ledger.failed(row, problem.status, problem.code or problem.kind)
            raise
        except Exception:
            self.ledger.failed(row, 500, "server_error")
            raise

    def _received(self, request: web.Request, body: dict[str, Any]) -> int:
        model, messages = body.get("model"), body.get("messages")
        said = unquote(request.headers.get(CALLER_HEADER, ""))
        caller = re.fullmatch(r"(.+)/([^/]+)/([0-9]{1,9})", said, re.DOTALL)
        return self.ledger.received(
            model=model if isinstance(model, str) else None,
            prompt_sha256=fingerprint(messages),
            prompt=last_user_text(messages),
            workflow_id=caller and caller[1],
            activity=caller and caller[2],
            attempt=int(caller[3]) if caller else None,
            notebook=_notebook(request),
        )

    async def _said(self, request: web.Request, chat: ChatRequest, row: int) -> web.StreamResponse:
        """The answer to a good request, or what a fault makes of it."""
        notebook, prompt = _notebook(request), all_text(chat.messages)
        fault = self.faults.take(notebook, prompt, lambda fault: applies(fault.how, chat))
        if fault is not None and not fault.how:
            if fault.kind == "dropped":
                self.ledger.failed(row, 0, "dropped")
                return _cut(request)
            if refusal := fault.error():
                raise refusal
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(fault.ended.wait(), fault.seconds)
        said = answer(chat, fault.how if fault is not None else "")
        # Before it takes its time: of many calls at once, those after the last dollar are late.
        self.faults.charge(notebook, prompt, cost(**said.counts))
        if chat.stream:
            return await self._stream(request, chat, said, row)
        await asyncio.sleep(self.delay)
        self.ledger.answered(row, **said.counts)
        return web.json_response(wire.completion(chat, said))

    async def _stream(
        self, request: web.Request, chat: ChatRequest, said: Answer, row: int
    ) -> web.StreamResponse:
        """Server-sent events, the last of them once the ledger knows of the answer."""
        pieces, ending = wire.chunks(chat, said)
        pause = self.delay / (len(pieces) + 1)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        response.headers["Cache-Control"] = "no-cache"
        try:
            await asyncio.sleep(pause)
            await response.prepare(request)
            for piece in pieces:
                await response.write(_event(piece))
                if pause:
                    await asyncio.sleep(pause)
        except ConnectionError:
            # The caller has left; a provider charges all the same.
            self.ledger.answered(row, **said.counts)
            raise
        self.ledger.answered(row, **said.counts)
        for piece in ending:
            await response.write(_event(piece))
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


async def _close_connection(request: web.Request, response: web.StreamResponse) -> None:
    if request.path != FAULTS_PATH:
        # Each call has a connection of its own: one that is cut takes no other with it.
        response.force_close()
        response.headers["Connection"] = "close"
    response.headers.setdefault("X-Request-Id", f"req_{uuid.uuid4().hex}")


def _require_json(request: web.Request) -> None:
    """No page of another site can send this type unasked; what is refused here leaves no row."""
    if request.content_type != "application/json":
        raise ApiError(415, "A request is application/json.")


def _require_key(request: web.Request) -> None:
    expected = f"Bearer {KEY}".encode()
    given = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, expected):
        raise errors.wrong_key()


def _notebook(request: web.Request) -> str:
    return request.headers.get(NOTEBOOK_HEADER) or NOBODY


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is left to read it


def _event(piece: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % json.dumps(piece).encode()
