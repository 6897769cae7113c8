"""Answers to exercise 05's Workflow: a letter in any case, with what is missing and why."""

from bank import Right, Wrong, finished, practice, swap

GATHER = (
    "        results = await asyncio.gather(\n"
    "            *(self.research(n, source) for n, source in enumerate(input.sources, 1)),\n"
    "            return_exceptions=True,\n"
    "        )\n"
)
RETURNED = "            return_exceptions=True,\n"
MISSING = (
    "        missing = [\n"
    '            f"{source.topic}: {reason_of(result)}"\n'
    "            for source, result in zip(input.sources, results)\n"
    "            if isinstance(result, BaseException)\n"
    "        ]\n"
)
TEXT = 'f"{source.topic}: {reason_of(result)}"'
IF = "            if isinstance(result, BaseException)\n"
SEND = (
    "        name = await workflow.execute_activity(\n"
    "            send_digest, letter, start_to_close_timeout=timedelta(seconds=10)\n"
    "        )\n"
)
LIMIT = ", start_to_close_timeout=timedelta(seconds=10)"

WRONG = [
    Wrong(
        "blank left", practice(), ("return_exceptions|missing|blank|TODO",), verdict="not attempted"
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
        "a comma forgotten in a later edit, and an earlier version is loaded",
        swap("enumerate(input.sources, 1)),\n", "enumerate(input.sources, 1))\n"),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    # the errors as results
    Wrong("errors are still errors", swap(RETURNED, ""), ("return_exceptions",)),
    Wrong(
        "return_exceptions=False",
        swap("exceptions=True", "exceptions=False"),
        ("return_exceptions",),
        same_as="errors are still errors",
    ),
    Wrong(
        "return_exception",
        swap("return_exceptions", "return_exception"),
        ("return_exception", "return_exceptions"),
    ),
    Wrong(
        "given to research",
        swap(
            "self.research(n, source) for",
            "self.research(n, source, return_exceptions=True) for",
            RETURNED,
            "",
        ),
        ("return_exceptions", "gather|research"),
    ),
    Wrong(
        "given to gather as a first argument",
        swap("gather(\n            *(", "gather(\n            True, *(", RETURNED, ""),
        ("True", "return_exceptions="),
    ),
    Wrong(
        "every exception of the child swallowed",
        swap(
            RETURNED,
            "",
            "        return await workflow.execute_child",
            "        try:\n            return await workflow.execute_child",
            '/{number}"\n        )\n',
            '/{number}"\n        )\n        except Exception:\n            return None\n',
            " result in zip(input.sources, results)\n"
            "            if isinstance(result, BaseException)",
            " result in zip(input.sources, results)\n            if result is None",
        ),
        ("reason", "None|swallow|except|lost"),
    ),
    # what is missing
    Wrong("missing left", swap(MISSING, "        missing = ...\n"), ("missing",)),
    Wrong(
        "nothing is missing",
        swap(MISSING, "        missing = []\n"),
        ("missing", "atlantis|source|failed|empty|nobody|name"),
    ),
    Wrong(
        "the reason wrapped",
        swap("reason_of(result)", "result"),
        ("reason_of", "reason|wrap|Child"),
    ),
    Wrong(
        "reason_of not called",
        swap("{reason_of(result)}", "{reason_of}"),
        ("reason_of", "(result)|call|parenthes"),
    ),
    Wrong("the topic alone", swap(TEXT, "source.topic"), ("reason",)),
    Wrong("the reason alone", swap(TEXT, "reason_of(result)"), ("topic",)),
    Wrong("a dash for the colon", swap("topic}: {", "topic} - {"), ("colon|: ",)),
    Wrong(
        "the address for the topic",
        swap("{source.topic}:", "{source.source_url}:"),
        ("topic", "source_url|address|http:"),
    ),
    Wrong("f forgotten", swap(TEXT, TEXT[1:]), ('f"|f-string| f |`f`',)),
    Wrong(
        "Failure objects, as in the lesson",
        swap(TEXT, "Failure(source.topic, source.source_url, reason_of(result))"),
        ("Failure", "text|str"),
    ),
    Wrong("all sources are missing", swap(IF, ""), ("failed|isinstance|all|found|every",)),
    Wrong(
        "those that were found",
        swap("isinstance(result, BaseException)", "isinstance(result, Research)"),
        ("found|round|failed|Research",),
    ),
    Wrong(
        "of the wrong type",
        swap("isinstance(result, BaseException)", "isinstance(result, ApplicationError)"),
        ("ApplicationError", "ChildWorkflowError|BaseException|wrap"),
    ),
    Wrong(
        "None looked for",
        swap("isinstance(result, BaseException)", "result is None"),
        ("None", "exception|isinstance"),
    ),
    Wrong(
        "except, as if it were raised",
        swap(
            MISSING,
            "        missing = []\n"
            "        for source, result in zip(input.sources, results):\n"
            "            try:\n"
            "                result\n"
            "            except ChildWorkflowError as error:\n"
            "                missing.append(f'{source.topic}: {reason_of(error)}')\n",
        ),
        ("except|raise|isinstance", "missing|result|isinstance"),
    ),
    Wrong(
        "zipped the wrong way round",
        swap("for source, result in", "for result, source in"),
        ("zip|order|round|exchange|source",),
    ),
    Wrong(
        "zip given the other way round",
        swap("zip(input.sources, results)", "zip(results, input.sources)"),
        ("`result` is not in the order of `zip(results, input.sources)`",),
    ),
    Wrong(
        "the failures filtered before the zip",
        swap(
            MISSING,
            "        errors = [one for one in results if isinstance(one, BaseException)]\n"
            "        missing = [\n"
            '            f"{source.topic}: {reason_of(error)}"\n'
            "            for source, error in zip(input.sources, errors)\n"
            "        ]\n",
        ),
        ("`errors` is shorter", "zip `results`"),
    ),
    Wrong(
        "sources that are not among the found",
        swap(
            MISSING,
            '        missing = [f"{one.topic}: missing" for one in input.sources\n'
            "                   if one not in found]\n",
        ),
        ("`one not in found` is so for all", "in the result of the source"),
    ),
    Wrong(
        "sources that are not among the found, from a zip",
        swap(
            MISSING,
            "        missing = [\n"
            '            f"{one.topic}: {reason_of(result)}"\n'
            "            for one, result in zip(input.sources, results)\n"
            "            if one not in found\n"
            "        ]\n",
        ),
        ("names 3", "exceptions"),
    ),
    Wrong(
        "zipped with what was found",
        swap("zip(input.sources, results)", "zip(input.sources, found)"),
        ("found", "results"),
    ),
    Wrong("zip forgotten", swap("zip(input.sources, results)", "results"), ("zip",)),
    Wrong(
        "a source that there is not", swap("zip(input.sources", "zip(sources"), ("input.sources",)
    ),
    Wrong(
        "one text",
        swap(
            MISSING,
            '        missing = ""\n'
            "        for source, result in zip(input.sources, results):\n"
            "            if isinstance(result, BaseException):\n"
            '                missing += f"{source.topic}: {reason_of(result)}"\n',
        ),
        ("list|text",),
    ),
    Wrong(
        "a dict",
        swap(
            MISSING,
            "        missing = {\n"
            "            source.topic: reason_of(result)\n"
            "            for source, result in zip(input.sources, results)\n"
            "            if isinstance(result, BaseException)\n"
            "        }\n",
        ),
        ("is a dict", "list of texts"),
    ),
    Wrong(
        "a set",
        swap(
            "missing = [", "missing = {", "BaseException)\n        ]", "BaseException)\n        }"
        ),
        ("is a set", "list of texts"),
    ),
    Wrong(
        "a generator",
        swap(
            "missing = [", "missing = (", "BaseException)\n        ]", "BaseException)\n        )"
        ),
        ("generator|list|[",),
    ),
    # the letter
    Wrong(
        "name left", swap(SEND, "        name = ...\n"), ("send_digest", "execute_activity|name")
    ),
    Wrong(
        "await forgotten",
        swap("name = await workflow", "name = workflow"),
        ("await", "execute_activity|send_digest"),
    ),
    Wrong(
        "called directly",
        swap(SEND, "        name = send_digest(letter)\n"),
        ("send_digest", "execute_activity"),
    ),
    Wrong(
        "a child in place of an Activity",
        swap("workflow.execute_activity", "workflow.execute_child_workflow", LIMIT, ""),
        ("execute_child_workflow", "execute_activity"),
    ),
    Wrong(
        "started, not executed",
        swap("name = await workflow.execute_activity", "name = workflow.start_activity"),
        ("start_activity", "execute_activity|await"),
    ),
    Wrong("no limit", swap(LIMIT, ""), ("start_to_close_timeout|timeout",)),
    Wrong("a bare 10", swap("timedelta(seconds=10)", "10"), ("timedelta",)),
    Wrong("ten minutes", swap("seconds=10", "minutes=10"), ("600|minutes", "10 s|seconds")),
    Wrong(
        "timeout=",
        swap("start_to_close_timeout=", "timeout="),
        ("timeout", "start_to_close_timeout"),
    ),
    Wrong(
        "another limit",
        swap("start_to_close_timeout=", "schedule_to_close_timeout="),
        ("schedule_to_close_timeout", "start_to_close_timeout"),
    ),
    Wrong("no letter", swap("send_digest, letter,", "send_digest,"), ("letter",)),
    Wrong(
        "the found in place of the letter",
        swap("send_digest, letter,", "send_digest, found,"),
        ("found|list", "letter"),
    ),
    Wrong(
        "called in the argument",
        swap("send_digest, letter,", "send_digest(letter),"),
        ("send_digest", "comma|call|parenthes"),
        same_as="called directly",
    ),
    Wrong(
        "sent to save_result",
        swap("send_digest, letter", "save_result, letter"),
        ("save_result", "send_digest"),
    ),
    Wrong(
        "only when nothing is missing",
        swap(
            SEND,
            '        name = ""\n'
            "        if not missing:\n"
            "            name = await workflow.execute_activity(\n"
            "                send_digest, letter, start_to_close_timeout=timedelta(seconds=10)\n"
            "            )\n",
        ),
        ("letter|send_digest", "missing|any case|also"),
    ),
    Wrong("sent once more", swap(SEND, SEND + SEND), ("twice|two|once|2", "send_digest|letter")),
    Wrong(
        "a letter without what is missing",
        swap("letter_of(found, missing)", "letter_of(found, [])"),
        ("letter", "missing"),
    ),
    Wrong(
        "a Digest without what is missing",
        swap("len(found), missing)", "len(found), [])"),
        ("missing", "Digest"),
    ),
    Wrong(
        "nothing returned", swap("        return Digest", "        Digest"), ("return", "Digest")
    ),
    Wrong(
        "one after the other",
        swap(
            GATHER,
            "        results = []\n"
            "        for n, source in enumerate(input.sources, 1):\n"
            "            try:\n"
            "                results.append(await self.research(n, source))\n"
            "            except ChildWorkflowError as error:\n"
            "                results.append(error)\n",
        ),
        ("one after|one at a time|at once|gather|same time",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("DigestWorkflow", "class|Workflow"),
        after='DigestWorkflow = "digest"',
    ),
    Wrong(
        "the errors themselves are missing",
        lambda blank: (
            blank.finished[: blank.finished.index("missing = [")]
            + "missing = [one for one in results if not isinstance(one, Research)]"
            + blank.finished[
                blank.finished.index("\n        ]\n", blank.finished.index("missing = [")) + 10 :
            ]
        ),
        ("ChildWorkflowError in place of a text", "reason_of(result)"),
    ),
    Wrong(
        "subject and text for the letter",
        swap("send_digest, letter,", "send_digest, args=[letter.subject, letter.text],"),
        ("given 2 inputs, and takes one", "`letter`"),
    ),
]

RIGHT = [
    Right(
        "every exception",
        swap("isinstance(result, BaseException)", "isinstance(result, Exception)"),
    ),
    Right(
        "not a Research",
        swap("isinstance(result, BaseException)", "not isinstance(result, Research)"),
    ),
    Right(
        "by its name",
        swap("isinstance(result, BaseException)", "isinstance(result, ChildWorkflowError)"),
    ),
    Right(
        "a loop",
        swap(
            MISSING,
            "        missing = []\n"
            "        for source, result in zip(input.sources, results):\n"
            "            if isinstance(result, BaseException):\n"
            '                missing.append(source.topic + ": " + reason_of(result))\n',
        ),
    ),
    Right(
        "by index",
        swap(
            "for source, result in zip(input.sources, results)\n",
            "for n, result in enumerate(results)\n",
            "source.topic}:",
            "input.sources[n].topic}:",
        ),
    ),
    Right("args", swap("send_digest, letter,", "send_digest, args=[letter],")),
    Right(
        "a policy as well",
        swap(LIMIT, LIMIT + ",\n            retry_policy=RetryPolicy(maximum_attempts=5)"),
    ),
    Right(
        "started, then awaited",
        swap(
            SEND,
            "        step = workflow.start_activity(\n"
            "            send_digest, letter, start_to_close_timeout=timedelta(seconds=10)\n"
            "        )\n"
            "        name = await step\n",
        ),
    ),
    Right(
        "under another name first",
        swap(SEND, SEND.replace("name =", "sent =") + "        name = sent\n"),
    ),
    Right(
        "a list first",
        swap(
            "            *(self.research(n, source) for n, source in "
            "enumerate(input.sources, 1)),\n",
            "            *[self.research(n, source) for n, source in "
            "enumerate(input.sources, start=1)],\n",
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(RETURNED, ""))),
]
