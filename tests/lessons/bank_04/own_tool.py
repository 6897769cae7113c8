"""Answers to exercise 04's own tool: a docstring, the answer, ValueError, imports inside."""

from bank import Right, Text, Wrong, finished, practice, swap, whole

DOC = '    """Tell the weekday of a date, which is written as in 2026-11-22."""\n'
IMPORT = "    from datetime import date as day\n\n"
ANSWER = '    return day.fromisoformat(date).strftime("%A")\n'


def miles(
    body: str, head: str = "def miles_to_km(miles: float) -> str:", last: str = "miles_to_km"
) -> Text:
    doc = '    """Convert a length in miles to km."""\n'
    return whole(f"{head}\n{doc}{body}\n\nown_tool = {last}")


def euros(body: str, last: str = "euros_to_dollars") -> Text:
    doc = '    """Tell how many dollars some euros are today."""\n'
    return whole(f"def euros_to_dollars(euros: float) -> str:\n{doc}{body}\n\nown_tool = {last}")


NEGATIVE = '    if miles < 0:\n        raise ValueError("there are no negative lengths")\n'
KM = '    return f"{miles * 1.609344:.2f} km"\n'
DOLLARS = '    return f"{euros * 1.10:.2f} dollars"\n'
NO_DEBTS = '    if euros < 0:\n        raise ValueError("less than nothing")\n'

