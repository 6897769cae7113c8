"""What a learner asked in lesson 02, as their saved notebook has it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from workshop.checks.blanks import code_cells, parsed, sheets, source
from workshop.core.settings import ROOT


def own_prompt() -> tuple[str, str]:
    """The learner's prompt, and the notebook that has it; two empty texts where none can be read.

    It is what they typed, where the front end has saved that, as JupyterLab does; otherwise what
    their cell gives the variable `prompt`, or the default of its question.
    """
    for sheet in sheets():
        if (sheet.lesson[:2], sheet.kind) == ("02", "lesson"):
            for cell in reversed(code_cells(sheet.path)):
                if found := _prompt(cell):
                    return found, sheet.path.relative_to(ROOT).as_posix()
    return "", ""


def default_prompt(starter: Path) -> str:
    """What the app asks by itself."""
    return _value(starter.read_text(encoding="utf-8"), "DEFAULT_PROMPT")


def _prompt(cell: dict[str, Any]) -> str:
    given = _value(source(cell), "prompt")
    streams = [out for out in cell.get("outputs", ()) if given and out.get("name") == "stdin"]
    typed = [text.strip() for out in streams if (text := "".join(out.get("text", "")))]
    return next(filter(None, reversed(typed)), given)


def _value(text: str, name: str) -> str:
    """The text that the last assignment to a name has, also as the default of a question; or ""."""
    try:
        body = parsed(text).body
    except SyntaxError:
        return ""
    for node in reversed(body):
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == [name]:
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if isinstance(value, ast.Call):
                named = [word.value for word in value.keywords if word.arg == "default"]
                value = (*named, *value.args[1:2], value)[0]
            found = value.value if isinstance(value, ast.Constant) else ""
            return found.strip() if isinstance(found, str) else ""
    return ""
