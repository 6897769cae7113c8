"""Two trees side by side, for every answer of the banks: all differences put right is the solution.

Names that the learner chose stay the learner's: then the solution is the same but for names.
"""

from __future__ import annotations

import ast
import re
import textwrap

import pytest
from answers import Blank
from bank import bank, blanks

from workshop.checks.differ import compared, edits, likeness, merged


def _read(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _plain(tree: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))


def _nameless(text: str) -> str:
    """A text without its names, and with keyword arguments in one order."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords.sort(key=lambda one: one.arg or "")
    return re.sub(r"\w+", "_", ast.unparse(tree))


@pytest.mark.parametrize("blank", blanks().values(), ids=blanks())
def test_all_differences_put_right_give_the_solution_and_none_the_answer(blank: Blank) -> None:
    right = ast.parse(blank.finished)
    for answer in [*bank(blank.name).wrong, *bank(blank.name).right]:
        tree = _read(answer.text(blank))
        if tree is None:
            continue
        pair = compared(tree, right)
        found = list(edits(pair))
        assert _plain(merged(pair, [])) == _plain(tree), answer.name
        mended = _plain(merged(pair, found))
        assert _nameless(mended) == _nameless(_plain(right)), f"{answer.name}:\n{mended}"
        assert (not found) == (_plain(tree) == mended), answer.name


def _edits(ours: str, theirs: str) -> list[tuple[str, str]]:
    ours, theirs = textwrap.dedent(ours), textwrap.dedent(theirs)
    return [
        (_plain(one.ours) if one.ours else "", _plain(one.theirs) if one.theirs else "")
        for one in edits(compared(ast.parse(ours), ast.parse(theirs)))
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ("f(a, b=1)", "f(a, b=2)", [("1", "2")]),
        ("f(b=1, a=2)", "f(a=2, b=1)", []),  # in another order
        ("f(file=x)", "f(attachment=x)", [("file=x", "attachment=x")]),
        ("def f(): return 1", "@wraps\ndef f(): return 1", [("", "wraps")]),
        ("f([a])", "f([a, b])", [("", "b")]),
        ("x = g()\nf(x)", "y = g()\nf(y)", []),  # a name of one's own
        ("x = g()\nf(y)", "y = g()\nf(y)", [("y", "x")]),  # and then another
        ("f()", "await f()", [("f()", "await f()")]),
        ("a()\nb()", "a()\nc(1, 2)\nb()", [("", "c(1, 2)")]),
    ],
)
def test_a_difference_is_as_small_as_can_be(
    ours: str, theirs: str, found: list[tuple[str, str]]
) -> None:
    assert _edits(ours, theirs) == found


def test_likeness_is_one_for_the_same_and_nought_for_another_kind() -> None:
    one, other = ast.parse("f(a, b=1)").body[0], ast.parse("f(a, b=2)").body[0]
    assert likeness(one, one) == 1.0
    assert 0.0 < likeness(one, other) < 1.0
    assert likeness(one, ast.parse("x = 1").body[0]) == 0.0
