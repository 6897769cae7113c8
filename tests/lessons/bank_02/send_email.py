"""Answers to exercise 02's fix: the Activity that delivers, and raises nothing any more."""

from bank import Blank, Right, Wrong, finished, practice, swap, whole

RAISE = '    raise ApplicationError("The e-mail service is not available")'
DECORATOR = "@activity.defn\n"
COMMENT = "    # The service is back, and nothing is raised any more.\n"
RETURN = '    return f"Sent {report.name} to {input.to}"'
WRITE = '    (outbox / f"{activity.info().workflow_id}.eml").write_bytes(bytes(message))\n'
HEAD = """\
from email.message import EmailMessage
from pathlib import Path


@activity.defn
def send_email(input: EmailInput) -> str:
"""
SENT = '        return f"Sent {input.attachment} to {input.to}"'


def tried(blank: Blank) -> str:
    """The finished cell with its body in a `try`, to be followed by an `except`."""
    body = blank.finished.partition(COMMENT)[2]
    return HEAD + "    try:\n" + "\n".join(f"    {line}" for line in body.split("\n"))


MKDIR = "outbox.mkdir(exist_ok=True)"
START = "    message = EmailMessage()\n"


def _commented(text: str) -> str:
    """The finished cell with all but the last line of its body as comments."""
    head, body = text.split("    # The service", 1)
    body, last = ("    # The service" + body).rsplit("\n", 1)
    return head + "\n".join("    # " + line.strip() for line in body.splitlines()) + "\n" + last


