"""Answers to lesson 03's deadline: how long, what is caught, and what silence returns."""

from bank import Right, Wrong, finished, practice, swap

WAIT = "                await workflow.wait_condition(\n"
CONDITION = "                    lambda: self.decision is not None,\n"
TIMEOUT = "                    timeout=timedelta(days=5),\n"
CLOSE = "                )\n            except"
EXCEPT = "            except asyncio.TimeoutError:\n"
RETURN = '                return Draft(text=self.latest_text, status="expired")\n'
CALL = WAIT + CONDITION + TIMEOUT + "                )\n"
TRY = "            try:\n"
TAKE = "            decision, self.decision = self.decision, None\n"


def _timeout(text: str) -> str:
    return f"                    timeout={text},\n"


WRONG = [
    Wrong("blank left", practice(), ("timeout|days|blank",), verdict="not attempted"),
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
        swap(CONDITION, CONDITION.replace(",", "")),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong(
        "timeout left open",
        swap(TIMEOUT, _timeout("...")),
        ("timeout", "timedelta(days=5)|five days"),
    ),
    Wrong(
        "body of except left open",
        swap(RETURN, '                ...  # TODO: return the Draft, with the status "expired"\n'),
        ("expired", "return"),
    ),
    # how long
    Wrong(
        "five minutes",
        swap("days=5", "minutes=5"),
        ("300|minutes|5 min", "days=5|five days|5 days"),
    ),
    Wrong(
        "five hours",
        swap("days=5", "hours=5"),
        ("18000|18,000|hours|5 h", "days=5|five days|5 days"),
    ),
    Wrong(
        "five seconds",
        swap("days=5", "seconds=5"),
        ("5 s|5.0 s|seconds", "days=5|five days|5 days"),
    ),
    Wrong("five weeks", swap("days=5", "weeks=5"), ("weeks|35|5 w", "days=5|five days|5 days")),
    Wrong(
        "five milliseconds",
        swap("days=5", "milliseconds=5"),
        ("milliseconds|0.005|ms", "days=5|five days|5 days"),
    ),
    Wrong(
        "one day",
        swap("days=5", "days=1"),
        ("1 day|one day|days=1|86400|86,400|24 hours", "days=5|five days|5 days"),
    ),
    Wrong(
        "a bare five",
        swap("timedelta(days=5)", "5"),
        ("5 s|5.0 s|seconds", "timedelta(days=5)"),
        same_as="five seconds",
    ),
    Wrong("a text", swap("timedelta(days=5)", '"5 days"'), ("text|str|quote", "timedelta(days=5)")),
    Wrong("day= for days=", swap("days=5", "day=5"), ("day", "days=5|`days`")),
    Wrong(
        "days by pattern of Go",
        swap("timedelta(days=5)", "5 * workflow.day"),
        ("workflow.day|'day'", "timedelta(days=5)"),
    ),
    Wrong(
        "datetime.timedelta, and datetime not imported",
        swap("timedelta(days=5)", "datetime.timedelta(days=5)"),
        ("datetime", "= timedelta|=timedelta|`timedelta|import"),
    ),
    Wrong("days not imported", swap("timedelta(days=5)", "days(5)"), ("days", "timedelta(days=5)")),
    Wrong(
        "timeDelta",
        swap("timedelta(days=5)", "timeDelta(days=5)"),
        ("timeDelta", "timedelta(days=5)"),
    ),
    Wrong(
        "a moment in place of a length",
        swap("timedelta(days=5)", "workflow.now() + timedelta(days=5)"),
        ("now|moment|date", "timedelta(days=5)"),
    ),
    Wrong("no timeout", swap(TIMEOUT, ""), ("timeout",)),
    Wrong(
        "timeout None",
        swap("timedelta(days=5)", "None"),
        ("timeout=timedelta(days=5)",),
        same_as="no timeout",
    ),
    Wrong("timeout by position", swap("timeout=timedelta", "timedelta"), ("timeout=",)),
    Wrong(
        "timeout_seconds=",
        swap("timeout=timedelta(days=5)", "timeout_seconds=432000"),
        ("timeout_seconds", "timeout=|`timeout`"),
    ),
    Wrong(
        "start_to_close_timeout=",
        swap("timeout=timedelta(days=5)", "start_to_close_timeout=timedelta(days=5)"),
        ("start_to_close_timeout", "timeout=timedelta|`timeout=|wait_condition"),
    ),
    Wrong(
        "timeout passed to the Activity",
        swap(
            TIMEOUT,
            "",
            "start_to_close_timeout=llm_time",
            "start_to_close_timeout=timedelta(days=5)",
        ),
        ("wait_condition|wait", "timeout"),
        same_as="no timeout",
    ),
    Wrong(
        "timeout passed to the lambda",
        swap(
            "lambda: self.decision is not None,\n" + TIMEOUT,
            "lambda timeout=timedelta(days=5): self.decision is not None,\n",
        ),
        ("timeout=timedelta(days=5)",),
        same_as="no timeout",
    ),
    # another wait
    Wrong(
        "asyncio.wait_for with a timedelta",
        swap(
            CALL,
            "                await asyncio.wait_for(\n"
            + CALL.replace("await ", "")
            .replace(TIMEOUT, "")
            .replace("                )\n", "                ),\n")
            + _timeout("timedelta(days=5)")
            + "                )\n",
        ),
        ("wait_for", "timeout=|wait_condition"),
    ),
    Wrong(
        "asyncio.sleep in place of the wait",
        swap(
            CALL,
            "                await asyncio.sleep(5 * 24 * 60 * 60)\n"
            "                if self.decision is None:\n"
            "                    raise asyncio.TimeoutError\n",
        ),
        ("sleep", "wait_condition"),
    ),
    Wrong(
        "asyncio.sleep before the wait",
        swap(WAIT, "                await asyncio.sleep(5 * 24 * 60 * 60)\n" + WAIT),
        ("sleep",),
        same_as="asyncio.sleep in place of the wait",
    ),
    Wrong(
        "workflow.sleep in place of the wait",
        swap(CALL, "                await workflow.sleep(timedelta(days=5))\n"),
        ("sleep", "wait_condition"),
    ),
    Wrong(
        "time.sleep",
        swap(WAIT, "                time.sleep(3)\n" + WAIT),
        ("time.sleep",),
    ),
    Wrong(
        "a clock asked in a loop",
        swap(
            CALL,
            "                import time\n\n"
            "                began = time.monotonic()\n"
            "                while self.decision is None:\n"
            "                    if time.monotonic() - began > 5 * 24 * 60 * 60:\n"
            "                        raise asyncio.TimeoutError\n",
        ),
        ("wait_condition|block|loop|clock|while",),
    ),
    Wrong(
        "await forgotten", swap(WAIT, WAIT.replace("await ", "")), ("await", "wait_condition|wait")
    ),
    Wrong(
        "the wait's value asked, as in other SDKs",
        swap(
            TRY + WAIT,
            TRY + WAIT.replace("await", "decided = await"),
            EXCEPT + RETURN,
            EXCEPT + RETURN + "            if not decided:\n" + RETURN,
        ),
        ("decided|returns|None", "raise|exception|TimeoutError|expired"),
    ),
    # what is caught
    Wrong(
        "exception misspelt",
        swap("asyncio.TimeoutError", "asyncio.TimeOutError"),
        ("TimeOutError", "asyncio.TimeoutError"),
    ),
    Wrong(
        "exception misspelt, without asyncio",
        swap("asyncio.TimeoutError", "TimeOutError"),
        ("TimeOutError", "asyncio.TimeoutError"),
        same_as="exception misspelt",
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
        "workflow.TimeoutError",
        swap("asyncio.TimeoutError", "workflow.TimeoutError"),
        ("workflow.TimeoutError|'TimeoutError'", "asyncio.TimeoutError"),
    ),
    Wrong(
        "WorkflowFailureError",
        swap("asyncio.TimeoutError", "WorkflowFailureError"),
        ("WorkflowFailureError", "asyncio.TimeoutError"),
    ),
    Wrong(
        "ActivityError",
        lambda blank: (
            "from temporalio.exceptions import ActivityError\n\n\n"
            + blank.finished.replace("asyncio.TimeoutError", "ActivityError")
        ),
        ("except asyncio.TimeoutError",),
        same_as="nothing caught",
    ),
    Wrong(
        "CancelledError",
        swap("asyncio.TimeoutError", "asyncio.CancelledError"),
        ("except asyncio.TimeoutError",),
        same_as="nothing caught",
    ),
    Wrong(
        "ValueError",
        swap("asyncio.TimeoutError", "ValueError"),
        ("except asyncio.TimeoutError",),
        same_as="nothing caught",
    ),
    Wrong(
        "everything caught",
        swap(EXCEPT, "            except:\n"),
        ("except:|everything|all|bare|cancel", "asyncio.TimeoutError"),
    ),
    Wrong(
        "every BaseException caught",
        swap(EXCEPT, "            except BaseException:\n"),
        ("BaseException|everything|all|cancel", "asyncio.TimeoutError"),
        same_as="everything caught",
    ),
    Wrong(
        "nothing caught",
        swap(
            TRY + CALL + EXCEPT + RETURN,
            "            await workflow.wait_condition(\n"
            "                lambda: self.decision is not None, timeout=timedelta(days=5)\n"
            "            )\n",
        ),
        ("except|catch|try", "asyncio.TimeoutError|time-out|expired"),
    ),
    Wrong(
        "the try around the Activity alone",
        swap(
            TRY + CALL + EXCEPT + RETURN,
            "            await workflow.wait_condition(\n"
            "                lambda: self.decision is not None, timeout=timedelta(days=5)\n"
            "            )\n",
            "            answer = await workflow.execute_activity(\n"
            "                llm_call, LLMCallInput(self.prompt), "
            "start_to_close_timeout=llm_time\n            )\n",
            TRY + "                answer = await workflow.execute_activity(\n"
            "                    llm_call, LLMCallInput(self.prompt), "
            "start_to_close_timeout=llm_time\n                )\n" + EXCEPT + RETURN,
        ),
        ("except asyncio.TimeoutError",),
        same_as="nothing caught",
    ),
    # what silence does
    Wrong("raised again", swap(RETURN, "                raise\n"), ("raise", "return")),
    Wrong(
        "another exception raised",
        swap(RETURN, '                raise ValueError("expired")\n'),
        ("raise|ValueError", "return"),
    ),
    Wrong(
        "a Workflow that fails",
        swap(
            RETURN,
            "                from temporalio.exceptions import ApplicationError\n\n"
            '                raise ApplicationError("expired")\n',
        ),
        ("raise|ApplicationError|fail", "return"),
        same_as="another exception raised",
    ),
    Wrong(
        "swallowed",
        swap(RETURN, "                pass\n"),
        ("pass|goes on|nothing|None", "return"),
        same_as="body of except left open",
    ),
    Wrong(
        "printed",
        swap(RETURN, '                print("expired")\n'),
        ("return",),
        same_as="body of except left open",
    ),
    Wrong(
        "goes on to another draft",
        swap(RETURN, "                continue\n"),
        ("continue|again|another draft|next round|go round", "return"),
    ),
    Wrong(
        "leaves the loop",
        swap(RETURN, "                break\n"),
        ("break|unfinished", "return|expired"),
    ),
    Wrong(
        "silence is a keep",
        swap(RETURN, '                self.decision = Decision("keep")\n'),
        ("published|keep|nobody|read", "expired"),
    ),
    Wrong(
        "published on silence",
        swap('"expired"', '"published"'),
        ("published", "expired"),
        same_as="silence is a keep",
    ),
    Wrong(
        "unfinished on silence",
        swap('"expired"', '"unfinished"'),
        ("unfinished", "expired"),
        same_as="leaves the loop",
    ),
    Wrong(
        "status with a capital letter",
        swap('"expired"', '"Expired"'),
        ("expired", "small|lower|capital|letter|'Expired'"),
    ),
    Wrong("status misspelt", swap('"expired"', '"expierd"'), ("expierd", "expired")),
    Wrong("status without quotes", swap('"expired"', "expired"), ("quote|\"expired\"|'expired'",)),
    Wrong("status forgotten", swap(', status="expired"', ""), ("status", "expired")),
    Wrong(
        "without the text",
        swap(RETURN, '                return Draft(status="expired")\n'),
        ("text", "lost|empty|self.latest_text|without"),
    ),
    Wrong(
        "a word for the text",
        swap(RETURN, '                return Draft(text="expired", status="expired")\n'),
        ("text",),
    ),
    Wrong(
        "text and status by position",
        swap(RETURN, '                return Draft(self.latest_text, "expired")\n'),
        ("version|position|first", "text=|by name|keyword|status="),
    ),
    Wrong(
        "the text of the prompt",
        swap(RETURN, RETURN.replace("latest_text", "prompt")),
        ("text",),
    ),
    Wrong(
        "the text alone",
        swap(RETURN, "                return self.latest_text\n"),
        ("Draft",),
    ),
    Wrong(
        "the status alone",
        swap(RETURN, '                return "expired"\n'),
        ("Draft", "expired"),
        same_as="the text alone",
    ),
    Wrong("nothing returned", swap(RETURN, "                return\n"), ("nothing|None", "Draft")),
    Wrong(
        "the Draft made and not returned",
        swap(RETURN, RETURN.replace("return ", "")),
        ("return", "Draft"),
        same_as="body of except left open",
    ),
    Wrong(
        "an attribute that there is not",
        swap(RETURN, RETURN.replace("self.latest_text", "self.text")),
        ("self.text|'text'", "self.latest_text"),
    ),
    Wrong(
        "self forgotten",
        swap(RETURN, RETURN.replace("self.", "")),
        ("latest_text", "self.latest_text"),
    ),
    Wrong(
        "expired whoever decides",
        swap(
            RETURN,
            "                pass\n"
            '            return Draft(text=self.latest_text, status="expired")\n',
        ),
        ("expired", "indent|always|except|whoever|decision|keep"),
    ),
    Wrong(
        "finally in place of except",
        swap(EXCEPT, "            finally:\n"),
        ("finally", "except"),
    ),
    Wrong(
        "a condition that is never true",
        swap("lambda: self.decision is not None", "lambda: False"),
        ("condition|lambda|False|decision",),
    ),
    Wrong(
        "decision not reset",
        swap(TAKE, "            decision = self.decision\n"),
        ("None", "self.decision|reset|decision"),
    ),
    Wrong(
        "the deadline of one round taken for all",
        swap("range(10)", "range(1)"),
        ("1|one", "10|ten|rounds|range"),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("DraftWorkflow", "class"),
        after='DraftWorkflow = DraftWorkflow(DraftInput("bees"))',
    ),
]

