"""The model's settings: which model answers, with which key, where, and how long it may take."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from workshop.core.errors import WorkshopError

PLACEHOLDER_KEY = "YOUR_API_KEY"
PRACTICE_NAME = "practice-model"
"""The name of the practice model, as it arrives there."""
PRACTICE_KEY = "practice-key"
"""The only key that it takes. It opens nothing else, so it is no secret."""
PRACTICE_MODEL = f"openai/{PRACTICE_NAME}"
"""What LiteLLM calls it."""
DEFAULT_MODEL = "openai/gpt-4o"
DEFAULT_TIMEOUT = 20.0
SECONDS = "It is a number of seconds"

NO_KEY = "none-needed"
"""What is sent where a model of one's own asks for no key; LiteLLM sends no request without one."""

# A model for each provider whose own name of a key is known, as LiteLLM's price list has it.
_MODELS = {
    "openai": DEFAULT_MODEL,
    "anthropic": "anthropic/claude-sonnet-5",
    "gemini": "gemini/gemini-3.5-flash",
    "mistral": "mistral/mistral-small-latest",
    "groq": "groq/openai/gpt-oss-120b",
    "deepseek": "deepseek/deepseek-chat",
    "xai": "xai/grok-4.5",
}
_OTHER_NAMES = {"google": "gemini", "togetherai": "together_ai", "together": "together_ai"}
# https://docs.litellm.ai/docs/providers: these have no address of their own.
_NEED_BASE = {
    *("azure", "azure_ai", "hosted_vllm", "openai_like", "custom_openai"),
    *("litellm_proxy", "lm_studio"),
}
_LOOPBACK = re.compile(r"(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$")


def key_command() -> str:
    """How a key is set from here: in a cell where this is a kernel, else in a terminal."""
    if "ipykernel" in sys.modules:
        return "`%run -m workshop key` in a cell"
    return "`python -m workshop key`"


class SettingsError(WorkshopError):
    """A setting holds something that cannot be used."""


@dataclass(frozen=True)
class ModelSettings:
    """Which model answers, and how it is called."""

    model: str
    key: str = field(repr=False)
    base: str | None
    practice: bool
    timeout: float
    """Seconds that one answer may take."""
    remarks: tuple[str, ...]
    """What was set and is not used: each says what to correct."""
    notes: tuple[str, ...]
    """What is worth saying, and needs no correction."""


def read(
    values: Mapping[str, str], in_file: Mapping[str, str], environment: Mapping[str, str], file: str
) -> ModelSettings:
    """Read the model's settings.

    Args:
        values: all settings, those of the environment before those of the file.
        file: the file's name, for the words.

    Raises:
        SettingsError: a value cannot be used. No words of ours hold a value that may be a key.
    """
    remarks: list[str] = []
    notes: list[str] = []
    timeout = number(values, "LLM_TIMEOUT", DEFAULT_TIMEOUT, 1, 600, SECONDS)
    model = values.get("LLM_MODEL", DEFAULT_MODEL)
    _check_model(model)
    base = values.get("LLM_API_BASE")
    if base is not None:
        base, note = checked_base(base)
        notes += filter(None, [note])
    key = values.get("LLM_API_KEY", "")
    if _is_placeholder(key):
        if key != PLACEHOLDER_KEY:
            what = "LLM_API_KEY holds a placeholder."
            remarks.append(f"{what} Set the real key: run {key_command()}.")
        key = ""
    _check_key(key, file)
    if not key and not base:
        key, model, remark, note = _own_name(model, in_file, environment, file)
        remarks += filter(None, [remark])
        notes += filter(None, [note])
    # A base without a key is a model of one's own that asks for none.
    practice = not key and not base
    if not practice:
        _check_base(model, base, environment)
    elif model != DEFAULT_MODEL and "LLM_MODEL" in values:
        needs = "LLM_API_KEY is empty. A model on this machine needs LLM_API_BASE instead"
        remarks.append(f"LLM_MODEL={model} is not used: {needs}.")
    return ModelSettings(
        model=PRACTICE_MODEL if practice else model,
        key=PRACTICE_KEY if practice else key or NO_KEY,
        base=base,
        practice=practice,
        timeout=timeout,
        remarks=tuple(remarks),
        notes=tuple(notes),
    )


def checked_base(text: str) -> tuple[str, str]:
    """An address as it is used, and a remark where it was written otherwise.

    Raises:
        SettingsError: it is not an address. The text is not quoted: it may be a key.
    """
    address, remark = text, ""
    if not re.match(r"[A-Za-z][\w+.-]*://", address):
        host = re.match(r"(\[[^\]]*\]|[^:/\s]*)(:\d+)?(/|$)", address)
        if host and _LOOPBACK.match(host[1]):
            address = f"http://{address}"
            remark = f"LLM_API_BASE has no http:// before it; {address} is used."
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1)
    except ValueError:
        good = False
    if not good or re.search(r"\s", address):
        raise SettingsError(
            "LLM_API_BASE is not an address.",
            "It begins with http:// or https://, such as http://localhost:11434/v1.",
            f"Correct LLM_API_BASE with {key_command()}, or empty it to use the provider's own.",
        )
    if short := re.fullmatch(r"(.+?)/chat/completions/?", address):
        address = short[1]
        remark = f"LLM_API_BASE names one call; {address} is used, without /chat/completions."
    return address, remark


