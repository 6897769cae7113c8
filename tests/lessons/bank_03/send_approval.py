"""Answers to exercise 03's function that sends a decision, and tells what became of it."""

from bank import Right, Wrong, finished, practice, swap, whole

HEAD = "async def decide(handle, decision: bool) -> str:\n"
SEND = "        return await handle.execute_update(ApprovalWorkflow.approve, decision)\n"
CALL = "await handle.execute_update(ApprovalWorkflow.approve, decision)"
FAILED = "    except WorkflowUpdateFailedError as error:\n"
CAUSE = "        return str(error.cause)\n"
ENDED = (
    "    except RPCError as error:\n"
    "        if error.status != RPCStatusCode.NOT_FOUND:\n"
    "            raise\n"
    "        return error.message"
)

WRONG = [
    Wrong("blank left", practice(), ("execute_update|Update|blank",), verdict="not attempted"),
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
        swap(SEND, SEND.replace(")", "")),
        ("parenthes|)|syntax|parse|older|earlier|closed",),
        before=(finished,),
    ),
    Wrong(
        "only the call filled in",
        swap(CAUSE, "        return ...  # TODO: the error's cause, as text\n"),
        ("error's cause|error.cause",),
    ),
    Wrong(
        "only the cause filled in",
        swap(SEND, "        return ...  # TODO: execute the Update `approve` with the decision\n"),
        ("execute",),
    ),
    # what is sent
    Wrong("await forgotten", swap("await ", ""), ("await",)),
    Wrong(
        "return forgotten",
        swap(SEND, SEND.replace("return ", "")),
        ("return", "None|nothing|execute_update"),
    ),
    Wrong(
        "printed, not returned",
        swap(SEND, f"        print({CALL})\n"),
        ("return",),
        same_as="return forgotten",
    ),
    Wrong(
        "kept, not returned",
        swap(SEND, f"        answer = {CALL}\n"),
        ("return", "answer|None|nothing"),
        same_as="return forgotten",
    ),
    Wrong("sent as a Signal", swap("execute_update", "signal"), ("signal", "execute_update")),
    Wrong("asked as a Query", swap("execute_update", "query"), ("query", "execute_update")),
    Wrong(
        "handle.update, which there is not",
        swap("execute_update", "update"),
        ("handle.update|'update'", "execute_update"),
    ),
    Wrong(
        "handle.send_update, which there is not",
        swap("execute_update", "send_update"),
        ("send_update", "execute_update"),
    ),
    Wrong(
        "handle.execute",
        swap("execute_update", "execute"),
        ("handle.execute|'execute'", "execute_update"),
    ),
    Wrong(
        "started, without a stage",
        swap("execute_update", "start_update"),
        ("start_update|wait_for_stage", "execute_update"),
    ),
    Wrong(
        "started, its handle returned",
        swap(
            CALL,
            "await handle.start_update(ApprovalWorkflow.approve, decision, wait_for_stage="
            "__import__('temporalio.client').client.WorkflowUpdateStage.ACCEPTED)",
        ),
        ("start_update|handle", "execute_update|result"),
    ),
    Wrong(
        "sent by the Client",
        swap("handle.execute_update", "client.execute_update"),
        ("client", "handle.execute_update"),
    ),
    Wrong(
        "sent by the Worker",
        swap("handle.execute_update", "worker.execute_update"),
        ("worker", "handle.execute_update"),
    ),
    Wrong(
        "handle forgotten",
        swap("handle.execute_update", "execute_update"),
        ("handle.execute_update",),
    ),
    Wrong(
        "self for the handle",
        swap("handle.execute_update", "self.execute_update"),
        ("self", "handle"),
    ),
    Wrong(
        "handler called on the handle",
        swap(CALL, "await handle.approve(decision)"),
        ("approve", "execute_update"),
    ),
    Wrong(
        "handler called",
        swap("approve, decision", "approve(decision)"),
        ("approve, decision", "approve(decision)|comma|parenthes|call"),
    ),
    Wrong(
        "handler called here",
        swap(CALL, "ApprovalWorkflow.approve(handle, decision)"),
        ("approve", "execute_update"),
    ),
    Wrong(
        "handler without its class",
        swap("ApprovalWorkflow.approve", "approve"),
        ("approve", "ApprovalWorkflow.approve"),
    ),
    Wrong(
        "handler's name misspelt in a text",
        swap("ApprovalWorkflow.approve", '"aprove"'),
        ("aprove", "approve"),
    ),
    Wrong(
        "class and handler in quotes",
        swap("ApprovalWorkflow.approve", '"ApprovalWorkflow.approve"'),
        ("quote|text|name", "approve"),
    ),
    Wrong(
        "the validator in place of the handler",
        swap("ApprovalWorkflow.approve", "ApprovalWorkflow.check_approval"),
        ("check_approval", "ApprovalWorkflow.approve"),
    ),
    Wrong(
        "the attribute in place of the handler",
        swap("ApprovalWorkflow.approve", "ApprovalWorkflow.approved"),
        ("approved", "ApprovalWorkflow.approve"),
    ),
    Wrong(
        "the entry point in place of the handler",
        swap("ApprovalWorkflow.approve", "ApprovalWorkflow.run"),
        ("run", "ApprovalWorkflow.approve"),
    ),
    Wrong(
        "the class in place of the handler",
        swap("ApprovalWorkflow.approve", "ApprovalWorkflow"),
        ("ApprovalWorkflow.approve", "class|handler|method"),
    ),
    Wrong(
        "the lesson's handler",
        swap("ApprovalWorkflow.approve", "DraftWorkflow.decide"),
        ("DraftWorkflow", "ApprovalWorkflow.approve"),
    ),
    Wrong(
        "class misspelt",
        swap("ApprovalWorkflow.approve", "ApprovalWorkFlow.approve"),
        ("ApprovalWorkFlow", "ApprovalWorkflow.approve"),
    ),
    Wrong("decision forgotten", swap("approve, decision", "approve"), ("decision",)),
    Wrong("always yes", swap("approve, decision", "approve, True"), ("False|True", "decision")),
    Wrong(
        "the opposite",
        swap("approve, decision", "approve, not decision"),
        ("For True|not|opposite|round", "decision"),
    ),
    Wrong(
        "decision in quotes",
        swap("approve, decision", 'approve, "decision"'),
        ("quote|'decision'|\"decision\"|text",),
    ),
    Wrong(
        "a Decision as in the lesson",
        swap("approve, decision", 'approve, Decision("keep", 1)'),
        ("Decision", "decision"),
    ),
    Wrong(
        "an ApprovalInput",
        swap("approve, decision", "approve, ApprovalInput(decision)"),
        ("ApprovalInput", "decision"),
    ),
    Wrong(
        "decision by its own name",
        swap("approve, decision", "approve, decision=decision"),
        ("decision", "approve, decision|arg=|without|args|by position|`decision`"),
    ),
    Wrong(
        "in the wrong order",
        swap("ApprovalWorkflow.approve, decision", "decision, ApprovalWorkflow.approve"),
        ("ApprovalWorkflow.approve, decision",),
    ),
    Wrong(
        "misspelt parameter, a NameError at run time",
        swap("approve, decision", "approve, descision"),
        ("descision",),
    ),
    Wrong(
        "the result of the Workflow",
        swap(CALL, "(await asyncio.wait_for(handle.result(), 1)).status"),
        ("result", "execute_update"),
    ),
    Wrong("not async", swap("async def", "def"), ("async",)),
    Wrong(
        "waits by asyncio.run",
        swap(CALL, CALL.replace("await ", "asyncio.run(") + ")"),
        ("asyncio.run", "await"),
    ),
    Wrong("sent twice", swap(SEND, f"        {CALL}\n{SEND}"), ("twice|two|second|once|already",)),
    # what is told of a refusal
    Wrong(
        "the error in place of its cause", swap(CAUSE, "        return str(error)\n"), ("cause",)
    ),
    Wrong(
        "the error's own message",
        swap(CAUSE, "        return error.message\n"),
        ("cause",),
        same_as="the error in place of its cause",
    ),
    Wrong(
        "the error's arguments",
        swap(CAUSE, "        return str(error.args)\n"),
        ("cause",),
        same_as="the error in place of its cause",
    ),
    Wrong("the cause as an object", swap(CAUSE, "        return error.cause\n"), ("str(|text",)),
    Wrong("the error as an object", swap(CAUSE, "        return error\n"), ("str(|text|cause",)),
    Wrong(
        "the cause called",
        swap(CAUSE, "        return str(error.cause())\n"),
        ("parenthes|()|call", "error.cause"),
    ),
    Wrong(
        "the cause misspelt", swap(CAUSE, "        return str(error.couse)\n"), ("couse", "cause")
    ),
    Wrong(
        "error forgotten before the cause",
        swap(CAUSE, "        return str(cause)\n"),
        ("cause", "error.cause"),
    ),
    Wrong(
        "error's name in another spelling",
        swap(CAUSE, "        return str(err.cause)\n"),
        ("'err'|`err`", "error"),
    ),
    Wrong(
        "the cause in quotes",
        swap(CAUSE, '        return "error.cause"\n'),
        ("quote|text|'error.cause'", "str(error.cause)|error.cause"),
    ),
    Wrong(
        "the braces without f",
        swap(CAUSE, '        return "{error.cause}"\n'),
        ('f"|f-string|f before|letter f|brace|str(error.cause)',),
    ),
    Wrong(
        "the cause printed",
        swap(CAUSE, "        print(error.cause)\n"),
        ("return",),
        same_as="swallowed",
    ),
    Wrong(
        "the cause not returned",
        swap(CAUSE, CAUSE.replace("return ", "")),
        ("return",),
        same_as="swallowed",
    ),
    Wrong("raised again", swap(CAUSE, "        raise\n"), ("raise", "return")),
    Wrong("the cause raised", swap(CAUSE, "        raise error.cause\n"), ("raise", "return")),
    Wrong(
        "a sentence of one's own",
        swap(CAUSE, '        return "refused"\n'),
        ("refused|reason|own words", "cause"),
    ),
    Wrong("an empty text", swap(CAUSE, '        return ""\n'), ("empty|''|\"\"|nothing", "cause")),
    Wrong("swallowed", swap(CAUSE, "        pass\n"), ("None|nothing|pass", "return")),
    Wrong(
        "the type of the cause",
        swap(CAUSE, "        return str(type(error.cause))\n"),
        ("str(error.cause)",),
    ),
    Wrong(
        "Python's __cause__'s type name alone",
        swap(CAUSE, "        return error.cause.type\n"),
        ("str(error.cause)|message",),
        same_as="the type of the cause",
    ),
    Wrong(
        "another exception caught",
        swap("except WorkflowUpdateFailedError", "except WorkflowFailureError"),
        ("WorkflowFailureError|WorkflowUpdateFailedError",),
    ),
    Wrong(
        "ValueError caught",
        swap("except WorkflowUpdateFailedError", "except ValueError"),
        ("ValueError", "WorkflowUpdateFailedError"),
    ),
    Wrong(
        "everything caught, and one sentence",
        swap(
            FAILED + CAUSE + ENDED,
            '    except Exception:\n        return "somebody has decided already"',
        ),
        ("except|everything|Exception|own words", "cause"),
    ),
    Wrong(
        "everything caught by except:",
        swap(FAILED + CAUSE + ENDED, '    except:\n        return "refused"'),
        ("cause",),
        same_as="a sentence of one's own",
    ),
    Wrong("the last lines taken out", swap("\n" + ENDED, ""), ("RPCError|ended",)),
    Wrong(
        "the try taken out",
        whole(HEAD + f"    return {CALL}"),
        ("try|except", "WorkflowUpdateFailedError|cause|refus"),
    ),
    Wrong("another name", swap("def decide", "def send_decision"), ("decide",)),
    Wrong(
        "parameters exchanged",
        swap("(handle, decision: bool)", "(decision: bool, handle)"),
        ("order|first|exchange|swap|parameter|handle, decision",),
    ),
    Wrong("name overwritten by a later cell", finished, ("decide",), after='decide = "yes"'),
]

