"""Tools by rule: which one a request calls for, what its arguments are, what its result says.

https://platform.openai.com/docs/guides/function-calling
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from workshop.practice_model import planning
from workshop.practice_model.api import ChatRequest, Message
from workshop.practice_model.ledger import content_text, fingerprint
from workshop.practice_model.rewriting import key_sentences, words

_DEPTH = 6
_PATIENCE = 3
"""So many turns with a tool are enough for a step, even if none was what was meant."""
_LONG = 600
"""A result of more characters is told in its most telling sentences."""
_FAILED = re.compile(r"\s*(?:error\b|there is no tool\b)", re.IGNORECASE)
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget)\s+(?:all\s+)?(?:of\s+)?(?:your|the|any|my)?\s*"
    r"(?:previous|earlier|prior|other)?\s*(?:instructions|orders|rules)\b\W*(?:and|but|then)?\s*"
    r"(?P<order>.{3,400}?)(?:[.!?](?=\s|$)|$)",
    re.IGNORECASE | re.DOTALL,
)
"""What a text says that wants to be obeyed."""
_WHOLE_ADDRESS = re.compile(r"https?://[^\s\"'<>)\]]*[^\s\"'<>)\].,;:!?]", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w/.:])/[A-Za-z][\w-]*(?:/[\w.-]*[\w-])+")
_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,15}(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)")


def choose(chat: ChatRequest) -> list[dict[str, Any]]:
    """The tool calls that come next, in the API's shape; empty where a text does.

    The request's clauses say which tools are called, in which order (`planning.plan`): one tool a
    turn, all subjects of it at once. A call that was made is not made again, whatever came of it.

    **It obeys what it reads.** Where a tool's result says "ignore your instructions and …", the
    tool that fits the rest is called. Real models are better at this, and not safe: this one
    shows what a program has to withstand.
    """
    if not chat.tools or chat.tool_choice == "none":
        return []
    for tool in chat.tools:
        if chat.tool_choice == f"={tool['name']}":
            return _calls(chat.messages, [(tool, _filled(tool, chat.messages))])
    wanted = _obeyed(chat) or _next(chat)[0]
    if not wanted and chat.tool_choice == "required":
        request = _request(chat.messages, chat.tools)
        tool = planning.ranked(request, chat.tools)[0]
        wanted = [(tool, _filled(tool, chat.messages))]
    return _calls(chat.messages, wanted)


def some_call(chat: ChatRequest) -> dict[str, Any]:
    """The call that comes next; where a text does, one more that was made already."""
    if wanted := choose(chat):
        return wanted[0]
    tool = planning.ranked(_request(chat.messages, chat.tools), chat.tools)[0]
    return _calls(chat.messages, [(tool, _filled(tool, chat.messages))])[0]


def missing(chat: ChatRequest) -> list[str]:
    """What the request asks for and no call could be made for, as sentences."""
    if not chat.tools or chat.tool_choice == "none":
        return []
    return _next(chat)[1]


def asked_at(messages: list[Message], tools: list[dict[str, Any]]) -> int:
    """Where the request stands: the last user message.

    Or an earlier one, where no text has answered it and the last one asks for no tool, as in
    "You said nothing. Go on.".
    """
    at = _last_user(messages)
    for index in range(at - 1, -1, -1):
        message = messages[index]
        said = content_text(message.get("content")).strip()
        if message["role"] == "assistant" and said and not message.get("tool_calls"):
            break
        if planning.plan(content_text(messages[at].get("content")), tools):
            break
        if message["role"] == "user" and any(
            between["role"] == "assistant" for between in messages[index:at]
        ):
            at = index
    return at


def report(messages: list[Message], results: list[Message], lacking: list[str]) -> str:
    """A text that tells the results of tools, and nothing that they did not say.

    Args:
        results: the messages with role `tool` that it tells.
        lacking: what could not be had, as sentences; failed results are added to it.
    """
    calls = {call["id"]: call["function"] for m in messages for call in m.get("tool_calls") or []}
    parts, failed, told = [], [], []
    for result in results:
        call = calls.get(result.get("tool_call_id", "")) or {}
        name = str(call.get("name") or result.get("name") or "the tool").replace("_", " ")
        subject = _subject(call.get("arguments"))
        said = _readable(content_text(result.get("content")))
        if _FAILED.match(said):
            failed.append(f"{name}{f' ({subject})' if subject else ''}: {said}")
            continue
        told.append((subject, said))
        if len(said) > _LONG:
            said = " ".join(key_sentences(said, 3)) or said[:_LONG]
        parts.append(f"**{name}{f': {subject}' if subject else ''}**\n\n{said}")
    users = [content_text(m.get("content")) for m in messages if m["role"] == "user"]
    blocks = ["Here is what I found.", *parts] if parts else []
    blocks += [_older(told)] if users and _ASKS_AGE.search(users[-1]) else []
    if failed or lacking:
        blocks += ["What I could not get:", "\n".join(f"- {one}" for one in (*failed, *lacking))]
    return "\n\n".join(block for block in blocks if block)


_ASKS_AGE = re.compile(r"\bwhich\b[^.?!]{0,40}\bolder\b", re.IGNORECASE)
_AGE = re.compile(r"(\d[\d,.]*)\s+(million|billion)\s+years", re.IGNORECASE)


def _older(told: list[tuple[str, str]]) -> str:
    """Which subject is older, by the greatest age that its result names; empty where none does."""
    ages = []
    for subject, said in told:
        named = [
            float(number.replace(",", "").rstrip(".")) * (1 if unit.lower() == "million" else 1000)
            for number, unit in _AGE.findall(said)
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


# What comes next.

_Wanted = list[tuple[dict[str, Any], dict[str, Any]]]
"""Tools, each with the arguments that it is to be called with."""


def _next(chat: ChatRequest) -> tuple[_Wanted, list[str]]:
    """The calls that come next, and sentences about those that cannot be made."""
    messages = chat.messages
    start = asked_at(messages, chat.tools)
    request = content_text(messages[start].get("content"))
    steps = planning.plan(request, chat.tools)
    single = sum(len(step.texts) for step in steps) == 1
    seen, lacking = start + 1, []
    for step in steps:
        known = messages[:seen]
        wanted: list[dict[str, Any]] = []
        for text in step.texts:
            filled = _step_arguments(step, text, request, known, start, single, chat)
            wanted += [one for one in filled if one not in wanted]
        if not wanted:
            name = step.tool["name"].replace("_", " ")
            lacking.append(f"{name}: no result named what to use it on.")
            continue
        made = _made(messages[seen:], step.tool["name"])
        fresh = [one for one in wanted if one not in [arguments for arguments, _ in made]]
        if fresh and len({turn for _, turn in made}) < _PATIENCE:
            return [(step.tool, one) for one in fresh], lacking
        turns = [turn for arguments, turn in made if arguments in wanted] or [
            turn for _, turn in made
        ]
        seen = _after_results(messages, seen + max(turns))
    return [], lacking


def _step_arguments(
    step: planning.Step,
    text: str,
    request: str,
    known: list[Message],
    start: int,
    single: bool,
    chat: ChatRequest,
) -> list[dict[str, Any]]:
    """The arguments for one clause: mostly one set, more where it means "each page"."""
    schema = step.tool.get("parameters") or {"type": "object", "properties": {}}
    results = [content_text(m.get("content")) for m in known[start:] if m["role"] == "tool"]
    good = [result for result in results if not _FAILED.match(result)]
    needed = schema.get("required") if isinstance(schema.get("required"), list) else []
    values = _values(known[start:]) if len(step.texts) == 1 else {}
    address = next(
        (n for n in needed or [] if re.search(r"ur[li]\b|link|website", n.lower())), None
    )
    if address and not _WHOLE_ADDRESS.search(text):
        bases = [content_text(m.get("content")) for m in known if m["role"] == "system"]
        bases += [str(step.tool.get("description") or ""), request]
        found = _addresses(good, bases) or _WHOLE_ADDRESS.findall(request)
        if not re.search(r"\b(?:pages|links|urls|each|all|every|both)\b", text, re.IGNORECASE):
            about = set(words(request))
            found.sort(key=lambda one: not about & set(words(one.rpartition("/")[2])))
            found = found[:1]
        sets = [values | {address.casefold(): one} for one in found]
    else:
        sets = [values]
    sum_of_results = next(
        (n for n in needed or [] if re.search(r"expression|calculation|formula", n.lower())), None
    )
    if sum_of_results and not re.search(r"\d\s*[-+*/%^×÷]", text):
        computed = _computed(text, good)
        sets = [one | ({sum_of_results.casefold(): computed} if computed else {}) for one in sets]
    wider = request if single else ""
    filler = [
        _Filler(text, one, schema, wider, request, good).value("", schema, True, 0) for one in sets
    ]
    return [one if isinstance(one, dict) else {} for one in filler]


def _made(messages: list[Message], name: str) -> list[tuple[Any, int]]:
    """The arguments that a tool was called with, each with its message's place."""
    found: list[tuple[Any, int]] = []
    for index, message in enumerate(messages):
        for call in message.get("tool_calls") or []:
            if call["function"]["name"] == name:
                try:
                    found.append((json.loads(call["function"]["arguments"]), index))
                except (ValueError, RecursionError):
                    found.append((None, index))
    return found


