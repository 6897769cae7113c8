"""Answers to exercise 04's consent: kept under the call's id, awaited for an hour, silence a no."""

from bank import Right, Text, Wrong, finished, practice, swap

KEEP = "        self.consents[consent.call_id] = consent.allowed\n"
WAITS, DECIDED_TOO = "consent.call_id not in self.waiting", " or consent.call_id in self.consents"
IF_WAITS = f"        if {WAITS}{DECIDED_TOO}:\n"
REFUSE = '            raise ValueError(f"no call {consent.call_id!r} waits for a decision")\n'
DECIDED = "            decided = lambda: call.id in self.consents\n"
AWAIT = "            await workflow.wait_condition(decided, timeout=timedelta(hours=1))\n"
EXCEPT = "        except asyncio.TimeoutError:\n            pass\n"
WAIT = "        try:\n" + DECIDED + AWAIT + EXCEPT
DELETE = "        del self.waiting[call.id]\n"
UNLESS = "        if not self.consents.pop(call.id, False):\n"
ADD = "        self.waiting[call.id] = call\n"
ERROR = '            return "error: nobody allowed it"\n'
RUN = "        return await self.run_tool(call)\n"


def until(condition: str) -> Text:
    return swap("call.id in self.consents", condition)


def limit(text: str) -> Text:
    return swap("timeout=timedelta(hours=1)", text)


