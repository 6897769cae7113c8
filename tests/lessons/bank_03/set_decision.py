"""Answers to lesson 03's Signal handler: its decorator, and what it keeps."""

from bank import Right, Wrong, finished, practice, swap, whole

SIGNAL = "    @workflow.signal\n"
HEAD = "    def set_decision(self, decision: Decision) -> None:\n"
KEEP = "        self.decision = decision\n"

WRONG = [
    Wrong("blank left", practice(), ("workflow.signal|decorator|blank",), verdict="not attempted"),
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
        "a colon forgotten in a later edit, and an earlier version is loaded",
        swap(HEAD, HEAD.replace("None:", "None")),
        ("colon|:|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("decorator forgotten", swap(SIGNAL, ""), ("@workflow.signal",)),
    Wrong(
        "decorator in a comment",
        swap(SIGNAL, "    # @workflow.signal\n"),
        ("@workflow.signal", "comment|#"),
    ),
    Wrong(
        "body left",
        swap(KEEP, "        ...  # TODO: keep the decision in self.decision\n"),
        ("self.decision = decision",),
    ),
    Wrong(
        "body is pass",
        swap(KEEP, "        pass\n"),
        ("self.decision = decision",),
        same_as="body left",
    ),
    Wrong(
        "a Query in place of a Signal",
        swap(SIGNAL, "    @workflow.query\n"),
        ("query", "@workflow.signal"),
    ),
    Wrong(
        "an Update in place of a Signal",
        swap(SIGNAL, "    @workflow.update\n"),
        ("update", "@workflow.signal"),
    ),
    Wrong(
        "decorated as the entry point",
        swap(SIGNAL, "    @workflow.run\n"),
        ("@workflow.run", "@workflow.signal"),
    ),
    Wrong(
        "decorated as an Activity",
        swap(SIGNAL, "    @activity.defn\n"),
        ("activity.defn", "@workflow.signal"),
    ),
    Wrong(
        "decorated as a Workflow",
        swap(SIGNAL, "    @workflow.defn\n"),
        ("workflow.defn", "@workflow.signal"),
    ),
    Wrong(
        "Signal and Query at once",
        swap(SIGNAL, SIGNAL + "    @workflow.query\n"),
        ("query", "one|both|alone|take"),
    ),
    Wrong(
        "@workflow.signals",
        swap(SIGNAL, "    @workflow.signals\n"),
        ("signals", "@workflow.signal"),
    ),
    Wrong(
        "@workflow.signal_method as in Java",
        swap(SIGNAL, "    @workflow.signal_method\n"),
        ("signal_method", "@workflow.signal"),
    ),
    Wrong(
        "@signal without workflow",
        swap(SIGNAL, "    @signal\n"),
        ("'signal'|@signal", "workflow.signal"),
    ),
    Wrong(
        "the decorator above the class",
        swap(SIGNAL, "", "@workflow.defn(", "@workflow.signal\n@workflow.defn("),
        ("set_decision", "@workflow.signal"),
        same_as="decorator forgotten",
    ),
    Wrong(
        "the Signal has another name",
        swap(SIGNAL, '    @workflow.signal(name="decide")\n'),
        ("decide", "set_decision", "name"),
    ),
    Wrong(
        "the Signal's name by position",
        swap(SIGNAL, '    @workflow.signal("set_decision")\n'),
        ("set_decision", "name=|@workflow.signal`|without"),
    ),
    Wrong("compared, not assigned", swap(KEEP, "        self.decision == decision\n"), ("==",)),
    Wrong(
        "annotated, not assigned",
        swap(KEEP, "        self.decision: decision\n"),
        ("self.decision = decision",),
    ),
    Wrong(
        "self forgotten in the assignment",
        swap(KEEP, "        decision = decision\n"),
        ("self.decision = decision", "local|without self|variable of the method"),
    ),
    Wrong(
        "assigned the wrong way round",
        swap(KEEP, "        decision = self.decision\n"),
        ("self.decision = decision",),
        same_as="self forgotten in the assignment",
    ),
    Wrong(
        "returned, not kept",
        swap(KEEP, "        return decision\n"),
        ("self.decision = decision",),
        same_as="body left",
    ),
    Wrong(
        "printed, not kept",
        swap(KEEP, "        print(decision)\n"),
        ("self.decision = decision",),
        same_as="body left",
    ),
    Wrong(
        "misspelt attribute",
        swap(KEEP, "        self.decison = decision\n"),
        ("decison", "self.decision"),
    ),
    Wrong(
        "another attribute",
        swap(KEEP, "        self.latest_text = decision\n"),
        ("latest_text", "self.decision"),
    ),
    Wrong(
        "only the choice is kept",
        swap(KEEP, "        self.decision = decision.choice\n"),
        ("choice|text|str", "self.decision = decision"),
    ),
    Wrong(
        "the class, not the object",
        swap(KEEP, "        self.decision = Decision\n"),
        ("class|capital", "self.decision = decision"),
    ),
    Wrong(
        "a flag in place of the decision",
        swap(KEEP, "        self.decision = True\n"),
        ("True", "self.decision = decision"),
    ),
    Wrong(
        "the name in quotes",
        swap(KEEP, '        self.decision = "decision"\n'),
        ("quote|text|'decision'|\"decision\"",),
    ),
    Wrong(
        "appended to what is None",
        swap(KEEP, "        self.decision.append(decision)\n"),
        ("append", "self.decision = decision"),
    ),
    Wrong(
        "calls itself",
        swap(KEEP, "        self.set_decision(decision)\n"),
        ("itself|recurs|again and again", "self.decision = decision"),
    ),
    Wrong(
        "misspelt parameter, a NameError at run time",
        swap(KEEP, "        self.decision = decison\n"),
        ("decison",),
    ),
    Wrong("self forgotten", swap("(self, decision", "(decision"), ("self",)),
    Wrong(
        "the input forgotten",
        swap("(self, decision: Decision)", "(self)", KEEP, '        self.decision = "keep"\n'),
        ("decision", "parameter|input|argument|takes"),
    ),
    Wrong(
        "a keep whatever was decided",
        swap(KEEP, '        self.decision = Decision("keep")\n'),
        ("keep", "self.decision = decision"),
    ),
    Wrong(
        "kept only where it equals a text",
        swap(KEEP, '        if decision == "keep":\n            self.decision = decision\n'),
        ("==|if|decision.choice", "decision"),
    ),
    Wrong(
        "edits are thrown away",
        swap(KEEP, '        if decision.choice == "keep":\n            self.decision = decision\n'),
        ("edit|redo|if|every", "decision"),
    ),
    Wrong(
        "waits a minute first",
        swap(
            "    def set_decision",
            "    async def set_decision",
            KEEP,
            "        await asyncio.sleep(60)\n" + KEEP,
        ),
        ("sleep|60|wait",),
    ),
    Wrong(
        "await in a handler that is not async",
        swap(KEEP, "        await workflow.wait_condition(lambda: decision)\n" + KEEP),
        ("await", "async|without|away"),
    ),
    Wrong(
        "blocks its thread",
        swap(KEEP, "        time.sleep(3)\n" + KEEP),
        ("sleep|block",),
    ),
    Wrong(
        "the model asked in the handler",
        swap(KEEP, KEEP + "        self.latest_text = ask_model(self.prompt)\n"),
        ("ask_model", "Activity|handler|away"),
    ),
    Wrong(
        "asks for an Activity, without await",
        swap(
            KEEP,
            KEEP
            + "        workflow.execute_activity(llm_call, LLMCallInput(decision.instructions),"
            " start_to_close_timeout=timedelta(seconds=30))\n",
        ),
        ("execute_activity|llm_call|Activity",),
    ),
    Wrong(
        "the method renamed",
        swap("def set_decision", "def decide"),
        ("`set_decision`",),
    ),
    Wrong(
        "sandboxed=False taken away in a notebook",
        swap("(sandboxed=False)", ""),
        ("sandboxed=False",),
    ),
    Wrong(
        "the class renamed",
        swap("class DraftWorkflow:", "class SignalWorkflow:"),
        ("SignalWorkflow|class", "DraftWorkflow"),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("DraftWorkflow", "class"),
        after='DraftWorkflow = DraftWorkflow(DraftInput("bees"))',
    ),
    Wrong(
        "the wait made true at once",
        swap("lambda: self.decision is not None", "lambda: self.decision is None"),
        ("is not None|wait",),
    ),
    Wrong(
        "a condition that is no function",
        swap("(lambda: self.decision is not None)", "(self.decision is not None)"),
        ("lambda",),
    ),
    Wrong(
        "the wait not awaited",
        swap("await workflow.wait_condition", "workflow.wait_condition"),
        ("await workflow.wait_condition",),
        same_as="the wait made true at once",
    ),
]

RIGHT = [
    Right("decorator called", swap(SIGNAL, "    @workflow.signal()\n")),
    Right("named as it is called", swap(SIGNAL, '    @workflow.signal(name="set_decision")\n')),
    Right("async", swap("    def set_decision", "    async def set_decision")),
    Right(
        "another parameter name, and a docstring",
        swap(
            HEAD + KEEP,
            "    def set_decision(self, what: Decision) -> None:\n"
            '        """Keep what a person has decided."""\n'
            "        self.decision = what\n",
        ),
    ),
    Right("setattr", swap(KEEP, '        setattr(self, "decision", decision)\n')),
    Right(
        "imported decorator",
        lambda blank: (
            "from temporalio.workflow import signal\n\n\n"
            + blank.finished.replace("    @workflow.signal", "    @signal")
        ),
    ),
    Right("no type of result", swap(" -> None:\n" + KEEP, ":\n" + KEEP)),
    Right("a line in the log", swap(KEEP, KEEP + '        workflow.logger.debug("decided")\n')),
    Right(
        "by way of a variable",
        swap(KEEP, "        given = decision\n        self.decision = given\n"),
    ),
    Right("one line", swap(HEAD + KEEP, HEAD.rstrip("\n") + " self.decision = decision\n")),
    Right("after a wrong one", finished, before=(practice(), swap(SIGNAL, ""))),
    Right(
        "written anew",
        whole("""
@workflow.defn(sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput) -> None:
        self.input = input
        self.decision = None

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        response = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=timedelta(seconds=30),
        )
        text = response["choices"][0]["message"]["content"]
        await workflow.wait_condition(lambda: bool(self.decision))
        return Draft(text=text, status="published")

    @workflow.signal(name="set_decision")
    async def set_decision(self, decision: Decision) -> None:
        self.decision = decision
"""),
    ),
]
