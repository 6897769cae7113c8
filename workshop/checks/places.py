"""Differences in words: where to look, which holds no code of the solution; and what to write."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from workshop.checks.differ import Edit, unit


def direction(found: Sequence[Edit]) -> str:
    """Where to look, without what is to stand there; empty where nothing was found."""
    if not found:
        return ""
    one = found[0]
    ours, _, place = unit(one)
    if ours is None:
        return f"Something is missing {_around(one)}."
    if one.theirs is None:
        return f"{_shown(ours, place)} in line {one.line}: what would happen without it?"
    return f"Look at {_shown(ours, place)} in line {one.line}."


def remedy(found: Sequence[Edit]) -> str:
    """What to write, and where; empty where nothing was found."""
    return " ".join(_remedy(one) for one in found[:2])


def named(found: Sequence[Edit]) -> list[str]:
    """The code that a remedy is about: what is to be written, or taken out."""
    sides = (unit(one) for one in found[:2])
    return [_shown(theirs or ours, place).strip("`") for ours, theirs, place in sides]


def _remedy(one: Edit) -> str:
    ours, theirs, place = unit(one)
    if ours is None:
        return f"{_shown(theirs, place)} is missing {_around(one)}."
    if theirs is None:
        return f"Take {_shown(ours, place)} out of line {one.line}."
    if isinstance(theirs, ast.Await) and ast.dump(theirs.value) == ast.dump(ours):
        return f"Write `await` before {_shown(ours, place)} in line {one.line}."
    if isinstance(ours, ast.Await) and ast.dump(ours.value) == ast.dump(theirs):
        return f"Take `await` out of line {one.line}."
    return f"Instead of {_shown(ours, place)} in line {one.line} write {_shown(theirs, place)}."


def _around(one: Edit) -> str:
    """Where something is missing, by what stands around it."""
    around = one.above[-1]
    text = _cut(_lines(around)[-1]) if not isinstance(around, ast.Module) else ""
    if one.place == "decorator_list":
        return f"on the line above `{text}`"
    if one.place == "body" and text:
        return f"in what belongs to `{text}`"
    if isinstance(around, ast.Call):
        return f"in the parentheses of `{_cut(ast.unparse(around.func))}(…)` in line {one.line}"
    return f"in `{text}` in line {one.line}" if text else "in the cell"


def _shown(node: ast.AST | None, place: str) -> str:
    assert node is not None
    text = _cut(_lines(node)[-1])
    return f"`@{text}`" if place == "decorator_list" else f"`{text}`"


def _lines(node: ast.AST) -> list[str]:
    """Its decorators and its first line."""
    lines = ast.unparse(node).split("\n")
    ends = next((n for n, line in enumerate(lines) if not line.startswith("@")), 0)
    return lines[: ends + 1]


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}…"
