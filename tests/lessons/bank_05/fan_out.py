"""Answers to lesson 05's batch: a child Workflow for each source, all at once, failures named."""

from bank import Right, Wrong, finished, practice, swap

CHILD = (
    "                await workflow.execute_child_workflow(\n"
    "                    ResearchWorkflow.run, source, "
    'id=f"{workflow.info().workflow_id}/{number}"\n'
    "                )\n"
)
ID = 'id=f"{workflow.info().workflow_id}/{number}"'
SAVED = "                self.report.saved.append(source.topic)\n"
FAILED = (
    "                self.report.failed.append(\n"
    "                    Failure(source.topic, source.source_url, reason_of(error))\n"
    "                )\n"
)
FAILURE = "Failure(source.topic, source.source_url, reason_of(error))"
ALL = "asyncio.gather(*(self.research(n, s) for n, s in enumerate(input.sources, 1)))"
GATHER = f"        await {ALL}\n"
LOOP = "        for n, s in enumerate(input.sources, 1):\n"
SLOTS = "        async with self.slots:\n"
RETURN = "        return self.report"


def unslotted(blank):
    head, rest = blank.finished.split(SLOTS)
    body, run = rest.split("\n    @workflow.run")
    dedented = "".join(line[4:] + "\n" for line in body.splitlines())
    return head + dedented + "\n    @workflow.run" + run


