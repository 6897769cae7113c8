"""Answers to lesson 04's loop: bounded by its budget, ended by an answer, calls side by side."""

from bank import Right, Text, Wrong, finished, practice, swap

WHILE = "turns < budget.turns and dollars < budget.dollars"
DONE = 'return AgentResult("answered", turn.text, turns, dollars, steps)'
GATHER = "await asyncio.gather(*[dispatch(call) for call in turn.calls])"
IF = "            if not turn.calls:\n"


def bound(text: str) -> Text:
    return swap(WHILE, text)


def done(text: str) -> Text:
    return swap(DONE, text)


def all_calls(text: str) -> Text:
    return swap(GATHER, text)


WRONG = [
    Wrong("blank left", practice(), ("blank|while|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("bound left open", bound("..."), ("budget",)),
    Wrong("answer left open", done("..."), ("answered|AgentResult",)),
    Wrong("dispatch left open", all_calls("..."), ("gather|dispatch",)),
    # the bound
    Wrong("unbounded", bound("True"), ("budget.turns|turns",)),
    Wrong("or for and", bound(WHILE.replace(" and ", " or ")), ("and",)),
    Wrong("turns alone", bound("turns < budget.turns"), ("dollars",)),
    Wrong("dollars alone", bound("dollars < budget.dollars"), ("turns",), same_as="unbounded"),
    Wrong(
        "one turn more", bound(WHILE.replace("turns <", "turns <=")), ("4 times|<=|more", "turns")
    ),
    Wrong("turned round", bound("turns > budget.turns and dollars > budget.dollars"), ("<",)),
    Wrong(
        "a turn when no dollars are left",
        bound("turns < budget.turns and dollars <= budget.dollars"),
        ("dollars <= budget.dollars", "one more turn", "0.50"),
    ),
    Wrong(
        "one turn too many, turned round",
        bound("budget.turns >= turns and budget.dollars > dollars"),
        ("budget.turns >= turns", "one more turn", "<"),
    ),
    Wrong(
        "a dollar too many at a break",
        swap(
            f"        while {WHILE}:\n",
            "        while True:\n"
            "            if turns >= budget.turns or dollars > budget.dollars:\n"
            "                break\n",
        ),
        ("dollars > budget.dollars", "one more turn"),
    ),
    Wrong("a number by hand", bound("turns < 8 and dollars < 0.05"), ("budget.turns|budget",)),
    Wrong(
        "the class's defaults",
        bound("turns < Budget.turns and dollars < Budget.dollars"),
        ("Budget", "budget.turns|budget"),
    ),
    Wrong(
        "the input's own",
        bound("input.turns < budget.turns and input.dollars < budget.dollars"),
        ("input.turns|input",),
    ),
    Wrong("a budget is true", bound("budget.turns and budget.dollars"), ("turns <|<",)),
    Wrong("compared with the Budget", bound("turns < budget"), ("budget.turns",)),
    Wrong(
        "of self", bound(WHILE.replace("budget", "self.budget")), ("self", "budget.turns|budget")
    ),
    Wrong(
        "input.turns as budget",
        bound("turns < input.turns and dollars < input.dollars"),
        ("budget.turns|budget",),
    ),
    Wrong("while no calls", bound("not turn.calls"), ("turn", "budget|turns")),
    # the answer
    Wrong("break", done("break"), ("`break` leaves the loop", "return")),
    Wrong("the text alone", done("return turn.text"), ("AgentResult",)),
    Wrong("return forgotten", done(DONE.removeprefix("return ")), ("return",)),
    Wrong("status misspelt", swap('"answered"', '"answer"'), ("answered",)),
    Wrong("another status", swap('"answered"', '"done"'), ("answered",)),
    Wrong(
        "the rest forgotten",
        done('return AgentResult("answered", turn.text)'),
        ("turns", "dollars", "steps"),
    ),
    Wrong("status forgotten", swap('"answered", ', ""), ("answered|status",)),
    Wrong(
        "in another order",
        done('return AgentResult(turn.text, "answered", turns, dollars, steps)'),
        ("order|status|first", "answered"),
    ),
    Wrong("turn.content", swap("turn.text", "turn.content"), ("content", "turn.text")),
    Wrong("the whole turn", swap("turn.text", "turn"), ("turn.text",)),
    Wrong("the last message", swap("turn.text", "messages[-1]"), ("turn.text",)),
    Wrong(
        "what the budget was",
        done('return AgentResult("answered", turn.text, budget.turns, budget.dollars, steps)'),
        ("turns are 6|budget", "turns"),
    ),
    Wrong("a dict", done('return {"status": "answered", "answer": turn.text}'), ("AgentResult",)),
    Wrong(
        "answered for every end",
        swap(
            'status = "out of dollars" if turns < budget.turns else "out of turns"',
            'status = "answered"',
        ),
        ("out of",),
    ),
    Wrong("turned round at the calls", swap(IF, IF.replace("not ", "")), ("not turn.calls|not",)),
    # the calls
    Wrong("await forgotten", all_calls(GATHER.removeprefix("await ")), ("await",)),
    Wrong(
        "a list given to gather",
        all_calls("await asyncio.gather([dispatch(call) for call in turn.calls])"),
        ("*",),
    ),
    Wrong(
        "one after the other",
        all_calls("[await dispatch(call) for call in turn.calls]"),
        ("gather|at once|side by side",),
    ),
    Wrong(
        "awaited inside of gather",
        all_calls("await asyncio.gather(*[await dispatch(call) for call in turn.calls])"),
        ("await",),
    ),
    Wrong(
        "the first call", all_calls("[await dispatch(turn.calls[0])]"), ("all|every|each|first",)
    ),
    Wrong(
        "all calls to one dispatch",
        all_calls("await dispatch(turn.calls)"),
        ("each|one call|gather",),
    ),
    Wrong("calls given to gather", all_calls("await asyncio.gather(*turn.calls)"), ("dispatch",)),
    Wrong(
        "dispatch not called",
        all_calls("await asyncio.gather(*[dispatch for call in turn.calls])"),
        ("dispatch(call)",),
    ),
    Wrong(
        "nothing awaited", all_calls("[dispatch(call) for call in turn.calls]"), ("await|gather",)
    ),
    Wrong("workflow.gather", all_calls(GATHER.replace("asyncio", "workflow")), ("asyncio.gather",)),
    Wrong(
        "asyncio.wait",
        all_calls(
            GATHER.replace("gather(*[", "wait([").replace(
                "dispatch(call)", "asyncio.create_task(dispatch(call))"
            )
        ),
        ("asyncio.gather|gather",),
    ),
    Wrong(
        "asyncio.run",
        all_calls("asyncio.run(asyncio.gather(*[dispatch(call) for call in turn.calls]))"),
        ("asyncio.run|run", "await"),
    ),
    Wrong(
        "the tools themselves",
        all_calls(
            "await asyncio.gather(*[TOOLS[c.name](**json.loads(c.arguments)) for c in turn.calls])"
        ),
        ("dispatch",),
    ),
    Wrong("one_round", all_calls("await one_round(messages)"), ("dispatch",)),
    # the rest
    Wrong("run without async", swap("async def run", "def run"), ("async",)),
    Wrong("decorator lost", swap("    @workflow.run\n", ""), ("@workflow.run",)),
]

RIGHT = [
    Right(
        "not reached",
        bound("not (turns >= budget.turns or dollars >= budget.dollars)"),
    ),
    Right(
        "what is left",
        bound("budget.turns - turns > 0 and budget.dollars - dollars > 0"),
    ),
    Right("of the input", bound("turns < input.budget.turns and dollars < input.budget.dollars")),
    Right(
        "a for loop",
        swap(
            f"        while {WHILE}:\n",
            "        for _ in range(budget.turns):\n"
            "            if dollars >= budget.dollars:\n                break\n",
        ),
    ),
    Right(
        "a break at the top",
        swap(
            f"        while {WHILE}:\n",
            "        while True:\n"
            "            if turns >= budget.turns or dollars >= budget.dollars:\n"
            "                break\n",
        ),
    ),
    Right(
        "exceptions as results, of which there are none",
        all_calls(GATHER.replace("calls])", "calls], return_exceptions=True)")),
    ),
    Right("map", all_calls("await asyncio.gather(*map(dispatch, turn.calls))")),
    Right("a generator", all_calls("await asyncio.gather(*(dispatch(c) for c in turn.calls))")),
    Right(
        "tasks",
        swap(
            f"            results = {GATHER}\n",
            "            tasks = [asyncio.create_task(dispatch(call)) for call in turn.calls]\n"
            "            results = [await task for task in tasks]\n",
        ),
    ),
    Right(
        "by keywords",
        done(
            'return AgentResult(\n                    status="answered",\n'
            "                    answer=turn.text,\n                    turns=turns,\n"
            "                    dollars=dollars,\n                    steps=steps,\n"
            "                )"
        ),
    ),
    Right("len of the calls", swap(IF, "            if len(turn.calls) == 0:\n")),
    Right(
        "a list of awaitables first",
        swap(
            f"            results = {GATHER}\n",
            "            waiting = []\n            for call in turn.calls:\n"
            "                waiting.append(dispatch(call))\n"
            "            results = await asyncio.gather(*waiting)\n",
        ),
    ),
    Right(
        "the answer from the message",
        swap("turn.text, turns", 'said(turn)["content"], turns'),
    ),
    Right("after a wrong one", finished, before=(practice(), bound("True"))),
]
