"""What an LLM provider's error means: real errors of LiteLLM over real HTTP, each told in words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from provider_stand_in import provider, refusal
from room import free_ports

from workshop.core.proxies import loopback_directly
from workshop.core.settings import load
from workshop.kernel.advice import advise
from workshop.services import provider_errors
from workshop.services.provider_errors import Trouble, explain, explain_failure

SENTINEL = "sk-sentinel-0123456789abcdef"
Set = Callable[..., None]


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, room: dict[str, str]) -> Iterator[Set]:
    import litellm

    litellm.suppress_debug_info = True
    for name in (
        "client_session",
        "aclient_session",
    ):  # an earlier test may have the practice model's
        monkeypatch.setattr(litellm, name, None)

    def set_(model: str = "openai/gpt-4o", base: str | None = None, **more: str) -> None:
        monkeypatch.setenv("LLM_API_KEY", SENTINEL)
        monkeypatch.setenv("LLM_MODEL", model)
        monkeypatch.setenv("LLM_API_BASE", base or "")
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        litellm.in_memory_llm_clients_cache.flush_cache()  # clients keep the proxies of their start

    yield set_
    litellm.in_memory_llm_clients_cache.flush_cache()


def error(**more: Any) -> Exception:
    """What LiteLLM raises for a call with the settings of the environment."""
    from litellm import completion

    asked: dict[str, Any] = {
        "model": os.environ["LLM_MODEL"],
        "api_key": os.environ["LLM_API_KEY"],
        "api_base": os.environ["LLM_API_BASE"] or None,
        "messages": [{"role": "user", "content": "Hello"}],
        "timeout": 5,
        "max_retries": 0,
    }
    with pytest.raises(Exception) as caught:
        completion(**asked | more)
    return caught.value


def told(one: Exception) -> Trouble:
    """The trouble, told of the exception and of a Workflow's history.

    A history holds causes, and not what was being handled meanwhile, so the reason may be less
    sharp there.
    """
    from temporalio.api.failure.v1 import Failure
    from temporalio.converter import DefaultFailureConverter, PayloadConverter

    found = explain(one)
    assert found, repr(one)
    recorded = Failure()
    DefaultFailureConverter().to_failure(one, PayloadConverter.default, recorded)
    from_history = explain_failure(recorded)
    assert from_history
    advice = advise(one)
    assert advice and len(advice._render_traceback_()) <= 6
    for text in (found.saw, found.expected, found.do, from_history.saw):
        assert SENTINEL not in text and "\n" not in text and len(text) < 420
    return found


ANSWERS = {
    "wrong key": (401, refusal("Incorrect API key.", "invalid_api_key"), "refuses the key", "key"),
    "forbidden": (403, refusal("Not for you"), "refuses the key", "key"),
    "no such model": (
        404,
        refusal("The model `gpt-4o` does not exist", "model_not_found"),
        "has no model openai/gpt-4o",
        "LLM_MODEL",
    ),
    "a web page": (200, b"<html>Welcome</html>", "not as a model does", "LLM_API_BASE"),
    "something else in JSON": (200, b"{}", "not as a model does", "LLM_API_BASE"),
    "not allowed": (405, b"Method Not Allowed", "not as a model does", "LLM_API_BASE"),
    "no credit": (
        429,
        refusal("You exceeded your current quota", "insufficient_quota"),
        "exceeded your current quota",
        "credit",
    ),
    "too often": (429, refusal("Slow down"), "asked too often", "Wait"),
    "too long": (
        400,
        refusal("maximum context length is 4096 tokens", "context_length_exceeded"),
        "refuses the request",
        "Correct the call",
    ),
    "overloaded": (503, refusal("Overloaded"), "failed: Overloaded", "doctor --call"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_provider_answers_is_told(name: str, env: Set) -> None:
    status, body, saw, do = ANSWERS[name]
    with provider(lambda asked: (status, body)) as server:
        env(base=server.base)
        trouble = told(error())
    assert saw in trouble.saw and do in trouble.do


def test_a_base_without_v1_is_told_with_the_right_one(env: Set) -> None:
    with provider() as server:
        env(base=server.base.removesuffix("/v1"))
        assert f"LLM_API_BASE to {server.base}," in told(error()).do


def test_a_provider_that_says_the_key_back_does_not_have_it_shown(env: Set) -> None:
    with provider(key="sk-another") as server:
        env(base=server.base)
        trouble = told(error())
        assert server.keys == [SENTINEL]
    assert "refuses the key" in trouble.saw and "[key]" in trouble.saw


@pytest.mark.parametrize("model", ["openai/gpt-4o", "ollama_chat/llama3", "mistral/small"])
def test_a_provider_that_cannot_be_reached_is_told(model: str, env: Set) -> None:
    (port,) = free_ports(1)
    env(model, f"http://127.0.0.1:{port}/v1")
    trouble = told(error())
    assert "nothing listens there" in trouble.saw and trouble.patience == 2


def test_https_where_http_is_spoken_is_told(env: Set) -> None:
    with provider() as server:
        env(base=server.base.replace("http", "https"))
        assert "http:// instead of https://" in told(error()).saw


def test_a_name_that_no_machine_has_is_told(env: Set, loopback_alone: list[str]) -> None:
    env(base="http://model.invalid/v1")
    assert "cannot be reached" in told(error()).saw
    loopback_alone.clear()  # the guard refused to look the name up


@pytest.mark.parametrize("model", ["nowhere/some-model", "some-model"])
def test_a_model_of_no_provider_is_told(model: str, env: Set) -> None:
    env(model)
    trouble = told(error())
    assert f"no provider for the model {model}" in trouble.saw and trouble.patience == 1


def test_a_slow_model_leads_to_its_time_limit(env: Set) -> None:
    with provider(delay=2) as server:
        env(base=server.base, LLM_TIMEOUT="1")
        trouble = told(error(timeout=0.3))
    assert "within 1 s" in trouble.saw and "LLM_TIMEOUT" in trouble.do
    assert trouble.patience is None, "the next answer may be quicker"


def test_a_price_that_is_not_known_is_told(env: Set) -> None:
    from litellm import completion, completion_cost

    with provider() as server:
        env("openai/house", server.base)
        answer = completion(
            model="openai/house",
            api_key=SENTINEL,
            api_base=server.base,
            messages=[{"role": "user", "content": "Hello"}],
        )
    with pytest.raises(Exception) as caught:
        completion_cost(answer)
    trouble = explain(caught.value)
    assert trouble and "no price" in trouble.saw and "answer is good" in trouble.do


def test_a_socks_proxy_without_its_package_is_told(env: Set) -> None:
    env(base="http://model.example/v1", ALL_PROXY="socks5://127.0.0.1:9")
    trouble = told(error())
    assert "ALL_PROXY" in trouble.saw and "socksio" in trouble.do and trouble.patience == 1


def test_brackets_in_no_proxy_are_told_or_taken_off(env: Set) -> None:
    with provider() as server:
        env(base=server.base, NO_PROXY="localhost,[::1]", HTTP_PROXY="http://127.0.0.1:9")
        assert "NO_PROXY" in told(error()).saw
        cleaned = dict(os.environ)
        loopback_directly(cleaned)
        env(base=server.base, NO_PROXY=cleaned["NO_PROXY"])
        from litellm import completion

        answer = completion(
            model="openai/gpt-4o",
            api_key=SENTINEL,
            api_base=server.base,
            messages=[{"role": "user", "content": "Hello"}],
        )
    assert answer.usage.total_tokens == 6


def test_a_proxy_that_does_not_answer_is_named(env: Set) -> None:
    (port,) = free_ports(1)
    env(base="http://model.example/v1", HTTP_PROXY=f"http://127.0.0.1:{port}")
    assert "the proxy of HTTP_PROXY" in told(error()).saw


def test_the_practice_model_that_is_gone_leads_to_begin(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_MODEL", "openai/practice-model")
    monkeypatch.setenv("LLM_API_KEY", "")
    monkeypatch.setenv("LLM_API_BASE", "")
    base = f"http://127.0.0.1:{room['WORKSHOP_PRACTICE_PORT']}/v1"
    trouble = told(error(api_base=base, api_key="practice-key"))
    assert trouble.saw == "The practice model does not answer." and "begin" in trouble.do


@pytest.mark.parametrize("error", [ValueError("litellm"), RuntimeError("Connection error")])
def test_of_an_error_of_the_learners_own_nothing_is_said(error: Exception) -> None:
    assert explain(error) is None


def test_an_error_that_only_came_after_one_of_litellm_is_the_learners_own(env: Set) -> None:
    with provider(lambda asked: (401, refusal("no"))) as server:
        env(base=server.base)
        try:
            try:
                raise error()
            except Exception:
                raise KeyError("choices") from None
        except KeyError as mine:
            assert explain(mine) is None


def test_the_table_of_troubles_is_whole(room: dict[str, str]) -> None:
    """A slip in a word of provider_errors.cfg would let a section count always, or never."""
    table, words = provider_errors._KNOWN, provider_errors._words("", "", "", load())
    always = [name for name in table.sections() if "when" not in table[name]]
    assert always == ["the practice model refuses", "a provider fails"], "each the last of its kind"
    for name in table.sections():
        known = table[name]
        assert {"saw", "do"} <= set(known) <= {"of", "when", "saw", "expected", "do", "patience"}
        assert known.get("of") in (None, "practice", "provider"), name
        assert re.compile(known.get("when", "")), name
        assert set(re.findall(r"\$(\w+)", " ".join(known.values()))) <= set(words), name
