"""How a model gets it wrong while its provider is well: answers that no agent should trust."""

from __future__ import annotations

import json
from typing import Any

from workshop.practice.model import NEED_TOOLS, arguments, tool_use
from workshop.practice.model.reading import ChatRequest

_HUGE = 100_000
_SENTENCE = "This sentence adds nothing to the one before it, and yet it is here. "


def applies(how: str, chat: ChatRequest) -> bool:
    """Whether a request can be answered in this way."""
    return how not in NEED_TOOLS or chat.may_call


def misbehave(how: str, chat: ChatRequest) -> tuple[str, list[dict[str, Any]]]:
    """A text or tool calls, wrong in one of the ways that `faults.misbehaving` tells."""
    if how == "huge":
        return (_SENTENCE * (_HUGE // len(_SENTENCE) + 1))[:_HUGE], []
    if how == "empty":
        return "", []
    call = tool_use.some_call(chat)
    function = call["function"]
    if how == "unknown tool":
        offered = {tool["name"] for tool in chat.tools}
        name = "book_flight" if "book_flight" not in offered else "book_rocket"
        call["function"] = {"name": name, "arguments": '{"destination": "Oslo"}'}
    elif how == "broken arguments":
        whole = function["arguments"]
        function["arguments"] = whole[: max(1, len(whole) // 2)]  # without its closing brace
    elif how == "wrong arguments":
        tool = next(tool for tool in chat.tools if tool["name"] == function["name"])
        # No value has the type it should have, and one is not known.
        odd = {name: _odd(part) for name, part in arguments.known(tool).items()}
        function["arguments"] = json.dumps(odd | {"not_asked_for": True})
    return "", [call]


def _odd(part: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    return "none of these" if kind in ("integer", "number", "boolean", "array", "object") else [1]
