"""Answers to lesson 03's Query handler: its decorator, and what it returns."""

from bank import Right, Wrong, finished, practice, swap, whole

QUERY = "    @workflow.query\n"
SIGNAL = "    @workflow.signal\n"
HEAD = "    def get_latest_text(self) -> str:\n"
RETURN = "        return self.latest_text\n"
TAKEN = '        self.latest_text = answer["choices"][0]["message"]["content"]\n'

WRONG = [
    Wrong(
        "cut to a preview",
        swap("return self.latest_text", "return self.latest_text[:60]"),
        ("part|whole|60",),
    ),
    Wrong("blank left", practice(), ("workflow.query|decorator|blank",), verdict="not attempted"),
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
        "a colon forgotten in a later edit, and an earlier version is loaded",
        swap(HEAD, HEAD.replace("str:", "str")),
        ("colon|:|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("decorator forgotten", swap(QUERY, ""), ("@workflow.query",)),
    Wrong(
        "decorator in a comment",
        swap(QUERY, "    # @workflow.query\n"),
        ("@workflow.query", "comment|#"),
    ),
    Wrong(
        "what it returns left",
        swap(RETURN, "        return ...  # TODO: the latest text\n"),
        ("return self.latest_text",),
    ),
    Wrong(
        "a Signal in place of a Query",
        swap(QUERY, "    @workflow.signal\n"),
        ("signal", "@workflow.query"),
    ),
    Wrong(
        "an Update in place of a Query",
        swap(QUERY, "    @workflow.update\n"),
        ("update", "@workflow.query"),
    ),
    Wrong(
        "decorated as the entry point",
        swap(QUERY, "    @workflow.run\n"),
        ("@workflow.run", "@workflow.query"),
    ),
    Wrong(
        "decorated as an Activity",
        swap(QUERY, "    @activity.defn\n"),
        ("activity.defn", "@workflow.query"),
    ),
    Wrong("a property", swap(QUERY, "    @property\n"), ("property", "@workflow.query")),
    Wrong(
        "a property besides",
        swap(QUERY, QUERY + "    @property\n"),
        ("property",),
        same_as="a property",
    ),
    Wrong("a static method", swap(QUERY, QUERY + "    @staticmethod\n"), ("staticmethod",)),
    Wrong("@workflow.querry", swap(QUERY, "    @workflow.querry\n"), ("querry", "@workflow.query")),
    Wrong(
        "@workflow.query_method as in Java",
        swap(QUERY, "    @workflow.query_method\n"),
        ("query_method", "@workflow.query"),
    ),
    Wrong(
        "@query without workflow",
        swap(QUERY, "    @query\n"),
        ("workflow.query", "not defined|belongs|without"),
    ),
    Wrong(
        "the decorator above the class",
        swap(QUERY, "", "@workflow.defn(", "@workflow.query\n@workflow.defn("),
        ("get_latest_text", "@workflow.query"),
        same_as="decorator forgotten",
    ),
    Wrong(
        "the Query has another name",
        swap(QUERY, '    @workflow.query(name="latest_text")\n'),
        ("latest_text", "get_latest_text", "name"),
    ),
    Wrong(
        "the Query's name by position",
        swap(QUERY, '    @workflow.query("get_latest_text")\n'),
        ("get_latest_text", "name=|@workflow.query`|without"),
    ),
    Wrong(
        "decorator called, as that of a Signal may be",
        swap(QUERY, "    @workflow.query()\n"),
        ("@workflow.query()", "@workflow.query`|parenthes"),
    ),
    Wrong(
        "an async Query",
        swap("    def get_latest_text", "    async def get_latest_text"),
        ("async",),
    ),
    Wrong("nothing returned", swap(RETURN, "        self.latest_text\n"), ("return",)),
    Wrong(
        "printed, not returned",
        swap(RETURN, "        print(self.latest_text)\n"),
        ("print", "return"),
    ),
    Wrong(
        "the prompt returned",
        swap(RETURN, "        return self.prompt\n"),
        ("prompt", "self.latest_text"),
    ),
    Wrong(
        "the decision returned",
        swap(RETURN, "        return self.decision\n"),
        ("decision|None", "self.latest_text"),
    ),
    Wrong(
        "an attribute that there is not",
        swap(RETURN, "        return self.text\n"),
        ("self.text|'text'", "self.latest_text"),
    ),
    Wrong(
        "misspelt attribute",
        swap(RETURN, "        return self.lastest_text\n"),
        ("lastest_text", "self.latest_text"),
    ),
    Wrong(
        "self forgotten in the body",
        swap(RETURN, "        return latest_text\n"),
        ("latest_text", "self.latest_text"),
    ),
    Wrong(
        "a variable of another method",
        swap(RETURN, '        return answer["choices"][0]["message"]["content"]\n'),
        ("answer", "self.latest_text"),
    ),
    Wrong(
        "the attribute in quotes",
        swap(RETURN, '        return "self.latest_text"\n'),
        ("quote|text", "self.latest_text"),
    ),
    Wrong(
        "the attribute called",
        swap(RETURN, "        return self.latest_text()\n"),
        ("parenthes|()|call", "self.latest_text"),
    ),
    Wrong(
        "calls itself",
        swap(RETURN, "        return self.get_latest_text()\n"),
        ("itself|recurs|again and again", "self.latest_text"),
    ),
    Wrong(
        "a Draft in place of its text",
        swap(RETURN, '        return Draft(text=self.latest_text, status="waiting")\n'),
        ("Draft", "self.latest_text|text alone"),
    ),
    Wrong(
        "only the beginning of the text",
        swap(RETURN, "        return self.latest_text[:40]\n"),
        ("whole|[:40]|all|short|cut|part",),
    ),
    Wrong(
        "a sentence around the text",
        swap(RETURN, '        return f"The latest text is: {self.latest_text}"\n'),
        ("The latest text is|more than|alone|only", "self.latest_text"),
    ),
    Wrong(
        "empties the decision",
        swap(RETURN, "        self.decision = None\n" + RETURN),
        ("self.decision", "change|write|state|read"),
    ),
    Wrong(
        "empties the text that it returns",
        swap(
            RETURN, '        text, self.latest_text = self.latest_text, ""\n        return text\n'
        ),
        ("self.latest_text", "change|write|state|read"),
    ),
    Wrong(
        "counts how often it is asked",
        swap(
            "        self.decision: Decision | None = None\n",
            "        self.decision: Decision | None = None\n        self.asked = 0\n",
            RETURN,
            "        self.asked += 1\n" + RETURN,
        ),
        ("asked", "change|write|state|read"),
    ),
    Wrong(
        "the model asked in the Query",
        swap(
            RETURN,
            '        return ask_model(self.prompt)["choices"][0]["message"]["content"]\n',
        ),
        ("ask_model|model", "self.latest_text"),
    ),
    Wrong(
        "an Activity in the Query",
        swap(
            "    def get_latest_text",
            "    async def get_latest_text",
            RETURN,
            "        answer = await workflow.execute_activity(\n"
            "            llm_call, LLMCallInput(self.prompt),"
            " start_to_close_timeout=timedelta(seconds=30)\n        )\n"
            '        return answer["choices"][0]["message"]["content"]\n',
        ),
        ("execute_activity|Activity|llm_call|async",),
        same_as="an async Query",
    ),
    Wrong(
        "waits for the text",
        swap(
            "    def get_latest_text",
            "    async def get_latest_text",
            RETURN,
            '        await workflow.wait_condition(lambda: self.latest_text != "")\n' + RETURN,
        ),
        ("wait",),
        same_as="an async Query",
    ),
    Wrong("self forgotten", swap("get_latest_text(self)", "get_latest_text()"), ("self",)),
    Wrong(
        "an input that nobody sends",
        swap("get_latest_text(self)", "get_latest_text(self, input: DraftInput)"),
        ("input", "parameter|argument|self"),
    ),
    Wrong(
        "the method renamed",
        swap("def get_latest_text", "def latest_text_query"),
        ("latest_text_query|get_latest_text",),
    ),
    Wrong(
        "the method named like the attribute",
        swap("def get_latest_text", "def latest_text"),
        ("`latest_text`|latest_text()|same name|def latest_text", "get_latest_text"),
    ),
    Wrong(
        "the Signal's decorator moved down",
        swap(SIGNAL, ""),
        ("set_decision", "@workflow.signal"),
    ),
    Wrong(
        "both handlers are Queries",
        swap(SIGNAL, "    @workflow.query\n"),
        ("set_decision", "query", "@workflow.signal"),
    ),
    Wrong(
        "the text not kept by run",
        swap(TAKEN, TAKEN.replace("self.", "")),
        ("self.latest_text",),
    ),
    Wrong(
        "the text from the wrong place",
        swap(TAKEN, TAKEN.replace('["message"]["content"]', '["text"]')),
        ("text", "message|how the lesson reads"),
    ),
    Wrong(
        "sandboxed=False taken away in a notebook",
        swap("(sandboxed=False)", ""),
        ("sandboxed=False",),
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("DraftWorkflow", "class"),
        after='DraftWorkflow = DraftWorkflow(DraftInput("bees"))',
    ),
]

RIGHT = [
    Right("named as it is called", swap(QUERY, '    @workflow.query(name="get_latest_text")\n')),
    Right("with a description", swap(QUERY, '    @workflow.query(description="the text")\n')),
    Right(
        "by way of a variable",
        swap(RETURN, "        text = self.latest_text\n        return text\n"),
    ),
    Right("no type of result", swap(HEAD, "    def get_latest_text(self):\n")),
    Right("an f-string", swap(RETURN, '        return f"{self.latest_text}"\n')),
    Right("or nothing", swap(RETURN, '        return self.latest_text or ""\n')),
    Right(
        "imported decorators",
        lambda blank: (
            "from temporalio.workflow import query\n\n\n"
            + blank.finished.replace("    @workflow.query", "    @query")
        ),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(QUERY, SIGNAL))),
    Right(
        "a second Query besides",
        swap(
            QUERY,
            "    @workflow.query\n    def get_prompt(self) -> str:\n        return self.prompt\n\n"
            + QUERY,
        ),
    ),
    Right(
        "written anew, the Query last",
        whole('''
@workflow.defn(name="DraftWorkflow", sandboxed=False)
class DraftWorkflow:
    @workflow.init
    def __init__(self, input: DraftInput):
        self.decision = None
        self.latest_text = ""

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        response = await workflow.execute_activity(
            llm_call,
            arg=LLMCallInput(prompt=input.prompt),
            start_to_close_timeout=timedelta(seconds=30),
        )
        self.latest_text = response["choices"][0]["message"]["content"]
        await workflow.wait_condition(lambda: self.decision is not None)
        return Draft(text=self.latest_text, status="published")

    @workflow.signal
    async def set_decision(self, decision: Decision) -> None:
        self.decision = decision

    @workflow.query
    def get_latest_text(self) -> str:
        """The text of the latest draft."""
        return self.latest_text
'''),
    ),
]
