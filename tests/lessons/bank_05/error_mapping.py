"""Answers to lesson 05's 429: an empty account is given up, a busy provider is waited for."""

from bank import Right, Wrong, finished, practice, swap, whole

EMPTY = (
    "            raise ApplicationError(\n"
    '                "the account is empty", type="QuotaExhausted", non_retryable=True\n'
    "            ) from None\n"
)
BUSY = (
    "        raise ApplicationError(\n"
    '            "too many requests", type="RateLimitError", next_retry_delay=wait\n'
    "        ) from None\n"
)
IF = "        if out_of_money(error):\n"
WAIT = "        wait = retry_after(error.litellm_response_headers)\n"
EXCEPT = "    except RateLimitError as error:\n"

WRONG = [
    Wrong(
        "blank left", practice(), ("raise|ApplicationError|blank|TODO",), verdict="not attempted"
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
        swap("out_of_money(error):\n            raise", "out_of_money(error)\n            raise"),
        ("colon|':'|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong(
        "only the empty account",
        swap(BUSY, "        ...\n"),
        ("RateLimitError", "next_retry_delay|wait"),
    ),
    Wrong("only the wait", swap(EMPTY, "            ...\n"), ("QuotaExhausted",)),
    # the empty account
    Wrong(
        "retried all the same",
        swap(", non_retryable=True", ""),
        ("QuotaExhausted|empty|quota", "non_retryable=True"),
    ),
    Wrong(
        "non_retryable=False",
        swap("non_retryable=True", "non_retryable=False"),
        ("non_retryable=True",),
        same_as="retried all the same",
    ),
    Wrong(
        "retryable=False",
        swap("non_retryable=True", "retryable=False"),
        ("retryable", "non_retryable=True"),
    ),
    Wrong(
        "nonretryable=True",
        swap("non_retryable=True", "nonretryable=True"),
        ("nonretryable", "non_retryable"),
    ),
    Wrong(
        "the policy's argument",
        swap("non_retryable=True", 'non_retryable_error_types=["QuotaExhausted"]'),
        ("non_retryable_error_types", "non_retryable=True"),
    ),
    Wrong(
        "no type for the empty account",
        swap(' type="QuotaExhausted",', ""),
        ("type", "QuotaExhausted"),
    ),
    Wrong(
        "the type as second argument", swap('type="QuotaExhausted"', '"QuotaExhausted"'), ("type=",)
    ),
    Wrong(
        "another type", swap("QuotaExhausted", "QuotaExceeded"), ("QuotaExceeded", "QuotaExhausted")
    ),
    Wrong(
        "the provider's code as type",
        swap('"QuotaExhausted"', '"insufficient_quota"'),
        ("insufficient_quota", "QuotaExhausted"),
    ),
    Wrong(
        "the type without quotes",
        swap('type="QuotaExhausted"', "type=QuotaExhausted"),
        ("QuotaExhausted", "quote|text|\"QuotaExhausted\"|'QuotaExhausted'"),
    ),
    Wrong("no message", swap('"the account is empty", ', ""), ("message|text|first",)),
    Wrong(
        "made and not raised",
        swap(EMPTY, EMPTY.replace("raise ", "").replace(" from None", "")),
        ("raise", "QuotaExhausted|ApplicationError|empty"),
    ),
    Wrong(
        "returned and not raised",
        swap(EMPTY, EMPTY.replace("raise ", "return ").replace(" from None", "")),
        ("return", "raise"),
    ),
    Wrong(
        "another exception for the empty account",
        swap(EMPTY, '            raise ValueError("QuotaExhausted") from None\n'),
        ("ValueError", "ApplicationError"),
    ),
    Wrong(
        "an excuse in place of an error",
        swap(EMPTY, '            return Summary("no answer", 0, 0, 0.0)\n'),
        ("return|Summary|succe|saved", "raise"),
    ),
    Wrong(
        "the empty account printed",
        swap(EMPTY, '            print("empty")\n'),
        ("print|raise", "QuotaExhausted"),
    ),
    Wrong(
        "raised again as it came",
        swap(EMPTY, "            raise\n"),
        ("QuotaExhausted", "ApplicationError|retr"),
    ),
    # the busy provider
    Wrong("the wait left out", swap(", next_retry_delay=wait", ""), ("next_retry_delay", "wait")),
    Wrong(
        "given up",
        swap("next_retry_delay=wait", "non_retryable=True"),
        ("RateLimitError|busy|too many", "next_retry_delay"),
    ),
    Wrong(
        "a wait, and given up",
        swap("next_retry_delay=wait", "next_retry_delay=wait, non_retryable=True"),
        ("non_retryable", "RateLimitError|busy|too many|wait"),
    ),
    Wrong(
        "the header's name",
        swap("next_retry_delay=wait", "retry_after=wait"),
        ("retry_after", "next_retry_delay"),
    ),
    Wrong(
        "retry_delay=",
        swap("next_retry_delay=wait", "retry_delay=wait"),
        ("retry_delay", "next_retry_delay"),
    ),
    Wrong(
        "seconds in place of a timedelta",
        swap("next_retry_delay=wait", "next_retry_delay=wait.total_seconds()"),
        ("timedelta|next_retry_delay", "seconds|number|float"),
    ),
    Wrong(
        "always four seconds",
        swap("next_retry_delay=wait", "next_retry_delay=timedelta(seconds=4)"),
        ("4", "wait|header"),
    ),
    Wrong("wait in quotes", swap("=wait", '="wait"'), ("wait", "quote|text|timedelta")),
    Wrong("the error in place of the wait", swap("=wait", "=error"), ("next_retry_delay", "wait")),
    Wrong(
        "the function, not called",
        swap("=wait", "=retry_after"),
        ("retry_after", "wait|call|parenthes"),
    ),
    Wrong(
        "the wait as the second argument",
        swap("next_retry_delay=wait", "wait"),
        ("next_retry_delay=",),
    ),
    Wrong(
        "slept in the Activity",
        swap(
            BUSY, "        import time\n\n        time.sleep(wait.total_seconds())\n        raise\n"
        ),
        ("sleep", "next_retry_delay"),
    ),
    Wrong(
        "slept, and asked again",
        swap(
            BUSY,
            "        import time\n\n        time.sleep(wait.total_seconds())\n"
            "        answer = ask_model(prompt)\n",
        ),
        ("sleep|ask_model|again", "raise|next_retry_delay"),
        same_as="slept in the Activity",
    ),
    Wrong(
        "asked again at once",
        swap(BUSY, "        return call_llm(prompt)\n"),
        ("call_llm|again|calls itself", "raise|next_retry_delay"),
    ),
    Wrong(
        "another type for the busy one",
        swap('"RateLimitError"', '"RateLimit"'),
        ("RateLimit", "RateLimitError"),
    ),
    Wrong(
        "no type for the busy one", swap(' type="RateLimitError",', ""), ("type", "RateLimitError")
    ),
    Wrong(
        "a class as type",
        swap('type="RateLimitError"', "type=RateLimitError"),
        ("type", "quote|text|\"RateLimitError\"|'RateLimitError'"),
    ),
    Wrong(
        "passed on as it came",
        swap(BUSY, "        raise\n"),
        ("next_retry_delay", "ApplicationError"),
    ),
    Wrong(
        "LiteLLM's error raised anew",
        swap(
            'raise ApplicationError(\n            "too', 'raise RateLimitError(\n            "too'
        ),
        ("RateLimitError", "ApplicationError"),
    ),
    Wrong(
        "nothing raised",
        swap(BUSY, "        pass\n"),
        ("raise", "RateLimitError|ApplicationError|next_retry_delay"),
    ),
    Wrong(
        "made and not raised, the busy one",
        swap(BUSY, BUSY.replace("raise ", "").replace(" from None", "")),
        ("raise",),
    ),
    Wrong(
        "a policy in place of an error",
        swap(BUSY, "        raise RetryPolicy(initial_interval=wait)\n"),
        ("RetryPolicy", "ApplicationError"),
    ),
    # both
    Wrong(
        "the two exchanged",
        swap(
            EMPTY,
            "\x00",
            BUSY,
            EMPTY[4:].replace("\n    ", "\n"),
            "\x00",
            '            raise ApplicationError("too many", type="RateLimitError") from None\n',
        ),
        ("QuotaExhausted", "RateLimitError"),
    ),
    Wrong(
        "the question turned round",
        swap("if out_of_money(error)", "if not out_of_money(error)"),
        ("not", "out_of_money|round|empty"),
    ),
    Wrong(
        "out_of_money not called",
        swap("if out_of_money(error)", "if out_of_money"),
        ("out_of_money", "(error)|call|always|parenthes"),
    ),
    Wrong(
        "the question left out",
        swap(IF + EMPTY, ""),
        ("QuotaExhausted", "out_of_money|empty"),
        same_as="only the wait",
    ),
    Wrong(
        "the second raise inside the if",
        swap(WAIT + BUSY, "    " + WAIT + BUSY.replace("    " * 2, "    " * 3)),
        ("indent|inside|if", "RateLimitError|raise|next_retry_delay|wait"),
    ),
    Wrong(
        "every error caught",
        swap(
            EXCEPT,
            "    except Exception as error:\n",
            "error.litellm_response_headers",
            'getattr(error, "litellm_response_headers", None)',
            "out_of_money(error):\n            raise",
            'getattr(error, "body", None) and out_of_money(error):\n            raise',
        ),
        ("Exception|every|other|all", "except RateLimitError|AuthenticationError|pass|go through"),
    ),
    Wrong(
        "the Temporal error of the caller",
        swap('raise ApplicationError(\n            "too', 'raise ActivityError(\n            "too'),
        ("ActivityError", "ApplicationError"),
    ),
    Wrong(
        "ApplicationError misspelt",
        swap(
            "raise ApplicationError(\n                ", "raise ApplicationErorr(\n                "
        ),
        ("ApplicationErorr", "ApplicationError"),
    ),
    Wrong(
        "ApplicationFailure, as in other SDKs",
        swap("ApplicationError(", "ApplicationFailure("),
        ("ApplicationFailure", "ApplicationError"),
    ),
    Wrong("decorator lost", swap("@activity.defn\n", ""), ("@activity.defn",)),
    Wrong(
        "async, though it blocks",
        swap("def call_llm", "async def call_llm"),
        ("async", "block|ordinary|thread|def call_llm"),
    ),
    Wrong(
        "the summary not returned",
        swap("    return summary_of(answer)", "    summary_of(answer)"),
        ("return",),
    ),
    Wrong(
        "the answer in place of the summary",
        swap("return summary_of(answer)", "return answer"),
        ("summary_of|Summary",),
    ),
    Wrong(
        "the article's function",
        whole(
            "@activity.defn\n"
            "async def call_llm(prompt: str) -> str:\n"
            "    from openai import AsyncOpenAI\n"
            "    client = AsyncOpenAI()\n"
            "    response = await client.chat.completions.create(\n"
            "        model='gpt-4o-mini', messages=[{'role': 'user', 'content': prompt}]\n"
            "    )\n"
            "    return response.choices[0].message.content"
        ),
        ("ask_model|RateLimitError|ApplicationError|AsyncOpenAI|openai",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("call_llm", "function|Activity|text|str"),
        after='call_llm = "Give me one fact about bees"',
    ),
]

RIGHT = [
    Right(
        "other messages",
        swap('"the account is empty"', "str(error)", '"too many requests"', 'f"busy: {error}"'),
    ),
    Right("without a cause", swap(" from None\n", "\n")),
    Right("with its cause", swap("from None\n", "from error\n")),
    Right(
        "else",
        swap(WAIT + BUSY, "        else:\n    " + WAIT + BUSY.replace("    " * 2, "    " * 3)),
    ),
    Right(
        "said twice", swap("next_retry_delay=wait", "next_retry_delay=wait, non_retryable=False")
    ),
    Right(
        "one raise for both",
        swap(
            IF + EMPTY + WAIT + BUSY,
            "        empty = out_of_money(error)\n"
            "        raise ApplicationError(\n"
            '            "no money" if empty else "too many requests",\n'
            '            type="QuotaExhausted" if empty else "RateLimitError",\n'
            "            non_retryable=empty,\n"
            "            next_retry_delay=None if empty else "
            "retry_after(error.litellm_response_headers),\n"
            "        ) from None\n",
        ),
    ),
    Right(
        "made first, raised then",
        swap(
            EMPTY,
            '            failure = ApplicationError("empty", type="QuotaExhausted", '
            "non_retryable=True)\n            raise failure\n",
        ),
    ),
    Right("with details", swap('"too many requests", ', '"too many requests", prompt, ')),
    Right(
        "the wait on the spot",
        swap(WAIT, "", "=wait", "=retry_after(error.litellm_response_headers)"),
    ),
    Right(
        "everything in the try",
        swap(
            "answer = ask_model(prompt)",
            "return summary_of(ask_model(prompt))",
            "    return summary_of(answer)",
            "",
        ),
    ),
    Right("the class's own name", swap('type="RateLimitError"', "type=RateLimitError.__name__")),
    Right(
        "a mapping of its own",
        swap(
            "@activity.defn\n",
            "def busy(wait):\n"
            '    return ApplicationError("later", type="RateLimitError", next_retry_delay=wait)\n'
            "\n\n"
            "@activity.defn\n",
            BUSY,
            "        raise busy(wait) from None\n",
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(BUSY, "        raise\n"))),
]
