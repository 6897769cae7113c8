"""Answers to lesson 04's LLM Activity: the conversation and tools in, a Turn with calls out."""

from bank import Right, Wrong, finished, practice, swap

MESSAGES = "messages=input.messages"
TOOLS = "tools=input.tools"
CALL = "ToolCall(call.id, call.function.name, call.function.arguments)"
APPEND = f"        calls.append({CALL})\n"
RETURN = '    return Turn(message.content or "", calls, price(answer))'
LOOP = "    for call in message.tool_calls or []:\n"

WRONG = [
    Wrong("blank left", practice(), ("blank|messages|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("messages left open", swap(MESSAGES, "messages=..."), ("messages",)),
    Wrong("tools left open", swap(TOOLS, "tools=..."), ("tools",)),
    Wrong("calls left open", swap(CALL, "..."), ("ToolCall",)),
    # messages
    Wrong("the whole input", swap(MESSAGES, "messages=input"), ("input.messages",)),
    Wrong("input.message", swap(MESSAGES, "messages=input.message"), ("input.messages",)),
    Wrong(
        "a list in a list",
        swap(MESSAGES, "messages=[input.messages]"),
        ("list|bracket", "input.messages"),
    ),
    Wrong(
        "messages of the notebook",
        swap(MESSAGES, "messages=messages"),
        ("messages", "input.messages"),
    ),
    Wrong(
        "of the class",
        swap(MESSAGES, "messages=LLMCallInput.messages"),
        ("LLMCallInput", "input.messages"),
    ),
    Wrong(
        "the input as a dict",
        swap(MESSAGES, 'messages=input["messages"]'),
        ("input.messages",),
    ),
    Wrong(
        "messages as a text",
        swap(MESSAGES, "messages=json.dumps(input.messages)"),
        ("text|str|json.dumps", "input.messages"),
    ),
    Wrong(
        "a message built of the input",
        swap(MESSAGES, 'messages=[{"role": "user", "content": input.messages}]'),
        ("input.messages",),
    ),
    Wrong(
        "the last message alone",
        swap(MESSAGES, "messages=input.messages[-1:]"),
        ("not the input's messages|last|all|whole", "input.messages"),
    ),
    # tools
    Wrong("the functions", swap(TOOLS, "tools=list(TOOLS.values())"), ("input.tools",)),
    Wrong("the dict of the functions", swap(TOOLS, "tools=TOOLS"), ("TOOLS", "input.tools")),
    Wrong(
        "described anew",
        swap(TOOLS, "tools=[describe(tool) for tool in TOOLS.values()]"),
        ("input.tools",),
    ),
    Wrong("input.tool", swap(TOOLS, "tools=input.tool"), ("input.tools",)),
    Wrong(
        "described twice",
        swap(TOOLS, "tools=[describe(tool) for tool in input.tools]"),
        ("input.tools", "describe|already"),
    ),
    Wrong("no tools", swap("        tools=input.tools,\n", ""), ("tools=input.tools|input.tools",)),
    Wrong(
        "the old functions=",
        swap(TOOLS, "functions=input.tools"),
        ("functions", "tools=|tools"),
    ),
    # calls
    Wrong(
        "name and arguments of the call itself",
        swap(CALL, "ToolCall(call.id, call.name, call.arguments)"),
        ("call.function.name|function",),
    ),
    Wrong("the call as it came", swap(CALL, "call"), ("ToolCall(", "id|name")),
    Wrong("ToolCall of the call", swap(CALL, "ToolCall(call)"), ("id", "name", "arguments")),
    Wrong(
        "in another order",
        swap(CALL, "ToolCall(call.function.name, call.function.arguments, call.id)"),
        ("order", "id"),
    ),
    Wrong(
        "arguments parsed",
        swap("call.function.arguments)", "json.loads(call.function.arguments))"),
        ("json.loads", "call.function.arguments"),
    ),
    Wrong(
        "arguments=dict by keyword args",
        swap(
            CALL,
            "ToolCall(id=call.id, name=call.function.name, args=call.function.arguments)",
        ),
        ("args", "arguments"),
    ),
    Wrong(
        "the function for its name",
        swap("call.function.name", "call.function"),
        ("call.function.name",),
    ),
    Wrong(
        "the answer's id",
        swap("ToolCall(call.id", "ToolCall(answer.id"),
        ("answer.id|id", "call.id"),
    ),
    Wrong(
        "an id made up",
        swap("ToolCall(call.id", "ToolCall(str(uuid.uuid4())"),
        ("id", "call.id"),
    ),
    Wrong(
        "tool_call_id",
        swap("ToolCall(call.id", "ToolCall(call.tool_call_id"),
        ("tool_call_id", "call.id"),
    ),
    Wrong(
        "a dict in place of a ToolCall",
        swap(
            CALL,
            '{"id": call.id, "name": call.function.name, "arguments": call.function.arguments}',
        ),
        ("dict", "ToolCall("),
    ),
    Wrong(
        "a tuple in place of a ToolCall",
        swap(CALL, CALL.removeprefix("ToolCall")),
        ("tuple", "ToolCall"),
    ),
    Wrong("the class", swap(CALL, "ToolCall"), ("ToolCall(",)),
    Wrong(
        "assigned in place of append",
        swap(f"calls.append({CALL})", f"calls = {CALL}"),
        ("append|list",),
    ),
    Wrong(
        "name and id forgotten",
        swap(CALL, "ToolCall(call.function.arguments)"),
        ("name", "id"),
    ),
    Wrong(
        "the first call alone",
        swap(APPEND, APPEND + "        break\n"),
        ("break|first|one|every|all|each",),
    ),
    Wrong(
        "returned within the loop",
        swap(RETURN, "    " + RETURN),
        ("loop|indent|for",),
    ),
    Wrong(
        "None not expected",
        swap(LOOP, LOOP.replace(" or []", "")),
        ("None", "or []"),
    ),
    Wrong("decorator lost", swap("@activity.defn\n", ""), ("@activity.defn",)),
    Wrong(
        "overwritten",
        swap(APPEND, f"        calls = [{CALL}]\n"),
        ("1 call.", "calls = […]", "the last", "append"),
    ),
    Wrong(
        "the list begun in the loop",
        swap("    calls = []\n" + LOOP, LOOP + "        calls = []\n"),
        ("1 call.", "calls = []", "the last"),
    ),
    Wrong("made async", swap("def llm_call", "async def llm_call"), ("async",)),
    Wrong(
        "calls left out of the Turn",
        swap(RETURN, '    return Turn(message.content or "", [], price(answer))'),
        ("calls",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("llm_call",),
        after='llm_call = "gpt-4o"',
    ),
]

RIGHT = [
    Right(
        "a comprehension",
        swap(
            "    calls = []\n" + LOOP + APPEND,
            "    asked = message.tool_calls or []\n"
            "    calls = [ToolCall(c.id, c.function.name, c.function.arguments) for c in asked]\n",
        ),
    ),
    Right(
        "keyword arguments",
        swap(
            CALL,
            "ToolCall(name=call.function.name, arguments=call.function.arguments, id=call.id)",
        ),
    ),
    Right("a copy of the list", swap(MESSAGES, "messages=list(input.messages)")),
    Right(
        "a variable for the function",
        swap(
            APPEND,
            "        f = call.function\n"
            "        calls.append(ToolCall(call.id, f.name, f.arguments))\n",
        ),
    ),
    Right("calls +=", swap(APPEND, f"        calls += [{CALL}]\n")),
    Right(
        "if there are any",
        swap(
            LOOP + APPEND,
            "    if message.tool_calls is not None:\n        for call in message.tool_calls:\n    "
            + APPEND,
        ),
    ),
    Right(
        "a dict of settings",
        swap(
            "    answer = completion(\n",
            "    given = {'messages': input.messages, 'tools': input.tools}\n"
            "    answer = completion(\n",
            "        messages=input.messages,\n",
            "        **given,\n",
            "        tools=input.tools,\n",
            "",
        ),
    ),
    Right(
        "Turn by keywords",
        swap(RETURN, RETURN.replace("calls, price", "calls=calls, dollars=price")),
    ),
    Right(
        "another name for the input",
        swap("(input: LLMCallInput)", "(given: LLMCallInput)", "=input.", "=given."),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(CALL, "call"))),
]
