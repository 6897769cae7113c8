"""What the practice model answers to a request: a text or tool calls, and what it counts as.

Same messages, same answer: nothing here depends on the time, on chance or on earlier calls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from workshop.practice.model import arguments, telling, tool_use
from workshop.practice.model.api import ChatRequest
from workshop.practice.model.composing import compose
from workshop.practice.model.messages import said
from workshop.practice.model.misbehaviour import misbehave

BYTES_PER_TOKEN = 4
"""The rule for counting tokens: UTF-8 bytes divided by this, rounded up."""


@dataclass(frozen=True)
class Answer:
    """What the model answers: a text or tool calls, and what it counts as."""

    text: str | None
    tool_calls: list[dict[str, Any]]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def usage(self) -> dict[str, Any]:
        """Token counts under the API's names."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def answer(chat: ChatRequest, misbehaving: str = "") -> Answer:
    """The answer to a request: to the same messages and tools always the same.

    Args:
        misbehaving: one of `misbehaviour.WAYS`; empty for a model that behaves.
    """
    prompt_tokens = _tokens(_prompt_bytes(chat))
    if misbehaving:
        text, calls = misbehave(misbehaving, chat)
    else:
        calls = tool_use.choose(chat)
        text = "" if calls else _formatted(chat, _text(chat))
    if calls:
        written = json.dumps([call["function"] for call in calls])
        return Answer(None, calls, "tool_calls", prompt_tokens, chat.n * _tokens(written))
    text, reason = _limited(text, chat)
    return Answer(text, [], reason, prompt_tokens, chat.n * _tokens(text))


def _text(chat: ChatRequest) -> str:
    """What is said: the results of tools, where there are any, or what the messages ask for."""
    start = tool_use.asked_at(chat.messages, chat.tools) if chat.tools else len(chat.messages)
    results = [m for m in chat.messages[start + 1 :] if m["role"] == "tool"]
    lacking = tool_use.missing(chat)
    if results or lacking:
        return telling.report(chat.messages, results, lacking)
    return compose(chat.messages)


def _formatted(chat: ChatRequest, text: str) -> str:
    wanted = chat.response_format.get("type")
    if wanted == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    if wanted == "json_schema":
        schema = chat.response_format["json_schema"]["schema"]
        return json.dumps(arguments.fill(schema, chat.user_text), ensure_ascii=False)
    return text


def _limited(text: str, chat: ChatRequest) -> tuple[str, str]:
    """The text up to a stop word or the limit of tokens, and why it ended."""
    for stop in chat.stop:
        text = text.partition(stop)[0]
    if chat.max_tokens is None or _tokens(text) <= chat.max_tokens:
        return text, "stop"
    return _bytes(text)[: chat.max_tokens * BYTES_PER_TOKEN].decode("utf-8", "ignore"), "length"


def _prompt_bytes(chat: ChatRequest) -> str:
    parts = [said(message) for message in chat.messages]
    parts += [json.dumps(m["tool_calls"]) for m in chat.messages if m.get("tool_calls")]
    return "".join(parts + [json.dumps(tool) for tool in chat.tools])


def _tokens(text: str) -> int:
    return max(1, -(-len(_bytes(text)) // BYTES_PER_TOKEN))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
