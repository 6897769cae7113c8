"""Two syntax trees side by side: where they differ, and a tree with some differences put right.

It knows Python and no blank. Statements, arguments and the like are paired by how alike they are,
keyword arguments by their names. What has no partner is a difference, and so is a pair that is not
alike; everything above it stays the learner's own.

https://docs.python.org/3/library/ast.html#abstract-grammar
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

ALIKE = 0.4
"""From this share of common parts on two nodes are the same one, changed."""


@dataclass(frozen=True, eq=False)
class Edit:
    """One difference: a node of the learner's tree, and what stands there in the other one."""

    ours: ast.AST | None
    """None where something is missing."""
    theirs: ast.AST | None
    """None where something is not needed."""
    above: tuple[ast.AST, ...]
    """The learner's nodes around it, the outermost first."""
    place: str
    """The field of the last of them that it stands in, such as `keywords`."""

    @property
    def line(self) -> int:
        """The learner's line that it is about; the one before it where something is missing."""
        for node in (self.ours, *reversed(self.above)):
            if hasattr(node, "lineno"):
                return int(node.lineno)  # type: ignore[union-attr]
        return 1


@dataclass
class Pair:
    """A learner's node, and for each of its fields what it is made of."""

    node: ast.AST
    fields: dict[str, Any] = field(default_factory=dict)


def compared(ours: ast.AST, theirs: ast.AST) -> Pair:
    """The learner's tree with its differences from the other one in it."""
    theirs = _renamed(ours, theirs)
    return _pair(ours, theirs, ())


def edits(pair: Any) -> Iterator[Edit]:
    """The differences, in the order of the learner's text."""
    if isinstance(pair, Edit):
        yield pair
    elif isinstance(pair, Pair):
        for part in pair.fields.values():
            yield from edits(part)
    elif isinstance(pair, list):
        for part in pair:
            yield from edits(part)


def merged(pair: Any, chosen: Sequence[Edit]) -> Any:
    """A copy of the learner's tree with the chosen differences put right."""
    if isinstance(pair, Edit):
        return copy.deepcopy(pair.theirs if pair in chosen else pair.ours)
    if isinstance(pair, list):
        return [made for part in pair if (made := merged(part, chosen)) is not None]
    if isinstance(pair, Pair):
        made = type(pair.node)(**{name: merged(part, chosen) for name, part in pair.fields.items()})
        return ast.copy_location(made, pair.node)
    return pair


_PARTS = (ast.keyword, ast.Attribute, ast.arg, ast.Starred)
"""Nodes that nobody reads apart from what they consist of."""


def unit(one: Edit) -> tuple[ast.AST | None, ast.AST | None, str]:
    """A difference as people read it, such as `timeout=5`: both sides, and their field."""
    ours, theirs, place = one.ours, one.theirs, one.place
    around = [*reversed(one.above)]
    while around and isinstance(around[0], _PARTS):
        whole = around.pop(0)
        changed = copy.copy(whole)
        setattr(changed, place, theirs)
        ours, theirs = whole, changed
        outside = ast.iter_fields(around[0]) if around else ()
        place = next(
            (name for name, part in outside if part is whole or _among(whole, part)), place
        )
    return ours, theirs, place


def _among(node: ast.AST, parts: object) -> bool:
    return isinstance(parts, list) and any(part is node for part in parts)


def _pair(ours: ast.AST, theirs: ast.AST, above: tuple[ast.AST, ...]) -> Pair:
    above = (*above, ours)
    pair = Pair(ours)
    for name, mine in ast.iter_fields(ours):
        other = getattr(theirs, name, None)
        if isinstance(mine, list) and isinstance(other, list):
            pair.fields[name] = _lists(mine, other, above, name)
        elif isinstance(mine, ast.AST) or isinstance(other, ast.AST):
            pair.fields[name] = _one(mine, other, above, name)
        else:
            pair.fields[name] = mine  # `_alike` has seen to it that it is the same
    return pair


def _one(mine: Any, other: Any, above: tuple[ast.AST, ...], place: str) -> Any:
    if mine is None or other is None or not _same_kind(mine, other):
        return Edit(mine, other, above, place)
    return _pair(mine, other, above)


