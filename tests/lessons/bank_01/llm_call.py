"""Answers to lesson 01's first blank: the call of the model as a function."""

from bank import Right, Wrong, finished, practice, swap, whole

DEF = "def llm_call(prompt: str, timeout: float = settings.llm_timeout) -> ModelResponse:\n"
CALL = "    response = completion(\n"
MODEL = "        model=settings.llm_model,\n"
KEY = "        api_key=settings.llm_api_key.get_secret_value(),\n"
BASE = "        api_base=settings.llm_api_base,\n"
MESSAGES = '        messages=[{"role": "user", "content": prompt}],\n'
TIME = "        timeout=timeout,\n"
RETRIES = "        max_retries=0,\n"
RETURN = "    return response"
TEXT = '["choices"][0]["message"]["content"]'
BODY = CALL + MODEL + KEY + BASE + MESSAGES + TIME + RETRIES + "    )\n"
DEEPER = "".join(f"    {line}\n" for line in BODY.splitlines())

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
    Wrong(
        "a comma forgotten",
        swap("prompt}],\n", "prompt}]\n"),
        ("comma|syntax|parse",),
    ),
    Wrong(
        "a parenthesis forgotten in a later edit, and an earlier version is loaded",
        swap("    )\n", ""),
        ("'('|closed|parenthes",),
        before=(finished,),
    ),
    Wrong(
        "a brace forgotten",
        swap("prompt}]", "prompt]"),
        ("'{'|'}'|']'|brace|bracket",),
    ),
    Wrong("colons for equal signs", swap("model=", "model: "), ("=", "model|colon|syntax")),
    Wrong("nothing in the call", swap(BODY, "    response = completion()\n"), ("model",)),
    Wrong(
        "the prompt of the first call left in",
        swap("prompt}", '"Give me one fact about tardigrades"}'),
        ("prompt", "tardigrades|always|fixed|same|written out"),
    ),
    Wrong(
        "the parameter's name in quotes",
        swap('"content": prompt', '"content": "prompt"'),
        ("quote|'prompt'|\"prompt\"|word",),
    ),
    Wrong(
        "braces without an f",
        swap('"content": prompt', '"content": "{prompt}"'),
        ("{prompt}", 'f"|f-|quote|brace|`f`|without'),
    ),
    Wrong(
        "the messages as a text",
        swap('[{"role": "user", "content": prompt}]', "prompt"),
        ("messages", "list"),
    ),
    Wrong(
        "one dict without its list",
        swap('[{"role": "user", "content": prompt}]', '{"role": "user", "content": prompt}'),
        ("messages", "list|[", "dict|{"),
    ),
    Wrong(
        "a list of texts",
        swap('[{"role": "user", "content": prompt}]', "[prompt]"),
        ("role", "dict|{"),
    ),
    Wrong("the role misspelt", swap('"user"', '"usr"'), ("usr", "user")),
    Wrong("the role in capitals", swap('"user"', '"User"'), ("'User'|\"User\"|capital|small",)),
    Wrong("the assistant's role", swap('"user"', '"assistant"'), ("assistant", "user")),
    Wrong("a role of the system alone", swap('"user"', '"system"'), ("system", "user")),
    Wrong("content missing", swap(', "content": prompt', ""), ("content",)),
    Wrong("content misspelt", swap('"content"', '"contents"'), ("contents", "content")),
    Wrong("text for content", swap('"content"', '"text"'), ("text", "content")),
    Wrong("the role missing", swap('"role": "user", ', ""), ("role",)),
    Wrong(
        "the role as the key",
        swap('"role": "user", "content": prompt', '"user": prompt'),
        ("role", "content"),
    ),
    Wrong(
        "a colon inside of the role's quotes",
        swap('"role": "user"', '"role: user"'),
        ("quote|syntax|':'|colon|role",),
    ),
    Wrong("messages misspelt", swap("messages=", "message="), ("messages",)),
    Wrong(
        "a prompt in place of messages",
        swap(MESSAGES, "        prompt=prompt,\n"),
        ("messages",),
        same_as="messages misspelt",
    ),
    Wrong("messages left out", swap(MESSAGES, ""), ("messages",), same_as="messages misspelt"),
    Wrong("model left out", swap(MODEL, ""), ("model",), same_as="nothing in the call"),
    Wrong(
        "another model as a text",
        swap("settings.llm_model", '"gpt-4o-mini"'),
        ("gpt-4o-mini", "settings.llm_model"),
    ),
    Wrong(
        "the model's setting in quotes",
        swap("settings.llm_model", '"settings.llm_model"'),
        ("settings.llm_model", "model"),
    ),
    Wrong(
        "a setting misspelt",
        swap("settings.llm_model", "settings.model"),
        ("model", "llm_model"),
    ),
    Wrong("settings misspelt", swap("model=settings", "model=setings"), ("setings", "settings")),
    Wrong(
        "the key written out",
        swap("settings.llm_api_key.get_secret_value()", '"my-own-key"'),
        ("key", "settings.llm_api_key"),
    ),
    Wrong("the key in its wrapper", swap(".get_secret_value()", ""), ("get_secret_value()",)),
    Wrong(
        "get_secret_value without parentheses",
        swap("get_secret_value()", "get_secret_value"),
        ("get_secret_value()|parenthes",),
    ),
    Wrong(
        "the key's stars for the key",
        swap("settings.llm_api_key.get_secret_value()", "str(settings.llm_api_key)"),
        ("get_secret_value()",),
        same_as="the key in its wrapper",
    ),
    Wrong("key left out", swap(KEY, ""), ("api_key",)),
    Wrong("api_base left out", swap(BASE, ""), ("api_base",)),
    Wrong(
        "an address written out",
        swap("settings.llm_api_base", '"http://127.0.0.1:4000"'),
        ("api_base|address", "settings.llm_api_base"),
    ),
    Wrong("timeout left out", swap(TIME, ""), ("timeout",)),
    Wrong(
        "twenty seconds for everyone",
        swap(TIME, "        timeout=20,\n"),
        ("timeout=timeout|timeout", "20|fixed|always|given"),
    ),
    Wrong(
        "milliseconds",
        swap(TIME, "        timeout=timeout * 1000,\n"),
        ("second|1000|20000|as it is", "timeout"),
    ),
    Wrong("max_retries left out", swap(RETRIES, ""), ("max_retries=0", "retr|again|itself")),
    Wrong(
        "three retries",
        swap(RETRIES, "        max_retries=3,\n"),
        ("max_retries=0|max_retries", "3|three"),
    ),
    Wrong(
        "num_retries for max_retries",
        swap(RETRIES, "        num_retries=0,\n"),
        ("num_retries", "max_retries"),
    ),
    Wrong(
        "max_retry",
        swap(RETRIES, "        max_retry=0,\n"),
        ("max_retries",),
        same_as="max_retries left out",
    ),
    Wrong(
        "the text returned",
        swap(RETURN, RETURN + TEXT),
        ("whole|return response", "text|content"),
    ),
    Wrong(
        "the text returned, by its attributes",
        swap(RETURN, RETURN + ".choices[0].message.content"),
        ("whole|return response", "text|content"),
        same_as="the text returned",
    ),
    Wrong(
        "the first choice returned",
        swap(RETURN, RETURN + '["choices"][0]'),
        ("choice", "whole|return response"),
    ),
    Wrong(
        "a dict returned",
        swap(RETURN, '    return {"content": response' + TEXT + "}"),
        ("dict|whole", "response"),
    ),
    Wrong(
        "printed in place of returned",
        swap(RETURN, "    print(response)"),
        ("return", "None|nothing|print"),
    ),
    Wrong(
        "nothing returned",
        swap(RETURN, ""),
        ("return", "None|nothing"),
        same_as="printed in place of returned",
    ),
    Wrong(
        "the function itself, not called",
        swap(BODY, "    response = completion\n"),
        ("completion(|parenthes|call",),
    ),
    Wrong(
        "the first answer returned",
        swap(RETURN, "    return answer"),
        ("answer", "response"),
    ),
    Wrong(
        "a name that is not returned",
        swap("    response =", "    reply ="),
        ("response", "reply|defined|name"),
    ),
    Wrong(
        "await in a plain function",
        swap("= completion(", "= await completion("),
        ("await",),
    ),
    Wrong(
        "async, and completion awaited",
        swap("def llm_call", "async def llm_call", "= completion(", "= await completion("),
        ("await|async",),
        same_as="await in a plain function",
    ),
    Wrong(
        "async def",
        swap("def llm_call", "async def llm_call"),
        ("async",),
        same_as="await in a plain function",
    ),
    Wrong(
        "the call for async code",
        swap("= completion(", "= acompletion("),
        ("acompletion", "completion"),
    ),
    Wrong("completion misspelt", swap("= completion(", "= completition("), ("completition",)),
    Wrong(
        "the chatbot library's own way",
        swap(
            "= completion(",
            "= client.chat.completions.create(",
        ),
        ("client", "completion("),
    ),
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
            + "        return response\n"
            + "    except Exception as error:\n        print(error)"
        ),
        ("except|swallow|catch|error",),
        same_as="each error swallowed",
    ),
    Wrong(
        "the error returned as if it were an answer",
        whole(
            DEF
            + "    try:\n"
            + DEEPER
            + "        return response\n"
            + "    except Exception as error:\n        return str(error)"
        ),
        ("except|swallow|catch|error",),
        same_as="each error swallowed",
    ),
    Wrong(
        "tried again in a loop of its own",
        whole(
            DEF
            + "    for attempt in range(3):\n        try:\n"
            + "".join(f"    {line}\n" for line in DEEPER.splitlines())
            + "            return response\n"
            + "        except Exception:\n            if attempt == 2:\n                raise"
        ),
        ("again|loop|retr|3|three", "once|one|loop"),
    ),
    Wrong("asked twice", swap(RETURN, BODY + RETURN), ("twice|two|2", "once|one")),
    Wrong("a stream", swap(RETRIES, RETRIES + "        stream=True,\n"), ("stream",)),
    Wrong(
        "the key printed",
        swap(CALL, "    print(settings.llm_api_key.get_secret_value())\n" + CALL),
        ("print", "key"),
    ),
    Wrong(
        "no time limit in the signature",
        swap(", timeout: float = settings.llm_timeout", "", TIME, "        timeout=20,\n"),
        ("timeout", "parameter|def llm_call|takes|given|signature"),
    ),
    Wrong(
        "the prompt set inside",
        swap(CALL, '    prompt = "Give me one fact about dolphins"\n' + CALL),
        ("prompt", "dolphins|fixed|always|same|written out|inside|anew"),
    ),
    Wrong(
        "a name of the notebook for the parameter",
        lambda blank: (
            'question = "Give me one fact about dolphins"\n\n\n'
            + blank.finished.replace('"content": prompt', '"content": question')
        ),
        ("prompt", "dolphins|question|parameter"),
    ),
    Wrong(
        "the parameter renamed, the message not",
        swap("(prompt: str", "(question: str"),
        ("prompt", "question|defined|parameter|def llm_call"),
    ),
    Wrong(
        "the call above the function",
        whole(
            'prompt, timeout = "Give me one fact about dolphins", 20\n'
            + "".join(f"{line[4:]}\n" for line in BODY.splitlines())
            + "\n\n"
            + DEF
            + RETURN
        ),
        ("inside|into|in the function|not call|no call|was not asked|indent",),
        same_as="the function itself, not called",
    ),
    Wrong(
        "the call not indented",
        whole(DEF + "".join(f"{line[4:]}\n" for line in BODY.splitlines()) + "return response"),
        ("indent|spaces",),
    ),
    Wrong("under another name", swap("def llm_call(", "def call_llm("), ("llm_call",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("llm_call",),
        after='llm_call = "done"',
    ),
    Wrong(
        "the prompt in a system message, and an empty one of the user",
        swap(
            MESSAGES,
            "        messages=[\n"
            '            {"role": "system", "content": prompt},\n'
            '            {"role": "user", "content": ""},\n'
            "        ],\n",
        ),
        ("user", "prompt|content|empty"),
    ),
]