RIGHT = [
    Right("days by position", swap("timedelta(days=5)", "timedelta(5)")),
    Right("in hours", swap("timedelta(days=5)", "timedelta(hours=5 * 24)")),
    Right("seconds as a number", swap("timedelta(days=5)", "5 * 24 * 60 * 60")),
    Right(
        "a name for it",
        lambda blank: (
            "DEADLINE = timedelta(days=5)\n\n\n"
            + blank.finished.replace("timeout=timedelta(days=5)", "timeout=DEADLINE")
        ),
    ),
    Right(
        "both names of the class",
        swap("except asyncio.TimeoutError", "except (asyncio.TimeoutError, TimeoutError)"),
    ),
    Right(
        "the error kept",
        swap(
            EXCEPT,
            "            except asyncio.TimeoutError as silence:\n"
            + '                workflow.logger.debug("silence: %r", silence)\n',
        ),
    ),
    Right(
        "the class by its module", swap("asyncio.TimeoutError", "asyncio.exceptions.TimeoutError")
    ),
    Right(
        "swallowed, then looked at",
        swap(
            EXCEPT + RETURN,
            EXCEPT + "                pass\n            if self.decision is None:\n" + RETURN,
        ),
    ),
    Right(
        "by position",
        swap(RETURN, '                return Draft(0, self.latest_text, "expired")\n'),
    ),
    Right(
        "a helper variable",
        swap(
            RETURN,
            "                expired = Draft(text=self.latest_text)\n"
            '                expired.status = "expired"\n                return expired\n',
        ),
    ),
    Right("else", swap(RETURN + TAKE, RETURN + "            else:\n    " + TAKE)),
    Right(
        "on one line",
        swap(
            CALL,
            "                await workflow.wait_condition(lambda: bool(self.decision), "
            "timeout=timedelta(days=5))\n",
        ),
    ),
    Right(
        "another name in the wait",
        swap(
            CALL,
            "                await workflow.wait_condition(lambda: self.decision is not "
            'None, timeout=timedelta(days=5), timeout_summary="five days")\n',
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap("days=5", "hours=5"))),
]
