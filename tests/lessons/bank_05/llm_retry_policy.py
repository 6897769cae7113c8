"""Answers to lesson 05's Retry Policy: what waiting cures, by the exact names of the rest."""

from bank import Right, Wrong, finished, practice, swap, whole

FIRST = "initial_interval=timedelta(seconds=5)"
LONGEST = "maximum_interval=timedelta(minutes=2)"
NAMES = (
    "AuthenticationError",
    "BadRequestError",
    "ContentPolicyViolationError",
    "ContextWindowExceededError",
    "NotFoundError",
    "PermissionDeniedError",
    "UnprocessableEntityError",
)
LINES = "".join(f'        "{name}",\n' for name in NAMES)
LIST = f"[\n{LINES}    ]"
LAST = '        "UnprocessableEntityError",\n'


def without(name: str) -> tuple[str, str]:
    return f'        "{name}",\n', ""


WRONG = [
    Wrong("blank left", practice(), ("initial_interval|blank|TODO",), verdict="not attempted"),
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
        swap(FIRST + ",", FIRST),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong(
        "the article's list left",
        swap(LIST, '["ValueError", "PermissionError"]'),
        ("ValueError|PermissionError", "AuthenticationError"),
    ),
    Wrong(
        "one wait left",
        swap(LONGEST, "maximum_interval=..."),
        ("maximum_interval", "2 minutes|minutes=2|blank|..."),
    ),
    # the waits
    Wrong(
        "first wait a bare number",
        swap(FIRST, "initial_interval=5"),
        ("initial_interval", "timedelta"),
    ),
    Wrong(
        "first wait in minutes",
        swap("seconds=5", "minutes=5"),
        ("initial_interval|first wait", "300|5 minutes|minutes", "seconds=5|5 seconds|5 s"),
    ),
    Wrong(
        "first wait in days",
        swap("timedelta(seconds=5)", "timedelta(5)"),
        ("initial_interval|first wait", "day|432", "seconds"),
    ),
    Wrong(
        "first wait in milliseconds",
        swap("seconds=5", "milliseconds=5"),
        ("initial_interval|first wait", "0.005|millisecond", "seconds=5|5 seconds|5 s"),
    ),
    Wrong(
        "the article's two seconds",
        swap("seconds=5", "seconds=2"),
        ("initial_interval|first wait", "5"),
    ),
    Wrong(
        "first wait a text", swap(FIRST, 'initial_interval="5s"'), ("initial_interval", "timedelta")
    ),
    Wrong("second= for seconds=", swap("seconds=5", "second=5"), ("second", "seconds")),
    Wrong(
        "longest wait a bare number",
        swap(LONGEST, "maximum_interval=120"),
        ("maximum_interval", "timedelta"),
    ),
    Wrong(
        "longest wait in seconds",
        swap("minutes=2", "seconds=2"),
        ("maximum_interval|longest", "2 minutes|minutes=2"),
    ),
    Wrong(
        "longest wait in hours",
        swap("minutes=2", "hours=2"),
        ("maximum_interval|longest", "2 minutes|minutes=2"),
    ),
    Wrong(
        "longest wait taken out",
        swap("    " + LONGEST + ",\n", ""),
        ("maximum_interval", "2 minutes|minutes=2"),
    ),
    Wrong(
        "the two exchanged",
        swap("seconds=5", "seconds=x", "minutes=2", "seconds=5", "seconds=x", "minutes=2"),
        ("initial_interval", "maximum_interval|120"),
    ),
    Wrong(
        "five attempts, as before in the article",
        swap("maximum_attempts=10", "maximum_attempts=5"),
        ("maximum_attempts|attempts", "10|ten"),
    ),
    Wrong(
        "no limit of attempts",
        swap("maximum_attempts=10", "maximum_attempts=0"),
        ("maximum_attempts|attempts", "10|ten"),
    ),
    Wrong(
        "always the same wait",
        swap("backoff_coefficient=2.0", "backoff_coefficient=1.0"),
        ("backoff_coefficient", "2|doubled|double"),
    ),
    # names that are missing
    Wrong(
        "only the one that was seen",
        swap(LIST, '["AuthenticationError"]'),
        ("BadRequestError|missing|not in|more",),
    ),
    Wrong(
        "parents without their children",
        swap(*without("ContentPolicyViolationError"), *without("ContextWindowExceededError")),
        ("ContextWindowExceededError|ContentPolicyViolationError", "name|child|BadRequestError"),
    ),
    Wrong(
        "a prompt that is too long is tried again",
        swap(*without("ContextWindowExceededError")),
        ("ContextWindowExceededError",),
    ),
    Wrong("the 422 forgotten", swap(LAST, ""), ("UnprocessableEntityError",)),
    Wrong("the 404 forgotten", swap(*without("NotFoundError")), ("NotFoundError",)),
    Wrong(
        "a builtin for the provider's error",
        swap('"PermissionDeniedError"', '"PermissionError"'),
        ("PermissionError", "PermissionDeniedError"),
    ),
    Wrong("an empty list", swap(LIST, "[]"), ("empty|nothing|no name|AuthenticationError",)),
    Wrong(
        "the list taken out",
        swap(f"    non_retryable_error_types={LIST},\n", ""),
        ("non_retryable_error_types",),
        same_as="an empty list",
    ),
    # names that are too many
    Wrong(
        "too many requests as well",
        swap(LAST, LAST + '        "RateLimitError",\n'),
        ("RateLimitError", "wait|later|passes|429|again"),
    ),
    Wrong(
        "time-outs as well",
        swap(LAST, LAST + '        "Timeout",\n'),
        ("Timeout", "wait|later|passes|408|again"),
    ),
    Wrong(
        "the provider's trouble as well",
        swap(LAST, LAST + '        "InternalServerError",\n'),
        ("InternalServerError", "wait|later|passes|500|again"),
    ),
    Wrong(
        "a busy provider as well",
        swap(LAST, LAST + '        "ServiceUnavailableError",\n'),
        ("ServiceUnavailableError", "wait|later|passes|503|again"),
    ),
    Wrong(
        "all eleven",
        swap(
            LAST,
            LAST + '        "InternalServerError",\n        "RateLimitError",\n'
            '        "ServiceUnavailableError",\n        "Timeout",\n',
        ),
        ("RateLimitError", "wait|later|passes|again|cure"),
    ),
    Wrong(
        "those that are to be retried",
        swap(
            LIST,
            '["InternalServerError", "RateLimitError", "ServiceUnavailableError", "Timeout"]',
        ),
        ("RateLimitError", "non_retryable|not retried|opposite|reverse|other way|round"),
    ),
    Wrong(
        "every Exception",
        swap(LIST, '["Exception"]'),
        ("Exception", "exact|name|parent|child|letter"),
    ),
    # names written otherwise
    Wrong(
        "misspelt",
        swap("AuthenticationError", "AuthentificationError"),
        ("AuthentificationError", "AuthenticationError"),
    ),
    Wrong(
        "one small letter",
        swap('"BadRequestError"', '"BadrequestError"'),
        ("BadrequestError", "BadRequestError"),
    ),
    Wrong(
        "without Error",
        swap(
            LIST,
            '["Authentication", "BadRequest", "ContentPolicyViolation", '
            '"ContextWindowExceeded", "NotFound", "PermissionDenied", "UnprocessableEntity"]',
        ),
        ("Authentication", "AuthenticationError"),
    ),
    Wrong(
        "with the package's name",
        swap('        "', '        "litellm.'),
        ("litellm.", "AuthenticationError"),
    ),
    Wrong(
        "a space in the text",
        swap('"AuthenticationError"', '"AuthenticationError "'),
        ("space|'AuthenticationError '|\"AuthenticationError \"",),
    ),
    Wrong(
        "a comma forgotten in the list",
        swap('"AuthenticationError",', '"AuthenticationError"'),
        ("comma|AuthenticationErrorBadRequestError",),
    ),
    Wrong(
        "one text with commas",
        swap(LIST, '["' + ", ".join(NAMES) + '"]'),
        ("each|own|one text|comma|quote",),
    ),
    Wrong(
        "a text and no list",
        swap(LIST, '"AuthenticationError"'),
        ("list|[",),
    ),
    Wrong(
        "brackets that make no tuple",
        swap(LIST, '("AuthenticationError")'),
        ("list|[",),
        same_as="a text and no list",
    ),
    Wrong(
        "classes without quotes",
        swap('"AuthenticationError"', "AuthenticationError"),
        ("AuthenticationError", "quote|text|\"AuthenticationError\"|'AuthenticationError'"),
    ),
    Wrong(
        "classes, imported",
        lambda blank: (
            f"from litellm import {', '.join(NAMES)}\n\n"
            + blank.finished.replace('        "', "        ").replace('",\n', ",\n")
        ),
        ("class", "name|text|quote"),
    ),
    Wrong(
        "statuses",
        swap(LIST, "[400, 401, 403, 404, 422]"),
        ("400|401|number|status", "name|AuthenticationError"),
    ),
    # the policy
    Wrong(
        "an argument by another name",
        swap("non_retryable_error_types", "non_retryable_errors"),
        ("non_retryable_errors", "non_retryable_error_types"),
    ),
    Wrong(
        "tenacity's words",
        whole(
            "LLM_RETRY_POLICY = RetryPolicy(\n"
            "    wait=wait_exponential(min=5, max=120), stop=stop_after_attempt(10)\n)"
        ),
        ("wait|stop|wait_exponential", "RetryPolicy|initial_interval"),
    ),
    Wrong(
        "a dictionary",
        whole(
            "LLM_RETRY_POLICY = {\n"
            '    "initial_interval": timedelta(seconds=5),\n'
            '    "maximum_interval": timedelta(minutes=2),\n'
            '    "maximum_attempts": 10,\n'
            f'    "non_retryable_error_types": {LIST},\n'
            "}"
        ),
        ("RetryPolicy", "dict"),
    ),
    Wrong("another name", swap("LLM_RETRY_POLICY =", "RETRY_POLICY ="), ("LLM_RETRY_POLICY",)),
    Wrong(
        "a comma behind it",
        lambda blank: blank.finished + ",",
        ("comma|tuple",),
    ),
    Wrong(
        "a function that makes it",
        lambda blank: blank.finished.replace(
            "LLM_RETRY_POLICY = RetryPolicy(", "def LLM_RETRY_POLICY():\n    return RetryPolicy("
        ),
        ("function", "RetryPolicy|="),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("LLM_RETRY_POLICY", "None|RetryPolicy"),
        after="LLM_RETRY_POLICY = None",
    ),
    Wrong(
        "a list of three names without quotes, on one line",
        lambda blank: (
            blank.finished[: blank.finished.index("non_retryable_error_types")]
            + "non_retryable_error_types=[AuthenticationError, BadRequestError, NotFoundError],\n)"
        ),
        ("`AuthenticationError` stands without quotes", '"AuthenticationError"'),
        same_as="classes without quotes",
    ),
    Wrong(
        "a name without its Error",
        swap('"NotFoundError"', '"NotFound"'),
        ("'NotFound'", '"NotFoundError"'),
    ),
]

