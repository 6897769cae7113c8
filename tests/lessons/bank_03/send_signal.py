"""Answers to lesson 03's Signal that is sent: which handler, which decision, to whom."""

from bank import Right, Wrong, finished, practice, swap, whole

CALL = "handle.signal("
HANDLER = "        DraftWorkflow.set_decision,\n"
HEAD = "async def keep(handle) -> None:\n"
DECISION = '        Decision("keep"),\n'

WRONG = [
    Wrong(
        "parenthesis closed too early",
        whole(
            "async def keep(handle) -> None:\n"
            '    await handle.signal(DraftWorkflow.set_decision), Decision("keep")'
        ),
        ("parenthesis|inside|behind",),
    ),
    Wrong("blank left", practice(), ("set_decision|Signal|blank",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong(
        "edited after it was run, and not run again",
        finished,
        ("run",),
        same_as="cell not run",
        verdict="not attempted",
        before=(practice(),),
        not_run=True,
    ),
    Wrong(
        "a comma forgotten in a later edit, and an earlier version is loaded",
        swap(HANDLER, HANDLER.replace(",", "")),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong(
        "decision left open",
        swap(DECISION, "        ...,  # TODO: a Decision to keep the draft\n"),
        ("Decision",),
    ),
    Wrong(
        "handler left open",
        swap(HANDLER, "        ...,  # TODO: the Signal handler of DraftWorkflow\n"),
        ("Signal handler|set_decision",),
    ),
    Wrong("await forgotten", swap("await ", ""), ("await",)),
    Wrong(
        "choice with a capital letter",
        swap('"keep"', '"Keep"'),
        ("keep", "small|lower|capital|letter|case|'Keep'"),
    ),
    Wrong("choice in other words", swap('"keep"', '"publish"'), ("publish", "keep")),
    Wrong("another choice", swap('"keep"', '"redo"'), ("redo", "keep")),
    Wrong("an edit", swap('"keep"', '"edit", "Turn this into a poem"'), ("edit", "keep")),
    Wrong("a space behind the choice", swap('"keep"', '"keep "'), ("space|'keep '|\"keep \"",)),
    Wrong("choice without quotes", swap('"keep"', "keep"), ("quote|\"keep\"|'keep'",)),
    Wrong(
        "a text in place of a Decision",
        swap(DECISION, '    "keep",\n'),
        ("Decision(", "text|str|'keep'|\"keep\""),
    ),
    Wrong(
        "a flag in place of a Decision",
        swap(DECISION, "    True,\n"),
        ("True", "Decision("),
    ),
    Wrong(
        "the class, not an object",
        swap(DECISION, "    Decision,\n"),
        ("class|parenthes|object|instance", "Decision("),
    ),
    Wrong(
        "a Decision without a choice", swap('"keep"', ""), ("choice|empty|\"keep\"|'keep'", "keep")
    ),
    Wrong("another object", swap("Decision(", "DraftInput("), ("Decision(",)),
    Wrong("input forgotten", swap(DECISION, ""), ("Decision", "input|second|nothing|without")),
    Wrong(
        "handler called with the decision",
        swap(HANDLER + DECISION, '    DraftWorkflow.set_decision(Decision("keep")),\n'),
        ("set_decision", "comma|parenthes|call|below it"),
    ),
    Wrong(
        "handler called with nothing",
        swap(HANDLER, "    DraftWorkflow.set_decision(),\n"),
        ("set_decision", "comma|parenthes|call|set_decision,`"),
        same_as="handler called with the decision",
    ),
    Wrong(
        "handler without its class",
        swap(HANDLER, "    set_decision,\n"),
        ("set_decision", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "handler's name misspelt in a text",
        swap(HANDLER, '    "set_decison",\n'),
        ("set_decison", "set_decision"),
    ),
    Wrong(
        "class and handler in quotes",
        swap(HANDLER, '    "DraftWorkflow.set_decision",\n'),
        ("quote|text|name", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "handler misspelt",
        swap(HANDLER, "    DraftWorkflow.set_decisions,\n"),
        ("set_decisions", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "class misspelt",
        swap(HANDLER, "    DraftWorkFlow.set_decision,\n"),
        ("DraftWorkFlow", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "the attribute in place of the handler",
        swap(HANDLER, "    DraftWorkflow.decision,\n"),
        ("decision", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "the entry point in place of the handler",
        swap(HANDLER, "    DraftWorkflow.run,\n"),
        ("DraftWorkflow.run", "set_decision"),
    ),
    Wrong(
        "the class in place of the handler",
        swap(HANDLER, "    DraftWorkflow,\n"),
        ("class|DraftWorkflow", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "an object of the class",
        swap(HANDLER, "    DraftWorkflow().set_decision,\n"),
        ("DraftWorkflow()|parenthes|object|instance", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "the decorator in place of the handler",
        swap(HANDLER, "    workflow.signal,\n"),
        ("workflow.signal", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "an Activity in place of the handler",
        swap(HANDLER, "    llm_call,\n"),
        ("llm_call", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "self in place of the class",
        swap(HANDLER, "    self.set_decision,\n"),
        ("self", "DraftWorkflow.set_decision"),
    ),
    Wrong(
        "in the wrong order",
        swap(HANDLER + DECISION, DECISION + HANDLER),
        ("order|first|exchange|swap", "set_decision"),
    ),
    Wrong("asked, not told", swap(CALL, "handle.query("), ("query", "handle.signal")),
    Wrong(
        "sent as an Update",
        swap(CALL, "handle.execute_update("),
        ("update", "handle.signal"),
    ),
    Wrong(
        "handle.send_signal, which there is not",
        swap(CALL, "handle.send_signal("),
        ("send_signal", "handle.signal"),
    ),
    Wrong(
        "the Client's method, which there is not",
        swap(CALL, "client.signal_workflow(\n    handle.id,"),
        ("signal_workflow", "handle.signal"),
    ),
    Wrong(
        "sent by the Client",
        swap(CALL, "client.signal("),
        ("client", "handle.signal"),
    ),
    Wrong("sent by the Worker", swap(CALL, "worker.signal("), ("worker", "handle.signal")),
    Wrong(
        "handler called on the handle",
        whole(HEAD + '    await handle.set_decision(Decision("keep"))'),
        ("set_decision", "handle.signal"),
    ),
    Wrong(
        "handler called here, with the handle for self",
        whole(HEAD + '    DraftWorkflow.set_decision(handle, Decision("keep"))'),
        ("handle.signal",),
    ),
    Wrong("handle forgotten", swap(CALL, "signal("), ("handle.signal",)),
    Wrong("self for the handle", swap(CALL, "self.signal("), ("self", "handle.signal")),
    Wrong(
        "sent to another Workflow",
        swap("    await handle", '    other = await start_draft("bees")\n    await other'),
        ("other|another|this Workflow|has not come|no Signal", "handle"),
    ),
    Wrong(
        "sent to the last cell's Workflow",
        swap("keep(handle)", "keep(draft)"),
        ("handle", "missing|parameter|given"),
    ),
    Wrong(
        "handle of an id that there is not",
        swap("await handle", 'await client.get_workflow_handle("draft")'),
        ("handle", "id|not found|another|'draft'"),
    ),
    Wrong(
        "ended in place of told",
        whole(HEAD + '    await handle.terminate("keep")'),
        ("terminate|ended", "handle.signal"),
    ),
    Wrong(
        "cancelled in place of told",
        whole(HEAD + "    await handle.cancel()"),
        ("cancel", "handle.signal"),
    ),
    Wrong(
        "waits for the result",
        whole(HEAD + "    return await handle.result()"),
        ("result|waits|does not end|end", "handle.signal"),
    ),
    Wrong(
        "two arguments",
        swap(DECISION, '        "keep",\n        "",\n'),
        ("Decision(", "one|two|2|3"),
    ),
    Wrong(
        "input= for the input",
        swap(DECISION, '        input=Decision("keep"),\n'),
        ("input", 'Decision("keep")'),
    ),
    Wrong(
        "the choice as a keyword",
        swap(DECISION, '        choice="keep",\n'),
        ("choice", "Decision("),
    ),
    Wrong(
        "two Decisions",
        swap(DECISION, '        args=[Decision("keep"), Decision("keep")],\n'),
        ("one|two|2", "Decision"),
    ),
    Wrong(
        "made, and not sent",
        whole(HEAD + '    decision = Decision("keep")\n    return decision'),
        ("handle.signal",),
        same_as="handler called here, with the handle for self",
    ),
    Wrong(
        "an error that is swallowed",
        whole(f"""
{HEAD}    try:
        await handle.signal(DraftWorkflow.set_decison, Decision("keep"))
    except Exception:
        pass
"""),
        ("set_decison|except|swallow|no Signal|not come|has not", "set_decision"),
    ),
    Wrong("not async", swap("async def", "def"), ("async",)),
    Wrong(
        "neither async nor awaited",
        swap("async def", "def", "await ", ""),
        ("async",),
        same_as="not async",
    ),
    Wrong("another name", swap("def keep", "def send_keep"), ("keep", "name|send_keep|called|def")),
    Wrong(
        "handle not a parameter",
        swap("keep(handle)", "keep()"),
        ("handle", "parameter|takes|argument|input"),
    ),
    Wrong("name overwritten by a later cell", finished, ("keep",), after='keep = "keep"'),
]

RIGHT = [
    Right("by name", swap(HANDLER, '        "set_decision",\n')),
    Right(
        "by keywords",
        swap(
            HANDLER + DECISION,
            '        signal=DraftWorkflow.set_decision, arg=Decision(choice="keep")\n',
        ),
    ),
    Right("input in args", swap(DECISION, '        args=[Decision("keep")],\n')),
    Right(
        "in variables",
        whole(f"""
{HEAD}    signal, decision = DraftWorkflow.set_decision, Decision("keep")
    await handle.signal(signal, decision)
"""),
    ),
    Right("by the id alone", swap("await handle", "await client.get_workflow_handle(handle.id)")),
    Right(
        "by a handle of the class",
        swap("await handle", "await client.get_workflow_handle_for(DraftWorkflow.run, handle.id)"),
    ),
    Right(
        "a dictionary, by name",
        swap(HANDLER, '        "set_decision",\n', DECISION, '        {"choice": "keep"},\n'),
    ),
    Right("with words besides", swap('"keep"', '"keep", instructions="well done"')),
    Right(
        "with a limit", swap(DECISION, DECISION + "        rpc_timeout=timedelta(seconds=10),\n")
    ),
    Right(
        "another parameter name", swap("keep(handle)", "keep(draft)", "await handle", "await draft")
    ),
    Right(
        "on one line",
        whole("async def keep(h): await h.signal(DraftWorkflow.set_decision, Decision('keep'))"),
    ),
    Right("returned", swap("    await", "    return await")),
    Right("after a wrong one", finished, before=(practice(), swap("Decision(", "DraftInput("))),
]
