"""Outputs as they may be stored: nothing tells on which machine, or by whom, they were made."""

from __future__ import annotations

import getpass
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

_TEXT = re.compile(r"text/|application/(.*\+)?(json|xml|javascript)$|image/svg\+xml$")
_TOO_COMMON = {"root", "user", "runner", "ubuntu", "vscode", "codespace", "jovyan", "localhost"}
"""User and host names that are words of other texts, and tell nothing."""


class Sanitizer:
    """Rewrites outputs: `…` for the `tree` in which the notebooks ran and for the repository's
    `root`, for the `ports` of the run those that a learner has, and nobody's names."""

    def __init__(self, tree: Path, root: Path, ports: Mapping[int, int]) -> None:
        paths = {Path.home(): "~", Path(sys.prefix): "…/.venv", root: "…", tree: "…"}
        both = {p: to for path, to in paths.items() for p in (str(path), str(path.resolve()))}
        # The longest first: one folder may lie in another.
        self._rules = [
            (re.compile(rf"(?<![\w.-]){re.escape(path)}(?![\w-])"), to)
            for path, to in sorted(both.items(), key=lambda item: -len(item[0]))
            if len(path) > 1
        ]
        # The folder of a cell's source, by process: IPython names it in some tracebacks.
        self._rules.append((re.compile(r"[\w./-]*/ipykernel_\d+/\d+\.py"), "<cell>"))
        self._rules += [
            (re.compile(rf"(?<![\w.]){port}(?![\w]|\.\d)"), str(to)) for port, to in ports.items()
        ]
        self._rules += [
            (re.compile(rf"(?<!\w){re.escape(name)}(?!\w)"), to)
            for name, to in ((socket.gethostname(), "localhost"), (_user(), "learner"))
            if len(name) > 2 and name.lower() not in _TOO_COMMON
        ]

    def text(self, text: str) -> str:
        for pattern, to in self._rules:
            text = pattern.sub(to, text)
        return text

    def notebook(self, notebook: nbformat.NotebookNode) -> None:
        """Clean every output in place; pictures and other binary data stay as they are."""
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
            for output in cell.get("outputs", []):
                for key in ("text", "ename", "evalue", "traceback"):
                    if key in output:
                        output[key] = self._any(output[key])
                for kind, value in output.get("data", {}).items():
                    if _TEXT.match(kind):
                        output["data"][kind] = self._any(value)

    def _any(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._any(item) for item in value]
        if isinstance(value, dict):
            return type(value)({key: self._any(item) for key, item in value.items()})
        return value


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return ""
