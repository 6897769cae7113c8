"""Answers to lesson 02's Worker: its Task Queue and its Activities."""

from bank import Right, Wrong, finished, practice, swap, whole

QUEUE = 'task_queue="research"'
ACTIVITIES = "activities=[llm_call, create_pdf_activity]"
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
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity"),
        ("[|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("Task Queue left empty", swap(QUEUE, 'task_queue=""'), ('empty|""', "research")),
    Wrong("Task Queue misspelt", swap(QUEUE, 'task_queue="reserch"'), ("reserch", "research")),
    Wrong(
        "Task Queue in capitals",
        swap(QUEUE, 'task_queue="Research"'),
        ("'Research'|\"Research\"", "'research'|\"research\""),
    ),
    Wrong(
        "Task Queue with a space",
        swap(QUEUE, 'task_queue="research "'),
        ("'research '|\"research \"|space",),
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
    Wrong("Task Queue in a list", swap(QUEUE, 'task_queue=["research"]'), ("text|list|str",)),
    Wrong(
        "PDF Activity not registered",
        swap(ACTIVITIES, "activities=[llm_call]"),
        ("create_pdf_activity",),
    ),
    Wrong(
        "LLM Activity not registered",
        swap(ACTIVITIES, "activities=[create_pdf_activity]"),
        ("llm_call",),
    ),
    Wrong(
        "blank in the list left",
        swap(ACTIVITIES, "activities=[llm_call, ...]"),
        ("...|blank", "PDF|create_pdf_activity"),
    ),
    Wrong(
        "Activity called",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity()]"),
        ("create_pdf_activity", "call|parenthes|()"),
    ),
    Wrong(
        "Activity as a text",
        swap(ACTIVITIES, 'activities=[llm_call, "create_pdf_activity"]'),
        ("create_pdf_activity", "text|quote|str"),
    ),
    Wrong(
        "Activity misspelt",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activty]"),
        ("create_pdf_activty",),
    ),
    Wrong(
        "Activity registered twice",
        swap(ACTIVITIES, "activities=[llm_call, llm_call]"),
        ("llm_call", "create_pdf_activity|twice|more than one"),
    ),
    Wrong(
        "Activities without a list", swap(ACTIVITIES, "activities=create_pdf_activity"), ("list|[",)
    ),
    Wrong(
        "the Workflow among the Activities",
        swap(ACTIVITIES, "activities=[llm_call, create_pdf_activity, GenerateReportWorkflow]"),
        ("GenerateReportWorkflow", "Activity|workflows"),
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
    Wrong(
        "Workflow not registered",
        swap(WORKFLOWS, "workflows=[]"),
        ("GenerateReportWorkflow",),
    ),
    Wrong(
        "the class Client in place of the client",
        swap("            client,\n", "            Client,\n"),
        ("client", "class|instance|small|lower|connect|`client`"),
    ),
    Wrong("Worker built and not run", swap(RUN, ""), ("worker.run",)),
    Wrong(
        "await forgotten",
        swap(RUN, "        worker.run()"),
        ("await",),
        same_as="Worker built and not run",
    ),
    Wrong(
        "threads taken away",
        swap("            activity_executor=threads,\n", ""),
        ("activity_executor",),
    ),
    Wrong(
        "function not async",
        swap("async def run_worker", "def run_worker", "await worker", "worker"),
        ("async",),
    ),
    Wrong(
        "the call in place of the function",
        finished,
        ("run_worker", "function|parenthes|()"),
        after="run_worker = run_worker()",
    ),
    Wrong("the Task Queue by position", swap(QUEUE, '"research"'), ("task_queue=",)),
    Wrong(
        "queue= for task_queue=",
        swap(QUEUE, 'queue="research"'),
        ("task_queue=",),
        same_as="the Task Queue by position",
    ),
    Wrong(
        "the Workflow's method in the list",
        swap(WORKFLOWS, "workflows=[GenerateReportWorkflow.run]"),
        ("run", "workflows=[GenerateReportWorkflow]"),
    ),
    Wrong("the function named main", swap("run_worker", "main"), ("main", "run_worker")),
    Wrong(
        "a task that nobody awaits",
        swap(
            "from concurrent",
            "import asyncio\nfrom concurrent",
            RUN,
            "        asyncio.create_task(worker.run())",
        ),
        ("await worker.run()",),
        same_as="Worker built and not run",
    ),
    Wrong(
        "worker.start(), which there is not",
        swap(RUN, "        await worker.start()"),
        ("start", "worker.run()"),
    ),
    Wrong(
        "async with, and nothing waits",
        swap(RUN, '        async with worker:\n            print("The Worker runs")'),
        ("await worker.run()",),
        same_as="a task that nobody awaits",
    ),
    Wrong(
        "asyncio.run in the function",
        swap(
            "from concurrent",
            "import asyncio\nfrom concurrent",
            RUN,
            "        asyncio.run(worker.run())",
        ),
        ("asyncio.run", "await worker.run()"),
    ),
    Wrong(
        "the class of the threads, not the threads",
        swap("activity_executor=threads", "activity_executor=ThreadPoolExecutor"),
        ("activity_executor", "threads"),
    ),
    Wrong(
        "run after the threads have ended",
        swap(RUN, "    await worker.run()"),
        ("with|threads", "indent|inside|within"),
    ),
    Wrong(
        "Workflow without a list",
        swap(WORKFLOWS, "workflows=GenerateReportWorkflow"),
        ("workflows", "list|[|bracket"),
    ),
    Wrong(
        "no comma between the Activities",
        swap(ACTIVITIES, "activities=[llm_call create_pdf_activity]"),
        ("comma",),
    ),
    Wrong(
        "the Worker itself awaited",
        swap(RUN, "        await worker"),
        ("await worker.run()",),
    ),
    Wrong(
        "== for =",
        swap(QUEUE, 'task_queue == "research"'),
        ("task_queue", "==|one =|single|`=`|task_queue="),
    ),
    Wrong(
        "the blank's line left, and one's own below it",
        swap(ACTIVITIES, "activities=[llm_call, ...],\n            " + ACTIVITIES),
        ("activities", "twice|repeated|once|two|again"),
    ),
    Wrong(
        "the Task Queue out of the settings",
        swap(QUEUE, "task_queue=settings.task_queue"),
        ("task_queue", "settings", "\"research\"|'research'"),
    ),
    Wrong(
        "Task Queue copied with its backticks",
        swap(QUEUE, 'task_queue="`research`"'),
        ("'`research`'|\"`research`\"|backtick", 'task_queue="research"'),
    ),
    Wrong(
        "Worker imported from the wrong place",
        swap("from temporalio.worker import", "from temporalio import"),
        ("Worker", "from temporalio.worker import|temporalio.worker"),
    ),
    Wrong(
        "the next cell's start_worker in place of run",
        swap(RUN, "        await start_worker(run_worker)"),
        ("start_worker", "await worker.run()"),
    ),
    Wrong(
        "asyncio.run below the function, as in a file",
        swap(RUN, RUN + "\n\n\nimport asyncio\n\nasyncio.run(run_worker())"),
        ("asyncio.run", "start_worker|next cell|notebook"),
    ),
    Wrong(
        "the PDF's input for its Activity",
        swap(ACTIVITIES, "activities=[llm_call, PDFGenerationInput]"),
        ("PDFGenerationInput", "create_pdf_activity"),
    ),
    Wrong(
        "each Activity in brackets of its own",
        swap(ACTIVITIES, "activities=[llm_call], [create_pdf_activity]"),
        ("[llm_call, create_pdf_activity]",),
    ),
    Wrong(
        "and between the Activities",
        swap(ACTIVITIES, "activities=[llm_call and create_pdf_activity]"),
        ("llm_call", "[llm_call, create_pdf_activity]"),
        same_as="LLM Activity not registered",
    ),
    Wrong(
        "a plus between the Activities",
        swap(ACTIVITIES, "activities=[llm_call + create_pdf_activity]"),
        ("+", "comma|[llm_call, create_pdf_activity]"),
    ),
    Wrong(
        "the module for the Activity",
        swap(ACTIVITIES, "activities=[llm_call, activity]"),
        ("temporalio.activity|module", "no Activity", "create_pdf_activity"),
    ),
    Wrong(
        "the Activities in a dictionary",
        swap(
            ACTIVITIES,
            'activities={"llm_call": llm_call, "create_pdf_activity": create_pdf_activity}',
        ),
        ("dict|list|text|quote", "create_pdf_activity"),
    ),
    Wrong(
        "a variable that there is not as Task Queue",
        swap(QUEUE, "task_queue=task_queue"),
        ("task_queue", "\"research\"|'research'"),
    ),
    Wrong(
        "the class run in place of the Worker",
        swap(RUN, "        await Worker.run()"),
        ("Worker.run", "worker.run()|small"),
    ),
    Wrong(
        "the PDF Activity among the Workflows",
        swap(
            WORKFLOWS,
            "workflows=[GenerateReportWorkflow, create_pdf_activity]",
            ACTIVITIES,
            "activities=[llm_call]",
        ),
        ("create_pdf_activity", "activities"),
    ),
    Wrong("no comma behind the Task Queue", swap(QUEUE + ",", QUEUE), ("comma", "research")),
]

