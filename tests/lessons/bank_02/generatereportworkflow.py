"""Answers to lesson 02's Workflow: entry point, second Activity, its input and its timeout."""

from bank import Right, Wrong, finished, practice, swap, whole

RUN = "    @workflow.run\n"
ACTIVITY = "            create_pdf_activity,\n"
INPUT = "            PDFGenerationInput(content=content),\n"
TIMEOUT = "start_to_close_timeout=timedelta(seconds=10)"
STEP = "        pdf_filename = await workflow.execute_activity(\n"
REST = "            start_to_close_timeout=timedelta(seconds=10),\n        )\n"
TAKEN = '        content = research_facts["choices"][0]["message"]["content"]\n'
RETURN = '        return GenerateReportOutput(result=f"Research report written: {pdf_filename}")'


def _moved(text: str, line: str, before: str) -> str:
    """The text with a line of it moved to stand before another."""
    return text.replace(line, "").replace(before, line + before)


WRONG = [
    Wrong("blank left", practice(), ("workflow.run|decorator|blank",), verdict="not attempted"),
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
        "a comma forgotten in a later edit, and an earlier version is loaded",
        swap(ACTIVITY, "            create_pdf_activity\n"),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("entry point not decorated", swap(RUN, ""), ("@workflow.run",)),
    Wrong(
        "entry point called as a decorator with parentheses",
        swap(RUN, "    @workflow.run()\n"),
        ("@workflow.run", "parenthes|()"),
    ),
    Wrong(
        "entry point decorated as an Activity",
        swap(RUN, "    @activity.defn\n"),
        ("activity.defn", "@workflow.run"),
    ),
    Wrong(
        "entry point decorated as a Workflow",
        swap(RUN, "    @workflow.defn\n"),
        ("workflow.defn", "@workflow.run"),
    ),
    Wrong(
        "entry point not async", swap("    async def run", "    def run", "await ", ""), ("async",)
    ),
    Wrong(
        "blanks of the second step left",
        swap(ACTIVITY, "            ...,\n", INPUT, "            ...,\n"),
        ("...|blank|ellipsis", "create_pdf_activity|Activity"),
    ),
    Wrong(
        "Activity called directly",
        swap(
            STEP + ACTIVITY + INPUT + REST,
            "        pdf_filename = create_pdf_activity(PDFGenerationInput(content=content))\n",
        ),
        ("create_pdf_activity", "execute_activity"),
    ),
    Wrong(
        "Activity called inside execute_activity",
        swap(
            ACTIVITY + INPUT,
            "            create_pdf_activity(PDFGenerationInput(content=content)),\n",
        ),
        ("create_pdf_activity", "parenthes|call|()"),
        same_as="Activity called directly",
    ),
    Wrong(
        "await forgotten",
        swap(STEP, STEP.replace("await ", "")),
        ("await",),
    ),
    Wrong(
        "wrong Activity",
        swap(ACTIVITY, "            llm_call,\n"),
        ("llm_call", "create_pdf_activity"),
    ),
    Wrong(
        "Activity's name misspelt in a text",
        swap(ACTIVITY, '            "create_pdf",\n'),
        ("create_pdf", "create_pdf_activity", "name|called"),
    ),
    Wrong("input forgotten", swap(INPUT, ""), ("PDFGenerationInput|input",)),
    Wrong(
        "the dataclass itself, not an instance",
        swap(INPUT, "            PDFGenerationInput,\n"),
        ("PDFGenerationInput", "class|instance|content=|parenthes|()"),
    ),
    Wrong(
        "bare text instead of the dataclass",
        swap(INPUT, "            content,\n"),
        ("PDFGenerationInput", "text|str"),
    ),
    Wrong(
        "two arguments instead of one object",
        swap(INPUT, '            content,\n            "research_pdf.pdf",\n'),
        ("PDFGenerationInput|one input|one object", "one|two|2|3"),
    ),
    Wrong(
        "two arguments in args",
        swap(INPUT, '            args=[content, "research_pdf.pdf"],\n'),
        ("PDFGenerationInput", "one|two|2"),
        same_as="two arguments instead of one object",
    ),
    Wrong(
        "the Workflow's input passed on",
        swap(INPUT, "            input,\n"),
        ("PDFGenerationInput", "GenerateReportInput|prompt|input"),
    ),
    Wrong(
        "the whole response as content",
        swap("content=content", "content=research_facts"),
        ("content", "choices|text|message|response|{'id'"),
    ),
    Wrong(
        "the response turned into a text",
        swap("content=content", "content=str(research_facts)"),
        ("content", "choices|str(|message|response"),
    ),
    Wrong(
        "the prompt as content",
        swap("content=content", "content=input.prompt"),
        ("prompt", "content"),
    ),
    Wrong(
        "second of one choice", swap('["choices"][0]', '["choices"][1]'), ("[1]", "index|first|[0]")
    ),
    Wrong(
        "message forgotten on the way to the content",
        swap('[0]["message"]["content"]', '[0]["content"]'),
        ("['content']", "message|no attribute|KeyError"),
    ),
    Wrong(
        "timeout forgotten", swap("            " + TIMEOUT + ",\n", ""), ("start_to_close_timeout",)
    ),
    Wrong(
        "timeout in milliseconds",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(milliseconds=10)"),
        ("0.01|milliseconds|10 ms", "seconds=10|10 seconds|10 s"),
    ),
    Wrong(
        "timeout in minutes",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(minutes=10)"),
        ("600|minutes", "seconds=10|10 seconds|10 s"),
    ),
    Wrong(
        "timeout in days",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(10)"),
        ("day|864", "seconds=10|10 seconds|10 s"),
    ),
    Wrong("timeout a bare number", swap(TIMEOUT, "start_to_close_timeout=10"), ("timedelta",)),
    Wrong(
        "the other timeout",
        swap(TIMEOUT, "schedule_to_close_timeout=timedelta(seconds=10)"),
        ("schedule_to_close_timeout", "start_to_close_timeout"),
    ),
    Wrong(
        "misspelt name, a NameError at run time",
        swap("content=content", "content=contents"),
        ("contents",),
    ),
    Wrong(
        "asyncio.run inside the Workflow",
        swap(
            "from datetime import",
            "import asyncio\nfrom datetime import",
            STEP,
            "        pdf_filename = asyncio.run(workflow.execute_activity(\n",
            "seconds=10),\n        )",
            "seconds=10),\n        ))",
        ),
        ("asyncio.run", "await"),
    ),
    Wrong(
        "a blocking sleep in the Workflow",
        swap(
            "from datetime import",
            "import time\nfrom datetime import",
            STEP,
            "        time.sleep(1)\n" + STEP,
        ),
        ("sleep|block",),
    ),
    Wrong(
        "the clock read in the Workflow",
        swap(
            "from datetime import timedelta",
            "from datetime import datetime, timedelta",
            "PDFGenerationInput(content=content)",
            'PDFGenerationInput(content=f"{datetime.now():%H:%M}\\n\\n{content}")',
        ),
        ("now|clock|time",),
    ),
    Wrong(
        "the model asked in the Workflow itself",
        swap(
            "await workflow.execute_activity(\n            llm_call,\n"
            "            LLMCallInput(prompt=input.prompt),\n"
            "            start_to_close_timeout=llm_time,\n        )",
            "ask_model(input.prompt)",
        ),
        ("llm_call", "Activity|execute_activity"),
    ),
    Wrong(
        "the file written in the Workflow itself",
        swap(
            STEP + ACTIVITY + INPUT + REST,
            '        pdf_filename = "research_pdf.pdf"\n'
            '        with open(pdf_filename, "w") as file:\n            file.write(content)\n',
        ),
        ("open|file", "Activity"),
    ),
    Wrong(
        "sandboxed=False taken away in a notebook",
        swap("@workflow.defn(sandboxed=False)", "@workflow.defn"),
        ("sandboxed=False",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("GenerateReportWorkflow", "class"),
        after="GenerateReportWorkflow = GenerateReportWorkflow()",
    ),
    Wrong(
        "a heartbeat timeout alone",
        swap(TIMEOUT, "heartbeat_timeout=timedelta(seconds=10)"),
        ("timeout", "start_to_close_timeout="),
        same_as="timeout forgotten",
    ),
    Wrong(
        "two entry points",
        swap(RUN, "    @workflow.run\n    async def start(self) -> None:\n        pass\n\n" + RUN),
        ("@workflow.run", "multiple|two|one", "start"),
    ),
    Wrong(
        "a text returned in place of the dataclass",
        swap(RETURN, '        return f"Research report written: {pdf_filename}"'),
        ("return GenerateReportOutput",),
    ),
    Wrong(
        "started and not awaited",
        swap(STEP, STEP.replace("await workflow.execute", "workflow.start")),
        ("await",),
    ),
    Wrong(
        "a local Activity",
        swap(STEP, STEP.replace("execute_activity", "execute_local_activity")),
        ("local", "workflow.execute_activity"),
    ),
    Wrong(
        "workflow.call_activity, which there is not",
        swap(STEP, STEP.replace("execute_activity", "call_activity")),
        ("call_activity", "workflow.execute_activity"),
    ),
    Wrong(
        "ActivityOptions as in Go and Java",
        swap("            " + TIMEOUT, "            ActivityOptions(" + TIMEOUT + ")"),
        ("ActivityOptions", "start_to_close_timeout="),
    ),
    Wrong("self forgotten", swap("run(self, input", "run(input"), ("self",)),
    Wrong(
        "the timeout by position",
        swap(TIMEOUT, "timedelta(seconds=10)"),
        ("start_to_close_timeout=",),
    ),
    Wrong(
        "the Activity's function in a thread",
        swap(
            "from datetime",
            "import asyncio\nfrom datetime",
            STEP + ACTIVITY + INPUT + REST,
            "        pdf_filename = await asyncio.to_thread(\n" + ACTIVITY + INPUT + "        )\n",
        ),
        ("to_thread|thread", "execute_activity"),
    ),
    Wrong(
        "both decorators above the class",
        swap(RUN, "", "\nclass ", "\n@workflow.run\nclass "),
        ("@workflow.run", "class"),
    ),
    Wrong(
        "@workflow.entrypoint, which there is not",
        swap(RUN, "    @workflow.entrypoint\n"),
        ("entrypoint", "@workflow.run"),
    ),
    Wrong(
        "the first step copied, its variable's name kept",
        swap(STEP, STEP.replace("pdf_filename", "research_facts")),
        ("pdf_filename",),
    ),
    Wrong(
        "the first step's input copied",
        swap(INPUT, "            LLMCallInput(prompt=content),\n"),
        ("prompt", "PDFGenerationInput(content=content)"),
        same_as="the Workflow's input passed on",
    ),
    Wrong(
        "timeout of the step above",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(seconds=30)"),
        ("30", "10"),
    ),
    Wrong(
        "the timeout as a text, as in TypeScript",
        swap(TIMEOUT, 'start_to_close_timeout="10 seconds"'),
        ("text", "start_to_close_timeout=timedelta(seconds="),
    ),
    Wrong(
        "datetime.timedelta, and datetime not imported",
        swap(TIMEOUT, "start_to_close_timeout=datetime.timedelta(seconds=10)"),
        ("datetime", "`timedelta|= timedelta|=timedelta|import"),
    ),
    Wrong(
        "the class renamed",
        swap("class GenerateReportWorkflow:", "class ResearchWorkflow:"),
        ("ResearchWorkflow", "GenerateReportWorkflow"),
    ),
    Wrong(
        "imports from a file that there is not",
        swap(
            "from temporalio import workflow\n",
            "from temporalio import workflow\n"
            "\n"
            "with workflow.unsafe.imports_passed_through():\n"
            "    from activities import create_pdf_activity, llm_call\n",
        ),
        ("activities", "take|already|notebook"),
    ),
    Wrong(
        "a retry policy besides, not imported",
        swap(
            TIMEOUT,
            TIMEOUT + ",\n            retry_policy=RetryPolicy(maximum_attempts=3)",
        ),
        ("RetryPolicy", "import|temporalio.common"),
    ),
    Wrong(
        "entry point as a Query",
        swap("@workflow.run", "@workflow.query"),
        ("query", "workflow.run"),
    ),
    Wrong(
        "the content looked for in the Workflow's input",
        swap("PDFGenerationInput(content=content)", "PDFGenerationInput(content=input.content)"),
        ("input.content|'content'", "content=content"),
    ),
    Wrong(
        "the content's name in quotes",
        swap("content=content)", 'content="content")'),
        ("'content'", "content=content"),
    ),
    Wrong(
        "seconds with an s behind",
        swap("start_to_close_timeout=timedelta(seconds=10)", "start_to_close_timeout=10s"),
        ("10s", "timedelta(seconds=10)"),
    ),
    Wrong(
        "the timeout's name cut off",
        swap(
            "start_to_close_timeout=timedelta(seconds=10)", "start_to_close=timedelta(seconds=10)"
        ),
        ("start_to_close", "start_to_close_timeout"),
    ),
    Wrong(
        "dots in the input's parentheses",
        swap("PDFGenerationInput(content=content)", "PDFGenerationInput(...)"),
        ("`...`|(...)|dots|blank", "content=content"),
    ),
    Wrong(
        "the second step above the content",
        lambda blank: _moved(
            blank.finished,
            '        content = research_facts["choices"][0]["message"]["content"]\n',
            "        return GenerateReportOutput",
        ),
        ("`content`", "above|below"),
    ),
    Wrong(
        "self before the Activity",
        swap("            create_pdf_activity,", "            self.create_pdf_activity,"),
        ("self", "create_pdf_activity"),
    ),
    Wrong(
        "the field of the first step's input",
        swap("PDFGenerationInput(content=content)", "PDFGenerationInput(prompt=content)"),
        ("prompt", "content="),
    ),
    Wrong(
        "the step's own result as its content",
        swap("content=content)", "content=pdf_filename)"),
        ("pdf_filename", "content=content"),
    ),
]

RIGHT = [
    Right(
        "input in args", swap(INPUT, "            args=[PDFGenerationInput(content=content)],\n")
    ),
    Right(
        "arg by keyword",
        swap(INPUT, "            arg=PDFGenerationInput(content=content),\n"),
    ),
    Right("Activity by name", swap(ACTIVITY, '            "create_pdf_activity",\n')),
    Right(
        "Activity by name, with its result's type",
        swap(
            ACTIVITY,
            '            activity="create_pdf_activity",\n',
            INPUT,
            "            arg=PDFGenerationInput(content=content),\n            result_type=str,\n",
        ),
    ),
    Right(
        "started, then awaited",
        swap(
            STEP,
            "        writing = workflow.start_activity(\n",
            REST,
            REST + "        pdf_filename = await writing\n",
        ),
    ),
    Right(
        "helper variables and another parameter name",
        whole("""
from datetime import timedelta
from temporalio import workflow

@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, report: GenerateReportInput) -> GenerateReportOutput:
        question = LLMCallInput(prompt=report.prompt)
        half_a_minute, ten = timedelta(seconds=30), timedelta(seconds=10)
        facts = await workflow.execute_activity(
            llm_call, question, start_to_close_timeout=half_a_minute)
        pdf = PDFGenerationInput(facts.choices[0].message.content)
        name = await workflow.execute_activity(
            create_pdf_activity, pdf, start_to_close_timeout=ten)
        return GenerateReportOutput("Research report written: " + name)
"""),
    ),
    Right(
        "execute_activity imported by its own name",
        swap(
            "from temporalio import workflow",
            "from temporalio import workflow\nfrom temporalio.workflow import execute_activity",
            STEP,
            "        pdf_filename = await execute_activity(\n",
        ),
    ),
    Right(
        "10 000 milliseconds",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(milliseconds=10_000)"),
    ),
    Right(
        "a retry policy and a heartbeat besides",
        swap(
            "from temporalio import workflow",
            "from temporalio import workflow\nfrom temporalio.common import RetryPolicy",
            TIMEOUT,
            "retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),\n"
            "            heartbeat_timeout=timedelta(seconds=10),\n"
            "            schedule_to_close_timeout=timedelta(minutes=5),\n            " + TIMEOUT,
        ),
    ),
    Right(
        "a line in the log, and a time from the history",
        swap(
            STEP,
            '        workflow.logger.info("%s: %d letters", workflow.now(), len(content))\n' + STEP,
        ),
    ),
    Right(
        "the second step in a method of its own",
        swap(
            STEP + ACTIVITY + INPUT + REST,
            "        pdf_filename = await self.written(content)\n",
            "class GenerateReportWorkflow:\n",
            "class GenerateReportWorkflow:\n"
            "    async def written(self, content: str) -> str:\n"
            + STEP.replace("pdf_filename = ", "return ")
            + ACTIVITY
            + INPUT
            + REST
            + "\n",
        ),
    ),
    Right(
        "execute_activity_method",
        swap(STEP, STEP.replace("execute_activity", "execute_activity_method")),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(RUN, ""))),
    Right(
        "a task of its own",
        swap(
            "from datetime",
            "import asyncio\nfrom datetime",
            STEP,
            STEP.replace("await ", "await asyncio.create_task("),
            REST,
            REST.rstrip("\n") + ")\n",
        ),
    ),
    Right(
        "a dictionary with the dataclass's field",
        swap(INPUT, '            {"content": content},\n'),
    ),
    Right(
        "the Workflow named as it is called",
        swap("defn(sandboxed=False)", 'defn(name="GenerateReportWorkflow", sandboxed=False)'),
    ),
    Right(
        "the result in another language",
        swap("Research report written: ", "Rapport de recherche : "),
    ),
    Right(
        "state in the instance",
        swap(
            "class GenerateReportWorkflow:\n",
            "class GenerateReportWorkflow:\n"
            "    def __init__(self) -> None:\n"
            '        self.content = ""\n'
            "\n",
            "        content = research",
            "        self.content = research",
            "content=content",
            "content=self.content",
        ),
    ),
]