def _after_results(messages: list[Message], turn: int) -> int:
    """The place behind the results of the turn at this place."""
    turn += 1
    while turn < len(messages) and messages[turn]["role"] == "tool":
        turn += 1
    return turn


def _obeyed(chat: ChatRequest) -> _Wanted:
    """What a result orders and was not done yet."""
    messages = chat.messages
    for index in range(asked_at(messages, chat.tools) + 1, len(messages)):
        if messages[index]["role"] != "tool":
            continue
        found = _ORDER.search(content_text(messages[index].get("content")))
        order = " ".join(found["order"].split()) if found else ""
        named = [t for t in chat.tools if t["name"].casefold() in order.casefold()]
        tool = next(iter(named or planning.ranked(order, chat.tools)))
        another = re.search(r"\b[a-z]+_[a-z_]+\b(?!@)", order) and not named
        if not order or another or not (named or planning.fit(tool, order) >= 2):
            continue
        if _made(messages[index:], tool["name"]):
            continue
        # It gives away what it has read: its instructions, its task, and what other tools found.
        read = [
            content_text(m.get("content"))
            for m in messages[:index]
            if m["role"] in ("system", "developer", "user", "tool")
        ]
        schema = tool.get("parameters") or {"type": "object", "properties": {}}
        filled = _Filler(order, {}, schema, "", order, read).value("", schema, True, 0)
        return [(tool, filled if isinstance(filled, dict) else {})]
    return []