RIGHT = [
    Right(
        "lists and names in variables",
        swap(
            "        worker = Worker(",
            '        queue, doing = "research", [create_pdf_activity, llm_call]\n'
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
from concurrent.futures import ThreadPoolExecutor
from temporalio.worker import Worker

async def run_worker() -> None:
    with ThreadPoolExecutor(5) as pool:
        await Worker(client, task_queue="research", workflows=[GenerateReportWorkflow],
                     activities=[llm_call, create_pdf_activity], activity_executor=pool).run()
"""),
    ),
    Right(
        "a tuple of Activities, a constant, another name",
        whole("""
import temporalio.worker
from concurrent.futures import ThreadPoolExecutor

TASK_QUEUE = "research"

async def run_worker():
    with ThreadPoolExecutor(max_workers=100) as threads:
        research_worker = temporalio.worker.Worker(
            client=client,
            task_queue=f"{TASK_QUEUE}",
            workflows=(GenerateReportWorkflow,),
            activities=(create_pdf_activity, llm_call),
            activity_executor=threads,
            max_concurrent_activities=20,
            graceful_shutdown_timeout=timedelta(minutes=0.5),
        )
        await research_worker.run()
"""),
    ),
    Right(
        "arguments in a dictionary",
        swap(
            "        worker = Worker(\n            client,\n",
            '        given = dict(task_queue="research")\n'
            "        worker = Worker(\n            client,\n            **given,\n",
            "            " + QUEUE + ",\n",
            "",
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(QUEUE, 'task_queue="reserch"'))),
    Right("by way of the class", swap(RUN, "        await Worker.run(worker)")),
    Right(
        "built by a function of its own",
        whole("""
from concurrent.futures import ThreadPoolExecutor
from temporalio.worker import Worker

def build(threads):
    return Worker(client, task_queue="research", workflows=[GenerateReportWorkflow],
                  activities=[llm_call, create_pdf_activity], activity_executor=threads)

async def run_worker() -> None:
    with ThreadPoolExecutor(max_workers=100) as threads:
        await build(threads).run()
"""),
    ),
    Right("a set of Activities", swap(ACTIVITIES, "activities={llm_call, create_pdf_activity}")),
    Right(
        "threads that are never ended",
        whole("""
from concurrent.futures import ThreadPoolExecutor
from temporalio.worker import Worker

async def run_worker():
    worker = Worker(client, task_queue="research", workflows=[GenerateReportWorkflow],
                    activities=[llm_call, create_pdf_activity],
                    activity_executor=ThreadPoolExecutor(10))
    return await worker.run()
"""),
    ),
    Right(
        "async with, waiting for ever",
        swap(
            "from concurrent",
            "import asyncio\nfrom concurrent",
            RUN,
            "        async with worker:\n            await asyncio.Event().wait()",
        ),
    ),
]
