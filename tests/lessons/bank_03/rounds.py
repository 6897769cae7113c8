"""Answers to lesson 03's loop: its bound, the decision taken out, keep, and edit."""

from bank import Right, Wrong, finished, practice, swap

FOR = "        for round in range(10):\n"
WAIT = "            await workflow.wait_condition(lambda: self.decision is not None)\n"
TAKE = "            decision, self.decision = self.decision, None\n"
IF_KEEP = '            if decision.choice == "keep":\n'
KEEP = '                return Draft(text=self.latest_text, status="published")\n'
IF_EDIT = '            if decision.choice == "edit":\n'
EDIT = '                self.prompt = f"{decision.instructions}:\\n\\n{self.latest_text}"\n'
END = '        return Draft(text=self.latest_text, status="unfinished")'
TEXT = '            self.latest_text = answer["choices"][0]["message"]["content"]\n'

WRONG = [
    Wrong("blank left", practice(), ("range|loop|ten|blank",), verdict="not attempted"),
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
        swap(FOR, FOR.replace(":", "")),
        ("colon|:|syntax|parse|older|earlier",),
        before=(finished,),
    ),
    Wrong("bound left open", swap("range(10)", "..."), ("range(10)|ten|10",)),
    Wrong(
        "decision left open",
        swap(
            TAKE,
            "            decision = ...  # TODO: take the decision, and put None in its place\n",
        ),
        ("decision =",),
    ),
    Wrong(
        "keep left open",
        swap(KEEP, '                ...  # TODO: return the Draft, with the status "published"\n'),
        ("published|return",),
    ),
    Wrong(
        "edit left open",
        swap(
            EDIT,
            '                self.prompt = ...  # TODO: the instructions, ":", an empty '
            "line, the text\n",
        ),
        ("prompt", "instructions"),
    ),
    # the bound
    Wrong(
        "unbounded while True",
        swap(FOR, "        while True:\n"),
        ("ten|10|bound|end", "while|range"),
    ),
    Wrong(
        "a bound of a thousand",
        swap("range(10)", "range(1000)"),
        ("ten|10",),
        same_as="unbounded while True",
    ),
    Wrong("one round less", swap("range(10)", "range(9)"), ("9|nine", "10|ten")),
    Wrong(
        "one to nine",
        swap("range(10)", "range(1, 10)"),
        ("9|nine", "10|ten"),
        same_as="one round less",
    ),
    Wrong(
        "one round more",
        swap("range(10)", "range(11)"),
        ("ten|10",),
        same_as="unbounded while True",
    ),
    Wrong(
        "zero to ten",
        swap("range(10)", "range(0, 11)"),
        ("ten|10",),
        same_as="one round more",
    ),
    Wrong("a number in place of a range", swap("range(10)", "10"), ("range(10)",)),
    Wrong("one number in a list", swap("range(10)", "[10]"), ("range(10)", "one|1|list")),
    Wrong("a text of ten", swap("range(10)", 'range("10")'), ("range(10)", "text|quote|str")),
    Wrong("range in brackets", swap("range(10)", "range[10]"), ("range(10)",)),
    Wrong(
        "a counter that does not count",
        swap(FOR, "        round = 0\n        while round < 10:\n"),
        ("ten|10", "count|+= 1|goes on|end|range"),
        same_as="unbounded while True",
    ),
    Wrong(
        "a loop over attempts, which there are not",
        swap("range(10)", "range(self.rounds)"),
        ("self.rounds|'rounds'", "range(10)|10|ten"),
    ),
    # the decision
    Wrong(
        "decision not reset",
        swap(TAKE, "            decision = self.decision\n"),
        ("None", "self.decision", "reset|next|wait|again|put"),
    ),
    Wrong(
        "the local name reset",
        swap(TAKE, "            decision = self.decision\n            decision = None\n"),
        ("self.decision = None|self.decision", "None"),
    ),
    Wrong(
        "reset before it is taken",
        swap(TAKE, "            self.decision = None\n            decision = self.decision\n"),
        ("first|before|order|take", "None"),
    ),
    Wrong(
        "exchanged",
        swap(TAKE, "            decision, self.decision = None, self.decision\n"),
        ("order|round|left|exchange|swap|first|self.decision, None", "None"),
    ),
    Wrong(
        "reset before the wait",
        swap(
            WAIT,
            "            self.decision = None\n" + WAIT,
            TAKE,
            "            decision = self.decision\n",
        ),
        ("before the wait|lost|early|after", "None"),
    ),
    Wrong(
        "reset at the round's beginning",
        swap(
            FOR,
            FOR + "            self.decision = None\n",
            TAKE,
            "            decision = self.decision\n",
        ),
        ("before|lost|early|after", "None"),
        same_as="reset before the wait",
    ),
    Wrong(
        "reset after keep and edit, and not for redo",
        swap(
            TAKE,
            "            decision = self.decision\n",
            EDIT,
            EDIT + "                self.decision = None\n",
        ),
        ("redo", "None"),
    ),
    Wrong(
        "an empty text in place of None",
        swap(TAKE, '            decision, self.decision = self.decision, ""\n'),
        ("None", "''|\"\"|text|empty|wait"),
    ),
    Wrong(
        "False in place of None",
        swap(TAKE, "            decision, self.decision = self.decision, False\n"),
        ("None", "False"),
    ),
    Wrong(
        "compared with None, not reset",
        swap(TAKE, "            decision = self.decision\n            self.decision == None\n"),
        ("self.decision", "None"),
        same_as="decision not reset",
    ),
    Wrong(
        "the attribute deleted",
        swap(TAKE, "            decision = self.decision\n            del self.decision\n"),
        ("del|attribute|'decision'", "None"),
    ),
    Wrong(
        "only the choice taken",
        swap(TAKE, "            decision, self.decision = self.decision.choice, None\n"),
        ("choice",),
    ),
    Wrong(
        "the method in place of the attribute",
        swap(TAKE, "            decision, self.decision = self.set_decision, None\n"),
        ("set_decision", "self.decision"),
    ),
    Wrong(
        "self forgotten",
        swap(TAKE, "            decision, self.decision = decision, None\n"),
        ("decision", "self.decision, None|self."),
    ),
    Wrong(
        "misspelt attribute",
        swap(TAKE, "            decision, self.decison = self.decision, None\n"),
        ("decison",),
    ),
    # the wait
    Wrong("the wait taken out", swap(WAIT, ""), ("wait",)),
    Wrong(
        "the wait not awaited", swap(WAIT, WAIT.replace("await ", "")), ("await", "wait_condition")
    ),
    Wrong(
        "the wait above the loop",
        swap(WAIT, "", FOR, WAIT[4:] + FOR),
        ("wait", "each|every|loop|round|draft|in the"),
    ),
    Wrong(
        "a wait that is over after the first decision",
        swap(WAIT, WAIT.replace("self.decision is not None", 'self.latest_text != ""')),
        ("wait", "self.decision"),
    ),
    # keep
    Wrong("keep not returned", swap(KEEP, KEEP.replace("return ", "")), ("return",)),
    Wrong(
        "keep leaves the loop",
        swap(KEEP, "                break\n"),
        ("break|unfinished", "return"),
    ),
    Wrong(
        "keep goes on",
        swap(KEEP, "                continue\n"),
        ("return",),
        same_as="keep not returned",
    ),
    Wrong(
        "keep passes",
        swap(KEEP, "                pass\n"),
        ("return",),
        same_as="keep not returned",
    ),
    Wrong("status misspelt", swap('"published"', '"publised"'), ("publised", "published")),
    Wrong("status in other words", swap('"published"', '"kept"'), ("kept", "published")),
    Wrong(
        "status with a capital letter",
        swap('"published"', '"Published"'),
        ("published", "small|lower|capital|letter|'Published'"),
    ),
    Wrong(
        "status without quotes",
        swap('"published"', "published"),
        ("quote|\"published\"|'published'",),
    ),
    Wrong("status of the end", swap('"published"', '"unfinished"'), ("unfinished", "published")),
    Wrong("status forgotten", swap(', status="published"', ""), ("status", "published")),
    Wrong(
        "text forgotten",
        swap(KEEP, '                return Draft(status="published")\n'),
        ("text",),
    ),
    Wrong(
        "text and status by position",
        swap(KEEP, '                return Draft(self.latest_text, "published")\n'),
        ("version|position|first", "text=|by name|keyword|status="),
    ),
    Wrong(
        "the text returned alone",
        swap(KEEP, "                return self.latest_text\n"),
        ("Draft(",),
    ),
    Wrong(
        "the status returned alone",
        swap(KEEP, '                return "published"\n'),
        ("Draft(", "text|published"),
        same_as="the text returned alone",
    ),
    Wrong(
        "the decision returned",
        swap(KEEP, "                return decision\n"),
        ("Draft(",),
    ),
    Wrong("nothing returned", swap(KEEP, "                return\n"), ("nothing|None", "Draft(")),
    Wrong(
        "the prompt as text",
        swap(KEEP, '                return Draft(text=self.prompt, status="published")\n'),
        ("self.latest_text",),
    ),
    Wrong(
        "the whole answer as text",
        swap(KEEP, '                return Draft(text=answer, status="published")\n'),
        ("self.latest_text",),
    ),
    Wrong(
        "the choice compared with the object",
        swap(IF_KEEP, '            if decision == "keep":\n'),
        ("decision.choice", "keep"),
    ),
    Wrong(
        "keep asked of the attribute",
        swap(IF_KEEP, '            if self.decision.choice == "keep":\n'),
        ("self.decision", "None|decision.choice"),
    ),
    Wrong(
        "keep misspelt",
        swap(IF_KEEP, '            if decision.choice == "Keep":\n'),
        ("Keep", "'keep'|\"keep\"|small|lower|capital"),
    ),
    # edit
    Wrong(
        "edit without the text",
        swap(EDIT, "                self.prompt = decision.instructions\n"),
        ("text|latest_text",),
    ),
    Wrong(
        "edit without the instructions",
        swap(EDIT, '                self.prompt = f"Edit this:\\n\\n{self.latest_text}"\n'),
        ("instructions",),
    ),
    Wrong(
        "the f forgotten",
        swap(EDIT, EDIT.replace('f"', '"')),
        ('f"|f-string|f before|letter f|braces|{decision',),
    ),
    Wrong(
        "self forgotten in the prompt",
        swap(EDIT, EDIT.replace("self.prompt", "prompt")),
        ("self.prompt",),
    ),
    Wrong("slashes the wrong way", swap(EDIT, EDIT.replace("\\n\\n", "/n/n")), ("/n|\\n",)),
    Wrong(
        "instructions misspelt",
        swap(EDIT, EDIT.replace("instructions", "instruction")),
        ("instruction", "decision.instructions"),
    ),
    Wrong(
        "instructions of the attribute that is None",
        swap(EDIT, EDIT.replace("{decision.", "{self.decision.")),
        ("self.decision", "None|decision.instructions"),
    ),
    Wrong(
        "the choice for the instructions",
        swap(EDIT, EDIT.replace("decision.instructions", "decision.choice")),
        ("instructions",),
        same_as="edit without the instructions",
    ),
    Wrong(
        "the whole decision for the instructions",
        swap(EDIT, EDIT.replace("decision.instructions", "decision")),
        ("decision.instructions",),
    ),
    Wrong(
        "the prompt for the text",
        swap(EDIT, EDIT.replace("self.latest_text", "self.prompt")),
        ("text",),
        same_as="edit without the text",
    ),
    Wrong(
        "the input's prompt for the text",
        swap(EDIT, EDIT.replace("self.latest_text", "input.prompt")),
        ("text",),
        same_as="edit without the text",
    ),
    Wrong(
        "self forgotten at the text",
        swap(EDIT, EDIT.replace("self.latest_text", "latest_text")),
        ("latest_text", "self.latest_text"),
    ),
    Wrong(
        "the text set, not the prompt",
        swap(EDIT, EDIT.replace("self.prompt =", "self.latest_text =")),
        ("self.prompt",),
        same_as="self forgotten in the prompt",
    ),
    Wrong(
        "the input's prompt set",
        swap(EDIT, EDIT.replace("self.prompt =", "input.prompt =")),
        ("self.prompt",),
        same_as="self forgotten in the prompt",
    ),
    Wrong(
        "compared, not set",
        swap(EDIT, EDIT.replace("self.prompt =", "self.prompt ==")),
        ("self.prompt =",),
        same_as="self forgotten in the prompt",
    ),
    Wrong(
        "added to the prompt",
        swap(EDIT, EDIT.replace("self.prompt =", "self.prompt +=")),
        ("+=|old prompt|added|before|more than|grows|in front",),
    ),
    Wrong(
        "edit returned",
        swap(EDIT, EDIT.replace("self.prompt =", "return")),
        ("return", "self.prompt"),
    ),
    Wrong(
        "redo changes the prompt",
        swap(IF_EDIT, '            if decision.choice != "keep":\n'),
        ("redo", "prompt"),
    ),
    Wrong(
        "edit without its condition",
        swap(IF_EDIT + EDIT, EDIT[4:]),
        ("redo", "prompt"),
        same_as="redo changes the prompt",
    ),
    Wrong(
        "redo begins with the input",
        swap(
            EDIT,
            EDIT + '            if decision.choice == "redo":\n'
            "                self.prompt = input.prompt\n",
        ),
        ("redo", "last|input.prompt|prompt"),
    ),
    Wrong(
        "edit inside of keep",
        swap(IF_EDIT + EDIT, "    " + IF_EDIT + "    " + EDIT),
        ("edit", "indent|prompt|inside|in keep"),
    ),
    # the end
    Wrong(
        "the end inside of the loop",
        swap(END, "    " + END),
        ("first|one|loop|indent", "unfinished|return"),
    ),
    Wrong("the end forgotten", swap("\n" + END, ""), ("unfinished|return",)),
    Wrong("published at the end", swap('"unfinished"', '"published"'), ("unfinished", "published")),
    Wrong(
        "a name that there is not", swap(EDIT, EDIT.replace("decision.", "decison.")), ("decison",)
    ),
    Wrong(
        "name overwritten by a later cell",
        finished,
        ("DraftWorkflow", "class"),
        after='DraftWorkflow = DraftWorkflow(DraftInput("bees"))',
    ),
]

