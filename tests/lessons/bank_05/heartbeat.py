"""Answers to lesson 05's download: where an attempt begins, and what it tells the next one."""

from bank import Right, Wrong, finished, practice, swap

BEGIN = "done = info.heartbeat_details[0] if info.heartbeat_details else 0"
BEAT = "            activity.heartbeat(done)\n"
WRITE = "            file.write(part)\n            file.flush()\n"
COUNT = "            done, parts = done + len(part), parts + 1\n"
OPEN = "    with archive_file(info.workflow_id).open"
TRUNCATE = "        file.truncate(done)  # an earlier attempt may have written more than it told\n"
LEFT = "done = ...  # TODO: how far an earlier attempt came, or 0"
LEFT_BEAT = "...  # TODO: tell Temporal how far it is"

WRONG = [
    Wrong("blank left", practice(), ("heartbeat|blank|TODO",), verdict="not attempted"),
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
        "a bracket forgotten in a later edit, and an earlier version is loaded",
        swap("activity.heartbeat(done)", "activity.heartbeat(done"),
        ("bracket|parenthes|'('|closed|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("told and not read", swap(BEGIN, "done = ..."), ("heartbeat_details|how far", "done")),
    Wrong("read and not told", practice(LEFT, BEGIN), ("activity.heartbeat",)),
    # where it begins
    Wrong(
        "always from the start",
        practice(LEFT, "done = 0", LEFT_BEAT, "activity.heartbeat(done)"),
        ("heartbeat_details",),
    ),
    Wrong(
        "the first attempt forgotten",
        swap(BEGIN, "done = info.heartbeat_details[0]"),
        ("first attempt|empty|none|nothing", "0|if"),
    ),
    Wrong(
        "or, too late",
        swap(BEGIN, "done = info.heartbeat_details[0] or 0"),
        ("first attempt|empty|none|nothing", "0|if"),
        same_as="the first attempt forgotten",
    ),
    Wrong(
        "all details",
        swap(BEGIN, "done = info.heartbeat_details or 0"),
        ("[0]|first", "heartbeat_details"),
    ),
    Wrong(
        "the number of details", swap(BEGIN, "done = len(info.heartbeat_details)"), ("len", "[0]")
    ),
    Wrong(
        "the second of the details",
        swap("heartbeat_details[0]", "heartbeat_details[1]"),
        ("[1]|second", "[0]|first"),
    ),
    Wrong(
        "as of a dictionary", swap(BEGIN, "done = info.heartbeat_details.get(0, 0)"), ("get", "[0]")
    ),
    Wrong(
        "by name",
        swap("heartbeat_details[0]", 'heartbeat_details["done"]'),
        ("\"done\"|'done'|name|text|index", "[0]"),
    ),
    Wrong(
        "the wrong way round",
        swap(BEGIN, "done = 0 if info.heartbeat_details else info.heartbeat_details[0]"),
        ("round|first attempt|empty|reverse", "heartbeat_details"),
    ),
    Wrong(
        "misspelt",
        swap("heartbeat_details", "heartbeat_detail"),
        ("heartbeat_detail", "heartbeat_details"),
    ),
    Wrong(
        "of the module",
        swap("info.heartbeat_details", "activity.heartbeat_details"),
        ("activity.heartbeat_details|'heartbeat_details'", "info.heartbeat_details|info()"),
    ),
    Wrong(
        "info without parentheses", swap("activity.info()", "activity.info"), ("info()|parenthes",)
    ),
    Wrong(
        "the Workflow's info",
        swap("activity.info()", "workflow.info()"),
        ("workflow.info", "activity.info"),
    ),
    Wrong(
        "last_heartbeat, as it might be called",
        swap(BEGIN, "done = info.last_heartbeat or 0"),
        ("last_heartbeat", "heartbeat_details"),
    ),
    Wrong(
        "guessed from the attempt",
        swap(BEGIN, "done = (info.attempt - 1) * PART"),
        ("attempt", "heartbeat_details"),
    ),
    Wrong(
        "the file's size",
        swap(
            BEGIN,
            "file = archive_file(info.workflow_id)\n"
            "    done = file.stat().st_size if file.exists() else 0",
        ),
        ("size|stat|file", "heartbeat_details"),
    ),
    Wrong("None at first", swap("else 0", "else None"), ("None", "0")),
    Wrong(
        "one more",
        swap("heartbeat_details[0] if", "heartbeat_details[0] + 1 if"),
        ("1", "heartbeat_details|done|byte"),
    ),
    Wrong(
        "a text as the start",
        swap(BEGIN, "done = str(info.heartbeat_details[0]) if info.heartbeat_details else '0'"),
        ("text|str|number|int",),
    ),
    Wrong(
        "parts counted as bytes",
        swap("heartbeat_details[0] if", "heartbeat_details[0] * PART if"),
        ("PART|times|bytes|much|far", "done|heartbeat_details"),
    ),
    # what it tells
    Wrong("nothing told", swap("heartbeat(done)", "heartbeat()"), ("heartbeat(done)|done",)),
    Wrong(
        "the number of parts", swap("heartbeat(done)", "heartbeat(parts)"), ("parts|[3]", "done")
    ),
    Wrong(
        "the part's length",
        swap("heartbeat(done)", "heartbeat(len(part))"),
        ("len(part)|length|[1000]", "done"),
    ),
    Wrong("the part itself", swap("heartbeat(done)", "heartbeat(part)"), ("part|bytes", "done")),
    Wrong("the whole length", swap("heartbeat(done)", "heartbeat(total)"), ("total", "done")),
    Wrong(
        "a share",
        swap("heartbeat(done)", "heartbeat(done / total)"),
        ("total|share|fraction|0.|part of", "done"),
    ),
    Wrong(
        "a sentence",
        swap("heartbeat(done)", 'heartbeat(f"{done} of {total} bytes")'),
        ("text|str|sentence", "done|number"),
    ),
    Wrong("a text", swap("heartbeat(done)", "heartbeat(str(done))"), ("text|str", "number|done")),
    Wrong(
        "done in quotes",
        swap("heartbeat(done)", 'heartbeat("done")'),
        ("quote|text|str|\"done\"|'done'",),
    ),
    Wrong("a list", swap("heartbeat(done)", "heartbeat([done])"), ("list", "heartbeat(done)|done")),
    Wrong(
        "a dictionary told, a number read",
        swap("heartbeat(done)", 'heartbeat({"done": done})'),
        ("dict", "done"),
    ),
    Wrong(
        "an object",
        swap("heartbeat(done)", "heartbeat(Downloaded(done, parts))"),
        ("Downloaded|dict|object", "done"),
    ),
    Wrong(
        "one byte too far",
        swap("heartbeat(done)", "heartbeat(done + 1)"),
        ("1|byte|hole|more", "done"),
    ),
    Wrong(
        "the next part as well",
        swap("heartbeat(done)", "heartbeat(done + PART)"),
        ("PART|hole|more|far", "done"),
    ),
    Wrong(
        "by keyword",
        swap("heartbeat(done)", "heartbeat(details=done)"),
        ("details", "heartbeat(done)"),
    ),
    Wrong(
        "awaited", swap("activity.heartbeat(done)", "await activity.heartbeat(done)"), ("await",)
    ),
    Wrong(
        "not called",
        swap("activity.heartbeat(done)", "activity.heartbeat"),
        ("parenthes|heartbeat(done)|called",),
    ),
    Wrong(
        "Go's name",
        swap("activity.heartbeat(", "activity.record_heartbeat("),
        ("record_heartbeat", "activity.heartbeat"),
    ),
    Wrong(
        "of the info",
        swap("activity.heartbeat(", "info.heartbeat("),
        ("info.heartbeat|'heartbeat'", "activity.heartbeat"),
    ),
    Wrong(
        "of the Workflow",
        swap("activity.heartbeat(", "workflow.heartbeat("),
        ("workflow.heartbeat|workflow", "activity.heartbeat"),
    ),
    Wrong(
        "misspelt beat",
        swap("activity.heartbeat(", "activity.hearbeat("),
        ("hearbeat", "heartbeat"),
    ),
    Wrong(
        "by name alone",
        swap("activity.heartbeat(", "heartbeat("),
        ("heartbeat", "activity.heartbeat"),
    ),
    Wrong(
        "assigned to the details",
        swap("activity.heartbeat(done)", "info.heartbeat_details = [done]"),
        ("heartbeat_details", "activity.heartbeat"),
    ),
    Wrong(
        "appended to the details",
        swap("activity.heartbeat(done)", "info.heartbeat_details.append(done)"),
        ("heartbeat_details|append", "activity.heartbeat"),
    ),
    Wrong(
        "logged",
        swap("activity.heartbeat(done)", 'activity.logger.info("%s", done)'),
        ("activity.heartbeat",),
        same_as="read and not told",
    ),
    # where it tells
    Wrong("after the loop", swap(BEAT, BEAT[4:]), ("loop|indent|each part|end|once", "heartbeat")),
    Wrong(
        "after the file",
        swap(BEAT, BEAT[8:]),
        ("loop|indent|each part|end|once", "heartbeat"),
        same_as="after the loop",
    ),
    Wrong(
        "before the loop",
        swap(BEAT, "", "        while", BEAT[4:] + "        while"),
        ("loop|indent|each part|once", "heartbeat"),
        same_as="after the loop",
    ),
    Wrong(
        "told before it is written",
        swap(BEAT, "", WRITE, "            activity.heartbeat(done + len(part))\n" + WRITE),
        ("write|written", "before|first|order|after"),
    ),
    Wrong(
        "counted and told before it is written",
        swap(WRITE + COUNT + BEAT, COUNT + BEAT + WRITE),
        ("write|written", "before|first|order|after"),
        same_as="told before it is written",
    ),
    Wrong(
        "told once in a hundred",
        swap(BEAT, "            if parts % 100 == 0:\n    " + BEAT),
        ("each|every|often|100", "heartbeat"),
    ),
    Wrong(
        "told only at the end",
        swap(BEAT, "            if done == total:\n    " + BEAT),
        ("each|every|end", "heartbeat"),
    ),
    # what was there
    Wrong("the file begun anew", swap('open("ab")', 'open("wb")'), ("wb", "ab")),
    Wrong("nothing cut off", swap(TRUNCATE, ""), ("truncate",)),
    Wrong("all cut off", swap("truncate(done)", "truncate(0)"), ("truncate",)),
    Wrong("not flushed", swap("            file.flush()\n", ""), ("flush",)),
    Wrong("always the first part", swap("start=done", "start=0"), ("start", "done")),
    Wrong("decorator lost", swap("@activity.defn\n", ""), ("@activity.defn",)),
    Wrong("async lost", swap("async def", "def"), ("async",)),
    Wrong("await of the part lost", swap("await read_part", "read_part"), ("await",)),
    Wrong("nothing returned", swap("    return Downloaded", "    Downloaded"), ("return",)),
    Wrong(
        "returned in the loop",
        swap("    return Downloaded", "            return Downloaded"),
        ("return", "loop|indent|first part|one part|all"),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("download", "function|Activity|Downloaded"),
        after="download = Downloaded(0, 0)",
    ),
]

RIGHT = [
    Right("the first, or 0", swap(BEGIN, "done = next(iter(info.heartbeat_details), 0)")),
    Right(
        "if and else in lines",
        swap(
            BEGIN,
            "if info.heartbeat_details:\n"
            "        done = info.heartbeat_details[0]\n    else:\n        done = 0",
        ),
    ),
    Right("unpacked", swap(BEGIN, "(done,) = info.heartbeat_details or (0,)")),
    Right(
        "asked for forgiveness",
        swap(
            BEGIN,
            "try:\n"
            "        done = info.heartbeat_details[0]\n    except IndexError:\n        done = 0",
        ),
    ),
    Right("the last detail", swap("heartbeat_details[0]", "heartbeat_details[-1]")),
    Right(
        "a dictionary, told and read",
        swap(
            "heartbeat_details[0] if",
            'heartbeat_details[0]["done"] if',
            "heartbeat(done)",
            'heartbeat({"done": done})',
        ),
    ),
    Right("more than one detail", swap("heartbeat(done)", "heartbeat(done, total)")),
    Right(
        "how many details there are",
        swap("if info.heartbeat_details else", "if len(info.heartbeat_details) > 0 else"),
    ),
    Right(
        "a name for the details",
        swap(
            BEGIN,
            "details = activity.info().heartbeat_details\n    done = details[0] if details else 0",
        ),
    ),
    Right("or", swap(BEGIN, "done = (info.heartbeat_details or [0])[0]")),
    Right(
        "0 first",
        swap(
            BEGIN,
            "done = 0\n    if info.heartbeat_details:\n"
            "        done = int(info.heartbeat_details[0])",
        ),
    ),
    Right("the place in the file", swap("heartbeat(done)", "heartbeat(file.tell())")),
    Right("told at the start as well", swap(BEGIN, BEGIN + "\n    activity.heartbeat(done)")),
    Right("after a wrong one", finished, before=(practice(), swap(BEGIN, "done = 0"))),
]
