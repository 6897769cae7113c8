"""What a chat request holds, and the errors that OpenAI's API answers with.

Every error has the shape of https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workshop.practice.model import SERVICE
from workshop.practice.model.messages import Message, all_text, last_user_text


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
        self.status, self.kind, self.code = status, kind, code
        named = {"message": message, "type": kind, "param": param, "code": code}
        self.body = {"error": named}
        self.headers = dict(headers or {})


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


def unknown_model(name: str) -> ApiError:
    """404, as the API answers a model that does not exist."""
    return ApiError(
        404,
        f"The model `{name[:100]}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def wrong_key_error() -> ApiError:
    """401, without a word of the key that came."""
    return ApiError(
        401,
        f"Incorrect API key provided. The {SERVICE} takes only its own.",
        code="invalid_api_key",
    )
