"""Answers to exercise 01's report: two calls, a title and a name that was checked, a cover."""

from bank import Blank, Right, Wrong, finished, practice, swap, whole

DEF = "def named_report(prompt: str) -> str:\n"
CONTENT = '    content = llm_call(prompt)["choices"][0]["message"]["content"]\n'
CHECKED = "    subject = read_subject(ask_subject(prompt))\n"
BOTH = "    title, name = subject.subject.capitalize(), subject.subject\n"
WITH = "    with whole_file(name) as path:\n"
DOCUMENT = "        document = SimpleDocTemplate(str(path), pagesize=letter)\n"
PAGES = '        pages = {"onFirstPage": page_number, "onLaterPages": page_number}\n'
FLOW = "cover(title, prompt) + story(content, title=title)"
BUILD = f"        document.build({FLOW}, **pages)\n"
RETURN = "    return safe_name(name)"
BODY = CONTENT + CHECKED + BOTH + WITH + DOCUMENT + PAGES + BUILD + RETURN
JSON = "import json\n\n\n"


def tried(blank: Blank) -> str:
    """The finished cell with its body in a `try`, to be followed by an `except`."""
    assert DEF + BODY in blank.finished
    return DEF + "    try:\n" + "\n".join(f"    {line}" for line in BODY.split("\n"))


