"""Answers to lesson 02's hunt in the Web UI."""

from bank import Right, Wrong, finished, practice, swap, whole

TIMEOUT = '"its timeout": "10"'
FIRST = '"first Activity": "llm_call"'
SECOND = '"second Activity": "create_pdf_activity"'
QUEUE = '"Task Queue": "research"'
OUTPUT = '"its output": "research_pdf.pdf"'
FIELD = '"field of its input": "prompt"'
RESULT = '"field of the result": "result"'

WRONG = [
    Wrong("blank left", practice(), ("Task Queue|blank",), verdict="not attempted"),
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
        "a quote forgotten in a later edit, and an earlier version is loaded",
        swap(QUEUE, '"Task Queue": "research'),
        ("quote|syntax|parse|older|earlier|unterminated",),
        before=(finished,),
    ),
    Wrong(
        "one left empty",
        swap(TIMEOUT, '"its timeout": ""'),
        ("its timeout", "empty|blank|nothing|\"\"|''|Start-to-Close"),
    ),
    Wrong("all but the first left empty", practice('"Task Queue": ""', QUEUE), ("first Activity",)),
    Wrong(
        "Activities the wrong way round",
        swap(
            FIRST,
            '"first Activity": "create_pdf_activity"',
            SECOND,
            '"second Activity": "llm_call"',
        ),
        ("first Activity", "create_pdf_activity"),
    ),
    Wrong(
        "the Workflow for the first Activity",
        swap(FIRST, '"first Activity": "GenerateReportWorkflow"'),
        ("first Activity", "GenerateReportWorkflow"),
    ),
    Wrong(
        "timeout of the other Activity",
        swap(TIMEOUT, '"its timeout": "30"'),
        ("its timeout", "30", "second|create_pdf_activity|llm_call|first"),
    ),
    Wrong(
        "timeout in milliseconds",
        swap(TIMEOUT, '"its timeout": "10000"'),
        ("its timeout", "10000", "second"),
    ),
    Wrong(
        "timeout in minutes",
        swap(TIMEOUT, '"its timeout": "0.17"'),
        ("its timeout", "0.17", "second"),
    ),
    Wrong(
        "namespace for the Task Queue",
        swap(QUEUE, '"Task Queue": "default"'),
        ("Task Queue", "default"),
    ),
    Wrong(
        "Task Queue in capitals",
        swap(QUEUE, '"Task Queue": "Research"'),
        ("Task Queue", "'Research'|\"Research\""),
    ),
    Wrong(
        "Task Queue of the exercise",
        swap(QUEUE, '"Task Queue": "research-exercise"'),
        ("Task Queue", "research-exercise"),
    ),
    Wrong(
        "the whole input for its field",
        swap(FIELD, '"field of its input": "Give me 5 fascinating facts about tardigrades"'),
        ("field of its input", "tardigrades", "name|field"),
    ),
    Wrong(
        "the parameter for the field",
        swap(FIELD, '"field of its input": "input"'),
        ("field of its input", "'input'|\"input\""),
    ),
    Wrong(
        "output of the Workflow for that of the Activity",
        swap(OUTPUT, '"its output": "Research report written: research_pdf.pdf"'),
        ("its output", "Research report written"),
    ),
    Wrong(
        "output without its ending",
        swap(OUTPUT, '"its output": "research_pdf"'),
        ("its output", "research_pdf"),
    ),
    Wrong(
        "type of the result for its field",
        swap(RESULT, '"field of the result": "GenerateReportOutput"'),
        ("field of the result", "GenerateReportOutput"),
    ),
    Wrong("an entry taken away", swap("    " + OUTPUT + ",\n", ""), ("its output",)),
    Wrong(
        "a list in place of the dictionary",
        whole(
            'found = ["research", "llm_call", "prompt", "create_pdf_activity", "research_pdf.pdf", '
            '"10", "result"]'
        ),
        ("found", "dict|list|{"),
    ),
    Wrong("name overwritten by a later cell", finished, ("found",), after="found = None"),
    Wrong(
        "a name of one's own for the Activity",
        swap(FIRST, '"first Activity": "LLM call"'),
        ("first Activity", "LLM call", "exactly"),
    ),
    Wrong(
        "the input as JSON",
        swap(FIELD, '"field of its input": \'{"prompt": "Give me 5"}\''),
        ("field of its input", "name"),
    ),
    Wrong(
        "timeout with the wrong unit",
        swap(TIMEOUT, '"its timeout": "10 minutes"'),
        ("its timeout", "10 minutes", "second"),
    ),
    Wrong(
        "a key written otherwise", swap('"Task Queue"', '"task_queue"'), ("'Task Queue'", "name")
    ),
    Wrong(
        "ids in place of names",
        swap(FIRST, '"first Activity": "1"', SECOND, '"second Activity": "2"'),
        ("first Activity", "'1'", "Activity Type"),
    ),
    Wrong("None for the timeout", swap(TIMEOUT, '"its timeout": None'), ("its timeout", "None")),
    Wrong(
        "the result's value for its field",
        swap(RESULT, '"field of the result": "Research report written: research_pdf.pdf"'),
        ("field of the result", "name"),
    ),
    Wrong(
        "the field of the other Activity's input",
        swap(FIELD, '"field of its input": "content"'),
        ("field of its input", "content", "lower"),
    ),
    Wrong(
        "the Worker's own queue",
        swap(QUEUE, '"Task Queue": "4711@laptop-6f3c9a2be1d9"'),
        ("Task Queue", "4711@laptop", "summary"),
    ),
    Wrong(
        "a list as an answer",
        swap(FIRST, '"first Activity": ["llm_call"]'),
        ("first Activity", "a text|not a list|a list|without the brackets"),
    ),
    Wrong(
        "the timeout that nobody set",
        swap(TIMEOUT, '"its timeout": "0s"'),
        ("its timeout", "0s", "Start-to-Close|Start To Close"),
    ),
    Wrong(
        "the event's name for the Activity's",
        swap(FIRST, '"first Activity": "ActivityTaskScheduled"'),
        ("first Activity", "ActivityTaskScheduled", "Activity Type|event"),
    ),
    Wrong(
        "the model's answer for the second Activity's output",
        swap(OUTPUT, '"its output": "Tardigrades survive in space."'),
        ("its output", "Tardigrades", "second|create_pdf_activity|file"),
    ),
    Wrong(
        "the Workflow's id for the Task Queue",
        swap(QUEUE, '"Task Queue": "generate-research-report-workflow-7b1e"'),
        (
            "Task Queue",
            "generate-research-report-workflow",
            "Workflow's id|Workflow ID|the id|summary",
        ),
    ),
    Wrong(
        "a word of the raw JSON for the field",
        swap(RESULT, '"field of the result": "payloads"'),
        ("field of the result", "payloads", "name|inside|field"),
    ),
    Wrong(
        "the function for its name",
        swap(FIRST, '"first Activity": llm_call'),
        ("first Activity", "text|quote|name"),
    ),
    Wrong(
        "a name without quotes",
        swap(QUEUE, '"Task Queue": research'),
        ("research", "quote"),
    ),
    Wrong(
        "no comma behind an answer",
        swap(QUEUE + ",", QUEUE),
        ("comma",),
    ),
    Wrong(
        "the answer in the comment",
        practice('"Task Queue": "",  # TODO', '"Task Queue": "",  # research'),
        ("Task Queue", "quote|\"\"|''|comment|between|empty|blank"),
        verdict="not attempted",
        same_as="blank left",
    ),
    Wrong(
        "both Activities in one answer",
        swap(FIRST, '"first Activity": "llm_call, create_pdf_activity"'),
        ("first Activity", "llm_call, create_pdf_activity", "one|only|alone|Activity Type"),
    ),
    Wrong(
        "a hyphen for the underscore",
        swap('"llm_call"', '"llm-call"'),
        ("first Activity", "llm-call", "exactly|underscore|Activity Type"),
    ),
    Wrong(
        "the second Activity's name cut off",
        swap('"create_pdf_activity"', '"create_pdf"'),
        ("second Activity", "create_pdf", "exactly|whole|Activity Type"),
    ),
    Wrong(
        "the input's class for its field",
        swap('"field of its input": "prompt"', '"field of its input": "LLMCallInput"'),
        ("field of its input", "LLMCallInput", "class|type|name"),
    ),
    Wrong(
        "the field misspelt",
        swap('"field of its input": "prompt"', '"field of its input": "promt"'),
        ("field of its input", "promt", "spell|exactly|name before the colon"),
    ),
    Wrong(
        "the field of the input for the output",
        swap('"research_pdf.pdf"', '"filename"'),
        ("its output", "filename", "value|file"),
    ),
    Wrong(
        "the timeout's name for its value",
        swap('"its timeout": "10"', '"its timeout": "start_to_close_timeout"'),
        ("its timeout", "start_to_close_timeout", "number|second"),
    ),
    Wrong(
        "the variable in the code for the field",
        swap('"field of the result": "result"', '"field of the result": "pdf_filename"'),
        ("field of the result", "pdf_filename", "name|field"),
    ),
    Wrong(
        "equals signs for colons",
        swap('": "', '" = "'),
        ('"Task Queue": "research"|colon',),
    ),
    Wrong(
        "the PDF's title for its name",
        swap('"research_pdf.pdf"', '"Research Report"'),
        ("its output", "Research Report", "file|result"),
    ),
    Wrong(
        "the last brace lost",
        lambda blank: blank.finished.rstrip().removesuffix("}"),
        ("`}` is missing|brace",),
    ),
]

