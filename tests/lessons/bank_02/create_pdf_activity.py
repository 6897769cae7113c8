"""Answers to lesson 02's first blank: the decorator that makes a function an Activity."""

from bank import Right, Wrong, finished, practice, swap, whole

DECORATOR = "@activity.defn\n"
DEF = "def create_pdf_activity(input: PDFGenerationInput) -> str:\n"
BODY = """\
    with whole_file(input.filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(input.content, title="Research Report"), **pages)
    return safe_name(input.filename)"""
DEEPER = "\n".join("    " + line for line in BODY.split("\n"))
METHOD = "    @activity.defn\n    " + DEF.replace("(input", "(self, input") + DEEPER

WRONG = [
    Wrong("blank left", practice(), ("decorator|@activity",), verdict="not attempted"),
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
        "the edit does not parse, and what was right before is still loaded",
        swap("return safe_name(input.filename)", "return safe_name(input.filename"),
        ("older|earlier|before|parse|syntax|'('",),
        before=(finished,),
    ),
    Wrong(
        "decorator forgotten",
        swap(DECORATOR, ""),
        ("decorator|Activity",),
        same_as="blank left",
        verdict="not attempted",
    ),
    Wrong(
        "decorator left as a comment",
        swap(DECORATOR, "# @activity.defn\n"),
        ("comment", "@activity.defn"),
        verdict="not attempted",
    ),
    Wrong("decorator without its @", swap(DECORATOR, "activity.defn\n"), ("@activity.defn",)),
    Wrong(
        "decorator of a Workflow",
        swap(DECORATOR, "@workflow.defn\n"),
        ("workflow", "@activity.defn"),
    ),
    Wrong("@activity.run, which there is not", swap(DECORATOR, "@activity.run\n"), ("run", "defn")),
    Wrong("the module as decorator", swap(DECORATOR, "@activity\n"), ("module|@activity", "defn")),
    Wrong("@activity.def, a keyword", swap(DECORATOR, "@activity.def\n"), ("defn",)),
    Wrong(
        "Activity in capitals",
        swap(DECORATOR, "@Activity.defn\n"),
        ("Activity", "correct|spell|@activity.defn"),
    ),
    Wrong(
        "the name given as if it were the first argument",
        swap(DECORATOR, '@activity.defn("create_pdf_activity")\n'),
        ("name=|parenthes|without",),
    ),
    Wrong("decorator of a dataclass", swap(DECORATOR, "@dataclass\n"), ("dataclass", "defn")),
    Wrong(
        "decorator indented",
        swap(DECORATOR, "    @activity.defn\n"),
        ("indent",),
    ),
    Wrong(
        "function renamed",
        swap("def create_pdf_activity(", "def create_pdf("),
        ("create_pdf_activity",),
    ),
    Wrong(
        "the return is lost",
        swap("    return safe_name(input.filename)", ""),
        ("None|return",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("create_pdf_activity", "text|str|not a function|no function"),
        after='create_pdf_activity = "research_pdf.pdf"',
    ),
    Wrong(
        "a timeout in the decorator",
        swap(DECORATOR, "@activity.defn(start_to_close_timeout=10)\n"),
        ("start_to_close_timeout", "@activity.defn"),
    ),
    Wrong(
        "@activity.define, which there is not",
        swap(DECORATOR, "@activity.define\n"),
        ("define", "@activity.defn"),
    ),
    Wrong(
        "an inner function is decorated, the outer one is not",
        swap(
            DECORATOR + DEF + BODY,
            DEF + "    @activity.defn\n"
            "    def write(input):\n" + DEEPER + "\n"
            "\n"
            "    return write(input)",
        ),
        ("@activity.defn", "create_pdf_activity", "above"),
        same_as="decorator without its @",
    ),
    Wrong(
        "the pattern's cell copied",
        whole(
            "@activity.defn\n"
            "def llm_call(input: LLMCallInput) -> ModelResponse:\n"
            "    return ask_model(input.prompt)"
        ),
        ("llm_call", "create_pdf_activity"),
    ),
    Wrong(
        "the decorator of another framework",
        swap(DECORATOR, "@app.task\n"),
        ("app", "@activity.defn"),
    ),
    Wrong(
        "a class with the method, and no instance",
        swap(DECORATOR + DEF + BODY, "class CreatePdf:\n" + METHOD),
        ("CreatePdf", "create_pdf_activity", "class|method", "def create_pdf_activity|function"),
    ),
    Wrong(
        "the decorator inside the function",
        swap(DECORATOR, "", DEF, DEF + "    @activity.defn\n"),
        ("@activity.defn", "above|over|before"),
    ),
    Wrong(
        "two parameters in place of one object",
        swap(DEF, "def create_pdf_activity(content: str, filename: str) -> str:\n", "input.", ""),
        ("PDFGenerationInput",),
    ),
    Wrong(
        "each error swallowed, so that nothing is tried again",
        swap(BODY, "    try:\n" + DEEPER + '\n    except Exception:\n        return "no PDF"'),
        ("except|swallow|catch", "retr|again"),
    ),
    Wrong(
        "imported from a package that there is not",
        swap("from reportlab.lib", "from temporal import activity\nfrom reportlab.lib"),
        ("'temporal'|`temporal`", "temporalio"),
    ),
    Wrong(
        "the decorator typed behind the TODO, in the comment",
        practice("an Activity\n", "an Activity @activity.defn\n"),
        ("@activity.defn", "comment|line of its own|above|over"),
        same_as="decorator left as a comment",
        verdict="not attempted",
    ),
    Wrong(
        "a colon behind the decorator",
        swap(DECORATOR, "@activity.defn:\n"),
        ("colon|':'|`:`|@activity.defn",),
    ),
    Wrong(
        "an underscore for the dot",
        swap(DECORATOR, "@activity_defn\n"),
        ("activity_defn", "@activity.defn"),
    ),
    Wrong(
        "the decorator at the top of the cell, above the imports",
        swap(DECORATOR, "", "from reportlab.lib", DECORATOR + "from reportlab.lib"),
        ("@activity.defn", "above|over|directly|def create_pdf_activity"),
    ),
    Wrong(
        "the function's name in the decorator's parentheses",
        swap(DECORATOR, "@activity.defn(create_pdf_activity)\n"),
        ("create_pdf_activity", "@activity.defn", "parenthes|alone|nothing behind|without"),
    ),
    Wrong(
        "activity imported from the wrong place",
        swap("from reportlab.lib", "from temporalio.activity import activity\nfrom reportlab.lib"),
        ("import", "from temporalio import activity"),
    ),
    Wrong(
        "the pattern's function as decorator",
        swap(DECORATOR, "@llm_call\n"),
        ("llm_call", "@activity.defn"),
    ),
    Wrong(
        "async, and what is not awaitable awaited",
        swap(
            DEF,
            "async " + DEF,
            "        document.build",
            "        await document.build",
        ),
        ("await", "build|None|nothing to wait"),
    ),
    Wrong(
        "the decorator twice",
        swap(DECORATOR, DECORATOR + DECORATOR),
        ("@activity.defn", "twice|once|already|two"),
    ),
    Wrong(
        "the cell above was skipped, and activity is not known",
        finished,
        ("activity", "cell above", "from temporalio import activity"),
        verdict="not attempted",
        before=(whole("del activity"),),
    ),
    Wrong(
        "the package's whole name, and the package not imported",
        swap("@activity.defn", "@temporalio.activity.defn"),
        ("temporalio", "@activity.defn"),
    ),
    Wrong(
        "the decorator below the function",
        lambda blank: blank.finished.replace("@activity.defn\n", "") + "\n@activity.defn",
        ("@activity.defn", "above"),
    ),
    Wrong("the second half of the decorator", swap("@activity.defn", "@defn"), ("@activity.defn",)),
    Wrong(
        "the function's name for defn",
        swap("@activity.defn", "@activity.create_pdf_activity"),
        ("@activity.defn",),
    ),
    Wrong(
        "the input of the pattern",
        swap("(input: PDFGenerationInput)", "(input: LLMCallInput)"),
        ("LLMCallInput", "PDFGenerationInput"),
    ),
    Wrong(
        "the Activity looked for in the Workflow's module",
        swap("@activity.defn", "@workflow.activity"),
        ("workflow", "@activity.defn"),
    ),
    Wrong(
        "the function once more below, without the decorator",
        lambda blank: (
            blank.finished
            + "\n\n\n"
            + blank.finished[blank.finished.index("def create_pdf_activity") :]
        ),
        ("twice|second|again|last|below", "@activity.defn"),
    ),
    Wrong("two letters exchanged", swap("activity.defn", "activity.denf"), ("denf", "defn")),
    Wrong(
        "the input without its type",
        swap("(input: PDFGenerationInput)", "(input)"),
        ("input: PDFGenerationInput",),
    ),
    Wrong(
        "the file name's field misspelt",
        swap("whole_file(input.filename)", "whole_file(input.file_name)"),
        ("file_name", "filename"),
    ),
    Wrong(
        "the decorator typed over the line with def",
        swap(DECORATOR + DEF, DECORATOR),
        ("def create_pdf_activity", "missing"),
    ),
    Wrong("the word def lost", swap(DEF, DEF.replace("def ", "")), ("write `def create_pdf",)),
]

