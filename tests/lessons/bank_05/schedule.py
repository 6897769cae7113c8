"""Answers to exercise 05's Schedule: Monday to Friday, at half past five in UTC."""

from bank import Right, Wrong, finished, practice, swap

HOUR = "hour=[ScheduleRange(5)]"
MINUTE = "minute=[ScheduleRange(30)]"
DAYS = "day_of_week=[ScheduleRange(1, 5)]"
CALENDAR = (
    "        calendars=[\n"
    "            ScheduleCalendarSpec(\n"
    f"                {HOUR},\n"
    f"                {MINUTE},\n"
    f"                {DAYS},\n"
    "            )\n"
    "        ]\n"
)

WRONG = [
    Wrong("blank left", practice(), ("hour|blank|TODO",), verdict="not attempted"),
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
        swap(HOUR + ",", HOUR),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("days left", swap(DAYS, "day_of_week=..."), ("day_of_week",)),
    Wrong("minute left", swap(MINUTE, "minute=..."), ("minute",)),
    # the time
    Wrong("a bare hour", swap(HOUR, "hour=5"), ("hour", "ScheduleRange(5)|ScheduleRange")),
    Wrong(
        "a list of numbers",
        swap(HOUR, "hour=[5]", MINUTE, "minute=[30]", DAYS, "day_of_week=[1, 2, 3, 4, 5]"),
        ("ScheduleRange",),
    ),
    Wrong("a range without a list", swap(HOUR, "hour=ScheduleRange(5)"), ("hour", "list|[")),
    Wrong("a text", swap(HOUR, 'hour=["5"]'), ("hour", "ScheduleRange")),
    Wrong(
        "a text in the range",
        swap(HOUR, 'hour=[ScheduleRange("5")]'),
        ("hour|'5'|\"5\"|text", "number|quote|ScheduleRange(5)"),
    ),
    Wrong(
        "half past seven, as in Berlin",
        swap("ScheduleRange(5)]", "ScheduleRange(7)]"),
        ("7", "5|half past five"),
    ),
    Wrong(
        "in the afternoon",
        swap("ScheduleRange(5)]", "ScheduleRange(17)]"),
        ("17", "5|half past five"),
    ),
    Wrong(
        "hour and minute exchanged",
        swap(HOUR, "hour=[ScheduleRange(30)]", MINUTE, "minute=[ScheduleRange(5)]"),
        ("hour", "minute"),
    ),
    Wrong("hours from 5 to 30", swap(HOUR, "hour=[ScheduleRange(5, 30)]"), ("hour", "30")),
    Wrong("every hour from five on", swap(HOUR, "hour=[ScheduleRange(5, 23)]"), ("hour", "23|5")),
    Wrong(
        "every minute from half past",
        swap(MINUTE, "minute=[ScheduleRange(30, 59)]"),
        ("minute", "59|30"),
    ),
    Wrong("minute forgotten", swap(f"                {MINUTE},\n", ""), ("minute", "30")),
    Wrong("hour forgotten", swap(f"                {HOUR},\n", ""), ("hour", "5")),
    Wrong("every half hour", swap(MINUTE, "minute=[ScheduleRange(0, 59, 30)]"), ("minute", "30")),
    Wrong(
        "half as a number of hours",
        swap(HOUR, "hour=[ScheduleRange(5.5)]"),
        ("5.5|whole|int", "minute|hour"),
    ),
    Wrong(
        "half past four",
        swap("ScheduleRange(5)]", "ScheduleRange(4)]"),
        ("hour|4", "5|half past five"),
    ),
    Wrong(
        "a zone of its own",
        swap("        ]\n    ),", '        ],\n        time_zone_name="Europe/Berlin",\n    ),'),
        ("zone|Berlin", "UTC"),
    ),
    # the days
    Wrong(
        "Sunday to Thursday",
        swap("ScheduleRange(1, 5)", "ScheduleRange(0, 4)"),
        ("Sunday|0", "1|Monday"),
    ),
    Wrong(
        "Monday to Saturday",
        swap("ScheduleRange(1, 5)", "ScheduleRange(1, 6)"),
        ("Saturday|6", "5|Friday"),
    ),
    Wrong("every day", swap(f"                {DAYS},\n", ""), ("day_of_week",)),
    Wrong(
        "every day by its range",
        swap("ScheduleRange(1, 5)", "ScheduleRange(0, 6)"),
        ("Sunday|Saturday|0|6", "1|Monday"),
        same_as="every day",
    ),
    Wrong(
        "Monday and Friday",
        swap(DAYS, "day_of_week=[ScheduleRange(1), ScheduleRange(5)]"),
        ("Tuesday|between|missing|only|Monday, Friday", "ScheduleRange(1, 5)|range|Monday"),
    ),
    Wrong("only Monday", swap("ScheduleRange(1, 5)", "ScheduleRange(1)"), ("Monday|1", "5|Friday")),
    Wrong(
        "every second day",
        swap("ScheduleRange(1, 5)", "ScheduleRange(1, 5, 2)"),
        ("Tuesday|step|second|Monday, Wednesday, Friday",),
    ),
    Wrong(
        "cron's text",
        swap(DAYS, 'day_of_week="MON-FRI"'),
        ("MON-FRI|text|day_of_week", "ScheduleRange"),
    ),
    Wrong(
        "names in a range",
        swap(DAYS, 'day_of_week=[ScheduleRange("Monday", "Friday")]'),
        ("Monday|text|number", "1"),
    ),
    Wrong(
        "days of the month", swap("day_of_week", "day_of_month"), ("day_of_month", "day_of_week")
    ),
    Wrong("weekday=", swap("day_of_week", "weekday"), ("weekday", "day_of_week")),
    Wrong("hours= and minutes=", swap("hour=", "hours=", "minute=", "minutes="), ("hours", "hour")),
    Wrong("Python's range", swap(DAYS, "day_of_week=range(1, 6)"), ("range", "ScheduleRange")),
    Wrong(
        "backwards",
        swap("ScheduleRange(1, 5)", "ScheduleRange(5, 1)"),
        ("5", "1", "start|order|first|round|runs on Friday"),
    ),
    Wrong(
        "Range from another place",
        swap("ScheduleRange(1, 5)", "Range(1, 5)"),
        ("Range", "ScheduleRange"),
    ),
    # the spec
    Wrong(
        "an interval",
        lambda blank: (
            "from temporalio.client import ScheduleIntervalSpec\n\n"
            + blank.finished.replace(
                CALENDAR, "        intervals=[ScheduleIntervalSpec(every=timedelta(days=1))]\n"
            )
        ),
        ("interval|no calendar", "calendar|ScheduleCalendarSpec"),
        same_as="no calendar",
    ),
    Wrong(
        "cron, every day",
        swap(CALENDAR, '        cron_expressions=["30 5 * * *"]\n'),
        ("day|Saturday|Sunday|1-5|no calendar",),
        same_as="no calendar",
    ),
    Wrong(
        "the calendar without a list",
        swap(
            CALENDAR,
            CALENDAR.replace("calendars=[\n", "calendars=(\n").replace(
                "        ]\n", "        )\n"
            ),
        ),
        ("list|[|calendars",),
    ),
    Wrong("calendar=", swap("calendars=", "calendar="), ("calendar", "calendars")),
    Wrong("no calendar", swap(CALENDAR, ""), ("calendar|never|no time",)),
    Wrong(
        "another Workflow",
        swap("DigestWorkflow.run", "ResearchWorkflow.run"),
        ("ResearchWorkflow", "DigestWorkflow"),
    ),
    Wrong(
        "another Task Queue",
        swap('"digest-exercise"', '"research-queue"'),
        ("research-queue", "digest-exercise"),
    ),
    Wrong("another name", swap("every_weekday =", "schedule ="), ("every_weekday",)),
    Wrong("a comma behind it", lambda blank: blank.finished + ",", ("comma|tuple",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("every_weekday", "None|Schedule"),
        after="every_weekday = None",
    ),
    # what a range means
    Wrong(
        "all minutes to the thirtieth",
        swap(MINUTE, "minute=[ScheduleRange(0, 30)]"),
        ("31 minutes", "Write `minute=[ScheduleRange(30)]`."),
    ),
]

RIGHT = [
    Right("by names", swap("ScheduleRange(1, 5)", "ScheduleRange(start=1, end=5)")),
    Right("each day by itself", swap(DAYS, "day_of_week=[ScheduleRange(n) for n in range(1, 6)]")),
    Right("start and end of an hour", swap("ScheduleRange(5)]", "ScheduleRange(5, 5)]")),
    Right(
        "tuples",
        swap(
            "[ScheduleRange(5)]",
            "(ScheduleRange(5),)",
            "[ScheduleRange(30)]",
            "(ScheduleRange(30),)",
        ),
    ),
    Right("in another order", swap(HOUR, "hour=x", MINUTE, HOUR, "hour=x", MINUTE)),
    Right(
        "the seconds named", swap(MINUTE, MINUTE + ",\n                second=[ScheduleRange(0)]")
    ),
    Right(
        "UTC named", swap("        ]\n    ),", '        ],\n        time_zone_name="UTC",\n    ),')
    ),
    Right(
        "two calendars",
        swap(
            CALENDAR,
            "        calendars=[\n"
            + "".join(
                f"            ScheduleCalendarSpec({HOUR}, {MINUTE}, "
                f"day_of_week=[ScheduleRange({days})]),\n"
                for days in ("1, 3", "4, 5")
            )
            + "        ]\n",
        ),
    ),
    Right("with a step", swap("ScheduleRange(1, 5)", "ScheduleRange(1, 5, 1)")),
    Right("cron", swap(CALENDAR, '        cron_expressions=["30 5 * * 1-5"]\n')),
    Right(
        "after a wrong one",
        finished,
        before=(practice(), swap("ScheduleRange(1, 5)", "ScheduleRange(0, 4)")),
    ),
]