RIGHT = [
    Right("by name", swap("ApprovalWorkflow.approve", '"approve"')),
    Right(
        "by name, with its type",
        swap("ApprovalWorkflow.approve, decision", '"approve", decision, result_type=str'),
    ),
    Right(
        "by keywords",
        swap("ApprovalWorkflow.approve, decision", "update=ApprovalWorkflow.approve, arg=decision"),
    ),
    Right("in args", swap("approve, decision", "approve, args=[decision]")),
    Right("an f-string", swap(CAUSE, '        return f"{error.cause}"\n')),
    Right("the cause's message", swap(CAUSE, "        return error.cause.message\n")),
    Right("with words before it", swap(CAUSE, '        return f"refused: {error.cause}"\n')),
    Right("Python's own cause", swap(CAUSE, "        return str(error.__cause__)\n")),
    Right(
        "started, then its result",
        swap(
            HEAD,
            "from temporalio.client import WorkflowUpdateStage\n\n\n" + HEAD,
            SEND,
            "        update = await handle.start_update(\n"
            "            ApprovalWorkflow.approve, decision, "
            "wait_for_stage=WorkflowUpdateStage.ACCEPTED\n"
            "        )\n        return await update.result()\n",
        ),
    ),
    Right("in a variable", swap(SEND, f"        answer = {CALL}\n        return answer\n")),
    Right(
        "else",
        swap(
            SEND, f"        answer = {CALL}\n", ENDED, ENDED + "\n    else:\n        return answer"
        ),
    ),
    Right("an id of its own", swap("approve, decision", "approve, decision, id=str(uuid.uuid4())")),
    Right("other names", swap("decision: bool", "yes: bool", "approve, decision", "approve, yes")),
    Right("after a wrong one", finished, before=(practice(), swap("await ", ""))),
]
