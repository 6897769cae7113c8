"""Answers to exercise 03's Update: the handler, its validator, and what that refuses."""

from bank import Right, Wrong, finished, practice, swap

UPDATE = "    @workflow.update\n"
MARK = "    @approve.validator\n"
HEAD = "    def check_approval(self, decision: bool) -> None:\n"
HANDLER = "    def approve(self, decision: bool) -> str:\n"
KEEP = "        self.approved = decision\n"
ANSWER = '        return "approved" if decision else "rejected"\n'
NO_DRAFT = "        if not self.draft:\n"
NO_DRAFT_SAYS = '            raise ValueError("no draft is there yet")\n'
DECIDED = "        if self.approved is not None:\n"
DECIDED_SAYS = '            raise ValueError("somebody has decided already")\n'
ALL = NO_DRAFT + NO_DRAFT_SAYS + DECIDED + DECIDED_SAYS
HANDLED = UPDATE + HANDLER + KEEP + ANSWER + "\n"
VALIDATOR = MARK + HEAD + ALL

WRONG = [
    Wrong("blank left", practice(), ("update|validator|blank",), verdict="not attempted"),
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
        swap(DECIDED, DECIDED.replace(":", "")),
        ("colon|:|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    # the handler
    Wrong(
        "Signal kept, and the validator's decorator",
        swap(UPDATE, "    @workflow.signal\n"),
        ("signal", "@workflow.update"),
    ),
    Wrong(
        "Signal kept, and no decorator of the validator",
        swap(UPDATE, "    @workflow.signal\n", MARK, ""),
        ("signal", "@workflow.update"),
        same_as="Signal kept, and the validator's decorator",
    ),
    Wrong(
        "Signal and Update at once",
        swap(UPDATE, UPDATE + "    @workflow.signal\n"),
        ("signal", "@workflow.update"),
        same_as="Signal kept, and the validator's decorator",
    ),
    Wrong(
        "a Query in place of the Update",
        swap(UPDATE, "    @workflow.query\n"),
        ("query", "@workflow.update"),
    ),
    Wrong("handler not decorated", swap(UPDATE, ""), ("@workflow.update", "approve")),
    Wrong(
        "@workflow.updates",
        swap(UPDATE, "    @workflow.updates\n"),
        ("updates", "@workflow.update"),
    ),
    Wrong(
        "@update without workflow",
        swap(UPDATE, "    @update\n"),
        ("'update'|@update", "workflow.update"),
    ),
    Wrong(
        "@workflow.update_method as in Java",
        swap(UPDATE, "    @workflow.update_method\n"),
        ("update_method", "@workflow.update"),
    ),
    Wrong(
        "decorated as an Activity",
        swap(UPDATE, "    @activity.defn\n"),
        ("activity.defn", "@workflow.update"),
    ),
    Wrong(
        "the Update has another name",
        swap(UPDATE, '    @workflow.update(name="decide")\n'),
        ("decide", "approve", "name"),
    ),
    Wrong("the handler keeps nothing", swap(KEEP, ""), ("self.approved = decision|keep",)),
    Wrong(
        "compared, not assigned",
        swap(KEEP, "        self.approved == decision\n"),
        ("self.approved = decision",),
        same_as="the handler keeps nothing",
    ),
    Wrong("the handler answers nothing", swap(ANSWER, ""), ("return|answer|None|sentence",)),
    Wrong(
        "the handler prints its answer",
        swap(ANSWER, '        print("approved" if decision else "rejected")\n'),
        ("return",),
        same_as="the handler answers nothing",
    ),
    Wrong(
        "the handler refuses by its answer",
        swap(
            KEEP,
            "        if self.approved is not None:\n"
            '            return "somebody has decided already"\n' + KEEP,
            DECIDED + DECIDED_SAYS,
            "",
        ),
        ("raise|validator|check_approval", "is not None|validator|check_approval"),
        same_as="the decision forgotten",
    ),
    Wrong(
        "a yes whatever was decided",
        swap(KEEP, "        self.approved = True\n"),
        ("True|no", "decision"),
    ),
    # the validator's decorator
    Wrong("decorator of the validator forgotten", swap(MARK, ""), ("@approve.validator",)),
    Wrong(
        "decorator of the validator in a comment",
        swap(MARK, "    # @approve.validator\n"),
        ("@approve.validator", "comment|#"),
    ),
    Wrong(
        "@workflow.validator",
        swap(MARK, "    @workflow.validator\n"),
        ("'validator'|workflow.validator", "approve.validator"),
    ),
    Wrong(
        "@workflow.update.validator",
        swap(MARK, "    @workflow.update.validator\n"),
        ("workflow.update", "@approve.validator"),
    ),
    Wrong(
        "@workflow.update_validator",
        swap(MARK, "    @workflow.update_validator\n"),
        ("update_validator", "@approve.validator"),
    ),
    Wrong(
        "@validator",
        swap(MARK, "    @validator\n"),
        ("'validator'|@validator", "approve.validator"),
    ),
    Wrong(
        "@approve.validate",
        swap(MARK, "    @approve.validate\n"),
        ("validate", "@approve.validator"),
    ),
    Wrong(
        "@approve.validator()",
        swap(MARK, "    @approve.validator()\n"),
        ("parenthes|()", "@approve.validator"),
    ),
    Wrong(
        "the validator's own name",
        swap(MARK, "    @check_approval.validator\n"),
        ("check_approval", "@approve.validator"),
    ),
    Wrong(
        "the lesson's handler",
        swap(MARK, "    @decide.validator\n"),
        ("decide", "@approve.validator"),
    ),
    Wrong(
        "self in front", swap(MARK, "    @self.approve.validator\n"), ("self", "@approve.validator")
    ),
    Wrong(
        "an Update of its own",
        swap(MARK, "    @workflow.update\n"),
        ("update", "@approve.validator"),
    ),
    Wrong("a Query", swap(MARK, "    @workflow.query\n"), ("query", "@approve.validator")),
    Wrong(
        "the validator above the handler",
        swap(VALIDATOR, "", HANDLED, VALIDATOR + "\n" + HANDLED),
        ("approve", "above|below|before|after|order|first"),
    ),
    Wrong(
        "the validator named like the handler",
        swap("def check_approval", "def approve"),
        ("approve", "name"),
    ),
    # the validator
    Wrong("body left", swap(ALL, "        ...\n"), ("draft", "raise|refuse|ValueError")),
    Wrong("the draft forgotten", swap(NO_DRAFT + NO_DRAFT_SAYS, ""), ("draft",)),
    Wrong(
        "the decision forgotten",
        swap(DECIDED + DECIDED_SAYS, ""),
        ("self.approved is not None", "let through|accepted|twice|second"),
    ),
    Wrong(
        "returns False",
        swap(ALL, ALL.replace("raise ValueError(", "return False  # (")),
        ("False|return", "raise"),
    ),
    Wrong(
        "returns a text", swap(ALL, ALL.replace("raise ValueError", "return ")), ("return", "raise")
    ),
    Wrong(
        "makes the error, and does not raise it",
        swap(ALL, ALL.replace("raise ", "")),
        ("raise",),
        same_as="the draft forgotten",
    ),
    Wrong("returns the error", swap(ALL, ALL.replace("raise ", "return ")), ("return", "raise")),
    Wrong(
        "prints",
        swap(ALL, ALL.replace("raise ValueError", "print")),
        ("raise",),
        same_as="the draft forgotten",
    ),
    Wrong(
        "raises a text",
        swap(ALL, ALL.replace("raise ValueError", "raise ")),
        ("ValueError(", "text|str|raise"),
    ),
    Wrong(
        "raises without words",
        swap(
            ALL,
            ALL.replace('("no draft is there yet")', "").replace(
                '("somebody has decided already")', ""
            ),
        ),
        ("word|message|reason|why|says nothing|text",),
    ),
    Wrong(
        "ValueError misspelt",
        swap(ALL, ALL.replace("ValueError", "ValueErorr")),
        ("ValueErorr", "ValueError"),
    ),
    Wrong(
        "a no counts as no decision",
        swap(DECIDED, "        if self.approved:\n"),
        ("no|False|rejected", "is not None"),
    ),
    Wrong(
        "if not self.approved",
        swap(DECIDED, "        if not self.approved:\n"),
        ("not self.approved|first|None", "is not None"),
    ),
    Wrong(
        "decided turned round",
        swap(DECIDED, DECIDED.replace("is not", "is")),
        ("is None|first|round", "is not None"),
        same_as="if not self.approved",
    ),
    Wrong(
        "only the same decision refused",
        swap(DECIDED, "        if self.approved == decision:\n"),
        ("is not None",),
    ),
    Wrong(
        "only another decision refused",
        swap(DECIDED, "        if self.approved != decision:\n"),
        ("is not None|not None",),
        same_as="if not self.approved",
    ),
    Wrong(
        "the parameter asked, not self",
        swap(DECIDED, "        if decision is not None:\n"),
        ("self.approved",),
        same_as="if not self.approved",
    ),
    Wrong(
        "a no refused",
        swap(DECIDED, "        if not decision:\n"),
        ("no|False|decision", "self.approved"),
    ),
    Wrong(
        "decided misspelt",
        swap(DECIDED, DECIDED.replace("approved", "aproved")),
        ("aproved", "self.approved"),
    ),
    Wrong(
        "the method asked, not the attribute",
        swap(DECIDED, DECIDED.replace("self.approved", "self.approve")),
        ("self.approved",),
        same_as="if not self.approved",
    ),
    Wrong(
        "draft turned round",
        swap(NO_DRAFT, "        if self.draft:\n"),
        ("not self.draft|round|is there|empty", "draft"),
    ),
    Wrong(
        "draft compared with None",
        swap(NO_DRAFT, "        if self.draft is None:\n"),
        ("not self.draft|empty",),
        same_as="the draft forgotten",
    ),
    Wrong(
        "self forgotten at the draft",
        swap(NO_DRAFT, "        if not draft:\n"),
        ("draft", "self.draft"),
    ),
    Wrong(
        "the draft's status, as in the lesson",
        swap(NO_DRAFT, '        if self.draft.status != "waiting":\n'),
        ("status", "self.draft"),
    ),
    Wrong(
        "draft set in the validator",
        swap(NO_DRAFT, '        self.draft = self.draft or "none"\n' + NO_DRAFT),
        ("self.draft", "change|set|state|nothing|empty|refuse"),
    ),
    Wrong(
        "decision kept in the validator",
        swap(DECIDED_SAYS, DECIDED_SAYS + KEEP),
        ("self.approved", "change|set|state|handler|nothing"),
    ),
    Wrong(
        "both conditions needed",
        swap(
            ALL,
            "        if not self.draft and self.approved is not None:\n"
            '            raise ValueError("not now")\n',
        ),
        ("not self.draft|or|each",),
        same_as="the draft forgotten",
    ),
    Wrong(
        "an async validator",
        swap("    def check_approval", "    async def check_approval"),
        ("async",),
    ),
    Wrong(
        "waits for the draft in the validator",
        swap(
            "    def check_approval",
            "    async def check_approval",
            NO_DRAFT + NO_DRAFT_SAYS,
            '        await workflow.wait_condition(lambda: self.draft != "")\n',
        ),
        ("wait|async",),
        same_as="an async validator",
    ),
    Wrong(
        "the checks in the handler",
        swap(ALL, "        pass\n", KEEP, ALL + KEEP),
        ("handler|approve", "validator|check_approval"),
    ),
    Wrong(
        "the checks in the handler, and no validator",
        swap("\n" + VALIDATOR, "", KEEP, ALL + KEEP),
        ("handler|approve", "validator|check_approval"),
        same_as="the checks in the handler",
    ),
    Wrong(
        "input forgotten",
        swap("check_approval(self, decision: bool)", "check_approval(self)"),
        ("decision", "parameter|argument|input|takes"),
    ),
    Wrong(
        "self forgotten",
        swap("check_approval(self, decision", "check_approval(decision"),
        ("self",),
    ),
    # the rest of the class
    Wrong(
        "the draft not kept by run",
        swap("        self.draft = answer", "        draft = answer"),
        ("self.draft",),
    ),
    Wrong(
        "silence rejected",
        swap(
            "            if self.approved is None:\n"
            '                return ApprovalResult("expired", self.draft)\n',
            "            pass\n",
        ),
        ("expired",),
    ),
    Wrong(
        "24 minutes",
        swap("hours=24", "minutes=24"),
        ("minutes|1440|1,440|24 min", "hours=24|24 hours|24 h"),
    ),
    Wrong(
        "everything caught",
        swap("except asyncio.TimeoutError:", "except:"),
        ("except:|everything|bare|cancel|all", "asyncio.TimeoutError"),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("ApprovalWorkflow", "class"),
        after='ApprovalWorkflow = ApprovalWorkflow(ApprovalInput("bees"))',
    ),
]

RIGHT = [
    Right("decorator called", swap(UPDATE, "    @workflow.update()\n")),
    Right("named as it is called", swap(UPDATE, '    @workflow.update(name="approve")\n')),
    Right("an async handler", swap("    def approve", "    async def approve")),
    Right("in another order", swap(ALL, DECIDED + DECIDED_SAYS + NO_DRAFT + NO_DRAFT_SAYS)),
    Right("elif", swap(DECIDED, DECIDED.replace("if", "elif"))),
    Right("compared with the empty text", swap(NO_DRAFT, '        if self.draft == "":\n')),
    Right("in a tuple", swap(DECIDED, "        if self.approved in (True, False):\n")),
    Right("!= None", swap(DECIDED, "        if self.approved != None:\n")),
    Right(
        "other words",
        swap("no draft is there yet", "Bitte warten.", "somebody has decided already", "Too late!"),
    ),
    Right("its own sentence", swap(ANSWER, '        return f"Thank you: {decision}"\n')),
    Right(
        "one condition",
        swap(
            ALL,
            "        if not self.draft or self.approved is not None:\n"
            '            raise ValueError("this cannot be decided now")\n',
        ),
    ),
    Right("the length of the draft", swap(NO_DRAFT, "        if len(self.draft) == 0:\n")),
    Right("another parameter name", swap(HEAD, HEAD.replace("decision", "yes"))),
    Right(
        "helper variables",
        swap(
            ALL,
            '        early, late = self.draft == "", self.approved is not None\n'
            '        why = "no draft is there yet" if early else "decided already"\n'
            "        if early or late:\n            raise ValueError(why)\n",
        ),
    ),
    Right(
        "after a wrong one",
        finished,
        before=(practice(), swap(DECIDED, "        if self.approved:\n")),
    ),
]
