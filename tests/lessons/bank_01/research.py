"""Answers to lesson 01's third blank: the call, the text out of its answer, the PDF."""

from bank import Right, Wrong, finished, practice, swap, whole

DEF = 'def research(prompt: str, filename: str = "research_pdf.pdf") -> str:\n'
ASK = "    response = llm_call(prompt)\n"
PICK = 'response["choices"][0]["message"]["content"]'
TEXT = f"    content = {PICK}\n"
PDF = "    pdf_name = create_pdf(content, filename)\n"
RETURN = "    return pdf_name"
DEEPER = "".join(f"    {line}\n" for line in (ASK + TEXT + PDF).splitlines())

WRONG = [
    Wrong("blank left", practice(), ("open|llm_call|blank",), verdict="not attempted"),
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
        swap('["content"]', '["content"'),
        ("'['|closed|bracket|syntax",),
        before=(finished,),
    ),
    Wrong("no PDF made", swap(PDF, ""), ("pdf_name|create_pdf", "create_pdf")),
    Wrong(
        "the filename for the PDF",
        swap(PDF, "    pdf_name = filename\n"),
        ("create_pdf",),
        same_as="no PDF made",
    ),
    Wrong(
        "the whole answer to create_pdf",
        swap(TEXT, "", "create_pdf(content", "create_pdf(response"),
        ("whole|ModelResponse|answer", "text|content"),
    ),
    Wrong(
        "the first choice to create_pdf",
        swap('[0]["message"]["content"]', "[0]"),
        ("choice", '"message"|message', "content"),
    ),
    Wrong(
        "the message to create_pdf",
        swap('["message"]["content"]', '["message"]'),
        ("message", "content"),
    ),
    Wrong(
        "the answer as str gives it",
        swap(PICK, "str(response)"),
        ("str|whole|text", "content"),
    ),
    Wrong(
        "the prompt to create_pdf",
        swap("create_pdf(content", "create_pdf(prompt"),
        ("prompt", "content|text"),
    ),
    Wrong("filename forgotten", swap("(content, filename)", "(content)"), ("filename",)),
    Wrong(
        "the two swapped",
        swap("(content, filename)", "(filename, content)"),
        ("swap|order|first|exchange|wrong way|other way", "filename"),
    ),
    Wrong(
        "a name written out",
        swap("(content, filename)", '(content, "research_pdf.pdf")'),
        ("filename", "always|usual|same|every|research_pdf.pdf"),
        same_as="filename forgotten",
    ),
    Wrong(
        "the word filename",
        swap("(content, filename)", '(content, "filename")'),
        ("filename", "quote|word|'filename'|\"filename\""),
    ),
    Wrong(
        "content forgotten",
        swap("(content, filename)", "(filename)"),
        ("content|text", ".pdf|filename"),
    ),
    Wrong(
        "nothing given to create_pdf",
        swap("(content, filename)", "()"),
        ("content",),
    ),
    Wrong("the filename returned", swap(RETURN, "    return filename"), ("pdf_name", "filename")),
    Wrong(
        "the text returned",
        swap(RETURN, "    return content"),
        ("pdf_name|name", "content|text"),
    ),
    Wrong(
        "the answer returned",
        swap(RETURN, "    return response"),
        ("pdf_name|name", "response|answer"),
    ),
    Wrong("printed in place of returned", swap(RETURN, "    print(pdf_name)"), ("return",)),
    Wrong(
        "nothing returned",
        swap(RETURN, ""),
        ("return", "None|nothing"),
        same_as="printed in place of returned",
    ),
    Wrong(
        "the PDF's name under another name",
        swap("    pdf_name = ", "    name = "),
        ("pdf_name", "name"),
    ),
    Wrong("llm_call without the prompt", swap("llm_call(prompt)", "llm_call()"), ("prompt",)),
    Wrong(
        "the word prompt",
        swap("llm_call(prompt)", 'llm_call("prompt")'),
        ("prompt", "quote|word|'prompt'|\"prompt\""),
    ),
    Wrong(
        "the subject written out",
        swap("llm_call(prompt)", 'llm_call("Give me 3 facts about dolphins")'),
        ("prompt", "dolphins"),
    ),
    Wrong(
        "the filename asked of the model",
        swap("llm_call(prompt)", "llm_call(filename)"),
        (".pdf|filename", "llm_call(prompt)"),
    ),
    Wrong(
        "the answer of the notebook",
        swap(ASK, "", "response[", "answer["),
        ("llm_call",),
    ),
    Wrong(
        "the function, not called",
        swap("llm_call(prompt)", "llm_call"),
        ("llm_call(prompt)|parenthes|call",),
    ),
    Wrong(
        "asked twice, once to print",
        swap(
            ASK,
            '    print(llm_call(prompt)["choices"][0]["message"]["content"])\n' + ASK,
        ),
        ("twice|two|2", "once|one|paid"),
    ),
    Wrong(
        "asked anew for the text",
        swap(PICK, PICK.replace("response", "llm_call(prompt)")),
        ("twice|two|2", "once|one|paid"),
        same_as="asked twice, once to print",
    ),
    Wrong("the PDF made twice", swap(RETURN, PDF + RETURN), ("create_pdf", "twice|two|2|once")),
    Wrong(
        "the PDF before the answer",
        whole(DEF + PDF + ASK + TEXT + RETURN),
        ("content", "before|first|order|above|yet"),
    ),
    Wrong(
        "the text before the answer",
        whole(DEF + TEXT + ASK + PDF + RETURN),
        ("response", "before|first|order|above|yet"),
    ),
    Wrong("the second choice", swap("[0]", "[1]"), ("[1]|1|second", "[0]|first")),
    Wrong(
        "the choices without an index",
        swap('["choices"][0]', '["choices"]'),
        ("choices", "[0]"),
    ),
    Wrong("the choices left out", swap('["choices"][0]', ""), ("choices",)),
    Wrong("an index at once", swap('["choices"][0]', "[0]"), ("choices",)),
    Wrong(
        "an older model's field", swap('["message"]["content"]', '["text"]'), ("text", "message")
    ),
    Wrong("the message left out", swap('["message"]["content"]', '["content"]'), ("message",)),
    Wrong("message misspelt", swap('["message"]', '["mesage"]'), ("mesage", "message")),
    Wrong("choices in the singular", swap('["choices"]', '["choice"]'), ("choice", "choices")),
    Wrong(
        "the role for the content", swap('["content"]', '["role"]'), ("role|assistant", "content")
    ),
    Wrong("content of the answer itself", swap(PICK, "response.content"), ("content", "choices")),
    Wrong("text of the answer itself", swap(PICK, "response.text"), ("text", "choices")),
    Wrong(
        "each error swallowed",
        whole(
            DEF + "    try:\n" + DEEPER + "    except Exception:\n        return None\n" + RETURN
        ),
        ("except|swallow|catch|error",),
    ),
    Wrong(
        "each error printed",
        whole(
            DEF
            + "    try:\n"
            + DEEPER
            + "        return pdf_name\n"
            + "    except Exception as error:\n        print(error)"
        ),
        ("except|swallow|catch|error",),
        same_as="each error swallowed",
    ),
    Wrong(
        "a PDF of the error",
        whole(
            DEF
            + "    try:\n    "
            + ASK
            + "    "
            + TEXT
            + "    except Exception as error:\n        content = str(error)\n"
            + PDF
            + RETURN
        ),
        ("except|swallow|catch|error",),
        same_as="each error swallowed",
    ),
    Wrong("await in a plain function", swap("= llm_call(", "= await llm_call("), ("await",)),
    Wrong(
        "async, and llm_call awaited",
        swap("def research", "async def research", "= llm_call(", "= await llm_call("),
        ("await|async",),
        same_as="await in a plain function",
    ),
    Wrong(
        "async def",
        swap("def research", "async def research"),
        ("async",),
        same_as="await in a plain function",
    ),
    Wrong(
        "completion itself",
        swap(
            "llm_call(prompt)",
            'completion(settings.llm_model, [{"role": "user", "content": prompt}])',
        ),
        ("llm_call",),
    ),
    Wrong("create_pdf misspelt", swap("create_pdf(", "create_pfd("), ("create_pfd", "create_pdf")),
    Wrong("llm_call misspelt", swap("llm_call(", "llmcall("), ("llmcall", "llm_call")),
    Wrong(
        "content misspelt",
        swap("create_pdf(content", "create_pdf(contents"),
        ("contents", "content"),
    ),
    Wrong(
        "no filename in the signature",
        swap(DEF, "def research(prompt: str) -> str:\n"),
        ("filename",),
    ),
    Wrong(
        "the function calls itself",
        swap("llm_call(prompt)", "research(prompt)"),
        ("research", "itself|llm_call"),
    ),
    Wrong(
        "create_pdf returned, not called",
        swap("create_pdf(content, filename)", "create_pdf"),
        ("create_pdf",),
        same_as="no PDF made",
    ),
    Wrong("under another name", swap("def research(", "def do_research("), ("research",)),
    Wrong(
        "run at once, outside of the function",
        whole(
            'prompt, filename = "Give me 3 facts about dolphins", "dolphins.pdf"\n'
            + "".join(f"{line[4:]}\n" for line in (ASK + TEXT + PDF).splitlines())
            + "\n\n"
            + DEF
            + RETURN
        ),
        ("llm_call|inside|indent",),
        same_as="the answer of the notebook",
    ),
    Wrong("name overwritten by a later cell", finished, ("research",), after='research = "done"'),
    Wrong(
        "the body not indented",
        whole(DEF + "".join(f"{line[4:]}\n" for line in (ASK + TEXT + PDF + RETURN).splitlines())),
        ("indent|spaces",),
    ),
    Wrong(
        "the filename given to the model",
        swap("llm_call(prompt)", "llm_call(prompt, filename)"),
        ("timeout", "llm_call(prompt)"),
    ),
    Wrong(
        "no time to answer",
        swap("llm_call(prompt)", "llm_call(prompt, timeout=0)"),
        ("timeout", "0"),
    ),
]

