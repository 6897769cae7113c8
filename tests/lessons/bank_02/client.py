"""Answers to lesson 02's Client: which Workflow, on which Task Queue."""

from bank import Right, Wrong, finished, practice, swap, whole

WORKFLOW = "    GenerateReportWorkflow.run,\n"
INPUT = "    GenerateReportInput(prompt=prompt),\n"
ID = '    id=f"generate-research-report-workflow-{uuid.uuid4()}",\n'
QUEUE = 'task_queue="research"'
START = "handle = await client.start_workflow("
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
        "Task Queue left empty", swap(QUEUE, 'task_queue=""'), ('empty|""', "Task Queue|research")
    ),
    Wrong("Task Queue misspelt", swap(QUEUE, 'task_queue="reserch"'), ("reserch", "research")),
    Wrong(
        "Task Queue in capitals",
        swap(QUEUE, 'task_queue="Research"'),
        ("'Research'|\"Research\"", "'research'|\"research\""),
    ),
    Wrong(
        "Task Queue named like the Workflow",
        swap(QUEUE, 'task_queue="GenerateReportWorkflow"'),
        ("GenerateReportWorkflow", "research"),
    ),
    Wrong(
        "Task Queue without quotes",
        swap(QUEUE, "task_queue=research"),
        ("quote|\"research\"|'research'",),
    ),
    Wrong("Task Queue left out", swap("    " + QUEUE + ",\n", ""), ("task_queue", "research")),
    Wrong(
        "Workflow's name misspelt in a text",
        swap(WORKFLOW, '    "GenerateReport",\n'),
        ("'GenerateReport'|\"GenerateReport\"|`GenerateReport`", "GenerateReportWorkflow"),
    ),
    Wrong(
        "Workflow misspelt",
        swap(WORKFLOW, "    GenerateReportWorkFlow.run,\n"),
        ("GenerateReportWorkFlow", "spell|correct|defined|GenerateReportWorkflow.run"),
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
        swap(WORKFLOW, "    llm_call,\n"),
        ("llm_call", "Workflow"),
    ),
    Wrong(
        "the Worker's function in place of the Workflow",
        swap(WORKFLOW, "    run_worker,\n"),
        ("run_worker", "GenerateReportWorkflow"),
    ),
    Wrong("await forgotten", swap("await ", ""), ("await",)),
    Wrong(
        "waited for the result instead of starting",
        swap("start_workflow", "execute_workflow"),
        ("execute_workflow|result", "start_workflow"),
    ),
    Wrong(
        "bare text instead of the dataclass", swap(INPUT, "    prompt,\n"), ("GenerateReportInput",)
    ),
    Wrong(
        "the dataclass itself, not an instance",
        swap(INPUT, "    GenerateReportInput,\n"),
        ("GenerateReportInput", "class|instance|prompt=|parenthes|()"),
    ),
    Wrong("input forgotten", swap(INPUT, ""), ("GenerateReportInput|input",)),
    Wrong(
        "another dataclass as input",
        swap(INPUT, "    PDFGenerationInput(content=prompt),\n"),
        ("GenerateReportInput",),
    ),
    Wrong("id left out", swap(ID, ""), ("id",)),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("handle",),
        after="handle = handle.id",
    ),
    Wrong(
        "taskQueue= as in TypeScript",
        swap("task_queue=", "taskQueue="),
        ("task_queue=",),
        same_as="Task Queue left out",
    ),
    Wrong("kept under another name", swap("handle", "result"), ("result", "handle")),
    Wrong(
        "client.workflow.start as in TypeScript",
        swap("client.start_workflow", "client.workflow.start"),
        ("workflow", "client.start_workflow"),
    ),
    Wrong(
        "args without a list",
        swap(INPUT, "    args=GenerateReportInput(prompt=prompt),\n"),
        ("args", "arg=|["),
    ),
    Wrong("workflow_id= for id=", swap("    id=f", "    workflow_id=f"), ("workflow_id", "id=")),
    Wrong(
        "prompt= given to start_workflow",
        swap(INPUT, "    prompt=prompt,\n"),
        ("prompt", "GenerateReportInput"),
    ),
    Wrong(
        ".result() behind the call",
        swap(QUEUE + ",\n)", QUEUE + ",\n).result()"),
        (".result()", "handle|await"),
    ),
    Wrong(
        "the Workflow's method called here",
        whole("""
import uuid

handle = await GenerateReportWorkflow().run(GenerateReportInput(prompt=prompt))
print("Started", handle.id)
"""),
        ("client.start_workflow",),
    ),
    Wrong(
        "the Workflow's method as a text",
        swap(WORKFLOW, '    "GenerateReportWorkflow.run",\n'),
        ("GenerateReportWorkflow.run", "quote|text"),
    ),
    Wrong(
        "started as a child Workflow",
        swap("client.start_workflow", "workflow.execute_child_workflow"),
        ("child", "client.start_workflow"),
    ),
    Wrong(
        "await on the wrong side",
        swap("handle = await ", "await handle = "),
        ("await", "handle = await"),
    ),
    Wrong(
        "the blank's line left, and one's own below it",
        swap("    " + QUEUE, '    task_queue="",\n    ' + QUEUE),
        ("task_queue", "twice|repeated|once|two|again"),
    ),
    Wrong(
        "workflows= as in the Worker",
        swap(
            WORKFLOW + INPUT,
            "    workflows=[GenerateReportWorkflow],\n    arg=" + INPUT.strip() + "\n",
        ),
        ("workflows", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "input= for the input",
        swap(INPUT, "    input=GenerateReportInput(prompt=prompt),\n"),
        ("input", "arg=|without|GenerateReportInput(prompt=prompt)"),
    ),
    Wrong(
        "the Worker asked in place of the Client",
        swap("client.start_workflow", "worker.start_workflow"),
        ("worker", "client.start_workflow"),
    ),
    Wrong(
        "the handle not kept",
        swap("handle = await", "await"),
        ("handle = await|`handle`",),
    ),
    Wrong(
        "a method that the Workflow does not have",
        swap(WORKFLOW, "    GenerateReportWorkflow.execute,\n"),
        ("execute", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "start_workflow without its Client",
        swap("client.start_workflow", "start_workflow"),
        ("client.start_workflow",),
    ),
    Wrong(
        "the first argument by keyword, the second not",
        swap(WORKFLOW, "    workflow=GenerateReportWorkflow.run,\n"),
        ("workflow=|arg=",),
    ),
    Wrong(
        "Task Queue in a list",
        swap(QUEUE, 'task_queue=["research"]'),
        ("task_queue|Task Queue", "list|text|bracket"),
    ),
    Wrong(
        "the decorator for the Workflow",
        swap(WORKFLOW_LINE, "    workflow.run,"),
        ("workflow.run", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "the Worker's function for the Task Queue",
        swap(QUEUE, 'task_queue="run_worker"'),
        ("run_worker", "\"research\"|'research'"),
    ),
    Wrong(
        "the input's class for the Workflow",
        swap(WORKFLOW_LINE, "    GenerateReportInput,"),
        ("GenerateReportInput", "GenerateReportWorkflow.run"),
    ),
    Wrong(
        "the Task Queue of the class Worker",
        swap(QUEUE, "task_queue=Worker.task_queue"),
        ("task_queue", "\"research\"|'research'"),
    ),
    Wrong("two kinds of quotes", swap(QUEUE, "task_queue=\"research'"), ('quote|"research"',)),
    Wrong("the import taken out", swap("import uuid\n", ""), ("import uuid",)),
    Wrong("run alone", swap(WORKFLOW_LINE, "    run,"), ("run", "GenerateReportWorkflow.run")),
    Wrong(
        "Workflow and input exchanged",
        swap(
            WORKFLOW_LINE + "\n    GenerateReportInput(prompt=prompt),",
            "    GenerateReportInput(prompt=prompt),\n" + WORKFLOW_LINE,
        ),
        ("GenerateReportInput(prompt=prompt)", "first|order|exchange|swap"),
    ),
    Wrong(
        "task_que=",
        swap("task_queue=", "task_que="),
        ("task_que", "task_queue="),
        same_as="taskQueue= as in TypeScript",
    ),
    Wrong(
        "a method reference as in Java",
        swap(WORKFLOW_LINE, "    GenerateReportWorkflow::run,"),
        ("::|:", "GenerateReportWorkflow.run"),
    ),
]

RIGHT = [
    Right("the class without .run", swap(WORKFLOW, "    GenerateReportWorkflow,\n")),
    Right(
        "by name, with the result's type",
        swap(
            WORKFLOW,
            '    "GenerateReportWorkflow",\n    result_type=GenerateReportOutput,\n',
            INPUT,
            "    arg=GenerateReportInput(prompt=prompt),\n",
        ),
    ),
    Right("input in args", swap(INPUT, "    args=[GenerateReportInput(prompt)],\n")),
    Right(
        "all in variables, by keywords",
        whole("""
from uuid import uuid4

TASK_QUEUE = "research"
report_input = GenerateReportInput(prompt=prompt)
report_id = "report-" + uuid4().hex
handle = await client.start_workflow(workflow=GenerateReportWorkflow.run, arg=report_input,
                                     id=report_id, task_queue=TASK_QUEUE)
"""),
    ),
    Right(
        "with limits of its own",
        swap(
            ID,
            ID + "    execution_timeout=timedelta(minutes=5),\n"
            "    run_timeout=timedelta(minutes=5),\n",
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(QUEUE, 'task_queue=""'))),
    Right("waited for in the same cell", lambda blank: blank.finished + "\nawait handle.result()"),
    Right("an instance's method", swap(WORKFLOW, "    GenerateReportWorkflow().run,\n")),
    Right(
        "by way of the class", swap("client.start_workflow(", "Client.start_workflow(\n    client,")
    ),
    Right(
        "a task, awaited below",
        swap(
            "import uuid",
            "import asyncio, uuid",
            "handle = await client",
            "starting = asyncio.create_task(client",
            QUEUE + ",\n)",
            QUEUE + ",\n))\nhandle = await starting",
        ),
    ),
    Right(
        "a dictionary as input, the Workflow by name",
        swap(WORKFLOW, '    "GenerateReportWorkflow",\n', INPUT, '    {"prompt": prompt},\n'),
    ),
]
