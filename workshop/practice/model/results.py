"""What tools found: told in a text, and as what the next call needs."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urljoin

from workshop.practice.model.messages import Message, as_json, said
from workshop.practice.model.rewriting import key_sentences

FAILED = re.compile(r"\s*(?:error\b|there is no tool\b)", re.IGNORECASE)
_LONG = 600
"""A result of more characters is told in its most telling sentences."""
_ASKS_AGE = re.compile(r"\bwhich\b[^.?!]{0,40}\bolder\b", re.IGNORECASE)
_AGE = re.compile(r"(\d[\d,.]*)\s+(million|billion)\s+years", re.IGNORECASE)


def report(messages: list[Message], found: list[Message], lacking: list[str]) -> str:
    """A text that tells the results of tools, and what was lacking, in sentences; nothing else."""
    calls = {call["id"]: call["function"] for m in messages for call in m.get("tool_calls") or []}
    parts, failed, told = [], [], []
    for result in found:
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


ADDRESS = re.compile(r"https?://[^\s\"'<>)\]]*[^\s\"'<>)\].,;:!?]", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w/.:])/[A-Za-z][\w-]*(?:/[\w.-]*[\w-])+")
_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,15}(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)")
_WITH_A_NUMBER = {
    r"(?:times|multipl\w+(?:\s+\w+){0,3}\s+by|\*)": "*",
    r"(?:over|divid\w+(?:\s+\w+){0,3}\s+by)": "/",
    r"(?:minus|less|subtract)": "-",
    r"(?:plus|add)": "+",
}
"""Asks to calculate with one result and a number that it names itself."""
_AMONG_THEM = {
    r"sum|add|total|together": "+",
    r"product|multipl": "*",
    r"difference|subtract": "-",
    r"ratio|divide": "/",
}
"""Asks to calculate with several results."""


def addresses(results: list[str], bases: list[str]) -> list[str]:
    """The addresses that results name; a bare path gets the host that the bases name."""
    hosts = [found for base in bases for found in ADDRESS.findall(base)]
    found = []
    for result in results:
        found += ADDRESS.findall(result)
        rest = ADDRESS.sub(" ", result)
        found += [urljoin(hosts[0], path) if hosts else path for path in _PATH.findall(rest)]
    return list(dict.fromkeys(found))[:8]


def computed(text: str, results: list[str]) -> str | None:
    """A sum of numbers that results hold, as "multiply it by 30" or "add them" ask for it."""
    numbers = [found[0].replace(",", "") for r in results if (found := _NUMBER.findall(r))]
    if not numbers:
        return None
    for pattern, sign in _WITH_A_NUMBER.items():
        if match := re.search(rf"\b{pattern}\s+(\d[\d.]*\d|\d)", text, re.IGNORECASE):
            return f"{numbers[-1]} {sign} {match.group(1)}"
    for pattern, sign in _AMONG_THEM.items():
        if len(numbers) > 1 and re.search(rf"\b(?:{pattern})", text, re.IGNORECASE):
            return f" {sign} ".join(numbers)
    return None


def values(messages: list[Message]) -> dict[str, Any]:
    """The values that the tool results among messages gave, by name."""
    known: dict[str, Any] = {}
    for found in [as_json(said(message)) for message in messages if message["role"] == "tool"]:
        while isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            known |= {str(name).casefold(): value for name, value in found.items()}
    return known