WRONG = [
    Wrong("blank left", practice(), ("open|subject|blank",), verdict="not attempted"),
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
        swap("read_subject(ask_subject(prompt))", "read_subject(ask_subject(prompt)"),
        ("'('|closed|parenthes",),
        before=(finished,),
    ),
    # --- the subject ---
    Wrong(
        "title and name not made",
        swap(CHECKED + BOTH, ""),
        ("name", "title|subject|ask_subject|defined"),
    ),
    Wrong(
        "the name not made",
        swap(
            "title, name = subject.subject.capitalize(), subject.subject",
            "title = subject.subject.capitalize()",
        ),
        ("name", "subject|defined|title"),
    ),
    Wrong(
        "the title not made",
        swap(
            "title, name = subject.subject.capitalize(), subject.subject", "name = subject.subject"
        ),
        ("title",),
    ),
    Wrong(
        "the subject not checked",
        swap("read_subject(ask_subject(prompt))", "ask_subject(prompt)"),
        ("read_subject", "text|str|check"),
    ),
    Wrong(
        "the text of the answer for the title",
        swap(
            CHECKED + BOTH,
            "    title = name = ask_subject(prompt)\n",
        ),
        ("read_subject|JSON|check", "title|name|subject"),
    ),
    Wrong(
        "json.loads for the check",
        lambda blank: (
            JSON
            + blank.finished.replace(
                CHECKED + BOTH,
                '    subject = json.loads(ask_subject(prompt))["subject"]\n'
                "    title, name = subject.capitalize(), subject\n",
            )
        ),
        ("read_subject|check",),
        same_as="the text of the answer for the title",
    ),
    Wrong(
        "checked without a way out",
        swap(
            "read_subject(ask_subject(prompt))", "Subject.model_validate_json(ask_subject(prompt))"
        ),
        ("read_subject", "ValidationError|model_validate_json|raise|fit"),
    ),
    Wrong(
        "the prompt read as a subject",
        swap("read_subject(ask_subject(prompt))", "read_subject(prompt)"),
        ("ask_subject",),
    ),
    Wrong(
        "the content read as a subject",
        swap("read_subject(ask_subject(prompt))", "read_subject(content)"),
        ("ask_subject",),
        same_as="the prompt read as a subject",
    ),
    Wrong(
        "the subject of the answer",
        swap("ask_subject(prompt)", "ask_subject(content)"),
        ("content", "prompt"),
    ),
    Wrong(
        "the word prompt",
        swap("ask_subject(prompt)", 'ask_subject("prompt")'),
        ("ask_subject(prompt)",),
    ),
    Wrong(
        "a prompt written out",
        swap("ask_subject(prompt)", 'ask_subject("Give me 5 facts about tardigrades")'),
        ("ask_subject(prompt)",),
        same_as="the word prompt",
    ),
    Wrong(
        "ask_subject without the prompt",
        swap("ask_subject(prompt)", "ask_subject()"),
        ("prompt", "ask_subject"),
    ),
    Wrong(
        "ask_subject, not called",
        swap("ask_subject(prompt)", "ask_subject"),
        ("ask_subject(prompt)|parenthes|call",),
        same_as="the prompt read as a subject",
    ),
    Wrong(
        "the two the wrong way round",
        swap("read_subject(ask_subject(prompt))", "ask_subject(read_subject(prompt))"),
        ("ask_subject", "read_subject|order|first|inside"),
    ),
    Wrong(
        "asked twice, for the title and for the name",
        swap(
            CHECKED + BOTH,
            "    title = read_subject(ask_subject(prompt)).subject.capitalize()\n"
            "    name = read_subject(ask_subject(prompt)).subject\n",
        ),
        ("ask_subject|subject", "twice|two|2|once|one|three|3"),
    ),
    Wrong(
        "the report asked for again",
        swap(CHECKED, CONTENT + CHECKED),
        ("llm_call", "twice|two|2|once|one|three|3|again"),
        same_as="asked twice, for the title and for the name",
    ),
    Wrong(
        "the text not asked for",
        swap(CONTENT, "    content = ask_subject(prompt)\n"),
        ("llm_call", "content|text|twice|two"),
    ),
    Wrong(
        "the subject for its field",
        swap("subject.subject.capitalize(), subject.subject", "subject.capitalize(), subject"),
        ("subject.subject", "capitalize|field|text|Subject"),
    ),
    Wrong(
        "the subject itself for the title",
        swap("subject.subject.capitalize(), ", "subject, "),
        ("title", "subject.subject|text|Subject"),
    ),
    Wrong(
        "the subject itself for the name",
        swap("capitalize(), subject.subject", "capitalize(), subject"),
        ("name", "subject.subject|text|Subject"),
    ),
    Wrong(
        "the subject as a dictionary",
        swap("subject.subject", 'subject["subject"]'),
        ("subject.subject",),
    ),
    Wrong("another field", swap("subject.subject", "subject.title"), ("title", "subject.subject")),
    Wrong("capitalize not called", swap("capitalize()", "capitalize"), ("capitalize()",)),
    Wrong("capitalise", swap("capitalize()", "capitalise()"), ("capitalise", "capitalize")),
    Wrong(
        "one title for all",
        swap("subject.subject.capitalize(), ", '"Research Report", '),
        ("title", "subject"),
    ),
    Wrong(
        "the prompt as the title",
        swap("subject.subject.capitalize(), ", "prompt, "),
        ("title", "subject"),
    ),
    Wrong(
        "one name for all",
        swap("capitalize(), subject.subject", 'capitalize(), "research_pdf.pdf"'),
        ("name", "research_pdf.pdf|subject"),
    ),
    Wrong(
        "the prompt as the name",
        swap("capitalize(), subject.subject", "capitalize(), prompt"),
        ("name", "subject"),
    ),
    # --- the file ---
    Wrong(
        "the name straight into the document",
        swap("SimpleDocTemplate(str(path)", 'SimpleDocTemplate(f"{name}.pdf"'),
        ("path", "whole_file|name|folder"),
    ),
    Wrong(
        "whole_file left out",
        whole(
            DEF
            + CONTENT
            + CHECKED
            + BOTH
            + (DOCUMENT + PAGES + BUILD)
            .replace("        ", "    ")
            .replace("str(path)", 'name + ".pdf"')
            + RETURN
        ),
        ("whole_file",),
    ),
    Wrong(
        "open for whole_file",
        swap("whole_file(name)", 'open(f"{name}.pdf", "wb")'),
        ("whole_file",),
    ),
    Wrong(
        "whole_file with one name for all",
        swap("whole_file(name)", 'whole_file("report.pdf")'),
        ("report.pdf|same|name", "name|whole_file"),
    ),
    Wrong(
        "whole_file in a folder of the subject's",
        swap("whole_file(name)", "whole_file(name, folder=name)"),
        ("folder",),
    ),
    # --- what is built ---
    Wrong("nothing built", swap(BUILD, ""), ("build",)),
    Wrong("the cover forgotten", swap("cover(title, prompt) + ", ""), ("cover",)),
    Wrong("the story forgotten", swap(" + story(content, title=title)", ""), ("story|content",)),
    Wrong(
        "the cover behind the story",
        swap(FLOW, "story(content, title=title) + cover(title, prompt)"),
        ("cover", "first|front|before|order"),
    ),
    Wrong(
        "cover and story swapped their content",
        swap("cover(title, prompt)", "cover(title, content)", "story(content", "story(prompt"),
        ("prompt|content|text", "cover"),
    ),
    Wrong(
        "the cover without its prompt",
        swap("cover(title, prompt)", "cover(title)"),
        ("cover", "prompt"),
    ),
    Wrong(
        "title and prompt swapped on the cover",
        swap("cover(title, prompt)", "cover(prompt, title)"),
        ("cover", "title", "order|swap|first|round|prompt"),
    ),
    Wrong(
        "a list in a list",
        swap(FLOW, "[cover(title, prompt), story(content)]"),
        ("list", "+|cover|join|one"),
    ),
    Wrong(
        "a comma for the plus",
        swap(FLOW, "cover(title, prompt), story(content)"),
        ("+|one list|comma", "cover|story"),
    ),
    Wrong(
        "appended in place of added",
        swap(
            BUILD,
            "        parts = cover(title, prompt)\n"
            "        parts.append(story(content))\n"
            "        document.build(parts, **pages)\n",
        ),
        ("append|list", "extend|+"),
        same_as="a list in a list",
    ),
    Wrong(
        "the text itself behind the cover",
        swap("story(content, title=title)", "content"),
        ("story(content|story",),
    ),
    Wrong(
        "the text in a list behind the cover",
        swap("story(content, title=title)", "[content]"),
        ("story(content|story",),
        same_as="the text itself behind the cover",
    ),
    Wrong("the title by position", swap("title=title", "title"), ("title=|title",)),
    Wrong(
        "the story of the title",
        swap("story(content,", "story(title,"),
        ("content",),
        same_as="the story forgotten",
    ),
    Wrong("cover, not called", swap("cover(title, prompt) +", "cover +"), ("cover(|cover",)),
    Wrong("pages left out", swap(", **pages", ""), ("**pages|page number",)),
    Wrong("pages without stars", swap("**pages", "pages"), ("**pages",)),
    Wrong("built after the block", swap(BUILD, BUILD[4:]), ("with|block|indent|inside",)),
    Wrong(
        "built twice, cover and story",
        swap(
            BUILD,
            "        document.build(cover(title, prompt), **pages)\n"
            "        document.build(story(content, title=title), **pages)\n",
        ),
        ("build", "once|one|twice|two|2|cover"),
        same_as="the cover forgotten",
    ),
    # --- what is returned ---
    Wrong("nothing returned", swap(RETURN, ""), ("return", "None|nothing")),
    Wrong(
        "printed in place of returned",
        swap(RETURN, "    print(safe_name(name))"),
        ("return", "None|nothing|print"),
        same_as="nothing returned",
    ),
    Wrong("the name as it was given", swap(RETURN, "    return name"), ("safe_name", "name")),
    Wrong(
        "the name with its ending",
        swap(RETURN, '    return f"{name}.pdf"'),
        ("safe_name",),
        same_as="the name as it was given",
    ),
    Wrong(
        "the title returned",
        swap(RETURN, "    return title"),
        ("safe_name(name)",),
        same_as="the name as it was given",
    ),
    Wrong(
        "the title's safe name, where the file has another",
        swap(RETURN, "    return safe_name(title)"),
        ("title", "name"),
    ),
    Wrong(
        "the draft's path returned",
        swap(RETURN, "    return str(path)"),
        ("path|draft|temporary", "safe_name"),
    ),
    Wrong(
        "the content returned",
        swap(RETURN, "    return content"),
        ("safe_name(name)",),
    ),
    Wrong(
        "safe_name without a call",
        swap("safe_name(name)", "safe_name"),
        ("safe_name(name)|parenthes",),
    ),
    # --- the rest ---
    Wrong(
        "each error swallowed",
        lambda blank: tried(blank) + '\n    except Exception:\n        return "report.pdf"',
        ("except|swallow|catch|error",),
    ),
    Wrong(
        "read_subject misspelt",
        swap("read_subject(", "read_subjects("),
        ("read_subjects", "read_subject"),
    ),
    Wrong("content misspelt", swap("story(content", "story(contents"), ("contents", "content")),
    Wrong(
        "await in a plain function", swap("= read_subject(", "= await read_subject("), ("await",)
    ),
    Wrong("async def", swap("def named_report", "async def named_report"), ("async",)),
    Wrong("under another name", swap("def named_report(", "def make_report("), ("named_report",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("named_report",),
        after='named_report = "done"',
    ),
    Wrong(
        "the prompt as the time to wait",
        swap("llm_call(prompt)", "llm_call(prompt, prompt)"),
        ("timeout", "llm_call(prompt)"),
    ),
]

