"""Answers to lesson 03's Query that is sent: which handler, to whom, and what comes back."""

from bank import Right, Wrong, finished, practice, swap, whole

HEAD = "async def read(handle) -> str:\n"
CALL = "await handle.query(DraftWorkflow.get_latest_text)"
ASK = "await handle.query("
HANDLER = "DraftWorkflow.get_latest_text"


def _calls(text: str) -> str:
    """The function with this in place of the Query."""
    return f"{HEAD}    return {text}"


WRONG = [
    Wrong(
        "a Celery result",
        whole(
            "async def read(handle) -> str:\n"
            "    return handle.query(DraftWorkflow.get_latest_text).get(timeout=5)"
        ),
        (".get", "await"),
    ),
    Wrong(
        "a Celery result, awaited",
        whole(
            "async def read(handle) -> str:\n"
            "    return await handle.query(DraftWorkflow.get_latest_text).get(timeout=5)"
        ),
        ("out|away", ".get"),
        same_as="a Celery result",
    ),
    Wrong("blank left", practice(), ("get_latest_text|Query|blank",), verdict="not attempted"),
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
        "a parenthesis forgotten in a later edit, and an earlier version is loaded",
        swap("text)", "text"),
        ("parenthes|)|syntax|parse|older|earlier|closed",),
        before=(finished,),
    ),
    Wrong("await forgotten", swap("await ", ""), ("await",)),
    Wrong("return forgotten", swap("return ", ""), ("return",)),
    Wrong("printed, not returned", whole(HEAD + f"    print({CALL})"), ("print", "return")),
    Wrong(
        "kept, not returned",
        whole(HEAD + f"    text = {CALL}"),
        ("return",),
        same_as="return forgotten",
    ),
    Wrong(
        "printed by what is returned",
        whole(_calls(f"print({CALL})")),
        ("print", "return"),
        same_as="printed, not returned",
    ),
    Wrong(
        "handler left open", swap(HANDLER, "..."), ("get_latest_text", "...|handler|blank|ellipsis")
    ),
    Wrong(
        "handler called", swap(HANDLER, HANDLER + "()"), ("get_latest_text", "parenthes|()|call")
    ),
    Wrong(
        "handler called with the handle",
        swap(HANDLER, HANDLER + "(handle)"),
        ("get_latest_text", "parenthes|call|(handle)"),
        same_as="handler called",
    ),
    Wrong(
        "handler without its class",
        swap(HANDLER, "get_latest_text"),
        ("get_latest_text", HANDLER),
    ),
    Wrong(
        "handler's name misspelt in a text",
        swap(HANDLER, '"get_lastest_text"'),
        ("get_lastest_text", "get_latest_text"),
    ),
    Wrong(
        "class and handler in quotes", swap(HANDLER, f'"{HANDLER}"'), ("quote|text|name", HANDLER)
    ),
    Wrong(
        "handler misspelt", swap(HANDLER, "DraftWorkflow.get_last_text"), ("get_last_text", HANDLER)
    ),
    Wrong(
        "class misspelt",
        swap(HANDLER, "DraftsWorkflow.get_latest_text"),
        ("DraftsWorkflow", "`DraftWorkflow`|DraftWorkflow.get"),
    ),
    Wrong(
        "the attribute in place of the handler",
        swap(HANDLER, "DraftWorkflow.latest_text"),
        ("latest_text", HANDLER),
    ),
    Wrong(
        "the attribute's name as a text",
        swap(HANDLER, '"latest_text"'),
        ("'latest_text'|\"latest_text\"|`latest_text`|of latest_text", "get_latest_text"),
    ),
    Wrong(
        "the Signal handler",
        swap(HANDLER, "DraftWorkflow.set_decision"),
        ("set_decision", "get_latest_text"),
    ),
    Wrong(
        "the entry point in place of the handler",
        swap(HANDLER, "DraftWorkflow.run"),
        ("DraftWorkflow.run", "get_latest_text"),
    ),
    Wrong(
        "the class in place of the handler",
        swap(HANDLER, "DraftWorkflow"),
        ("query(DraftWorkflow)|class|handler|method", HANDLER),
    ),
    Wrong(
        "an object of the class",
        swap(HANDLER, "DraftWorkflow().get_latest_text"),
        ("DraftWorkflow()|parenthes|object|instance", HANDLER),
    ),
    Wrong(
        "the decorator in place of the handler",
        swap(HANDLER, "workflow.query"),
        ("workflow.query", HANDLER),
    ),
    Wrong("self in place of the class", swap(HANDLER, "self.get_latest_text"), ("self", HANDLER)),
    Wrong(
        "handler forgotten",
        swap(HANDLER, ""),
        (HANDLER, "which|nothing|missing|argument|without|empty"),
    ),
    Wrong(
        "an Activity in place of the handler",
        swap(HANDLER, "llm_call"),
        ("llm_call", "get_latest_text"),
    ),
    Wrong("sent as a Signal", swap("handle.query", "handle.signal"), ("signal", "handle.query")),
    Wrong(
        "sent as an Update",
        swap("handle.query", "handle.execute_update"),
        ("update", "handle.query"),
    ),
    Wrong(
        "an input that it does not take",
        swap(HANDLER, HANDLER + ', Decision("keep")'),
        ("Decision|input|argument", "nothing|without|no input|away|only|takes"),
    ),
    Wrong(
        "the handle's id as input",
        swap(HANDLER, HANDLER + ", handle.id"),
        ("handle.id|id|input", "nothing|without|no input|away|only|takes"),
        same_as="an input that it does not take",
    ),
    Wrong(
        "waits for the result",
        whole(_calls("(await handle.result()).text")),
        ("result|waits|end", "handle.query"),
    ),
    Wrong(
        "handle.describe",
        whole(_calls("await handle.describe()")),
        ("describe|description", "handle.query"),
    ),
    Wrong(
        "the history", whole(_calls("await handle.fetch_history()")), ("history", "handle.query")
    ),
    Wrong(
        "the text of another Workflow",
        whole(
            HEAD
            + f'    other = await start_draft("bees")\n    return {CALL.replace("handle", "other")}'
        ),
        ("other|another", "handle"),
    ),
    Wrong(
        "handle of an id that there is not",
        swap("await handle", 'await client.get_workflow_handle("draft")'),
        ("handle", "id|not found|another|'draft'"),
    ),
    Wrong(
        "the Workflow's class in place of the handle",
        swap("handle.query", "DraftWorkflow.query"),
        ("DraftWorkflow.query|'query'", "handle.query"),
    ),
    Wrong(
        "handler called on the handle",
        whole(_calls("await handle.get_latest_text()")),
        ("get_latest_text", "handle.query"),
    ),
    Wrong(
        "the attribute of the handle",
        whole(_calls("handle.latest_text")),
        ("latest_text", "handle.query"),
    ),
    Wrong(
        "the function itself as the text",
        whole(_calls(HANDLER)),
        ("function|method", "handle.query"),
    ),
    Wrong(
        "the handler called here, with the handle for self",
        whole(_calls(f"{HANDLER}(handle)")),
        ("latest_text", "handle.query"),
        same_as="the attribute of the handle",
    ),
    Wrong("sent by the Client", swap("handle.query", "client.query"), ("client", "handle.query")),
    Wrong(
        "the Client's method, which there is not",
        swap(ASK, "await client.query_workflow(handle.id, "),
        ("query_workflow", "handle.query"),
    ),
    Wrong("sent by the Worker", swap("handle.query", "worker.query"), ("worker", "handle.query")),
    Wrong(
        "handle.execute_query, by pattern of the others",
        swap("handle.query", "handle.execute_query"),
        ("execute_query", "handle.query"),
    ),
    Wrong("handle forgotten", swap("handle.query", "query"), ("handle.query",)),
    Wrong("self for the handle", swap("handle.query", "self.query"), ("self", "handle.query")),
    Wrong("a comma behind the call", swap("text)", "text),"), ("comma|tuple",)),
    Wrong(
        "await on the wrong side",
        swap(CALL, f"handle.query(await {HANDLER})"),
        ("await", "handle.query"),
    ),
    Wrong(
        "only the beginning returned",
        whole(HEAD + f"    text = {CALL}\n    return text[:40]"),
        ("whole|all|40|short|cut|part|differ|not the same|another",),
    ),
    Wrong(
        "a Draft in place of its text",
        whole(_calls(f"Draft(text={CALL})")),
        ("Draft", "text|str"),
    ),
    Wrong(
        "the text of a Draft that it is not",
        whole(_calls(f"({CALL}).text")),
        (".text|'text'",),
    ),
    Wrong(
        "an error that is swallowed",
        whole(f"""
{HEAD}    try:
        return await handle.query(DraftWorkflow.get_text)
    except Exception:
        return ""
"""),
        ("get_text|except|swallow|empty|''|\"\"", "get_latest_text"),
    ),
    Wrong(
        "the answer written by hand",
        whole(_calls('"Tardigrades live everywhere."')),
        ("handle.query",),
    ),
    Wrong(
        "asked the model again",
        whole(_calls('ask_model("5 facts about tardigrades").choices[0].message.content')),
        ("ask_model|model|call", "handle.query"),
    ),
    Wrong("not async", swap("async def", "def"), ("async",)),
    Wrong("another name", swap("def read", "def read_text"), ("read",)),
    Wrong(
        "handle not a parameter",
        swap("read(handle)", "read()"),
        ("handle", "parameter|takes|argument|input"),
    ),
    Wrong("name overwritten by a later cell", finished, ("read",), after='read = "read"'),
]

RIGHT = [
    Right("by name", swap(HANDLER, '"get_latest_text"')),
    Right("by name, with its type", swap(HANDLER, '"get_latest_text", result_type=str')),
    Right("by keyword", swap(HANDLER, f"query={HANDLER}")),
    Right("in a variable", whole(HEAD + f"    text = {CALL}\n    return text")),
    Right("shown besides", whole(HEAD + f"    text = {CALL}\n    print(text)\n    return text")),
    Right("by the id alone", swap("await handle", "await client.get_workflow_handle(handle.id)")),
    Right(
        "by a handle of the class",
        swap("await handle", "await client.get_workflow_handle_for(DraftWorkflow.run, handle.id)"),
    ),
    Right("with a limit", swap(HANDLER, f"{HANDLER}, rpc_timeout=timedelta(seconds=10)")),
    Right(
        "a task, awaited below",
        whole(
            HEAD
            + f"    asking = asyncio.create_task(handle.query({HANDLER}))\n    return await asking"
        ),
    ),
    Right(
        "another parameter name", swap("read(handle)", "read(draft)", "handle.query", "draft.query")
    ),
    Right("after a wrong one", finished, before=(practice(), swap("await ", ""))),
]
