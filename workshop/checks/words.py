"""Words for exceptions that a learner's code raises: what was seen, and what to try."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
import traceback
from typing import Any

from workshop.checks import compare
from workshop.checks.learner import CalledDirectly, Learner, last_name
from workshop.checks.outcome import Slip

Said = tuple[str, str]

_SLIP = 0.85
"""From this ratio on a name is another one, misspelt."""
AGAIN = "Correct that in the cell above, run it, then run this cell."
KEYWORDS = {
    "max_retries": "maximum_attempts",
    "max_attempts": "maximum_attempts",
    "retries": "maximum_attempts",
    "attempts": "maximum_attempts",
    "interval": "initial_interval",
    "backoff": "backoff_coefficient",
    "factor": "backoff_coefficient",
    "executor": "activity_executor",
    "activity": "activities",
    "workflow": "workflows",
    "queue": "task_queue",
    "taskQueue": "task_queue",
    "queue_name": "task_queue",
    "timeout": "start_to_close_timeout",
    "time_out": "start_to_close_timeout",
    "retry": "retry_policy",
    "workflow_id": "id",
    "second": "seconds",
    "sec": "seconds",
    "secs": "seconds",
}
"""Keyword arguments as other frameworks have them, and Temporal's."""
CALLS = {
    "call_activity": "workflow.execute_activity(…)",
    "run_activity": "workflow.execute_activity(…)",
    "call": "workflow.execute_activity(…)",
    "execute": "client.start_workflow(…)",
    "start": "client.start_workflow(…)",
    "run_workflow": "client.start_workflow(…)",
    "workflow": "client.start_workflow(…)",
    "submit": "client.start_workflow(…)",
}
"""Calls as people expect them, and Temporal's."""
ELSEWHERE = {
    "ActivityOptions": "Timeouts are given to execute_activity: `start_to_close_timeout=…`.",
    "RetryOptions": "In Python it is `RetryPolicy`, from temporalio.common.",
    "ActivityError": "Import it: `from temporalio.exceptions import ActivityError`.",
}
"""Names of other SDKs, and what this one has."""


IMPORTS = {
    "activity": "temporalio",
    "workflow": "temporalio",
    "Worker": "temporalio.worker",
    "Client": "temporalio.client",
    "RetryPolicy": "temporalio.common",
    "ActivityError": "temporalio.exceptions",
    "ApplicationError": "temporalio.exceptions",
    "timedelta": "datetime",
    "ThreadPoolExecutor": "concurrent.futures",
}
"""Where names come from."""


def explain(learner: Learner, error: BaseException) -> Said:
    """What was seen and what to try, of an exception that the learner's code raised."""
    if isinstance(error, SyntaxError):
        saw, do = _syntax(learner, error)
        # Where a word of the solution is missing, it is more than a comma: that is to be found.
        return saw, do if compare.secret(learner) & {*compare.WORD.findall(do)} else Slip(do)
    if isinstance(error, CalledDirectly):
        return (
            f"The Workflow calls `{error.name}(…)` directly.",
            "Let the Temporal Service do it: "
            f"`await workflow.execute_activity({error.name}, …)`, with its input and a timeout.",
        )
    text = str(error).partition("\n")[0][:300]
    return explain_text(learner, type(error).__name__, text, _line_of(learner, error))


def explain_text(learner: Learner, kind: str, text: str, line: str = "") -> Said:
    """The same for an error that is known by its type's name and its message.

    Args:
        line: the line of the cell in which it was raised, where that is known.
    """
    text = re.sub(r" \((/|unknown location).*\)", "", text)  # no path of this machine
    text = text.replace("'_asyncio.Task' object", "a task").replace("_shown_run", "Worker.run")
    saw = f"{kind}: {text}" if text else kind
    if "NotInWorkflowEventLoop" in saw:
        saw = "A function of `workflow` was called outside of a Workflow"
    elif line:
        saw += f", in the line `{line if len(line) <= 100 else line[:97] + '…'}`"
    for told in (_module, _name, _keyword, _await, _subscript, _nested, _outside, _attribute):
        if do := told(learner, kind, text):
            return f"{saw}.", do
    if kind in ("NameError", "ImportError", "ModuleNotFoundError") and (
        gone := compare.missing_given(learner)
    ):
        return f"{saw}.", f"The line `{gone[0]}`, which was given, is missing: put it back."
    return f"{saw}.", compare.advice(learner, line) or _spelling(learner, kind, text) or AGAIN


def _line_of(learner: Learner, error: BaseException) -> str:
    """The last line of the learner's cell that an exception went through."""
    lines = [line.strip() for line in learner.text.split("\n")]
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.line and frame.line.strip() in lines:
            found = frame.line.strip()
    return found


