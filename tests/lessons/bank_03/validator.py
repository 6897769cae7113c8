"""Answers to lesson 03's validator: what it refuses, how, and that it changes nothing."""

from bank import Right, Wrong, finished, practice, swap

STATUS = '        if self.draft.status != "waiting":\n'
STATUS_SAYS = (
    "            raise ValueError("
    'f"nothing waits for a decision: the draft is {self.draft.status}")\n'
)
VERSION = "        if decision.version != self.draft.version:\n"
VERSION_SAYS = (
    "            raise ValueError("
    'f"you have read {decision.version}, and {self.draft.version} waits")\n'
)
DECIDED = "        if self.decision is not None:\n"
DECIDED_SAYS = '            raise ValueError(f"version {decision.version} is decided already")\n'
ALL = STATUS + STATUS_SAYS + VERSION + VERSION_SAYS + DECIDED + DECIDED_SAYS
MARK = "    @decide.validator\n"
HEAD = "    def check_decision(self, decision: Decision) -> None:\n"
HANDLER = '        self.decision = decision\n        return f"{decision.choice} of'
WAITING = "if self.draft.status != "


def _instead(text: str) -> str:
    """The three checks with `raise ValueError(…)` replaced."""
    return ALL.replace("raise ValueError", text)


WRONG = [
    Wrong("blank left", practice(), ("validator|refuse|blank|raise",), verdict="not attempted"),
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
        swap(VERSION, VERSION.replace(":", "")),
        ("colon|:|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    # one forgotten
    Wrong("the status forgotten", swap(STATUS + STATUS_SAYS, ""), ("waiting|status",)),
    Wrong("the version forgotten", swap(VERSION + VERSION_SAYS, ""), ("version",)),
    Wrong(
        "the decision forgotten",
        swap(DECIDED + DECIDED_SAYS, ""),
        ("already|decided|second|twice", "self.decision"),
    ),
    Wrong(
        "only the status",
        swap(
            VERSION + VERSION_SAYS + DECIDED + DECIDED_SAYS,
            "        ...  # TODO: another version than the one that waits\n"
            "        ...  # TODO: a decision has been made already\n",
        ),
        ("version",),
        same_as="the version forgotten",
    ),
    Wrong(
        "last blank left",
        swap(DECIDED + DECIDED_SAYS, "        ...  # TODO: a decision has been made already\n"),
        ("already|decided|second|twice",),
        same_as="the decision forgotten",
    ),
    # how it refuses
    Wrong(
        "returns False",
        swap(ALL, ALL.replace("raise ValueError(", "return False  # (")),
        ("False|return", "raise"),
    ),
    Wrong("returns a text", swap(ALL, _instead("return ")), ("return", "raise")),
    Wrong("returns the error", swap(ALL, _instead("return ValueError")), ("return", "raise")),
    Wrong(
        "makes the error, and does not raise it",
        swap(ALL, _instead("ValueError")),
        ("raise",),
        same_as="the status forgotten",
    ),
    Wrong("prints", swap(ALL, _instead("print")), ("raise",), same_as="the status forgotten"),
    Wrong(
        "returns in silence",
        swap(ALL, ALL.replace("raise ValueError(", "return  # (")),
        ("raise",),
        same_as="the status forgotten",
    ),
    Wrong(
        "one return of a condition",
        swap(
            ALL,
            "        return (\n"
            '            self.draft.status == "waiting"\n'
            "            and decision.version == self.draft.version\n"
            "            and self.decision is None\n"
            "        )\n",
        ),
        ("return", "raise"),
        same_as="returns False",
    ),
    Wrong("raises a text", swap(ALL, _instead("raise ")), ("ValueError(", "text|str|raise")),
    Wrong(
        "raises without words",
        swap(
            ALL,
            ALL.replace(STATUS_SAYS, "            raise ValueError\n")
            .replace(VERSION_SAYS, "            raise ValueError\n")
            .replace(DECIDED_SAYS, "            raise ValueError\n"),
        ),
        ("word|message|reason|why|says nothing|text",),
    ),
    Wrong(
        "raises with empty parentheses",
        swap(DECIDED_SAYS, "            raise ValueError()\n"),
        ("word|message|reason|why|says nothing|text",),
        same_as="raises without words",
    ),
    Wrong(
        "raises an error that there is not",
        swap(ALL, _instead("raise Valueerror")),
        ("Valueerror", "ValueError"),
    ),
    Wrong(
        "raise with a colon", swap(DECIDED, DECIDED.replace("if", "raise if")), ("raise|syntax|if",)
    ),
    Wrong(
        "its own error caught again",
        swap(
            ALL,
            "        try:\n"
            + "".join(f"    {line}\n" for line in ALL.splitlines())
            + "        except ValueError:\n            pass\n",
        ),
        ("except|caught|swallow|refus|accept", "raise|ValueError"),
    ),
    # status
    Wrong("status misspelt", swap('"waiting"', '"wating"'), ("wating", "waiting")),
    Wrong("status in other words", swap('"waiting"', '"ready"'), ("ready", "waiting")),
    Wrong(
        "status with a capital letter",
        swap('"waiting"', '"Waiting"'),
        ("waiting", "small|lower|capital|letter|'Waiting'"),
    ),
    Wrong(
        "status turned round",
        swap(STATUS, STATUS.replace("!=", "==")),
        ("==|!=|round|not", "waiting"),
    ),
    Wrong(
        "status of the class",
        swap(STATUS, STATUS.replace("self.draft", "Draft")),
        ("Draft.status", "self.draft"),
    ),
    Wrong(
        "status of self",
        swap(STATUS, STATUS.replace("self.draft.status", "self.status")),
        ("self.status|'status'", "self.draft.status"),
    ),
    Wrong(
        "the draft compared with the status",
        swap(STATUS, STATUS.replace(".status", "")),
        ("self.draft.status",),
    ),
    Wrong(
        "status set",
        swap(STATUS, '        self.draft.status = "waiting"\n' + STATUS),
        ("change|set|state",),
        same_as="the decision kept in the validator",
    ),
    Wrong("status without quotes", swap('"waiting"', "waiting"), ("quote|\"waiting\"|'waiting'",)),
    Wrong(
        "status assigned in the condition",
        swap(STATUS, STATUS.replace("!=", "=")),
        ("!=|=|syntax",),
    ),
    Wrong(
        "only a text asked for",
        swap(STATUS, "        if not self.draft.text:\n"),
        ("status", "waiting"),
        same_as="the status forgotten",
    ),
    # version
    Wrong(
        "newer refused, older taken",
        swap(VERSION, VERSION.replace("!=", ">")),
        ("decision.version != self.draft.version|!=",),
        same_as="the version forgotten",
    ),
    Wrong(
        "older refused, newer taken",
        swap(VERSION, VERSION.replace("!=", "<")),
        ("!=", "newer|version|<"),
    ),
    Wrong(
        "version turned round",
        swap(VERSION, VERSION.replace("!=", "==")),
        ("==|!=|round|not|same", "version"),
    ),
    Wrong(
        "compared with the whole draft",
        swap(VERSION, VERSION.replace("self.draft.version", "self.draft")),
        ("self.draft.version",),
    ),
    Wrong(
        "the whole decision compared",
        swap(VERSION, VERSION.replace("decision.version", "decision")),
        ("decision.version",),
    ),
    Wrong(
        "two different things compared",
        swap(VERSION, "        if decision != self.draft:\n"),
        ("version", "decision.version|self.draft.version"),
        same_as="compared with the whole draft",
    ),
    Wrong(
        "version of self",
        swap(VERSION, VERSION.replace("self.draft.version", "self.version")),
        ("self.version|'version'", "self.draft.version"),
    ),
    Wrong(
        "version of the class",
        swap(VERSION, VERSION.replace("self.draft.version", "Draft.version")),
        ("Draft.version", "self.draft"),
    ),
    Wrong(
        "version of the input",
        swap(VERSION, VERSION.replace("self.draft.version", "input.draft.version")),
        ("input", "self.draft.version"),
    ),
    Wrong(
        "version against the bound",
        swap(VERSION, VERSION.replace("!= self.draft.version", "> VERSIONS")),
        ("self.draft.version",),
        same_as="the version forgotten",
    ),
    Wrong(
        "version compared with itself",
        swap(VERSION, VERSION.replace("self.draft.version", "decision.version")),
        ("self.draft.version",),
        same_as="the version forgotten",
    ),
    Wrong(
        "version of the earlier decision",
        swap(VERSION, VERSION.replace("self.draft.version", "self.decision.version")),
        ("self.decision", "self.draft.version|None"),
    ),
    Wrong(
        "version as a text",
        swap(VERSION, VERSION.replace("decision.version", "str(decision.version)")),
        ("str|text", "version"),
    ),
    Wrong(
        "is not for !=, with a text",
        swap(VERSION, VERSION.replace("decision.version !=", "decision.choice !=")),
        ("choice", "decision.version"),
    ),
    # decided already
    Wrong(
        "decided turned round",
        swap(DECIDED, DECIDED.replace("is not", "is")),
        ("is not None|round|first|not", "self.decision"),
    ),
    Wrong(
        "the parameter asked, not self",
        swap(DECIDED, DECIDED.replace("self.", "")),
        ("self.decision", "parameter|always|decision is not None|input|every"),
    ),
    Wrong(
        "only the same decision refused",
        swap(DECIDED, "        if self.decision == decision:\n"),
        ("==|same|another|other", "is not None"),
    ),
    Wrong(
        "only another decision refused",
        swap(DECIDED, "        if self.decision != decision:\n"),
        ("!=|first|None", "is not None|None"),
    ),
    Wrong(
        "misspelt attribute",
        swap(DECIDED, DECIDED.replace("self.decision", "self.decison")),
        ("decison",),
    ),
    Wrong(
        "decided asked of the draft",
        swap(DECIDED, DECIDED.replace("self.decision", "self.draft.decision")),
        ("self.draft.decision|'decision'", "self.decision"),
    ),
    Wrong(
        "only keep asked",
        swap(DECIDED, '        if self.decision is not None and self.decision.choice == "keep":\n'),
        ("keep|edit|redo|every|any", "self.decision|already|decided"),
    ),
    # the method
    Wrong(
        "the decision kept in the validator",
        swap(DECIDED_SAYS, DECIDED_SAYS + "        self.decision = decision\n"),
        ("change|set|state",),
    ),
    Wrong(
        "counts the refusals",
        swap(VERSION, "        self.draft.version += 1\n" + VERSION),
        ("version", "change|set|state|nothing"),
    ),
    Wrong(
        "an async validator",
        swap("    def check_decision", "    async def check_decision"),
        ("async",),
    ),
    Wrong(
        "waits in the validator",
        swap(
            "    def check_decision",
            "    async def check_decision",
            STATUS,
            '        await workflow.wait_condition(lambda: self.draft.status == "waiting")\n'
            + STATUS,
        ),
        ("wait|async",),
        same_as="an async validator",
    ),
    Wrong("decorator forgotten", swap(MARK, ""), ("@decide.validator",)),
    Wrong(
        "@workflow.validator, which there is not",
        swap(MARK, "    @workflow.validator\n"),
        ("workflow.validator|'validator'", "decide.validator"),
    ),
    Wrong(
        "a second Update",
        swap(MARK, "    @workflow.update\n"),
        ("@workflow.update|update", "@decide.validator"),
    ),
    Wrong(
        "@workflow.update.validator",
        swap(MARK, "    @workflow.update.validator\n"),
        ("workflow.update.validator|'validator'", "@decide.validator"),
    ),
    Wrong(
        "@decide.validator()",
        swap(MARK, "    @decide.validator()\n"),
        ("parenthes|()", "@decide.validator"),
    ),
    Wrong(
        "a Signal in place of the Update",
        swap("@workflow.update", "@workflow.signal"),
        ("signal", "@workflow.update"),
    ),
    Wrong(
        "the checks in the handler",
        swap(ALL, "", HANDLER, ALL + HANDLER),
        ("handler|decide", "validator|check_decision"),
    ),
    Wrong(
        "the checks below the handler's assignment",
        swap(
            ALL,
            "",
            "        self.decision = decision\n",
            "        self.decision = decision\n" + ALL,
        ),
        ("handler|decide", "validator|check_decision"),
        same_as="the checks in the handler",
    ),
    Wrong(
        "input forgotten",
        swap("check_decision(self, decision: Decision)", "check_decision(self)"),
        ("decision", "parameter|argument|input|takes"),
    ),
    Wrong(
        "self forgotten",
        swap("check_decision(self, decision", "check_decision(decision"),
        ("self",),
    ),
    Wrong(
        "misspelt parameter, a NameError at run time",
        swap(VERSION, VERSION.replace("decision.version !=", "decison.version !=")),
        ("decison",),
    ),
    Wrong(
        "the decision's draft",
        swap(VERSION, VERSION.replace("decision.version", "decision.draft.version")),
        ("decision.draft|'draft'", "decision.version"),
    ),
    Wrong(
        "all refused at once by or's opposite",
        swap(
            ALL,
            '        if (\n            self.draft.status != "waiting"\n'
            "            and decision.version != self.draft.version\n"
            "            and self.decision is not None\n        ):\n"
            '            raise ValueError("this cannot be decided")\n',
        ),
        ("and", "or|each|alone|every"),
    ),
    Wrong(
        "indented under the check of the choice",
        swap(ALL, "".join(f"    {line}\n" for line in ALL.splitlines())),
        ("indent|never|after raise|unreachable|below|left|reach",),
    ),
    Wrong(
        "the choice's check taken out",
        lambda blank: _without_choice(blank.finished),
        ("choice|keep, redo",),
    ),
    Wrong(
        "the handler's answer taken out",
        swap('        return f"{decision.choice} of version {decision.version} accepted"\n', ""),
        ("return|answer|None",),
    ),
    Wrong(
        "the handler forgets the decision",
        swap("        self.decision = decision\n        return", "        return"),
        ("self.decision = decision|keep",),
    ),
    Wrong("the base class forgotten", swap("(Drafting)", ""), ("Drafting",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("DraftWorkflow", "class"),
        after='DraftWorkflow = DraftWorkflow(DraftInput("bees"))',
    ),
]


def _without_choice(text: str) -> str:
    start = text.index("        if decision.choice not in")
    return text[:start] + text[text.index(STATUS) :]


RIGHT = [
    Right(
        "elif", swap(VERSION, VERSION.replace("if", "elif"), DECIDED, DECIDED.replace("if", "elif"))
    ),
    Right(
        "other words",
        swap(
            STATUS_SAYS,
            '            raise ValueError("Please wait: the text is being written.")\n',
            VERSION_SAYS,
            '            raise ValueError("There is a newer text.")\n',
            DECIDED_SAYS,
            '            raise ValueError("Too late!")\n',
        ),
    ),
    Right(
        "in another order",
        swap(ALL, DECIDED + DECIDED_SAYS + VERSION + VERSION_SAYS + STATUS + STATUS_SAYS),
    ),
    Right("if self.decision", swap(DECIDED, "        if self.decision:\n")),
    Right(
        "not and ==",
        swap(
            STATUS,
            '        if not self.draft.status == "waiting":\n',
            VERSION,
            "        if not (decision.version == self.draft.version):\n",
        ),
    ),
    Right(
        "helper variables",
        swap(
            ALL,
            "        waits, read = self.draft.version, decision.version\n"
            '        reason = ""\n'
            '        if self.draft.status != "waiting":\n            reason = "no draft waits"\n'
            '        elif read != waits:\n            reason = f"{waits} waits, not {read}"\n'
            '        elif self.decision is not None:\n            reason = "it is decided"\n'
            "        if reason:\n            raise ValueError(reason)\n",
        ),
    ),
    Right(
        "one condition",
        swap(
            ALL,
            "        if (\n"
            '            self.draft.status != "waiting"\n'
            "            or decision.version != self.draft.version\n"
            "            or self.decision is not None\n"
            '        ):\n            raise ValueError("this version cannot be decided now")\n',
        ),
    ),
    Right(
        "a helper method",
        swap(
            MARK,
            "    def refuse(self, when: bool, why: str) -> None:\n        if when:\n"
            "            raise ValueError(why)\n\n" + MARK,
            ALL,
            '        self.refuse(self.draft.status != "waiting", "no draft waits")\n'
            '        self.refuse(decision.version != self.draft.version, "another version")\n'
            '        self.refuse(self.decision is not None, "decided already")\n',
        ),
    ),
    Right(
        "the decorator of Update called", swap("    @workflow.update\n", "    @workflow.update()\n")
    ),
    Right("an async handler", swap("    def decide", "    async def decide")),
    Right("status in a tuple", swap(STATUS, '        if self.draft.status not in ("waiting",):\n')),
    Right(
        "another parameter name",
        swap(
            HEAD,
            HEAD.replace("decision: Decision", "given: Decision") + "        decision = given\n",
        ),
    ),
    Right(
        "after a wrong one",
        finished,
        before=(practice(), swap(VERSION, VERSION.replace("!=", ">"))),
    ),
]
