"""The receipt: with the practice model what the provider saw, with a real one what was sent."""

from __future__ import annotations

import asyncio
import html.parser
import re
import traceback
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import litellm
import pytest
import room as rooms
from provider_stand_in import Provider, good, provider, refusal
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.worker import Worker

from workshop.core.settings import load
from workshop.practice.model import faults
from workshop.practice.model.ledger import Call, Ledger
from workshop.watching.metering import attach
from workshop.watching.receipt import (
    Comparison,
    Receipt,
    beside,
    mark,
    open_receipt,
    receipt,
    receipt_of_all,
)

QUICK = timedelta(seconds=10)
SENTINEL = "sk-sentinel-5e1f2d3c4b5a69788796a5b4c3d2e1f0"
costs: list[float] = []


def complete(prompt: str, **given: Any) -> Any:
    settings = load()
    return litellm.completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=5,
        max_retries=0,
        **given,
    )


@activity.defn
async def llm_call(prompt: str) -> str:
    answer = await asyncio.to_thread(complete, prompt)
    costs.append(litellm.completion_cost(answer))
    return str(answer.choices[0].message.content)


@workflow.defn(sandboxed=False)
class Research:
    @workflow.run
    async def run(self, prompt: str) -> str:
        result: str = await workflow.execute_activity(
            "llm_call",
            prompt,
            start_to_close_timeout=QUICK,
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=10), maximum_attempts=3
            ),
        )
        return result


@activity.defn(name="llm_call")
async def llm_call_async(prompt: str) -> str:
    settings = load()
    answer = await litellm.acompletion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=5,
        max_retries=0,
    )
    return str(answer.choices[0].message.content)


def research(*prompts: str, ids: list[str] | None = None) -> list[str]:
    """Run one Workflow for each prompt. Returns the ids."""
    queue = f"receipt-{uuid.uuid4().hex[:8]}"
    names = ids or [f"research-{uuid.uuid4().hex[:8]}" for _ in prompts]

    async def main() -> None:
        client = await Client.connect(load().temporal_address)
        async with Worker(client, task_queue=queue, workflows=[Research], activities=[llm_call]):
            for name, prompt in zip(names, prompts, strict=True):
                await client.execute_workflow(Research.run, prompt, id=name, task_queue=queue)

    asyncio.run(main())
    return names


def detach() -> None:
    litellm.client_session = litellm.aclient_session = None
    litellm.logging_callback_manager._reset_all_callbacks()
    litellm.in_memory_llm_clients_cache.flush_cache()


@pytest.fixture(autouse=True)
def attached(running_room: dict[str, str]) -> Iterator[None]:
    """LiteLLM as in a fresh kernel, in the room, and again as it was."""
    detach()
    costs.clear()
    assert attach()
    open_receipt()
    yield
    detach()


# With the practice model


def test_rows_name_the_workflow_the_activity_and_the_attempt(running_room: dict[str, str]) -> None:
    with faults.server_error(times=1, base=load().llm_api_base):
        (name,) = research("Tell me three facts about otters")
    bill = receipt()
    assert [(c.workflow_id, c.activity, c.attempt) for c in bill.calls] == [
        (name, "llm_call", 1),
        (name, "llm_call", 2),
    ]
    assert [c.status for c in bill.calls] == [500, 200]
    assert (bill.received, bill.answered, bill.failed) == (2, 1, 1)
    assert "practice model received 2 calls: 1 answered, 1 failed" in bill.summary
    shown = repr(bill)
    assert "attempt 1" in shown and "✗ 500" in shown and "✓ answered" in shown


