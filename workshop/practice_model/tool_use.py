"""Tools by rule: which one a request calls for, what its arguments are, what its result says.

https://platform.openai.com/docs/guides/function-calling
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from workshop.practice_model.api import ChatRequest, Message
from workshop.practice_model.ledger import content_text, fingerprint
from workshop.practice_model.rewriting import words

_ENOUGH = 2
"""A tool fits when this many of its words are in the request; words of its name count double."""
_DEPTH = 6


def choose(chat: ChatRequest) -> list[dict[str, Any]]:
    """The tool call that answers the request, in the API's shape; empty where a text does.

    A tool is called once for each user message. When its result is there, the next that fits is
    called, and when none is left the answer is a text.
    """
    if not chat.tools or chat.tool_choice == "none":
        return []
    request = _request(chat.messages)
    called = {
        call["function"]["name"]
        for message in chat.messages[_last_user(chat.messages) :]
        for call in message.get("tool_calls") or []
    }
    for tool in chat.tools:
        if chat.tool_choice == f"={tool['name']}":
            return [_call(tool, chat.messages)]
    fresh = [tool for tool in chat.tools if tool["name"] not in called]
    ranked = sorted(fresh, key=lambda tool: -_fit(tool, request))
    if ranked and _fit(ranked[0], request) >= _ENOUGH:
        return [_call(ranked[0], chat.messages)]
    if chat.tool_choice == "required":
        return [_call((ranked or chat.tools)[0], chat.messages)]
    return []


def report(messages: list[Message], results: list[Message]) -> str:
    """A text that tells the results of tools, and nothing that they did not say."""
    names = {
        call["id"]: call["function"]["name"]
        for message in messages
        for call in message.get("tool_calls") or []
    }
    parts = []
    for result in results:
        name = names.get(result.get("tool_call_id", "")) or str(result.get("name") or "the tool")
        said = _readable(content_text(result.get("content")))
        parts.append(f"**{name.replace('_', ' ')}**\n\n{said}")
    return "Here is what I found.\n\n" + "\n\n".join(parts)


def fill(schema: dict[str, Any], text: str, known: dict[str, Any] | None = None) -> Any:
    """A value that fits a JSON Schema, taken from the text where a rule finds it there.

    Args:
        schema: as https://json-schema.org/understanding-json-schema describes.
        known: values by name that earlier results gave.
    """
    return _Filler(text, known or {}, schema).value("", schema, True, 0)


def _call(tool: dict[str, Any], messages: list[Message]) -> dict[str, Any]:
    schema = tool.get("parameters") or {"type": "object", "properties": {}}
    filled = fill(schema, _request(messages), _known(messages))
    arguments = json.dumps(filled if isinstance(filled, dict) else {}, ensure_ascii=False)
    identity = fingerprint([messages, tool["name"]])[:24]
    return {
        "id": f"call_{identity}",
        "type": "function",
        "function": {"name": tool["name"], "arguments": arguments},
    }


def _last_user(messages: list[Message]) -> int:
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    return users[-1] if users else 0


def _request(messages: list[Message]) -> str:
    return content_text(messages[_last_user(messages)].get("content"))


def _fit(tool: dict[str, Any], request: str) -> int:
    asked = set(words(request))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]", " ", tool["name"])
    named, described = set(words(spaced)), set(words(str(tool.get("description") or "")))
    return 2 * len(asked & named) + len(asked & (described - named))


def _known(messages: list[Message]) -> dict[str, Any]:
    """The values that tool results since the last user message gave, by name."""
    known: dict[str, Any] = {}
    for message in messages[_last_user(messages) :]:
        if message["role"] != "tool":
            continue
        try:
            found = json.loads(content_text(message.get("content")))
        except (ValueError, RecursionError):
            continue
        while isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            known |= {str(name).casefold(): value for name, value in found.items()}
    return known


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


def _label(name: str) -> str:
    return str(name).replace("_", " ")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_label(name)} {_short(item)}" for name, item in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# Which rule finds a text argument: words in the argument's name, and the rule.

_PLACE = r"([A-Z][\w'\u2019-]*(?:\s+(?:[A-Z][\w'\u2019-]*|de|la|of)(?=\s|\W|$))*)"


def _after(*prepositions: str) -> Callable[[str], str | None]:
    pattern = re.compile(rf"\b(?:{'|'.join(prepositions)})\s+(?:the\s+)?{_PLACE}")
    return lambda text: _first(pattern, text)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found.group(1).strip() if found else None


def _pattern(pattern: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: _first(compiled, text)


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_quoted = _pattern(r"[\"`\u201c\u2018]([^\"`\u201d\u2019]{1,200})[\"`\u201d\u2019]")
_about = _pattern(r"\b(?:about|on|for|regarding)\s+(?:the\s+)?([^.?!\n]{2,100})")
_TEXT_RULES: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    (r"e?mail|recipient", _pattern(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")),
    (r"url|link|website", _pattern(r"(https?://[^\s\"'<>)]+[^\s\"'<>).,;!?])")),
    (r"month", _pattern(rf"\b({_MONTHS})\b")),
    (
        r"date|day|when",
        _pattern(rf"(\d{{4}}-\d\d-\d\d|\b(?:{_MONTHS})\s+\d{{1,2}}\b|today|tomorrow)"),
    ),
    (r"origin|from|departure", _after("from", "leaving")),
    (r"destination|\bto\b|arrival", _after("to", "into")),
    (r"city|location|place|country|region|town", _after("in", "to", "at", "for", "from", "near")),
    (r"expression|calculation|formula", _pattern(r"((?:\d|\()[\d\s.()+\-*/^%]*[\d)])")),
    (r"query|topic|subject|keyword|search|term", lambda text: _quoted(text) or _about(text)),
    (
        r"name|title|person|customer",
        lambda text: _quoted(text) or _after("named", "for", "to")(text),
    ),
)


class _Filler:
    """Fills one schema; remembers which numbers of the text are used up."""

    def __init__(self, text: str, known: dict[str, Any], root: dict[str, Any]) -> None:
        self.text, self.known, self.root = text, known, root
        undated = re.sub(r"\d{4}-\d\d-\d\d", " ", text)
        self.numbers = [
            float(found.replace(",", ""))
            for found in re.findall(r"(?<![\w.])-?\d{1,12}(?:,\d{3})*(?:\.\d{1,6})?", undated)
        ]

    def value(self, name: str, schema: Any, needed: bool, depth: int) -> Any:
        """The value for a property; None where it is not needed and nothing is found."""
        schema = self._resolved(schema)
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        kind = next((one for one in kinds if one != "null"), None)
        known = self.known.get(name.casefold())
        if name and _is_a(known, kind):
            return known
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._one_of(schema, needed)
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, needed, depth)
        if kind == "array":
            return self._array(name, schema, needed, depth)
        found = self._found(name, kind, schema)
        if found is not None:
            return found
        if "default" in schema:
            return schema["default"]
        return self._fallback(kind, schema) if needed else None

    def _resolved(self, schema: Any) -> dict[str, Any]:
        """A schema whose reference or alternative is followed, a few steps at most."""
        for _ in range(_DEPTH):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if isinstance(reference, str) and reference.startswith("#/"):
                target: Any = self.root
                for step in reference[2:].split("/"):
                    target = target.get(step) if isinstance(target, dict) else None
                schema = target
            elif isinstance(options, list) and options:
                typed = [one for one in options if isinstance(one, dict)]
                schema = next((one for one in typed if one.get("type") != "null"), {})
            else:
                return schema
        return {}

    def _one_of(self, schema: dict[str, Any], needed: bool) -> Any:
        said = self.text.casefold()
        for option in schema["enum"]:
            if re.search(rf"(?<!\w){re.escape(str(option).casefold())}(?!\w)", said):
                return option
        return schema.get("default", schema["enum"][0] if needed else None)

    def _object(self, schema: dict[str, Any], needed: bool, depth: int) -> Any:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or depth >= _DEPTH:
            return {} if needed else None
        required = schema.get("required") if isinstance(schema.get("required"), list) else []
        assert isinstance(required, list)
        filled = {
            name: self.value(name, part, name in required, depth + 1)
            for name, part in properties.items()
        }
        kept = {n: value for n, value in filled.items() if value is not None or n in required}
        return kept if kept or needed else None

    def _array(self, name: str, schema: dict[str, Any], needed: bool, depth: int) -> Any:
        if depth >= _DEPTH:
            return [] if needed else None
        item = self.value(name, schema.get("items") or {}, needed, depth + 1)
        return [] if item is None and needed else None if item is None else [item]

    def _found(self, name: str, kind: str | None, schema: dict[str, Any]) -> Any:
        if kind in ("integer", "number"):
            return self._number(kind, schema)
        if kind == "boolean":
            wanted = set(words(name.replace("_", " ")))
            return True if wanted and wanted <= set(words(self.text)) else None
        if kind not in ("string", None):
            return None
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-]", " ", name).casefold()
        hint = f"{spaced} {schema.get('format', '')}"
        for pattern, rule in _TEXT_RULES:
            if re.search(pattern, hint) and (found := rule(self.text)):
                return found
        return None

    def _number(self, kind: str | None, schema: dict[str, Any]) -> int | float | None:
        for index, number in enumerate(self.numbers):
            whole = number.is_integer()
            if (whole or kind == "number") and _within(number, schema):
                del self.numbers[index]
                return int(number) if whole else number
        return None

    def _fallback(self, kind: str | None, schema: dict[str, Any]) -> Any:
        if kind in ("integer", "number"):
            low = schema.get("minimum", 1)
            return low if isinstance(low, int | float) else 1
        if kind == "boolean":
            return False
        if kind in ("string", None):
            return (_quoted(self.text) or self.text).strip()[:2000]
        return None


def _within(number: float, schema: dict[str, Any]) -> bool:
    low, high = schema.get("minimum"), schema.get("maximum")
    return (not isinstance(low, int | float) or number >= low) and (
        not isinstance(high, int | float) or number <= high
    )


def _is_a(value: Any, kind: str | None) -> bool:
    if value is None:
        return False
    kinds: dict[str | None, Any] = {"string": str, "integer": int, "number": (int, float)}
    kinds |= {"boolean": bool, "array": list, "object": dict, None: object}
    return isinstance(value, kinds.get(kind, ())) and not (
        isinstance(value, bool) and kind in ("integer", "number")
    )
