"""The practice model as a lesson meets it: through LiteLLM."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import litellm
import pytest
from provider import DOLPHINS, Provider
from test_server import TOOL

from workshop.practice.model import KEY, faults

litellm.suppress_debug_info = True


def ask(provider: Provider, prompt: str = DOLPHINS, **more: Any) -> Any:
    options: dict[str, Any] = {"api_key": KEY, "timeout": 5, "max_retries": 0} | more
    return litellm.completion(
        model="openai/practice-model",
        messages=[{"role": "user", "content": prompt}],
        api_base=f"{provider.base}/v1",
        **options,
    )


def test_an_answer_a_stream_and_a_tool_call(shared: Provider) -> None:
    answer = ask(shared)
    text = answer["choices"][0]["message"]["content"]
    assert text.startswith("# Dolphins") and answer.usage.total_tokens > 100
    pieces = ask(shared, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text
    call = ask(shared, "Weather in Rome?", tools=[TOOL]).choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Rome"}


FAULTS: dict[str, tuple[Any, type[Exception], int]] = {
    "rate limited": (faults.rate_limited, litellm.RateLimitError, 429),
    "quota exhausted": (faults.quota_exhausted, litellm.RateLimitError, 429),
    "server error": (faults.server_error, litellm.InternalServerError, 500),
    "wrong key": (faults.wrong_key, litellm.AuthenticationError, 401),
    "dropped": (faults.dropped, litellm.InternalServerError, 0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_the_exception_that_a_provider_causes(shared: Provider, name: str) -> None:
    make, kind, status = FAULTS[name]
    mark = shared.ledger.last_id()
    broken: AbstractContextManager[Any] = make(times=1, base=shared.base)
    with broken:
        with pytest.raises(kind) as caught:
            ask(shared)
        assert ask(shared).usage.total_tokens > 0
    rows = shared.ledger.calls(since=mark)
    assert [call.status for call in rows] == [status, 200], "one request each, so no hidden retry"
    assert rows[0].error and rows[0].dollars == 0
    if name == "quota exhausted":
        assert caught.value.body["code"] == "insufficient_quota"  # type: ignore[attr-defined]


def test_retry_after_reaches_the_caller(shared: Provider) -> None:
    with (
        faults.rate_limited(retry_after=7, base=shared.base),
        pytest.raises(litellm.RateLimitError) as caught,
    ):
        ask(shared)
    assert caught.value.litellm_response_headers["retry-after"] == "7"  # type: ignore[attr-defined]


def test_unplugged_slow_and_a_wrong_key(shared: Provider) -> None:
    with faults.unplugged(base=shared.base), pytest.raises(litellm.InternalServerError):
        ask(shared)
    with faults.slow(30, base=shared.base), pytest.raises(litellm.Timeout):
        ask(shared, timeout=0.2)
    with pytest.raises(litellm.AuthenticationError):
        ask(shared, api_key="sk-another")
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(
            model="openai/gpt-4o",
            messages=[{"role": "user", "content": "x"}],
            api_base=f"{shared.base}/v1",
            api_key=KEY,
            max_retries=0,
            timeout=5,
        )
