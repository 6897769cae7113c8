"""The arguments of a call, or any value that fits a JSON Schema, found in a text by rule.

https://json-schema.org/understanding-json-schema
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workshop.practice.model.rewriting import words

ADDRESS_NAMES = r"ur[li]\b|link|website"
SUM_NAMES = r"expression|calculation|formula"
"""What arguments are called that take an address, or a sum."""
_DEPTH = 6


def fill(schema: dict[str, Any], text: str, **more: Any) -> Any:
    """A value that fits a JSON Schema, taken from the text, or from `_Filler`'s other fields."""
    return _Filler(schema, text, **more).value("", schema, True, 0)


def of(tool: dict[str, Any], text: str, **more: Any) -> Any:
    """What a tool is called with, as `fill` finds it."""
    schema = tool.get("parameters") or {"type": "object", "properties": {}}
    filled = fill(schema, text, **more)
    return filled if isinstance(filled, dict) else {}


def known(tool: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schemas of a tool's arguments, by name."""
    return _properties(tool.get("parameters") or {})


def needed(tool: dict[str, Any]) -> list[str]:
    """The names of the arguments that a tool needs."""
    return [name for name in _required(tool.get("parameters") or {}) if isinstance(name, str)]


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    named = schema.get("properties")
    return named if isinstance(named, dict) else {}


def _required(schema: dict[str, Any]) -> list[Any]:
    required = schema.get("required")
    return required if isinstance(required, list) else []


_PLACE = r"([A-Z][\w'\u2019-]*(?:\s+(?:[A-Z][\w'\u2019-]*|de|la|of)(?=\s|\W|$))*)"
_Rule = Callable[[str], "str | None"]


def _pattern(pattern: str, flags: int = re.IGNORECASE) -> _Rule:
    compiled = re.compile(pattern, flags)
    return lambda text: found[1].strip() if (found := compiled.search(text)) else None


def _after(*prepositions: str) -> _Rule:
    return _pattern(rf"\b(?:{'|'.join(prepositions)})\s+(?:the\s+)?{_PLACE}", 0)


def _either(*rules: _Rule) -> _Rule:
    return lambda text: next(filter(None, (rule(text) for rule in rules)), None)


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_quoted = _pattern(r"[\"`\u201c\u2018]([^\"`\u201d\u2019]{1,200})[\"`\u201d\u2019]")
_about = _pattern(r"\b(?:about|on|for|regarding)\s+(?:the\s+)?([^.?!\n]{2,100})")
_looked_up = _pattern(r"\b(?:look up|find|search)\s+(?!out\b)(?:the\s+)?([^.?!\n]{2,100}?)\s+in\b")
_asked_what = _pattern(
    r"\bwhat\s+(?:an?\s+|the\s+)?((?!is\b|are\b)[^.?!,\n]{2,60}?)\s+(?:is|are|means?)\b"
)
_email = _pattern(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
_saying = _pattern(r"\b(?:saying|that says)\s+(?:that\s+)?(.{2,500}?)[.!?]?\s*$")
_TEXT_RULES: dict[str, _Rule] = {
    r"e?mail|recipient": _email,
    r"url|link|website": _pattern(r"(https?://[^\s\"'<>)]+[^\s\"'<>).,;!?])"),
    r"\bto\b": _either(_after("to", "into"), _email),
    r"text|body|message": _either(_quoted, _saying),
    r"month": _pattern(rf"\b({_MONTHS})\b"),
    r"date|day|when": _pattern(
        rf"(\d{{4}}-\d\d-\d\d|\b(?:{_MONTHS})\s+\d{{1,2}}\b|today|tomorrow)"
    ),
    r"origin|from|departure": _after("from", "leaving"),
    r"destination|\bto\b|arrival": _after("to", "into"),
    r"city|location|place|country|region|town": _after("in", "to", "at", "for", "from", "near"),
    SUM_NAMES: _pattern(r"((?:\d|\()[\d\s.()+\-*/^%]*[\d)])"),
    r"query|topic|subject|keyword|search|term": _either(_quoted, _about, _looked_up, _asked_what),
    r"name|title|person|customer": _either(_quoted, _after("named", "for", "to")),
}
"""Words in an argument's name, and the rule that finds its text."""


@dataclass
class _Filler:
    """Fills one schema; remembers which numbers of the text are used up."""

    root: dict[str, Any]
    text: str
    known: dict[str, Any] = field(default_factory=dict)
    """Values by name that earlier results gave."""
    wider: str = ""
    """Where anything is looked for that the text does not hold."""
    whole: str = ""
    """Where only that is looked for which is needed."""
    read: Sequence[str] = ()
    """What earlier results said, for a text that is to tell it."""

    def __post_init__(self) -> None:
        undated = re.sub(r"\d{4}-\d\d-\d\d", " ", self.text)
        found = re.findall(r"(?<![\w.])-?\d{1,12}(?:,\d{3})*(?:\.\d{1,6})?", undated)
        self.numbers = [float(number.replace(",", "")) for number in found]

    def value(self, name: str, schema: Any, needed: bool, depth: int) -> Any:
        """The value for a property; None where it is not needed and nothing is found."""
        schema = self._resolved(schema)
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
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
        for text, wanted in ((self.wider, True), (self.whole, needed)):
            if found is None and wanted and text and text != self.text:
                found = _Filler(self.root, text)._found(name, kind, schema)
        if found is not None:
            return found
        if self.read and kind == "string" and re.search(r"text|body|message|content", name.lower()):
            return "\n\n".join(self.read)[:1000]
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
        if depth >= _DEPTH:
            return {} if needed else None
        required = _required(schema)
        filled = {
            name: self.value(name, part, name in required, depth + 1)
            for name, part in _properties(schema).items()
        }
        kept = {n: value for n, value in filled.items() if value is not None or n in required}
        return kept if kept or needed else None

    def _array(self, name: str, schema: dict[str, Any], needed: bool, depth: int) -> Any:
        deep = depth >= _DEPTH
        item = None if deep else self.value(name, schema.get("items") or {}, needed, depth + 1)
        return [item] if item is not None else [] if needed else None

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
        for pattern, rule in _TEXT_RULES.items():
            if re.search(pattern, hint) and (found := rule(self.text)):
                return found
        return None

    def _number(self, kind: str | None, schema: dict[str, Any]) -> int | float | None:
        for number in self.numbers:
            whole = number.is_integer()
            if (whole or kind == "number") and _within(number, schema):
                self.numbers.remove(number)
                return int(number) if whole else number
        return None

    def _fallback(self, kind: str | None, schema: dict[str, Any]) -> Any:
        if kind in ("integer", "number"):
            low = schema.get("minimum")
            return low if isinstance(low, int | float) else 1
        if kind == "boolean":
            return False
        return (
            (_quoted(self.text) or self.text).strip()[:2000] if kind in ("string", None) else None
        )


def _within(number: float, schema: dict[str, Any]) -> bool:
    low, high = schema.get("minimum"), schema.get("maximum")
    enough = not isinstance(low, int | float) or number >= low
    return enough and (not isinstance(high, int | float) or number <= high)


_KINDS: dict[str | None, Any] = {
    **{"string": str, "integer": int, "number": (int, float), "boolean": bool},
    **{"array": list, "object": dict, None: object},
}


def _is_a(value: Any, kind: str | None) -> bool:
    if value is None or (isinstance(value, bool) and kind in ("integer", "number")):
        return False
    return isinstance(value, _KINDS.get(kind, ()))
