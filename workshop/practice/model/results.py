"""What tools found, as what the next call needs: addresses, numbers, values by name."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from workshop.practice.model.messages import Message, as_json, said

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
