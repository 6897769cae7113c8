"""What an LLM provider's error means: what was seen, and what to change, and where.

The same words are used in a cell, in a Workflow's panel and in the doctor's table, so an error is
read from what all three have: the names and messages of a chain of errors. No words hold the key.

https://docs.litellm.ai/docs/exception_mapping
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError, FailureError

from workshop.core import processes, proxies
from workshop.core.errors import WorkshopError
from workshop.core.model_settings import key_command, shown_base
from workshop.core.settings import Settings, load
from workshop.practice.model import process


@dataclass(frozen=True)
class Trouble:
    """What a provider's error means."""

    saw: str
    expected: str
    do: str
    patience: int | None = None
    """How many attempts have to fail alike until it is sure that trying again does not help; None
    where it may help."""


def explain(error: BaseException) -> Trouble | None:
    """What an exception means; None where it is not one of an LLM provider.

    Args:
        error: an exception of LiteLLM or of the client below it, or a Workflow's failure that was
            caused by one.
    """
    return _explain(list(_chain(error)))


def explain_failure(failure: Failure) -> Trouble | None:
    """What a recorded failure means; None where it is not one of an LLM provider.

    https://api-docs.temporal.io/#temporal.api.failure.v1.Failure
    """
    chain = []
    while True:
        chain.append((failure.application_failure_info.type, failure.message))
        if not failure.HasField("cause"):
            return _explain(chain)
        failure = failure.cause


def _set() -> str:
    """How the model's settings are changed, as the end of a sentence."""
    again = " Then run the cell with begin, and this one again."
    return f"run {key_command()}.{again if 'ipykernel' in sys.modules else ''}"


