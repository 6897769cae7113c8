"""What a chat request may hold, and the errors that OpenAI's API answers it with.

Every error has the shape of https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workshop.practice_model import MODEL
from workshop.practice_model.ledger import content_text, last_user_text

Message = dict[str, Any]
ROLES = ("system", "assistant", "user", "function", "tool", "developer")


class ApiError(Exception):
    """An answer other than 200: its status, its JSON body, its headers."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.param, self.code = status, kind, param, code
        self.message = message
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body, `{"error": {"message", "type", "param", "code"}}`."""
        named = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": named}


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
    def user_text(self) -> str:
        """The text of the last user message, or of all messages where there is none."""
        return last_user_text(self.messages) or all_text(self.messages)


def all_text(messages: list[Message]) -> str:
    """The text of all messages, joined by newlines."""
    return "\n".join(content_text(message.get("content")) for message in messages)


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        ApiError: it is not JSON, or not an object.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(
            400, "We could not parse the JSON body of your request: it is not valid JSON."
        ) from None
    if not isinstance(value, dict):
        raise _wrong_type("body", "an object", value)
    return value


def read(body: dict[str, Any]) -> ChatRequest:
    """Check a request as the API does.

    Raises:
        ApiError: 400 for the first thing that is wrong, 404 for another model's name.
    """
    model = body.get("model")
    if model is None:
        raise ApiError(400, "You must provide a model parameter.", param="model")
    _expect("model", model, str, "a string")
    if model != MODEL:
        raise unknown_model(model)
    messages = _messages(body)
    tools = _tools(body)
    stream = _expect("stream", body.get("stream") or False, bool, "a boolean")
    options = body.get("stream_options")
    if options is not None:
        _expect("stream_options", options, dict, "an object")
        if not stream:
            raise ApiError(
                400,
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                param="stream_options",
            )
    for name, low, high in (
        ("temperature", 0, 2),
        ("top_p", 0, 1),
        ("presence_penalty", -2, 2),
        ("frequency_penalty", -2, 2),
    ):
        _number(body, name, low, high)
    limits = [_integer(body, name, 1) for name in ("max_completion_tokens", "max_tokens")]
    return ChatRequest(
        messages=messages,
        tools=tools,
        tool_choice=_tool_choice(body, tools),
        response_format=_response_format(body),
        stream=stream,
        include_usage=bool((options or {}).get("include_usage")),
        n=_integer(body, "n", 1, 128) or 1,
        max_tokens=next((limit for limit in limits if limit), None),
        stop=_stop(body),
    )


def unknown_model(name: str) -> ApiError:
    """404, as the API answers a model that does not exist."""
    return ApiError(
        404,
        f"The model `{name[:100]}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def _messages(body: dict[str, Any]) -> list[Message]:
    messages = body.get("messages")
    if messages is None:
        raise ApiError(
            400,
            "Missing required parameter: 'messages'.",
            param="messages",
            code="missing_required_parameter",
        )
    _expect("messages", messages, list, "an array of objects")
    if not messages:
        raise ApiError(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    for index, message in enumerate(messages):
        _message(f"messages[{index}]", message)
    _tool_messages(messages)
    return list(messages)


def _message(where: str, message: object) -> None:
    if not isinstance(message, dict):
        raise _wrong_type(where, "an object", message)
    role = message.get("role")
    if role is None:
        raise _missing(f"{where}.role")
    if role not in ROLES:
        named = ", ".join(f"'{known}'" for known in ROLES)
        raise ApiError(
            400,
            f"Invalid value: {str(role)[:60]!r}. Supported values are: {named}.",
            param=f"{where}.role",
            code="invalid_value",
        )
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise _missing(f"{where}.tool_call_id")
    content, calls = message.get("content"), message.get("tool_calls")
    if calls is not None:
        _tool_calls(where, calls)
    if content is None:
        if role == "assistant" and (calls or message.get("function_call")):
            return
        raise ApiError(
            400,
            f"Invalid value for 'content': expected a string, got null. [{where}.content]",
            param=f"{where}.content",
        )
    if isinstance(content, list):
        for number, part in enumerate(content):
            _part(f"{where}.content[{number}]", part)
    elif not isinstance(content, str):
        raise _wrong_type(f"{where}.content", "a string or an array of objects", content)


def _part(where: str, part: object) -> None:
    if not isinstance(part, dict):
        raise _wrong_type(where, "an object", part)
    if not isinstance(part.get("type"), str):
        raise _missing(f"{where}.type")
    if part["type"] == "text" and not isinstance(part.get("text"), str):
        raise _missing(f"{where}.text")


def _tool_calls(where: str, calls: object) -> None:
    if not isinstance(calls, list):
        raise _wrong_type(f"{where}.tool_calls", "an array of objects", calls)
    for number, call in enumerate(calls):
        here = f"{where}.tool_calls[{number}]"
        if not isinstance(call, dict):
            raise _wrong_type(here, "an object", call)
        if not isinstance(call.get("id"), str):
            raise _missing(f"{here}.id")
        function = call.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise _missing(f"{here}.function")
        if not isinstance(function.get("arguments"), str):
            raise _missing(f"{here}.function.arguments")


def _tool_messages(messages: list[Message]) -> None:
    """Every tool call is followed by its result, and no result stands alone."""
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise ApiError(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            raise _unanswered(index, waiting)
        waiting = [call["id"] for call in message.get("tool_calls") or []]
    if waiting:
        raise _unanswered(len(messages), waiting)


def _unanswered(index: int, waiting: list[str]) -> ApiError:
    return ApiError(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: "
        + ", ".join(waiting)[:300],
        param=f"messages.[{index}].role",
    )


def _tools(body: dict[str, Any]) -> list[dict[str, Any]]:
    tools = body.get("tools")
    if tools is None:
        return []
    _expect("tools", tools, list, "an array of objects")
    functions = []
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise _wrong_type(where, "an object", tool)
        if tool.get("type") != "function":
            raise ApiError(
                400,
                f"Invalid value: {str(tool.get('type'))[:60]!r}. Supported values are: 'function'.",
                param=f"{where}.type",
                code="invalid_value",
            )
        function = tool.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise _missing(f"{where}.function.name")
        parameters = function.get("parameters")
        if parameters is not None and not isinstance(parameters, dict):
            raise _wrong_type(f"{where}.function.parameters", "an object", parameters)
        functions.append(function)
    return functions


def _tool_choice(body: dict[str, Any], tools: list[dict[str, Any]]) -> str:
    choice = body.get("tool_choice")
    if choice is None or (choice in ("none", "auto") and not tools):
        return "auto"
    if not tools:
        raise ApiError(
            400,
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are "
            "specified.",
            param="tool_choice",
        )
    if choice in ("none", "auto", "required"):
        return str(choice)
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if name not in [tool["name"] for tool in tools]:
        raise ApiError(
            400,
            "Invalid value for 'tool_choice': expected 'none', 'auto', 'required' or the name of "
            "a function in 'tools'.",
            param="tool_choice",
        )
    return f"={name}"


def _response_format(body: dict[str, Any]) -> dict[str, Any]:
    wanted = body.get("response_format")
    if wanted is None:
        return {}
    _expect("response_format", wanted, dict, "an object")
    if wanted.get("type") not in ("text", "json_object", "json_schema"):
        raise ApiError(
            400,
            "Invalid value for 'response_format.type'. Supported values are: 'text', "
            "'json_object', and 'json_schema'.",
            param="response_format.type",
            code="invalid_value",
        )
    holder = wanted.get("json_schema")
    if wanted["type"] == "json_schema" and (
        not isinstance(holder, dict) or not isinstance(holder.get("schema"), dict)
    ):
        raise _missing("response_format.json_schema.schema")
    return dict(wanted)


def _stop(body: dict[str, Any]) -> tuple[str, ...]:
    stop = body.get("stop")
    if stop is None:
        return ()
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(one, str) for one in stops):
        raise _wrong_type("stop", "a string or an array of strings", stop)
    return tuple(one for one in stops if one)


def _number(body: dict[str, Any], name: str, low: float, high: float) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(name, "a decimal", value)
    if not low <= value <= high:
        side, bound = ("above_max", f"<= {high}") if value > high else ("below_min", f">= {low}")
        raise ApiError(
            400,
            f"Invalid '{name}': expected a value {bound}, but got {value} instead.",
            param=name,
            code=f"decimal_{side}_value",
        )


def _integer(body: dict[str, Any], name: str, low: int, high: int | None = None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(name, "an integer", value)
    if value < low or (high is not None and value > high):
        side, bound = ("below_min", f">= {low}") if value < low else ("above_max", f"<= {high}")
        raise ApiError(
            400,
            f"Invalid '{name}': expected a value {bound}, but got {value} instead.",
            param=name,
            code=f"integer_{side}_value",
        )
    return value


def _expect(name: str, value: Any, kind: type, expected: str) -> Any:
    if not isinstance(value, kind):
        raise _wrong_type(name, expected, value)
    return value


def _wrong_type(where: str, expected: str, value: object) -> ApiError:
    names = {bool: "a boolean", str: "a string", list: "an array", dict: "an object"}
    names |= {int: "an integer", float: "a decimal"}
    got = "null" if value is None else names.get(type(value), "something else")
    return ApiError(
        400,
        f"Invalid type for '{where}': expected {expected}, but got {got} instead.",
        param=None if where == "body" else where,
        code="invalid_type",
    )


def _missing(where: str) -> ApiError:
    return ApiError(
        400,
        f"Missing required parameter: '{where}'.",
        param=where,
        code="missing_required_parameter",
    )