def _syntax(learner: Learner, error: SyntaxError) -> Said:
    line = (error.text or "").strip()
    saw = f"The cell does not parse: {error.msg}, line {error.lineno}: `{line}`."
    above = learner.text.split("\n")[: max(0, (error.lineno or 1) - 1)]
    before = next((text for text in reversed(above) if text.strip()), "")
    if re.search(r"@\w+\.def$", line):
        return saw, f"`def` is a word of Python's own; the decorator is `{line}n`, with an n."
    if before.strip().startswith("@") and not re.search(
        rf"(def|class) {learner.blank.defines}\b", learner.text
    ):
        gone = [g for g in compare.missing_given(learner) if learner.blank.defines in g]
        if gone and line.startswith(learner.blank.defines):
            return saw, f"Instead of `{line}` write `{gone[0]}`."
        if gone and not line.startswith(("def", "async", "class", "@")):
            return saw, f"The line `{gone[0]}` is missing under the decorator: put it in."
    elif before.strip().startswith("@") and not line.startswith(("def", "async", "class", "@")):
        return saw, f"The decorator `{before.strip()}` belongs on the line above `def` or `class`."
    if any(quote in line for quote in "\u201c\u201d\u2018\u2019\u201e"):
        return saw, 'These are quotes of a word processor; Python\'s are straight: "…".'
    if do := _unfinished(learner, error):
        return saw, do
    if do := compare.advice(learner, line):
        return saw, f"{do} Until then, the kernel has what ran before."
    return (
        saw,
        "Correct that line and run the cell. Until then, the kernel has what ran before.",
    )


def _unfinished(learner: Learner, error: SyntaxError) -> str:
    """What to do about a text that ends too early, or is not indented; empty for other errors."""
    lines = [n for n in learner.text.split("\n") if n.strip() and not n.strip().startswith("#")]
    text = "\n".join(lines)
    if one := re.search(r"@\S+ +((?:async )?def|class)\b", text):
        return f"The decorator gets a line of its own, above `{one[1]}`."
    if not re.search("incomplete|EOF|never closed|indented|unterminated|except", error.msg):
        return ""
    if lines and lines[-1].startswith("@"):
        return f"`{lines[-1]}` belongs on the line above `def` or `class`, not below."
    if text.count('"""') % 2 or text.count("'''") % 2:
        return "Three quotes are opened and not closed: take them out, or close them."
    if re.search(r"^\s*try:", text, re.MULTILINE) and not re.search(r"\b(except|finally)\b", text):
        return "A `try` needs an `except`. Take `try:` out, and move what is in it to the left."
    opened = sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
    if opened > 0 and "indented" not in error.msg:
        do = compare.advice(learner)
        return f"A bracket is opened and not closed. {do}".strip()
    if "indented block" in error.msg or "incomplete" in error.msg:
        at = next((n for n, t in enumerate(lines) if re.match(r"\s*(async )?def ", t)), -1)
        if 0 <= at < len(lines) - 1 and not lines[at + 1].startswith(" "):
            return f"Put four spaces before `{lines[at + 1]}`: it belongs to the function."
        return f"The body of the function is empty. {compare.advice(learner)}".strip()
    return ""


def _name(learner: Learner, kind: str, text: str) -> str:
    if kind not in ("NameError", "UnboundLocalError") or "'" not in text:
        return ""
    name = text.split("'")[1]
    if kind == "UnboundLocalError" or "before assignment" in text:
        for node in ast.walk(learner.tree):
            if isinstance(node, ast.Assign) and name in {ast.unparse(t) for t in node.targets}:
                inside = [n for n in ast.walk(node.value) if isinstance(n, ast.Name)]
                if name in {n.id for n in inside}:
                    do = compare.advice(learner, _with(learner, f"{name})", dot=False))
                    return do or f"This very step makes `{name}`: it cannot be its own input."
        return f"`{name}` is used above the line that sets it: move the step below that line."
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    solution = learner.blank.finished_tree
    if name in IMPORTS and not any(name in line for line in compare.missing_given(learner)):
        return f"Import it: `from {IMPORTS[name]} import {name}`."
    for line in compare.missing_given(learner):
        if re.search(rf"\b{name}\b( =|,|$)|^(from|import) .*\b{name}\b", line):
            return f"The line `{line}`, which was given, is missing: put it back."
    for node in ast.walk(solution):
        if isinstance(node, ast.Attribute) and node.attr == name:
            return f"It belongs to something: write `{ast.unparse(node)}`."
    do = ""
    near = difflib.get_close_matches(name, _called(solution), 1, 0.8)
    if name in _called(learner.tree) and not near:
        # It is another function or class, not one that is misspelt.
        do = compare.advice(learner, _with(learner, f"{name}(", dot=False))
    return do or _spelling(learner, kind, text, 0.8)


