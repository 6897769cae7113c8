"""Which tests `make test` runs: in turn all of a kind, at once what a change touches."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import choose
import pytest

KIND, SIZE = "things alike", 6


class Item(SimpleNamespace):
    """A test as pytest has collected it."""

    def __init__(self, name: str, *marks: Any, file: str = "test_any.py", **params: object) -> None:
        super().__init__(nodeid=f"tests/{file}::{name}", path=choose.ROOT / "tests" / file)
        self.marks = {mark.name: mark for mark in marks}
        if params:
            self.callspec = SimpleNamespace(params=params)

    def get_closest_marker(self, name: str) -> Any:
        return self.marks.get(name)


def mark(name: str, *args: object, **kwargs: object) -> SimpleNamespace:
    return SimpleNamespace(name=name, args=args, kwargs=kwargs)


async def runs() -> None:
    """A scenario."""


@pytest.fixture
def tests() -> list[Item]:
    alone = mark("rotates", KIND)
    of_three = mark("rotates", "others", among=3)
    scenario = mark("scenario", run=runs)
    notebooks = [f"notebooks/0{n}_A_Lesson.ipynb" for n in range(1, 6)]
    return [
        Item("test_plain"),
        Item("test_storm", mark("smaller")),
        *(Item(f"test_alike_{n}", alone) for n in range(SIZE)),
        *(Item(f"test_other_{n}", of_three) for n in range(SIZE)),
        *(Item(f"test_a[{path}]", scenario, path=path) for path in notebooks),
        *(Item(f"test_b[{path}]", scenario, path=path) for path in notebooks),
    ]


@pytest.fixture
def chosen(tests: list[Item], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The names of those tests that run, with an option and in a turn, after a change of files."""

    def choice(option: str, number: int, files: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
        monkeypatch.setenv("TURN", str(number))
        monkeypatch.setattr(choose, "changed", lambda: files)
        hook = SimpleNamespace(pytest_deselected=lambda items: None)
        config: Any = SimpleNamespace(getoption=lambda name: name == option, hook=hook)
        left: Any = list(tests)
        choose.pytest_collection_modifyitems(config, left)
        return [item.nodeid.partition("::")[2] for item in left]

    return choice


def test_each_turn_has_one_of_a_kind_and_all_turns_have_all(chosen: Any, tests: list[Item]) -> None:
    turns = [chosen("quick", number) for number in range(SIZE)]
    for names in turns:
        assert {"test_plain", "test_storm"} <= set(names)
        assert sum(name.startswith("test_alike") for name in names) == 1
        assert sum(name.startswith("test_other") for name in names) == 2
        (a,), (b,) = ([n[6:] for n in names if n.startswith(f"test_{x}[")] for x in "ab")
        assert a == b, "what one kernel has done is looked at by all its tests"
    every = {item.nodeid.partition("::")[2] for item in tests}
    assert {name for names in turns for name in names} == every


def test_the_rest_is_what_was_left_out_and_what_was_smaller(chosen: Any, tests: list[Item]) -> None:
    for number in range(3):
        quick, rest = chosen("quick", number), chosen("rest", number)
        assert set(quick) | set(rest) == {item.nodeid.partition("::")[2] for item in tests}
        assert set(quick) & set(rest) == {"test_storm"}
    assert len(chosen("", 0)) == len(tests)


def test_what_a_change_touches_is_tested_whole(chosen: Any, tests: list[Item]) -> None:
    path = "notebooks/02_A_Lesson.ipynb"
    for number in range(5):
        mine = {name for name in chosen("quick", number, {path}) if "[" in name}
        assert mine == {f"test_a[{path}]", f"test_b[{path}]"}, "it comes instead of another"
    every = {item.nodeid.partition("::")[2] for item in tests}
    for file in (
        "tests/test_any.py",
        "workshop/any.py",
        "workshop/any/part.py",
        "authoring/any.py",
    ):
        names = chosen("quick", 0, {file})
        assert {name for name in every if "[" not in name} <= set(names), file
        assert sum(name.startswith("test_a[") for name in names) in (1, 2), "five take long"
    assert len(chosen("quick", 0, {"workshop/anything.py"})) < len(tests)


@pytest.mark.parametrize(
    ("differs", "left"),
    [
        (["lessons/02_A/lesson.py", "tests/lessons/bank_02/worker.txt"], 2),
        (["lessons/02_A/lesson.py", "Solutions_03_B/03_B_Solution.ipynb", "README.md"], 1),
        ([], 0),
    ],
)
def test_more_than_one_lesson_takes_turns_as_ever(
    differs: list[str], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        choose, "git", lambda *words: "\n".join(differs) if words[0] == "diff" else ""
    )
    assert len(choose.changed()) == left


def test_a_bank_is_touched_by_its_lesson(tmp_path: Path) -> None:
    blank = SimpleNamespace(lesson="02", name="worker")
    answer: Any = Item("test_answer", file="lessons/test_banks.py", blank=blank)
    for file in ("tests/lessons/bank_02/worker.txt", "lessons/02_A/checks.py"):
        assert choose.touched(answer, {file})
    for file in ("tests/lessons/bank_02/client.txt", "lessons/03_A/checks.py"):
        assert not choose.touched(answer, {file})
