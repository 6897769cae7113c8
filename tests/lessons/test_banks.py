"""Each answer of the banks, given in a notebook and checked: mistakes told by name, no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from answers import Blank, Right, Wrong
from bank import bank, bank_file, blanks
from given_away import given_away
from shell import Classroom, classroom

from workshop.checks import NOT_DECIDED, RIGHT, Outcome

LEAST_WRONG, LEAST_RIGHT = 10, 4
PUZZLING = ("Traceback", 'File "', "<ipython-input", "Cell In[", " object at 0x", " at 0x")
"""Words of a traceback or of the SDK's insides."""

# What learners forget to await, Python warns of.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Item 'summary' on TypedDict:UserWarning"),
]

Record = Callable[[str, object], None]


def _answers() -> list[Any]:
    """Blank by blank, so that no notebook is opened twice."""
    return [
        pytest.param(
            blank,
            answer,
            id=f"{blank.name}-{answer.name}",
            marks=pytest.mark.rotates(f"mistakes in {blank.name}", among=16)
            if isinstance(answer, Wrong)
            else (),
        )
        for blank in blanks().values()
        for answer in [*bank(blank.name).right, *bank(blank.name).wrong]
    ]


@dataclass
class Given:
    """What the checks have said so far."""

    room: Classroom
    said: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    """Outcomes of the mistakes that were told by name, by blank and answer."""


@pytest.fixture(scope="module")
def given(
    running_room: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Given]:
    with classroom(tmp_path_factory.mktemp("notebooks")) as room:
        yield Given(room)


@pytest.mark.parametrize(("blank", "answer"), _answers())
def test_answer(given: Given, blank: Blank, answer: Right | Wrong, record_property: Record) -> None:
    record_property("answer", "right" if isinstance(answer, Right) else "wrong")
    record_property("lesson", blank.lesson)
    record_property("blank", blank.name)
    notebook = given.room.at(blank)
    notebook.answer(blank, answer)
    outcome = notebook.examine(blank)
    if outcome.verdict == NOT_DECIDED:
        outcome = notebook.examine(blank)  # as the learner is told to do
    record_property("seconds", round(outcome.seconds, 3))
    if isinstance(answer, Right):
        assert outcome.verdict == RIGHT, outcome.text
        return
    text = answer.text(blank)
    first, more = f"{outcome.step}\n{outcome.saw}", outcome.direction
    for name, words in (("given away", first), ("pointed out", f"{first}\n{more}")):
        record_property(name, given_away(words, blank.finished, blank.practice, text))
    assert outcome.verdict == answer.verdict, outcome.text
    missing = _unsaid(answer, outcome)
    assert not missing, f"{outcome.text}\n\nThis does not say {missing}"
    words = f"{outcome.text}\n{outcome.direction}\n{outcome.do}"
    assert not [word for word in PUZZLING if word in words], words
    earlier = given.said.setdefault(blank.name, {})
    remedies = {wrong.name: wrong for wrong in bank(blank.name).wrong}
    same = [
        other
        for other, said in earlier.items()
        if (said.saw, said.direction, said.do) == (outcome.saw, outcome.direction, outcome.do)
        and _root(remedies, other) != _root(remedies, answer.name)
    ]
    earlier[answer.name] = outcome
    assert not same, f"{outcome.text}\n\nThe same is said to {same}"


def _unsaid(answer: Wrong, outcome: Outcome) -> list[str]:
    """Those of the words that tell a mistake which are not there."""
    words = f"{outcome.step}\n{outcome.saw}\n{outcome.direction}\n{outcome.do}".lower()
    return [s for s in answer.says if not any(w.lower() in words for w in s.split("|"))]


def _root(remedies: dict[str, Wrong], name: str) -> str:
    """The first of the answers that share a remedy."""
    while other := remedies[name].same_as:
        name = other
    return name


@pytest.mark.parametrize("blank", blanks().values(), ids=blanks())
def test_every_blank_has_a_bank(blank: Blank) -> None:
    wrong, right = bank(blank.name).wrong, bank(blank.name).right
    assert len(wrong) >= LEAST_WRONG, f"{bank_file(blank)} has {len(wrong)} wrong answers"
    assert len(right) >= LEAST_RIGHT, f"{bank_file(blank)} has {len(right)} right answers"
    names = [answer.name for answer in [*wrong, *right]]
    assert len(names) == len(set(names)), "two answers have the same name"
    assert all(answer.says for answer in wrong), "a wrong answer without the words that tell it"
    assert {answer.same_as for answer in wrong} - {None} <= {answer.name for answer in wrong}
    done = [
        (answer.text(blank), answer.not_run, answer.after, *(text(blank) for text in answer.before))
        for answer in wrong
    ]
    assert len(done) == len(set(done)), "two wrong answers are the same one"


def test_every_bank_has_a_blank() -> None:
    known = {bank_file(blank) for blank in blanks().values()}
    found = set(Path(__file__).parent.glob("bank_[0-9][0-9]/*.txt"))
    assert found == known, f"banks and blanks do not agree: {sorted(found ^ known)}"