RIGHT = [
    Right("decorator with empty parentheses", swap(DECORATOR, "@activity.defn()\n")),
    Right("named as it is called", swap(DECORATOR, '@activity.defn(name="create_pdf_activity")\n')),
    Right(
        "imported by its own name",
        swap(
            "from reportlab.platypus",
            "from temporalio.activity import defn\nfrom reportlab.platypus",
            DECORATOR,
            "@defn\n",
        ),
    ),
    Right(
        "by its full name",
        swap(
            "from reportlab.lib",
            "import temporalio.activity\nfrom reportlab.lib",
            DECORATOR,
            "@temporalio.activity.defn\n",
        ),
    ),
    Right(
        "decorated after the definition",
        lambda blank: (
            blank.finished.replace(DECORATOR, "")
            + "\n\n\ncreate_pdf_activity = activity.defn(create_pdf_activity)"
        ),
    ),
    Right(
        "another parameter name, another way to write",
        whole("""
from reportlab.lib.pagesizes import A4
from reportlab.platypus import SimpleDocTemplate
from workshop.report import safe_name, story, whole_file

@activity.defn(no_thread_cancel_exception=True)
def create_pdf_activity(pdf: PDFGenerationInput) -> str:
    '''Write the report.'''
    with whole_file(pdf.filename) as path:
        SimpleDocTemplate(str(path), pagesize=A4).build(story(pdf.content, title="Report"))
    name = safe_name(pdf.filename)
    return name
"""),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(DECORATOR, "@activity.run\n"))),
    Right(
        "activity.defn called below, its result not kept",
        lambda blank: (
            blank.finished.replace(DECORATOR, "") + "\n\n\nactivity.defn(create_pdf_activity)"
        ),
    ),
    Right("async def", swap(DEF, "async " + DEF)),
    Right(
        "a method of an instance",
        swap(
            DECORATOR + DEF + BODY,
            "class Writer:\n" + METHOD + "\n\n\ncreate_pdf_activity = Writer().create_pdf_activity",
        ),
    ),
    Right(
        "a decorator of one's own below",
        swap(
            DECORATOR,
            """\
import functools


def logged(function):
    @functools.wraps(function)
    def inner(*args):
        activity.logger.info("begins")
        return function(*args)

    return inner


@activity.defn
@logged
""",
        ),
    ),
]