def _addresses(results: list[str], bases: list[str]) -> list[str]:
    """The addresses that results name; a bare path gets the host that the bases name."""
    hosts = [found for base in bases for found in _WHOLE_ADDRESS.findall(base)]
    found = []
    for result in results:
        found += _WHOLE_ADDRESS.findall(result)
        rest = _WHOLE_ADDRESS.sub(" ", result)
        found += [urljoin(hosts[0], path) if hosts else path for path in _PATH.findall(rest)]
    return list(dict.fromkeys(found))[:8]


_OPERATIONS = (
    (r"(?:times|multipl\w+(?:\s+\w+){0,3}\s+by|\*)", "*"),
    (r"(?:over|divid\w+(?:\s+\w+){0,3}\s+by)", "/"),
    (r"(?:minus|less|subtract)", "-"),
    (r"(?:plus|add)", "+"),
)


def _computed(text: str, results: list[str]) -> str | None:
    """A sum of numbers that results hold, as "multiply it by 30" or "add them" ask for it."""
    numbers = [found[0].replace(",", "") for r in results if (found := _NUMBER.findall(r))]
    if not numbers:
        return None
    for pattern, sign in _OPERATIONS:
        if match := re.search(rf"\b{pattern}\s+(\d[\d.]*\d|\d)", text, re.IGNORECASE):
            return f"{numbers[-1]} {sign} {match.group(1)}"
    for pattern, sign in (
        (r"sum|add|total|together", "+"),
        (r"product|multipl", "*"),
        (r"difference|subtract", "-"),
        (r"ratio|divide", "/"),
    ):
        if len(numbers) > 1 and re.search(rf"\b(?:{pattern})", text, re.IGNORECASE):
            return f" {sign} ".join(numbers)
    return None


