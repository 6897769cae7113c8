"""Answers to exercise 02's Worker: its Task Queue and its three Activities."""

from bank import Right, Wrong, finished, practice, swap, whole

QUEUE = 'task_queue="research-exercise"'
ACTIVITIES = "activities=[llm_call, create_pdf_activity, send_email]"
WORKFLOWS = "workflows=[GenerateReportWorkflow]"
RUN = "        await worker.run()"

WRONG = [
    Wrong("blank left", practice(), ("task_queue|Task Queue|blank",), verdict="not attempted"),
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
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity, send_email"),
        ("[|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("Task Queue left empty", swap(QUEUE, 'task_queue=""'), ('empty|""', "research-exercise")),
    Wrong(
        "Task Queue of the lesson",
        swap(QUEUE, 'task_queue="research"'),
        ("'research'|\"research\"", "research-exercise"),
    ),
    Wrong(
        "Task Queue with an underscore",
        swap(QUEUE, 'task_queue="research_exercise"'),
        ("research_exercise", "research-exercise"),
    ),
    Wrong(
        "Task Queue misspelt",
        swap(QUEUE, 'task_queue="reserch-exercise"'),
        ("reserch-exercise", "research-exercise"),
    ),
    Wrong(
        "Task Queue in capitals",
        swap(QUEUE, 'task_queue="Research-Exercise"'),
        ("'Research-Exercise'|\"Research-Exercise\"", "'research-exercise'|\"research-exercise\""),
    ),
    Wrong(
        "e-mail not registered",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity]"),
        ("send_email",),
    ),
    Wrong(
        "PDF not registered",
        swap(ACTIVITIES, "activities=[llm_call, send_email]"),
        ("create_pdf_activity",),
    ),
    Wrong(
        "two not registered",
        swap(ACTIVITIES, "activities=[send_email]"),
        ("llm_call", "create_pdf_activity"),
    ),
    Wrong(
        "blank in the list left",
        swap(ACTIVITIES, "activities=[...]"),
        ("...|blank", "activities|llm_call"),
    ),
    Wrong(
        "Activity called",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity, send_email()]"),
        ("send_email", "call|parenthes|()"),
    ),
    Wrong(
        "Activities as texts",
        swap(ACTIVITIES, 'activities=["llm_call", "create_pdf_activity", "send_email"]'),
        ("text|quote|str",),
    ),
    Wrong(
        "Activity misspelt",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity, send_mail]"),
        ("send_mail",),
    ),
    Wrong(
        "a list in the list",
        swap(ACTIVITIES, "activities=[[llm_call, create_pdf_activity, send_email]]"),
        ("list|[",),
    ),
    Wrong(
        "Workflow as an instance",
        swap(WORKFLOWS, "workflows=[GenerateReportWorkflow()]"),
        ("GenerateReportWorkflow", "class|instance|parenthes|()"),
    ),
    Wrong(
        "Workflow as a text",
        swap(WORKFLOWS, 'workflows=["GenerateReportWorkflow"]'),
        ("GenerateReportWorkflow", "text|quote|str"),
    ),
    Wrong("Worker built and not run", swap(RUN, ""), ("worker.run",)),
    Wrong(
        "await forgotten",
        swap(RUN, "        worker.run()"),
        ("await",),
        same_as="Worker built and not run",
    ),
    Wrong(
        "run in a thread",
        swap(
            RUN, "        import threading\n\n        threading.Thread(target=worker.run).start()"
        ),
        ("await worker.run()",),
        same_as="Worker built and not run",
    ),
    Wrong(
        "Workflows and Activities exchanged",
        swap(
            ACTIVITIES,
            "activities=[GenerateReportWorkflow]",
            WORKFLOWS,
            "workflows=[llm_call, create_pdf_activity, send_email]",
        ),
        ("activities=", "GenerateReportWorkflow", "Activity"),
    ),
    Wrong(
        "the blank's name for the Activity's",
        swap("send_email]", "send_email_activity]"),
        ("send_email_activity", "`send_email`"),
    ),
    Wrong(
        "the Worker returned, not run",
        swap(RUN, "        return worker"),
        ("await worker.run()",),
        same_as="Worker built and not run",
    ),
    Wrong(
        "the dataclass for the Activity",
        swap("send_email]", "EmailInput]"),
        ("EmailInput", "send_email"),
    ),
    Wrong(
        "no brackets",
        swap(ACTIVITIES, "activities=llm_call, create_pdf_activity, send_email"),
        ("activities", "[|bracket|list"),
    ),
    Wrong("run without parentheses", swap(RUN, "        await worker.run"), ("worker.run()",)),
    Wrong(
        "two Task Queues",
        swap(QUEUE, 'task_queue=["research", "research-exercise"]'),
        ("list", "research-exercise"),
    ),
    Wrong(
        "executor= for activity_executor=",
        swap("activity_executor=threads", "executor=threads"),
        ("executor", "activity_executor"),
    ),
    Wrong(
        "activity= for activities=", swap("activities=[", "activity=["), ("activity", "activities=")
    ),
    Wrong(
        "the lesson's list",
        swap("send_email]", "generate_summary]"),
        ("generate_summary", "send_email"),
    ),
    Wrong(
        "a function added to a list",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity] + send_email"),
        ("send_email|activities", "[|list|bracket"),
    ),
    Wrong(
        "a dash for the hyphen",
        swap(QUEUE, 'task_queue="research\u2013exercise"'),
        ("research\u2013exercise", "\"research-exercise\"|'research-exercise'|hyphen|dash"),
    ),
    Wrong(
        "built in the cell, in no function",
        whole("""
threads = ThreadPoolExecutor(max_workers=100)
worker = Worker(
    client,
    task_queue="research-exercise",
    workflows=[GenerateReportWorkflow],
    activities=[llm_call, create_pdf_activity, send_email],
    activity_executor=threads,
    graceful_shutdown_timeout=timedelta(seconds=30),
)
"""),
        ("run_worker", "def run_worker|function"),
        # For the test: a Worker that is built and never run keeps its Task Queue in this process.
        after="import asyncio\n\n"
        "running = asyncio.create_task(worker.run())\n"
        "await asyncio.sleep(0.1)\n"
        "await worker.shutdown()\n"
        "await running",
    ),
    Wrong(
        "processes for threads",
        swap(
            "async def run_worker",
            "from concurrent.futures import ProcessPoolExecutor\n\n\nasync def run_worker",
            "with ThreadPoolExecutor(",
            "with ProcessPoolExecutor(",
            "max_workers=100",
            "max_workers=4",
        ),
        ("ProcessPoolExecutor|process", "ThreadPoolExecutor|thread"),
    ),
    Wrong(
        "the function calls itself",
        swap(RUN, "        await run_worker()"),
        ("itself|run_worker", "await worker.run()"),
    ),
    Wrong(
        "a Client of its own, not awaited",
        swap(
            "    with Thread",
            "    client = Client.connect(settings.temporal_address)\n    with Thread",
        ),
        ("await|connect", "client"),
    ),
    Wrong(
        "the Activities in one text",
        swap(ACTIVITIES, 'activities="llm_call, create_pdf_activity, send_email"'),
        ("text|quote|str", "[|list"),
    ),
    Wrong(
        "the line of the Workflows lost",
        swap("            " + WORKFLOWS + ",\n", ""),
        ("workflows", "GenerateReportWorkflow"),
    ),
    Wrong(
        "the block not indented",
        swap("        worker = Worker(", "    worker = Worker("),
        ("indent",),
    ),
    Wrong(
        "the function that an Activity calls",
        swap(ACTIVITIES, "activities=[ask_model, create_pdf_activity, send_email]"),
        ("ask_model", "no Activity|llm_call", "function"),
    ),
    Wrong(
        "all, as the comment says",
        swap(ACTIVITIES, "activities=[all]"),
        ("holds all|`all`", "no Activity", "function"),
    ),
    Wrong(
        "a space behind the Task Queue",
        swap(QUEUE, 'task_queue="research-exercise "'),
        ("space|'research-exercise '", "research-exercise"),
    ),
    Wrong(
        "Task Queue without quotes",
        swap(QUEUE, "task_queue=research-exercise"),
        ('quote|"research-exercise"',),
    ),
    Wrong(
        "semicolons for commas",
        swap(ACTIVITIES, "activities=[llm_call; create_pdf_activity; send_email]"),
        ("comma|;",),
    ),
    Wrong(
        "a dot for a comma",
        swap(ACTIVITIES, "activities=[llm_call. create_pdf_activity, send_email]"),
        ("llm_call", "comma|llm_call, create_pdf_activity"),
    ),
    Wrong(
        "one of them twice, another not",
        swap(ACTIVITIES, "activities=[llm_call, llm_call, send_email]"),
        ("llm_call", "twice|create_pdf_activity"),
    ),
    Wrong(
        "the function renamed",
        swap("run_worker", "run_email_worker"),
        ("run_email_worker", "run_worker"),
    ),
    Wrong(
        "the e-mail among the Workflows",
        swap(
            WORKFLOWS,
            "workflows=[GenerateReportWorkflow, send_email]",
            ACTIVITIES,
            "activities=[llm_call, create_pdf_activity]",
        ),
        ("send_email", "activities"),
    ),
    Wrong("no comma behind the Task Queue", swap(QUEUE + ",", QUEUE), ("comma",)),
]

