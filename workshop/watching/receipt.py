"""The receipt: what the model's provider received, answered and charged.

The practice model keeps its own ledger, so its receipt is what the provider saw. A real provider
shows nobody its books: there the receipt counts the calls that this client sent.
"""

from __future__ import annotations

import html
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from temporalio.client import WorkflowHandle

from workshop.core import settings as _settings
from workshop.core.model_settings import PRACTICE_MODEL
from workshop.core.svg import dollars, figure
from workshop.practice.model import (
    NOTEBOOK_HEADER,
    PRICE_PER_COMPLETION_TOKEN,
    PRICE_PER_PROMPT_TOKEN,
)
from workshop.practice.model.faults import label
from workshop.practice.model.ledger import NAME_LENGTH, Call, Ledger
from workshop.practice.model.messages import fingerprint, last_user_text
from workshop.watching import receipt_picture

if TYPE_CHECKING:
    import httpx

_since = 0
_attached = threading.Lock()


@dataclass(frozen=True)
class Receipt:
    """Calls to the model, added up. In a notebook it shows itself as a table.

    Tokens are the provider's count; dollars are US dollars.
    """

    calls: tuple[Call, ...]
    practice: bool
    """Whether the practice model kept the books; otherwise this client counted what it sent."""

    @property
    def received(self) -> int:
        """How many calls reached the provider (or were sent to it)."""
        return len(self.calls)

    @property
    def answered(self) -> int:
        return sum(call.answered for call in self.calls)

    @property
    def failed(self) -> int:
        """Calls that got an error or no answer; one that is still being answered is neither."""
        return sum(call.status is not None and not call.answered for call in self.calls)

    @property
    def tokens(self) -> int:
        return sum(_tokens(call) for call in self.calls)

    @property
    def dollars(self) -> float:
        return sum(call.dollars for call in self.calls)

    @property
    def summary(self) -> str:
        """The receipt in one sentence."""
        who = "The practice model received" if self.practice else "This client sent"
        return f"{who} {self._sum}." if self.calls else f"{who} nothing, and nothing was charged."

    @property
    def _sum(self) -> str:
        return (
            f"{receipt_picture.counted(self.received)}: {self.answered} answered, "
            f"{self.failed} failed, {self.tokens:,} tokens, {dollars(self.dollars)}"
        )

    def of(self, activity: str) -> Receipt:
        """The part of the receipt that one Activity caused."""
        chosen = tuple(call for call in self.calls if call.activity == activity)
        return Receipt(chosen, self.practice)

    def __repr__(self) -> str:
        several = len({call.notebook for call in self.calls}) > 1
        rows = [
            (f"  {call.notebook:<24}" if several else "")
            + f"  {_who(call):<34} attempt {call.attempt or '–':<3} {_what(call):<22} "
            f"{_tokens(call):>6} tokens  {dollars(call.dollars)}"
            for call in self.calls
        ]
        return "\n".join([self.summary, *rows])

    def _repr_html_(self) -> str:
        rows = [
            (
                call.workflow_id or "–",
                _who(call),
                call.attempt or "–",
                _what(call),
                _tokens(call),
                dollars(call.dollars),
            )
            for call in self.calls
        ]
        if not self.calls:
            return figure(f"<div><strong>{html.escape(self.summary)}</strong></div>")
        columns = ("Workflow", "Activity", "Attempt", "Answer", "Tokens", "Dollars")
        table = _table(self.summary, columns, rows)
        words = f"A block for each call. {self.summary} The table below says the same."
        return figure(receipt_picture.draw([("", self.calls)], words), table)


@dataclass(frozen=True)
class Comparison:
    """Receipts side by side. In a notebook it shows itself as a picture and a table."""

    receipts: tuple[tuple[str, Receipt], ...]

    @property
    def summary(self) -> str:
        """Of two receipts, what the second one has more or less than the first; else ""."""
        if len(self.receipts) != 2:
            return ""
        (first, one), (second, other) = self.receipts
        more = other.received - one.received
        calls = f"{abs(more)} call{'' if abs(more) == 1 else 's'} {'more' if more > 0 else 'fewer'}"
        calls = f"{calls} than {first}" if more else f"as many calls as {first}"
        paid = other.dollars - one.dollars
        if abs(paid) < 0.0000005:
            return f"{second}: {calls}, for the same price."
        return f"{second}: {calls}, {dollars(abs(paid))} {'more' if paid > 0 else 'less'}."

    def __repr__(self) -> str:
        wide = max((len(name) for name, _ in self.receipts), default=0)
        rows = [f"{name:<{wide}}  {one._sum}" for name, one in self.receipts]
        return "\n".join([*rows, self.summary] if self.summary else rows)

    def _repr_html_(self) -> str:
        rows = [
            (name, one.received, one.answered, one.failed, f"{one.tokens:,}", dollars(one.dollars))
            for name, one in self.receipts
        ]
        columns = ("Run", "Calls", "Answered", "Failed", "Tokens", "Dollars")
        said = "; ".join(f"{name}: {one.summary}" for name, one in self.receipts)
        words = f"Receipts beside each other. {said} The table below says the same."
        drawn = receipt_picture.draw([(name, one.calls) for name, one in self.receipts], words)
        return figure(drawn, _table(self.summary, columns, rows))


