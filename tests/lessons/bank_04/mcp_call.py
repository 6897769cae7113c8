"""Answers to exercise 04's call through MCP: asked once, awaited, and a failure not retried."""

from bank import Right, Text, Wrong, finished, practice, swap

CALL = "await session.call_tool(name, arguments)"
RESULT = f"        result = {CALL}\n"
IF = "    if result.is_error:\n"
RAISE = "        raise ApplicationError(text, non_retryable=True)\n"
RETURN = "    return text"


def call(text: str) -> Text:
    return swap(CALL, text)


def failed(text: str) -> Text:
    return swap("result.is_error:", text + ":")


def raising(text: str) -> Text:
    return swap(RAISE, f"        {text}\n")


WRONG = [
    Wrong("blank left", practice(), ("blank|call_tool|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("call left open", call("..."), ("call_tool",)),
    Wrong("failure left open", failed("..."), ("if ...|is_error",)),
    Wrong("raise left open", raising("..."), ("raise|ApplicationError",)),
    # the call
    Wrong("await forgotten", call(CALL.removeprefix("await ")), ("await",)),
    Wrong("arguments forgotten", call("await session.call_tool(name)"), ("arguments",)),
    Wrong(
        "arguments unpacked",
        call("await session.call_tool(name, **arguments)"),
        ("**", "arguments"),
    ),
    Wrong(
        "arguments first", call("await session.call_tool(arguments, name)"), ("order|name, arg",)
    ),
    Wrong(
        "the name in quotes",
        call('await session.call_tool("name", arguments)'),
        ("'name'|quote", "call_tool(name"),
    ),
    Wrong(
        "one tool's name for all",
        call('await session.call_tool("weekday", arguments)'),
        ("weekday", "name"),
    ),
    Wrong(
        "the tool itself",
        call("await session.call_tool(own_tool, arguments)"),
        ("own_tool|function", "name"),
    ),
    Wrong(
        "the Activity calls itself",
        call("await call_tool(name, arguments)"),
        ("session.call_tool",),
    ),
    Wrong("the function, not the session", call("own_tool(**arguments)"), ("session.call_tool",)),
    Wrong("session.call", call("await session.call(name, arguments)"), ("session.call_tool",)),
    Wrong(
        "session.run_tool",
        call("await session.run_tool(name, arguments)"),
        ("run_tool", "call_tool"),
    ),
    Wrong("the module mcp", call("await mcp.call_tool(name, arguments)"), ("session",)),
    Wrong("args=", call("await session.call_tool(name, args=arguments)"), ("args", "arguments")),
    Wrong(
        "arguments as JSON",
        call("await session.call_tool(name, json.dumps(arguments))"),
        ("with '{|json.dumps|text|str", "dict|arguments"),
    ),
    Wrong("arguments in a list", call("await session.call_tool(name, [arguments])"), ("list|[",)),
    Wrong(
        "asked twice",
        swap(RESULT, f"        {CALL}\n" + RESULT),
        ("twice|once|2",),
    ),
    Wrong(
        "after the session's end",
        swap(RESULT, "        pass\n" + RESULT[4:]),
        ("indent|inside|with|closed|open",),
    ),
    Wrong(
        "an Activity in an Activity",
        call("await workflow.execute_activity(name, arguments)"),
        ("session.call_tool",),
    ),
    # has it failed?
    Wrong("isError, the older name", failed("result.isError"), ("isError", "is_error")),
    Wrong("result.error", failed("result.error"), ("is_error",)),
    Wrong("turned round", failed("not result.is_error"), ("not",)),
    Wrong("called", failed("result.is_error()"), ("parenthes|()|call",)),
    Wrong("compared with a text", failed('result.is_error == "true"'), ('"true"|text|str|quote',)),
    Wrong("no result", failed("result is None"), ("is_error",), same_as="compared with a text"),
    Wrong("no text", failed("not text"), ("is_error",), same_as="compared with a text"),
    Wrong(
        "words of the text",
        failed('text.startswith("Error")'),
        ("is_error",),
        same_as="compared with a text",
    ),
    Wrong("is_error alone", failed("is_error"), ("result.is_error",)),
    Wrong("of the session", failed("session.is_error"), ("result.is_error",)),
    Wrong(
        "a class",
        failed("isinstance(result, Exception)"),
        ("is_error",),
        same_as="compared with a text",
    ),
    # raise
    Wrong("retried", raising("raise ApplicationError(text)"), ("non_retryable",)),
    Wrong(
        "non_retryable=False",
        raising("raise ApplicationError(text, non_retryable=False)"),
        ("non_retryable=True|True",),
    ),
    Wrong(
        "True as a detail", raising("raise ApplicationError(text, True)"), ("non_retryable=True",)
    ),
    Wrong(
        "retryable=False",
        raising("raise ApplicationError(text, retryable=False)"),
        ("retryable", "non_retryable"),
    ),
    Wrong("no raise", raising("ApplicationError(text, non_retryable=True)"), ("raise",)),
    Wrong("returned", raising("return ApplicationError(text, non_retryable=True)"), ("raise",)),
    Wrong("the text returned", raising("return text"), ("raise",)),
    Wrong("an error text returned", raising('return f"error: {text}"'), ("raise",)),
    Wrong("ValueError", raising("raise ValueError(text)"), ("ValueError", "ApplicationError")),
    Wrong(
        "ActivityError", raising("raise ActivityError(text)"), ("ActivityError", "ApplicationError")
    ),
    Wrong(
        "other words", raising('raise ApplicationError("it failed", non_retryable=True)'), ("text",)
    ),
    Wrong(
        "text in quotes",
        raising('raise ApplicationError("text", non_retryable=True)'),
        ("'text'|quote", "(text"),
    ),
    Wrong(
        "the result for the text",
        raising("raise ApplicationError(result, non_retryable=True)"),
        ("text",),
    ),
    Wrong("a text raised", raising("raise text"), ("ApplicationError",)),
    # the rest
    Wrong("the result returned", swap(RETURN, "    return result"), ("return text",)),
    Wrong("decorator lost", swap("@activity.defn\n", ""), ("@activity.defn",)),
    Wrong("with for async with", swap("async with", "with"), ("async with",)),
]

RIGHT = [
    Right("arguments by keyword", call("await session.call_tool(name, arguments=arguments)")),
    Right("both by keyword", call("await session.call_tool(arguments=arguments, name=name)")),
    Right("is True", failed("result.is_error is True")),
    Right(
        "turned round twice",
        swap(
            IF + RAISE + RETURN,
            "    if not result.is_error:\n        return text\n"
            "    raise ApplicationError(text, non_retryable=True)",
        ),
    ),
    Right("a type", raising('raise ApplicationError(text, type="ToolFailed", non_retryable=True)')),
    Right(
        "message by keyword", raising("raise ApplicationError(message=text, non_retryable=True)")
    ),
    Right(
        "in a sentence", raising('raise ApplicationError(f"{name}: {text}", non_retryable=True)')
    ),
    Right(
        "a variable",
        raising("failure = ApplicationError(text, non_retryable=True)\n        raise failure"),
    ),
    Right(
        "in two steps",
        call("session.call_tool(name, arguments)\n        result = await result"),
    ),
    Right(
        "else",
        swap(RETURN, "    else:\n        return text"),
    ),
    Right("after a wrong one", finished, before=(practice(), failed("result.isError"))),
]
