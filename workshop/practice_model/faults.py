"""Faults on demand: how the practice model breaks when a lesson asks it to.

    with rate_limited(times=2, retry_after=1):
        result = await follow(handle)

A fault lives exactly as long as the connection that its `with` block holds open. It therefore
ends with the block, with an exception, and with the kernel, even with one that is killed.
`async with` works as well; both take a few milliseconds to enter and to leave.

It is for the calls of the notebook that ordered it, and for nobody else's.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.parse
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from workshop.errors import WorkshopError
from workshop.practice_model import NOBODY, NOTEBOOK_HEADER, SERVICE
from workshop.practice_model.api import ApiError
from workshop.practice_model.misbehaviour import WAYS

PATH = "/faults"
"""The control path: POST holds a fault, DELETE ends all of them."""
_ANSWER_SECONDS = 3.0
"""How long the server may take over a control request."""


class FaultError(WorkshopError):
    """A fault could not be made."""


# What a learner calls.


def rate_limited(
    times: int | None = None,
    retry_after: float = 1,
    *,
    matching: str | None = None,
    base: str | None = None,
) -> FaultContext:
    """429 `rate_limit_exceeded` with a Retry-After header of `retry_after` seconds.

    Args:
        times: for so many calls; None means every call in the block.
        matching: only for calls whose messages contain this text (case does not matter).
        base: where the practice model is; None means as the settings say.

    Raises (on entering the block):
        FaultError: a real provider is in use, or the practice model does not answer.
    """
    return FaultContext("rate_limited", times, retry_after, matching, base)


def quota_exhausted(
    times: int | None = None, *, matching: str | None = None, base: str | None = None
) -> FaultContext:
    """429 `insufficient_quota`: the account is empty, and waiting does not help.

    Arguments and errors as `rate_limited`.
    """
    return FaultContext("quota_exhausted", times, 0, matching, base)


def server_error(
    times: int | None = None, *, matching: str | None = None, base: str | None = None
) -> FaultContext:
    """500 `server_error`. Arguments and errors as `rate_limited`."""
    return FaultContext("server_error", times, 0, matching, base)


def wrong_key(
    times: int | None = None, *, matching: str | None = None, base: str | None = None
) -> FaultContext:
    """401 `invalid_api_key`, whatever the key. Arguments and errors as `rate_limited`."""
    return FaultContext("wrong_key", times, 0, matching, base)


def slow(
    seconds: float,
    times: int | None = None,
    *,
    matching: str | None = None,
    base: str | None = None,
) -> FaultContext:
    """The answer comes `seconds` later, at the end of the block at the latest.

    It is charged even if the caller has given up by then, as a provider does. Arguments and
    errors as `rate_limited`.
    """
    return FaultContext("slow", times, seconds, matching, base)


def dropped(
    times: int | None = None, *, matching: str | None = None, base: str | None = None
) -> FaultContext:
    """The connection closes without an answer. Arguments and errors as `rate_limited`."""
    return FaultContext("dropped", times, 0, matching, base)


def unplugged(*, base: str | None = None) -> FaultContext:
    """Nothing reaches the model for as long as the block lasts. Errors as `rate_limited`.

    Each connection of this notebook is cut as soon as it is known whose it is. The model has
    received nothing, so its ledger has no row.
    """
    return FaultContext("unplugged", None, 0, None, base)


def budget(
    dollars: float | None = None,
    calls: int | None = None,
    *,
    matching: str | None = None,
    base: str | None = None,
) -> FaultContext:
    """Calls are answered until the money is used up; from then on 429 `insufficient_quota`.

    The call that uses up the last of it is still answered, as a provider does; those after it
    cost nothing. Their error says what was spent.

    Args:
        dollars: US dollars that the calls of the block may cost.
        calls: or how many of them are answered; with both, whichever is used up first.
        matching: counts and refuses only calls whose messages contain this text (case does not
            matter).
        base: where the practice model is; None means as the settings say.

    Raises:
        FaultError: neither is given, or one is not above 0; on entering the block as
            `rate_limited`.
    """
    if dollars is None and calls is None:
        raise FaultError(
            "This budget has no limit.", "It has dollars or calls.", "Write budget(dollars=0.01)."
        )
    if dollars is not None and not 0 < dollars < float("inf"):
        raise FaultError(f"dollars is {dollars}.", "It is an amount of US dollars above 0.")
    if calls is not None and calls < 1:
        raise FaultError(f"calls is {calls}.", "It is a number of calls above 0.")
    return FaultContext("budget", None, 0, matching, base, dollars=dollars, calls=calls)


def misbehaving(
    how: str,
    times: int | None = None,
    *,
    matching: str | None = None,
    base: str | None = None,
) -> FaultContext:
    """The provider is well and the model is not: it answers, is paid, and what it says is wrong.

    Args:
        how: in which way:
            "unknown tool": it calls `book_flight`, which nobody offered;
            "broken arguments": it calls a tool with JSON that is cut in half;
            "wrong arguments": it calls a tool with JSON that does not fit the tool's schema;
            "endless": it calls a tool each turn and never answers in words;
            "huge": it says 100,000 characters, or as many as `max_tokens` allows;
            "empty": it says nothing and calls nothing.
            The first four come only to calls that have tools.
        times, matching, base: as `rate_limited`.

    Raises:
        FaultError: `how` is another word; on entering the block as `rate_limited`.
    """
    if how not in WAYS:
        raise FaultError(
            f"how is {how!r}.", f"It is one of {', '.join(repr(way) for way in WAYS)}."
        )
    return FaultContext("misbehaving", times, 0, matching, base, how=how)


def clear(base: str | None = None) -> bool:
    """End all faults of this notebook, whichever of its processes made them.

    Returns:
        True when none is left. False when the practice model cannot be reached.

    Raises:
        FaultError: a real provider is in use and `base` is not given.
    """
    base = base or _base_of_settings()
    for context in list(_held):
        context.close()
    try:
        connection = _connect(base)
        try:
            connection.request("DELETE", PATH, headers={NOTEBOOK_HEADER: _notebook()})
            return connection.getresponse().status == 200
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


class FaultContext:
    """A fault that lasts as long as the `with` or `async with` block. Made by the functions above.

    It may be used again once its block has ended.
    """

    def __init__(
        self,
        kind: str,
        times: int | None,
        seconds: float,
        matching: str | None,
        base: str | None,
        *,
        dollars: float | None = None,
        calls: int | None = None,
        how: str = "",
    ) -> None:
        if times is not None and times < 0:
            raise FaultError(
                f"times is {times}.", "It is a number of calls, or None for every call."
            )
        if not 0 <= seconds <= 3600:
            raise FaultError(f"The time is {seconds} s.", "It is from 0 to 3600 seconds.")
        self._wish = {"kind": kind, "times": times, "seconds": seconds, "matching": matching}
        self._wish |= {"dollars": dollars, "calls": calls, "how": how}
        self._base = base
        self._connection: http.client.HTTPConnection | None = None
        self._answer: http.client.HTTPResponse | None = None

    def __enter__(self) -> FaultContext:
        if self._connection is not None:
            raise FaultError("This fault is in use already.", "", "Make another one.")
        base = self._base or _base_of_settings()
        connection = _connect(base)
        try:
            line = json.dumps(self._wish | {"notebook": _notebook()}).encode() + b"\n"
            connection.putrequest("POST", PATH)
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            # The body is left unfinished: its end is the end of the fault.
            connection.send(b"%x\r\n%s\r\n" % (len(line), line))
            connection.auto_open = 0  # the fault is this connection and no later one
            answer = connection.getresponse()
            if answer.status != 200 or b"held" not in answer.readline():
                raise _not_ours(base)
        except (OSError, http.client.HTTPException) as problem:
            connection.close()
            raise _unreachable(base) from problem
        except BaseException:
            connection.close()
            raise
        self._connection, self._answer = connection, answer
        _held.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> FaultContext:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """End the fault, and return once the practice model has ended it. Twice is harmless."""
        connection, answer = self._connection, self._answer
        self._connection = self._answer = None
        _held.discard(self)
        if connection is None or answer is None:
            return
        try:
            connection.send(b"0\r\n\r\n")
            answer.read()  # its end says that the fault is gone
        except (OSError, http.client.HTTPException):
            pass  # the server has gone, or `clear` was faster
        finally:
            answer.close()
            connection.close()


_held: weakref.WeakSet[FaultContext] = weakref.WeakSet()
"""The faults of this process, so that `clear` ends even an `unplugged` of its own."""


def _base_of_settings() -> str:
    from workshop.settings import load  # late: the server must not pay for it

    settings = load()
    if not settings.practice or not settings.llm_api_base:
        raise FaultError(
            f"A real provider is in use ({settings.llm_model}).",
            "Faults on demand need the practice model.",
            "Empty LLM_API_KEY and LLM_API_BASE in .env, run begin again, and then this cell.",
        )
    return settings.llm_api_base


def _notebook() -> str:
    from workshop.settings import load  # late: the server must not pay for it

    return label(load().temporal_namespace)


def label(name: str) -> str:
    """A name as a header holds it: in ASCII, whatever it holds itself."""
    return name.encode("ascii", "replace").decode()


def _connect(base: str) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(base)
    return http.client.HTTPConnection(
        parts.hostname or "127.0.0.1", parts.port, timeout=_ANSWER_SECONDS
    )


def _unreachable(base: str) -> FaultError:
    return FaultError(
        f"Nothing answers at {base}.",
        "The practice model runs there.",
        "Run the begin cell again: it starts the model.",
    )


def _not_ours(base: str) -> FaultError:
    return FaultError(
        f"What answers at {base} is not the practice model.",
        "",
        "Set WORKSHOP_PRACTICE_PORT in .env to a free port, and run the begin cell again.",
    )


# What the server makes of it.

KINDS = (
    "rate_limited",
    "quota_exhausted",
    "server_error",
    "wrong_key",
    "slow",
    "dropped",
    "unplugged",
    "budget",
    "misbehaving",
)


@dataclass(eq=False)
class Fault:
    """One fault that some client holds."""

    kind: str
    times: int | None = None
    """Calls that it is still for; None means all."""
    seconds: float = 0
    matching: str = ""
    dollars: float | None = None
    """What a budget allows, in US dollars; None means any amount."""
    calls: int | None = None
    """Answers that a budget allows; None means any number."""
    how: str = ""
    """In which way a model misbehaves, one of `misbehaviour.WAYS`; empty for other faults."""
    notebook: str = NOBODY
    """Whose calls it is for."""
    spent: float = 0
    """US dollars of a budget that were spent."""
    answered: int = 0
    """Calls of a budget that were answered."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the fault is over."""

    @classmethod
    def from_line(cls, line: bytes) -> Fault:
        """Read what `FaultContext` sends.

        Raises:
            ValueError: it is no such line.
        """
        wish: dict[str, Any] = json.loads(line)
        if wish["kind"] not in KINDS:
            raise ValueError("unknown fault")
        how = wish.get("how") or ""
        if (wish["kind"] == "misbehaving") != (how in WAYS):
            raise ValueError("unknown misbehaviour")
        times, seconds = wish.get("times"), wish.get("seconds") or 0
        return cls(
            kind=wish["kind"],
            times=None if times is None else int(times),
            seconds=min(max(float(seconds), 0), 3600),
            matching=str(wish.get("matching") or ""),
            dollars=None if wish.get("dollars") is None else float(wish["dollars"]),
            calls=None if wish.get("calls") is None else int(wish["calls"]),
            how=how,
            notebook=str(wish.get("notebook") or NOBODY),
        )

    def fits(self, notebook: str, prompt: str) -> bool:
        """Whether it is meant for a call of this notebook with this prompt."""
        return self.notebook == notebook and self.matching.casefold() in prompt.casefold()

    @property
    def sleeps(self) -> bool:
        """Whether it lets calls pass: it was for fewer, or its budget is not used up yet."""
        if self.kind != "budget":
            return self.times == 0
        poor = self.dollars is not None and self.spent >= self.dollars
        return not poor and (self.calls is None or self.answered < self.calls)

    def _used_up(self) -> str:
        """What a budget's error says, in a sentence."""
        given = [] if self.dollars is None else [f"${self.dollars:g}"]
        given += [] if self.calls is None else [_calls(self.calls)]
        return (
            f"The budget of {' or '.join(given)} is used up: "
            f"{_calls(self.answered)} answered, ${self.spent:.6f} spent."
        )

    def error(self) -> ApiError | None:
        """The answer that the API gives for this fault; None where it gives none.

        https://platform.openai.com/docs/guides/error-codes
        """
        match self.kind:
            case "rate_limited":
                return ApiError(
                    429,
                    "Rate limit reached for practice-model on requests per min (RPM). "
                    f"Please try again in {self.seconds:g}s.",
                    kind="requests",
                    code="rate_limit_exceeded",
                    headers={"Retry-After": f"{self.seconds:g}"},
                )
            case "quota_exhausted" | "budget":
                said = (
                    "You exceeded your current quota, please check your plan and billing details."
                )
                return ApiError(
                    429,
                    f"{said} {self._used_up()}" if self.kind == "budget" else said,
                    kind="insufficient_quota",
                    code="insufficient_quota",
                )
            case "server_error":
                return ApiError(
                    500,
                    "The server had an error while processing your request. Sorry about that.",
                    kind="server_error",
                    code="server_error",
                )
            case "wrong_key":
                return wrong_key_error()
        return None


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def wrong_key_error() -> ApiError:
    """401, without a word of the key that came."""
    return ApiError(
        401,
        f"Incorrect API key provided. The {SERVICE} takes only its own.",
        code="invalid_api_key",
    )