def _chain(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Names and messages, from the provider's own error inwards."""
    while error is not None and (
        isinstance(error, FailureError) or type(error).__name__ == "WorkflowFailureError"
    ):
        if isinstance(error, ApplicationError):
            yield error.type or "", error.message
        error = error.__cause__
    package = type(error).__module__.partition(".")[0]
    if error is None or package not in ("litellm", "openai"):
        return
    for _ in range(8):
        text = str(error)
        yield type(error).__name__, text if text.startswith("litellm.") else f"litellm. {text}"
        error = error.__cause__ or error.__context__
        if error is None:
            return


def _explain(chain: list[tuple[str, str]]) -> Trouble | None:
    if any(kind == "PayloadsTooLarge" for kind, _ in chain):
        return Trouble(
            "What the Activity returns is larger than the 2 MB that Temporal keeps of one result.",
            "A small result. Each attempt runs, and is paid for, again.",
            "End it with await handle.terminate(). Ask for a shorter answer, or write it to a file "
            "and return the file's name; then start the Workflow again.",
            patience=1,
        )
    # LiteLLM's own errors say so at their beginning, in a history as well.
    while chain and not chain[0][1].startswith("litellm."):
        chain = chain[1:]
    if not chain:
        return None
    try:
        settings = load()
    except WorkshopError:  # told by begin and the doctor
        return None
    kinds = {kind for kind, _ in chain}
    text = " ".join(message for _, message in chain)
    said = _said(chain[0][1], settings)
    if settings.practice and "LLM Provider NOT provided" not in text:
        found = _setup(kinds, text, settings) or _of_practice(kinds, text, said, settings)
    else:
        found = _setup(kinds, text, settings) or _of_provider(kinds, text, said, settings)
    return found


def _setup(kinds: set[str], text: str, settings: Settings) -> Trouble | None:
    """What is wrong before anybody is asked: proxies, a model's name, a price."""
    if "isn't mapped yet" in text:
        return Trouble(
            f"LiteLLM knows no price for {settings.llm_model}.",
            "completion_cost looks the price up in LiteLLM's list.",
            "The answer is good all the same. Your provider's bill has the price.",
        )
    if "socksio" in text:
        name = proxies.used(os.environ, "socks") or "ALL_PROXY"
        return Trouble(
            f"{name} names a SOCKS proxy, and the package for it is not installed.",
            "The package socksio, or no SOCKS proxy.",
            "Run `%pip install socksio` in a cell and restart the kernel; or start Jupyter "
            f"without {name}.",
            patience=1,
        )
    bad_proxy = "ProxyError" in kinds or re.search(r"[Pp]roxy (URL|keys)|scheme for proxy", text)
    if bad_proxy or "InvalidURL" in kinds or "Invalid port" in text:
        name = proxies.used(os.environ)
        what = f"{name}, NO_PROXY" if name else "NO_PROXY, LLM_API_BASE"
        return Trouble(
            f"No request can be made: an address in {what} cannot be used.",
            "A proxy is http://host:port; NO_PROXY holds names and addresses, without brackets.",
            "Correct it where Jupyter is started, and start Jupyter again.",
            patience=1,
        )
    if "LLM Provider NOT provided" in text:
        return Trouble(
            f"LiteLLM knows no provider for the model {settings.llm_model}.",
            "LLM_MODEL is provider/model, such as openai/gpt-4o. A server of your own that speaks "
            "as OpenAI's does is openai/ and its model's name.",
            f"To set LLM_MODEL, {_set()}",
            patience=1,
        )
    return None


def _of_practice(kinds: set[str], text: str, said: str, settings: Settings) -> Trouble | None:
    if practice_is_dead(settings):
        return Trouble(
            "The practice model does not answer.",
            "It is a process on this machine, which begin starts.",
            "Run the cell with begin again: it starts the practice model. Then run this cell.",
            patience=1,
        )
    if "NotFoundError" in kinds:
        return Trouble(
            f"The practice model refuses the request: {said}",
            "A call with model=settings.llm_model.",
            "Correct the call, or run the cell with begin again.",
        )
    fault = "A cell may have left a fault on: run the cell with begin again, which ends every one."
    if "Timeout" in kinds:
        return Trouble("The practice model has not answered in time.", "", fault)
    if _no_connection(kinds, text):
        return Trouble("The practice model broke the connection off.", "", fault)
    return Trouble(f"The practice model refuses the request: {said}", "", fault)


def practice_is_dead(settings: Settings) -> bool:
    """Whether the practice model's process is gone; one that a fault has unplugged is not."""
    return (
        settings.practice
        and process.health(settings) is None
        and processes.running(settings.home, process.NAME) is None
    )


def _of_provider(kinds: set[str], text: str, said: str, settings: Settings) -> Trouble | None:
    who = f"{settings.llm_model} at {_where(settings)}"
    if "Timeout" in kinds:
        return Trouble(
            f"{who} has not answered within {settings.llm_timeout:g} s.",
            "An answer within LLM_TIMEOUT, 20 seconds unless you set it.",
            f"For a model that needs longer, set LLM_TIMEOUT in seconds: {_set()}",
        )
    refused = kinds & {"AuthenticationError", "PermissionDeniedError"}
    if refused or re.search(r"Missing credentials|Missing \S+ API Key|api_key client option", text):
        key = "the key" if settings.key_is_set else "a call without a key"
        return Trouble(
            f"{who} refuses {key}: {said}",
            "A key of this provider that is valid and may use this model.",
            f"To set another key, {_set()}",
            patience=1,
        )
    if "NotFoundError" in kinds and re.search(r"\bmodel\b.*(not|n't)\b|not.*\bmodel\b", text):
        return Trouble(
            f"The provider has no model {settings.llm_model}: {said}",
            "LLM_MODEL is provider/model, with a model that your key may use.",
            f"To set LLM_MODEL, {_set()}",
            patience=1,
        )
    not_a_model = re.search(r"Expecting value|Received response|'choices'|Error code: 30\d", text)
    if "NotFoundError" in kinds or not_a_model or re.search(r"\b405\b", text):
        base = settings.llm_api_base
        right = "the right address"
        if base and "/v1" not in base:
            right = f"{shown_base(base).rstrip('/')}/v1"
        if re.search("Expecting value|Received response", text):
            said = "its answer is not JSON."
        return Trouble(
            f"{_where(settings)} answers, and not as a model does: {said}",
            "The address of a server that speaks as OpenAI's does mostly ends in /v1.",
            f"To set LLM_API_BASE to {right}, {_set()}",
            patience=1,
        )
    if _no_connection(kinds, text):
        return Trouble(
            f"{who} cannot be reached: {_why_not(kinds, text, settings)}",
            "A server that answers at LLM_API_BASE, or at the provider's own address.",
            f"See that it runs and that this machine reaches it. For another address, {_set()}",
            patience=2,
        )
    if re.search(r"insufficient_quota|exceeded your current quota|credit balance", text):
        return Trouble(
            f"{who} refuses: {said}",
            "An account with credit left.",
            f"Add credit at the provider. For another key or model, {_set()}",
            patience=1,
        )
    if "RateLimitError" in kinds:
        return Trouble(f"{who} is asked too often (429): {said}", "", "Wait a minute, try again.")
    if kinds & {"BadRequestError", "UnprocessableEntityError", "UnsupportedParamsError"}:
        return Trouble(
            f"{who} refuses the request: {said}",
            "A request that this model understands: not each knows tools or response_format.",
            f"Correct the call. For another model, {_set()}",
        )
    return Trouble(
        f"{who} failed: {said}",
        "",
        "Try again in a moment. If it goes on, run `python -m workshop doctor --call`.",
    )


def _where(settings: Settings) -> str:
    return shown_base(settings.llm_api_base) if settings.llm_api_base else "the provider's address"


def _no_connection(kinds: set[str], text: str) -> bool:
    named = kinds & {"APIConnectionError", "ConnectError", "ConnectTimeout", "RemoteProtocolError"}
    return bool(named) or bool(re.search(r"[Cc]onnection (error|refused|reset)|\[Errno", text))


def _why_not(kinds: set[str], text: str, settings: Settings) -> str:
    here = re.match(r"https?://(localhost|127\.|\[::1\])", settings.llm_api_base or "")
    if not here and (proxy := proxies.used(os.environ)):
        return f"the request goes to the proxy of {proxy}, and no answer comes from there."
    for sign, words in (
        (r"CERTIFICATE_VERIFY_FAILED", "its certificate is not one that this machine trusts."),
        (r"SSL|TLS", "it does not speak TLS. Is it http:// instead of https://?"),
        (r"Name or service|getaddrinfo|nodename|resolution", "no machine of that name is known."),
        (r"refused", "nothing listens there."),
        (r"disconnected|reset", "it broke the connection off."),
    ):
        if re.search(sign, text):
            return words
    if "ConnectTimeout" in kinds:
        return "nobody answers there."
    return "no connection."


def _said(message: str, settings: Settings) -> str:
    """The provider's own words in one line, without LiteLLM's names before them, and no key."""
    line = settings.without_key(message.partition("\n")[0])
    if in_json := re.search(r'"message":\s*"((?:[^"\\]|\\.)+)"', line):
        line = in_json[1]
    line = re.sub(r"^(litellm\.\s?)?((litellm\.)?\w+(Error|Timeout|Exception)( - |: ))+", "", line)
    line = re.sub(r"^\w+Exception( -)? ", "", line).strip()
    line = line if len(line) <= 160 else f"{line[:100]} … {line[-50:]}"
    return line if line.endswith((".", "!", "?")) else f"{line}."
