"""The practice model over HTTP: it answers as a provider does, and so it refuses."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import room as rooms
from provider import DOLPHINS, Provider, Reply, chat_body, running

from workshop.practice.model import KEY
from workshop.practice.model.ledger import Ledger, cost

SENTINEL = "sk-sentinel-4f1c9a7e2b"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}


def test_health_tells_what_it_is(shared: Provider) -> None:
    health = shared.get("/health").json
    assert health == {
        "service": "durable-ai-workshop practice model",
        "pid": shared.process.pid,
        "delay": 0,
        "ledger": "ledger.sqlite",
    }


def test_an_answer_has_the_shape_of_the_api(shared: Provider) -> None:
    reply = shared.chat()
    assert reply.status == 200
    assert reply.headers["Connection"] == "close", "a pooled connection survives being unplugged"
    body = reply.json
    assert body["object"] == "chat.completion" and body["model"] == "practice-model"
    assert body["id"].startswith("chatcmpl-") and abs(body["created"] - time.time()) < 60
    assert body["system_fingerprint"]
    assert [choice["finish_reason"] for choice in body["choices"]] == ["stop"]
    assert body["choices"][0]["message"]["role"] == "assistant"
    usage = body["usage"]
    assert usage["prompt_tokens"] == -(-len(DOLPHINS) // 4)
    assert usage["completion_tokens"] == -(-len(reply.said.encode()) // 4)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_the_call_is_a_row_with_its_price(shared: Provider) -> None:
    mark = shared.ledger.last_id()
    caller = {"X-Client-Request-Id": "wf/%C3%BC-1/llm_call/3"}
    usage = shared.post(chat_body(), **caller).json["usage"]
    (call,) = shared.ledger.calls(since=mark)
    assert (call.workflow_id, call.activity, call.attempt) == ("wf/ü-1", "llm_call", 3)
    assert (call.status, call.error, call.model, call.prompt) == (
        200,
        None,
        "practice-model",
        DOLPHINS,
    )
    assert call.completion_tokens == usage["completion_tokens"] > 0
    # gpt-4o: 2.50 and 10.00 US dollars for a million tokens.
    price = usage["prompt_tokens"] * 2.5e-6 + usage["completion_tokens"] * 1e-5
    assert (
        call.dollars
        == pytest.approx(price)
        == pytest.approx(cost(usage["prompt_tokens"], usage["completion_tokens"]))
    )


@pytest.mark.parametrize("attempt", ["", "x", "-1", "1.5", "9" * 40, "²", "1; DROP TABLE calls"])
def test_odd_headers_do_no_harm(shared: Provider, attempt: str) -> None:
    mark = shared.ledger.last_id()
    attempt = attempt.encode("latin-1", "replace").decode("latin-1")
    caller = {"X-Client-Request-Id": f"{'w' * 5000}/llm_call/{attempt}"}
    assert shared.post(chat_body(), **caller).status == 200
    caller = {"X-Client-Request-Id": f"{'w' * 5000}/llm_call/1"}
    assert shared.post(chat_body(), **caller).status == 200
    odd, long = shared.ledger.calls(since=mark)
    assert (odd.workflow_id, odd.activity, odd.attempt) == (None, None, None)
    assert len(long.workflow_id or "") == 200


def _streamed(reply: Reply) -> list[dict[str, Any]]:
    events = [line for line in reply.text.split("\n\n") if line]
    assert events[-1] == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]


def test_a_stream_brings_the_same_answer_in_pieces(shared: Provider) -> None:
    whole = shared.chat()
    reply = shared.chat(stream=True, stream_options={"include_usage": True})
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    *chunks, last = _streamed(reply)
    assert last["choices"] == [] and last["usage"] == whole.json["usage"]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant" and len(deltas) > 5
    assert "".join(delta.get("content") or "" for delta in deltas) == whole.said
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert shared.ledger.calls()[-1].status == 200
    assert all("usage" not in chunk for chunk in _streamed(shared.chat(stream=True)))


def test_a_tool_is_called_and_its_result_told(shared: Provider) -> None:
    question = "What is the weather in Buenos Aires for the next 3 days?"
    body = chat_body(question, tools=[TOOL])
    choice = shared.post(body).json["choices"][0]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Buenos Aires", "days": 3}

    result = {"role": "tool", "tool_call_id": call["id"], "content": '{"sky": "a violet haze"}'}
    body["messages"] += [choice["message"], result]
    told = shared.post(body)
    assert told.json["choices"][0]["finish_reason"] == "stop"
    assert "a violet haze" in told.said


def test_a_streamed_tool_call_is_the_same_call(shared: Provider) -> None:
    body = chat_body("What is the weather in Rome?", tools=[TOOL])
    whole = shared.post(body).json["choices"][0]["message"]["tool_calls"][0]
    chunks = _streamed(shared.post({**body, "stream": True}))
    parts = [
        part for chunk in chunks for part in chunk["choices"][0]["delta"].get("tool_calls", [])
    ]
    assert parts[0]["id"] == whole["id"] and {part["index"] for part in parts} == {0}
    arguments = "".join(part["function"]["arguments"] for part in parts)
    assert arguments == whole["function"]["arguments"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_the_usual_options(shared: Provider) -> None:
    assert len(shared.chat(n=2).json["choices"]) == 2
    cut = shared.chat(max_tokens=5)
    assert len(cut.said) <= 20 and cut.json["choices"][0]["finish_reason"] == "length"
    assert cut.json["usage"]["completion_tokens"] == 5
    assert "2." not in shared.chat(stop="2.").said
    assert set(json.loads(shared.chat(response_format={"type": "json_object"}).said)) == {"answer"}
    assert shared.chat(temperature=0.7, seed=3, user="me").said == shared.chat().said


def test_models(shared: Provider) -> None:
    assert [model["id"] for model in shared.get("/v1/models").json["data"]] == ["practice-model"]
    assert shared.get("/v1/models/practice-model").json["object"] == "model"
    assert shared.get("/v1/models/gpt-4o").error["code"] == "model_not_found"


USER = {"role": "user", "content": "hello"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
BAD: dict[str, tuple[Any, int, str | None, str | None]] = {
    "not JSON": (b"{", 400, None, None),
    "nothing": (b"", 400, None, None),
    "not UTF-8": (b'{"model": "\xff"}', 400, None, None),
    "nested without end": (b"[" * 100_000, 400, None, None),
    "not an object": ([1], 400, None, "invalid_type"),
    "no model": ({"messages": [USER]}, 400, "model", None),
    "model of a wrong type": ({"model": 3, "messages": [USER]}, 400, "model", "invalid_type"),
    "another model": ({"model": "gpt-4o", "messages": [USER]}, 404, None, "model_not_found"),
    "no messages": ({"model": "practice-model"}, 400, "messages", "missing_required_parameter"),
    "empty messages": (chat_body(messages=[]), 400, "messages", "empty_array"),
    "messages of a wrong type": (chat_body(messages="hi"), 400, "messages", "invalid_type"),
    "message of a wrong type": (chat_body(messages=["hi"]), 400, "messages[0]", "invalid_type"),
    "no role": (
        chat_body(messages=[{"content": "x"}]),
        400,
        "messages[0].role",
        "missing_required_parameter",
    ),
    "unknown role": (
        chat_body(messages=[{"role": "robot", "content": "x"}]),
        400,
        "messages[0].role",
        "invalid_value",
    ),
    "no content": (chat_body(messages=[{"role": "user"}]), 400, "messages[0].content", None),
    "content of a wrong type": (
        chat_body(messages=[{"role": "user", "content": 5}]),
        400,
        "messages[0].content",
        "invalid_type",
    ),
    "tool message without an id": (
        chat_body(messages=[USER, {"role": "tool", "content": "x"}]),
        400,
        "messages[1].tool_call_id",
        "missing_required_parameter",
    ),
    "tool message out of the blue": (
        chat_body(messages=[USER, {"role": "tool", "tool_call_id": "c1", "content": "x"}]),
        400,
        "messages.[1].role",
        None,
    ),
    "tool call without a result": (
        chat_body(messages=[USER, {"role": "assistant", "tool_calls": [CALL]}, USER]),
        400,
        "messages.[2].role",
        None,
    ),
    "stream of a wrong type": (chat_body(stream="yes"), 400, "stream", "invalid_type"),
    "stream options without a stream": (
        chat_body(stream_options={"include_usage": True}),
        400,
        "stream_options",
        None,
    ),
    "too hot": (chat_body(temperature=3), 400, "temperature", "decimal_above_max_value"),
    "no tokens": (chat_body(max_tokens=0), 400, "max_tokens", "integer_below_min_value"),
    "tools of a wrong type": (chat_body(tools={}), 400, "tools", "invalid_type"),
    "tool without a name": (
        chat_body(tools=[{"type": "function", "function": {}}]),
        400,
        "tools[0].function.name",
        "missing_required_parameter",
    ),
    "choice of a tool that is not there": (
        chat_body(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "g"}}),
        400,
        "tool_choice",
        None,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_is_answered_as_the_api_does(shared: Provider, name: str) -> None:
    body, status, param, code = BAD[name]
    mark = shared.ledger.last_id()
    reply = shared.post(body)
    assert reply.status == status, reply.text
    assert set(reply.error) == {"message", "type", "param", "code"} and reply.error["message"]
    assert reply.error["type"] == "invalid_request_error"
    assert (reply.error["param"], reply.error["code"]) == (param, code)
    rows = [status] if isinstance(body, dict) else []
    assert [call.status for call in shared.ledger.calls(since=mark)] == rows


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_page_may_send_unasked_leaves_no_row(shared: Provider, kind: str) -> None:
    mark = shared.ledger.last_id()
    body = json.dumps(chat_body()).encode()
    reply = shared.request("POST", "/v1/chat/completions", body, {"Content-Type": kind})
    assert reply.status == 415 and "application/json" in reply.error["message"]
    assert shared.ledger.calls(since=mark) == []


FOREIGN = {
    "another site's name for loopback": {"Host": "evil.example"},
    "that name, with the port": {"Host": "evil.example:{port}"},
    "another server of this machine": {"Host": "127.0.0.1:1"},
    "another site's page": {"Origin": "https://evil.example"},
    "a page of no site": {"Origin": "null"},
    "a page of another server here": {"Origin": "http://localhost:8888"},
}


@pytest.mark.parametrize("how", FOREIGN)
def test_what_comes_from_elsewhere_changes_nothing(shared: Provider, how: str) -> None:
    foreign = {name: value.format(port=shared.port) for name, value in FOREIGN[how].items()}
    mark = shared.ledger.last_id()
    fault = json.dumps({"kind": "rate_limited", "times": 1}).encode() + b"\n"
    for method, path, body in (
        ("POST", "/v1/chat/completions", json.dumps(chat_body()).encode()),
        ("POST", "/faults", fault),
        ("DELETE", "/faults", None),
        ("GET", "/v1/models", None),
        ("GET", "/health", None),
    ):
        sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **foreign}
        reply = shared.request(method, path, body, sent)
        assert reply.status == 403 and reply.error["message"], (method, path, reply.text)
    assert shared.ledger.calls(since=mark) == []
    assert shared.chat().status == 200, "no fault is in force"


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "rate_limited", "times": "often"},
        {"kind": "rate_limited", "retry_after": "soon"},
        {"kind": "slow", "seconds": None},
        {"kind": "budget", "dollars": []},
        {"kind": "budget", "spent": 3},
        {"kind": "slow", "ended": 1},
        {"kind": "unheard of"},
        ["slow"],
    ],
    ids=str,
)
def test_what_is_no_fault_is_refused_and_disturbs_no_call(shared: Provider, wish: object) -> None:
    sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    reply = shared.request("POST", "/faults", json.dumps(wish).encode() + b"\n", sent)
    assert reply.status == 400 and "no fault" in reply.error["message"]
    assert shared.chat().status == 200


def test_its_own_names_open_it(shared: Provider) -> None:
    for name in ("127.0.0.1", "LocalHost", "[::1]"):
        ours = {"Host": f"{name}:{shared.port}", "Origin": f"http://{name}:{shared.port}"}
        assert shared.request("GET", "/health", None, ours).status == 200, name


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nowhere", 404),
        ("GET", "/", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/health", 405),
        ("POST", "/faults", 415),
    ],
)
def test_unknown_paths_and_methods(shared: Provider, method: str, path: str, status: int) -> None:
    reply = shared.request(method, path)
    assert reply.status == status and reply.error["type"] == "invalid_request_error"


def test_odd_texts_are_answered(shared: Provider) -> None:
    for prompt in ("", "\x00", "\ud800", "💧" * 500, "facts " * 5000, "(" * 3000, "a " * 20000):
        with rooms.quick(2):
            assert shared.chat(prompt).status == 200


def test_only_its_own_key_opens_it_and_none_is_kept(own: Provider) -> None:
    for reply in (
        own.post(chat_body(), key=SENTINEL),
        own.get("/v1/models", key=SENTINEL),
        own.post(b"{", key=SENTINEL),
        own.request(
            "POST",
            "/v1/chat/completions",
            json.dumps(chat_body()).encode(),
            {"Content-Type": "application/json"},
        ),
        own.post(chat_body(), key=f"{SENTINEL} practice-key"),
    ):
        assert reply.status == 401 and reply.error["code"] == "invalid_api_key"
        assert SENTINEL not in reply.text + str(reply.headers)
    with socket.create_connection(("127.0.0.1", own.port), timeout=5) as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {SENTINEL}\x00\r\n\r\n".encode())
        assert SENTINEL.encode() not in line.recv(65536)
    calls = own.ledger.calls()
    assert [call.error for call in calls] == ["invalid_api_key"] * 3
    assert own.end() == 0
    for file in own.folder.iterdir():
        assert SENTINEL.encode() not in file.read_bytes(), file.name


def test_the_same_messages_get_the_same_answer_after_a_restart(own: Provider) -> None:
    first = own.chat().said
    own.end()
    own.start()
    assert own.chat().said == first
    assert own.chat(DOLPHINS + " please").said != first


def test_fifty_at_once(tmp_path: Path) -> None:
    with running(tmp_path, delay=0.3) as provider, ThreadPoolExecutor(50) as pool:
        with rooms.quick(5):  # 15 s if the delay of one answer held up another
            said = list(pool.map(lambda _: provider.chat().said, range(50)))
        assert len(set(said)) == 1
        assert [call.status for call in provider.ledger.calls()] == [200] * 50


def test_killed_in_the_middle_of_a_call_it_keeps_the_row(tmp_path: Path) -> None:
    with running(tmp_path, delay=30) as provider:
        asking = threading.Thread(target=_ask_in_vain, args=(provider,))
        asking.start()
        rooms.until(provider.ledger.calls, "the row")
        provider.end(signal.SIGKILL)
        asking.join(timeout=5)
        (call,) = Ledger(provider.file).calls()
        assert (call.status, call.dollars, call.prompt) == (None, 0, DOLPHINS)
        provider.delay = 0
        provider.start()
        assert provider.chat().status == 200
        assert [call.status for call in provider.ledger.calls()] == [None, 200]


def _ask_in_vain(provider: Provider) -> None:
    with pytest.raises(OSError):
        provider.chat()


def test_a_taken_port_is_told_in_one_sentence(own: Provider) -> None:
    second = own.spawn(own.port)
    assert second.wait(timeout=10) != 0
    said = own.output.read_text().strip()
    assert str(own.port) in said and "WORKSHOP_PRACTICE_PORT" in said
    assert "Traceback" not in said and said.count("\n") == 0
    assert own.healthy()


def test_it_stays_small(shared: Provider) -> None:
    shared.chat()
    process = psutil.Process(shared.process.pid)
    assert process.memory_info().rss < 60 * 2**20
    assert [c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"] == [
        "127.0.0.1"
    ]
