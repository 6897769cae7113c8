"""A notebook's code beside a file's: what is different."""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.checks.blanks import parsed

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def difference(file: Path, *yours: Callable[..., Any]) -> str:
    """What a file has, and does not have, beside functions and classes of a notebook.

    Of the file it takes what has the same names; all of it where nothing else is defined there.
    Comments, docstrings and empty lines are left out.

    https://docs.python.org/3/library/difflib.html#difflib.unified_diff
    """
    names = {one.__name__ for one in yours}
    mine = [line for one in yours for line in _code(_cell(one), {one.__name__})]
    text = file.read_text(encoding="utf-8")
    defined = {node.name for node in parsed(text).body if isinstance(node, _DEFINITIONS)}
    its = _code(text, names if defined - names else None)
    told = difflib.unified_diff(mine, its, "this notebook", file.name, lineterm="", n=len(mine))
    return "\n".join(line for line in told if not line.startswith("@@"))


def _cell(thing: Any) -> str:
    """The text of the cell or file in which a function, or a class with a method, is defined."""
    functions = vars(thing).values() if inspect.isclass(thing) else [thing]
    lines, _ = inspect.findsource(next(filter(inspect.isfunction, functions)))
    return "".join(lines)


def _code(text: str, names: set[str] | None) -> list[str]:
    """The lines of the definitions that have one of the names; None: of the whole text."""
    tree, lines = parsed(text), text.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    kept = []
    for node in tree.body:
        if names is None or (isinstance(node, _DEFINITIONS) and node.name in names):
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
            kept += lines[first - 1 : node.end_lineno]
    return [line for line in kept if line.strip() and not line.strip().startswith("#")]