RIGHT = [
    Right(
        "underscores for blanks",
        swap("capitalize(), subject.subject", 'title(), subject.subject.replace(" ", "_")'),
    ),
    Right(
        "step by step",
        swap(
            CHECKED + BOTH,
            "    said = ask_subject(prompt)\n"
            "    checked = read_subject(text=said)\n"
            "    title = checked.subject.capitalize()\n"
            "    name = checked.subject\n",
        ),
    ),
    Right(
        "another title from the subject",
        swap("subject.subject.capitalize()", 'f"About {subject.subject}"'),
    ),
    Right(
        "in capitals, with its ending",
        swap(
            "subject.subject.capitalize(), subject.subject",
            'subject.subject.title(), f"{subject.subject}.pdf"',
        ),
    ),
    Right(
        "a safe name at once",
        swap(
            "capitalize(), subject.subject",
            "capitalize(), safe_name(subject.subject)",
            RETURN,
            "    return name",
        ),
    ),
    Right(
        "slashes taken out by hand as well",
        swap("capitalize(), subject.subject", 'capitalize(), subject.subject.replace("/", "_")'),
    ),
    Right("the title as the name", swap(BOTH, "    title = name = subject.subject.capitalize()\n")),
    Right(
        "one list of parts",
        swap(
            BUILD,
            "        parts = [*cover(title, prompt), *story(content, title=title)]\n"
            "        document.build(parts, **pages)\n",
        ),
    ),
    Right(
        "extended",
        swap(
            BUILD,
            "        flowables = cover(title=title, prompt=prompt)\n"
            "        flowables.extend(story(content))\n"
            "        document.build(\n"
            "            flowables, onFirstPage=page_number, onLaterPages=page_number\n"
            "        )\n",
        ),
    ),
    Right("returned in the block", swap(RETURN, "    " + RETURN)),
    Right(
        "the subject first, another way to write",
        whole("""
def named_report(prompt):
    '''A report with a cover; the name of its file.'''
    about = read_subject(ask_subject(prompt)).subject
    heading = about[:1].upper() + about[1:]
    content = llm_call(prompt).choices[0].message.content
    with whole_file(about) as draft:
        SimpleDocTemplate(str(draft), pagesize=letter, title=heading).build(
            cover(heading, prompt) + story(content, title=heading),
            onFirstPage=page_number,
            onLaterPages=page_number,
        )
    return safe_name(about)
"""),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(BUILD, ""))),
]
