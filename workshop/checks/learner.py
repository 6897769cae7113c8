"""What a check looks at: names of the kernel, the text of the cell, copies that cost nothing."""

from __future__ import annotations

import ast
import difflib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CellType, FunctionType, MethodType
from typing import Any, NoReturn

from temporalio import workflow

from workshop.checks.blanks import Blank, parsed
from workshop.checks.cells import Run
from workshop.checks.outcome import NotAttempted, NotYet, Slip


class CalledDirectly(Exception):
    """Workflow code called a function that is to run as an Activity, or not at all."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was called directly")
        self.name = name


class Learner:
    """One learner at one blank. A check function walks through its steps with it."""

    def __init__(self, blank: Blank, names: dict[str, Any], run: Run | None) -> None:
        self.blank, self.names, self.last_run = blank, names, run
        self.steps: list[str] = []

    # --- steps ---

    def step(self, words: str) -> None:
        """Begin the next step; what goes wrong from here on belongs to it."""
        self.steps.append(words)

    def not_yet(self, saw: str, do: str = "") -> NoReturn:
        """End the check: this step is not as it should be.

        Args:
            saw: what was seen, and what that leads to; no code of the solution.
            do: what to write, where no difference from the solution would tell it.
        """
        raise NotYet(saw, do)

    def not_attempted(self, saw: str, do: str) -> NoReturn:
        """End the check: there is nothing to judge."""
        raise NotAttempted(saw, do)

    # --- names and text ---

    def name(self, name: str) -> Any:
        """What a name of the kernel stands for; the check ends where there is none."""
        if name in self.names:
            return self.names[name]
        close = self.close(name)
        if close:
            self.not_yet(
                f"There is no `{name}`, but there is `{close}`.",
                Slip(f"Call it `{name}`, and run the cell again."),
            )
        if self.last_run and self.last_run.error is None and name == self.blank.defines:
            self.not_yet(
                f"The cell ran, and there is still no `{name}`.",
                f"Give it a value: `{name} = …`, as it was given.",
            )
        self.needs([name])
        self.not_attempted(
            f"There is no `{name}` in this kernel.",
            "Run the cell above. After a kernel restart: Run All Above Selected Cell first.",
        )

    def needs(self, names: Iterable[str]) -> None:
        """End the check where cells above have not been run that define one of these names."""
        earlier = list(itertools.takewhile(lambda i: i != self.blank.cell_id, self.blank.cells))
        gone: dict[str, str] = {}
        for name in dict.fromkeys(names):
            cell = next(
                (i for i in reversed(earlier) if name in _bound_in(self.blank.cells[i])), ""
            )
            if cell and name not in self.names:
                gone.setdefault(cell, name)
        if not gone:
            return
        cell = min(gone, key=earlier.index)
        first = next(n for n in self.blank.cells[cell].split("\n") if n and n[0] != "#")
        others = "Others are missing too: select" if len(gone) > 1 else "Or select"
        self.not_attempted(
            f"This kernel does not know `{gone[cell]}`. The cell above that begins with "
            f"`{first}` defines it: it has not been run here, or it failed.",
            f"Run that cell, the cell of the blank, then this one. {others} this cell and choose "
            "Run, Run All Above Selected Cell.",
        )

    def close(self, name: str, cutoff: float = 0.75, own: bool = True) -> str:
        """The name of the kernel that is nearly this one, or an empty string.

        Args:
            own: only names that the learner chose: not what was imported, nor what a cell that
                was given defines.
        """
        given = set().union(*map(_bound_in, self.blank.cells.values()))
        known = [
            n
            for n, value in self.names.items()
            if not n.startswith("_")
            and n != name
            and not (own and (n in given or getattr(value, "__module__", "__main__") != "__main__"))
        ]
        return next(iter(difflib.get_close_matches(name, known, 1, cutoff)), "")

    @property
    def text(self) -> str:
        """The text of the cell when it last ran."""
        return self.last_run.text if self.last_run else ""

    @property
    def tree(self) -> ast.Module:
        """That text parsed; empty where it does not parse."""
        return _parsed(self.text)

    @property
    def defined(self) -> list[str]:
        """The names that the cell binds, in order; imports first, nested scopes included."""
        return bound(self.tree)

    @property
    def swallows(self) -> bool:
        """Whether the cell has an `except` that does not raise again."""
        return any(
            isinstance(node, ast.ExceptHandler)
            and not any(isinstance(part, ast.Raise) for part in ast.walk(node))
            for node in ast.walk(self.tree)
        )

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Calls in the cell of something with this last name, such as `execute_activity`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and last_name(node.func) == name:
                yield node

    def awaited(self, call: ast.Call) -> bool:
        """Whether a call of the cell stands under an `await`, or is gathered by one."""
        return any(
            call in set(ast.walk(node))
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Await)
        )

    def loud(self, function: FunctionType) -> Any:
        """A function of the cell in which each `except` raises again what it has caught.

        Returns:
            A copy, or the function itself where the cell does not define it.
        """
        name = function.__name__
        for node in ast.walk(parsed(self.text) if self.tree.body else ast.Module([], [])):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                for part in ast.walk(node):
                    if isinstance(part, ast.ExceptHandler):
                        part.body = [ast.Raise(None, None)]
                node.decorator_list = []
                tree = ast.fix_missing_locations(ast.Module([node], []))
                names = dict(self.names)
                exec(compile(tree, function.__code__.co_filename, "exec"), names)
                return names[name]
        return function

    # --- copies ---

    def copy(self, thing: Callable[..., Any], **instead: Any) -> Any:
        """The same code with other names: nothing of the kernel is changed, and none is called.

        Args:
            thing: a function or a Workflow class of this kernel.
            instead: what names of the kernel stand for in the copy.

        Returns:
            A function or a class. A function of the kernel that it calls is a copy as well.
        """
        shadow = dict(self.names)
        for name, value in self.names.items():
            if isinstance(value, FunctionType) and value.__globals__ is self.names:
                shadow[name] = rebound(value, shadow)
        shadow.update(instead)
        if isinstance(thing, type):
            return _class_copy(thing, self.names, shadow)
        if isinstance(thing, MethodType) and isinstance(thing.__func__, FunctionType):
            return MethodType(rebound(thing.__func__, shadow), thing.__self__)
        return rebound(thing, shadow) if isinstance(thing, FunctionType) else thing

    def trapped(self, *names: str) -> dict[str, Any]:
        """Stand-ins for names that raise `CalledDirectly` when called, and are else the same."""
        return {name: _trap(name, self.names[name]) for name in names if name in self.names}


def bound(tree: ast.Module) -> list[str]:
    """The names that a text binds, in order; imports first, nested scopes included."""
    imported, names = [], []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported += [alias.asname or alias.name for alias in node.names]
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(node.name)
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.append(part.id)
            elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.append(part.name)
    return imported + names


def used(tree: ast.Module) -> list[str]:
    """The names that a text reads and binds nowhere itself."""
    reads = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    own |= {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
    return [name for name in reads if name not in own | {*bound(tree)}]


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module:
    # The same tree each time, so that nodes of it can be compared.
    try:
        return parsed(text)
    except SyntaxError:
        return ast.Module([], [])


@functools.lru_cache(maxsize=256)
def _bound_in(text: str) -> frozenset[str]:
    return frozenset(bound(_parsed(text)))


def last_name(node: ast.AST) -> str:
    """`execute_activity` of `workflow.execute_activity`; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _trap(name: str, thing: Any) -> Any:
    def direct(*_: Any, **__: Any) -> NoReturn:
        raise CalledDirectly(name)

    if callable(thing) and not isinstance(thing, type):
        functools.update_wrapper(direct, thing)
    return direct


def rebound(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    """A copy of a function that looks its names up in others; so do functions in its closure."""
    # A decorator of the learner's own keeps the function under it in a closure.
    closure = tuple(
        CellType(rebound(value, names))
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__
        else cell
        for cell in function.__closure__ or ()
        for value in [_contents(cell)]
    )
    copy = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, closure or None
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__annotations__ = dict(function.__annotations__)
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    copy.__doc__ = function.__doc__
    copy.__dict__.update(function.__dict__)
    return copy


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing has been put into it yet
        return None


def _class_copy(kind: type, names: dict[str, Any], shadow: dict[str, Any]) -> type:
    definition = getattr(kind, "__temporal_workflow_definition", None)
    members: Mapping[str, Any] = {
        key: rebound(value, shadow)
        if isinstance(value, FunctionType) and value.__globals__ is names
        else value
        for key, value in vars(kind).items()
        if key not in ("__dict__", "__weakref__", "__temporal_workflow_definition")
    }
    copy = type(kind)(kind.__name__, kind.__bases__, dict(members))
    if definition is None:
        return copy
    return workflow.defn(name=definition.name, sandboxed=definition.sandboxed)(copy)
