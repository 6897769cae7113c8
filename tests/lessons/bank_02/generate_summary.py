"""Answers to lesson 02's fix: the Activity that asks the model, and raises nothing any more."""

from bank import Right, Wrong, finished, practice, swap, whole

RAISE = '    raise ApplicationError("The summary service is not available")'
ASK = "    return ask_model(input.prompt)"
DECORATOR = "@activity.defn\n"
COMMENT = "    # The service is back, and nothing is raised any more.\n"
DEF = "def generate_summary(input: LLMCallInput) -> ModelResponse:\n"

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
        swap(ASK, ASK[:-1]),
        ("'('|syntax|parse|older|earlier",),
        before=(practice(),),
    ),
    Wrong(
        "another error raised",
        practice("The summary service is not available", "still down"),
        ("raise", "still down"),
    ),
    Wrong(
        "the error raised after the model was asked",
        whole(
            DECORATOR + "def generate_summary(input: LLMCallInput) -> ModelResponse:\n"
            "    answer = ask_model(input.prompt)\n" + RAISE + "\n    return answer"
        ),
        ("raise",),
    ),
    Wrong(
        "the error swallowed, and nothing returned",
        whole(
            DECORATOR
            + "def generate_summary(input: LLMCallInput) -> ModelResponse:\n    try:\n    "
            + RAISE
            + "\n    except ApplicationError:\n        return None"
        ),
        ("None|nothing", "ask_model|return"),
        same_as="nothing returned",
    ),
    Wrong(
        "each error swallowed, so that nothing is tried again",
        whole(
            DECORATOR
            + "def generate_summary(input: LLMCallInput) -> ModelResponse:\n    try:\n    "
            + ASK
            + "\n    except Exception:\n        return None"
        ),
        ("except|swallow|catch", "retr|again"),
    ),
    Wrong(
        "the error returned instead of raised",
        swap(COMMENT + ASK, RAISE.replace("raise", "return")),
        ("ApplicationError", "ask_model|error out"),
    ),
    Wrong(
        "a text of one's own",
        swap(ASK, '    return "The summary service is back"'),
        ("text|str|makes up|of its own", "ask_model"),
    ),
    Wrong(
        "the text out of the model's answer",
        swap(ASK, ASK + '["choices"][0]["message"]["content"]'),
        ("choices|ModelResponse|whole|answer",),
    ),
    Wrong(
        "the prompt given back",
        swap(ASK, "    return input.prompt"),
        ("ask_model",),
        same_as="a text of one's own",
    ),
    Wrong("nothing returned", swap(ASK, "    pass"), ("None|nothing|return",)),
    Wrong(
        "asked, and the answer not returned",
        swap(ASK, "    ask_model(input.prompt)"),
        ("return",),
        same_as="nothing returned",
    ),
    Wrong("the function returned, not called", swap(ASK, "    return ask_model"), ("ask_model(",)),
    Wrong(
        "the input instead of its prompt",
        swap(ASK, "    return ask_model(input)"),
        ("input.prompt",),
    ),
    Wrong(
        "another prompt",
        swap(ASK, '    return ask_model("Give an executive summary in 2-3 sentences")'),
        ("input.prompt",),
    ),
    Wrong("a misspelt name", swap("ask_model", "ask_modell"), ("ask_modell",)),
    Wrong("decorator lost", swap(DECORATOR, ""), ("@activity.defn",)),
    Wrong(
        "mended under another name",
        swap("def generate_summary(", "def generate_summary_fixed("),
        ("generate_summary", "name|def|raise"),
    ),
    Wrong(
        "the whole function taken away",
        whole("# generate_summary raised an error, so it is gone."),
        ("generate_summary",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("generate_summary",),
        after='generate_summary = "done"',
    ),
    Wrong(
        "marked as not to be tried again, and raised all the same",
        practice('available")', 'available", non_retryable=True)'),
        ("raise", "take"),
        same_as="the error raised after the model was asked",
    ),
    Wrong("the notebook's prompt", swap("input.prompt", "prompt"), ("tardigrades", "input.prompt")),
    Wrong(
        "a retry loop of one's own",
        swap(
            ASK,
            "    for _ in range(3):\n"
            "        try:\n"
            "            return ask_model(input.prompt)\n"
            "        except Exception as error:\n"
            "            print(error)",
        ),
        ("except|swallow|catch", "retr|again"),
        same_as="each error swallowed, so that nothing is tried again",
    ),
    Wrong(
        "raise and return both as comments",
        swap(ASK, "    # return ask_model(input.prompt)"),
        ("parse", "return ask_model"),
    ),
    Wrong(
        "the Activity gets another name",
        swap(DECORATOR, '@activity.defn(name="summary")\n'),
        ("'summary'", "generate_summary", "name"),
    ),
    Wrong(
        "an empty answer made by hand",
        swap(ASK, "    return ModelResponse()"),
        ("ask_model",),
        same_as="a text of one's own",
    ),
    Wrong(
        "yield in place of return",
        swap("return", "yield"),
        ("return ask_model",),
        same_as="a text of one's own",
    ),
    Wrong(
        "async, and the answer awaited",
        swap(DEF, "async " + DEF, ASK, "    return await ask_model(input.prompt)"),
        ("await", "ask_model(input.prompt)|ask_model is"),
    ),
    Wrong(
        "execute_activity in an Activity",
        swap(
            DEF,
            "async " + DEF,
            ASK,
            "    return await workflow.execute_activity(\n"
            "        llm_call, input, start_to_close_timeout=timedelta(seconds=30)\n"
            "    )",
        ),
        ("execute_activity", "ask_model"),
    ),
    Wrong("the input as a dictionary", swap("input.prompt", 'input["prompt"]'), ("input.prompt",)),
    Wrong(
        "the wrong line taken out",
        practice("\n" + ASK, ""),
        ("raise", "return ask_model|ask_model"),
        same_as="the error raised after the model was asked",
    ),
    Wrong(
        "the answer's content, where there is none",
        swap(ASK, ASK + ".content"),
        ("content", "return ask_model(input.prompt)|whole|ModelResponse"),
    ),
    Wrong(
        "the prompt given to the other Activity",
        swap(ASK, "    return llm_call(input.prompt)"),
        ("llm_call", "ask_model(input.prompt)|llm_call(input)"),
    ),
    Wrong(
        "the return not indented",
        swap(COMMENT + ASK, COMMENT + ASK.strip()),
        ("indent|outside",),
    ),
    Wrong(
        "a field that the input does not have",
        swap("input.prompt", "input.content"),
        ("content", "input.prompt"),
    ),
    Wrong(
        "a name of the Workflow's",
        swap("input.prompt", "facts"),
        ("facts", "input.prompt"),
    ),
    Wrong(
        "the error raised at the first attempts",
        swap(ASK, "    if activity.info().attempt < 3:\n    " + RAISE + "\n" + ASK),
        ("raise", "attempt|take it out|take"),
        same_as="the error raised after the model was asked",
    ),
    Wrong(
        "a text in place of the input object",
        swap(DEF, DEF.replace("input: LLMCallInput", "prompt: str"), "input.prompt", "prompt"),
        ("input: LLMCallInput|parameter",),
    ),
    Wrong(
        "the answer turned into a text",
        swap(ASK, "    return str(ask_model(input.prompt))"),
        ("text|str", "return ask_model(input.prompt)|whole|as it is|ModelResponse"),
        same_as="the text out of the model's answer",
    ),
    Wrong(
        "await, and the function is not async",
        swap(ASK, "    return await ask_model(input.prompt)"),
        ("await", "async|return ask_model(input.prompt)"),
    ),
    Wrong(
        "the Activity asks itself",
        swap(ASK, "    return generate_summary(input)"),
        ("generate_summary(input)|itself", "ask_model(input.prompt)"),
    ),
    Wrong(
        "a chatbot's call of a model that there is not here",
        swap(
            ASK,
            "    return completion(\n"
            '        model="gpt-4o-mini", messages=[{"role": "user", "content": input.prompt}]\n'
            "    )",
        ),
        ("ask_model(input.prompt)",),
    ),
    Wrong(
        "try without except",
        swap(ASK, "    try:\n        return ask_model(input.prompt)"),
        ("try", "except"),
    ),
    Wrong(
        "the answer raised",
        swap(ASK, "    raise ask_model(input.prompt)"),
        ("raise", "return"),
    ),
    Wrong(
        "the prompt packed once more",
        swap(ASK, "    return ask_model(LLMCallInput(prompt=input.prompt))"),
        ("LLMCallInput", "ask_model(input.prompt)"),
        same_as="the input instead of its prompt",
    ),
    Wrong(
        "the parameter renamed, the line below not",
        swap("(input: LLMCallInput)", "(prompt: LLMCallInput)"),
        ("def generate_summary(input|prompt.prompt|parameter",),
    ),
    Wrong(
        "a self too many",
        swap("(input: LLMCallInput)", "(self, input: LLMCallInput)"),
        ("self",),
    ),
    Wrong(
        "decorator of a Workflow",
        swap("@activity.defn", "@workflow.defn"),
        ("@workflow.defn|workflow.defn", "@activity.defn"),
    ),
    Wrong(
        "a text promised, an answer returned",
        swap("-> ModelResponse", "-> str"),
        ("str", "ModelResponse"),
    ),
    Wrong(
        "the model asked twice",
        swap(ASK, "    print(ask_model(input.prompt))\n" + ASK),
        ("twice|two|2", "once|one"),
    ),
    Wrong(
        "a comma for the dot", swap("input.prompt", "input,prompt"), ("ask_model(input.prompt)",)
    ),
]

