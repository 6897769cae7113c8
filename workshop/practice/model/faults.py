"""Faults on demand: how the practice model breaks when a lesson asks it to.

    with rate_limited(times=2, retry_after=1):
        result = await follow(handle)

A fault lives exactly as long as the connection that its `with` block holds open. It therefore
ends with the block, with an exception, and with the kernel, even with one that is killed.
`async with` works as well; both take a few milliseconds to enter and to leave.

It is for the calls of the notebook that ordered it, and for nobody else's. What the server makes
of it is in `faults_in_force`.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.parse
import weakref
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, fields
from math import inf
from typing import Any

from workshop.core.errors import WorkshopError
from workshop.core.settings import load
from workshop.practice.model import FAULTS_PATH, NOTEBOOK_HEADER, WAYS

_ANSWER_SECONDS = 3.0  # that the server may take over a control request
_UNREACHABLE = (OSError, http.client.HTTPException)


class FaultError(WorkshopError):
    """A fault could not be made."""


_LIMITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "times": (lambda times: times >= 0, "It is a number of calls, or None for every call."),
    "seconds": (lambda seconds: 0 <= seconds <= 3600, "It is from 0 to 3600 seconds."),
    "retry_after": (lambda seconds: 0 <= seconds <= 3600, "It is from 0 to 3600 seconds."),
    "dollars": (lambda dollars: 0 < dollars < inf, "It is an amount of US dollars above 0."),
    "calls": (lambda calls: calls >= 1, "It is a number of calls above 0."),
    "how": (WAYS.__contains__, f"It is one of {', '.join(map(repr, WAYS))}."),
}
"""What each number or word has to be, and how that is said."""


@dataclass(eq=False, kw_only=True)
class FaultContext:
    """A fault that lasts as long as the `with` or `async with` block, and may be used again then.

    Raises:
        FaultError: an argument cannot be; or, on entering the block, a real provider is in use or
            the practice model does not answer.
    """

    matching: str | None = None
    """Only for calls whose messages contain this text (case does not matter)."""
    base: str | None = None
    """Where the practice model is; None means as the settings say."""

    def __post_init__(self) -> None:
        self._open: tuple[http.client.HTTPConnection, http.client.HTTPResponse] | None = None
        for name, (fits, expected) in _LIMITS.items():
            value = getattr(self, name, None)
            if value is not None and not fits(value):
                raise FaultError(f"{name} is {value!r}.", expected)

    def __enter__(self) -> FaultContext:
        if self._open is not None:
            raise FaultError("This fault is in use already.", "", "Make another one.")
        base = self.base or _base_of_settings()
        with ExitStack() as failed:
            connection = _connect(base)
            failed.callback(connection.close)
            try:
                answer = self._order(connection)
                ours = answer.status == 200 and b"held" in answer.readline()
            except _UNREACHABLE as problem:
                raise FaultError(
                    f"Nothing answers at {base}.",
                    "The practice model runs there.",
                    "Run the begin cell again: it starts the model.",
                ) from problem
            if not ours:
                raise FaultError(
                    f"What answers at {base} is not the practice model.",
                    do="Set WORKSHOP_PRACTICE_PORT in .env to a free port, and run the begin cell "
                    "again.",
                )
            failed.pop_all()
        self._open = connection, answer
        _held.add(self)
        return self

    def _order(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        wish = {"kind": type(self).__name__, "notebook": label(load().temporal_namespace)}
        names = {part.name for part in fields(self)} - {"base"}
        wish |= {name: value for name in names if (value := getattr(self, name)) is not None}
        line = json.dumps(wish).encode() + b"\n"
        connection.putrequest("POST", FAULTS_PATH)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        # The body is left unfinished: its end is the end of the fault.
        connection.send(b"%x\r\n%s\r\n" % (len(line), line))
        connection.auto_open = 0  # the fault is this connection and no later one
        return connection.getresponse()

    def __exit__(self, *problem: object) -> None:
        self.close()

    async def __aenter__(self) -> FaultContext:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *problem: object) -> None:
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """End the fault, and return once the practice model has ended it. Twice is harmless."""
        opened, self._open = self._open, None
        _held.discard(self)
        if opened is None:
            return
        connection, answer = opened
        with closing(connection), closing(answer), suppress(*_UNREACHABLE):
            # Where it cannot be sent, the server has gone, or `clear` was faster.
            connection.send(b"0\r\n\r\n")
            answer.read()  # its end says that the fault is gone


_held: weakref.WeakSet[FaultContext] = weakref.WeakSet()
"""The faults of this process, so that `clear` ends even an `unplugged` of its own."""


@dataclass(eq=False)
class _Times(FaultContext):
    times: int | None = None
    """For so many calls; None means every call in the block."""


@dataclass(eq=False)
class rate_limited(_Times):
    """429 `rate_limit_exceeded` with a Retry-After header of `retry_after` seconds."""

    retry_after: float = 1


class quota_exhausted(_Times):
    """429 `insufficient_quota`: the account is empty, and waiting does not help."""


class server_error(_Times):
    """500 `server_error`."""


class wrong_key(_Times):
    """401 `invalid_api_key`, whatever the key."""


class dropped(_Times):
    """The connection closes without an answer."""


@dataclass(eq=False)
class slow(FaultContext):
    """The answer comes `seconds` later, at the end of the block at the latest.

    It is charged even if the caller has given up by then.
    """

    seconds: float
    times: int | None = None


@dataclass(eq=False)
class unplugged(FaultContext):
    """Nothing reaches the model for as long as the block lasts.

    Each connection of this notebook is cut as soon as it is known whose it is. The model has
    received nothing, so its ledger has no row.
    """

    matching: None = field(default=None, init=False)


@dataclass(eq=False)
class budget(FaultContext):
    """Calls are answered until the money is used up; from then on 429 `insufficient_quota`.

    The call that uses up the last of it is still answered, as a provider does; those after it
    cost nothing. Their error says what was spent. Calls that do not match are not counted.
    """

    dollars: float | None = None
    """US dollars that the calls of the block may cost."""
    calls: int | None = None
    """Or how many of them are answered; with both, whichever is used up first."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dollars is None and self.calls is None:
            expected = "It has dollars or calls."
            raise FaultError("This budget has no limit.", expected, "Write budget(dollars=0.01).")