WRONG = [
    Wrong("blank left", practice(), ("child|gather|blank|TODO",), verdict="not attempted"),
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
        swap("input.sources, 1)))", "input.sources, 1))"),
        ("bracket|parenthes|'('|closed|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    # left half
    Wrong("no child", swap(CHILD, "                ...\n"), ("execute_child_workflow",)),
    Wrong("no failure", swap(FAILED, "                ...\n"), ("Failure", "failed")),
    Wrong("nobody researches", swap(GATHER, "        ...\n"), ("gather|research",)),
    # the child
    Wrong(
        "await of the child forgotten",
        swap("await workflow.execute", "workflow.execute"),
        ("await", "execute_child_workflow|child"),
    ),
    Wrong(
        "started and not waited for",
        swap("execute_child_workflow", "start_child_workflow"),
        ("start_child_workflow", "execute_child_workflow|await"),
    ),
    Wrong(
        "an Activity in place of a child",
        swap("execute_child_workflow", "execute_activity"),
        ("execute_activity", "execute_child_workflow"),
    ),
    Wrong(
        "workflow.execute_workflow, which there is not",
        swap("execute_child_workflow", "execute_workflow"),
        ("execute_workflow", "execute_child_workflow"),
    ),
    Wrong(
        "the client in the Workflow",
        swap(
            "workflow.execute_child_workflow(",
            "client.execute_workflow(",
            ID,
            ID + ', task_queue="research-queue"',
        ),
        ("client", "execute_child_workflow"),
    ),
    Wrong(
        "run called as a method",
        swap(CHILD, "                await ResearchWorkflow().run(source)\n"),
        ("ResearchWorkflow", "execute_child_workflow"),
    ),
    Wrong(
        "run called as an argument",
        swap("ResearchWorkflow.run,", "ResearchWorkflow.run(source),"),
        ("ResearchWorkflow.run", "parenthes|call|without|comma"),
    ),
    Wrong(
        "itself as child",
        swap("ResearchWorkflow.run, source", "ResearchBatchWorkflow.run, source"),
        ("ResearchBatchWorkflow", "ResearchWorkflow.run"),
    ),
    Wrong(
        "the source forgotten",
        swap("ResearchWorkflow.run, source,", "ResearchWorkflow.run,"),
        ("source",),
    ),
    Wrong(
        "only the address",
        swap("ResearchWorkflow.run, source,", "ResearchWorkflow.run, source.source_url,"),
        ("source_url|address|text", "source|ResearchInput"),
    ),
    Wrong(
        "two arguments",
        swap(
            "ResearchWorkflow.run, source,",
            "ResearchWorkflow.run, args=[source.topic, source.source_url],",
        ),
        ("two|args|2", "source|ResearchInput"),
    ),
    Wrong(
        "number for source",
        swap("ResearchWorkflow.run, source,", "ResearchWorkflow.run, number,"),
        ("number|int", "source|ResearchInput"),
    ),
    Wrong(
        "a source that there is not",
        swap("ResearchWorkflow.run, source,", "ResearchWorkflow.run, input.source,"),
        ("input", "source"),
    ),
    # its id
    Wrong("no id", swap(", " + ID, ""), ("id", "number|workflow_id")),
    Wrong("one id for all", swap(ID, 'id="research"'), ("id", "number|same|each")),
    Wrong("the parent's id", swap(ID, "id=workflow.info().workflow_id"), ("id", "number|same|own")),
    Wrong("the number alone", swap(ID, "id=str(number)"), ("id", "workflow_id|batch|another")),
    Wrong("the number, not a text", swap(ID, "id=number"), ("id", "text|str|int|id=number")),
    Wrong(
        "the topic as in the article",
        swap(ID, 'id=f\'research-{source.topic.lower().replace(" ", "-")}\''),
        ("id", "workflow_id|batch|topic"),
    ),
    Wrong(
        "a random id",
        swap(ID, 'id=f"research-{uuid.uuid4()}"'),
        ("uuid", "workflow_id|replay|number"),
    ),
    Wrong("f forgotten", swap('id=f"', 'id="'), ('f"|f-string| f |`f`',)),
    Wrong(
        "the Activity's info",
        swap("workflow.info()", "activity.info()"),
        ("activity.info", "workflow.info"),
    ),
    Wrong(
        "info without parentheses",
        swap("workflow.info().", "workflow.info."),
        ("info()|parenthes",),
    ),
    Wrong(
        "workflow_id= for id=",
        swap(ID, ID.replace("id=", "workflow_id=", 1)),
        ("workflow_id", "id="),
    ),
    Wrong(
        "another Task Queue",
        swap(ID, ID + ', task_queue="research"'),
        ("task_queue|Task Queue", "research-queue|leave|Worker"),
    ),
    # the failure
    Wrong(
        "the reason in its wrapping",
        swap("reason_of(error)", "str(error)"),
        ("reason", "reason_of"),
    ),
    Wrong("the error itself as reason", swap("reason_of(error)", "error"), ("reason_of|text|str",)),
    Wrong(
        "reason_of not called",
        swap("reason_of(error)", "reason_of"),
        ("reason_of", "(error)|call|parenthes"),
    ),
    Wrong(
        "reason in one's own words", swap("reason_of(error)", '"failed"'), ("reason", "reason_of")
    ),
    Wrong("no reason", swap(", reason_of(error)", ""), ("reason",)),
    Wrong("no address", swap("source.source_url, ", ""), ("source_url|address|reason",)),
    Wrong(
        "address before topic",
        swap("source.topic, source.source_url, r", "source.source_url, source.topic, r"),
        ("topic", "order|first|exchange|swap|source_url|address"),
    ),
    Wrong("only the topic", swap(FAILURE, "source.topic"), ("Failure",)),
    Wrong(
        "failures among the saved",
        swap("self.report.failed.append", "self.report.saved.append"),
        ("saved", "failed"),
    ),
    Wrong(
        "made and not added", swap(FAILED, f"                {FAILURE}\n"), ("append|add", "failed")
    ),
    Wrong(
        "only the last is kept",
        swap(FAILED, f"                self.report.failed = [{FAILURE}]\n"),
        ("last|only one|overwrit|append|each",),
    ),
    Wrong(
        "failed of self",
        swap("self.report.failed.append", "self.failed.append"),
        ("self.failed|'failed'", "self.report.failed"),
    ),
    Wrong(
        "swallowed",
        swap(FAILED, "                pass\n"),
        ("Failure", "failed"),
        same_as="made and not added",
    ),
    Wrong(
        "printed",
        swap(FAILED, "                print(reason_of(error))\n"),
        ("Failure", "failed"),
        same_as="made and not added",
    ),
    Wrong("raised again", swap(FAILED, FAILED + "                raise\n"), ("raise",)),
    Wrong(
        "saved and failed",
        swap(CHILD + SAVED, SAVED + CHILD),
        ("saved", "before|after|below|twice|both|failed"),
    ),
    Wrong(
        "the wrong error caught",
        swap("except ChildWorkflowError", "except ActivityError"),
        ("ActivityError|as it was given", "ChildWorkflowError"),
    ),
    Wrong(
        "the Python error caught",
        swap("except ChildWorkflowError", "except ValueError"),
        ("ValueError|as it was given", "ChildWorkflowError"),
        same_as="the wrong error caught",
    ),
    # all at once
    Wrong(
        "one after the other",
        swap(
            GATHER,
            LOOP + "            await self.research(n, s)\n",
        ),
        ("one after|one at a time|at once|at the same time", "gather"),
    ),
    Wrong(
        "await of gather forgotten",
        swap("await asyncio.gather", "asyncio.gather"),
        ("await", "gather"),
    ),
    Wrong("no star", swap("gather(*(", "gather(("), ("*|star", "gather")),
    Wrong(
        "called in a loop and not awaited",
        swap(
            GATHER,
            LOOP + "            self.research(n, s)\n",
        ),
        ("await|gather",),
    ),
    Wrong(
        "tasks that nobody waits for",
        swap(
            GATHER,
            LOOP + "            asyncio.create_task(self.research(n, s))\n",
        ),
        ("wait|gather", "create_task|task|end"),
    ),
    Wrong(
        "number and source the wrong way round",
        swap("self.research(n, s)", "self.research(s, n)"),
        ("`self.research(s, n)` gives the source first", "`self.research(n, s)`"),
    ),
    Wrong(
        "enumerate the wrong way round",
        swap("for n, s in", "for s, n in"),
        ("order|first|number|enumerate",),
    ),
    Wrong(
        "no numbers",
        swap(ALL, "asyncio.gather(*(self.research(s) for s in input.sources))"),
        ("number|missing 1", "enumerate|research"),
    ),
    Wrong(
        "all with one number",
        swap(ALL, "asyncio.gather(*(self.research(1, s) for s in input.sources))"),
        ("number|id", "enumerate|each|same"),
    ),
    Wrong("self forgotten", swap("(self.research(n", "(research(n"), ("self.research",)),
    Wrong(
        "only the first ones",
        swap("enumerate(input.sources, 1)", "enumerate(input.sources[: input.at_once], 1)"),
        ("all|at_once|only|of", "sources|source"),
    ),
    Wrong(
        "the last one lost",
        swap("enumerate(input.sources, 1)", "enumerate(input.sources[:-1], 1)"),
        ("all|each|missing|only|of", "source"),
    ),
    Wrong(
        "asyncio.run in a Workflow",
        swap(
            "await asyncio.gather",
            "asyncio.run(asyncio.gather",
            "input.sources, 1)))",
            "input.sources, 1))))",
        ),
        ("asyncio.run", "await"),
    ),
    Wrong(
        "asyncio.wait over coroutines",
        swap(ALL, "asyncio.wait([self.research(n, s) for n, s in enumerate(input.sources, 1)])"),
        ("asyncio.wait", "gather"),
    ),
    Wrong(
        "as a pool of processes has it",
        swap("await asyncio.gather(*(", "await asyncio.map(*("),
        ("asyncio.map|'map'", "gather"),
    ),
    Wrong("without the slots", unslotted, ("slots|at_once|at once",)),
    Wrong("slots without async", swap("async with self.slots", "with self.slots"), ("async with",)),
    Wrong("nothing returned", swap(RETURN, ""), ("return", "report")),
    Wrong(
        "what gather gave returned",
        swap("        await asyncio", "        return await asyncio"),
        ("return", "report"),
    ),
    Wrong(
        "only the saved returned",
        swap("return self.report", "return self.report.saved"),
        ("report", "BatchReport|failed"),
    ),
    Wrong("the base class lost", swap("(Batch):", ":"), ("Batch",)),
    Wrong("run's decorator lost", swap("    @workflow.run\n", ""), ("@workflow.run",)),
    Wrong(
        "another class",
        swap("class ResearchBatchWorkflow", "class BatchWorkflow"),
        ("ResearchBatchWorkflow",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("ResearchBatchWorkflow", "class|Workflow"),
        after='ResearchBatchWorkflow = "research-batch"',
    ),
    Wrong(
        "an id that has no number",
        swap("/{number}", ""),
        ("All children have the id", "`number` does not stand"),
    ),
    Wrong(
        "two inputs for a child",
        swap(
            "ResearchWorkflow.run, source,",
            "ResearchWorkflow.run, source.topic, source.source_url,",
        ),
        ("2 inputs", "source as it is"),
    ),
]

RIGHT = [
    Right("the class without .run", swap("ResearchWorkflow.run", "ResearchWorkflow")),
    Right(
        "started, then waited for",
        swap(
            CHILD,
            "                child = await workflow.start_child_workflow(\n"
            f"                    ResearchWorkflow.run, source, {ID}\n"
            "                )\n"
            "                await child\n",
        ),
    ),
    Right("a dash in the id", swap("workflow_id}/{number}", "workflow_id}-{number}")),
    Right(
        "a Failure by names",
        swap(
            FAILURE,
            "Failure(topic=source.topic, source_url=source.source_url, reason=reason_of(error))",
        ),
    ),
    Right(
        "a list first",
        swap(
            GATHER,
            "        jobs = [self.research(n, s) for n, s in enumerate(input.sources, start=1)]\n"
            "        await asyncio.gather(*jobs)\n",
        ),
    ),
    Right(
        "tasks, awaited one by one",
        swap(
            GATHER,
            "        tasks = []\n"
            "        for n, s in enumerate(input.sources, 1):\n"
            "            tasks.append(asyncio.create_task(self.research(n, s)))\n"
            "        for task in tasks:\n"
            "            await task\n",
        ),
    ),
    Right("args", swap("ResearchWorkflow.run, source,", "ResearchWorkflow.run, args=[source],")),
    Right(
        "counted by hand",
        swap(
            ALL,
            "asyncio.gather(*[self.research(n + 1, input.sources[n]) "
            "for n in range(len(input.sources))])",
        ),
    ),
    Right(
        "map",
        swap(
            ALL,
            "asyncio.gather(*map(self.research, range(1, len(input.sources) + 1), input.sources))",
        ),
    ),
    Right(
        "saved in an else",
        swap(
            SAVED,
            "",
            FAILED,
            FAILED + "            else:\n" + SAVED,
        ),
    ),
    Right(
        "by the Workflow's name", swap("ResearchWorkflow.run, source", '"ResearchWorkflow", source')
    ),
    Right(
        "added to the list with +=",
        swap(FAILED, f"                self.report.failed += [{FAILURE}]\n"),
    ),
    Right(
        "two lines for the id",
        swap(
            CHILD,
            "                parent = workflow.info().workflow_id\n"
            "                await workflow.execute_child_workflow(\n"
            '                    ResearchWorkflow.run, source, id=parent + "/" + str(number)\n'
            "                )\n",
        ),
    ),
    Right(
        "the Task Queue named",
        swap(ID, ID + ', task_queue="research-queue"'),
    ),
    Right(
        "a dictionary for a Failure",
        swap(
            FAILURE,
            '{"topic": source.topic, "source_url": source.source_url, "reason": reason_of(error)}',
        ),
    ),
    Right("numbered from 0", swap("enumerate(input.sources, 1)", "enumerate(input.sources)")),
    Right(
        "after a wrong one", finished, before=(practice(), swap(FAILED, "                pass\n"))
    ),
]
