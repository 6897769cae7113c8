"""Whether a chat request is good, and what is wrong with it in the words of OpenAI's API.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workshop.practice.model import MODEL
from workshop.practice.model.errors import ApiError, unknown_model
from workshop.practice.model.messages import Message, all_text, last_user_text

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_DECIMALS = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
_NO_CALL = (
    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
    "'tool_calls'."
)
_NO_RESULT = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: "
)
_EXPECTED = {
    dict: "an object",
    list: "an array of objects",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
}


@dataclass(frozen=True)
class ChatRequest:
    """A request that was found good."""

    messages: list[Message]
    tools: list[dict[str, Any]] = field(default_factory=list)
    """The `function` part of each tool: name, description, parameters (a JSON Schema)."""
    tool_choice: str = "auto"
    """`auto`, `none`, `required`, or `=` and the name of a function."""
    response_format: dict[str, Any] = field(default_factory=dict)
    stream: bool = False
    include_usage: bool = False
    n: int = 1
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()

    @property
    def may_call(self) -> bool:
        """Whether the answer may be tool calls."""
        return bool(self.tools) and self.tool_choice != "none"

    @property
    def user_text(self) -> str:
        """The text of the last user message, or of all messages where there is none."""
        return last_user_text(self.messages) or all_text(self.messages)


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        ApiError: it is not JSON, or not an object.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        words = "We could not parse the JSON body of your request: it is not valid JSON."
        raise _bad(words) from None
    if not isinstance(value, dict):
        raise _bad(_wrong_type("body", "an object", value), code="invalid_type")
    return value


def read(body: dict[str, Any]) -> ChatRequest:
    """Check a request as the API does.

    Raises:
        ApiError: 400 for the first thing that is wrong, 404 for another model's name.
    """
    if body.get("model") is None:
        raise _bad("You must provide a model parameter.", "model")
    if _typed("model", body["model"], str) != MODEL:
        raise unknown_model(body["model"])
    messages = _messages(body)
    tools = [_tool(where, tool) for where, tool in _each("tools", body.get("tools"))]
    stream = _typed("stream", body.get("stream") or False, bool)
    options = body.get("stream_options")
    if options is not None:
        _typed("stream_options", options, dict)
        if not stream:
            words = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise _bad(words, "stream_options")
    for name, (low, high) in _DECIMALS.items():
        _number(body, name, float, low, high)
    limits = [_number(body, name, int, 1) for name in ("max_completion_tokens", "max_tokens")]
    return ChatRequest(
        messages=messages,
        tools=tools,
        tool_choice=_tool_choice(body, tools),
        response_format=_response_format(body),
        stream=stream,
        include_usage=bool(options and options.get("include_usage")),
        n=_number(body, "n", int, 1, 128) or 1,
        max_tokens=limits[0] or limits[1],
        stop=_stop(body),
    )


def _messages(body: dict[str, Any]) -> list[Message]:
    if body.get("messages") is None:
        raise _missing("messages")
    messages = _typed("messages", body["messages"], list)
    if not messages:
        expected = "Expected an array with minimum length 1, but got an empty array instead."
        raise _bad(f"Invalid 'messages': empty array. {expected}", "messages", "empty_array")
    for where, message in _each("messages", messages):
        _message(where, message)
    _tool_messages(messages)
    return list(messages)


def _message(where: str, message: Message) -> None:
    role = message.get("role")
    if role is None:
        raise _missing(f"{where}.role")
    if role not in _ROLES:
        raise _unsupported(f"{where}.role", role, *_ROLES)
    if role == "tool":
        _has_text(where, message, "tool_call_id")
    content, calls = message.get("content"), message.get("tool_calls")
    for place, call in _each(f"{where}.tool_calls", calls):
        _has_text(place, call, "id")
        function = _function(call)
        if function is None:
            raise _missing(f"{place}.function")
        _has_text(f"{place}.function", function, "arguments")
    if isinstance(content, list):
        for place, part in _each(f"{where}.content", content):
            _has_text(place, part, "type")
            if part["type"] == "text":
                _has_text(place, part, "text")
    elif content is None and not (role == "assistant" and (calls or message.get("function_call"))):
        where = f"{where}.content"
        raise _bad(f"Invalid value for 'content': expected a string, got null. [{where}]", where)
    elif content is not None and not isinstance(content, str):
        raise _mistyped(f"{where}.content", "a string or an array of objects", content)


def _tool_messages(messages: list[Message]) -> None:
    """Every tool call is followed by its result, and no result stands alone."""
    waiting: list[str] = []
    for index, message in enumerate([*messages, {"role": ""}]):
        where = f"messages.[{index}].role"
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise _bad(_NO_CALL, where)
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            raise _bad(_NO_RESULT + ", ".join(waiting)[:300], where)
        waiting = [call["id"] for call in message.get("tool_calls") or []]


def _tool(where: str, tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        raise _unsupported(f"{where}.type", tool.get("type"), "function")
    function = _function(tool)
    if function is None:
        raise _missing(f"{where}.function.name")
    if function.get("parameters") is not None:
        _typed(f"{where}.function.parameters", function["parameters"], dict)
    return function


def _function(holder: Any) -> dict[str, Any] | None:
    """The function that a tool, a call or a choice names."""
    function = holder.get("function") if isinstance(holder, dict) else None
    named = isinstance(function, dict) and isinstance(function.get("name"), str)
    return function if named else None


def _tool_choice(body: dict[str, Any], tools: list[dict[str, Any]]) -> str:
    choice = body.get("tool_choice")
    if choice is None or (choice in ("none", "auto") and not tools):
        return "auto"
    if tools and choice in ("none", "auto", "required"):
        return str(choice)
    function = _function(choice)
    if function and function["name"] in [tool["name"] for tool in tools]:
        return f"={function['name']}"
    expected = (
        "expected 'none', 'auto', 'required' or the name of a function in 'tools'."
        if tools
        else "'tool_choice' is only allowed when 'tools' are specified."
    )
    raise _bad(f"Invalid value for 'tool_choice': {expected}", "tool_choice")


def _response_format(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("response_format") is None:
        return {}
    wanted: dict[str, Any] = _typed("response_format", body["response_format"], dict)
    if wanted.get("type") not in ("text", "json_object", "json_schema"):
        known = "Supported values are: 'text', 'json_object', and 'json_schema'."
        where = "response_format.type"
        raise _bad(f"Invalid value for '{where}'. {known}", where, "invalid_value")
    if wanted["type"] == "json_schema":
        holder = wanted.get("json_schema")
        if not isinstance(holder, dict) or not isinstance(holder.get("schema"), dict):
            raise _missing("response_format.json_schema.schema")
    return wanted


def _stop(body: dict[str, Any]) -> tuple[str, ...]:
    stop = body.get("stop")
    stops = [] if stop is None else [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(one, str) for one in stops):
        raise _mistyped("stop", "a string or an array of strings", stop)
    return tuple(one for one in stops if one)


def _number(
    body: dict[str, Any], name: str, kind: type, low: float, high: float = float("inf")
) -> Any:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
        raise _mistyped(name, _EXPECTED[kind], value)
    if not low <= value <= high:
        side, bound = ("above_max", f"<= {high}") if value > high else ("below_min", f">= {low}")
        words = f"Invalid '{name}': expected a value {bound}, but got {value} instead."
        raise _bad(words, name, f"{'integer' if kind is int else 'decimal'}_{side}_value")
    return value


def _each(where: str, values: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of an array, which may be missing, each after the name of its place."""
    for number, value in enumerate([] if values is None else _typed(where, values, list)):
        yield f"{where}[{number}]", _typed(f"{where}[{number}]", value, dict)


def _typed(where: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise _mistyped(where, _EXPECTED[kind], value)
    return value


def _has_text(where: str, holder: dict[str, Any], name: str) -> None:
    if not isinstance(holder.get(name), str):
        raise _missing(f"{where}.{name}")


def _bad(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)


def _mistyped(where: str, expected: str, value: object) -> ApiError:
    return _bad(_wrong_type(where, expected, value), where, "invalid_type")


def _wrong_type(where: str, expected: str, value: object) -> str:
    got = _EXPECTED.get(type(value), "something else").removesuffix(" of objects")
    got = "null" if value is None else got
    return f"Invalid type for '{where}': expected {expected}, but got {got} instead."


def _missing(where: str) -> ApiError:
    return _bad(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")


def _unsupported(where: str, value: object, *known: str) -> ApiError:
    named = ", ".join(f"'{one}'" for one in known)
    message = f"Invalid value: {str(value)[:60]!r}. Supported values are: {named}."
    return _bad(message, where, "invalid_value")
