"""What goes wrong, answered in the shape of OpenAI's errors and told without private values."""

from __future__ import annotations

import asyncio
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from workshop.practice.model.api import ApiError
from workshop.practice.model.ledger import LedgerError
from workshop.practice.processes.served import Handler

_HTTP_MESSAGES = {
    404: "Invalid URL: the practice model has no such path.",
    405: "Not allowed: the practice model has this path, but not for this method.",
    413: "The request is too large.",
}


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
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as problem:
        error = problem
    except web.HTTPException as problem:
        error = ApiError(problem.status, _HTTP_MESSAGES.get(problem.status, problem.reason))
        error.headers = {"Allow": problem.headers["Allow"]} if "Allow" in problem.headers else {}
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception as problem:
        with suppress(OSError):  # a full disk has no room for a log either
            _tell(problem)
        words = str(problem) if isinstance(problem, LedgerError) else "The practice model failed."
        error = ApiError(500, words, kind="server_error")
    return web.json_response(error.body, status=error.status, headers=error.headers)


def _tell(problem: Exception) -> None:
    """Name an unexpected error and where it arose, without the values, which may be private."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    words = f"practice model: {type(problem).__name__} at {where}"
    told = problem if isinstance(problem, LedgerError) else words
    print(told, file=sys.stderr, flush=True)
