"""Answers to lesson 02's retry policy: 3 attempts, waits of 2 and of 6 seconds."""

from bank import Right, Wrong, finished, practice, swap, whole

FIRST = "initial_interval=timedelta(seconds=2)"
TIMES = "backoff_coefficient=3.0"
ATTEMPTS = "maximum_attempts=3"

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
        "first wait not changed",
        swap(FIRST, "initial_interval=timedelta(seconds=1)"),
        ("initial_interval|first wait", "2"),
    ),
    Wrong("first wait a bare number", swap(FIRST, "initial_interval=2"), ("timedelta",)),
    Wrong(
        "first wait in minutes",
        swap(FIRST, "initial_interval=timedelta(minutes=2)"),
        ("120|minutes", "seconds"),
    ),
    Wrong(
        "first wait in milliseconds",
        swap(FIRST, "initial_interval=timedelta(milliseconds=2)"),
        ("0.002|millisecond", "seconds"),
    ),
    Wrong(
        "first wait in days", swap(FIRST, "initial_interval=timedelta(2)"), ("day|172", "seconds")
    ),
    Wrong("first wait 6", swap(FIRST, "initial_interval=timedelta(seconds=6)"), ("6", "2")),
    Wrong(
        "factor not changed",
        swap(TIMES, "backoff_coefficient=2.0"),
        ("backoff_coefficient", "4", "3|6"),
    ),
    Wrong(
        "factor is the second wait",
        swap(TIMES, "backoff_coefficient=6"),
        ("backoff_coefficient", "12"),
    ),
    Wrong(
        "factor a timedelta",
        swap(TIMES, "backoff_coefficient=timedelta(seconds=6)"),
        ("backoff_coefficient", "number"),
    ),
    Wrong(
        "no limit of attempts",
        swap(ATTEMPTS, "maximum_attempts=0"),
        ("maximum_attempts", "0|without end|for ever|no limit|without limit"),
    ),
    Wrong(
        "the first attempt not counted",
        swap(ATTEMPTS, "maximum_attempts=2"),
        ("maximum_attempts", "2", "3"),
    ),
    Wrong(
        "attempts counted as retries after the third",
        swap(ATTEMPTS, "maximum_attempts=4"),
        ("maximum_attempts", "4", "3"),
    ),
    Wrong(
        "attempts a text",
        swap(ATTEMPTS, 'maximum_attempts="3"'),
        ("maximum_attempts", "number|text|quote"),
    ),
    Wrong(
        "attempts left out",
        swap("    " + ATTEMPTS + ",\n", ""),
        ("maximum_attempts",),
        same_as="no limit of attempts",
    ),
    Wrong(
        "the longest wait cuts the second",
        swap(TIMES, TIMES + ",\n    maximum_interval=timedelta(seconds=5)"),
        ("maximum_interval", "5"),
    ),
    Wrong(
        "an argument misspelt",
        swap("maximum_attempts", "max_attempts"),
        ("max_attempts", "maximum_attempts"),
    ),
    Wrong(
        "a dictionary in place of the policy",
        whole(
            'retry_policy = {"initial_interval": 2, "backoff_coefficient": 3, '
            '"maximum_attempts": 3}'
        ),
        ("RetryPolicy",),
    ),
    Wrong("another name", swap("retry_policy = ", "policy = "), ("retry_policy",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("retry_policy", "None|RetryPolicy"),
        after="retry_policy = None",
    ),
    Wrong(
        "the first wait as a text",
        swap(FIRST, 'initial_interval="2s"'),
        ("initial_interval", "timedelta"),
    ),
    Wrong(
        "a factor below one",
        swap(TIMES, "backoff_coefficient=1 / 3"),
        ("backoff_coefficient", "0.33"),
    ),
    Wrong(
        "the factor a text",
        swap(TIMES, 'backoff_coefficient="3.0"'),
        ("backoff_coefficient", "number"),
    ),
    Wrong(
        "attempts None",
        swap(ATTEMPTS, "maximum_attempts=None"),
        ("maximum_attempts", "None", "number"),
    ),
    Wrong(
        "a function that makes it",
        whole("def retry_policy():\n    return RetryPolicy(timedelta(seconds=2), 3.0, None, 3)"),
        ("function", "RetryPolicy"),
    ),
    Wrong(
        "the waits as a list",
        whole("retry_policy = RetryPolicy(intervals=[timedelta(seconds=2), timedelta(seconds=6)])"),
        ("intervals", "initial_interval"),
    ),
    Wrong(
        "max_retries, as elsewhere",
        whole(
            "retry_policy = RetryPolicy(\n"
            "    max_retries=3, initial_interval=timedelta(seconds=2), backoff_coefficient=3.0\n"
            ")"
        ),
        ("max_retries", "maximum_attempts"),
    ),
    Wrong(
        "a comma behind it makes a tuple", lambda blank: blank.finished + ",", ("tuple", "comma")
    ),
    Wrong(
        "second= for seconds=",
        swap(FIRST, "initial_interval=timedelta(second=2)"),
        ("second", "seconds="),
    ),
    Wrong(
        "by position, the attempts in the wrong place",
        whole("retry_policy = RetryPolicy(timedelta(seconds=2), 3.0, 3)"),
        ("maximum_attempts=", "third|position|name"),
    ),
    Wrong(
        "a decimal comma",
        swap(TIMES, "backoff_coefficient=3,0"),
        ("3,0|comma|3.0|point",),
    ),
    Wrong(
        "the seconds as a text",
        swap(FIRST, 'initial_interval=timedelta(seconds="2")'),
        ("seconds", "number|quote|timedelta(seconds=2)"),
    ),
    Wrong(
        "attempts a timedelta",
        swap(ATTEMPTS, "maximum_attempts=timedelta(seconds=3)"),
        ("maximum_attempts", "number"),
    ),
    Wrong(
        "both waits as the first",
        swap(FIRST, "initial_interval=[timedelta(seconds=2), timedelta(seconds=6)]"),
        ("initial_interval", "list|one|first wait", "timedelta"),
    ),
    Wrong(
        "the blank's line left, and one's own below it",
        swap(ATTEMPTS, "maximum_attempts=0,\n    " + ATTEMPTS),
        ("maximum_attempts", "twice|repeated|once|two|again"),
    ),
    Wrong(
        "made, and not kept",
        swap("retry_policy = ", ""),
        ("retry_policy = |name|`retry_policy`",),
    ),
    Wrong(
        "a colon for the equals sign",
        swap("retry_policy = ", "retry_policy: "),
        ("retry_policy", "=|equals"),
    ),
    Wrong(
        "the difference taken for the factor",
        swap(TIMES, "backoff_coefficient=4"),
        ("backoff_coefficient", "8", "3|6"),
    ),
    Wrong(
        "another library's retries",
        whole(
            "from tenacity import retry, stop_after_attempt, wait_exponential\n"
            "\n"
            "retry_policy = retry(\n"
            "    stop=stop_after_attempt(3), wait=wait_exponential(multiplier=2, exp_base=3)\n"
            ")"
        ),
        ("RetryPolicy",),
    ),
    Wrong(
        "imported from a module that there is not",
        swap("retry_policy = ", "from temporalio.retry import RetryPolicy\n\nretry_policy = "),
        ("temporalio.retry", "temporalio.common|take|already"),
    ),
    Wrong(
        "all waits the same",
        swap(TIMES, "backoff_coefficient=1.0"),
        ("backoff_coefficient", "2", "3|6"),
    ),
    Wrong(
        "seconds with an s behind",
        swap(FIRST, "initial_interval=2s"),
        ("2s", "timedelta(seconds=2)"),
    ),
    Wrong(
        "the second wait as the longest",
        swap(TIMES, "maximum_interval=timedelta(seconds=6)"),
        ("backoff_coefficient", "4", "3|6"),
        same_as="factor not changed",
    ),
    Wrong(
        "three and twice in place of two and three times",
        swap(FIRST, "initial_interval=timedelta(seconds=3)", TIMES, "backoff_coefficient=2.0"),
        ("initial_interval", "3", "2"),
    ),
    Wrong(
        "looked for in the Workflow's module",
        swap("= RetryPolicy(", "= workflow.RetryPolicy("),
        ("workflow", "`retry_policy = RetryPolicy(`"),
    ),
    Wrong(
        "the class in small letters",
        swap("= RetryPolicy(", "= retryPolicy("),
        ("retryPolicy", "`RetryPolicy"),
    ),
    Wrong("the class alone", whole("retry_policy = RetryPolicy"), ("class", "RetryPolicy(")),
    Wrong(
        "compared, not kept",
        swap("retry_policy = ", "retry_policy == "),
        ("==", "retry_policy ="),
    ),
    Wrong(
        "the timedelta of a text",
        swap(FIRST, 'initial_interval=timedelta("2 seconds")'),
        ("timedelta", "seconds=2"),
    ),
    Wrong(
        "both waits in one timedelta",
        swap(FIRST, "initial_interval=timedelta(seconds=2, 6)"),
        ("timedelta(seconds=2)",),
    ),
]