RIGHT = [
    Right("timeout as a number", swap(TIMEOUT, '"its timeout": 10')),
    Right(
        "texts copied with their quotes",
        swap(
            OUTPUT,
            '"its output": \'"research_pdf.pdf"\'',
            FIELD,
            '"field of its input": \'"prompt"\'',
        ),
    ),
    Right(
        "spaces around",
        swap(
            QUEUE, '"Task Queue": " research "', SECOND, '"second Activity": "create_pdf_activity "'
        ),
    ),
    Right(
        "one at a time",
        whole("""
found = {}
found["Task Queue"] = 'research'
found["first Activity"], found["second Activity"] = 'llm_call', 'create_pdf_activity'
found["field of its input"] = 'prompt'
found["its output"] = 'research_pdf.pdf'
found["its timeout"] = '10'
found["field of the result"] = 'result'
"""),
    ),
    Right(
        "from variables, in another order",
        whole("""
queue = "research"
found = dict([("its timeout", str(5 * 2)), ("Task Queue", queue)]) | {
    "second Activity": create_pdf_activity.__name__, "first Activity": llm_call.__name__,
    "its output": PDFGenerationInput("").filename, "field of its input": "prompt",
    "field of the result": "result",
}
"""),
    ),
    Right(
        "after a wrong one", finished, before=(practice(), swap(QUEUE, '"Task Queue": "default"'))
    ),
    Right("10s", swap(TIMEOUT, '"its timeout": "10s"')),
    Right("10 seconds", swap(TIMEOUT, '"its timeout": "10 seconds"')),
    Right("a note besides", swap(RESULT, RESULT + ',\n    "note": "found under Compact"')),
    Right("a timedelta", swap(TIMEOUT, '"its timeout": timedelta(seconds=10)')),
]
