"""What goes wrong, answered in the shape of OpenAI's errors and told without private values.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from workshop.practice.model import SERVICE
from workshop.practice.model.ledger import LedgerError
from workshop.practice.processes.served import Handler

_HTTP_MESSAGES = {
    404: "Invalid URL: the practice model has no such path.",
    405: "Not allowed: the practice model has this path, but not for this method.",
    413: "The request is too large.",
}


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
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code = status, kind, code
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers: dict[str, str] = {}


def unknown_model(name: str) -> ApiError:
    """404, as the API answers a model that does not exist."""
    message = f"The model `{name[:100]}` does not exist or you do not have access to it."
    return ApiError(404, message, code="model_not_found")


def wrong_key() -> ApiError:
    """401, without a word of the key that came."""
    message = f"Incorrect API key provided. The {SERVICE} takes only its own."
    return ApiError(401, message, code="invalid_api_key")


class Protocol(web.RequestHandler):
    """Answers what is no HTTP without repeating it: a broken header may hold a key."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        error = ApiError(status, "This request could not be read.")
        response = web.json_response(error.body, status=status)
        response.force_close()
        return response


@web.middleware
async def as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as problem:
        error = problem
    except web.HTTPException as problem:
        error = ApiError(problem.status, _HTTP_MESSAGES.get(problem.status, problem.reason))
        if allowed := problem.headers.get("Allow"):
            error.headers["Allow"] = allowed
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception as problem:
        with suppress(OSError):  # a full disk has no room for a log either
            print(_told(problem), file=sys.stderr, flush=True)
        words = str(problem) if isinstance(problem, LedgerError) else "The practice model failed."
        error = ApiError(500, words, kind="server_error")
    return web.json_response(error.body, status=error.status, headers=error.headers)


def _told(problem: Exception) -> str:
    """What went wrong and where it arose, without the values, which may be private."""
    if isinstance(problem, LedgerError):
        return str(problem)
    place = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"practice model: {type(problem).__name__} at {where}"
