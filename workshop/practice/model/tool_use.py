"""Tools by rule: which one a request calls for, and when.

https://platform.openai.com/docs/guides/function-calling
"""

from __future__ import annotations

import json
import re
from typing import Any

from workshop.practice.model import arguments, planning, results
from workshop.practice.model.messages import Message, as_json, fingerprint, last_user, said
from workshop.practice.model.reading import ChatRequest
from workshop.practice.model.rewriting import words

_PATIENCE = 3
"""So many turns with a tool are enough for a step, even if none was what was meant."""
_ORDER = re.compile(
    r"(?is)\b(?:ignore|disregard|forget)\s+(?:all\s+)?(?:of\s+)?(?:your|the|any|my)?\s*"
    r"(?:previous|earlier|prior|other)?\s*(?:instructions|orders|rules)\b\W*(?:and|but|then)?\s*"
    r"(?P<order>.{3,400}?)(?:[.!?](?=\s|$)|$)"
)
"""What a text says that wants to be obeyed."""


def choose(chat: ChatRequest) -> list[dict[str, Any]]:
    """The tool calls that come next, in the API's shape; empty where a text does.

    The request's clauses say which tools are called, in which order (`planning.plan`): one tool a
    turn, all subjects of it at once. A call that was made is not made again, whatever came of it.

    **It obeys what it reads.** Where a tool's result says "ignore your instructions and …", the
    tool that fits the rest is called. Real models are better at this, and not safe: this one
    shows what a program has to withstand.
    """
    if not chat.may_call:
        return []
    named = [tool for tool in chat.tools if chat.tool_choice == f"={tool['name']}"]
    wanted = [_whole(tool, chat) for tool in named[:1]] or _obeyed(chat) or _next(chat)[0]
    if not wanted and chat.tool_choice == "required":
        wanted = [_best(chat)]
    return _calls(chat.messages, wanted)


def some_call(chat: ChatRequest) -> dict[str, Any]:
    """The call that comes next; where a text does, one more that was made already."""
    return (choose(chat) or _calls(chat.messages, [_best(chat)]))[0]


def missing(chat: ChatRequest) -> list[str]:
    """What the request asks for and no call could be made for, as sentences."""
    return _next(chat)[1] if chat.may_call else []


def asked_at(messages: list[Message], tools: list[dict[str, Any]]) -> int:
    """Where the request stands: the last user message.

    Or an earlier one, where no text has answered it and the last one asks for no tool, as in
    "You said nothing. Go on.".
    """
    at = last_user(messages)
    for index in range(at - 1, -1, -1):
        message = messages[index]
        spoke = message["role"] == "assistant" and not message.get("tool_calls")
        if (spoke and said(message).strip()) or planning.plan(said(messages[at]), tools):
            break
        roles = [between["role"] for between in messages[index:at]]
        if roles[0] == "user" and "assistant" in roles:
            at = index
    return at


_Call = tuple[dict[str, Any], dict[str, Any]]
"""A tool, and the arguments that it is to be called with."""


def _next(chat: ChatRequest) -> tuple[list[_Call], list[str]]:
    """The calls that come next, and sentences about those that cannot be made."""
    messages = chat.messages
    start = asked_at(messages, chat.tools)
    steps = planning.plan(said(messages[start]), chat.tools)
    single = sum(len(step.texts) for step in steps) == 1
    seen, lacking = start + 1, []
    for step in steps:
        wanted: list[dict[str, Any]] = []
        for text in step.texts:
            sets = _step_arguments(step, text, messages[:seen], start, single)
            wanted += [one for one in sets if one not in wanted]
        if not wanted:
            name = step.tool["name"].replace("_", " ")
            lacking.append(f"{name}: no result named what to use it on.")
            continue
        made = _made(messages[seen:], step.tool["name"])
        fresh = [one for one in wanted if one not in [given for given, _ in made]]
        turns = [turn for _, turn in made]
        if fresh and len(set(turns)) < _PATIENCE:
            return [(step.tool, one) for one in fresh], lacking
        seen += max([turn for given, turn in made if given in wanted] or turns) + 1
        while seen < len(messages) and messages[seen]["role"] == "tool":
            seen += 1
    return [], lacking


