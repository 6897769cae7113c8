"""Answers to lesson 01's second blank: the text becomes a PDF, whole and under a safe name."""

from bank import Blank, Right, Wrong, finished, practice, swap, whole

WITH = "    with whole_file(filename) as path:\n"
DOCUMENT = "        document = SimpleDocTemplate(str(path), pagesize=letter)\n"
PAGES = '        pages = {"onFirstPage": page_number, "onLaterPages": page_number}\n'
BUILD = '        document.build(story(content, title="Research Report"), **pages)\n'
STORY = 'story(content, title="Research Report")'
RETURN = "    return safe_name(filename)"
DEF = 'def create_pdf(content: str, filename: str = "research_pdf.pdf") -> str:\n'
IMPORTS = """\
from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate

from workshop.report import page_number, safe_name, story, whole_file


"""


def deeper(blank: Blank) -> str:
    """The finished cell with its body in a `try`, to be followed by an `except`."""
    body = WITH + DOCUMENT + PAGES + BUILD + RETURN
    assert body in blank.finished
    return IMPORTS + DEF + "    try:\n" + "\n".join(f"    {line}" for line in body.split("\n"))


WRONG = [
    Wrong("blank left", practice(), ("open|build|blank",), verdict="not attempted"),
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
        swap("**pages)", "**pages"),
        ("'('|closed|parenthes",),
        before=(finished,),
    ),
    Wrong("build alone, nothing returned", swap(RETURN, ""), ("return", "None|nothing")),
    Wrong(
        "printed in place of returned",
        swap("    return safe_name(filename)", "    print(safe_name(filename))"),
        ("return", "None|nothing|print"),
        same_as="build alone, nothing returned",
    ),
    Wrong("the name alone, nothing built", swap(BUILD, ""), ("build",)),
    Wrong(
        "build without a call",
        swap(BUILD, "        document.build\n"),
        ("build(|build",),
        same_as="the name alone, nothing built",
    ),
    Wrong(
        "the name as it was given",
        swap("return safe_name(filename)", "return filename"),
        ("safe_name", "filename"),
    ),
    Wrong(
        "the draft's path returned",
        swap("return safe_name(filename)", "return str(path)"),
        ("path|draft|temporary", "safe_name"),
    ),
    Wrong(
        "the draft's path itself returned",
        swap("return safe_name(filename)", "return path"),
        ("path|draft|temporary", "safe_name"),
        same_as="the draft's path returned",
    ),
    Wrong(
        "a safe name of the draft",
        swap("safe_name(filename)", "safe_name(str(path))"),
        ("path|draft|temporary", "filename"),
        same_as="the draft's path returned",
    ),
    Wrong(
        "the document returned",
        swap("return safe_name(filename)", "return document"),
        ("document|SimpleDocTemplate", "safe_name|name"),
    ),
    Wrong(
        "a fixed name returned",
        swap("return safe_name(filename)", 'return "research_pdf.pdf"'),
        ("research_pdf.pdf", "safe_name"),
    ),
    Wrong(
        "safe_name without a call",
        swap("safe_name(filename)", "safe_name"),
        ("safe_name(filename)|parenthes",),
    ),
    Wrong(
        "safe_name of nothing",
        swap("safe_name(filename)", "safe_name()"),
        ("safe_name", "filename"),
    ),
    Wrong(
        "safe_name of the word",
        swap("safe_name(filename)", 'safe_name("filename")'),
        ("safe_name(filename)", "filename.pdf|quote"),
    ),
    Wrong(
        "safe_name of the content",
        swap("safe_name(filename)", "safe_name(content)"),
        ("safe_name(filename)",),
    ),
    Wrong(
        "returned before it is built",
        swap(BUILD + RETURN, "    " + RETURN + "\n" + BUILD[:-1]),
        ("build", "return|before|after|never|above|below|late|inside"),
    ),
    Wrong(
        "the story of the file's name",
        swap("story(content", "story(filename"),
        ("story(content",),
    ),
    Wrong(
        "the word content",
        swap("story(content", 'story("content"'),
        ("content", "quote|word"),
        same_as="the story of the file's name",
    ),
    Wrong(
        "a text of one's own",
        swap("story(content", 'story("# My report"'),
        ("story(content",),
        same_as="the story of the file's name",
    ),
    Wrong("an empty story", swap(STORY, "[]"), ("story", "content|empty")),
    Wrong("the text itself to build", swap(STORY, "content"), ("story(content)|story(",)),
    Wrong(
        "the text in a list",
        swap(STORY, "[content]"),
        ("story(content)|story(",),
        same_as="the text itself to build",
    ),
    Wrong(
        "a Paragraph, which reads markup",
        swap(
            "import SimpleDocTemplate\n",
            "import Paragraph, SimpleDocTemplate\n"
            "from reportlab.lib.styles import getSampleStyleSheet\n",
            STORY,
            '[Paragraph(content, getSampleStyleSheet()["Normal"])]',
        ),
        ("Paragraph", "story"),
    ),
    Wrong(
        "a Paragraph a line",
        swap(
            "import SimpleDocTemplate\n",
            "import Paragraph, SimpleDocTemplate\n"
            "from reportlab.lib.styles import getSampleStyleSheet\n",
            STORY,
            '[Paragraph(line, getSampleStyleSheet()["Normal"]) for line in content.split("\\n")]',
        ),
        ("Paragraph", "story"),
        same_as="a Paragraph, which reads markup",
    ),
    Wrong("pages left out", swap(", **pages", ""), ("**pages|page number",)),
    Wrong("pages without stars", swap("**pages", "pages"), ("**pages",)),
    Wrong("pages with one star", swap("**pages", "*pages"), ("**pages", "*|star")),
    Wrong(
        "pages by name", swap("**pages", "pages=pages"), ("**pages",), same_as="pages without stars"
    ),
    Wrong(
        "only the first page gets its number",
        swap("**pages", "onFirstPage=page_number"),
        ("onLaterPages|later|second|**pages",),
    ),
    Wrong(
        "page_number called",
        swap("**pages", "onFirstPage=page_number(), onLaterPages=page_number()"),
        ("page_number", "parenthes|without|**pages"),
    ),
    Wrong("story left out", swap(STORY + ", ", ""), ("story", "build|flowables|content")),
    Wrong(
        "the title given to build",
        swap(STORY, 'story(content), title="Research Report"'),
        ("title",),
    ),
    Wrong(
        "the title by position",
        swap(STORY, 'story(content, "Research Report")'),
        ("title=|title",),
    ),
    Wrong(
        "built after the block",
        swap(BUILD, BUILD[4:]),
        ("with|block|indent|inside",),
    ),
    Wrong(
        "written under its name at once",
        swap("str(path)", "filename"),
        ("path", "filename|whole_file"),
    ),
    Wrong(
        "whole_file left out",
        whole(
            IMPORTS
            + DEF
            + (DOCUMENT + PAGES + BUILD).replace("        ", "    ").replace("path", "filename")
            + RETURN
        ),
        ("whole_file",),
    ),
    Wrong(
        "whole_file left out, and a safe name",
        whole(
            IMPORTS
            + DEF
            + (DOCUMENT + PAGES + BUILD)
            .replace("        ", "    ")
            .replace("str(path)", "safe_name(filename)")
            + RETURN
        ),
        ("whole_file",),
        same_as="whole_file left out",
    ),
    Wrong(
        "whole_file with a name of its own",
        swap("whole_file(filename)", 'whole_file("research_pdf.pdf")'),
        ("research_pdf.pdf", "filename"),
    ),
    Wrong(
        "whole_file of the content",
        swap("whole_file(filename)", "whole_file(content)"),
        ("whole_file(filename)",),
        same_as="whole_file with a name of its own",
    ),
    Wrong(
        "open for the document",
        swap(WITH, '    with open(filename, "wb") as path:\n'),
        ("whole_file",),
    ),
    Wrong("built twice", swap(BUILD, BUILD + BUILD), ("twice|two|2|again|once",)),
    Wrong(
        "each error swallowed",
        lambda blank: deeper(blank) + "\n    except Exception:\n        return safe_name(filename)",
        ("except|swallow|catch|error",),
    ),
    Wrong(
        "each error printed",
        lambda blank: deeper(blank) + "\n    except OSError as error:\n        print(error)",
        ("except|swallow|catch|error",),
        same_as="each error swallowed",
    ),
    Wrong("document misspelt", swap(BUILD, BUILD.replace("document", "doc")), ("doc", "document")),
    Wrong("story misspelt", swap("(story(", "(stroy("), ("stroy", "story")),
    Wrong("content misspelt", swap("story(content", "story(contents"), ("contents", "content")),
    Wrong("build misspelt", swap("document.build", "document.biuld"), ("biuld", "build")),
    Wrong(
        "another library's word",
        swap("document.build", "document.save"),
        ("save", "build"),
    ),
    Wrong("await in a plain function", swap("document.build", "await document.build"), ("await",)),
    Wrong(
        "the content cut",
        swap("story(content,", "story(content[:50],"),
        ("whole|cut|missing|[:50]",),
    ),
    Wrong(
        "the answer of the notebook",
        swap("story(content", 'story(answer["choices"][0]["message"]["content"]'),
        ("story(content",),
        same_as="the story of the file's name",
    ),
    Wrong(
        "content looked for in a text",
        swap("story(content", 'story(content["choices"][0]["message"]["content"]'),
        ("content", "text|str|already"),
    ),
    Wrong(
        "the text written as it is",
        swap(BUILD, '        path.write_text(content, encoding="utf-8")\n'),
        ("PDF|build", "write_text|build"),
    ),
    Wrong("under another name", swap("def create_pdf(", "def make_pdf("), ("create_pdf",)),
    Wrong("async def", swap("def create_pdf", "async def create_pdf"), ("async",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("create_pdf",),
        after='create_pdf = "research_pdf.pdf"',
    ),
    Wrong(
        "the build's result returned",
        swap(BUILD + RETURN, "        return document.build(story(content), **pages)"),
        ("return|None|nothing", "safe_name"),
        same_as="build alone, nothing returned",
    ),
    Wrong(
        "the build not indented like its neighbours",
        swap(BUILD, "  " + BUILD),
        ("indent|spaces",),
    ),
    Wrong(
        "renamed by hand as well",
        swap(BUILD, BUILD + "        path.rename(safe_name(filename))\n"),
        ("path.rename", "whole_file", "out"),
    ),
]