RIGHT = [
    Right(
        "lists and names in variables",
        swap(
            "        worker = Worker(",
            '        queue = "-".join(["research", "exercise"])\n'
            "        doing = [send_email, create_pdf_activity, llm_call]\n"
            "        worker = Worker(",
            QUEUE,
            "task_queue=queue",
            ACTIVITIES,
            "activities=doing",
        ),
    ),
    Right(
        "built and run in one line",
        whole("""
async def run_worker():
    with ThreadPoolExecutor(10) as pool:
        await Worker(
            client, task_queue='research-exercise', workflows=[GenerateReportWorkflow],
            activities=[llm_call] + [create_pdf_activity, send_email], activity_executor=pool,
        ).run()
"""),
    ),
    Right(
        "tuples",
        swap(
            ACTIVITIES,
            "activities=(llm_call, create_pdf_activity, send_email)",
            WORKFLOWS,
            "workflows=(GenerateReportWorkflow,)",
        ),
    ),
    Right(
        "a constant in the cell, arguments in a dictionary",
        whole("""
TASK_QUEUE = "research-exercise"
SETTINGS = dict(workflows=[GenerateReportWorkflow],
                activities=[llm_call, create_pdf_activity, send_email],
                graceful_shutdown_timeout=timedelta(seconds=30))


async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=8) as threads:
        mail_worker = Worker(client, task_queue=TASK_QUEUE, activity_executor=threads, **SETTINGS)
        await mail_worker.run()
"""),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(QUEUE, 'task_queue="research"'))),
    Right("by way of the class", swap(RUN, "        await Worker.run(worker)")),
    Right(
        "threads opened and closed by hand",
        whole("""
async def run_worker():
    threads = ThreadPoolExecutor()
    try:
        await Worker(client, task_queue="research-exercise", workflows=[GenerateReportWorkflow],
                     activities=[*[llm_call, create_pdf_activity], send_email],
                     activity_executor=threads).run()
    finally:
        threads.shutdown()
"""),
    ),
    Right(
        "async with, waiting for ever",
        swap(
            RUN,
            "        import asyncio\n"
            "\n"
            "        async with worker:\n"
            "            await asyncio.Future()",
        ),
    ),
]
