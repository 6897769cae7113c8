"""Answers in the shapes of OpenAI's API: whole, or in the pieces of a stream.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from workshop.practice.model import MODEL
from workshop.practice.model.answers import Answer
from workshop.practice.model.reading import ChatRequest

_PIECES = 40
"""A streamed answer comes in at most so many pieces."""


def completion(chat: ChatRequest, answer: Answer) -> dict[str, Any]:
    """An answer as a whole."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.tool_calls:
        message["tool_calls"] = answer.tool_calls
    shape = {"message": message, "logprobs": None, "finish_reason": answer.finish_reason}
    choices = [{"index": index, **shape} for index in range(chat.n)]
    return {**_envelope("chat.completion"), "choices": choices, "usage": answer.usage}


def chunks(chat: ChatRequest, answer: Answer) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """An answer as the events of a stream: what it says, and how it ended and what it counts as.

    https://platform.openai.com/docs/api-reference/chat-streaming
    """
    envelope = _envelope("chat.completion.chunk")
    no_usage = {"usage": None} if chat.include_usage else {}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        shape = {"delta": delta, "logprobs": None, "finish_reason": reason}
        choices = [{"index": index, **shape} for index in range(chat.n)]
        return {**envelope, "choices": choices, **no_usage}

    ending = [chunk({}, answer.finish_reason)]
    if chat.include_usage:
        ending += [{**envelope, "choices": [], "usage": answer.usage}]
    return [chunk(delta) for delta in _deltas(answer)], ending


def _envelope(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:29]}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
        "system_fingerprint": "fp_practice",
    }


def _deltas(answer: Answer) -> list[dict[str, Any]]:
    """An answer in the pieces of a stream."""
    text = None if answer.tool_calls else ""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": text, "refusal": None}]
    deltas += [{"content": piece} for piece in _pieces(answer.text or "")]
    for index, call in enumerate(answer.tool_calls):
        function = call["function"]
        opening = {**call, "index": index, "function": {**function, "arguments": ""}}
        deltas.append({"tool_calls": [opening]})
        for piece in _pieces(function["arguments"]):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    return deltas


def _pieces(text: str) -> list[str]:
    size = max(12, -(-len(text) // _PIECES))
    return [text[start : start + size] for start in range(0, len(text), size)]
