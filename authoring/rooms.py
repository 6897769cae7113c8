"""The rooms of workshop/: CONTRIBUTING's table of them, and the rule that none pries into another.

The floors are those of pyproject.toml, which import-linter holds everyone to (`make check`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importlinter import Contract, ContractCheck, api, output

ROOT = Path(__file__).resolve().parent.parent
NAME = "CONTRIBUTING.md"


def contributing(root: Path = ROOT) -> dict[str, str]:
    """CONTRIBUTING.md by its name, with the table as the packages say; {} where there is none."""
    file = root / NAME
    if not file.is_file():
        return {}
    text, count = re.subn(
        r"(?<=\n)\| floor \| package \|.*?\n(?!\|)",
        lambda _: _table(root),
        file.read_text(encoding="utf-8"),
        count=1,
        flags=re.DOTALL,
    )
    if not count:
        raise ValueError(f"{NAME} has no table that begins with | floor | package |.")
    return {NAME: text}


def _table(root: Path) -> str:
    lines = ["| floor | package | what for |", "|---|---|---|"]
    for floor, layer in enumerate(reversed(_layers(root)), 1):
        for name in layer.split(" | "):
            package = root / "workshop" / name
            file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
            said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            shown = f"{name}/" if package.is_dir() else file.name
            lines.append(f"| {floor} | `{shown}` | {said.partition(chr(10))[0]} |")
    return "\n".join(lines) + "\n"


def _layers(root: Path) -> list[str]:
    contracts = api.read_configuration(str(root / "pyproject.toml"))["contracts_options"]
    return [str(one) for c in contracts if c["type"] == "layers" for one in c["layers"]]


class NoPrivateNames(Contract):
    """No package of workshop uses a name of another one that begins with `_`.

    https://import-linter.readthedocs.io/en/stable/custom_contract_types/
    """

    type_name = "no_private_names"

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        found = [line for file in sorted(ROOT.glob("workshop/**/*.py")) for line in pries(file)]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["found"]:
            output.print_error(line)


def pries(file: Path, root: Path = ROOT) -> Iterator[str]:
    """The private names of other packages that a file of workshop/ uses, each with its line."""
    where = file.relative_to(root)
    home, modules = where.with_suffix("").parts[1], set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workshop."):
            parts = (node.module or "").split(".")
            if parts[1] == home:
                continue
            modules |= {alias.asname or alias.name for alias in node.names}
            for name in [*parts, *(alias.name for alias in node.names)]:
                if name.startswith("_"):
                    yield f"{where}:{node.lineno} imports {name} of workshop.{parts[1]}"
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
            and re.match(r"_[^_]", node.attr)
        ):
            yield f"{where}:{node.lineno} uses {node.value.id}.{node.attr}"
