"""Answers to exercise 02's Workflow: entry point, the third Activity, its input, its timeout."""

from bank import Right, Wrong, finished, practice, swap, whole

RUN = "    @workflow.run\n"
ACTIVITY = "            send_email,\n"
INPUT = '            EmailInput(to="reader@example.com", attachment=pdf_filename),\n'
TIMEOUT = "start_to_close_timeout=timedelta(seconds=20)"
POLICY = "            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=5)),\n"
STEP = "        sent = await workflow.execute_activity(\n"
ALL = STEP + ACTIVITY + INPUT + "            " + TIMEOUT + ",\n" + POLICY + "        )\n"
ATTACHED = "attachment=pdf_filename"
SEND = "            send_email,"

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
        swap(ACTIVITY, "            send_email\n"),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("entry point not decorated", swap(RUN, ""), ("@workflow.run",)),
    Wrong(
        "entry point decorated as an Activity",
        swap(RUN, "    @activity.defn\n"),
        ("activity.defn", "@workflow.run"),
    ),
    Wrong(
        "Activity called directly",
        swap(
            ALL,
            '        sent = send_email(EmailInput(to="reader@example.com", '
            "attachment=pdf_filename))\n",
        ),
        ("send_email", "execute_activity"),
    ),
    Wrong(
        "Activity called inside execute_activity",
        swap(
            ACTIVITY + INPUT,
            "            send_email("
            'EmailInput(to="reader@example.com", attachment=pdf_filename)),\n',
        ),
        ("send_email", "parenthes|call|()"),
        same_as="Activity called directly",
    ),
    Wrong("await forgotten", swap(STEP, STEP.replace("await ", "")), ("await",)),
    Wrong(
        "wrong Activity",
        swap(ACTIVITY, "            create_pdf_activity,\n"),
        ("create_pdf_activity", "send_email"),
    ),
    Wrong(
        "the decorator's blank named as the Activity",
        swap(ACTIVITY, '            "send_email_activity",\n'),
        ("send_email_activity", "send_email"),
    ),
    Wrong("input forgotten", swap(INPUT, ""), ("EmailInput|input",)),
    Wrong(
        "bare file name instead of the dataclass",
        swap(INPUT, "            pdf_filename,\n"),
        ("EmailInput", "text|str"),
    ),
    Wrong(
        "two arguments instead of one object",
        swap(INPUT, '            "reader@example.com",\n            pdf_filename,\n'),
        ("EmailInput|one input|one object", "one|two|2|3"),
    ),
    Wrong(
        "two arguments in args",
        swap(INPUT, '            args=["reader@example.com", pdf_filename],\n'),
        ("EmailInput", "one|two|2"),
        same_as="two arguments instead of one object",
    ),
    Wrong(
        "address and file the wrong way round",
        swap(INPUT, '            EmailInput(pdf_filename, "reader@example.com"),\n'),
        ("to", "attachment", "reader@example.com"),
    ),
    Wrong(
        "another address",
        swap("reader@example.com", "me@example.com"),
        ("me@example.com", "reader@example.com"),
    ),
    Wrong(
        "the report's text as attachment",
        swap(
            "attachment=pdf_filename",
            'attachment=research_facts["choices"][0]["message"]["content"]',
        ),
        ("attachment", "pdf_filename|file"),
    ),
    Wrong(
        "a file name written by hand that is not the PDF's",
        swap("attachment=pdf_filename", 'attachment="research_pdf.pdf"'),
        ("attachment", "research_pdf.pdf", "pdf_filename|exercise_report.pdf"),
    ),
    Wrong(
        "a field left out",
        swap(
            'EmailInput(to="reader@example.com", attachment=pdf_filename)',
            "EmailInput(attachment=pdf_filename)",
        ),
        ("to", "EmailInput|missing|argument"),
    ),
    Wrong(
        "a field misspelt",
        swap("attachment=pdf_filename", "file=pdf_filename"),
        ("file", "attachment|argument"),
    ),
    Wrong(
        "timeout forgotten", swap("            " + TIMEOUT + ",\n", ""), ("start_to_close_timeout",)
    ),
    Wrong(
        "timeout of the step above",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(seconds=10)"),
        ("10", "20"),
    ),
    Wrong(
        "timeout in minutes",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(minutes=20)"),
        ("1200|1,200|1 200|minutes", "seconds=20|20 seconds|20 s"),
    ),
    Wrong(
        "timeout in milliseconds",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(milliseconds=20)"),
        ("0.02|milliseconds|20 ms", "seconds=20|20 seconds|20 s"),
    ),
    Wrong("timeout a bare number", swap(TIMEOUT, "start_to_close_timeout=20"), ("timedelta",)),
    Wrong(
        "the other timeout",
        swap(TIMEOUT, "schedule_to_close_timeout=timedelta(seconds=20)"),
        ("schedule_to_close_timeout", "start_to_close_timeout"),
    ),
    Wrong(
        "misspelt name, a NameError at run time",
        swap("attachment=pdf_filename", "attachment=pdf_file"),
        ("pdf_file", "spell|defined|pdf_filename"),
    ),
    Wrong(
        "asyncio.run inside the Workflow",
        swap(
            STEP,
            "        import asyncio\n\n        sent = asyncio.run(workflow.execute_activity(\n",
            POLICY + "        )",
            POLICY + "        ))",
        ),
        ("asyncio.run", "await"),
    ),
    Wrong(
        "the error swallowed, so that a lost e-mail looks like success",
        swap(
            TIMEOUT,
            "start_to_close_timeout=timedelta(seconds=20)",
            "maximum_interval=timedelta(seconds=5)",
            "maximum_attempts=1",
        ),
        ("maximum_attempts|retry_policy|maximum_interval",),
    ),
    Wrong(
        "a result of its own", swap("result=sent", 'result="sent"'), ("result", "send_email|sent")
    ),
    Wrong(
        "schedule_to_start_timeout alone",
        swap(TIMEOUT, "schedule_to_start_timeout=timedelta(seconds=20)"),
        ("timeout", "start_to_close_timeout="),
        same_as="timeout forgotten",
    ),
    Wrong(
        "curly quotes",
        swap('to="reader@example.com"', "to=\u201creader@example.com\u201d"),
        ("\u201c", "line 20"),
    ),
    Wrong(
        "the variable in quotes",
        swap("attachment=pdf_filename", 'attachment="pdf_filename"'),
        ("'pdf_filename'", "attachment=pdf_filename"),
    ),
    Wrong(
        "entry point as a Signal",
        swap(RUN, "    @workflow.signal\n"),
        ("workflow.signal", "@workflow.run"),
    ),
    Wrong(
        "timeout= for start_to_close_timeout=",
        swap(TIMEOUT, "timeout=timedelta(seconds=20)"),
        ("'timeout'|`timeout`", "start_to_close_timeout"),
    ),
    Wrong(
        "self.pdf_filename",
        swap("attachment=pdf_filename", "attachment=self.pdf_filename"),
        ("self", "attachment=pdf_filename|without self|`pdf_filename`"),
    ),
    Wrong(
        "returned before the e-mail",
        swap(STEP, "        return GenerateReportOutput(result=pdf_filename)\n" + STEP),
        ("send_email", "return"),
    ),
    Wrong(
        "PDF and e-mail at the same time",
        swap(
            "@workflow.defn",
            "import asyncio\n\n\n@workflow.defn",
            "        pdf_filename = await workflow",
            "        writing = workflow",
            STEP,
            STEP.replace("await workflow.execute_activity", "workflow.execute_activity"),
            "attachment=pdf_filename",
            'attachment="exercise_report.pdf"',
            "        return",
            "        _, sent = await asyncio.gather(writing, sent)\n        return",
        ),
        ("create_pdf_activity|PDF", "after|before|same time|wait|order"),
    ),
    Wrong(
        "the fields given to execute_activity",
        swap(INPUT, '            to="reader@example.com",\n            attachment=pdf_filename,\n'),
        ("'to'|`to`", "EmailInput"),
    ),
    Wrong("the retry policy taken away", swap(POLICY, ""), ("retry_policy|maximum_interval", "5")),
    Wrong(
        "a name of the lesson's Workflow",
        swap("attachment=pdf_filename", "attachment=content"),
        ("content", "pdf_filename"),
    ),
    Wrong(
        "the address out of the Workflow's input",
        swap('to="reader@example.com"', "to=input.to"),
        ("'to'|`to`|input.to", "reader@example.com"),
    ),
    Wrong(
        "the dataclass itself, not an instance",
        swap(INPUT, "            EmailInput,\n"),
        ("EmailInput", "class|instance|parenthes|(to="),
    ),
    Wrong(
        "the timeout's blank left",
        swap(TIMEOUT, "start_to_close_timeout=..."),
        ("...|blank|ellipsis", "start_to_close_timeout"),
    ),
    Wrong(
        "the field's name for the variable",
        swap(INPUT, '            EmailInput("reader@example.com", attachment),\n'),
        ("attachment", "pdf_filename"),
    ),
    Wrong(
        "the Activity as attachment",
        swap("attachment=pdf_filename", "attachment=create_pdf_activity"),
        ("attachment", "create_pdf_activity|function", "pdf_filename"),
    ),
    Wrong(
        "the e-mail pasted above the PDF",
        swap(
            ALL,
            "",
            "        pdf_filename = await workflow",
            ALL + "        pdf_filename = await workflow",
        ),
        ("pdf_filename", "after|before|first|below|above|order|yet"),
    ),
    Wrong(
        "colons for equals signs",
        swap("to=", "to: ", "attachment=", "attachment: "),
        ("to=|attachment=|`=`|colon|':'|`:`",),
    ),
    Wrong(
        "the address in a list",
        swap('to="reader@example.com"', 'to=["reader@example.com"]'),
        ("['reader@example.com']", 'to="reader@example.com"'),
    ),
    Wrong(
        "the timeout in the input's parentheses",
        swap(
            INPUT + "            " + TIMEOUT + ",\n",
            INPUT.replace("),\n", ", " + TIMEOUT + "),\n"),
        ),
        ("start_to_close_timeout", "execute_activity|EmailInput|parenthes"),
        same_as="timeout forgotten",
    ),
    Wrong(
        "the address without quotes",
        swap('to="reader@example.com"', "to=reader@example.com"),
        ('quote|"reader@example.com"',),
    ),
    Wrong(
        "the file name of the class",
        swap(ATTACHED, "attachment=PDFGenerationInput.filename"),
        ("research_pdf.pdf|PDFGenerationInput.filename", "pdf_filename"),
        same_as="a file name written by hand that is not the PDF's",
    ),
    Wrong(
        "twenty days", swap(TIMEOUT, "start_to_close_timeout=timedelta(20)"), ("day", "seconds=20")
    ),
    Wrong(
        "the input's parentheses closed too early",
        swap(", " + ATTACHED + ")", "), " + ATTACHED),
        ("attachment", "EmailInput"),
    ),
    Wrong(
        "the Activity's run",
        swap(SEND, "            send_email.run,"),
        ("`send_email`|`send_email,`",),
    ),
    Wrong(
        "the Activity looked for in the module",
        swap(SEND, "            activity.send_email,"),
        ("`send_email,`|`send_email`",),
    ),
    Wrong(
        "the step's result not kept",
        swap("        sent = await", "        await"),
        ("sent", "sent = await"),
    ),
    Wrong(
        "the decorator below the method's line",
        swap(
            "    @workflow.run\n",
            "",
            "        research_facts =",
            "        @workflow.run\n        research_facts =",
        ),
        ("@workflow.run", "above"),
    ),
    Wrong(
        "entry point decorated as a Workflow",
        swap("@workflow.run", "@workflow.defn"),
        ("workflow.defn", "@workflow.run"),
    ),
    Wrong(
        "the times of the step and of the pause exchanged",
        swap(
            "maximum_interval=timedelta(seconds=5)",
            "maximum_interval=timedelta(seconds=20)",
            TIMEOUT,
            "start_to_close_timeout=timedelta(seconds=5)",
        ),
        ("5", "20"),
    ),
]