RIGHT = [
    Right(
        "two lines",
        swap(TAKE, "            decision = self.decision\n            self.decision = None\n"),
    ),
    Right("one to ten", swap("for round in range(10)", "for _ in range(1, 11)")),
    Right(
        "while with a counter",
        swap(FOR, "        rounds = 0\n        while rounds < 10:\n            rounds += 1\n"),
    ),
    Right(
        "while True, left at ten",
        swap(
            FOR,
            "        rounds = 0\n        while True:\n",
            END,
            "            rounds += 1\n            if rounds == 10:\n"
            '                return Draft(text=self.latest_text, status="unfinished")',
        ),
    ),
    Right(
        "match",
        swap(
            IF_KEEP + KEEP + IF_EDIT + EDIT,
            "            match decision.choice:\n"
            '                case "keep":\n    '
            + KEEP
            + '                case "edit":\n    '
            + EDIT,
        ),
    ),
    Right("another space between", swap(EDIT, EDIT.replace(":\\n\\n", "\\n"))),
    Right("elif", swap(IF_EDIT, IF_EDIT.replace("if", "elif"))),
    Right(
        "all by position",
        swap(KEEP, '                return Draft(0, self.latest_text, "published")\n'),
    ),
    Right(
        "texts joined",
        swap(
            EDIT,
            '                self.prompt = decision.instructions + ":\\n\\n" + self.latest_text\n',
        ),
    ),
    Right(
        "joined by a list",
        swap(
            EDIT,
            '                self.prompt = "\\n".join([decision.instructions + ":", "", '
            "self.latest_text])\n",
        ),
    ),
    Right(
        "a helper variable",
        swap(
            FOR,
            "        draft = Draft()\n" + FOR,
            TEXT,
            TEXT + "            draft.text = self.latest_text\n",
            KEEP,
            '                draft.status = "published"\n                return draft\n',
        ),
    ),
    Right(
        "a name for ten",
        lambda blank: "ROUNDS = 10\n\n\n" + blank.finished.replace("range(10)", "range(ROUNDS)"),
    ),
    Right("after a wrong one", finished, before=(practice(), swap(WAIT, ""))),
    Right(
        "for and else",
        swap(
            END,
            '        else:\n            return Draft(text=self.latest_text, status="unfinished")',
        ),
    ),
]