WRONG = [
    Wrong("blank left", practice(), ("raise",), verdict="not attempted"),
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
        "a parenthesis forgotten in a later edit, and an earlier version is loaded",
        swap("bytes(message))", "bytes(message)"),
        ("'('|syntax|parse|older|earlier",),
        before=(practice(),),
    ),
    Wrong(
        "another error raised",
        practice("The e-mail service is not available", "no luck"),
        ("raise", "no luck"),
    ),
    Wrong("the error raised after the delivery", swap(COMMENT, "", RETURN, RAISE), ("raise",)),
    Wrong(
        "the error swallowed, and nothing delivered",
        whole(HEAD + "    try:\n    " + RAISE + "\n    except ApplicationError:\n" + SENT),
        ("outbox|deliver|written|file",),
    ),
    Wrong(
        "each error swallowed, so that nothing is tried again",
        lambda blank: tried(blank) + '\n    except Exception:\n        return "Not sent"',
        ("except|swallow|catch", "retr|again"),
    ),
    Wrong(
        "the error returned instead of raised",
        swap(COMMENT, RAISE.replace("raise", "return") + "\n"),
        ("ApplicationError|error", "return"),
    ),
    Wrong(
        "a text alone, nothing delivered",
        whole(HEAD + '    return f"Sent {input.attachment} to {input.to}"'),
        ("outbox|deliver|written|file",),
        same_as="the error swallowed, and nothing delivered",
    ),
    Wrong(
        "the message not written",
        swap(WRITE, ""),
        ("outbox|deliver|written|file",),
        same_as="a text alone, nothing delivered",
    ),
    Wrong("nothing returned", swap(RETURN, ""), ("return|None",)),
    Wrong(
        "the input's field misspelt",
        swap("input.attachment", "input.filename"),
        ("filename", "attachment|field|attribute"),
    ),
    Wrong("a misspelt name", swap("EmailMessage()", "EmailMesage()"), ("EmailMesage",)),
    Wrong(
        "another address",
        swap('= input.to, "Your', '= "me@example.com", "Your'),
        ("to|address", "input.to|me@example.com"),
    ),
    Wrong(
        "a new file at each attempt",
        swap(
            "import Path",
            "import Path\nfrom uuid import uuid4",
            "{activity.info().workflow_id}",
            "{uuid4()}",
        ),
        ("workflow_id|twice|second|again|same",),
    ),
    Wrong("the report not attached", swap("report.read_bytes()", 'b""'), ("attach|report|empty",)),
    Wrong("decorator lost", swap(DECORATOR, ""), ("@activity.defn",)),
    Wrong(
        "mended under another name",
        swap("def send_email(", "def send_email_fixed("),
        ("send_email",),
    ),
    Wrong("name overwritten by a later cell", finished, ("send_email",), after="send_email = True"),
    Wrong(
        "a folder made anew at each attempt",
        swap(MKDIR, "outbox.mkdir()"),
        ("exists", "outbox", "twice"),
    ),
    Wrong(
        "another folder, Outbox with a capital",
        swap('Path("outbox")', 'Path("Outbox")'),
        ("outbox",),
        same_as="the message not written",
    ),
    Wrong(
        "handed to a mail server that is not there",
        swap(
            WRITE,
            "    import smtplib\n"
            "\n"
            '    with smtplib.SMTP("localhost", 2525) as server:\n'
            "        server.send_message(message)\n",
        ),
        ("smtplib|mail server|outbox",),
    ),
    Wrong(
        "the file's name written out",
        swap("Path(input.attachment)", 'Path("exercise_report.pdf")'),
        ("input.attachment",),
    ),
    Wrong(
        "added to the file at each attempt",
        swap(
            WRITE,
            '    with open(outbox / f"{activity.info().workflow_id}.eml", "ab") as file:\n'
            "        file.write(bytes(message))\n",
        ),
        ("append|added|twice|second|again",),
    ),
    Wrong(
        "the attempt in the file's name",
        swap(
            "{activity.info().workflow_id}.eml",
            "{activity.info().workflow_id}-{activity.info().attempt}.eml",
        ),
        ("twice|second|again|attempt", "workflow_id"),
        same_as="a new file at each attempt",
    ),
    Wrong("the input as a dictionary", swap("= input.to,", '= input["to"],'), ("input.to",)),
    Wrong("info without parentheses", swap("info()", "info"), ("activity.info()",)),
    Wrong(
        "workflow.info in an Activity",
        swap("activity.info", "workflow.info"),
        ("workflow.info", "activity.info"),
    ),
    Wrong(
        "the message returned",
        swap(RETURN, "    return message"),
        ("EmailMessage|message", 'text|str|f"Sent'),
    ),
    Wrong(
        "a line too many taken out",
        swap("    message = EmailMessage()\n", ""),
        ("message", "EmailMessage()"),
    ),
    Wrong(
        "returned before the delivery",
        swap(COMMENT, SENT[4:] + "\n"),
        ("outbox|deliver|written|file", "return|outbox"),
        same_as="a text alone, nothing delivered",
    ),
    Wrong(
        "the import taken out as well",
        swap("from email.message import EmailMessage\n", ""),
        ("EmailMessage", "import"),
    ),
    Wrong(
        "raise left, its error taken out",
        practice('raise ApplicationError("The e-mail service is not available")', "raise"),
        ("raise", "take|out|line"),
    ),
    Wrong(
        "printed instead of returned",
        swap(RETURN, '    print(f"Sent {report.name} to {input.to}")'),
        ("return", "None|nothing|print"),
        same_as="nothing returned",
    ),
    Wrong(
        "the same file for each report",
        swap('f"{activity.info().workflow_id}.eml"', '"report.eml"'),
        ("workflow_id",),
    ),
    Wrong(
        "the PDF read as a text",
        swap("report.read_bytes()", "report.read_text()"),
        ("read_bytes|bytes",),
    ),
    Wrong(
        "the message written without bytes",
        swap("write_bytes(bytes(message))", "write_bytes(message)"),
        ("bytes(message)|as_bytes|bytes",),
    ),
    Wrong(
        "workflowId as in TypeScript",
        swap("workflow_id", "workflowId"),
        ("workflowId", "workflow_id"),
    ),
    Wrong(
        "a pause, so that the service comes back",
        swap(COMMENT, "    import time\n\n    time.sleep(25)\n"),
        ("sleep|waits|too long",),
    ),
    Wrong(
        "the address for the file",
        swap("Path(input.attachment)", "Path(input.to)"),
        ("input.to", "input.attachment"),
    ),
    Wrong(
        "the error moved down",
        swap("    (outbox /", RAISE + "\n    (outbox /"),
        ("raise", "take|out"),
    ),
    Wrong(
        "the error raised at the first attempts",
        swap(
            START,
            "    if activity.info().attempt < 5:\n    " + RAISE + "\n" + START,
        ),
        ("raise", "take|out"),
        same_as="the error moved down",
    ),
    Wrong(
        "slashes for a comment",
        swap(
            START, '    // raise ApplicationError("The e-mail service is not available")\n' + START
        ),
        ("//", "#|take"),
    ),
    Wrong(
        "three quotes opened and not closed",
        swap(
            START, '    """raise ApplicationError("The e-mail service is not available")\n' + START
        ),
        ('"""|three|triple', "quote", "close|take"),
    ),
    Wrong(
        "the first line not indented",
        swap(
            "    # The service is back, and nothing is raised any more.\n" + START,
            "message = EmailMessage()\n",
        ),
        ("message", "spaces|indent it|indent that"),
    ),
    Wrong(
        "all but the last line commented out",
        lambda blank: _commented(blank.finished),
        ("report = Path(input.attachment)|comment", "missing|comment"),
    ),
    Wrong(
        "the function's line taken out as well",
        swap("def send_email(input: EmailInput) -> str:\n", ""),
        ("def send_email",),
    ),
    Wrong(
        "the PDF copied, no message written",
        swap(
            "from pathlib import Path\n",
            "from pathlib import Path\nimport shutil\n",
            '    (outbox / f"{activity.info().workflow_id}.eml").write_bytes(bytes(message))\n',
            "    shutil.copy(report, outbox)\n",
        ),
        (".eml|No letter", "lines|write_bytes"),
        same_as="the message not written",
    ),
    Wrong(
        "marked as not to be tried again, and raised all the same",
        swap(
            START,
            '    raise ApplicationError("No e-mail service", non_retryable=True)\n' + START,
        ),
        ("raise", "take|out"),
    ),
]