def _called(tree: ast.AST) -> set[str]:
    """The names that a text calls, such as `Decision`."""
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return {n.id for n in calls if isinstance(n, ast.Name)}


def _spelling(learner: Learner, kind: str, text: str, cutoff: float = 0.7) -> str:
    if kind != "NameError" or "'" not in text:
        return ""
    name = text.split("'")[1]
    close = learner.close(name, cutoff, own=False)
    used = [n.id for n in ast.walk(learner.blank.finished_tree) if isinstance(n, ast.Name)]
    longer = [n for n in used if len(n) > 3 and (name.startswith(n) or n.startswith(name))]
    near = difflib.get_close_matches(name, used, 1, cutoff) or longer
    close = next(iter(near), "") or close
    if close and close != name:
        return _corrected(name, close, "run the cell, then this one.")
    if cutoff > 0.7:
        return ""
    return f"`{name}` is not known here: correct its spelling, or run the cell with it."


def _corrected(wrong: str, right: str, then: str) -> str:
    """Name the right spelling; only of a name that is nearly right it is said at once."""
    do = f"Correct `{wrong}` to `{right}`, {then}"
    return Slip(do) if difflib.SequenceMatcher(None, wrong, right).ratio() >= _SLIP else do


def _module(learner: Learner, kind: str, text: str) -> str:
    if kind not in ("ModuleNotFoundError", "ImportError"):
        return ""
    found = re.search(r"cannot import name '(\w+)'", text)
    if found and found[1] in IMPORTS:
        return f"Write `from {IMPORTS[found[1]]} import {found[1]}`."
    if re.search(r"'temporal\b", text):
        return Slip("The package is called `temporalio`, with `io` at its end.")
    if re.search(r"'temporalio\.", text):
        for name, module in IMPORTS.items():
            if f"import {name}" in learner.text and module.startswith("temporalio"):
                return f"Write `from {module} import {name}`."
    return ""


def _keyword(learner: Learner, kind: str, text: str) -> str:
    found = re.search(r"keyword argument '(\w+)'|'(\w+)' is an invalid keyword", text)
    if kind != "TypeError" or not found:
        return ""
    wrong = found[1] or found[2]
    calls = [n for n in ast.walk(learner.blank.finished_tree) if isinstance(n, ast.Call)]
    owners = {k.arg: ast.unparse(call.func) for call in calls for k in call.keywords if k.arg}
    if right := KEYWORDS.get(wrong):
        return f"It is called `{right}=` here, not `{wrong}=`."
    there = any(
        ast.unparse(call.func) == owners.get(wrong) and wrong in [k.arg for k in call.keywords]
        for call in ast.walk(learner.tree)
        if isinstance(call, ast.Call)
    )
    if there and (do := compare.advice(learner)):
        return do
    if wrong in owners:
        return f"`{wrong}=` belongs in the object: `{owners[wrong]}({wrong}=…)`."
    if wrong not in learner.text:
        return ""
    if near := difflib.get_close_matches(wrong, owners, 1, 0.5):
        return _corrected(wrong, near[0], "run the cell, then this one.")
    made = re.match(r"(\w+)\.__init__\(\)", text)
    own = list(getattr(learner.names.get(made[1]), "__dataclass_fields__", ())) if made else []
    if made and (near := difflib.get_close_matches(wrong, own, 1, 0.5)):
        return f"`{made[1]}` has no field `{wrong}`, but `{near[0]}`: write `{near[0]}=`."
    return compare.advice(learner) or f"Take `{wrong}=` out: nothing of that name is expected."


def _attribute(learner: Learner, kind: str, text: str) -> str:
    found = re.search(r"(?:'(\S+)' (?:object )?)?has no attribute '(\w+)'", text)
    if kind != "AttributeError" or not found:
        return ""
    owner, wrong = found[1] or "", found[2]
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Attribute) and node.attr == wrong:
            whole, base = ast.unparse(node), ast.unparse(node.value)
            if base in ("activity.info", "workflow.info"):
                return f"`{base}` is a function: write `{base}().{wrong}`."
            if base == "self" and any(
                isinstance(n, ast.Name) and n.id == wrong for n in ast.walk(learner.tree)
            ):
                return f"There is no `{whole}`: it is a variable of this method, `{wrong}`."
    if owner == "builtin_function_or_method" and f"input.{wrong}" in learner.text:
        no = "No parameter is called `input` here"
        line = _with(learner, f"input.{wrong}", dot=False)
        if any(line in one.ours for one in compare.differences(learner)):
            return f"{no}. {compare.advice(learner, line)}"
        return f"{no}: keep `input` as the parameter's name."
    if owner == "function":
        base = _with(learner, wrong).partition(f".{wrong}")[0]
        return f"A function has no `{wrong}`: write `{base}` alone." if base.isidentifier() else ""
    if owner == "Worker":
        return "A Worker is run with `await worker.run()`."
    if owner == "coroutine":
        if wrong in ("get", "result", "wait", "join", "then"):
            return f"Take `.{wrong}` out: what is awaited is the answer itself, `await …(…)`."
        return f"Await it first: `await` is before the call, and `.{wrong}` comes after that."
    used = {
        node.attr: ast.unparse(node)
        for node in ast.walk(learner.blank.finished_tree)
        if isinstance(node, ast.Attribute)
    }
    if wrong in used and owner not in ("str", "int", "list", "dict", "NoneType"):
        line = _with(learner, wrong)
        # It stands so already, or on the way to another attribute.
        otherwise = used[wrong] in line or f".{wrong}." in line
        if do := compare.advice(learner, line) if otherwise else "":
            return do
        return f"Write `{used[wrong]}`."
    if do := compare.advice(learner, _with(learner, wrong)):
        return do
    right = CALLS.get(wrong)
    if right and right.partition(".")[2].removesuffix("(…)") in used:
        return f"There is no `{wrong}`; Temporal's is `{right}`."
    near = difflib.get_close_matches(wrong, [a for a in used if a != wrong], 1, 0.5)
    return _corrected(wrong, near[0], f"as in `{used[near[0]]}`.") if near else ""


