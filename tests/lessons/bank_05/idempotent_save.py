"""Answers to lesson 05's first blank: a row that two attempts write once."""

from bank import Right, Wrong, finished, practice, swap, whole

KEY = 'key = f"{info.workflow_id}/{info.activity_type}"'
LEFT = "key = ...  # TODO: the same at each attempt, another for each Workflow"
IGNORE = 'row.on_conflict_do_nothing(index_elements=["key"])'
INDEX = 'index_elements=["key"]'
WITH = "    with engine.begin() as connection:\n"
EXECUTE = f"        done = connection.execute({IGNORE})\n"
RETURN = "    return Saved(key, new=done.rowcount == 1)"

WRONG = [
    Wrong("blank left", practice(), ("key|blank|TODO",), verdict="not attempted"),
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
        swap('["key"]))', '["key"])'),
        ("bracket|parenthes|'('|closed|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("only the key", practice(LEFT, KEY), ("on_conflict_do_nothing",)),
    Wrong("only the conflict", swap(KEY, "key = ..."), ("key", "workflow_id|blank|...")),
    # a key that changes
    Wrong("a key drawn anew", swap(KEY, "key = str(uuid.uuid4())"), ("uuid", "attempt|same")),
    Wrong(
        "a part of the key drawn anew",
        swap(KEY, 'key = f"{info.workflow_id}/{uuid.uuid4()}"'),
        ("uuid", "attempt|same"),
        same_as="a key drawn anew",
    ),
    Wrong(
        "the attempt in the key",
        swap(KEY, 'key = f"{info.workflow_id}/{info.activity_type}/{info.attempt}"'),
        ("attempt", "same|leave|without|take"),
    ),
    Wrong(
        "the time in the key",
        swap(KEY, 'import time\n    key = f"{info.workflow_id}/{time.time()}"'),
        ("time|clock", "attempt|same"),
    ),
    Wrong(
        "the attempt's start in the key",
        swap(KEY, 'key = f"{info.workflow_id}/{info.started_time}"'),
        ("started_time|time", "attempt|same"),
    ),
    Wrong(
        "the task token as key",
        swap(KEY, "key = info.task_token.hex()"),
        ("task_token|token", "workflow_id"),
    ),
    Wrong(
        "Python's hash, another in each process",
        swap(KEY, 'key = f"{info.workflow_id}/{hash(input.topic)}"'),
        ("hash", "process|Worker|same"),
    ),
    # a key that is too much the same
    Wrong("the step alone", swap(KEY, "key = info.activity_type"), ("workflow_id", "Workflow")),
    Wrong(
        "a fixed text", swap(KEY, 'key = "save_result"'), ("workflow_id",), same_as="the step alone"
    ),
    Wrong("the topic", swap(KEY, "key = input.topic"), ("topic|octopuses", "workflow_id")),
    Wrong(
        "the address",
        swap(KEY, "key = input.source_url"),
        ("source_url|address|/pages/", "workflow_id"),
    ),
    Wrong(
        "f forgotten",
        swap('key = f"', 'key = "'),
        ('f"|f-string| f |`f`',),
    ),
    Wrong(
        "names in quotes",
        swap(KEY, 'key = "info.workflow_id" + "/" + "info.activity_type"'),
        ("quote|text|letters", "info.workflow_id"),
    ),
    # names
    Wrong("an id that there is not", swap("{info.workflow_id}", "{info.id}"), ("workflow_id",)),
    Wrong(
        "the step by another name",
        swap("{info.activity_type}", "{info.activity_name}"),
        ("activity_name", "activity_type"),
    ),
    Wrong(
        "info without parentheses",
        swap("activity.info()", "activity.info"),
        ("activity.info()|parenthes",),
    ),
    Wrong(
        "the Workflow's info",
        swap("{info.workflow_id}", "{workflow.info().workflow_id}"),
        ("workflow.info", "activity.info|info.workflow_id"),
    ),
    Wrong(
        "attributes of the input",
        swap("{info.workflow_id}", "{input.workflow_id}"),
        ("workflow_id", "info.workflow_id|activity.info"),
    ),
    # the insert
    Wrong(
        "the conflict on a line of its own, its result lost",
        swap(EXECUTE, f"        {IGNORE}\n        done = connection.execute(row)\n"),
        ("on_conflict_do_nothing", "execute|new|returns|gives|="),
    ),
    Wrong(
        "updated where it is there",
        swap(
            IGNORE,
            'row.on_conflict_do_update(\n            index_elements=["key"], '
            'set_={"summary": input.summary}\n        )',
        ),
        ("do_update|update|chang", "on_conflict_do_nothing"),
    ),
    Wrong(
        "replaced where it is there",
        swap(IGNORE, 'row.prefix_with("OR REPLACE")'),
        ("replace", "on_conflict_do_nothing"),
    ),
    Wrong(
        "misspelt",
        swap("on_conflict_do_nothing", "on_conflict_do_nothin"),
        ("on_conflict_do_nothin", "on_conflict_do_nothing"),
    ),
    Wrong(
        "on_conflict_ignore, which there is not",
        swap("on_conflict_do_nothing", "on_conflict_ignore"),
        ("on_conflict_ignore", "on_conflict_do_nothing"),
    ),
    Wrong(
        "Django's ignore_conflicts",
        swap(IGNORE, "row, ignore_conflicts=True"),
        ("ignore_conflicts", "on_conflict_do_nothing"),
    ),
    Wrong("another column", swap('["key"]', '["id"]'), ("index_elements|id", "key")),
    Wrong(
        "a column that is not unique",
        swap('["key"]', '["workflow_id"]'),
        ("index_elements|workflow_id|unique", "key"),
    ),
    Wrong(
        "the column's name without quotes",
        swap('["key"]', "[key]"),
        ("quote|\"key\"|'key'|name of the column|column",),
    ),
    Wrong("not a list", swap('["key"]', '"key"'), ("list|[\"key\"]|['key']",)),
    Wrong(
        "the conflict given to the connection",
        swap(IGNORE, 'row).on_conflict_do_nothing(index_elements=["key"]'),
        ("on_conflict_do_nothing", "row.|inside|execute"),
    ),
    Wrong(
        "SQLAlchemy's plain insert",
        swap("insert_into(engine, results)", "results.insert()"),
        ("insert_into",),
    ),
    Wrong(
        "connected and not committed",
        swap("engine.begin()", "engine.connect()"),
        ("commit|transaction", "engine.begin"),
    ),
    Wrong(
        "executed outside of the block",
        swap(WITH + EXECUTE, WITH + "        pass\n" + EXECUTE[4:]),
        ("with|block|closed|indent|transaction",),
    ),
    Wrong("made and not executed", swap("connection.execute(", "("), ("execute",)),
    Wrong(
        "every error swallowed",
        swap(
            WITH + EXECUTE + RETURN,
            "    try:\n"
            "        with engine.begin() as connection:\n"
            "            connection.execute(row)\n"
            "    except Exception:\n"
            "        return Saved(key, new=False)\n"
            "    return Saved(key, new=True)",
        ),
        ("Exception|swallow|every error|catch", "IntegrityError|on_conflict_do_nothing|raise|retr"),
    ),
    Wrong(
        "a set in the Worker's memory",
        swap(
            WITH + EXECUTE + RETURN,
            "    seen = globals().setdefault('seen_keys', set())\n"
            "    new = key not in seen\n"
            "    if new:\n"
            "        seen.add(key)\n"
            "        with engine.begin() as connection:\n"
            "            connection.execute(row)\n"
            "    return Saved(key, new)",
        ),
        ("memory|process|Worker|database", "on_conflict_do_nothing"),
    ),
    Wrong("awaited", swap("done = connection", "done = await connection"), ("await",)),
    # what comes back
    Wrong("always new", swap("new=done.rowcount == 1", "new=True"), ("new", "rowcount")),
    Wrong(
        "the wrong way round",
        swap("rowcount == 1", "rowcount == 0"),
        ("new", "rowcount == 1|rowcount"),
    ),
    Wrong("not returned", swap("    return Saved", "    Saved"), ("return",)),
    Wrong(
        "rowcount of the insert",
        swap("done.rowcount", "row.rowcount"),
        ("row.rowcount|rowcount", "done"),
    ),
    # the function
    Wrong("decorator lost", swap("@activity.defn\n", ""), ("@activity.defn",)),
    Wrong(
        "async, though it blocks",
        swap("def save_result", "async def save_result"),
        ("async", "block|def save_result|ordinary|thread"),
    ),
    Wrong(
        "the article's function",
        whole(
            "@activity.defn\n"
            "async def save_result(topic: str, result: str) -> None:\n"
            "    print(f'Saving result for {topic}: {result[:100]}...')"
        ),
        ("SaveInput|input",),
    ),
    Wrong("renamed", swap("def save_result", "def save_results"), ("save_result",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("save_result", "function|Saved|Activity"),
        after='save_result = Saved("a", new=True)',
    ),
    Wrong(
        "an except that passes, and done is not set",
        swap(
            '        done = connection.execute(row.on_conflict_do_nothing(index_elements=["key"]))',
            "        try:\n            done = connection.execute(row)\n"
            "        except Exception:\n            pass",
        ),
        ("swallows", "`done` is never set"),
    ),
    Wrong(
        "an except for all that says the row is there",
        swap(
            '        done = connection.execute(row.on_conflict_do_nothing(index_elements=["key"]))',
            "        try:\n            done = connection.execute(row)\n"
            "        except Exception:\n            return Saved(key, new=False)",
        ),
        ("disk is full", "swallows every error"),
    ),
]

RIGHT = [
    Right("the Activity's id", swap("{info.activity_type}", "{info.activity_id}")),
    Right("any conflict", swap(INDEX, "")),
    Right("a word for the step", swap("{info.activity_type}", "save")),
    Right("joined", swap(KEY, 'key = "-".join([info.workflow_id, info.activity_type])')),
    Right("added up", swap(KEY, 'key = info.workflow_id + ":" + info.activity_type')),
    Right("the column itself", swap('["key"]', "[results.c.key]")),
    Right(
        "in two steps",
        swap(
            WITH + EXECUTE,
            f"    row = {IGNORE}\n{WITH}        done = connection.execute(row)\n",
        ),
    ),
    Right(
        "the refusal caught by its name",
        swap(
            WITH + EXECUTE + RETURN,
            "    from sqlalchemy.exc import IntegrityError\n\n"
            "    try:\n"
            "        with engine.begin() as connection:\n"
            "            connection.execute(row)\n"
            "    except IntegrityError:\n"
            "        return Saved(key, new=False)\n"
            "    return Saved(key, new=True)",
        ),
    ),
    Right("more than none", swap("done.rowcount == 1", "done.rowcount > 0")),
    Right(
        "without a name for the info",
        swap(
            "{info.workflow_id}/{info.activity_type}", "{activity.info().workflow_id}/save_result"
        ),
    ),
    Right("returned from within the block", swap(RETURN, "    " + RETURN)),
    Right(
        "committed by hand",
        swap(
            "engine.begin()", "engine.connect()", EXECUTE, EXECUTE + "        connection.commit()\n"
        ),
    ),
    Right(
        "a digest of the same things",
        swap(
            KEY,
            "import hashlib\n\n"
            '    name = f"{info.workflow_id}/{info.activity_type}"\n'
            "    key = hashlib.sha256(name.encode()).hexdigest()",
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(KEY, "key = input.topic"))),
]
