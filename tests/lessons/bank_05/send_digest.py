"""Answers to exercise 05's letter: one file for each digest, whole or not at all."""

from bank import Right, Wrong, finished, practice, swap, whole

NAME = 'name = f"{activity.info().workflow_id}.txt"'
LEFT = "name = ...  # TODO: another for each digest, the same at each attempt, with .txt"
LEFT_WRITE = "...  # TODO: write the text to the draft, and rename it"
WRITE = "    draft.write_text(text)\n"
RENAME = "    draft.replace(file)\n"

WRONG = [
    Wrong("blank left", practice(), ("name|draft|blank|TODO",), verdict="not attempted"),
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
        swap("draft.replace(file)", "draft.replace(file"),
        ("bracket|parenthes|'('|closed|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("only the name", practice(LEFT, NAME), ("draft", "write|replace")),
    Wrong("only the draft", swap(NAME, "name = ..."), ("name", "workflow_id|blank|...")),
    # the name
    Wrong(
        "the time, as before",
        swap(NAME, 'name = f"digest-{datetime.now():%H-%M-%S-%f}.txt"'),
        ("time|now|attempt", "workflow_id"),
    ),
    Wrong(
        "the day",
        swap(NAME, 'name = f"digest-{datetime.now():%Y-%m-%d}.txt"'),
        ("day|time|now|digest-20", "workflow_id"),
    ),
    Wrong(
        "drawn anew",
        swap(NAME, 'name = f"{uuid.uuid4()}.txt"'),
        ("uuid", "workflow_id|attempt|same"),
    ),
    Wrong(
        "the attempt in the name",
        swap("workflow_id}", "workflow_id}-{activity.info().attempt}"),
        ("attempt", "same|leave|without|take|twice|two"),
    ),
    Wrong(
        "a fixed name",
        swap(NAME, 'name = "digest.txt"'),
        ("workflow_id", "each|another|digest.txt"),
    ),
    Wrong(
        "the subject",
        swap(NAME, 'name = f"{letter.subject}.txt"'),
        ("subject|sources.txt", "workflow_id"),
    ),
    Wrong(
        "Python's hash of the text",
        swap(NAME, 'name = f"{hash(letter.text)}.txt"'),
        ("hash|again", "workflow_id"),
    ),
    Wrong(
        "the step alone",
        swap("workflow_id", "activity_type"),
        ("activity_type|each|another", "workflow_id"),
    ),
    Wrong("no .txt", swap('}.txt"', '}"'), (".txt",)),
    Wrong("another ending", swap('}.txt"', '}.md"'), (".txt",), same_as="no .txt"),
    Wrong("f forgotten", swap('name = f"', 'name = "'), ('f"|f-string| f |`f`',)),
    Wrong("info without parentheses", swap("info().", "info."), ("info()|parenthes",)),
    Wrong(
        "the Workflow's info",
        swap("activity.info()", "workflow.info()"),
        ("workflow.info", "activity.info"),
    ),
    Wrong("info as a name", swap("activity.info().", "info."), ("info", "activity.info()")),
    Wrong(
        "an id that there is not", swap("info().workflow_id", "info().id"), ("id", "workflow_id")
    ),
    Wrong(
        "a path in the name",
        swap('name = f"', 'name = f"outbox/'),
        ("outbox", "twice|folder|name|outbox/outbox"),
    ),
    # the file
    Wrong(
        "written at once",
        swap(WRITE + RENAME, "    file.write_text(text)\n"),
        ("draft", "half|rename|replace|whole"),
    ),
    Wrong(
        "opened and written at once",
        swap(WRITE + RENAME, '    with open(file, "w") as out:\n        out.write(text)\n'),
        ("draft", "half|rename|replace|whole"),
        same_as="written at once",
    ),
    Wrong("written, not renamed", swap(RENAME, ""), ("draft.replace|rename|replace",)),
    Wrong("renamed, not written", swap(WRITE, ""), ("write",)),
    Wrong(
        "renamed before it is written",
        swap(WRITE + RENAME, RENAME + WRITE),
        ("write", "before|first|order|then|after"),
        same_as="renamed, not written",
    ),
    Wrong(
        "renamed the wrong way round",
        swap("draft.replace(file)", "file.replace(draft)"),
        ("draft.replace(file)|round|exchange",),
    ),
    Wrong(
        "str.replace in mind",
        swap("draft.replace(file)", 'draft.replace(".part", "")'),
        ("replace", "file"),
    ),
    Wrong(
        "renamed to the bare name",
        swap("draft.replace(file)", "draft.replace(name)"),
        ("file", "outbox|folder|name"),
    ),
    Wrong(
        "replace not called",
        swap("draft.replace(file)", "draft.replace"),
        ("replace(file)|parenthes|call",),
        same_as="written, not renamed",
    ),
    Wrong(
        "rename given nothing", swap("draft.replace(file)", "draft.replace()"), ("file", "replace")
    ),
    Wrong(
        "added to what is there",
        swap(
            WRITE,
            '    with draft.open("a") as out:\n        out.write(text)\n',
            RENAME,
            "    file.write_text(draft.read_text())\n",
        ),
        ("append|added|twice|half|rename|replace|\"a\"|'a'",),
    ),
    Wrong(
        "copied",
        swap(RENAME, "    file.write_text(draft.read_text())\n"),
        ("draft", "rename|replace"),
        same_as="added to what is there",
    ),
    Wrong(
        "the letter's text alone",
        swap("write_text(text)", "write_text(letter.text)"),
        ("subject", "text"),
    ),
    Wrong("the letter itself", swap("write_text(text)", "write_text(letter)"), ("letter", "text")),
    Wrong(
        "text in quotes", swap("write_text(text)", 'write_text("text")'), ("quote|\"text\"|'text'",)
    ),
    Wrong(
        "bytes",
        swap("write_text(text)", "write_bytes(text)"),
        ("write_bytes|bytes", "write_text|text"),
    ),
    Wrong(
        "write, as of an open file",
        swap("write_text(text)", "write(text)"),
        ("write", "write_text"),
    ),
    Wrong(
        "skipped and lost: a file that is there raises",
        swap(WRITE, "    if file.exists():\n        raise FileExistsError(name)\n" + WRITE),
        ("FileExistsError|raise|exists", "second|again|attempt|retr"),
    ),
    Wrong(
        "made with x",
        swap(WRITE + RENAME, '    with file.open("x") as out:\n        out.write(text)\n'),
        ("FileExistsError|\"x\"|'x'|exist|draft", "again|attempt|second|rename|replace|half"),
    ),
    Wrong(
        "the draft left behind",
        swap(WRITE + RENAME, WRITE + "    import shutil\n\n    shutil.copy(draft, file)\n"),
        ("draft|.part|copy", "rename|replace"),
        same_as="copied",
    ),
    # the function
    Wrong("the file returned", swap("return name", "return file"), ("name", "file|Path")),
    Wrong("nothing returned", swap("    return name", ""), ("return", "name")),
    Wrong("decorator lost", swap("@activity.defn\n", ""), ("@activity.defn",)),
    Wrong(
        "written in the cell's first version",
        whole(
            "@activity.defn\n"
            "def send_digest(letter: Letter) -> str:\n"
            '    Path("outbox").mkdir(exist_ok=True)\n'
            '    name = f"digest-{datetime.now():%H-%M-%S-%f}.txt"\n'
            '    Path("outbox", name).write_text(f"{letter.subject}\\n\\n{letter.text}\\n")\n'
            "    return name"
        ),
        ("time|now|attempt", "workflow_id"),
        same_as="the time, as before",
    ),
    Wrong("printed", swap(WRITE + RENAME, "    print(text)\n"), ("print|write|draft",)),
    Wrong(
        "every error swallowed",
        swap(
            WRITE + RENAME,
            "    try:\n"
            "        draft.write_text(text)\n"
            "        draft.replace(file)\n"
            "    except Exception:\n"
            "        pass\n",
        ),
        ("except|swallow|Exception|error", "retr|again|raise|lost"),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("send_digest", "function|Activity|text|str"),
        after='send_digest = "digest.txt"',
    ),
    Wrong(
        "the replace of a text",
        swap("draft.replace(file)", "name.replace(str(draft), str(file))"),
        ("`name` is a text", "renames no file"),
    ),
]

RIGHT = [
    Right("a word before the id", swap('f"{activity', 'f"letter-{activity')),
    Right("added up", swap(NAME, 'name = activity.info().workflow_id + ".txt"')),
    Right(
        "a name for the info",
        swap(NAME, 'info = activity.info()\n    name = f"{info.workflow_id}.txt"'),
    ),
    Right(
        "id and step",
        swap(
            NAME,
            'info = activity.info()\n    name = f"{info.workflow_id}-{info.activity_type}.txt"',
        ),
    ),
    Right("rename", swap("draft.replace(file)", "draft.rename(file)")),
    Right("os.replace", swap(RENAME, "    import os\n\n    os.replace(draft, file)\n")),
    Right(
        "an open file", swap(WRITE, '    with draft.open("w") as out:\n        out.write(text)\n')
    ),
    Right(
        "Python's own open",
        swap(WRITE, '    with open(draft, "w") as out:\n        print(text, file=out)\n'),
    ),
    Right(
        "not again",
        swap(
            WRITE + RENAME,
            "    if not file.exists():\n"
            "        draft.write_text(text)\n"
            "        draft.replace(file)\n",
        ),
    ),
    Right("with an encoding", swap("write_text(text)", 'write_text(text, encoding="utf-8")')),
    Right("bytes, encoded", swap("write_text(text)", "write_bytes(text.encode())")),
    Right("the returned path's name", swap("return name", "return file.name")),
    Right("after a wrong one", finished, before=(practice(), swap(RENAME, ""))),
]