def _with(learner: Learner, word: str, dot: bool = True) -> str:
    """The line of the cell in which an attribute, or a word, stands."""
    wanted = f".{word}" if dot else word
    return next((n.strip() for n in learner.text.split("\n") if wanted in n), "")


def _await(learner: Learner, kind: str, text: str) -> str:
    if kind != "TypeError" or not re.search(r"'await' expression|be awaited", text):
        return ""
    waited = re.search(r"object (\w+) can't be used in 'await'", text)
    for node in ast.walk(learner.tree):
        call = node.value if isinstance(node, ast.Await) else None
        if waited and isinstance(call, ast.Call) and last_name(call.func) == waited[1]:
            return f"`{waited[1]}(…)` gives its object at once: take `await` away."
    wants_call = re.search(r"object (method|function|builtin_function_or_method) ", text)
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Await):
            awaited = ast.unparse(node.value)
            if wants_call and not isinstance(node.value, ast.Call):
                return f"The parentheses are missing: `await {awaited}()`."
            if not isinstance(node.value, ast.Call):
                break
            if not wants_call and isinstance(node.value, ast.Call):
                return f"`{awaited}` gives its answer at once: take `await` away."
    return compare.advice(learner) or "Take `await` away: what is behind it is not a coroutine."


def _subscript(learner: Learner, kind: str, text: str) -> str:
    if kind != "TypeError" or "is not subscriptable" not in text:
        return ""
    called = re.search(r"^type '|'(type|function|method|builtin_function_or_method)' object", text)
    for node in ast.walk(learner.tree) if called else ():
        if isinstance(node, ast.Subscript) and callable(_builtin(ast.unparse(node.value))):
            inside = ast.unparse(node.slice)
            right = f"{ast.unparse(node.value)}({inside})"
            return f"A call has round brackets: write `{right}`, not `{ast.unparse(node)}`."
    if called:
        return compare.advice(learner)
    for node in ast.walk(learner.tree):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            name = node.value.id
            return f"`{name}` is an object with fields: write `{name}.{node.slice.value}`."
    return ""


def _builtin(name: str) -> Any:
    return getattr(builtins, name, None)


def _nested(learner: Learner, kind: str, text: str) -> str:
    if "asyncio.run()" not in text and "event loop is already running" not in text:
        return ""
    for call in learner.calls("run"):
        if ast.unparse(call.func) == "asyncio.run" and call.args:
            return f"An event loop runs already: write `await {ast.unparse(call.args[0])}`."
    return "An event loop runs already: write `await` instead of asyncio.run."


def _outside(learner: Learner, kind: str, text: str) -> str:
    """A function of `workflow`, called where there is no Workflow."""
    if "NotInWorkflowEventLoop" not in kind + text and "Not in workflow event loop" not in text:
        return ""
    solution = learner.blank.finished_tree
    right = [
        ast.unparse(n.func)
        for n in ast.walk(solution)
        if isinstance(n, ast.Call)
        and last_name(n.func) in ("start_workflow", "ask_model", "info", "execute_activity")
    ]
    here = f"Here it is `{right[0]}(…)`." if right else "Take it out."
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.startswith("workflow."):
                kind_of_call = " starts child Workflows and" if "child" in name else ""
                return f"`{name}`{kind_of_call} is for the code of a Workflow alone. {here}"
            if name.endswith(".run") and name[:1].isupper():
                return f"`{name}(…)` runs the method here; the Temporal Service must run it. {here}"
    return f"What belongs to a Workflow's code was called outside of one. {here}"
