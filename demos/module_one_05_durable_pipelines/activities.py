"""The steps that touch the world outside, and may fail: a page, a model and a database."""

import math
import os
import time
import uuid
from dataclasses import asdict
from datetime import timedelta

import httpx
from models import Saved, SaveInput, Summary
from table import RESEARCH, database
from temporalio import activity
from temporalio.exceptions import ApplicationError

from workshop.demos import PageRefused, insert_into, load, read_page

# LiteLLM comes after workshop, which has told it by now to ask nobody for a list of prices.
# isort: split
from litellm import ModelResponse, RateLimitError, completion, completion_cost

# For the crash scenes: a moment in which to kill the Worker, and a key that is none.
PAUSE_AFTER_COMMIT = float(os.environ.get("DEMO_PAUSE_AFTER_COMMIT", "0"))
KEYLESS = os.environ.get("DEMO_KEYLESS") == "1"


@activity.defn
async def fetch_url(url: str) -> str:
    """The readable text of a page: its first 2,000 characters."""
    say("fetch_url", url)
    hosts = [f"127.0.0.1:{load().site_port}"]  # the practice site, and nobody else
    try:
        return await read_page(url, hosts=hosts)
    except PageRefused as error:  # refused by us: it will be next time
        raise ApplicationError(str(error), type="PageRefused", non_retryable=True) from None
    except httpx.HTTPStatusError as error:
        raise status_error(error.response) from None
    except httpx.TimeoutException:
        raise ApplicationError(f"{url} takes too long", type="PageTimeout") from None
    except httpx.TransportError as error:
        raise ApplicationError(f"{url}: {error}", type="PageUnreachable") from None


@activity.defn
def call_llm(prompt: str) -> Summary:
    """The model's answer, and what it cost."""
    say("call_llm", prompt.partition("\n")[0])
    settings = load()
    allowed = activity.info().start_to_close_timeout or timedelta(seconds=60)
    try:
        answer = completion(
            model=settings.llm_model,
            # Out of its wrapper at the last moment, and in no input or output.
            api_key=settings.llm_api_key.get_secret_value(),
            api_base=settings.llm_api_base,
            messages=[{"role": "user", "content": prompt}],
            # Below the Start-to-Close timeout: a silent call ends first, and its error says why.
            timeout=allowed.total_seconds() * 0.75,
            max_retries=0,  # one request an attempt: Temporal retries, and it alone
        )
    except RateLimitError as error:
        # 429 says two things. An empty account stays empty; a limit is over when they say so.
        if isinstance(error.body, dict) and error.body.get("code") == "insufficient_quota":
            raise ApplicationError(
                error.message, type="QuotaExhausted", non_retryable=True
            ) from None
        wait = retry_after(error.litellm_response_headers or {})
        raise ApplicationError(
            error.message, type="RateLimitError", next_retry_delay=wait
        ) from None
    usage = answer.usage
    return Summary(
        text=answer.choices[0].message.content or "",
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
        dollars=price(answer),
    )


@activity.defn
def save_result(input: SaveInput) -> Saved:
    """Insert the row, unless an attempt before this one has."""
    say("save_result", input.topic)
    info = activity.info()
    # The same at each attempt, on each Worker: which Workflow, and which of its steps.
    key = str(uuid.uuid4()) if KEYLESS else f"{info.workflow_id}/{info.activity_type}"
    row = asdict(input) | {"key": key, "workflow_id": info.workflow_id}
    engine = database()
    with engine.begin() as connection:  # one transaction: all of it or nothing
        done = connection.execute(
            insert_into(engine, RESEARCH).values(row).on_conflict_do_nothing(index_elements=["key"])
        )
    if PAUSE_AFTER_COMMIT:
        print("Committed, and nobody knows it yet. Now is the time to kill me.", flush=True)
        time.sleep(PAUSE_AFTER_COMMIT)
    return Saved(key, new=done.rowcount == 1)


def status_error(answer: httpx.Response) -> ApplicationError:
    """What a status says about another attempt."""
    status = answer.status_code
    said = f"{answer.request.url} answers {status} {answer.reason_phrase}".rstrip()
    if status in (429, 503):
        wait = retry_after(answer.headers)
        return ApplicationError(said, type="PageBusy", next_retry_delay=wait)
    if status >= 500 or status == 408:
        return ApplicationError(said, type="PageBroken")
    kinds = {401: "PageForbidden", 403: "PageForbidden", 451: "PageForbidden"}
    kinds |= {404: "PageNotFound", 410: "PageNotFound"}
    return ApplicationError(said, type=kinds.get(status, "PageRefused"), non_retryable=True)


def retry_after(headers: httpx.Headers | dict[str, str]) -> timedelta | None:
    """How long they ask us to wait, an hour at most; None leaves it to the Retry Policy."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:  # nothing, or a date
        return None
    return timedelta(seconds=min(seconds, 3600)) if 0 < seconds < math.inf else None


def price(answer: ModelResponse) -> float:
    """US dollars; 0 for a model whose price LiteLLM does not know."""
    try:
        return completion_cost(answer)
    except Exception:  # it raises a plain one; the answer is paid for, and is not thrown away
        return 0.0


def say(step: str, what: str) -> None:
    print(f"{step}, attempt {activity.info().attempt}: {what[:80]}", flush=True)