RIGHT = [
    Right("input in args", swap(INPUT, "            args=[" + INPUT.strip(" ,\n") + "],\n")),
    Right(
        "Activity by name",
        swap(
            ACTIVITY,
            '            "send_email",\n            result_type=str,\n',
            INPUT,
            INPUT.replace("            E", "            arg=E"),
        ),
    ),
    Right(
        "started, then awaited",
        swap(
            STEP,
            "        sending = workflow.start_activity(\n",
            "        return",
            "        sent = await sending\n        return",
        ),
    ),
    Right(
        "helper variables and another parameter name",
        whole("""
@workflow.defn(sandboxed=False)
class GenerateReportWorkflow:
    @workflow.run
    async def run(self, wanted: GenerateReportInput) -> GenerateReportOutput:
        facts = await workflow.execute_activity(
            llm_call, LLMCallInput(wanted.prompt), start_to_close_timeout=timedelta(seconds=30)
        )
        text = facts.choices[0].message.content
        pdf = await workflow.execute_activity(
            create_pdf_activity,
            PDFGenerationInput(text, "exercise_report.pdf"),
            start_to_close_timeout=timedelta(seconds=10),
        )
        email = EmailInput("reader@example.com", pdf)
        slow_mail = {"start_to_close_timeout": timedelta(seconds=20),
                     "retry_policy": RetryPolicy(maximum_interval=timedelta(seconds=5))}
        return GenerateReportOutput(
            result=await workflow.execute_activity(send_email, email, **slow_mail))
"""),
    ),
    Right(
        "20 000 milliseconds",
        swap(TIMEOUT, "start_to_close_timeout=timedelta(milliseconds=20_000)"),
    ),
    Right(
        "a third of a minute, and another timeout besides",
        swap(
            TIMEOUT,
            "start_to_close_timeout=timedelta(minutes=1) / 3,\n"
            "            schedule_to_close_timeout=timedelta(hours=1)",
        ),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(RUN, ""))),
    Right(
        "a task of its own",
        swap(
            "@workflow.defn",
            "import asyncio\n\n\n@workflow.defn",
            STEP,
            "        sending = asyncio.create_task(workflow.execute_activity(\n",
            POLICY + "        )\n",
            POLICY + "        ))\n        sent = await sending\n",
        ),
    ),
    Right(
        "a dictionary with the dataclass's fields",
        swap(INPUT, '            {"to": "reader@example.com", "attachment": pdf_filename},\n'),
    ),
    Right(
        "a policy with more in it",
        swap(
            "maximum_interval=timedelta(seconds=5)",
            "initial_interval=timedelta(milliseconds=500), backoff_coefficient=1.5,\n"
            "                maximum_interval=timedelta(seconds=4)",
        ),
    ),
    Right(
        "the file's name written out",
        swap("attachment=pdf_filename", 'attachment="exercise_report.pdf"'),
    ),
]