def beside(**receipts: Receipt) -> Comparison:
    """Receipts side by side, such as `beside(naive=receipt(before), durable=receipt(after))`.

    Args:
        receipts: by the names under which they are shown; _ becomes a blank.
    """
    return Comparison(tuple((name.replace("_", " "), one) for name, one in receipts.items()))


def receipt(since: WorkflowHandle[Any, Any] | str | int | None = None) -> Receipt:
    """What the provider received from this notebook, answered and charged.

    Args:
        since: a Workflow, by its handle
            (https://python.temporal.io/temporalio.client.WorkflowHandle.html) or its id, whose
            calls alone are counted, however often the cell was run and whatever ran meanwhile; or
            a mark made by `mark()`, from which all calls are counted. None counts from `begin`.

    Raises:
        LedgerError: the books cannot be read.
    """
    settings = _settings.load()
    calls = _calls(settings, since)
    # LiteLLM tells of an answer in a thread of its own, a moment after the caller has it.
    until = time.monotonic() + 0.25
    while not settings.practice and any(c.status is None for c in calls):
        if time.monotonic() > until:
            break
        time.sleep(0.01)
        calls = _calls(settings, since)
    return Receipt(calls, settings.practice)


def receipt_of_all() -> Receipt:
    """What the provider received from all notebooks and demos that use this home, ever.

    Raises:
        LedgerError: the books cannot be read.
    """
    settings = _settings.load()
    return Receipt(tuple(_ledger(settings).calls()), settings.practice)


def _calls(
    settings: _settings.Settings, since: WorkflowHandle[Any, Any] | str | int | None
) -> tuple[Call, ...]:
    mine, books = label(settings.temporal_namespace), _ledger(settings)
    if since is None or isinstance(since, int):
        return tuple(books.calls(_since if since is None else since, mine))
    whose, name = {mine}, since
    if isinstance(since, WorkflowHandle):
        # The handle has no public name for its Client.
        whose, name = {mine, label(since._client.namespace)}, since.id
    # A request carries the id in a header, which holds ASCII; the books shorten what is long.
    name = label(str(name))[:NAME_LENGTH]
    return tuple(
        call
        for call in books.calls()
        if call.notebook in whose and call.workflow_id and label(call.workflow_id) == name
    )


def mark() -> int:
    """This moment, for `receipt(since=…)`."""
    attach()
    return _ledger(_settings.load()).last_id()


def open_receipt() -> None:
    """Let receipts count from now on; `begin` calls this."""
    global _since
    _since = mark()


def attach(settings: _settings.Settings | None = None) -> bool:
    """Let LiteLLM's calls be counted. Harmless when repeated; `start_worker` calls it.

    With the practice model, requests say in headers which notebook, Workflow, Activity and attempt
    they come from; the ledger is the provider's. With a real provider nothing is added to the
    request, and a callback writes what is sent into a ledger of our own, and takes the key out of
    an error that says it back: what an Activity raises is kept in the Event History.

    Returns:
        Whether it is attached; False until LiteLLM has been imported, which is not waited for.

    https://docs.litellm.ai/docs/observability/custom_callback
    """
    # Where `begin` still loads it, an import here would hold up the kernel until it is there.
    spec = getattr(sys.modules.get("litellm"), "__spec__", None)
    if spec is None or getattr(spec, "_initializing", False):
        return False
    import litellm

    settings = settings or _settings.load()
    with _attached:
        litellm.suppress_debug_info = True
        if settings.practice and litellm.client_session is None:
            import httpx

            # No proxy of this machine: the practice model is on loopback.
            litellm.client_session = httpx.Client(
                event_hooks={"request": [_label]}, trust_env=False
            )
            litellm.aclient_session = httpx.AsyncClient(
                event_hooks={"request": [_alabel]}, trust_env=False
            )
            # Clients made before this moment know nothing of it.
            litellm.in_memory_llm_clients_cache.flush_cache()  # type: ignore[no-untyped-call]
            price = {
                "litellm_provider": "openai",
                "mode": "chat",
                "input_cost_per_token": PRICE_PER_PROMPT_TOKEN,
                "output_cost_per_token": PRICE_PER_COMPLETION_TOKEN,
                "cache_creation_input_token_cost": PRICE_PER_PROMPT_TOKEN,
                "cache_read_input_token_cost": PRICE_PER_PROMPT_TOKEN,
            }
            names = ("practice-model", PRACTICE_MODEL)
            litellm.register_model(dict.fromkeys(names, price))
        elif not settings.practice and _labels(litellm.client_session):
            # A key has been set in this kernel: the headers are not for a real provider.
            litellm.client_session = litellm.aclient_session = None
            litellm.in_memory_llm_clients_cache.flush_cache()  # type: ignore[no-untyped-call]
        if not settings.practice and not any(_is_meter(c) for c in litellm.callbacks):
            litellm.callbacks.append(_meter(_ledger(settings)))
    return True