RIGHT = [
    Right("a limit of its own", swap("llm_call(prompt)", "llm_call(prompt, timeout=30)")),
    Right("by attributes", swap(PICK, "response.choices[0].message.content")),
    Right("half by attributes", swap(PICK, 'response.choices[0]["message"].content')),
    Right(
        "in one line",
        whole(
            DEF + f"    return create_pdf({PICK.replace('response', 'llm_call(prompt)')}, filename)"
        ),
    ),
    Right(
        "by keyword",
        swap(
            "llm_call(prompt)",
            "llm_call(prompt=prompt)",
            "(content, filename)",
            "(filename=filename, content=content)",
        ),
    ),
    Right(
        "other names, step by step",
        whole("""
def research(prompt, filename="research_pdf.pdf"):
    '''Ask, take the text, make a PDF.'''
    reply = llm_call(prompt)
    first, *others = reply["choices"]
    message = first["message"]
    text = message["content"]
    made = create_pdf(text, filename)
    return made
"""),
    ),
    Right("a longer time limit", swap("llm_call(prompt)", "llm_call(prompt, timeout=40)")),
    Right(
        "told what it does",
        swap(
            RETURN,
            '    print(f"{len(content)} characters in {pdf_name}")\n' + RETURN,
        ),
    ),
    Right(
        "errors noted and raised again",
        whole(
            DEF
            + "    try:\n"
            + DEEPER
            + "    except Exception as error:\n"
            + '        print("no report:", type(error).__name__)\n        raise\n'
            + RETURN
        ),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(PDF, ""))),
]