def _step_arguments(
    step: planning.Step, text: str, known: list[Message], start: int, single: bool
) -> list[dict[str, Any]]:
    """The arguments for one clause: mostly one set, more where it means "each page".

    The request stands at `start`; all of it is about this clause where that is its single one.
    """
    request, found = said(known[start]), known[start:]
    good = [said(m) for m in found if m["role"] == "tool" and not results.FAILED.match(said(m))]
    sets = [results.values(found) if len(step.texts) == 1 else {}]
    address = _needed(step.tool, arguments.ADDRESS_NAMES)
    if address and not results.ADDRESS.search(text):
        bases = [said(m) for m in known if m["role"] == "system"]
        bases += [str(step.tool.get("description") or ""), request]
        pages = results.addresses(good, bases) or results.ADDRESS.findall(request)
        if not re.search(r"\b(?:pages|links|urls|each|all|every|both)\b", text, re.IGNORECASE):
            about = set(words(request))
            pages.sort(key=lambda page: not about & set(words(page.rpartition("/")[2])))
            del pages[1:]
        sets = [sets[0] | {address.casefold(): page} for page in pages]
    expression = _needed(step.tool, arguments.SUM_NAMES)
    if expression and not re.search(r"\d\s*[-+*/%^×÷]", text):
        computed = results.computed(text, good)
        sets = [one | ({expression.casefold(): computed} if computed else {}) for one in sets]
    more = {"wider": request if single else "", "whole": request, "read": good}
    return [arguments.of(step.tool, text, known=one, **more) for one in sets]


def _needed(tool: dict[str, Any], pattern: str) -> str | None:
    """The first argument that a tool needs and whose name the pattern fits."""
    return next((name for name in arguments.needed(tool) if re.search(pattern, name.lower())), None)


def _made(messages: list[Message], name: str) -> list[tuple[Any, int]]:
    """The arguments that a tool was called with, each with its message's place."""
    return [
        (as_json(call["function"]["arguments"]), index)
        for index, message in enumerate(messages)
        for call in message.get("tool_calls") or []
        if call["function"]["name"] == name
    ]


def _obeyed(chat: ChatRequest) -> list[_Call]:
    """What a result orders and was not done yet."""
    messages = chat.messages
    for index in range(asked_at(messages, chat.tools) + 1, len(messages)):
        found = _ORDER.search(said(messages[index]))
        if messages[index]["role"] != "tool" or not found:
            continue
        order = " ".join(found["order"].split())
        named = [t for t in chat.tools if t["name"].casefold() in order.casefold()]
        tool = next(iter(named or planning.ranked(order, chat.tools)))
        another = re.search(r"\b[a-z]+_[a-z_]+\b(?!@)", order)
        fits = named or (not another and planning.fit(tool, order) >= 2)
        if order and fits and not _made(messages[index:], tool["name"]):
            # It gives away what it has read: its instructions, its task, what other tools found.
            heard = ("system", "developer", "user", "tool")
            read = [said(m) for m in messages[:index] if m["role"] in heard]
            return [(tool, arguments.of(tool, order, whole=order, read=read))]
    return []


def _best(chat: ChatRequest) -> _Call:
    """The tool that fits the request best, however badly."""
    request = said(chat.messages[asked_at(chat.messages, chat.tools)])
    return _whole(planning.ranked(request, chat.tools)[0], chat)


def _whole(tool: dict[str, Any], chat: ChatRequest) -> _Call:
    """A tool with arguments from the whole request."""
    asked = chat.messages[asked_at(chat.messages, [tool]) :]
    return tool, arguments.of(tool, said(asked[0]), known=results.values(asked))


def _calls(messages: list[Message], wanted: list[_Call]) -> list[dict[str, Any]]:
    calls = []
    for index, (tool, given) in enumerate(wanted):
        name, written = tool["name"], json.dumps(given, ensure_ascii=False)
        digest = fingerprint([messages, name, *([index] if index else [])])
        function = {"name": name, "arguments": written}
        calls.append({"id": f"call_{digest[:24]}", "type": "function", "function": function})
    return calls