def caller() -> tuple[str | None, str | None, int | None]:
    """Workflow id, Activity type and attempt of the Activity that is running here, or Nones."""
    from temporalio import activity

    if not activity.in_activity():
        return None, None, None
    info = activity.info()
    return info.workflow_id, info.activity_type, info.attempt


def _label(request: httpx.Request) -> None:
    request.headers[NOTEBOOK_HEADER] = label(_settings.load().temporal_namespace)
    workflow, name, attempt = caller()
    if workflow and name:
        request.headers["X-Workshop-Workflow"] = label(workflow)
        request.headers["X-Workshop-Activity"] = label(name)
        request.headers["X-Workshop-Attempt"] = str(attempt)


async def _alabel(request: httpx.Request) -> None:
    _label(request)


def _ledger(settings: _settings.Settings) -> Ledger:
    name = "practice-ledger.sqlite" if settings.practice else "sent-ledger.sqlite"
    return Ledger(settings.home / name)


def _labels(session: httpx.Client | None) -> bool:
    return session is not None and _label in session.event_hooks["request"]


def _is_meter(callback: Any) -> bool:
    return type(callback).__name__ == "Meter"


def _meter(ledger: Ledger) -> Any:
    """A LiteLLM callback that writes each call into a ledger before it is sent."""
    from litellm.integrations.custom_logger import CustomLogger

    # LiteLLM calls these by keyword, so the names of the arguments are its own.
    class Meter(CustomLogger):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.rows: dict[str, int] = {}

        def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
            workflow, name, attempt = caller()
            self.rows[str(kwargs.get("litellm_call_id"))] = ledger.received(
                model=model,
                prompt_sha256=fingerprint(messages),
                prompt=last_user_text(messages),
                workflow_id=workflow,
                activity=name,
                attempt=attempt,
                notebook=label(_settings.load().temporal_namespace),
            )

        def log_success_event(
            self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            row = self.rows.pop(str(kwargs.get("litellm_call_id")), None)
            usage = getattr(response_obj, "usage", None)
            if row is not None:
                ledger.answered(
                    row,
                    prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
                    completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
                    dollars=kwargs.get("response_cost") or 0.0,
                )

        def log_failure_event(
            self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            row = self.rows.pop(str(kwargs.get("litellm_call_id")), None)
            error = kwargs.get("exception")
            _hide_key(error)
            if row is not None:
                # The class name alone: a provider's message may hold a part of the key.
                ledger.failed(row, getattr(error, "status_code", 0) or 0, type(error).__name__)

        async def async_log_success_event(
            self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            self.log_success_event(kwargs, response_obj, start_time, end_time)

        async def async_log_failure_event(
            self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            self.log_failure_event(kwargs, response_obj, start_time, end_time)

    return Meter()


def _hide_key(error: BaseException | None) -> None:
    """Take the key out of an error and those behind it. LiteLLM raises it after its callbacks."""
    settings = _settings.load()
    while error is not None:
        error.args = tuple(settings.without_key(a) if isinstance(a, str) else a for a in error.args)
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, settings.without_key(value))
        error = error.__cause__ or error.__context__


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as notebooks show it. They would align its cells to the right."""

    left = 'style="text-align:left"'
    head = "".join(f'<th scope="col" {left}>{html.escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td {left}>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    said = f"<strong>{html.escape(caption)}</strong>"
    told = f'<caption style="text-align:left;caption-side:top">{said}</caption>' if caption else ""
    return f"<table>{told}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _tokens(call: Call) -> int:
    return call.prompt_tokens + call.completion_tokens


def _who(call: Call) -> str:
    return call.activity or "a call outside Temporal"


def _what(call: Call) -> str:
    if call.status is None:
        return "no answer yet"
    if call.answered:
        return "✓ answered"
    return f"✗ {call.status or 'dropped'} {call.error or ''}".strip()
