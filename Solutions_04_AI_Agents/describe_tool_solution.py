def describe(function) -> dict:
    return {
        "type": "function",
        "function": {
            "name": function.__name__,
            "description": inspect.getdoc(function),
            "parameters": form(function).model_json_schema(),
        },
    }