def test_it_agrees_with_the_ledger_and_with_litellm(running_room: dict[str, str]) -> None:
    since = mark()
    answer = complete("Tell me three facts about otters")
    (one,) = research("Write a poem about bees")
    bill, books = receipt(since), Ledger(load().home / "practice-ledger.sqlite")
    assert list(bill.calls) == books.calls(since=since)
    assert bill.dollars == pytest.approx(litellm.completion_cost(answer) + costs[0])
    assert bill.dollars > 0
    (within,) = [call for call in bill.calls if call.activity == "llm_call"]
    its_tokens = within.prompt_tokens + within.completion_tokens
    assert bill.tokens == its_tokens + answer.usage.total_tokens and within.workflow_id == one
    assert f"{bill.tokens:,} tokens, ${bill.dollars:.6f}" in bill.summary


def test_a_mark_leaves_out_what_came_before(running_room: dict[str, str]) -> None:
    complete("before")
    since = mark()
    assert receipt(since).received == 0
    nothing = receipt(since)
    assert "received nothing, and nothing was charged" in nothing.summary
    assert "<th" not in nothing._repr_html_(), "no headings over nothing"
    complete("after")
    assert [c.prompt for c in receipt(since).calls] == ["after"]
    assert [c.prompt for c in receipt().calls] == ["before", "after"]
    open_receipt()
    assert receipt().received == 0


def test_a_call_outside_an_activity_is_told_as_such(running_room: dict[str, str]) -> None:
    complete("no Workflow here")
    bill = receipt()
    (call,) = bill.calls
    assert (call.workflow_id, call.activity, call.attempt) == (None, None, None)
    assert "a call outside Temporal" in repr(bill) and "1 call:" in bill.summary
    assert "a call outside Temporal" in bill._repr_html_()


def test_async_calls_are_counted_with_their_activity(running_room: dict[str, str]) -> None:
    async def twice() -> None:
        settings = load()
        for _ in range(2):
            await litellm.acompletion(
                model=settings.llm_model,
                api_key=settings.llm_api_key.get_secret_value(),
                api_base=settings.llm_api_base,
                messages=[{"role": "user", "content": "bees"}],
                timeout=5,
                max_retries=0,
            )

    asyncio.run(twice())
    assert receipt().answered == 2


