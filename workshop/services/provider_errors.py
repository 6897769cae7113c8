"""What an LLM provider's error means: what was seen, and what to change, and where.

The same words are used in a cell, in a Workflow's panel and in the doctor's table, so an error is
read from what all three have: the names and messages of a chain of errors. The words are those of
provider_errors.cfg, and none of them holds the key.

https://docs.litellm.ai/docs/exception_mapping
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from string import Template

from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError, FailureError

from workshop.core import processes, proxies
from workshop.core.errors import WorkshopError
from workshop.core.model_settings import key_command, shown_base
from workshop.core.settings import Settings, load
from workshop.practice.model import process

_KNOWN = ConfigParser(interpolation=None)
_KNOWN.read(Path(__file__).with_suffix(".cfg"), encoding="utf-8")
_FAULT = "A cell may have left a fault on: run the cell with begin again, which ends every one."


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
    """What an exception of LiteLLM, or a Workflow's failure that one caused, means; else None."""
    return _explain(list(_chain(error)))


def explain_failure(failure: Failure) -> Trouble | None:
    """What a recorded failure means; None where it is not one of an LLM provider.

    https://api-docs.temporal.io/#temporal.api.failure.v1.Failure
    """
    chain = [(failure.application_failure_info.type, failure.message)]
    while failure.HasField("cause"):
        failure = failure.cause
        chain.append((failure.application_failure_info.type, failure.message))
    return _explain(chain)


def practice_is_dead(settings: Settings) -> bool:
    """Whether the practice model's process is gone; one that a fault has unplugged is not."""
    return (
        settings.practice
        and process.health(settings) is None
        and processes.running(settings.home, process.NAME) is None
    )


def _chain(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Names and messages, from the provider's own error inwards."""
    while error is not None and (
        isinstance(error, FailureError) or type(error).__name__ == "WorkflowFailureError"
    ):
        if isinstance(error, ApplicationError):
            yield error.type or "", error.message
        error = error.__cause__
    if error is None or type(error).__module__.partition(".")[0] not in ("litellm", "openai"):
        return
    for _ in range(8):
        text = str(error)
        yield type(error).__name__, text if text.startswith("litellm.") else f"litellm. {text}"
        error = error.__cause__ or error.__context__
        if error is None:
            return


def _explain(chain: list[tuple[str, str]]) -> Trouble | None:
    # LiteLLM's own errors say so at their beginning, in a history as well.
    while chain and not (chain[0][1].startswith("litellm.") or chain[0][0] == "PayloadsTooLarge"):
        chain = chain[1:]
    if not chain:
        return None
    try:
        settings = load()
    except WorkshopError:  # told by begin and the doctor
        return None
    whose = "practice" if settings.practice else "provider"
    kinds = " ".join(f"<{kind}>" for kind, _ in chain)
    if practice_is_dead(settings):
        kinds += "<it is dead>"
    text = " ".join(message for _, message in chain)
    for name in _KNOWN.sections():
        known = _KNOWN[name]
        when = known.get("when", "").replace("\n", "|")
        if known.get("of", whose) == whose and re.search(when, f"{kinds}\n{text}"):
            break
    words = _words(kinds, text, chain[0][1], settings)
    saw, expected, do = (
        Template(known.get(part, "").replace("\n", " ")).substitute(words)
        for part in ("saw", "expected", "do")
    )
    return Trouble(saw, expected, do, known.getint("patience"))


def _words(kinds: str, text: str, message: str, settings: Settings) -> dict[str, str]:
    """What is filled in."""
    base = settings.llm_api_base
    proxy = proxies.used(os.environ)
    where = shown_base(base) if base else "the provider's address"
    again = " Then run the cell with begin, and this one again."
    return {
        "model": settings.llm_model,
        "where": where,
        "who": f"{settings.llm_model} at {where}",
        "right": f"{where.rstrip('/')}/v1" if base and "/v1" not in base else "the right address",
        "seconds": f"{settings.llm_timeout:g}",
        "key": "the key" if settings.key_is_set else "a call without a key",
        "set": f"run {key_command()}.{again if 'ipykernel' in sys.modules else ''}",
        "socks": proxies.used(os.environ, "socks") or "ALL_PROXY",
        "proxies": f"{proxy}, NO_PROXY" if proxy else "NO_PROXY, LLM_API_BASE",
        "said": _said(message, settings),
        "why": _why_not(kinds, text, settings),
        "fault": _FAULT,
    }


def _why_not(kinds: str, text: str, settings: Settings) -> str:
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
    if "<ConnectTimeout>" in kinds:
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