@dataclass(eq=False)
class misbehaving(FaultContext):
    """The provider is well and the model is not: it answers, is paid, and what it says is wrong."""

    how: str
    """In which way; the first four come only to calls that have tools:

    "unknown tool": it calls `book_flight`, which nobody offered;
    "broken arguments": it calls a tool with JSON that is cut in half;
    "wrong arguments": it calls a tool with JSON that does not fit the tool's schema;
    "endless": it calls a tool each turn and never answers in words;
    "huge": it says 100,000 characters, or as many as `max_tokens` allows;
    "empty": it says nothing and calls nothing.
    """
    times: int | None = None


def clear(base: str | None = None) -> bool:
    """End all faults of this notebook, whichever of its processes made them.

    Returns whether none is left: False when the practice model cannot be reached.

    Raises:
        FaultError: a real provider is in use and `base` is not given.
    """
    connection = _connect(base or _base_of_settings())
    for context in list(_held):
        context.close()
    whose = {NOTEBOOK_HEADER: label(load().temporal_namespace)}
    with closing(connection), suppress(*_UNREACHABLE):
        connection.request("DELETE", FAULTS_PATH, headers=whose)
        return connection.getresponse().status == 200
    return False


def _base_of_settings() -> str:
    settings = load()
    if not settings.practice or not settings.llm_api_base:
        raise FaultError(
            f"A real provider is in use ({settings.llm_model}).",
            "Faults on demand need the practice model.",
            "Empty LLM_API_KEY and LLM_API_BASE in .env, run begin again, and then this cell.",
        )
    return settings.llm_api_base


def label(name: str) -> str:
    """A name as a header holds it: in ASCII, whatever it holds itself."""
    return name.encode("ascii", "replace").decode()


def _connect(base: str) -> http.client.HTTPConnection:
    at = urllib.parse.urlsplit(base)
    return http.client.HTTPConnection(at.hostname or "127.0.0.1", at.port, timeout=_ANSWER_SECONDS)
