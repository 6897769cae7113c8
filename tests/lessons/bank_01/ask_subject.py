"""Answers to exercise 01's first blank: a second call, which asks for JSON of a given shape."""

from bank import Right, Wrong, finished, practice, swap, whole

DEF = "def ask_subject(prompt: str) -> str:\n"
ASKED = "Name the subject of this request, and how many facts it asks for: {prompt}"
QUESTION = f'    question = f"{ASKED}"\n'
CALL = "    response = completion(\n"
MODEL = "        model=settings.llm_model,\n"
KEY = "        api_key=settings.llm_api_key.get_secret_value(),\n"
BASE = "        api_base=settings.llm_api_base,\n"
MESSAGES = '        messages=[{"role": "user", "content": question}],\n'
FORMAT = "        response_format=Subject,\n"
TIME = "        timeout=settings.llm_timeout,\n"
RETRIES = "        max_retries=0,\n"
BODY = CALL + MODEL + KEY + BASE + MESSAGES + FORMAT + TIME + RETRIES + "    )\n"
DEEPER = "".join(f"    {line}\n" for line in BODY.splitlines())
PICK = 'response["choices"][0]["message"]["content"]'
RETURN = f"    return {PICK}"

WRONG = [
    Wrong("blank left", practice(), ("open|completion|blank",), verdict="not attempted"),
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
    Wrong("a comma forgotten", swap("question}],\n", "question}]\n"), ("comma|syntax|parse",)),
    Wrong(
        "a parenthesis forgotten in a later edit, and an earlier version is loaded",
        swap("    )\n", ""),
        ("'('|closed|parenthes",),
        before=(finished,),
    ),
    # --- the shape ---
    Wrong("response_format left out", swap(FORMAT, ""), ("response_format",)),
    Wrong(
        "llm_call, which asks for a text",
        swap(BODY, "    response = llm_call(question)\n"),
        ("response_format", "llm_call|completion"),
    ),
    Wrong(
        "response_format given to llm_call",
        swap(BODY, "    response = llm_call(question, response_format=Subject)\n"),
        ("response_format", "llm_call", "completion"),
    ),
    Wrong(
        "the looser format",
        swap("response_format=Subject", 'response_format={"type": "json_object"}'),
        ("json_object|shape|loose|some JSON|any JSON", "Subject"),
    ),
    Wrong(
        "the class in quotes",
        swap("response_format=Subject", 'response_format="Subject"'),
        ("response_format", "quote|text|class|'Subject'|\"Subject\""),
    ),
    Wrong(
        "an empty instance",
        swap("response_format=Subject", "response_format=Subject()"),
        ("Subject()|parenthes|instance|class", "response_format=Subject|class|without|subject"),
    ),
    Wrong(
        "an instance",
        swap("response_format=Subject", 'response_format=Subject(subject="tardigrades")'),
        ("instance|object|class", "Subject"),
    ),
    Wrong(
        "a format of a text",
        swap("response_format=Subject", 'response_format="json"'),
        ("response_format", "json|text", "Subject"),
    ),
    Wrong(
        "None for the format",
        swap("response_format=Subject", "response_format=None"),
        ("response_format",),
        same_as="response_format left out",
    ),
    Wrong(
        "another library's word",
        swap("response_format=Subject", "response_model=Subject"),
        ("response_format",),
        same_as="response_format left out",
    ),
    Wrong(
        "format alone",
        swap("response_format=Subject", "format=Subject"),
        ("response_format",),
        same_as="response_format left out",
    ),
    Wrong("the class misspelt", swap("=Subject", "=Subjekt"), ("Subjekt", "Subject")),
    Wrong("the parent class", swap("=Subject", "=BaseModel"), ("BaseModel", "Subject")),
    Wrong("a type of Python", swap("=Subject", "=dict"), ("dict", "Subject")),
    # --- what is asked ---
    Wrong(
        "the prompt in place of the question",
        swap('"content": question', '"content": prompt'),
        ("question", "prompt"),
    ),
    Wrong(
        "the word question",
        swap('"content": question', '"content": "question"'),
        ("question", "quote|word|'question'|\"question\""),
    ),
    Wrong(
        "a question without the prompt",
        swap(
            '"content": question',
            '"content": "Name the subject of this request, and how many facts it asks for"',
        ),
        ("prompt|question",),
    ),
    Wrong(
        "the f of the question lost",
        swap('question = f"', 'question = "'),
        ('{prompt}|f-|`f`|f"', "prompt|question"),
    ),
    Wrong(
        "a subject written out",
        swap('"content": question', '"content": "Name the subject: 5 facts about tardigrades"'),
        ("question|prompt", "tardigrades|always|fixed|same|written out"),
    ),
    Wrong(
        "the messages as a text",
        swap('[{"role": "user", "content": question}]', "question"),
        ("messages", "list"),
    ),
    Wrong(
        "one dict without its list",
        swap('[{"role": "user", "content": question}]', '{"role": "user", "content": question}'),
        ("messages", "list|[", "dict|{"),
    ),
    Wrong("the role misspelt", swap('"user"', '"users"'), ("users", "user")),
    Wrong("the assistant's role", swap('"user"', '"assistant"'), ("assistant", "user")),
    Wrong("content missing", swap(', "content": question', ""), ("content",)),
    Wrong("content misspelt", swap('"content": ', '"contents": '), ("contents", "content")),
    Wrong("messages left out", swap(MESSAGES, ""), ("messages",)),
    Wrong(
        "a question in place of messages",
        swap(MESSAGES, "        prompt=question,\n"),
        ("messages",),
        same_as="messages left out",
    ),
    Wrong(
        "question misspelt",
        swap('"content": question', '"content": qestion'),
        ("qestion", "question"),
    ),
    # --- to whom, and for how long ---
    Wrong("model left out", swap(MODEL, ""), ("model",)),
    Wrong(
        "another model as a text",
        swap("settings.llm_model", '"gpt-4o-mini"'),
        ("gpt-4o-mini", "settings.llm_model"),
    ),
    Wrong("the key in its wrapper", swap(".get_secret_value()", ""), ("get_secret_value()",)),
    Wrong(
        "get_secret_value without parentheses",
        swap("get_secret_value()", "get_secret_value"),
        ("get_secret_value()|parenthes",),
    ),
    Wrong("key left out", swap(KEY, ""), ("api_key",)),
    Wrong("api_base left out", swap(BASE, ""), ("api_base",)),
    Wrong("timeout left out", swap(TIME, ""), ("timeout",)),
    Wrong(
        "milliseconds",
        swap(TIME, "        timeout=20000,\n"),
        ("20000|20,000|second|long", "timeout|second|20"),
    ),
    Wrong(
        "a timeout that is not known here",
        swap(TIME, "        timeout=timeout,\n"),
        ("timeout", "20|defined|number"),
    ),
    Wrong("max_retries left out", swap(RETRIES, ""), ("max_retries=0", "retr|again|itself")),
    Wrong(
        "two retries",
        swap(RETRIES, "        max_retries=2,\n"),
        ("max_retries=0|max_retries", "2|two"),
    ),
    Wrong(
        "num_retries for max_retries",
        swap(RETRIES, "        num_retries=0,\n"),
        ("num_retries", "max_retries"),
    ),
    # --- what is returned ---
    Wrong("the call alone, nothing returned", swap(RETURN, ""), ("return", "None|nothing")),
    Wrong(
        "printed in place of returned",
        swap(RETURN, f"    print({PICK})"),
        ("return", "None|nothing|print"),
        same_as="the call alone, nothing returned",
    ),
    Wrong(
        "the whole answer returned",
        swap(RETURN, "    return response"),
        ("text|content", "whole|answer|ModelResponse|response"),
    ),
    Wrong(
        "the message returned",
        swap('["message"]["content"]', '["message"]'),
        ("message", "content"),
    ),
    Wrong(
        "the first choice returned",
        swap('[0]["message"]["content"]', "[0]"),
        ("choice", "content|message"),
    ),
    Wrong("the answer as str gives it", swap(PICK, "str(response)"), ("str|whole|text", "content")),
    Wrong(
        "a dict returned",
        lambda blank: (
            "import json\n\n\n"
            + blank.finished.replace(f"return {PICK}", f"return json.loads({PICK})")
        ),
        ("dict|json.loads", "text|as it came|as it is"),
    ),
    Wrong(
        "a Subject returned",
        swap(RETURN, f"    return Subject.model_validate_json({PICK})"),
        ("Subject", "text|as it came|as it is"),
    ),
    Wrong(
        "the field returned",
        lambda blank: (
            "import json\n\n\n"
            + blank.finished.replace(f"return {PICK}", f'return json.loads({PICK})["subject"]')
        ),
        ("text", "as it came|as it is|what the model said|whole"),
    ),
    Wrong(
        "a field of the text",
        swap(RETURN, RETURN + '["subject"]'),
        ("subject|text|str|string",),
    ),
    Wrong(
        "the question returned",
        swap(RETURN, "    return question"),
        ("answer|response|model said",),
    ),
    Wrong("the second choice", swap("[0]", "[1]"), ("[1]|1|second", "[0]|first")),
    Wrong(
        "the choices without an index",
        swap('["choices"][0]', '["choices"]'),
        ("choices", "[0]"),
    ),
    Wrong("the choices left out", swap('["choices"][0]', ""), ("choices",)),
    Wrong("the message left out", swap('["message"]["content"]', '["content"]'), ("message",)),
    Wrong("content of the answer itself", swap(PICK, "response.content"), ("content", "choices")),
    Wrong(
        "parsed, as another library has it",
        swap(PICK, "response.choices[0].message.parsed"),
        ("parsed", "content"),
    ),
    Wrong(
        "a name that is not returned",
        swap("    response =", "    reply ="),
        ("response", "reply|defined|name"),
    ),
    # --- the rest ---
    Wrong(
        "each error swallowed",
        whole(
            DEF
            + QUESTION
            + "    try:\n"
            + DEEPER
            + '    except Exception:\n        return ""\n'
            + RETURN
        ),
        ("except|swallow|catch|error",),
    ),
    Wrong(
        "each error swallowed, a plain subject in its place",
        whole(
            DEF
            + QUESTION
            + "    try:\n"
            + DEEPER
            + "    except Exception:\n"
            + '        return \'{"subject": "Research Report"}\'\n'
            + RETURN
        ),
        ("except|swallow|catch|error",),
        same_as="each error swallowed",
    ),
    Wrong("asked twice", swap(RETURN, BODY + RETURN), ("twice|two|2", "once|one")),
    Wrong("await in a plain function", swap("= completion(", "= await completion("), ("await",)),
    Wrong("async def", swap("def ask_subject", "async def ask_subject"), ("async",)),
    Wrong("completion misspelt", swap("= completion(", "= completition("), ("completition",)),
    Wrong("a stream", swap(RETRIES, RETRIES + "        stream=True,\n"), ("stream",)),
    Wrong("under another name", swap("def ask_subject(", "def get_subject("), ("ask_subject",)),
    Wrong(
        "name overwritten by a later cell", finished, ("ask_subject",), after='ask_subject = "done"'
    ),
    Wrong(
        "a system message that says nothing of the subject",
        swap(
            MESSAGES,
            '        messages=[{"role": "system", "content": "You are a helpful assistant."},\n'
            '                  {"role": "user", "content": prompt}],\n',
        ),
        ("question", "prompt"),
    ),
]