class Faults:
    """The faults in force. The newest that fits a call decides, as the innermost block would."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._active.append(fault)

    def end(self, fault: Fault) -> None:
        """Take it out of force. Twice is harmless."""
        fault.ended.set()
        if fault in self._active:
            self._active.remove(fault)

    def end_all(self, notebook: str | None = None) -> int:
        """End every fault of a notebook, or of all; returns how many there were."""
        faults = [fault for fault in self._active if notebook in (None, fault.notebook)]
        for fault in faults:
            self.end(fault)
        return len(faults)

    def unplugged(self, notebook: str) -> bool:
        """Whether this notebook's connections are to be cut."""
        return any(f.kind == "unplugged" and f.notebook == notebook for f in self._active)

    def take(
        self, notebook: str, prompt: str, applies: Callable[[Fault], bool] = lambda fault: True
    ) -> Fault | None:
        """The fault for a call of this notebook with this prompt, counted as used.

        Args:
            applies: whether a fault makes sense for the call, beyond its prompt.
        """
        for fault in reversed(self._active):
            if fault.kind == "unplugged" or fault.sleeps:
                continue
            if fault.fits(notebook, prompt) and applies(fault):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def charge(self, notebook: str, prompt: str, dollars: float) -> None:
        """Count an answer that is about to be given, and its price, in every budget it is for."""
        for fault in self._active:
            if fault.kind == "budget" and fault.fits(notebook, prompt):
                fault.answered += 1
                fault.spent += dollars
