"""Answers to exercise 02's Client: which Workflow, on which Task Queue."""

from bank import Right, Wrong, finished, practice, swap, whole

WORKFLOW = "    GenerateReportWorkflow.run,\n"
INPUT = '    GenerateReportInput(prompt="Give me 3 interesting facts about octopuses"),\n'
ID = '    id=f"generate-research-report-workflow-{uuid.uuid4()}",\n'
QUEUE = 'task_queue="research-exercise"'
WORKFLOW_LINE = "    GenerateReportWorkflow.run,"

WRONG = [
    Wrong("blank left", practice(), ("Workflow|blank",), verdict="not attempted"),
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
        "a comma forgotten in a later edit, and an earlier run's handle is there",
        swap(WORKFLOW, "    GenerateReportWorkflow.run\n"),
        ("comma|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("Workflow left open", swap(WORKFLOW, "    ...,\n"), ("...", "Workflow")),
    Wrong(
        "Task Queue left empty",
        swap(QUEUE, 'task_queue=""'),
        ('empty|""', "Task Queue|research-exercise"),
    ),
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
        "Task Queue in capitals",
        swap(QUEUE, 'task_queue="Research-Exercise"'),
        ("'Research-Exercise'|\"Research-Exercise\"", "'research-exercise'|\"research-exercise\""),
    ),
    Wrong(
        "Task Queue left out", swap("    " + QUEUE + ",\n", ""), ("task_queue", "research-exercise")
    ),
    Wrong(
        "a Workflow's name of one's own",
        swap(WORKFLOW, '    "EmailReportWorkflow",\n'),
        ("EmailReportWorkflow", "GenerateReportWorkflow"),
    ),
    Wrong(
        "Workflow misspelt",
        swap(WORKFLOW, "    GenerateRaportWorkflow.run,\n"),
        ("GenerateRaportWorkflow",),
    ),
    Wrong(
        "Workflow's method called",
        swap(WORKFLOW, "    GenerateReportWorkflow.run(),\n"),
        ("GenerateReportWorkflow.run", "call|parenthes|()"),
    ),
    Wrong(
        "an instance of the Workflow",
        swap(WORKFLOW, "    GenerateReportWorkflow(),\n"),
        ("GenerateReportWorkflow", "instance|parenthes|()"),
    ),
    Wrong(
        "an Activity in place of the Workflow",
        swap(WORKFLOW, "    send_email,\n"),
        ("send_email", "Workflow"),
    ),
    Wrong("await forgotten", swap("await ", ""), ("await",)),
    Wrong(
        "waited for the result instead of starting",
        swap(
            "start_workflow",
            "execute_workflow",
            ID,
            ID + "    execution_timeout=timedelta(seconds=1),\n",  # for the test: it never ends
        ),
        ("execute_workflow|result", "start_workflow"),
    ),
    Wrong(
        "bare text instead of the dataclass",
        swap(INPUT, '    "Give me 3 interesting facts about octopuses",\n'),
        ("GenerateReportInput",),
    ),
    Wrong("input forgotten", swap(INPUT, ""), ("GenerateReportInput|input",)),
    Wrong("name overwritten by a later cell", finished, ("handle",), after="handle = None"),
    Wrong(
        "the input of an Activity",
        swap(INPUT, '    EmailInput(to="reader@example.com", attachment="exercise_report.pdf"),\n'),
        ("GenerateReportInput",),
    ),
    Wrong(
        "a space behind the Task Queue",
        swap(QUEUE, 'task_queue="research-exercise "'),
        ("'research-exercise '", 'task_queue="research-exercise"'),
    ),
    Wrong(
        "handle and run id unpacked",
        swap("handle = await", "handle, run_id = await"),
        ("handle", "unpack"),
    ),
    Wrong(
        "client.execute, which there is not",
        swap("client.start_workflow", "client.execute"),
        ("execute", "client.start_workflow"),
    ),
    Wrong(
        "a handle of a Workflow that nobody started",
        whole("""
handle = client.get_workflow_handle("generate-research-report-workflow")
print("Started", handle.id)
"""),
        ("client.start_workflow",),
        verdict="not yet",
    ),
    Wrong(
        "the class Client in place of the client",
        swap("client.start", "Client.start"),
        ("Client", "`client|small|lower"),
    ),
    Wrong(
        "two inputs",
        swap(INPUT, INPUT + '    "reader@example.com",\n'),
        ("one input|one object|one GenerateReportInput",),
    ),
    Wrong(
        "ten seconds for the whole Workflow",
        swap(ID, ID + "    execution_timeout=timedelta(seconds=10),\n"),
        ("execution_timeout",),
    ),
    Wrong("an id that is not a text", swap(ID, "    id=uuid.uuid4(),\n"), ("id=|`id`", "text|str")),
    Wrong(
        "the Worker for its Task Queue",
        swap(QUEUE, "task_queue=worker"),
        ("task_queue", "research-exercise"),
    ),
    Wrong(
        "the lesson's prompt",
        swap('"Give me 3 interesting facts about octopuses"', "prompt"),
        ("prompt", "octopuses|question|quote|text"),
    ),
    Wrong(
        "a Workflow that there is not",
        swap(WORKFLOW, "    EmailReportWorkflow.run,\n"),
        ("EmailReportWorkflow", "GenerateReportWorkflow"),
    ),
    Wrong(
        "the Worker in place of the Workflow",
        swap(WORKFLOW, "    worker,\n"),
        ("worker", "GenerateReportWorkflow"),
    ),
    Wrong(
        "id and Task Queue exchanged",
        swap(
            ID,
            '    id="research-exercise",\n',
            "    " + QUEUE,
            '    task_queue=f"generate-research-report-workflow-{uuid.uuid4()}"',
        ),
        ("task_queue|Task Queue", "research-exercise", "generate-research-report-workflow"),
    ),
    Wrong(
        "the module workflow in place of the Client",
        swap("client.start_workflow", "workflow.start_workflow"),
        ("workflow.start_workflow|`workflow`|'temporalio.workflow'", "client.start_workflow"),
    ),
    Wrong(
        "the Workflow in a list",
        swap(WORKFLOW, "    [GenerateReportWorkflow],\n"),
        ("list|[|bracket", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "a comma for the dot",
        swap(WORKFLOW, "    GenerateReportWorkflow, run,\n"),
        ("run", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "Workflow's method called with the input",
        swap(
            WORKFLOW + INPUT,
            "    GenerateReportWorkflow.run(\n    " + INPUT.rstrip(",\n") + "\n    ),\n",
        ),
        ("GenerateReportWorkflow.run", "is called|calls|not called|parenthes"),
        same_as="Workflow's method called",
    ),
    Wrong(
        "workflow_type= and its name",
        swap(
            WORKFLOW + INPUT,
            '    workflow_type="GenerateReportWorkflow",\n    arg=' + INPUT.lstrip(),
        ),
        ("workflow_type", "GenerateReportWorkflow.run|workflow="),
    ),
    Wrong(
        "started by the class",
        swap("client.start_workflow(\n" + WORKFLOW, "GenerateReportWorkflow.start(\n"),
        ("start", "client.start_workflow"),
    ),
    Wrong(
        "Task Queue in the plural",
        swap(QUEUE, 'task_queue="research-exercises"'),
        ("research-exercises", "\"research-exercise\"|'research-exercise'"),
    ),
    Wrong(
        "Task Queue without quotes",
        swap(QUEUE, "task_queue=research-exercise"),
        ('quote|"research-exercise"',),
    ),
    Wrong(
        "a method start, which there is not",
        swap(WORKFLOW_LINE, "    GenerateReportWorkflow.start,"),
        ("start", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "the Worker's function in place of the Workflow",
        swap(WORKFLOW_LINE, "    run_worker,"),
        ("run_worker", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "the Task Queue asked of the Worker's task",
        swap(QUEUE, "task_queue=worker.task_queue"),
        ("worker.task_queue", "\"research-exercise\"|'research-exercise'"),
    ),
    Wrong(
        "the output's class in place of the Workflow",
        swap(WORKFLOW_LINE, "    GenerateReportOutput,"),
        ("GenerateReportOutput", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "the handle with a capital",
        swap("handle = await", "Handle = await"),
        ("Handle", "`handle`"),
    ),
    Wrong(
        "self for the class",
        swap(WORKFLOW_LINE, "    self.run,"),
        ("self", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "client.run_workflow, which there is not",
        swap("client.start_workflow", "client.run_workflow"),
        ("run_workflow", "start_workflow"),
    ),
    Wrong(
        "the input in the Workflow's parentheses",
        swap(
            "    GenerateReportWorkflow.run,\n"
            '    GenerateReportInput(prompt="Give me 3 interesting facts about octopuses"),',
            "    GenerateReportWorkflow(\n"
            '        GenerateReportInput(prompt="Give me 3 interesting facts about octopuses")\n'
            "    ),",
        ),
        ("GenerateReportWorkflow.run",),
    ),
]

RIGHT = [
    Right("the class without .run", swap(WORKFLOW, "    GenerateReportWorkflow,\n")),
    Right(
        "by name, with the result's type",
        swap(
            WORKFLOW,
            '    "GenerateReportWorkflow",\n',
            QUEUE,
            QUEUE + ",\n    result_type=GenerateReportOutput",
        ),
    ),
    Right("input in args", swap(INPUT, "    args=[" + INPUT.strip(" ,\n") + "],\n")),
    Right(
        "all in variables, by keywords",
        whole("""
queue, question = "research-exercise", "Give me 3 interesting facts about octopuses"
handle = await client.start_workflow(
    workflow=GenerateReportWorkflow.run, arg=GenerateReportInput(question),
    id="email-" + str(uuid.uuid4()), task_queue=queue)
"""),
    ),
    Right(
        "another subject, and a limit",
        swap("octopuses", "the Moon", ID, ID + "    execution_timeout=timedelta(hours=1),\n"),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(QUEUE, 'task_queue="research"'))),
    Right(
        "by way of the class", swap("client.start_workflow(", "Client.start_workflow(\n    client,")
    ),
    Right(
        "a task, awaited below",
        swap(
            "handle = await client",
            "import asyncio\n\nstarting = asyncio.create_task(client",
            QUEUE + ",\n)",
            QUEUE + ",\n))\nhandle = await starting",
        ),
    ),
    Right("an instance's method", swap(WORKFLOW, "    GenerateReportWorkflow().run,\n")),
    Right(
        "a dictionary as input, the Workflow by name",
        swap(WORKFLOW, '    "GenerateReportWorkflow",\n', INPUT, '    {"prompt": "Octopuses"},\n'),
    ),
]