WRONG = [
    Wrong("blank left", practice(), ("blank|docstring|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("a docstring and no answer", swap(IMPORT + ANSWER, "    ...\n"), ("None|return",)),
    Wrong("no docstring", swap(DOC, ""), ("docstring",)),
    Wrong(
        "a comment for the docstring",
        swap(DOC, "    # Tell the weekday of a date\n"),
        ("docstring",),
        same_as="no docstring",
    ),
    Wrong(
        "an f-string for the docstring",
        swap(DOC, "    " + "f" + DOC.strip() + "\n"),
        ("docstring",),
        same_as="no docstring",
    ),
    Wrong(
        "the docstring below the import",
        swap(DOC + IMPORT, IMPORT + DOC),
        ("docstring", "below `def`|first|top|begin|above"),
    ),
    Wrong("an empty docstring", swap(DOC, '    """"""\n'), ("docstring",)),
    Wrong(
        "printed",
        swap(
            'return day.fromisoformat(date).strftime("%A")',
            'print(day.fromisoformat(date).strftime("%A"))',
        ),
        ("return",),
    ),
    Wrong(
        "import above the function",
        swap(
            "def weekday",
            "from datetime import date as day\n\n\ndef weekday",
            IMPORT,
            "",
        ),
        ("import", "into the function|inside|in the function|within"),
    ),
    Wrong("a number", swap('strftime("%A")', "weekday()"), ("6", "Sunday|text|name")),
    Wrong("the short name", swap("%A", "%a"), ("Sun", "%A|Sunday")),
    Wrong(
        "a week that begins on Sunday",
        swap(
            ANSWER,
            '    names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]\n'
            '    return [*names, "Saturday"][day.fromisoformat(date).weekday()]\n',
        ),
        ("Saturday", "Sunday"),
    ),
    Wrong(
        "isoweekday as an index",
        swap(
            ANSWER,
            "    import calendar\n\n"
            "    return calendar.day_name[day.fromisoformat(date).isoweekday()]\n",
        ),
        ("isoweekday|index|range",),
    ),
    Wrong("always Sunday", swap(ANSWER, '    return "Sunday"\n'), ("Sunday",)),
    Wrong(
        "the parameter's name taken by the import",
        swap(
            "date as day",
            "date",
            "day.fromisoformat",
            "date.fromisoformat",
        ),
        ("date", "as|name|parameter"),
    ),
    Wrong(
        "a date in another order",
        swap(
            IMPORT + ANSWER,
            "    from datetime import datetime\n\n"
            '    return datetime.strptime(date, "%d.%m.%Y").strftime("%A")\n',
        ),
        ("%Y-%m-%d|2026-11-22",),
    ),
    Wrong(
        "nonsense answered with a text",
        swap(
            ANSWER,
            "    try:\n    " + ANSWER + "    except ValueError:\n        return 'no date'\n",
        ),
        ("ValueError", "raise"),
    ),
    Wrong(
        "nonsense raised as another error",
        swap(
            ANSWER,
            "    try:\n    "
            + ANSWER
            + "    except ValueError:\n        raise RuntimeError('no date')\n",
        ),
        ("RuntimeError", "ValueError"),
    ),
    Wrong(
        "called",
        swap("own_tool = weekday", 'own_tool = weekday("2026-11-22")'),
        ("own_tool = weekday|parenthes|call|function",),
    ),
    Wrong(
        "the name as a text",
        swap("own_tool = weekday", 'own_tool = "weekday"'),
        ("text|quote", "own_tool = weekday"),
    ),
    Wrong(
        "own_tool forgotten",
        whole(
            'def weekday(date: str) -> str:\n    """Tell the weekday of a date."""\n'
            "    from datetime import date as day\n\n"
            '    return day.fromisoformat(date).strftime("%A")'
        ),
        ("own_tool",),
    ),
    Wrong(
        "another name",
        swap("weekday(date", "day_of_week(date", "= weekday", "= day_of_week"),
        ("day_of_week", "weekday"),
    ),
    Wrong("hint forgotten", swap("date: str", "date"), ("hint|date: str|str",)),
    Wrong(
        "another parameter",
        swap("weekday(date:", "weekday(text:", "format(date)", "format(text)"),
        ("text", "date"),
    ),
    Wrong(
        "decorated as an Activity",
        swap("def weekday", "@activity.defn\ndef weekday"),
        ("@activity.defn|decorator|activity",),
    ),
    Wrong(
        "decorated as for FastMCP",
        swap("def weekday", "@mcp.tool()\ndef weekday"),
        ("mcp.tool|'tool'|decorator",),
    ),
    # the other two
    Wrong(
        "own_tool not changed", miles(NEGATIVE + KM, last="weekday"), ("own_tool", "miles_to_km")
    ),
    Wrong("a number of km", miles(NEGATIVE + "    return miles * 1.609344\n"), ("text|str|km",)),
    Wrong("no unit", miles(NEGATIVE + '    return f"{miles * 1.609344:.2f}"\n'), ("km",)),
    Wrong(
        "not rounded",
        miles(NEGATIVE + '    return f"{miles * 1.609344} km"\n'),
        ("two decimals", ".2f"),
    ),
    Wrong(
        "rounded as a number",
        miles(NEGATIVE + '    return f"{round(miles * 1.609344, 2)} km"\n'),
        ("0.0 km", "two decimals", ".2f"),
    ),
    Wrong(
        "euros not rounded",
        euros(NO_DEBTS + '    return f"{euros * 1.1} dollars"\n'),
        ("two decimals", ".2f"),
        same_as="one zero lost",
    ),
    Wrong(
        "miles called",
        miles(NEGATIVE + KM, last="miles_to_km(10)"),
        ("miles_to_km(10)", "own_tool = miles_to_km"),
    ),
    Wrong(
        "euros called",
        euros(NO_DEBTS + DOLLARS, last="euros_to_dollars(10)"),
        ("euros_to_dollars(10)", "own_tool = euros_to_dollars"),
    ),
    Wrong("one decimal", miles(NEGATIVE + KM.replace(".2f", ".1f")), ("16.1", "16.09")),
    Wrong("divided", miles(NEGATIVE + KM.replace("*", "/")), ("6.21", "16.09")),
    Wrong("a sea mile", miles(NEGATIVE + KM.replace("1.609344", "1.852")), ("18.52", "16.09")),
    Wrong("less than nothing converted", miles(KM), ("ValueError", "less than|negative|-|0")),
    Wrong(
        "less than nothing answered",
        miles(NEGATIVE.replace("raise ValueError(", "return (") + KM),
        ("ValueError", "raise"),
    ),
    Wrong(
        "assert",
        miles("    assert miles >= 0\n" + KM),
        ("assert", "ValueError"),
    ),
    Wrong("ValueError not raised", miles(NEGATIVE.replace("raise ", "") + KM), ("raise",)),
    Wrong(
        "a constant above the function",
        whole(
            "KM = 1.609344\n\n\ndef miles_to_km(miles: float) -> str:\n"
            '    """Convert miles to km."""\n'
            + NEGATIVE
            + '    return f"{miles * KM:.2f} km"\n\n\n'
            "own_tool = miles_to_km"
        ),
        ("KM", "into the function|inside|in the function|within"),
    ),
    Wrong(
        "miles as a text",
        miles(
            NEGATIVE.replace("miles <", "float(miles) <") + KM.replace("{miles", "{float(miles)"),
            "def miles_to_km(miles: str) -> str:",
        ),
        ("float",),
    ),
    Wrong(
        "a dollar sign",
        euros(NO_DEBTS + '    return f"${euros * 1.10:.2f}"\n'),
        ("dollars", "11.00"),
    ),
    Wrong(
        "one zero lost",
        euros(NO_DEBTS + '    return f"{round(euros * 1.10, 2)} dollars"\n'),
        ("11.0", "11.00"),
    ),
    Wrong(
        "euros divided",
        euros(NO_DEBTS + '    return f"{euros / 1.10:.2f} dollars"\n'),
        ("9.09", "11.00"),
    ),
    Wrong("debts changed", euros('    return f"{euros * 1.10:.2f} dollars"\n'), ("ValueError",)),
]

RIGHT = [
    Right("small letters", swap('strftime("%A")', 'strftime("%A").lower()')),
    Right(
        "strptime",
        swap(
            IMPORT + ANSWER,
            "    from datetime import datetime\n\n"
            '    return datetime.strptime(date, "%Y-%m-%d").strftime("%A")\n',
        ),
    ),
    Right(
        "calendar",
        swap(
            IMPORT + ANSWER,
            "    import calendar\n    import datetime\n\n"
            "    return calendar.day_name[datetime.date.fromisoformat(date).weekday()]\n",
        ),
    ),
    Right(
        "a list of names",
        swap(
            ANSWER,
            '    names = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()\n'
            "    return names[day.fromisoformat(date).weekday()]\n",
        ),
    ),
    Right(
        "a message of its own",
        swap(
            ANSWER,
            "    try:\n        found = day.fromisoformat(date)\n    except ValueError:\n"
            '        raise ValueError(f"{date!r} is no date") from None\n'
            '    return f"{found:%A}"\n',
        ),
    ),
    Right("miles", miles(NEGATIVE + KM)),
    Right(
        "miles, not rounded up by hand",
        miles(
            "    if not miles >= 0:\n        raise ValueError(f'{miles} miles?')\n"
            "    km = miles * 1.609344\n    return '%.2f km' % km\n"
        ),
    ),
    Right("euros", euros(NO_DEBTS + DOLLARS)),
    Right(
        "euros with format",
        euros(NO_DEBTS + '    rate = 1.1\n    return "{:.2f} dollars".format(rate * euros)\n'),
    ),
    Right(
        "a long docstring",
        swap(
            DOC,
            '    """Tell the weekday of a date.\n\n    Args:\n'
            "        date: the date, written as YYYY-MM-DD\n\n"
            '    Returns:\n        The name of the weekday, in English\n    """\n',
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(DOC, ""))),
]
