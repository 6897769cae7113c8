"""What tools found, told in a text that says nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

from workshop.practice.model.messages import Message, as_json, said
from workshop.practice.model.rewriting import key_sentences

FAILED = re.compile(r"\s*(?:error\b|there is no tool\b)", re.IGNORECASE)
_LONG = 600
"""A result of more characters is told in its most telling sentences."""
_ASKS_AGE = re.compile(r"\bwhich\b[^.?!]{0,40}\bolder\b", re.IGNORECASE)
_AGE = re.compile(r"(\d[\d,.]*)\s+(million|billion)\s+years", re.IGNORECASE)


def report(messages: list[Message], results: list[Message], lacking: list[str]) -> str:
    """A text that tells the results of tools, and what was lacking, in sentences; nothing else."""
    calls = {call["id"]: call["function"] for m in messages for call in m.get("tool_calls") or []}
    parts, failed, told = [], [], []
    for result in results:
        call = calls.get(result.get("tool_call_id", "")) or {}
        name = _label(call.get("name") or result.get("name") or "the tool")
        subject = _subject(call.get("arguments"))
        text = _readable(said(result))
        if FAILED.match(text):
            failed.append(f"{name}{f' ({subject})' if subject else ''}: {text}")
            continue
        told.append((subject, text))
        if len(text) > _LONG:
            text = " ".join(key_sentences(text, 3)) or text[:_LONG]
        parts.append(f"**{name}{f': {subject}' if subject else ''}**\n\n{text}")
    users = [said(message) for message in messages if message["role"] == "user"]
    blocks = ["Here is what I found.", *parts] if parts else []
    blocks += [_older(told)] if users and _ASKS_AGE.search(users[-1]) else []
    if failed or lacking:
        blocks += ["What I could not get:", "\n".join(f"- {one}" for one in (*failed, *lacking))]
    return "\n\n".join(block for block in blocks if block)


def _older(told: list[tuple[str, str]]) -> str:
    """Which subject is older, by the greatest age that its result names; empty where none does."""
    ages = []
    for subject, text in told:
        named = [
            float(number.replace(",", "").rstrip(".")) * (1 if unit.lower() == "million" else 1000)
            for number, unit in _AGE.findall(text)
            if re.fullmatch(r"\d[\d,]*(?:\.\d+)?\.?", number)
        ]
        if named and subject:
            ages.append((max(named), subject))
    if len(ages) < 2:
        return "These results do not say which is older."
    (most, first), (next_most, second) = sorted(ages, reverse=True)[:2]
    return (
        f"Going by the years that these results name, the older is: {first} "
        f"({most:g} million years, {second} {next_most:g} million)."
    )


def _subject(arguments: Any) -> str:
    """What a call was about, where it is one short value."""
    given = as_json(arguments)
    values = list(given.values()) if isinstance(given, dict) else []
    short = len(values) == 1 and isinstance(values[0], str | int | float)
    return str(values[0])[:80] if short else ""


def _readable(content: str) -> str:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content.strip() or "It returned nothing."
    if isinstance(value, dict) and value:
        return "\n".join(f"- {_label(name)}: {_short(item)}" for name, item in value.items())
    if isinstance(value, list) and value:
        return "\n".join(f"- {_short(item)}" for item in value)
    return _short(value)


def _label(name: object) -> str:
    return str(name).replace("_", " ")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_label(name)} {_short(item)}" for name, item in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
