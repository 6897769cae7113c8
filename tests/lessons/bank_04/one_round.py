"""Answers to lesson 04's one round: the tool is run by its name, its result goes back."""

from bank import Right, Text, Wrong, finished, practice, swap

RUN = "await TOOLS[call.name](**arguments)"
MESSAGE = '{"role": "tool", "tool_call_id": call.id, "content": result}'
APPEND = f"        messages.append({MESSAGE})\n"
SAID = "    messages = [*messages, said(turn)]\n"
RETURN = "    return messages"
LOOP = (
    "    for call in turn.calls:\n        arguments = json.loads(call.arguments)\n"
    f"        result = {RUN}\n{APPEND}"
)


def run(text: str) -> Text:
    return swap(RUN, text)


def message(text: str) -> Text:
    return swap(MESSAGE, text)


WRONG = [
    Wrong("blank left", practice(), ("blank|result|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("result left open", run("..."), ("result|await",)),
    Wrong("message left open", message("..."), ("tool", "append|message|role")),
    # the tool
    Wrong("await forgotten", run("TOOLS[call.name](**arguments)"), ("await",)),
    Wrong("the dict as one argument", run("await TOOLS[call.name](arguments)"), ("**",)),
    Wrong("one star", run("await TOOLS[call.name](*arguments)"), ("**",)),
    Wrong(
        "the JSON text unpacked",
        run("await TOOLS[call.name](**call.arguments)"),
        ("**arguments|json.loads",),
    ),
    Wrong("TOOLS called", run("await TOOLS(call.name)(**arguments)"), ("TOOLS[call.name]|[",)),
    Wrong("the name called", run("await call.name(**arguments)"), ("TOOLS[call.name]",)),
    Wrong(
        "one tool for all", run("await calculate(**arguments)"), ("calculate", "TOOLS[call.name]")
    ),
    Wrong("by the call", run("await TOOLS[call](**arguments)"), ("call.name",)),
    Wrong("by the id", run("await TOOLS[call.id](**arguments)"), ("call.name",)),
    Wrong(
        "as OpenAI's SDK has it",
        run("await TOOLS[call.function.name](**arguments)"),
        ("function", "call.name"),
    ),
    Wrong("not called", run("TOOLS[call.name]"), ("(**arguments)|call",)),
    Wrong("awaited and not called", run("await TOOLS[call.name]"), ("(**arguments)|call",)),
    Wrong(
        "asyncio.run",
        run("asyncio.run(TOOLS[call.name](**arguments))"),
        ("asyncio.run", "await"),
    ),
    Wrong(
        "an Activity outside of a Workflow",
        run("await workflow.execute_activity(call.name, args=list(arguments.values()))"),
        ("workflow", "TOOLS[call.name]"),
    ),
    Wrong("no arguments", run("await TOOLS[call.name]()"), ("**arguments",)),
    Wrong("a list for a dict", run("await TOOLS[0](**arguments)"), ("call.name",)),
    Wrong("LangChain's invoke", run("await TOOLS[call.name].ainvoke(arguments)"), ("ainvoke",)),
    # the message
    Wrong("the result alone", message("result"), ("role", "tool_call_id")),
    Wrong(
        "the old role function",
        message('{"role": "function", "name": call.name, "content": result}'),
        ("function", '"tool"|tool'),
    ),
    Wrong("role user", swap('"role": "tool"', '"role": "user"'), ("user", "tool")),
    Wrong("role assistant", swap('"role": "tool"', '"role": "assistant"'), ("assistant", "tool")),
    Wrong("id under id", swap('"tool_call_id"', '"id"'), ("tool_call_id",)),
    Wrong(
        "key misspelt",
        swap('"tool_call_id"', '"tool_calls_id"'),
        ("tool_calls_id", "tool_call_id"),
    ),
    Wrong(
        "the id forgotten",
        swap('"tool_call_id": call.id, ', ""),
        ("tool_call_id",),
        same_as="id under id",
    ),
    Wrong("the name for the id", swap("call.id", "call.name"), ("tool_call_id", "call.id")),
    Wrong("the turn's id", swap("call.id", "turn.id"), ("turn", "call.id")),
    Wrong("the call for its id", swap("call.id", "call"), ("call.id",)),
    Wrong("content forgotten", swap(', "content": result', ""), ("content",)),
    Wrong("result under result", swap('"content"', '"result"'), ("content",)),
    Wrong(
        "the arguments as content", swap('"content": result', '"content": arguments'), ("result",)
    ),
    Wrong("the result in a list", swap('"content": result', '"content": [result]'), ("list|[",)),
    Wrong(
        "the result in quotes",
        swap('"content": result', '"content": "result"'),
        ("'result'|quote", "content"),
    ),
    Wrong(
        "the newer API's output",
        message('{"type": "function_call_output", "call_id": call.id, "output": result}'),
        ("role", "tool_call_id"),
    ),
    Wrong(
        "LangChain's ToolMessage",
        message("ToolMessage(content=result, tool_call_id=call.id)"),
        ("ToolMessage",),
    ),
    Wrong("a message in a list", message(f"[{MESSAGE}]"), ("list|[",)),
    Wrong(
        "append's result kept",
        swap("        messages.append(", "        messages = messages.append("),
        ("append", "None"),
    ),
    Wrong("append after the loop", swap(APPEND, APPEND[4:]), ("indent|loop|each|every|for",)),
    Wrong("returned within the loop", swap(RETURN, "    " + RETURN), ("loop|indent|for|first",)),
    Wrong("said left out", swap(SAID, "    messages = [*messages]\n"), ("said",)),
    Wrong(
        "said after the results",
        swap(
            SAID,
            "    messages = [*messages]\n",
            RETURN,
            "    messages.append(said(turn))\n" + RETURN,
        ),
        ("said", "before|order|first|after"),
    ),
    Wrong("llm_call awaited", swap("= llm_call(", "= await llm_call("), ("llm_call", "await")),
    Wrong("def without async", swap("async def", "def"), ("async",)),
    Wrong("return forgotten", swap(RETURN, "    messages"), ("return",)),
]

RIGHT = [
    Right(
        "a variable for the tool",
        swap(
            f"        result = {RUN}\n",
            "        tool = TOOLS[call.name]\n        result = await tool(**arguments)\n",
        ),
    ),
    Right("dict()", message("dict(role='tool', content=result, tool_call_id=call.id)")),
    Right("messages +=", swap(APPEND, f"        messages += [{MESSAGE}]\n")),
    Right("get", run("await TOOLS.get(call.name)(**arguments)")),
    Right("str of the result", swap('"content": result', '"content": str(result)')),
    Right("the tool's name as well", swap('"tool",', '"tool", "name": call.name,')),
    Right(
        "in one line",
        swap(
            f"        result = {RUN}\n",
            "",
            "result}",
            RUN + "}",
        ),
    ),
    Right(
        "all at once",
        swap(
            LOOP,
            "    results = await asyncio.gather(\n"
            "        *[TOOLS[c.name](**json.loads(c.arguments)) for c in turn.calls]\n    )\n"
            "    for call, result in zip(turn.calls, results):\n" + APPEND,
        ),
    ),
    Right(
        "in two steps",
        run("TOOLS[call.name](**arguments)\n        result = await result"),
    ),
    Right(
        "a new list",
        swap(APPEND, f"        messages = messages + [{MESSAGE}]\n"),
    ),
    Right("after a wrong one", finished, before=(practice(), message("result"))),
]