WRONG = [
    Wrong("blank left", practice(), ("blank|consents|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("decide left open", swap(KEEP, "        ...\n"), ("self.consents",)),
    Wrong(
        "validator left open", swap(IF_WAITS + REFUSE, "        ...\n"), ("ValueError", "waiting")
    ),
    Wrong("wait left open", swap(WAIT, "        ...\n"), ("wait until|wait_condition",)),
    Wrong("error left open", swap(UNLESS + ERROR, "        ...\n"), ("nobody allowed it|return",)),
    # decide
    Wrong(
        "always allowed", swap(KEEP, KEEP.replace("consent.allowed", "True")), ("consent.allowed",)
    ),
    Wrong(
        "the whole consent kept",
        swap(KEEP, KEEP.replace("consent.allowed", "consent")),
        ("consent.allowed",),
    ),
    Wrong(
        "under the consent",
        swap(KEEP, KEEP.replace("[consent.call_id]", "[consent]")),
        ("consent.call_id",),
    ),
    Wrong("consent.id", swap(KEEP, KEEP.replace("call_id", "id")), ("call_id",)),
    Wrong(
        "the dict replaced",
        swap(KEEP, "        self.consents = consent.allowed\n"),
        ("consent.call_id",),
    ),
    Wrong(
        "appended",
        swap(KEEP, "        self.consents.append(consent)\n"),
        ("append", "self.consents[consent.call_id]|dict|call_id"),
    ),
    Wrong("self forgotten", swap(KEEP, KEEP.replace("self.", "")), ("self.consents",)),
    Wrong(
        "kept among those that wait",
        swap(KEEP, KEEP.replace("consents", "waiting")),
        ("self.consents",),
    ),
    Wrong(
        "kept only where allowed",
        swap(KEEP, "        if consent.allowed:\n    " + KEEP),
        ("no|refus|False|both",),
    ),
    Wrong(
        "round the wrong way",
        swap(KEEP, "        self.consents[consent.allowed] = consent.call_id\n"),
        ("consent.call_id",),
    ),
    Wrong("compared", swap(KEEP, KEEP.replace(" = ", " == ")), ("==", "=")),
    # the validator
    Wrong("turned round", swap(WAITS, WAITS.replace("not in", "in")), ("not in",)),
    Wrong(
        "decided twice",
        swap(DECIDED_TOO, ""),
        ("decided already", "in self.consents"),
    ),
    Wrong("returns False", swap(REFUSE, "            return False\n"), ("raise", "ValueError")),
    Wrong(
        "KeyError",
        swap(IF_WAITS + REFUSE, "        self.waiting[consent.call_id]\n"),
        ("KeyError", "ValueError"),
    ),
    Wrong(
        "assert",
        swap(IF_WAITS + REFUSE, "        assert consent.call_id in self.waiting\n"),
        ("assert", "ValueError"),
    ),
    Wrong(
        "asks the consents",
        swap(IF_WAITS, "        if consent.call_id not in self.consents:\n"),
        ("self.waiting",),
    ),
    Wrong(
        "refuses a no",
        swap(IF_WAITS, "        if not consent.allowed:\n"),
        ("self.waiting", "call_id|wait"),
    ),
    Wrong("the consent looked for", swap(WAITS, "consent not in self.waiting"), ("call_id",)),
    Wrong(
        "looked for among the calls",
        swap(IF_WAITS, IF_WAITS.replace("self.waiting", "self.waiting.values()")),
        ("values", "self.waiting|id"),
    ),
    Wrong(
        "the Query without a call",
        swap(IF_WAITS, IF_WAITS.replace("self.waiting", "self.waits_for")),
        ("waits_for",),
    ),
    Wrong("ValueError not raised", swap(REFUSE, REFUSE.replace("raise ", "")), ("raise",)),
    Wrong("kept in the validator", swap(IF_WAITS, KEEP + IF_WAITS), ("validator|check_consent",)),
    Wrong(
        "an async validator",
        swap("    def check_consent", "    async def check_consent"),
        ("async",),
    ),
    # the wait
    Wrong("await forgotten", swap(AWAIT, AWAIT.replace("await ", "")), ("await",)),
    Wrong(
        "no limit",
        swap(AWAIT, AWAIT.replace(", timeout=timedelta(hours=1)", "")),
        ("hour|timeout",),
    ),
    Wrong(
        "sleeps an hour",
        swap(DECIDED + AWAIT, "            await asyncio.sleep(3600)\n"),
        ("wait_condition|sleep",),
    ),
    Wrong("a minute", limit("timeout=timedelta(minutes=1)"), ("hour",)),
    Wrong("one second", limit("timeout=1"), ("hour",)),
    Wrong("a day", limit("timeout=timedelta(days=1)"), ("hour",)),
    Wrong("hour=1", limit("timeout=timedelta(hour=1)"), ("hours",)),
    Wrong("the timedelta unnamed", limit("timedelta(hours=1)"), ("timeout=",)),
    Wrong("the timeout not caught", swap(WAIT, DECIDED[4:] + AWAIT[4:]), ("TimeoutError",)),
    Wrong(
        "a bool for a function",
        swap(DECIDED, "            decided = call.id in self.consents\n"),
        ("lambda",),
    ),
    Wrong("any decision", until("self.consents"), ("call.id",)),
    Wrong(
        "a number of decisions",
        until("len(self.consents) > 0"),
        ("call.id",),
        same_as="any decision",
    ),
    Wrong(
        "a yes awaited",
        until("self.consents.get(call.id)"),
        ("still waits", "in self.consents|None"),
    ),
    Wrong(
        "looked up before it is there",
        until("self.consents[call.id]"),
        ("KeyError|in self.consents",),
    ),
    Wrong("the call for its id", until("call in self.consents"), ("call.id",)),
    Wrong("call.call_id", until("call.call_id in self.consents"), ("call_id", "call.id")),
    Wrong("until nothing waits", until("call.id not in self.waiting"), ("self.consents",)),
    Wrong(
        "a loop without a pause",
        swap(WAIT, "        while call.id not in self.consents:\n            pass\n"),
        ("wait_condition",),
    ),
    Wrong(
        "time.sleep",
        swap(WAIT, "        import time\n\n        time.sleep(3600)\n"),
        ("wait_condition|sleep",),
    ),
    Wrong("silence answered while it waits", swap("            pass\n", ERROR), ("waiting|del",)),
    Wrong("still waiting", swap(DELETE, ""), ("waiting", "del|pop")),
    # the answer
    Wrong("turned round at the end", swap(UNLESS, UNLESS.replace("not ", "")), ("not",)),
    Wrong(
        "silence is a yes",
        swap(UNLESS, UNLESS.replace("False", "True")),
        ("silence|nobody|hour|True",),
    ),
    Wrong(
        "only a no is a no",
        swap(UNLESS, "        if self.consents.pop(call.id, None) is False:\n"),
        ("silence|nobody|hour|None",),
        same_as="silence is a yes",
    ),
    Wrong(
        "decided is allowed",
        swap(UNLESS, "        if call.id not in self.consents:\n"),
        ("no|refus|False|allowed",),
    ),
    Wrong(
        "silence is a KeyError",
        swap(UNLESS, "        if not self.consents.pop(call.id):\n"),
        ("KeyError", "pop(call.id, False)"),
    ),
    Wrong(
        "never taken out",
        swap(UNLESS, UNLESS.replace("pop", "get")),
        ("nobody was asked", "pop"),
    ),
    Wrong(
        "a refusal alone taken out",
        swap(
            UNLESS,
            UNLESS.replace("pop", "get"),
            ERROR,
            "            self.consents.pop(call.id, 0)\n" + ERROR,
        ),
        ("nobody was asked", "pop"),
        same_as="never taken out",
    ),
    Wrong(
        "taken out before the wait",
        swap(
            ADD,
            ADD + "        self.consents.pop(call.id, None)\n",
            UNLESS,
            UNLESS.replace("pop", "get"),
        ),
        ("replay", "after it"),
    ),
    Wrong(
        "decide looks among those that wait",
        swap(
            KEEP,
            "        call = self.waiting[consent.call_id]\n"
            + KEEP.replace("consent.call_id", "call.id"),
        ),
        ("replay", "__init__"),
    ),
    Wrong(
        "any consent",
        swap(UNLESS, "        if not self.consents:\n"),
        ("call.id",),
        same_as="decided is allowed",
    ),
    Wrong("not marked as an error", swap("error: nobody", "nobody"), ("error:",)),
    Wrong(
        "raised",
        swap(ERROR, '            raise ApplicationError("error: nobody allowed it")\n'),
        ("raise", "return"),
    ),
    Wrong("return forgotten", swap(ERROR, ERROR.replace("return ", "")), ("return",)),
    Wrong(
        "run first",
        swap(
            UNLESS,
            "        result = await self.run_tool(call)\n" + UNLESS,
            RUN,
            "        return result\n",
        ),
        ("run_tool|before|run|ran",),
    ),
    Wrong("the tool's await forgotten", swap(RUN, RUN.replace("await ", "")), ("await",)),
    Wrong("the base class forgotten", swap("(Loop)", ""), ("Loop",)),
]

RIGHT = [
    Right("other words", swap("nobody allowed it", "refused")),
    Right("a number of seconds", limit("timeout=3600")),
    Right("sixty minutes", limit("timeout=timedelta(minutes=60)")),
    Right("not None", until("self.consents.get(call.id) is not None")),
    Right(
        "a named function",
        swap(
            DECIDED,
            "\n            def decided() -> bool:\n"
            "                return call.id in self.consents\n\n",
        ),
    ),
    Right(
        "asyncio.wait_for",
        swap(
            AWAIT,
            "            await asyncio.wait_for(workflow.wait_condition(decided), 3600)\n",
        ),
    ),
    Right(
        "suppress",
        swap(
            WAIT,
            "        import contextlib\n\n"
            "        with contextlib.suppress(asyncio.TimeoutError):\n" + DECIDED + AWAIT,
        ),
    ),
    Right(
        "silence kept as a no",
        swap(
            "            pass\n",
            "            self.consents[call.id] = False\n",
            UNLESS,
            "        if not self.consents.pop(call.id):\n",
        ),
    ),
    Right(
        "returned from the except, with the call taken out",
        swap("            pass\n", "            self.waiting.pop(call.id)\n" + ERROR),
    ),
    Right(
        "update", swap(KEEP, "        self.consents.update({consent.call_id: consent.allowed})\n")
    ),
    Right(
        "the ids of those that wait",
        swap("not in self.waiting or", "not in [c.id for c in self.waiting.values()] or"),
    ),
    Right(
        "KeyError turned into ValueError",
        swap(
            IF_WAITS + REFUSE,
            "        decided = consent.call_id in self.consents\n"
            "        if decided or self.waiting.get(consent.call_id) is None:\n"
            '            raise ValueError("nothing waits under this id")\n',
        ),
    ),
    Right(
        "is not True", swap(UNLESS, "        if self.consents.pop(call.id, None) is not True:\n")
    ),
    Right(
        "read, and then deleted",
        swap(
            UNLESS,
            "        allowed = self.consents.get(call.id)\n"
            "        if allowed is not None:\n"
            "            del self.consents[call.id]\n"
            "        if not allowed:\n",
        ),
    ),
    Right(
        "the two refusals apart",
        swap(
            DECIDED_TOO,
            "",
            REFUSE,
            REFUSE + "        if consent.call_id in self.consents:\n"
            '            raise ValueError("somebody has decided already")\n',
        ),
    ),
    Right(
        "the other way round",
        swap(
            UNLESS + ERROR + RUN,
            "        if self.consents.pop(call.id, False):\n    " + RUN + ERROR[4:],
        ),
    ),
    Right(
        "after a wrong one",
        finished,
        before=(practice(), swap(KEEP, KEEP.replace("consent.allowed", "True"))),
    ),
]
