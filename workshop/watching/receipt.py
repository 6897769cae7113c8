"""The receipt: what the model's provider received, answered and charged.

The practice model keeps its own ledger, so its receipt is what the provider saw. A real provider
shows nobody its books: there the receipt counts the calls that this client sent.
"""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

from workshop.core import settings as _settings
from workshop.core.display import counted, dollars, lines, table
from workshop.core.svg import figure
from workshop.practice.model.faults import label
from workshop.practice.model.ledger import NAME_LENGTH, Call
from workshop.watching.metering import attach, ledger
from workshop.watching.receipt_picture import draw, who

_since = 0


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
            f"{counted(self.received, 'call')}: {self.answered} answered, "
            f"{self.failed} failed, {self.tokens:,} tokens, {dollars(self.dollars)}"
        )

    @property
    def paid(self) -> str:
        """Calls and dollars in words."""
        return f"{counted(self.received, 'call')}, {dollars(self.dollars)}"

    def __repr__(self) -> str:
        several = len({call.notebook for call in self.calls}) > 1
        rows = [
            (f"  {call.notebook:<24}" if several else "")
            + f"  {who(call):<34} attempt {call.attempt or '–':<3} {_what(call):<22} "
            f"{_tokens(call):>6} tokens  {dollars(call.dollars)}"
            for call in self.calls
        ]
        return "\n".join([self.summary, *rows])

    def _repr_html_(self) -> str:
        if not self.calls:
            return figure(f"<div>{_strong(self.summary)}</div>")
        rows = [
            (
                call.workflow_id or "–",
                who(call),
                str(call.attempt or "–"),
                _what(call),
                str(_tokens(call)),
                dollars(call.dollars),
            )
            for call in self.calls
        ]
        columns = ("Workflow", "Activity", "Attempt", "Answer", "Tokens", "Dollars")
        words = f"A block for each call. {self.summary} The table below says the same."
        drawn = draw([("", self.calls)], words)
        return figure(drawn, table(columns, rows, _strong(self.summary)))


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
        calls = f"{counted(abs(more), 'call')} {'more' if more > 0 else 'fewer'} than {first}"
        calls = calls if more else f"as many calls as {first}"
        paid = other.dollars - one.dollars
        if abs(paid) < 0.0000005:
            return f"{second}: {calls}, for the same price."
        return f"{second}: {calls}, {dollars(abs(paid))} {'more' if paid > 0 else 'less'}."

    def __repr__(self) -> str:
        rows = lines((name, one._sum) for name, one in self.receipts)
        return "\n".join([*rows, self.summary] if self.summary else rows)

    def _repr_html_(self) -> str:
        rows = [
            (
                name,
                str(one.received),
                str(one.answered),
                str(one.failed),
                f"{one.tokens:,}",
                dollars(one.dollars),
            )
            for name, one in self.receipts
        ]
        columns = ("Run", "Calls", "Answered", "Failed", "Tokens", "Dollars")
        said = "; ".join(f"{name}: {one.summary}" for name, one in self.receipts)
        words = f"Receipts beside each other. {said} The table below says the same."
        drawn = draw([(name, one.calls) for name, one in self.receipts], words)
        return figure(drawn, table(columns, rows, _strong(self.summary)))


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
    return Receipt(tuple(ledger(settings).calls()), settings.practice)


def _calls(
    settings: _settings.Settings, since: WorkflowHandle[Any, Any] | str | int | None
) -> tuple[Call, ...]:
    mine, books = label(settings.temporal_namespace), ledger(settings)
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
    return ledger(_settings.load()).last_id()


def open_receipt() -> None:
    """Let receipts count from now on; `begin` calls this."""
    global _since
    _since = mark()


def _tokens(call: Call) -> int:
    return call.prompt_tokens + call.completion_tokens


def _strong(said: str) -> str:
    return f"<strong>{html.escape(said)}</strong>" if said else ""


def _what(call: Call) -> str:
    if call.status is None:
        return "no answer yet"
    if call.answered:
        return "✓ answered"
    return f"✗ {call.status or 'dropped'} {call.error or ''}".strip()