RIGHT = [
    Right(
        "completion under a name of one's own",
        swap(
            CALL,
            "    response = ask_llm(\n",
            DEF,
            "from litellm import completion as ask_llm\n\n\n" + DEF,
        ),
    ),
    Right(
        "a partial of completion beside the function",
        swap(
            CALL + MODEL,
            "    response = ask_llm(\n",
            RETRIES,
            "",
            MESSAGES,
            "",
            "        timeout=timeout,\n",
            '        messages=[{"role": "user", "content": prompt}],\n        timeout=timeout,\n',
            DEF,
            "from functools import partial\n\n"
            "ask_llm = partial(completion, settings.llm_model, max_retries=0)\n\n\n" + DEF,
        ),
    ),
    Right(
        "returned directly",
        swap("    response = completion(", "    return completion(", RETURN, ""),
    ),
    Right("another name", swap("    response =", "    reply =", RETURN, "    return reply")),
    Right(
        "keyword arguments in a dict",
        whole("""
def llm_call(prompt: str, timeout: float = 20) -> ModelResponse:
    options = {
        "model": settings.llm_model,
        "api_key": settings.llm_api_key.get_secret_value(),
        "api_base": settings.llm_api_base,
        "timeout": timeout,
        "max_retries": 0,
    }
    response = completion(messages=[{"role": "user", "content": prompt}], **options)
    return response
"""),
    ),
    Right(
        "by the module's name",
        lambda blank: (
            "import litellm\n\n\n"
            + blank.finished.replace("= completion(", "= litellm.completion(")
        ),
    ),
    Right(
        "model and messages by position, the list built before",
        whole("""
def llm_call(prompt, timeout=20):
    '''Ask once.'''
    messages = []
    messages.append(dict(role="user", content=prompt))
    where = dict(
        api_key=settings.llm_api_key.get_secret_value(), api_base=settings.llm_api_base
    )
    return completion(settings.llm_model, messages, timeout, max_retries=0, **where)
"""),
    ),
    Right(
        "a system message beside it",
        swap(
            MESSAGES,
            "        messages=[\n"
            '            {"role": "system", "content": "You answer in Markdown."},\n'
            '            {"role": "user", "content": prompt},\n'
            "        ],\n",
        ),
    ),
    Right(
        "parameters by keyword alone",
        swap("prompt: str, timeout", "prompt: str, *, timeout"),
    ),
    Right("a formatted text", swap('"content": prompt', '"content": f"{prompt}"')),
    Right("a temperature as well", swap(RETRIES, RETRIES + "        temperature=0,\n")),
    Right("no retries of any kind", swap(RETRIES, RETRIES + "        num_retries=0,\n")),
    Right(
        "errors noted and raised again",
        whole(
            DEF
            + "    try:\n"
            + DEEPER
            + "    except Exception as error:\n"
            + '        print("no answer:", type(error).__name__)\n        raise\n'
            + RETURN
        ),
    ),
    Right(
        "its cost printed",
        swap(RETURN, '    print(f"${completion_cost(response):.6f}")\n' + RETURN),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(RETURN, ""))),
]
