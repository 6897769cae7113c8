"""Answers to exercise 01's second blank: what a model has said, checked before it is used."""

from bank import Right, Wrong, finished, practice, swap, whole

DEF = "def read_subject(text: str) -> Subject:\n"
CHECK = "        checked = Subject.model_validate_json(text)\n"
EXCEPT = "    except ValidationError:\n"
PLAIN = '        checked = Subject(subject="Research Report")\n'
RETURN = "    return checked"
JSON = "import json\n\n\n"

WRONG = [
    Wrong("blank left", practice(), ("open|check|blank",), verdict="not attempted"),
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
        swap("except ValidationError:", "except ValidationError"),
        ("':'|colon",),
        before=(finished,),
    ),
    Wrong(
        "no try",
        whole(DEF + CHECK[4:] + RETURN),
        ("ValidationError|raise", "except|try"),
    ),
    Wrong(
        "raised again",
        swap(PLAIN, "        raise\n"),
        ("raise`|`raise|raises|raise in|raises again|raised", "Research Report|plain|Subject"),
    ),
    Wrong(
        "another error raised",
        swap(PLAIN, '        raise ValueError("no subject")\n'),
        ("raise",),
        same_as="raised again",
    ),
    Wrong(
        "json.loads alone",
        whole(JSON + DEF + "    checked = json.loads(text)\n" + RETURN),
        ("json.loads|dict|JSON", "model_validate_json|Subject"),
    ),
    Wrong(
        "json.loads, with a plain subject",
        lambda blank: (
            JSON
            + blank.finished.replace(
                "Subject.model_validate_json(text)", "json.loads(text)"
            ).replace("except ValidationError", "except ValueError")
        ),
        ("dict|json.loads", "model_validate_json|Subject"),
        same_as="json.loads alone",
    ),
    Wrong(
        "a field out of json.loads",
        lambda blank: (
            JSON
            + blank.finished.replace(
                "Subject.model_validate_json(text)", 'json.loads(text)["subject"]'
            ).replace("except ValidationError", "except Exception")
        ),
        ("text|str", "Subject|model_validate_json"),
    ),
    Wrong(
        "json.loads in front, whose error nobody expects",
        lambda blank: (
            JSON
            + blank.finished.replace(
                "Subject.model_validate_json(text)", "Subject(**json.loads(text))"
            )
        ),
        ("JSONDecodeError|json.loads", "model_validate_json|except"),
    ),
    Wrong(
        "json.loads in front, and JSON that is no dict",
        lambda blank: (
            JSON
            + blank.finished.replace(
                "Subject.model_validate_json(text)", "Subject(**json.loads(text))"
            ).replace("except ValidationError", "except ValueError")
        ),
        ("TypeError|mapping|list|null|no dict|not a dict", "model_validate_json|except"),
    ),
    Wrong(
        "made without a check",
        lambda blank: (
            JSON
            + blank.finished.replace(
                "Subject.model_validate_json(text)", "Subject.model_construct(**json.loads(text))"
            ).replace("except ValidationError", "except Exception")
        ),
        ("model_construct|without a check", "model_validate_json|check"),
    ),
    Wrong(
        "model_validate of a text",
        swap("model_validate_json", "model_validate"),
        ("model_validate_json",),
    ),
    Wrong(
        "the text given to the class",
        swap("Subject.model_validate_json(text)", "Subject(text)"),
        ("model_validate_json",),
    ),
    Wrong(
        "the whole text as the subject",
        swap("Subject.model_validate_json(text)", "Subject(subject=text)"),
        ("model_validate_json", "text|JSON|whole"),
    ),
    Wrong(
        "model_validate_json without the text",
        swap("model_validate_json(text)", "model_validate_json()"),
        ("model_validate_json(text)|text",),
    ),
    Wrong(
        "the word text",
        swap("model_validate_json(text)", 'model_validate_json("text")'),
        ("text", "quote|word|'text'|\"text\""),
    ),
    Wrong(
        "the notebook's answer for the parameter",
        swap("model_validate_json(text)", "model_validate_json(said)"),
        ("said", "text"),
    ),
    Wrong(
        "always the plain one",
        whole(DEF + PLAIN[4:] + RETURN),
        ("model_validate_json", "Research Report|always|plain|good|text"),
    ),
    Wrong(
        "the plain one last, whatever came before",
        whole(
            DEF
            + "    try:\n"
            + CHECK
            + "    except ValidationError:\n        pass\n"
            + PLAIN[4:]
            + RETURN
        ),
        ("Research Report|always|plain", "except|only|good|where"),
    ),
    Wrong(
        "the plain subject by position",
        swap('Subject(subject="Research Report")', 'Subject("Research Report")'),
        ("subject=",),
    ),
    Wrong(
        "a text for the plain subject",
        swap('Subject(subject="Research Report")', '"Research Report"'),
        ("text|str", 'Subject(subject="Research Report")|Subject(subject='),
    ),
    Wrong(
        "a dict for the plain subject",
        swap('Subject(subject="Research Report")', '{"subject": "Research Report"}'),
        ("dict", "Subject("),
    ),
    Wrong(
        "None for the plain subject",
        swap('Subject(subject="Research Report")', "None"),
        ("None|nothing", "Subject("),
    ),
    Wrong(
        "an empty subject",
        swap('Subject(subject="Research Report")', 'Subject(subject="")'),
        ('Subject(subject="")|empty|short|plain', "subject"),
    ),
    Wrong(
        "a Subject without a subject",
        swap('Subject(subject="Research Report")', "Subject()"),
        ("Subject()|plain|missing", "subject="),
        same_as="an empty subject",
    ),
    Wrong(
        "the class for the plain subject",
        swap('Subject(subject="Research Report")', "Subject"),
        ("class|parenthes|Subject(", "Subject("),
    ),
    Wrong(
        "the text that did not fit for the plain subject",
        swap('Subject(subject="Research Report")', "Subject(subject=text[:60])"),
        ("text|stranger|did not fit|does not fit", "Research Report|plain|of your own|fixed"),
    ),
    Wrong(
        "except pass",
        swap(PLAIN, "        pass\n"),
        ("checked", "Research Report|Subject(|pass|value"),
    ),
    Wrong(
        "the error printed",
        swap("ValidationError:", "ValidationError as error:", PLAIN, "        print(error)\n"),
        ("checked", "Research Report|Subject(|print|value"),
        same_as="except pass",
    ),
    Wrong(
        "the error returned",
        swap("ValidationError:", "ValidationError as error:", PLAIN, "        return error\n"),
        ("error", "Subject"),
    ),
    Wrong(
        "the text returned",
        swap(RETURN, "    return text"),
        ("text|str", "Subject"),
        same_as="a field out of json.loads",
    ),
    Wrong(
        "the field returned",
        swap(RETURN, "    return checked.subject"),
        ("text|str|.subject", "return checked|return it|as it is|itself|without `.subject|whole"),
    ),
    Wrong(
        "a dict returned",
        swap(RETURN, "    return checked.model_dump()"),
        ("dict", "return checked|return it|as it is|itself|model_dump"),
    ),
    Wrong(
        "printed in place of returned",
        swap(RETURN, "    print(checked)"),
        ("return", "None|nothing|print"),
    ),
    Wrong(
        "nothing returned",
        swap(RETURN, ""),
        ("return", "None|nothing"),
        same_as="printed in place of returned",
    ),
    Wrong(
        "JSON's error expected",
        lambda blank: JSON + blank.finished.replace("ValidationError", "json.JSONDecodeError"),
        ("ValidationError",),
        same_as="no try",
    ),
    Wrong(
        "a KeyError expected",
        swap("ValidationError", "KeyError"),
        ("ValidationError",),
        same_as="no try",
    ),
    Wrong(
        "ValidationError misspelt",
        swap("ValidationError", "ValidationErorr"),
        ("ValidationErorr", "ValidationError"),
    ),
    Wrong(
        "by the name of a package that is not imported",
        swap("ValidationError", "pydantic.ValidationError"),
        ("pydantic", "ValidationError|import"),
    ),
    Wrong(
        "Subject misspelt",
        swap("checked = Subject.model", "checked = Subjekt.model"),
        ("Subjekt", "Subject"),
    ),
    Wrong(
        "the field misspelt",
        swap("Subject(subject=", "Subject(subjekt="),
        ("subjekt|plain|missing", "subject="),
        same_as="an empty subject",
    ),
    Wrong(
        "another name",
        swap("        checked = Subject.model", "        result = Subject.model"),
        ("checked", "result|name|value|same"),
    ),
    Wrong(
        "eval",
        lambda blank: blank.finished.replace(
            "Subject.model_validate_json(text)", "Subject(**eval(text))"
        ).replace("except ValidationError", "except Exception"),
        ("eval", "model_validate_json"),
    ),
    Wrong(
        "cut at the first brace, where there is none",
        swap(
            "model_validate_json(text)",
            'model_validate_json(text[text.index("{") :])',
            "except ValidationError",
            "except (ValidationError, KeyError)",
        ),
        ("ValueError|index|substring|{|brace", "except|model_validate_json|find|catch|empty"),
    ),
    Wrong(
        "a fence taken away, where there is none",
        swap(
            "model_validate_json(text)",
            'model_validate_json(text.split("```")[1].removeprefix("json"))',
        ),
        ("IndexError|```|fence|index|split",),
    ),
    Wrong(
        "the subject looked for by hand",
        whole(
            DEF
            + "    if '\"subject\"' in text:\n"
            + "        return Subject(subject=text.split('\"')[3])\n"
            + '    return Subject(subject="Research Report")'
        ),
        ("model_validate_json", "list|check|hand|split|IndexError|raise|facts"),
    ),
    Wrong(
        "asked again",
        swap(PLAIN, "        checked = read_subject(ask_subject(prompt))\n"),
        ("ask_subject", "paid|pay|call|again|Research Report"),
    ),
    Wrong(
        "the check outside of the try",
        whole(DEF + CHECK[4:] + "    try:\n        checked.subject\n" + EXCEPT + PLAIN + RETURN),
        ("try|except|catch", "ValidationError"),
        same_as="no try",
    ),
    Wrong(
        "an if for the error",
        whole(DEF + CHECK[4:] + "    if checked is ValidationError:\n" + PLAIN + RETURN),
        ("try|except", "raise|ValidationError"),
        same_as="no try",
    ),
    Wrong(
        "await in a plain function",
        swap("= Subject.model", "= await Subject.model"),
        ("await",),
    ),
    Wrong("async def", swap("def read_subject", "async def read_subject"), ("async",)),
    Wrong("under another name", swap("def read_subject(", "def check_subject("), ("read_subject",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("read_subject",),
        after='read_subject = "done"',
    ),
    Wrong("try without except", whole(DEF + "    try:\n" + CHECK + RETURN), ("except", "try")),
    Wrong(
        "a plain subject that does not fit",
        swap('subject="Research Report"', 'subject="Research Report", facts=0'),
        ("facts=0", "out|fit"),
    ),
]

