"""Answers to lesson 04's first blank: a function's name, docstring and schema for the model."""

from bank import Right, Wrong, finished, practice, swap, whole

NAME = "function.__name__"
TEXT = "inspect.getdoc(function)"
SCHEMA = "form(function).model_json_schema()"

WRONG = [
    Wrong("blank left", practice(), ("blank|name|...",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong("name left open", swap(NAME, "...,  # TODO"), ("name",)),
    Wrong("docstring left open", swap(TEXT, "..."), ("description|docstring",)),
    Wrong("schema left open", swap(SCHEMA, "..."), ("parameters|schema",)),
    Wrong("the function for its name", swap(NAME, "function"), ("__name__",)),
    Wrong(
        "function.name",
        swap(NAME, "function.name"),
        ("function.name|'name'|.name", "__name__"),
    ),
    Wrong("one tool's name for all", swap(NAME, '"calculate"'), ("calculate", "__name__")),
    Wrong("the module's __name__", swap(NAME, "__name__"), ("__main__|module", NAME)),
    Wrong(
        "the name in quotes",
        swap(NAME, '"function.__name__"'),
        ("'function.__name__'|quote", "__name__"),
    ),
    Wrong("the name called", swap(NAME, "function.__name__()"), ("parenthes|()|bracket|call",)),
    Wrong("str of the function", swap(NAME, "str(function)"), ("str", "__name__")),
    Wrong(
        "getdoc not called",
        swap(TEXT, "inspect.getdoc"),
        ("call|parenthes|(function)", "getdoc"),
    ),
    Wrong(
        "the docstring of describe",
        swap(TEXT, "inspect.getdoc(describe)"),
        ("describe", "getdoc(function)|function"),
    ),
    Wrong(
        "the source for the docstring",
        swap(TEXT, "inspect.getsource(function)"),
        ("getsource|source", "getdoc"),
    ),
    Wrong(
        "comments for the docstring",
        swap(TEXT, "inspect.getcomments(function)"),
        ("getcomments|comment|None", "getdoc"),
    ),
    Wrong(
        "function.docstring",
        swap(TEXT, "function.docstring"),
        ("docstring", "getdoc|__doc__"),
    ),
    Wrong("the name as description", swap(TEXT, NAME), ("name", "getdoc|docstring")),
    Wrong("doc misspelt", swap("getdoc", "get_doc"), ("get_doc", "getdoc")),
    Wrong("the form itself", swap(SCHEMA, "form(function)"), ("model_json_schema",)),
    Wrong(
        "schema not called",
        swap(SCHEMA, "form(function).model_json_schema"),
        ("parenthes|()|call", "model_json_schema"),
    ),
    Wrong(
        "form forgotten",
        swap(SCHEMA, "function.model_json_schema()"),
        ("form(function)",),
    ),
    Wrong(
        "form not called",
        swap(SCHEMA, "form.model_json_schema(function)"),
        ("form(function)",),
    ),
    Wrong(
        "the function's result in the form",
        swap(SCHEMA, "form(function()).model_json_schema()"),
        ("form(function)",),
    ),
    Wrong(
        "the name in the form",
        swap(SCHEMA, "form(function.__name__).model_json_schema()"),
        ("form(function)",),
    ),
    Wrong(
        "schema of one tool for all",
        swap(SCHEMA, "form(calculate).model_json_schema()"),
        ("calculate", "form(function)"),
    ),
    Wrong(
        "schema as a text",
        swap(SCHEMA, f"json.dumps({SCHEMA})"),
        ("json.dumps|text|str", "dict|model_json_schema"),
    ),
    Wrong(
        "hints for the schema",
        swap(SCHEMA, "function.__annotations__"),
        ("annotations|hints|types|class", "model_json_schema"),
    ),
    Wrong(
        "the properties alone",
        swap(SCHEMA, f'{SCHEMA}["properties"]'),
        ("properties",),
    ),
    Wrong(
        "required lost",
        swap(
            SCHEMA,
            f'{{"type": "object", "properties": {SCHEMA}["properties"]}}',
        ),
        ("required",),
    ),
    Wrong(
        "flat, as OpenAI's newer API wants it",
        whole("""
def describe(function) -> dict:
    return {
        "type": "function",
        "name": function.__name__,
        "description": inspect.getdoc(function),
        "parameters": form(function).model_json_schema(),
    }
"""),
        (
            '"function"|function',
            '`"function": {`|nest|inside|under|level|in "function"|in a dict|key',
        ),
    ),
    Wrong(
        "Anthropic's input_schema",
        swap('"parameters"', '"input_schema"'),
        ("input_schema", "parameters"),
    ),
    Wrong("type tool", swap('"type": "function"', '"type": "tool"'), ("type", "function")),
    Wrong("assigned, not returned", swap("return {", "description = {"), ("return",)),
    Wrong(
        "the name of the blank",
        swap("def describe(", "def describe_tool("),
        ("describe",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("describe", "function|def|later|again"),
        after="describe = describe(calculate)",
    ),
    Wrong("a comma forgotten", swap(f"{NAME},", NAME), ("comma|,|syntax",)),
]

RIGHT = [
    Right("__doc__", swap(TEXT, "function.__doc__")),
    Right("cleaned __doc__", swap(TEXT, "inspect.cleandoc(function.__doc__)")),
    Right("stripped", swap(TEXT, '(function.__doc__ or "").strip()')),
    Right(
        "TypeAdapter",
        swap(
            "def describe(function) -> dict:\n",
            "from pydantic import TypeAdapter\n\n\ndef describe(function) -> dict:\n",
            SCHEMA,
            "TypeAdapter(function).json_schema()",
        ),
    ),
    Right(
        "variables",
        whole("""
def describe(function) -> dict:
    name, text = function.__name__, inspect.getdoc(function)
    model = form(function)
    schema = model.model_json_schema()
    inner = dict(name=name, description=text, parameters=schema)
    return dict(type="function", function=inner)
"""),
    ),
    Right(
        "step by step",
        whole("""
def describe(tool):
    described = {"type": "function", "function": {}}
    described["function"]["parameters"] = form(tool).model_json_schema()
    described["function"]["description"] = inspect.getdoc(tool)
    described["function"]["name"] = tool.__name__
    return described
"""),
    ),
    Right("the form's name", swap(NAME, "form(function).__name__")),
    Right("the schema's title", swap(NAME, f'{SCHEMA}["title"]')),
    Right(
        "the title taken out",
        swap(
            SCHEMA,
            f'{{k: v for k, v in {SCHEMA}.items() if k != "title"}}',
        ),
    ),
    Right("getattr", swap(NAME, 'getattr(function, "__name__")')),
    Right("after a wrong one", finished, before=(practice(), swap(SCHEMA, "form(function)"))),
]