RIGHT = [
    Right("by position", whole("retry_policy = RetryPolicy(timedelta(seconds=2), 3, None, 3)")),
    Right(
        "in milliseconds, a whole number",
        swap(
            FIRST, "initial_interval=timedelta(milliseconds=2000)", TIMES, "backoff_coefficient=3"
        ),
    ),
    Right(
        "with a longest wait that cuts nothing",
        swap(TIMES, TIMES + ",\n    maximum_interval=timedelta(seconds=6)"),
    ),
    Right(
        "from variables, computed",
        whole("""
first, second = timedelta(seconds=2), timedelta(seconds=6)
retry_policy = RetryPolicy(
    maximum_attempts=len([first, second]) + 1,
    backoff_coefficient=second / first, initial_interval=first)
"""),
    ),
    Right(
        "changed from the defaults",
        whole("""
import dataclasses
retry_policy = dataclasses.replace(RetryPolicy(), initial_interval=timedelta(0, 2),
                                   backoff_coefficient=3.0, maximum_attempts=3)
"""),
    ),
    Right(
        "set one by one",
        whole("""
retry_policy = RetryPolicy()
retry_policy.initial_interval = timedelta(seconds=2)
retry_policy.backoff_coefficient = 3.0
retry_policy.maximum_attempts = 3
"""),
    ),
    Right(
        "with an error that ends it at once",
        swap(ATTEMPTS, ATTEMPTS + ',\n    non_retryable_error_types=["AuthenticationError"]'),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(FIRST, "initial_interval=2"))),
    Right(
        "from a dictionary",
        whole(
            "given = dict(initial_interval=timedelta(seconds=2), maximum_attempts=3)\n"
            "retry_policy = RetryPolicy(**given, backoff_coefficient=3)"
        ),
    ),
    Right(
        "two names, computed values",
        whole(
            "retry_policy = policy = RetryPolicy(\n"
            "    maximum_attempts=int('3'), initial_interval=timedelta(minutes=1) / 30,\n"
            "    backoff_coefficient=9 ** 0.5, maximum_interval=timedelta(hours=1))"
        ),
    ),
    Right(
        "a function that is called",
        whole(
            "def policy(first, second):\n"
            "    return RetryPolicy(first, second / first, None, 3)\n"
            "\n"
            "retry_policy = policy(timedelta(seconds=2), timedelta(seconds=6))"
        ),
    ),
    Right(
        "a Fraction",
        swap(
            "retry_policy =",
            "from fractions import Fraction\n\nretry_policy =",
            TIMES,
            "backoff_coefficient=Fraction(6, 2)",
        ),
    ),
]