RIGHT = [
    Right(
        "returned directly",
        whole(
            DEF
            + "    try:\n        return Subject.model_validate_json(text)\n"
            + '    except ValidationError:\n        return Subject(subject="Research Report")'
        ),
    ),
    Right("the base of the error", swap("except ValidationError", "except ValueError")),
    Right("every error", swap("except ValidationError", "except Exception")),
    Right("a bare except", swap("except ValidationError:", "except:")),
    Right(
        "first the plain one",
        whole("""
def read_subject(text):
    '''The subject, or a plain one.'''
    checked = Subject(subject="Research Report", facts=None)
    try:
        checked = Subject.model_validate_json(json_data=text)
    except ValidationError as error:
        print(f"({error.error_count()} errors)", end=" ")
    return checked
"""),
    ),
    Right(
        "JSON read first, then checked",
        whole("""
import json


def read_subject(text: str) -> Subject:
    try:
        data = json.loads(text)
        checked = Subject.model_validate(data)
    except (json.JSONDecodeError, ValidationError):
        checked = Subject(subject="Research Report")
    return checked
"""),
    ),
    Right(
        "JSON taken out of the words around it, then checked",
        whole("""
def read_subject(text: str) -> Subject:
    begin, end = text.find("{"), text.rfind("}")
    try:
        checked = Subject.model_validate_json(text[begin : end + 1] if begin >= 0 else text)
    except ValidationError:
        checked = Subject(subject="Research Report")
    return checked
"""),
    ),
    Right(
        "with an adapter",
        whole("""
from pydantic import TypeAdapter

PLAIN = Subject(subject="Research Report")


def read_subject(text: str) -> Subject:
    try:
        checked = TypeAdapter(Subject).validate_json(text)
    except ValidationError:
        checked = PLAIN
    return checked
"""),
    ),
    Right("another plain subject", swap('"Research Report"', '"Report"')),
    Right("after wrong ones", finished, before=(practice(), swap(PLAIN, "        pass\n"))),
]