RIGHT = [
    Right("no title of its own", swap(', title="Research Report"', "")),
    Right("another title", swap("Research Report", "What I asked")),
    Right(
        "the pages written out",
        swap("**pages", "onFirstPage=page_number, onLaterPages=page_number", PAGES, ""),
    ),
    Right(
        "parts in variables",
        swap(
            BUILD,
            "        flowables = story(content)\n        document.build(flowables, **pages)\n",
            RETURN,
            "    name = safe_name(filename)\n    return name",
        ),
    ),
    Right("returned in the block", swap(RETURN, "    " + RETURN)),
    Right(
        "another page, another way to write",
        whole("""
from reportlab.lib.pagesizes import A4
from reportlab.platypus import SimpleDocTemplate

from workshop import report


def create_pdf(content, filename="research_pdf.pdf"):
    '''A PDF of the content; its name.'''
    name = report.safe_name(filename)
    with report.whole_file(name) as draft:
        doc = SimpleDocTemplate(
            str(draft), pagesize=A4, title="Research", leftMargin=60, rightMargin=60
        )
        doc.build(
            flowables=report.story(content=content),
            onFirstPage=report.page_number,
            onLaterPages=report.page_number,
        )
    return name
"""),
    ),
    Right(
        "told how big it is",
        swap(BUILD, BUILD + '        print(f"{path.stat().st_size:,} bytes")\n'),
    ),
    Right(
        "an error noted and raised again",
        lambda blank: (
            deeper(blank)
            + '\n    except OSError as error:\n        print("no PDF:", error)\n        raise'
        ),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(RETURN, ""))),
]
