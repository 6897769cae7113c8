"""Answers to lesson 04's dispatch: a text in every case, and cancellation on its way."""

from bank import Right, Text, Wrong, finished, practice, swap

UNKNOWN = "f\"error: there is no tool {call.name!r}. There are: {', '.join(TOOLS)}\""
RUN = "await workflow.execute_activity(call.name, args=arguments, **LIMITS[call.name])"
CAUSE = 'f"error: {error.cause}"'
CANCELLED = "        if is_cancelled_exception(error):\n            raise\n"
LAST = f"        return {CAUSE}"
FIT = '        return f"error: {error}"\n'


def unknown(text: str) -> Text:
    return swap(UNKNOWN, text)


def run(text: str) -> Text:
    return swap(RUN, text)


def cause(text: str) -> Text:
    return swap(CAUSE, text)


WRONG = [
    Wrong("blank left", practice(), ("blank|error|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("unknown tool left open", unknown("..."), ("tool", "error:|return")),
    Wrong("Activity left open", run("..."), ("execute_activity|Activity",)),
    Wrong("cause left open", cause("..."), ("cause",)),
    # an unknown tool
    Wrong("names left out", unknown('f"error: there is no tool {call.name}"'), ("TOOLS|names",)),
    Wrong(
        "not marked as an error",
        unknown("f\"there is no tool {call.name}. There are: {', '.join(TOOLS)}\""),
        ("error:",),
    ),
    Wrong(
        "raised",
        swap(f"return {UNKNOWN}", f"raise ValueError({UNKNOWN})"),
        ("raise", "return"),
    ),
    Wrong(
        "raised as an ApplicationError",
        swap(f"return {UNKNOWN}", f"raise ApplicationError({UNKNOWN}, non_retryable=True)"),
        ("raise", "return"),
        same_as="raised",
    ),
    Wrong("f forgotten", unknown(UNKNOWN[1:]), ('f"|f-string| f |braces|{',)),
    Wrong(
        "the functions written out",
        unknown('f"error: no tool {call.name}. There are: {TOOLS}"'),
        ("names|join|list(TOOLS)",),
    ),
    Wrong(
        "functions joined",
        swap("join(TOOLS)", "join(TOOLS.values())"),
        ("TOOLS", "values|functions|names"),
    ),
    Wrong("text and keys added", unknown('"error: there are " + TOOLS.keys()'), ('join|f"|str',)),
    Wrong(
        "three names by hand",
        unknown('"error: there are: search_notes, calculate, fetch_page"'),
        ("TOOLS",),
    ),
    Wrong("None returned", swap(f"return {UNKNOWN}", "return"), ("return", "error:|text")),
    Wrong("return forgotten", swap(f"return {UNKNOWN}", UNKNOWN), ("return",)),
    # the Activity
    Wrong("await forgotten", run(RUN.removeprefix("await ")), ("await",)),
    Wrong("the call for its name", run(RUN.replace("(call.name,", "(call,")), ("call.name",)),
    Wrong(
        "the name in quotes",
        run(RUN.replace("(call.name,", '("call.name",')),
        ("call.name", "'call.name'|quote"),
    ),
    Wrong("one tool for all", run(RUN.replace("(call.name,", "(calculate,")), ("call.name",)),
    Wrong(
        "arguments forgotten", run(RUN.replace("args=arguments, ", "")), ("args=arguments|args",)
    ),
    Wrong(
        "the list as one input",
        run(RUN.replace("args=arguments", "arguments")),
        ("args=arguments|args=",),
    ),
    Wrong("a list in a list", run(RUN.replace("=arguments", "=[arguments]")), ("args=arguments",)),
    Wrong(
        "the inputs one by one",
        run(RUN.replace("args=arguments", "*arguments")),
        ("args=arguments|args=",),
        same_as="the list as one input",
    ),
    Wrong(
        "the JSON text",
        run(RUN.replace("=arguments", "=call.arguments")),
        ("call.arguments|text", "args=arguments"),
    ),
    Wrong(
        "arguments=",
        run(RUN.replace("args=", "arguments=")),
        ("args=",),
    ),
    Wrong("limits forgotten", run(RUN.replace(", **LIMITS[call.name]", "")), ("LIMITS",)),
    Wrong(
        "all limits",
        run(RUN.replace("**LIMITS[call.name]", "**LIMITS")),
        ("all tools", "LIMITS[call.name]"),
    ),
    Wrong(
        "stars forgotten",
        run(RUN.replace("**LIMITS", "LIMITS")),
        ("**",),
    ),
    Wrong(
        "one tool's limits for all",
        run(RUN.replace("LIMITS[call.name]", 'LIMITS["calculate"]')),
        ("LIMITS[call.name]",),
    ),
    Wrong(
        "own limit for all",
        run(RUN.replace("**LIMITS[call.name]", "start_to_close_timeout=timedelta(seconds=10)")),
        ("LIMITS[call.name]",),
    ),
    Wrong(
        "the tool run in the Workflow",
        run("await TOOLS[call.name](*arguments)"),
        ("in the Workflow itself", "Event History", "execute_activity"),
    ),
    Wrong(
        "the tool run in the Workflow, under a name",
        swap(f"return {RUN}", "tool = TOOLS[call.name]\n        return await tool(*arguments)"),
        ("in the Workflow itself", "Event History", "execute_activity"),
    ),
    Wrong(
        "the tool run in the Workflow, by keywords",
        run("await TOOLS[call.name](**json.loads(call.arguments))"),
        ("in the Workflow itself", "Event History", "execute_activity"),
    ),
    Wrong(
        "the client's execute_activity",
        run(RUN.replace("workflow.", "client.")),
        ("workflow.execute_activity",),
    ),
    Wrong(
        "activity for workflow",
        run(RUN.replace("workflow.", "activity.")),
        ("workflow.execute_activity",),
    ),
    # an Activity that failed
    Wrong("the error, not its cause", cause('f"error: {error}"'), ("cause",)),
    Wrong(
        "its message",
        cause('f"error: {error.message}"'),
        ("cause",),
        same_as="the error, not its cause",
    ),
    Wrong("no cause at all", cause('"error: the tool failed"'), ("cause",)),
    Wrong("an exception returned", cause("error.cause"), ('text|str|f"',)),
    Wrong("unmarked cause", cause("str(error.cause)"), ("error:",)),
    Wrong("f forgotten at the cause", cause(CAUSE[1:]), ('f"|f-string| f |braces|{',)),
    Wrong("raised again", swap(f"        return {CAUSE}", "        raise"), ("raise", "return")),
    Wrong(
        "the cause raised",
        swap(f"        return {CAUSE}", "        raise error.cause"),
        ("raise", "return"),
    ),
    Wrong("cancellation swallowed", swap(CANCELLED, ""), ("cancel",)),
    Wrong(
        "cancellation as a text",
        swap(CANCELLED, CANCELLED.replace("raise", 'return "error: cancelled"')),
        ("cancel", "raise"),
        same_as="cancellation swallowed",
    ),
    Wrong(
        "another kind of error caught",
        swap("except ActivityError as", "except ApplicationError as"),
        ("ActivityError",),
    ),
    Wrong(
        "arguments that do not fit raised",
        swap(FIT, "        raise\n"),
        ("arguments", "return|raise"),
    ),
    Wrong("def without async", swap("async def", "def"), ("async",)),
]

RIGHT = [
    Right("a capital letter", swap("error: there", "Error: there")),
    Right("added", unknown('"error: no tool " + call.name + ". Tools: " + ", ".join(TOOLS)')),
    Right("a list", unknown('f"error: {call.name} is not among {list(TOOLS)}"')),
    Right("sorted names", swap("join(TOOLS)", "join(sorted(TOOLS))")),
    Right(
        "names of the functions", swap("join(TOOLS)", "join(t.__name__ for t in TOOLS.values())")
    ),
    Right("the function", run(RUN.replace("(call.name,", "(TOOLS[call.name],"))),
    Right(
        "start_activity, awaited",
        run(RUN.replace("execute_activity", "start_activity")),
    ),
    Right(
        "variables",
        swap(
            f"        return {RUN}\n",
            "        limits = LIMITS[call.name]\n"
            "        result = await workflow.execute_activity(\n"
            "            call.name, args=arguments, **limits\n        )\n"
            "        return result\n",
        ),
    ),
    Right("added cause", cause('"error: " + str(error.cause)')),
    Right("__cause__", cause('f"error: {error.__cause__}"')),
    Right(
        "the cancellation the other way round",
        swap(
            CANCELLED + LAST,
            "        if not is_cancelled_exception(error):\n"
            f"            return {CAUSE}\n        raise\n",
        ),
    ),
    Right(
        "more words",
        cause('f"error: {call.name} failed: {error.cause}"'),
    ),
    Right("after a wrong one", finished, before=(practice(), cause('f"error: {error}"'))),
]