RIGHT = [
    Right("error left as a comment", practice("    raise", "    # raise")),
    Right("nothing but the call", swap(COMMENT, "")),
    Right(
        "another parameter name and a variable",
        whole("""
@activity.defn(name="generate_summary")
def generate_summary(question: LLMCallInput) -> ModelResponse:
    '''Summarise the facts.'''
    answer = ask_model(prompt=question.prompt)
    return answer
"""),
    ),
    Right("by way of the other Activity's function", swap(ASK, "    return llm_call(input)")),
    Right(
        "the call written out",
        swap(
            ASK,
            """    return completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": input.prompt}],
        timeout=20,
        max_retries=0,
    )""",
        ),
    ),
    Right(
        "errors noted and raised again",
        swap(
            ASK,
            "    try:\n    " + ASK + "\n    except Exception as error:\n"
            '        activity.logger.warning("no summary: %s", error)\n        raise',
        ),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(ASK, "    pass"))),
    Right("the error left below the return", swap(ASK, ASK + "\n" + RAISE)),
    Right(
        "the error switched off",
        swap(ASK, "    down = False\n    if down:\n    " + RAISE + "\n" + ASK),
    ),
    Right(
        "async, in a thread",
        swap(
            DECORATOR,
            "import asyncio\n\n\n" + DECORATOR,
            DEF,
            "async " + DEF,
            ASK,
            "    return await asyncio.to_thread(ask_model, input.prompt)",
        ),
    ),
    Right("as a dictionary", swap(ASK, ASK + ".model_dump()")),
]
