"""A small house of its own for each test: pyproject.toml and whatever lessons the test writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from authoring import build

LESSON = "02_Small_Lesson"
CHECKS = """\
from workshop.checks import Check

async def passes(learner):
    learner.step("It is there")

for name in {names}:
    vars()[f"check_{{name}}"] = Check(name, passes, ("Which?", "There.", "That."), "It works.")
"""


class House:
    """A root with lessons, and the builder run on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "pyproject.toml").write_text(
            '[project]\nname = "x"\n[project.urls]\nRepository = "https://example.org/me/house"\n'
        )

    def write(self, text: str, lesson: str = LESSON, kind: str = "lesson") -> Path:
        file = self.root / "lessons" / lesson / f"{kind}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        blanks = [
            name
            for source in sorted(file.parent.glob("[el]*.py"))
            for name in re.findall(r'exercise="(\w+)"', source.read_text(encoding="utf-8"))
        ]
        (file.parent / "checks.py").write_text(CHECKS.format(names=blanks), encoding="utf-8")
        return file

    def build(self, *arguments: str) -> int:
        return build.main(list(arguments), self.root)

    def refusals(self) -> list[str]:
        return [str(refusal) for refusal in build.derive(self.root).refusals]

    def notebook(self, path: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.root / path).read_text(encoding="utf-8"))
        return loaded

    def sources(self, path: str) -> list[str]:
        return ["".join(cell["source"]) for cell in self.notebook(path)["cells"]]

    def files(self) -> set[str]:
        return {
            file.relative_to(self.root).as_posix()
            for file in self.root.rglob("*")
            if file.is_file() and file.name != "pyproject.toml"
            if "lessons" not in file.parts or "given" in file.parts
        }


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