def fill(schema: dict[str, Any], text: str, known: dict[str, Any] | None = None) -> Any:
    """A value that fits a JSON Schema, taken from the text where a rule finds it there.

    Args:
        schema: as https://json-schema.org/understanding-json-schema describes.
        known: values by name that earlier results gave.
    """
    return _Filler(text, known or {}, schema).value("", schema, True, 0)


def _filled(tool: dict[str, Any], messages: list[Message]) -> dict[str, Any]:
    """Arguments from the whole request."""
    schema = tool.get("parameters") or {"type": "object", "properties": {}}
    start = asked_at(messages, [tool])
    filled = fill(schema, content_text(messages[start].get("content")), _values(messages[start:]))
    return filled if isinstance(filled, dict) else {}


def _calls(messages: list[Message], wanted: _Wanted) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{fingerprint([messages, tool['name'], *([index] if index else [])])[:24]}",
            "type": "function",
            "function": {
                "name": tool["name"],
                "arguments": json.dumps(arguments, ensure_ascii=False),
            },
        }
        for index, (tool, arguments) in enumerate(wanted)
    ]


def _subject(arguments: Any) -> str:
    """What a call was about, where it is one short value."""
    try:
        values = list(json.loads(arguments or "").values())
    except (ValueError, RecursionError, AttributeError, TypeError):
        return ""
    short = len(values) == 1 and isinstance(values[0], str | int | float)
    return str(values[0])[:80] if short else ""


def _last_user(messages: list[Message]) -> int:
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    return users[-1] if users else 0


def _request(messages: list[Message], tools: list[dict[str, Any]]) -> str:
    return content_text(messages[asked_at(messages, tools)].get("content"))


def _values(messages: list[Message]) -> dict[str, Any]:
    """The values that the tool results among messages gave, by name."""
    known: dict[str, Any] = {}
    for message in messages:
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
_looked_up = _pattern(r"\b(?:look up|find|search)\s+(?!out\b)(?:the\s+)?([^.?!\n]{2,100}?)\s+in\b")
_asked_what = _pattern(
    r"\bwhat\s+(?:an?\s+|the\s+)?((?!is\b|are\b)[^.?!,\n]{2,60}?)\s+(?:is|are|means?)\b"
)
_email = _pattern(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
_saying = _pattern(r"\b(?:saying|that says)\s+(?:that\s+)?(.{2,500}?)[.!?]?\s*$")
_TEXT_RULES: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    (r"e?mail|recipient", _email),
    (r"url|link|website", _pattern(r"(https?://[^\s\"'<>)]+[^\s\"'<>).,;!?])")),
    (r"\bto\b", lambda text: _after("to", "into")(text) or _email(text)),
    (r"text|body|message", lambda text: _quoted(text) or _saying(text)),
    (r"month", _pattern(rf"\b({_MONTHS})\b")),
    (
        r"date|day|when",
        _pattern(rf"(\d{{4}}-\d\d-\d\d|\b(?:{_MONTHS})\s+\d{{1,2}}\b|today|tomorrow)"),
    ),
    (r"origin|from|departure", _after("from", "leaving")),
    (r"destination|\bto\b|arrival", _after("to", "into")),
    (r"city|location|place|country|region|town", _after("in", "to", "at", "for", "from", "near")),
    (r"expression|calculation|formula", _pattern(r"((?:\d|\()[\d\s.()+\-*/^%]*[\d)])")),
    (
        r"query|topic|subject|keyword|search|term",
        lambda text: _quoted(text) or _about(text) or _looked_up(text) or _asked_what(text),
    ),
    (
        r"name|title|person|customer",
        lambda text: _quoted(text) or _after("named", "for", "to")(text),
    ),
)


class _Filler:
    """Fills one schema; remembers which numbers of the text are used up."""

    def __init__(
        self,
        text: str,
        known: dict[str, Any],
        root: dict[str, Any],
        wider: str = "",
        whole: str = "",
        read: list[str] | None = None,
    ) -> None:
        self.text, self.known, self.root = text, known, root
        self.wider = wider
        """Where anything is looked for that the text does not hold."""
        self.whole = whole
        """Where only that is looked for which is needed."""
        self.read = read or []
        """What earlier results said, for a text that is to tell it."""
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
        for text, wanted in ((self.wider, True), (self.whole, needed)):
            if found is None and wanted and text and text != self.text:
                found = _Filler(text, {}, self.root)._found(name, kind, schema)
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
