"""Answers to exercise 03's ends: approved, rejected and expired, each with the draft."""

from bank import Right, Wrong, finished, practice, swap

TRY = "        try:\n"
WAIT = (
    "            await workflow.wait_condition(\n"
    "                lambda: self.approved is not None, timeout=timedelta(hours=24)\n"
    "            )\n"
)
EXCEPT = "        except asyncio.TimeoutError:\n"
RETURN = '            return ApprovalResult("expired", draft)\n'
END = '        return ApprovalResult("approved" if self.approved else "rejected", draft)'
TIMEOUT = "timeout=timedelta(hours=24)"
PLAIN = "".join(f"{line[4:]}\n" for line in WAIT.splitlines())
ALL = TRY + WAIT + EXCEPT + RETURN

WRONG = [
    Wrong(
        "blank left", practice(), ("time-out|timeout|catch|blank|expired",), verdict="not attempted"
    ),
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
        swap(EXCEPT, EXCEPT.replace(":", "")),
        ("colon|:|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("try without except", swap(EXCEPT + RETURN, ""), ("except|syntax",)),
    # what silence does
    Wrong("swallowed", swap(RETURN, "            pass\n"), ("rejected|pass|goes on", "expired")),
    Wrong(
        "body left open",
        swap(RETURN, "            ...\n"),
        ("rejected|...|goes on", "expired"),
        same_as="swallowed",
    ),
    Wrong("raised again", swap(RETURN, "            raise\n"), ("raise", "return")),
    Wrong(
        "another exception raised",
        swap(RETURN, '            raise ValueError("expired")\n'),
        ("raise|ValueError", "return"),
    ),
    Wrong(
        "printed",
        swap(RETURN, '            print("expired", draft)\n'),
        ("expired",),
        same_as="swallowed",
    ),
    Wrong(
        "silence is a no",
        swap(RETURN, "            self.approved = False\n"),
        ("rejected|False|no", "expired"),
        same_as="swallowed",
    ),
    Wrong(
        "silence is a yes",
        swap(RETURN, "            self.approved = True\n"),
        ("approved", "expired"),
    ),
    Wrong(
        "a text in self.approved",
        swap(RETURN, '            self.approved = "expired"\n'),
        ("approved", "expired"),
        same_as="silence is a yes",
    ),
    Wrong(
        "rejected on silence",
        swap('"expired"', '"rejected"'),
        ("rejected", "expired"),
        same_as="silence is a no",
    ),
    Wrong("status in other words", swap('"expired"', '"timeout"'), ("timeout", "expired")),
    Wrong(
        "status with a capital letter",
        swap('"expired"', '"Expired"'),
        ("expired", "small|lower|capital|letter|'Expired'"),
    ),
    Wrong("status misspelt", swap('"expired"', '"expierd"'), ("expierd", "expired")),
    Wrong("status without quotes", swap('"expired"', "expired"), ("quote|\"expired\"|'expired'",)),
    Wrong(
        "without the draft",
        swap(RETURN, '            return ApprovalResult("expired", "")\n'),
        ("draft", "lost|empty|''|\"\"|nothing"),
    ),
    Wrong(
        "one argument", swap(RETURN, '            return ApprovalResult("expired")\n'), ("draft",)
    ),
    Wrong(
        "draft before status",
        swap(RETURN, '            return ApprovalResult(draft, "expired")\n'),
        ("order|first|status|exchange|swap", "expired"),
    ),
    Wrong(
        "draft in quotes",
        swap(RETURN, '            return ApprovalResult("expired", "draft")\n'),
        ("quote|'draft'|\"draft\"",),
    ),
    Wrong(
        "the prompt for the draft",
        swap(RETURN, '            return ApprovalResult("expired", input.draft_prompt)\n'),
        ("prompt", "draft"),
    ),
    Wrong(
        "the answer for the draft",
        swap(RETURN, '            return ApprovalResult("expired", answer)\n'),
        ("answer", "draft"),
    ),
    Wrong(
        "an attribute that there is not",
        swap(RETURN, '            return ApprovalResult("expired", self.draft)\n'),
        ("self.draft|'draft'", "draft"),
    ),
    Wrong(
        "draft misspelt",
        swap(RETURN, '            return ApprovalResult("expired", draf)\n'),
        ("draf", "draft"),
    ),
    Wrong(
        "the status alone",
        swap(RETURN, '            return "expired"\n'),
        ("object|ApprovalResult(", "draft"),
    ),
    Wrong(
        "the draft alone",
        swap(RETURN, "            return draft\n"),
        ("object|ApprovalResult(", "expired"),
        same_as="the status alone",
    ),
    Wrong(
        "nothing returned",
        swap(RETURN, "            return\n"),
        ("nothing|None", "object|ApprovalResult("),
    ),
    Wrong(
        "made and not returned",
        swap(RETURN, RETURN.replace("return ", "")),
        ("return",),
        same_as="swallowed",
    ),
    Wrong(
        "another lesson's object",
        swap(RETURN, '            return Draft(text=draft, status="expired")\n'),
        ("Draft", "ApprovalResult("),
    ),
    Wrong(
        "status by another name",
        swap(RETURN, '            return ApprovalResult(state="expired", draft=draft)\n'),
        ("state", "status"),
    ),
    # what is caught
    Wrong(
        "everything caught",
        swap(EXCEPT, "        except:\n"),
        ("except:|everything|all|bare|cancel", "asyncio.TimeoutError"),
    ),
    Wrong(
        "every BaseException caught",
        swap(EXCEPT, "        except BaseException:\n"),
        ("BaseException|everything|all|cancel", "asyncio.TimeoutError"),
        same_as="everything caught",
    ),
    Wrong(
        "the Activity's errors caught as well",
        swap(
            ALL,
            PLAIN,
            "        answer = await workflow",
            '        draft = ""\n        try:\n            answer = await workflow',
            "            llm_call,\n            LLMCallInput(prompt=input.draft_prompt),\n"
            "            start_to_close_timeout=llm_time,\n        )\n"
            '        draft = answer["choices"][0]["message"]["content"]\n' + PLAIN,
            "                llm_call,\n"
            "                LLMCallInput(prompt=input.draft_prompt),\n"
            "                start_to_close_timeout=llm_time,\n            )\n"
            '            draft = answer["choices"][0]["message"]["content"]\n'
            + WAIT
            + "        except Exception:\n"
            + RETURN,
        ),
        ("Exception|everything|model|Activity|error", "asyncio.TimeoutError|time-out"),
    ),
    Wrong(
        "exception misspelt",
        swap("asyncio.TimeoutError", "asyncio.TimeOutError"),
        ("TimeOutError", "asyncio.TimeoutError"),
    ),
    Wrong(
        "Temporal's TimeoutError",
        lambda blank: (
            "from temporalio import exceptions\n\n\n"
            + blank.finished.replace("asyncio.TimeoutError", "exceptions.TimeoutError")
        ),
        ("exceptions.TimeoutError|another class|not the|wrong", "asyncio.TimeoutError"),
    ),
    Wrong(
        "WorkflowFailureError",
        swap("asyncio.TimeoutError", "WorkflowFailureError"),
        ("WorkflowFailureError", "asyncio.TimeoutError"),
    ),
    Wrong("RPCError", swap("asyncio.TimeoutError", "RPCError"), ("except asyncio.TimeoutError",)),
    Wrong(
        "CancelledError",
        swap("asyncio.TimeoutError", "asyncio.CancelledError"),
        ("except asyncio.TimeoutError",),
        same_as="RPCError",
    ),
    Wrong(
        "ValueError",
        swap("asyncio.TimeoutError", "ValueError"),
        ("except asyncio.TimeoutError",),
        same_as="RPCError",
    ),
    Wrong(
        "workflow.TimeoutError",
        swap("asyncio.TimeoutError", "workflow.TimeoutError"),
        ("workflow.TimeoutError|'TimeoutError'", "asyncio.TimeoutError"),
    ),
    # the time
    Wrong(
        "24 minutes",
        swap("hours=24", "minutes=24"),
        ("minutes|1440|1,440|24 min", "hours=24|24 hours|24 h"),
    ),
    Wrong(
        "24 seconds",
        swap("hours=24", "seconds=24"),
        ("24 s|24.0 s|seconds", "hours=24|24 hours|24 h"),
    ),
    Wrong("24 days", swap("hours=24", "days=24"), ("24 days|days", "hours=24|24 hours|24 h")),
    Wrong(
        "a bare 24",
        swap("timedelta(hours=24)", "24"),
        ("24 s|24.0 s|seconds", "hours=24|24 hours|24 h"),
        same_as="24 seconds",
    ),
    Wrong(
        "one hour",
        swap("hours=24", "hours=1"),
        ("1 hour|one hour|hours=1|3600|3,600", "hours=24|24 hours|24 h"),
    ),
    Wrong("the timeout taken out", swap(", " + TIMEOUT, ""), ("timeout",)),
    Wrong("hour= for hours=", swap("hours=24", "hour=24"), ("hour", "hours=24|`hours`")),
    # another way round
    Wrong(
        "asked after the wait, without a try",
        swap(ALL, PLAIN + "        if self.approved is None:\n" + RETURN),
        ("except|catch|try|raise", "TimeoutError|time-out"),
    ),
    Wrong(
        "a no counts as silence",
        swap(RETURN, "            pass\n        if not self.approved:\n" + RETURN),
        ("no|False|rejected", "is None|not self.approved"),
    ),
    Wrong(
        "the wait's value asked, as in other SDKs",
        swap(
            ALL,
            PLAIN.replace("await", "answered = await", 1) + "        if not answered:\n" + RETURN,
        ),
        ("except|catch|try|raise|None|returns",),
    ),
    Wrong(
        "expired whoever answers",
        swap(RETURN, '            pass\n        return ApprovalResult("expired", draft)\n'),
        ("expired", "always|except|indent|approved"),
    ),
    Wrong("finally in place of except", swap(EXCEPT, "        finally:\n"), ("finally", "except")),
    Wrong(
        "expired in else",
        swap(RETURN, "            pass\n        else:\n" + RETURN),
        ("else|approved", "except|expired"),
        same_as="expired whoever answers",
    ),
    Wrong(
        "asyncio.sleep in place of the wait",
        swap(
            ALL,
            "        await asyncio.sleep(24 * 60 * 60)\n        if self.approved is None:\n"
            + RETURN,
        ),
        ("sleep", "wait_condition"),
    ),
    Wrong(
        "time.sleep",
        swap(TRY, "        import time\n\n        time.sleep(3)\n" + TRY),
        ("sleep|block",),
    ),
    Wrong(
        "asyncio.wait_for with a timedelta",
        swap(
            WAIT,
            "            await asyncio.wait_for(\n"
            "                workflow.wait_condition(lambda: self.approved is not None), "
            + TIMEOUT
            + "\n            )\n",
        ),
        ("wait_for", "wait_condition|timeout="),
    ),
    Wrong(
        "await forgotten",
        swap("            await workflow.wait_condition", "            workflow.wait_condition"),
        ("await", "wait_condition|wait"),
    ),
    Wrong(
        "the condition without its lambda",
        swap("lambda: self.approved is not None", "self.approved is not None"),
        ("lambda",),
    ),
    Wrong(
        "only a yes ends the wait",
        swap("lambda: self.approved is not None", "lambda: self.approved"),
        ("no|False|rejected", "is not None"),
    ),
    Wrong(
        "the other two exchanged",
        swap(
            '"approved" if self.approved else "rejected"',
            '"rejected" if self.approved else "approved"',
        ),
        ("approved", "rejected"),
    ),
    Wrong(
        "always approved",
        swap('"approved" if self.approved else "rejected"', '"approved"'),
        ("approved", "rejected"),
    ),
    Wrong(
        "always rejected by a misspelling",
        swap("if self.approved else", "if self.approve == True else"),
        ("approve", "self.approved"),
    ),
    Wrong(
        "the time-out caught in the caller",
        lambda blank: blank.practice.replace(
            "# TODO: catch the time-out of this wait, and return the draft as expired",
            "# caught in nobody_answers",
        ),
        ("catch",),
        same_as="blank left",
        verdict="not attempted",
        after="async def nobody_answers():\n    return ApprovalResult('expired', '')",
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("ApprovalWorkflow", "class"),
        after='ApprovalWorkflow = ApprovalWorkflow(ApprovalInput("bees"))',
    ),
]

RIGHT = [
    Right(
        "by keywords",
        swap(RETURN, '            return ApprovalResult(draft=draft, status="expired")\n'),
    ),
    Right("one day", swap("hours=24", "days=1")),
    Right("seconds as a number", swap("timedelta(hours=24)", "24 * 3600")),
    Right(
        "swallowed, then looked at",
        swap(RETURN, "            pass\n        if self.approved is None:\n" + RETURN),
    ),
    Right("else", swap(RETURN + END, RETURN + "        else:\n    " + END)),
    Right(
        "both names of the class",
        swap("except asyncio.TimeoutError", "except (asyncio.TimeoutError, TimeoutError)"),
    ),
    Right(
        "one result, filled in",
        swap(
            TRY,
            '        result = ApprovalResult("expired", draft)\n' + TRY,
            RETURN,
            "            return result\n",
            END,
            '        result.status = "approved" if self.approved else "rejected"\n'
            "        return result",
        ),
    ),
    Right(
        "a table of words",
        swap(
            RETURN,
            "            pass\n",
            END,
            '        words = {None: "expired", True: "approved", False: "rejected"}\n'
            "        return ApprovalResult(words[self.approved], draft)",
        ),
    ),
    Right(
        "looked at once more", swap(RETURN, "            if self.approved is None:\n    " + RETURN)
    ),
    Right(
        "on one line",
        swap(
            WAIT,
            "            await workflow.wait_condition(lambda: self.approved is not None, "
            "timeout=timedelta(hours=24))\n",
        ),
    ),
    Right(
        "the error kept",
        swap(
            EXCEPT,
            "        except asyncio.TimeoutError as silence:\n"
            '            workflow.logger.debug("%r", silence)\n',
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(RETURN, "            raise\n"))),
]