RIGHT = [
    Right(
        "what is wanted, as a message of the system",
        swap(
            MESSAGES,
            '        messages=[{"role": "system", "content": "Name the subject of the request."},\n'
            '                  {"role": "user", "content": prompt}],\n',
        ),
    ),
    Right(
        "the question to the system, the prompt from the user",
        swap(
            MESSAGES,
            '        messages=[{"role": "system", "content": question},\n'
            '                  {"role": "user", "content": prompt}],\n',
        ),
    ),
    Right("by attributes", swap(PICK, "response.choices[0].message.content")),
    Right(
        "returned directly",
        swap(
            "    response = completion(",
            "    return completion(",
            "    )\n" + RETURN,
            '    )["choices"][0]["message"]["content"]',
        ),
    ),
    Right(
        "the shape as a schema",
        swap(
            "response_format=Subject",
            "response_format={\n"
            '            "type": "json_schema",\n'
            '            "json_schema": {\n'
            '                "name": "Subject",\n'
            '                "schema": Subject.model_json_schema(),\n'
            "            },\n"
            "        }",
        ),
    ),
    Right(
        "keyword arguments in a dict, a question of one's own",
        whole("""
def ask_subject(prompt: str) -> str:
    '''What the report is about, as JSON that nobody has checked.'''
    wanted = "What is the subject of the following request? Answer in JSON.\\n\\n" + prompt
    where = {
        "model": settings.llm_model,
        "api_key": settings.llm_api_key.get_secret_value(),
        "api_base": settings.llm_api_base,
    }
    reply = completion(
        **where,
        messages=[{"content": wanted, "role": "user"}],
        response_format=Subject,
        timeout=10.0,
        max_retries=0,
    )
    first = reply.choices[0]
    text = first.message.content
    return text
"""),
    ),
    Right(
        "a system message beside it",
        swap(
            MESSAGES,
            "        messages=[\n"
            '            {"role": "system", "content": "You answer with JSON and nothing else."},\n'
            '            {"role": "user", "content": question},\n'
            "        ],\n",
        ),
    ),
    Right(
        "the question in place",
        swap(QUESTION, "", '"content": question', f'"content": f"{ASKED}"'),
    ),
    Right(
        "a time limit in the signature",
        swap(
            "(prompt: str)",
            "(prompt: str, timeout: float = 15)",
            TIME,
            "        timeout=timeout,\n",
        ),
    ),
    Right("a temperature as well", swap(RETRIES, RETRIES + "        temperature=0,\n")),
    Right(
        "model and messages by position",
        swap("model=", "", "messages=", "", KEY + BASE, "", FORMAT, FORMAT + KEY + BASE),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(RETURN, ""))),
]