RIGHT = [
    Right("in seconds", swap("minutes=2", "seconds=120")),
    Right("a tuple", swap(LIST, "(\n" + LINES + "    )")),
    Right("in another order", swap(LIST, "[" + ", ".join(f'"{n}"' for n in reversed(NAMES)) + "]")),
    Right("an int", swap("backoff_coefficient=2.0", "backoff_coefficient=2")),
    Right(
        "by position",
        whole(
            "LLM_RETRY_POLICY = RetryPolicy(\n"
            f"    timedelta(seconds=5), 2.0, timedelta(minutes=2), 10, {LIST}\n)"
        ),
    ),
    Right("split", swap(LIST, '"""\n' + "\n".join(NAMES) + '\n""".split()')),
    Right(
        "names of the classes",
        lambda blank: (
            "import litellm\n\n"
            + blank.finished.replace('        "', "        litellm.").replace(
                '",\n', ".__name__,\n"
            )
        ),
    ),
    Right(
        "the default doubled by itself",
        swap("    backoff_coefficient=2.0,\n", ""),
    ),
    Right(
        "made of the one above",
        whole(
            "LLM_RETRY_POLICY = replace(\n"
            "    LLM_RETRY_POLICY,\n    non_retryable_error_types="
            f"{LIST},\n)"
        ),
    ),
    Right(
        "the list apart",
        whole(
            f"never = {LIST}\n"
            "LLM_RETRY_POLICY = RetryPolicy(\n"
            "    initial_interval=timedelta(0, 5),\n"
            "    maximum_interval=timedelta(minutes=2),\n"
            "    maximum_attempts=10,\n"
            "    non_retryable_error_types=never,\n)"
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(LIST, "[]"))),
]