def shown_base(base: str) -> str:
    """The address without what may be secret in it: user, password, query."""
    parts = urlsplit(base)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def number(
    values: Mapping[str, str], name: str, default: float, least: int, most: int, what: str
) -> float:
    """A setting that is a number; where `default` is a whole one, so is the setting.

    Args:
        what: what it is, before "from … to …".

    Raises:
        SettingsError: it is none, or not between `least` and `most`.
    """
    text = values.get(name, str(default))
    with suppress(ValueError):
        if least <= (found := type(default)(text)) <= most:
            return found
    raise SettingsError(
        f"{name} is {text!r}.",
        f"{what} from {least} to {most}.",
        f"Set {name} to one, or remove it to use {default:g}.",
    )


def _check_model(model: str) -> None:
    like_a_key = re.match(r"(sk|pk|gsk|xai|hf|r8|pplx|AIza)[-_A-Z]", model) or (
        "/" not in model and re.fullmatch(r"(?=.*\d)[\w-]{32,}", model)
    )
    if like_a_key or re.search(r"\s", model):
        what = "looks like a key" if like_a_key else "holds a space"
        raise SettingsError(
            f"LLM_MODEL {what}.",
            f"It is provider/model, such as {DEFAULT_MODEL}.",
            f"Set both again with {key_command()}, or correct LLM_MODEL.",
        )


def _check_key(key: str, file: str) -> None:
    if any(c.isspace() or not c.isprintable() or ord(c) > 126 for c in key):
        raise SettingsError(
            "LLM_API_KEY holds a space or a character that no key has.",
            "A key is one word of letters, digits, '-' and '_'.",
            f"Copy the key again into {file}, or empty the line to use the practice model.",
        )


def _is_placeholder(key: str) -> bool:
    """Whether somebody has left an example's words where the key goes."""
    bare = key.strip("<>[]{}()").lower()
    stands_for_one = r"(sk-)?[x*]{3,}|change-?me|placeholder|((api|llm|secret)[-_ ]?)?key"
    asks_for_one = r"(sk-)?(your|my|insert|put|enter|paste)[-_ ].*(key|token|here).*"
    return bool(
        key == PLACEHOLDER_KEY
        or (key and key[0] in "<[{" and key[-1] in ">]}")
        or "..." in key
        or "…" in key
        or re.fullmatch(f"{stands_for_one}|{asks_for_one}", bare)
    )


def _own_name(
    model: str, in_file: Mapping[str, str], environment: Mapping[str, str], file: str
) -> tuple[str, str, str, str]:
    """The key under its provider's own name, such as OPENAI_API_KEY, and the model for it.

    Only the workshop's own file counts: a key that a machine has for other work is not spent here
    without a word.

    Returns:
        Key and model, then a remark and a note; each may be empty.
    """
    wanted = model.partition("/")[0]
    found = {_provider(n): n for n in in_file if _provider(n) and not _is_placeholder(in_file[n])}
    for provider in sorted(found, key=lambda one: one != wanted):
        name = found[provider]
        if provider != wanted:
            if model != DEFAULT_MODEL or provider not in _MODELS:
                remark = f"{name} is not used: set LLM_MODEL={provider}/… to use it."
                return "", model, remark, ""
            model = _MODELS[provider]
        _check_key(in_file[name], file)
        return in_file[name], model, "", f"{name} of {file} is used as the key, for {model}."
    for name in environment:
        if _provider(name) in _MODELS:
            note = f"{name} of this environment is not used, so that nothing is charged unasked."
            return "", model, "", f"{note} To use a real model, run {key_command()}."
    return "", model, "", ""


def _provider(name: str) -> str:
    """The provider whose own name of a key this is; "" where it is none."""
    found = re.fullmatch(r"([A-Z][A-Z0-9_]*?)_API_KEY", name)
    if not found or found[1] in ("LLM", "TEMPORAL", "WORKSHOP"):
        return ""
    provider = found[1].lower()
    return _OTHER_NAMES.get(provider, provider)


def _check_base(model: str, base: str | None, environment: Mapping[str, str]) -> None:
    provider = model.partition("/")[0]
    if provider in _NEED_BASE and not (base or environment.get(f"{provider.upper()}_API_BASE")):
        raise SettingsError(
            f"LLM_MODEL={model} needs LLM_API_BASE, which is empty.",
            "It is where the model answers, such as http://localhost:8000/v1.",
            f"Set it with {key_command()}.",
        )