def test_a_proxy_of_this_machine_is_not_asked(
    running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{rooms.free_ports(1)[0]}")
    litellm.client_session = None
    attach()
    complete("otters")
    assert receipt().answered == 1


def test_a_workflow_is_counted_alone_whatever_ran_meanwhile(running_room: dict[str, str]) -> None:
    async def main() -> None:
        queue = f"receipt-{uuid.uuid4().hex[:8]}"
        client = await Client.connect(load().temporal_address)

        async def start(prompt: str) -> WorkflowHandle[Any, str]:
            name = f"research-{uuid.uuid4().hex[:8]}"
            return await client.start_workflow(Research.run, prompt, id=name, task_queue=queue)

        async with Worker(client, task_queue=queue, workflows=[Research], activities=[llm_call]):
            with faults.server_error(times=2, matching="the second run"):
                # A cell that is run twice: the first Workflow is nobody's any more, and goes on.
                orphan, handle = await start("the first run"), await start("the second run")
                await handle.result()
                await orphan.result()
        for _ in range(2):
            assert [c.attempt for c in receipt(handle).calls] == [1, 2, 3]
            assert receipt(handle.id).calls == receipt(handle).calls
            assert receipt(handle).answered == receipt(orphan).received == 1
            complete("and something else")
        assert receipt().received == 6

    asyncio.run(main())


def test_a_receipt_is_of_its_own_notebook(
    running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    since = mark()
    complete("a question of this notebook")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "another")
    for _ in range(2):
        complete("a question of another notebook")
    assert {c.prompt for c in receipt(since).calls} == {"a question of another notebook"}
    monkeypatch.delenv("TEMPORAL_NAMESPACE")
    (mine,) = receipt(since).calls
    assert mine.prompt == "a question of this notebook"
    # The terminal's receipt has all, and says whose each is.
    calls = [call for call in receipt_of_all().calls if call.id > since]
    assert [call.notebook for call in calls] == ["default", "another", "another"]
    assert repr(Receipt(tuple(calls), practice=True)).count("  another ") == 2


class Tags(html.parser.HTMLParser):
    """The names of all elements, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_an_id_with_markup_and_foreign_letters_is_harmless(running_room: dict[str, str]) -> None:
    hostile = f"<script>alert('ü')</script> & λόγος {uuid.uuid4().hex[:4]}"
    research("otters", ids=[hostile])
    bill = receipt()
    (call,) = bill.calls
    assert call.workflow_id == hostile
    shown = Tags(bill._repr_html_())
    table = {"table", "caption", "strong", "thead", "tr", "th", "tbody", "td"}
    assert shown.names == table | {"div", "style", "svg", "g", "title", "rect", "text"}
    assert str(call.workflow_id) in shown.text
    assert receipt(hostile).calls == bill.calls and receipt("another").calls == ()


def test_html_holds_what_the_text_holds() -> None:
    given: dict[str, Any] = {"prompt_sha256": "0" * 64, "prompt": "p", "model": "m", "at": 0.0}
    calls = (
        Call(1, workflow_id="w", activity="a", attempt=1, status=200, prompt_tokens=1200,
             completion_tokens=34, dollars=0.5, error=None, **given),
        Call(2, workflow_id="w", activity="<b>", attempt=2, status=0, prompt_tokens=0,
             completion_tokens=0, dollars=0.0, error=None, **given),
        Call(3, workflow_id=None, activity=None, attempt=None, status=None, prompt_tokens=0,
             completion_tokens=0, dollars=0.0, error=None, **given),
    )  # fmt: skip
    bill = Receipt(calls, practice=True)
    assert (bill.received, bill.answered, bill.failed, bill.tokens) == (3, 1, 1, 1234)
    text, shown = repr(bill), Tags(bill._repr_html_())
    for word in ("✓ answered", "✗ dropped", "no answer yet", "1,234 tokens", "$0.500000"):
        assert word in text and word in shown.text, word
    assert "<b>" in shown.text and "b" not in shown.names


# As a picture

GIVEN: dict[str, Any] = {"prompt_sha256": "0" * 64, "prompt": "p", "model": "m", "at": 0.0}


def call(status: int | None, dollars: float = 0.0, activity: str | None = "llm_call") -> Call:
    return Call(1, workflow_id="w", activity=activity, attempt=1, status=status, prompt_tokens=10,
                completion_tokens=20, dollars=dollars, error=None, **GIVEN)  # fmt: skip


def bill(*calls: Call) -> Receipt:
    return Receipt(calls, practice=True)


def drawing(shown: Receipt | Comparison) -> ElementTree.Element:
    (svg,) = re.findall(
        r"(?s)<svg class=\"workshop-receipt.*</svg>(?=<table>)", shown._repr_html_()
    )
    return ElementTree.fromstring(svg)


def blocks(svg: ElementTree.Element) -> list[tuple[str, str]]:
    """The kind of each call's block, and what stands in it."""
    found = [g for g in svg.iter("g") if (g.get("class") or "").startswith("call ")]
    return [(g.get("class", ""), g.findtext("text", "")) for g in found]


def test_each_call_is_a_block_whose_shape_and_words_tell_what_became_of_it() -> None:
    svg = drawing(bill(call(500), call(200, 0.00042), call(0), call(None)))
    assert blocks(svg) == [
        ("call failed", "✗ 500"),
        ("call answered", "✓ $0.000420"),
        ("call failed", "✗ dropped"),
        ("call open", "… no answer"),
    ]
    shapes = [g.find("rect") for g in svg.iter("g")]
    corners = [rect.get("rx") for rect in shapes if rect is not None]
    dashes = [rect.get("stroke-dasharray") for rect in shapes if rect is not None]
    assert corners == [None, "6", None, None] and dashes == [None, None, None, "3 3"]
    legend = [one.findtext("text") for one in svg.findall("svg")]
    assert legend == ["✓ answered", "✗ failed", "… no answer yet"]
    assert "1 answered, 2 failed" in svg.get("aria-label", "")


def test_blocks_fit_into_a_narrow_window_and_too_many_are_counted() -> None:
    svg = drawing(bill(*[call(200, 0.1) for _ in range(100)]))
    ends = [float(r.get("x", "")) + float(r.get("width", "")) for r in svg.findall("g/rect")]
    assert max(ends) < 340 and len(ends) == 12
    assert "and 88 more" in [t.text for t in svg.findall("text")]
    assert bill(*[call(200, 0.1)] * 100)._repr_html_().count("<tr>") == 101
    assert "<svg" not in bill()._repr_html_()


def test_receipts_stand_beside_each_other() -> None:
    naive, durable = bill(call(200, 0.0021, None), call(200, 0.0021, None)), bill(call(200, 0.0021))
    both = beside(naive_run=naive, durable=durable)
    assert repr(both).splitlines() == [
        "naive run  2 calls: 2 answered, 0 failed, 60 tokens, $0.004200",
        "durable    1 call: 1 answered, 0 failed, 30 tokens, $0.002100",
        "durable: 1 call fewer than naive run, $0.002100 less.",
    ]
    svg = drawing(both)
    names = ["".join(line.itertext()) for line in svg.findall("text[@class='row']")]
    assert names == ["naive run2 calls, $0.004200", "durable1 call, $0.002100"]
    assert [words for _, words in blocks(svg)] == ["✓ $0.002100"] * 3
    bars = [float(bar.get("width", "")[:-1]) for bar in svg.iter("rect")
            if "dollars" in bar.get("class", "")]  # fmt: skip
    assert bars[0] == pytest.approx(2 * bars[1], abs=0.1)
    table = Tags(both._repr_html_()).text
    assert "RunCallsAnsweredFailedTokensDollars" in table and "durable1" in table
    assert "2 answered" in svg.get("aria-label", "")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (bill(call(200, 0.5)), "b: as many calls as a, for the same price."),
        (bill(call(200, 0.5), call(500)), "b: 1 call more than a, for the same price."),
        (bill(*[call(200, 0.5)] * 3), "b: 2 calls more than a, $1.000000 more."),
    ],
)
def test_two_receipts_are_compared_in_words(second: Receipt, said: str) -> None:
    assert repr(beside(a=bill(call(200, 0.5)), b=second)).splitlines()[-1] == said
    assert said in beside(a=bill(call(200, 0.5)), b=second)._repr_html_()


