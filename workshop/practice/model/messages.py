"""Chat messages, as they come: what they say, and a name for what they are.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

Message = dict[str, Any]


def fingerprint(messages: object) -> str:
    """The sha256 of chat messages, as 64 hexadecimal digits: same messages, same fingerprint."""
    canonical = json.dumps(messages, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def said(message: Message) -> str:
    """The text of a message, whose content is a string or a list of parts; else empty."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))


def last_user_text(messages: object) -> str:
    """The text of the last message whose role is user; empty where there is none."""
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return said(message)
    return ""


def all_text(messages: list[Message]) -> str:
    """The text of all messages, joined by newlines."""
    return "\n".join(map(said, messages))


def last_user(messages: list[Message]) -> int:
    """The place of the last user message; 0 where there is none."""
    return max((i for i, message in enumerate(messages) if message["role"] == "user"), default=0)


def as_json(text: Any) -> Any:
    """What a text holds as JSON; None where it holds none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError, TypeError):
        return None
