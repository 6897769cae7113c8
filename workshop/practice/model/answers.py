"""What the practice model answers to a request: a text or tool calls, and what it counts as.

Same messages, same answer: nothing here depends on the time, on chance or on earlier calls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from workshop.practice.model import arguments, results, tool_use
from workshop.practice.model.composing import compose
from workshop.practice.model.messages import said
from workshop.practice.model.misbehaviour import misbehave
from workshop.practice.model.reading import ChatRequest

BYTES_PER_TOKEN = 4
"""The rule for counting tokens: UTF-8 bytes divided by this, rounded up."""


@dataclass(frozen=True)
class Answer:
    """What the model answers: a text or tool calls, and what it counts as."""

    text: str | None
    tool_calls: list[dict[str, Any]]
    finish_reason: str
    counts: dict[str, int]
    """Tokens: `prompt_tokens` and `completion_tokens`."""

    @property
    def usage(self) -> dict[str, int]:
        """Token counts under the API's names."""
        return {**self.counts, "total_tokens": sum(self.counts.values())}


def answer(chat: ChatRequest, misbehaving: str = "") -> Answer:
    """The answer to a request, of a model that misbehaves in one of `WAYS`, or in none."""
    if misbehaving:
        text, calls = misbehave(misbehaving, chat)
    else:
        calls = tool_use.choose(chat)
        text = "" if calls else _formatted(chat, _text(chat))
    text, reason = ("", "tool_calls") if calls else _limited(text, chat)
    written = json.dumps([call["function"] for call in calls]) if calls else text
    tokens = {"prompt_tokens": _tokens(_prompt(chat)), "completion_tokens": _tokens(written)}
    tokens["completion_tokens"] *= chat.n
    return Answer(None if calls else text, calls, reason, tokens)


def _text(chat: ChatRequest) -> str:
    """What is said: the results of tools, where there are any, or what the messages ask for."""
    start = tool_use.asked_at(chat.messages, chat.tools) if chat.tools else len(chat.messages)
    found = [m for m in chat.messages[start + 1 :] if m["role"] == "tool"]
    lacking = tool_use.missing(chat)
    if found or lacking:
        return results.report(chat.messages, found, lacking)
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
    cut = text.encode("utf-8", "replace")[: chat.max_tokens * BYTES_PER_TOKEN]
    return cut.decode("utf-8", "ignore"), "length"


def _prompt(chat: ChatRequest) -> str:
    parts = [said(message) for message in chat.messages]
    parts += [json.dumps(m["tool_calls"]) for m in chat.messages if m.get("tool_calls")]
    return "".join(parts + [json.dumps(tool) for tool in chat.tools])


def _tokens(text: str) -> int:
    return max(1, -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN))
