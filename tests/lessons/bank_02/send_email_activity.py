"""Answers to exercise 02's first blank: the function that sends becomes an Activity."""

from bank import Right, Wrong, finished, practice, swap, whole

DECORATOR = "@activity.defn\n"
RAISE = '    raise ApplicationError("The e-mail service is not available")'
DEF = "def send_email(input: EmailInput) -> str:\n"

WRONG = [
    Wrong("blank left", practice(), ("decorator|Activity",), verdict="not attempted"),
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
        swap("-> str:", "-> str"),
        ("':'|colon|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong(
        "decorator forgotten",
        swap(DECORATOR, ""),
        ("decorator|Activity",),
        same_as="blank left",
        verdict="not attempted",
    ),
    Wrong("decorator without its @", swap(DECORATOR, "activity.defn\n"), ("@activity.defn",)),
    Wrong(
        "decorator of a Workflow",
        swap(DECORATOR, "@workflow.defn\n"),
        ("workflow.defn", "@activity.defn"),
    ),
    Wrong(
        "entry point of a Workflow",
        swap(DECORATOR, "@workflow.run\n"),
        ("workflow.run", "@activity.defn"),
    ),
    Wrong("@activity.run, which there is not", swap(DECORATOR, "@activity.run\n"), ("run", "defn")),
    Wrong("the module as decorator", swap(DECORATOR, "@activity\n"), ("module|@activity", "defn")),
    Wrong("@activity.def, a keyword", swap(DECORATOR, "@activity.def\n"), ("defn",)),
    Wrong(
        "the name given as if it were the first argument",
        swap(DECORATOR, '@activity.defn("send_email")\n'),
        ("name=|parenthes|without",),
    ),
    Wrong("function renamed", swap("def send_email(", "def send_mail("), ("send_email",)),
    Wrong(
        "the error taken out too early",
        swap(RAISE, '    return f"Sent {input.attachment} to {input.to}"'),
        ("raise|ApplicationError|error", "leave|keep|back"),
    ),
    Wrong(
        "the function called below its definition, which raises",
        swap(RAISE, RAISE + '\n\nsend_email = send_email(EmailInput("a@example.com", "a.pdf"))'),
        ("send_email", "call|raise"),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("send_email", "text|str|function"),
        after='send_email = "reader@example.com"',
    ),
    Wrong(
        "a class with a run method",
        whole(
            "@activity.defn\n"
            "class send_email:\n"
            "    def run(self, input: EmailInput) -> str:\n"
            "    " + RAISE
        ),
        ("class", "def send_email"),
    ),
    Wrong(
        "@activity.register, which there is not",
        swap(DECORATOR, "@activity.register\n"),
        ("register", "@activity.defn"),
    ),
    Wrong(
        "a retry policy in the decorator",
        swap(DECORATOR, "@activity.defn(retry_policy=RetryPolicy(maximum_attempts=3))\n"),
        ("retry_policy", "@activity.defn"),
    ),
    Wrong(
        "an error that is not tried again",
        swap('available")', 'available", non_retryable=True)'),
        ("non_retryable", "raise"),
    ),
    Wrong(
        "another name for Temporal",
        swap(DECORATOR, '@activity.defn(name="SendEmail")\n'),
        ("SendEmail", "send_email", "name"),
    ),
    Wrong("activity misspelt", swap(DECORATOR, "@activty.defn\n"), ("activty", "`activity`")),
    Wrong(
        "the decorator of another framework", swap(DECORATOR, "@task\n"), ("task", "@activity.defn")
    ),
    Wrong(
        "the error returned", swap("raise Application", "return Application"), ("raise", "return")
    ),
    Wrong(
        "two parameters in place of one object",
        swap(DEF, "def send_email(to: str, attachment: str) -> str:\n"),
        ("EmailInput",),
    ),
    Wrong("a self too many", swap("send_email(input", "send_email(self, input"), ("self",)),
    Wrong(
        "activities for activity",
        swap(DECORATOR, "@activities.defn\n"),
        ("activities", "@activity.defn|`activity`"),
    ),
    Wrong(
        "the decorator inside the function",
        swap(DECORATOR, "", DEF, DEF + "    @activity.defn\n"),
        ("@activity.defn", "above|over|before"),
    ),
    Wrong(
        "the error commented out, so that nothing is left",
        swap(RAISE, RAISE.replace("raise", "# raise")),
        ("indent|body|empty|nothing", "raise|def send_email|line"),
    ),
    Wrong(
        "the name without quotes",
        swap(DECORATOR, "@activity.defn(name=send_email)\n"),
        ("send_email", "quote|@activity.defn"),
    ),
    Wrong(
        "sandboxed=False as in a Workflow",
        swap(DECORATOR, "@activity.defn(sandboxed=False)\n"),
        ("sandboxed", "@activity.defn"),
    ),
    Wrong(
        "the function indented below its decorator",
        swap(DEF + RAISE, "    " + DEF + "    " + RAISE),
        ("indent",),
    ),
    Wrong(
        "the decorator in quotes",
        swap(DECORATOR, '"@activity.defn"\n'),
        ("@activity.defn", "quote|text|decorator"),
        same_as="decorator without its @",
    ),
    Wrong(
        "the input of the Activity above",
        swap(DEF, DEF.replace("EmailInput", "PDFGenerationInput")),
        ("PDFGenerationInput", "EmailInput"),
    ),
    Wrong(
        "the dataclass's decorator copied as well",
        swap(DECORATOR, "@dataclass\n" + DECORATOR),
        ("dataclass",),
    ),
    Wrong(
        "the error raised and swallowed",
        swap(
            RAISE,
            "    try:\n    " + RAISE + "\n    except ApplicationError as error:\n"
            "        print(error)",
        ),
        ("except|swallow|catch", "raise|leave|keep"),
    ),
    Wrong(
        "@activity.definition, which there is not",
        swap("@activity.defn", "@activity.definition"),
        ("definition", "@activity.defn"),
    ),
    Wrong(
        "the function's name for defn",
        swap("@activity.defn", "@activity.send_email"),
        ("@activity.send_email|send_email", "@activity.defn"),
    ),
    Wrong(
        "the decorator below the function",
        lambda blank: blank.finished.replace("@activity.defn\n", "") + "\n@activity.defn",
        ("@activity.defn", "above"),
    ),
    Wrong(
        "decorator and function in one line",
        swap("@activity.defn\n", "@activity.defn "),
        ("@activity.defn", "line of its own|own line|line above|two lines"),
    ),
    Wrong(
        "the parameter taken away",
        swap("(input: EmailInput)", "()"),
        ("input: EmailInput",),
    ),
    Wrong(
        "the error's name cut off",
        swap("ApplicationError", "ApplicationErr"),
        ("ApplicationErr", "ApplicationError"),
    ),
    Wrong(
        "returned above the error",
        swap(RAISE, '    return f"Sent {input.attachment} to {input.to}"\n' + RAISE),
        ("`return|return stands|returns", "raise|error"),
    ),
    Wrong(
        "the input's class in the decorator's parentheses",
        swap("@activity.defn", "@activity.defn(EmailInput)"),
        ("EmailInput", "@activity.defn"),
    ),
    Wrong(
        "a space for the dot",
        swap("@activity.defn", "@activity defn"),
        ("@activity.defn",),
    ),
    Wrong(
        "activity imported as if it were a file",
        swap("@activity.defn", "import activity\n\n\n@activity.defn"),
        ("import activity", "temporalio|take"),
    ),
    Wrong(
        "a text raised",
        swap('ApplicationError("The e-mail service is not available")', '"not available"'),
        ("text", "ApplicationError"),
    ),
    Wrong(
        "a bare raise",
        swap(' ApplicationError("The e-mail service is not available")', ""),
        ("bare", "ApplicationError"),
    ),
]

RIGHT = [
    Right("decorator with empty parentheses", swap(DECORATOR, "@activity.defn()\n")),
    Right("named as it is called", swap(DECORATOR, '@activity.defn(name="send_email")\n')),
    Right(
        "imported by its own name",
        swap(DECORATOR, "from temporalio.activity import defn as an_activity\n\n@an_activity\n"),
    ),
    Right(
        "decorated after the definition",
        lambda blank: (
            blank.finished.replace(DECORATOR, "") + "\n\n\nsend_email = activity.defn(send_email)"
        ),
    ),
    Right(
        "another parameter name, the error in a variable",
        whole("""
@activity.defn
def send_email(email: EmailInput) -> str:
    down = ApplicationError("The e-mail service is not available")
    raise down
"""),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(DECORATOR, "@activity\n"))),
    Right(
        "activity.defn called below, its result not kept",
        lambda blank: blank.finished.replace(DECORATOR, "") + "\n\n\nactivity.defn(send_email)",
    ),
    Right("async def", swap(DEF, "async " + DEF)),
    Right("with a type and details", swap('available")', 'available", input.to, type="MailDown")')),
    Right("an error of Python's own", swap("ApplicationError(", "RuntimeError(")),
]
