"""What the practice model says: facts counted exactly, texts changed by rule, nothing invented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from workshop.practice import texts as practice_texts
from workshop.practice.model.answers import answer
from workshop.practice.model.arguments import fill
from workshop.practice.model.composing import SUBJECTS, compose, find_subject
from workshop.practice.model.reading import ChatRequest
from workshop.practice.model.rewriting import sentences

TARDIGRADES = "Give me 5 fun and fascinating facts about tardigrades. Make them interesting."


def say(*texts: str) -> str:
    """The answer to a conversation: user, assistant, user …"""
    roles = ("user", "assistant")
    return compose([{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)])


def numbered(text: str) -> list[str]:
    return re.findall(r"^\d+\. \*\*[^*]+\.\*\* (.+)$", text, re.MULTILINE)


def told(text: str) -> set[str]:
    """The known sentences in a text, whatever its line breaks and capitals."""
    flat = " ".join(re.sub(r"[#*>-]", " ", text).split()).casefold()
    known = [part for s in SUBJECTS for part in [s.lead, *(fact for _, fact in s.facts)]]
    return {
        sentence
        for part in known
        for sentence in sentences(part)
        if " ".join(sentence.replace("-", " ").split()).casefold() in flat
    }


@pytest.mark.parametrize(
    ("prompt", "count", "heading"),
    [
        (TARDIGRADES, 5, "Tardigrades"),
        ("Give me 3 interesting facts about dolphins", 3, "Dolphins"),
        ("three facts about octopi, please", 3, "Octopuses"),
        ("I would like a dozen facts on water bears", 10, "Tardigrades"),
        ("Tell me a fact about the Moon", 1, "The Moon"),
        ("Tell me about coffee", 5, "Coffee"),
        ("Give me 99 facts about Mars", 7, "Mars"),
        ("Topic: renewable energy. Please give me four surprising facts about it for a talk.", 4,
         "Sustainable energy"),
    ],
)  # fmt: skip
def test_exactly_as_many_facts_as_asked_for(prompt: str, count: int, heading: str) -> None:
    text = say(prompt)
    assert text.startswith(f"# {heading}\n\n")
    facts = numbered(text)
    assert len(facts) == len(set(facts)) == count
    assert ("every fact" in text) == (count in (7, 10)), "asking for too much is told"


def test_what_it_knows_is_enough_and_well_made() -> None:
    assert len(SUBJECTS) >= 14
    for subject in SUBJECTS:
        few = 8 if subject.name in ("tardigrades", "dolphins") else 6
        assert len(subject.facts) >= few, subject.name
        assert len({text for _, text in subject.facts}) == len(subject.facts)
        assert find_subject(f"facts about {subject.name}") is subject
        for lead, text in subject.facts:
            assert text.endswith(".") and "!" not in text and len(lead) < 45
            assert len(text) > 40, text


def test_each_file_is_read_whole_and_has_its_place() -> None:
    files = {
        file.stem: file.read_text() for file in Path(practice_texts.__file__).parent.glob("*.md")
    }
    known, pages = practice_texts.with_facts(), practice_texts.with_pages()
    subjects = {s.slug: s for s in (*known, *pages, practice_texts.injection())}
    assert subjects.keys() == files.keys()
    for slug, text in files.items():
        assert len(subjects[slug].facts) == text.count("\n- ") == text.count("\n- **"), slug
        assert bool(subjects[slug].page) == ("\n## Page\n" in text), slug
        assert bool(subjects[slug].lead) == bool(subjects[slug].facts), slug
    assert [s.places[0] for s in known] == list(range(1, len(known) + 1))
    assert [s.places[1] for s in pages] == list(range(1, 21))


def test_other_words_bring_other_facts_and_more_brings_new_ones() -> None:
    first = say("Give me 3 facts about dolphins")
    assert len({say(f"Give me 3 facts about dolphins{'.' * n}") for n in range(8)}) > 1
    more = say("Give me 3 facts about dolphins", first, "Now 3 more facts")
    assert len(numbered(more)) == 3 and not set(numbered(more)) & set(numbered(first))


def test_the_title_above_a_text_is_no_part_of_its_summary() -> None:
    body = "The mill at the river was built in 1800, and it has burnt down twice since then."
    asked = "Summarise this article about a mill in 3 bullet points:\n"
    assert say(f"{asked}The old mill\n{body}") == say(f"{asked}{body}") == f"- {body}"
    wrapped = "A mill at the river that nobody has ever seen turn its wheel in\nWinter."
    assert say(asked + wrapped) == "- " + wrapped.replace("\n", " ")


def test_a_summary_is_made_of_the_texts_own_sentences() -> None:
    text = say(TARDIGRADES)
    prompt = f"Provide a 2-3 sentence executive summary of this research: {text}"
    summary = say(prompt)
    assert 2 <= len(sentences(summary)) <= 3 and "#" not in summary and "**" not in summary
    assert all(sentence in text for sentence in sentences(summary))
    own = "The mill stood still. Its wheel had turned for a century! Nobody knew why it stopped."
    assert say(f"Summarize in one sentence: {own}") == "The mill stood still."
    assert say("Tell me of a mill", own, "Summarise that in 2 sentences").count(".") <= 2


def test_bullet_points() -> None:
    page = "<html><head><title>x</title><style>p{}</style></head><body><p>Bees make "
    page += "honey &amp; wax. They dance.</p><p>Drones cannot sting. A queen lays eggs.</p>"
    page += "</body></html>"
    for text in (say(TARDIGRADES), page):
        bullets = say(f"Summarise this article about X in 3 bullet points:\n{text}").splitlines()
        assert len(bullets) == 3
        assert all(bullet.startswith("- ") and "<" not in bullet for bullet in bullets)
    assert "- Bees make honey & wax." in bullets


def test_changes_of_the_last_answer() -> None:
    first = say(TARDIGRADES)
    shorter = say(TARDIGRADES, first, "Make it shorter, please")
    assert len(shorter) < len(first) * 0.75 and told(shorter) <= told(first)
    children = say(TARDIGRADES, first, "Rewrite this for children")
    assert "young explorers" in children and "1." not in children
    poem = say(TARDIGRADES, first, "Turn it into a poem")
    assert max(len(line) for line in poem.splitlines()) < 70
    assert len(poem.splitlines()) > 12 and told(poem) and told(poem) <= told(first)
    bullets = say(TARDIGRADES, first, "As 4 bullet points")
    assert bullets.count("- ") == 4 and told(bullets) <= told(first)
    assert "cannot translate" in say(TARDIGRADES, first, "Translate it into German")
    joke = say(TARDIGRADES, first, "Add a joke about bears")
    assert first in joke and "Add a joke about bears" in joke and "Practice note" in joke


def test_changes_of_a_text_in_the_prompt() -> None:
    first = say(TARDIGRADES)
    edited = say(f"Here is a draft:\n\n{first}\n\nRewrite it with this feedback: shorter")
    assert told(edited) < told(first) and "feedback" not in edited
    assert ": a poem" in say("Give me 3 facts about dolphins.\n\nChange: as a poem")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("What is the subject of this text?\n\n{text}", "Tardigrades"),
        ("Suggest a title for this: {text}", "Tardigrades"),
        ("Name the topic in one word: the old mill by the river. The mill, the river and the mill "
         "again.", "Mill"),
    ],
)  # fmt: skip
def test_topics_are_named(prompt: str, expected: str) -> None:
    assert say(prompt.format(text=say(TARDIGRADES))).startswith(expected)


def test_an_email_announces_the_report() -> None:
    text = say("Write a short e-mail announcing the report on coral reefs.")
    assert text.startswith("Subject: ") and "coral reefs" in text and len(text) < 800


def test_what_it_does_not_know_it_does_not_make_up() -> None:
    for prompt in ("Give me 3 facts about bananas", "hello", "", "   ", "?"):
        text = say(prompt)
        assert "# Practice text" in text and "LLM_API_KEY" in text
        assert not numbered(text) and not told(text)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "origin": {"type": "string"},
        "destination": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "passengers": {"type": "integer", "minimum": 1},
        "cabin": {"type": "string", "enum": ["economy", "business"]},
        "contact": {"$ref": "#/$defs/contact"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "flexible": {"type": "boolean"},
    },
    "required": ["origin", "destination", "date", "passengers", "cabin", "contact", "flexible"],
    "$defs": {"contact": {"type": "object", "properties": {"email": {"type": "string"}},
                          "required": ["email"]}},
}  # fmt: skip


def test_arguments_are_taken_from_the_request() -> None:
    request = "Book a business flight from New York to Oslo on 2027-03-04 for 2, write to a@b.org"
    assert fill(SCHEMA, request) == {
        "origin": "New York",
        "destination": "Oslo",
        "date": "2027-03-04",
        "passengers": 2,
        "cabin": "business",
        "contact": {"email": "a@b.org"},
        "flexible": False,
    }


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"type": ["integer", "null"], "minimum": "low"},
        {"enum": []},
        {"properties": []},
        {"type": "object", "required": 5, "properties": {"x": 3}},
    ],
)
def test_odd_schemas_do_no_harm(schema: dict[str, Any]) -> None:
    fill(schema, "What is 7 times 6?")


def test_a_tool_that_needs_what_is_no_name_does_no_harm() -> None:
    tool = {"name": "search", "description": "Search the notes.", "parameters": {"required": [3]}}
    chat = ChatRequest([{"role": "user", "content": "Search the notes for bees."}], [tool])
    (call,) = answer(chat).tool_calls
    assert call["function"]["name"] == "search"