RIGHT = [
    Right("error left as a comment", practice("    raise", "    # raise")),
    Right("nothing but the line taken out", swap(COMMENT, "")),
    Right(
        "another parameter name, another way to write",
        whole("""
import email.message
import pathlib

@activity.defn(name="send_email")
def send_email(mail: EmailInput) -> str:
    msg = email.message.EmailMessage()
    msg["Subject"] = "Your research report"
    msg["To"] = mail.to
    msg.set_content("Here it is.")
    path = pathlib.Path(mail.attachment)
    with path.open("rb") as pdf:
        msg.add_attachment(pdf.read(), maintype="application", subtype="pdf", filename=path.name)
    folder = pathlib.Path("outbox")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (activity.info().workflow_id + ".eml")).write_bytes(msg.as_bytes())
    return "Sent " + path.name + " to " + mail.to
"""),
    ),
    Right(
        "errors noted and raised again",
        lambda blank: (
            tried(blank)
            + "\n    except OSError as error:"
            + '\n        activity.logger.warning("not sent: %s", error)\n        raise'
        ),
    ),
    Right(
        "with a sender and a message id",
        swap(
            "    message.set_content",
            '    message["From"] = "research@example.com"\n    message.set_content',
        ),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(RETURN, ""))),
    Right(
        "written as a text", swap("write_bytes(bytes(message))", "write_text(message.as_string())")
    ),
    Right(
        "by way of a temporary name",
        swap(
            WRITE,
            '    target = outbox / f"{activity.info().workflow_id}.eml"\n'
            '    part = target.with_suffix(".part")\n'
            "    part.write_bytes(message.as_bytes())\n"
            "    part.replace(target)\n",
        ),
    ),
    Right("async def", swap("def send_email(", "async def send_email(")),
]