def test_three_receipts_are_shown_without_a_verdict() -> None:
    one = bill(call(200, 0.5, "<i>"))
    three = beside(a=one, b=one, c=one)
    assert len(repr(three).splitlines()) == 3
    assert "caption" not in three._repr_html_() and "i" not in Tags(three._repr_html_()).names


# With a real provider


def answer(body: dict[str, Any]) -> tuple[int, bytes]:
    if "fail" in body["messages"][-1]["content"]:
        return 401, refusal(f"Rejected: {SENTINEL}", "invalid")
    return 200, good("Otters hold hands.", body["model"])


@pytest.fixture
def real(running_room: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A real provider in the settings, as when a learner has put a key into .env."""
    with provider(answer, key=SENTINEL) as server:
        for name, value in server.environment("openai/gpt-4o").items():
            monkeypatch.setenv(name, value)
        open_receipt()  # what begin does, in the kernel that used the practice model until now
        yield server


def files_with(secret: str, home: Path) -> list[str]:
    return [
        str(file.relative_to(home))
        for file in home.rglob("*")
        if file.is_file() and secret.encode() in file.read_bytes()
    ]


def test_a_real_provider_is_sent_nothing_of_ours_and_its_calls_are_counted(
    real: Provider, running_room: dict[str, str]
) -> None:
    (name,) = research("Tell me about otters")
    with pytest.raises(litellm.AuthenticationError):
        complete("please fail")
    bill = receipt()
    assert len(real.headers) == 2
    for headers in real.headers:
        assert headers["Authorization"] == f"Bearer {SENTINEL}"
        assert [h for h in headers if "workshop" in h.lower()] == []
    assert not bill.practice
    assert (bill.received, bill.answered, bill.failed) == (2, 1, 1)
    assert bill.summary.startswith("This client sent 2 calls: 1 answered, 1 failed, 6 tokens")
    assert bill.dollars == pytest.approx(costs[0]) and bill.dollars > 0
    first, second = bill.calls
    assert (first.workflow_id, first.activity, first.attempt) == (name, "llm_call", 1)
    assert second.activity is None
    assert (second.status, second.error) == (401, "AuthenticationError")
    # The provider repeats the key in its error; nothing keeps it.
    assert files_with(SENTINEL, load().home) == []
    assert files_with("Otters hold hands", load().home), "the search finds what is there"
    assert SENTINEL not in repr(bill) + bill._repr_html_()


def test_async_calls_to_a_real_provider_are_counted(real: Provider) -> None:
    async def call(prompt: str) -> None:
        await litellm.acompletion(
            model="openai/gpt-4o",
            api_key=SENTINEL,
            api_base=real.base,
            messages=[{"role": "user", "content": prompt}],
            timeout=5,
            max_retries=0,
        )

    async def cells() -> None:
        await call("otters")
        with pytest.raises(litellm.AuthenticationError):
            await call("please fail")
        for _ in range(200):  # LiteLLM tells of them when the loop is free
            if receipt().answered == receipt().failed == 1:
                break
            await asyncio.sleep(0.01)

    asyncio.run(cells())
    bill = receipt()
    assert (bill.received, bill.answered, bill.failed, bill.tokens) == (2, 1, 1, 6)


def test_back_to_the_practice_model_its_own_ledger_counts(
    real: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete("otters")
    for name in ("LLM_API_KEY", "LLM_API_BASE", "LLM_MODEL"):
        monkeypatch.delenv(name)
    open_receipt()
    complete("bees")
    bill = receipt()
    assert bill.practice and [c.prompt for c in bill.calls] == ["bees"]
    assert len(real.headers) == 1


def test_the_attempts_of_a_retry_are_all_counted(real: Provider) -> None:
    with pytest.raises(Exception, match="Workflow"):
        research("please fail")
    assert [(c.attempt, c.status) for c in receipt().calls] == [(1, 401), (2, 401), (3, 401)]
    assert re.search(r"sent 3 calls: 0 answered, 3 failed, 0 tokens", receipt().summary)


@pytest.mark.parametrize("call", [llm_call, llm_call_async], ids=["sync", "async"])
@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-3-5-haiku-latest"])
def test_a_key_that_the_provider_says_back_is_kept_in_no_history(
    real: Provider, monkeypatch: pytest.MonkeyPatch, call: Any, model: str
) -> None:
    monkeypatch.setenv("LLM_MODEL", model)
    real.key = "sk-another"

    async def histories() -> str:
        queue = f"receipt-{uuid.uuid4().hex[:8]}"
        client = await Client.connect(load().temporal_address)
        async with Worker(client, task_queue=queue, workflows=[Research], activities=[call]):
            handle = await client.start_workflow(Research.run, "otters", id=queue, task_queue=queue)
            with pytest.raises(WorkflowFailureError):
                await handle.result()
        return (await handle.fetch_history()).to_json()

    said = asyncio.run(histories())
    assert set(real.keys) == {SENTINEL}, "the provider had it"
    # Of some providers' errors LiteLLM takes a key out itself.
    assert re.search(r"API key provided: (\[key\]|REDACTED)\.", said) and SENTINEL not in said


def test_a_key_that_the_provider_says_back_is_in_no_error_of_a_cell(real: Provider) -> None:
    real.key = "sk-another"
    with pytest.raises(litellm.AuthenticationError, match=r"provided: \[key\]") as caught:
        complete("otters")
    assert SENTINEL not in "".join(traceback.format_exception(caught.value))