def _lists(mine: list[Any], other: list[Any], above: tuple[ast.AST, ...], place: str) -> list[Any]:
    """Pairs and differences of two lists, in the order in which a merged list has them."""
    if not all(isinstance(part, ast.AST) for part in [*mine, *other]):
        return list(mine)  # names of `global`
    made: list[Any] = []
    for ours, theirs in _aligned(mine, other, place):
        made.append(
            _one(ours, theirs, above, place)
            if ours is not None and theirs is not None
            else Edit(ours, theirs, above, place)
        )
    return made


def _aligned(mine: list[ast.AST], other: list[ast.AST], place: str) -> list[tuple[Any, Any]]:
    """Partners in two lists: by name where they have one, else in order and as alike as may be."""
    if place == "keywords":
        return _by_name(mine, other)
    best = [[0.0] * (len(other) + 1) for _ in range(len(mine) + 1)]
    alike = [[likeness(a, b) for b in other] for a in mine]
    for i in reversed(range(len(mine))):
        for j in reversed(range(len(other))):
            together = alike[i][j] + best[i + 1][j + 1] if alike[i][j] >= ALIKE else -1.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    found: list[tuple[Any, Any]] = []
    i = j = 0
    while i < len(mine) and j < len(other):
        if alike[i][j] >= ALIKE and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            found.append((mine[i], other[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            found.append((mine[i], None))
            i += 1
        else:
            found.append((None, other[j]))
            j += 1
    found += [(node, None) for node in mine[i:]] + [(None, node) for node in other[j:]]
    return _neighbours(found)


def _neighbours(found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """One that is not needed beside one that is missing: the second belongs in its place."""
    made: list[tuple[Any, Any]] = []
    for ours, theirs in found:
        if made and ours is None and made[-1][1] is None and not _is_text(made[-1][0]):
            made[-1] = (made[-1][0], theirs)
        elif made and theirs is None and made[-1][0] is None and not _is_text(ours):
            made[-1] = (ours, made[-1][1])
        else:
            made.append((ours, theirs))
    return made


def _by_name(mine: list[Any], other: list[Any]) -> list[tuple[Any, Any]]:
    named = {one.arg: one for one in other}
    pairs = [(one, named.pop(one.arg, None)) for one in mine]
    left = list(named.values())
    for n, (ours, theirs) in enumerate(pairs):
        if theirs is None and left:
            near = max(left, key=lambda one: likeness(ours.value, one.value))
            if likeness(ours.value, near.value) >= ALIKE:
                pairs[n] = (ours, near)
                left.remove(near)
    return [*pairs, *((None, one) for one in left)]


def _same_kind(mine: ast.AST, other: ast.AST) -> bool:
    """Whether two nodes are of one kind, and differ at most in what they are made of."""
    if type(mine) is not type(other) or isinstance(mine, (ast.Constant, ast.expr_context)):
        return ast.dump(mine) == ast.dump(other)
    for name, value in ast.iter_fields(mine):
        theirs = getattr(other, name, None)
        made_of = isinstance(value, (ast.AST, list)) or isinstance(theirs, (ast.AST, list))
        if not made_of and value != theirs:
            return False
    return likeness(mine, other) >= ALIKE or not isinstance(mine, ast.stmt)


def likeness(one: ast.AST, other: ast.AST) -> float:
    """How much two nodes have in common, from 0.0 to 1.0."""
    if type(one) is not type(other):
        return 0.0
    a, b = _parts(one), _parts(other)
    whole = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / whole if whole else 1.0


def _parts(node: ast.AST) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in ast.walk(node):
        if isinstance(part, (ast.Load, ast.Store)):
            continue
        words = [value for _, value in ast.iter_fields(part) if isinstance(value, (str, int))]
        found[f"{type(part).__name__} {words}"] += 1
        found[type(part).__name__] += 1
    return found


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _renamed(ours: ast.AST, theirs: ast.AST) -> ast.AST:
    """The other tree with the learner's names for what it binds itself."""
    pair = _pair(ours, theirs, ())
    mine, other = _bound(ours), _bound(theirs)
    names: dict[str, str] = {}
    for one in edits(pair):
        a, b = _binds(one.ours), _binds(one.theirs)
        if a and b and a != b and a not in other and b not in mine:
            names.setdefault(b, a)
    return _Renaming(names).visit(copy.deepcopy(theirs)) if names else theirs


def _bound(tree: ast.AST) -> set[str]:
    return {name for node in ast.walk(tree) if (name := _binds(node))}


def _binds(node: ast.AST | None) -> str:
    """The local name that a node binds: a variable or a parameter."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return node.arg if isinstance(node, ast.arg) else ""


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        self.generic_visit(node)
        return node
