"""Texts by rule: facts that are known, and the changes of a text that lessons ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workshop.practice.model import results, rewriting
from workshop.practice.model.messages import Message, fingerprint, last_user, said
from workshop.practice.texts import Subject, with_facts, wording

SUBJECTS = with_facts()
_BY_NAME = {name: subject for subject in SUBJECTS for name in subject.names}
_ANY_NAME = "|".join(re.escape(name) for name in sorted(_BY_NAME, key=len, reverse=True))
_NAMES = re.compile(rf"(?<!\w)(?:{_ANY_NAME})(?!\w)", re.IGNORECASE)


def find_subject(text: str) -> Subject | None:
    """The subject that the text names first; None where it names none that is known."""
    found = _NAMES.search(text)
    return _BY_NAME[found.group().casefold()] if found else None


@dataclass(frozen=True)
class _Question:
    """The last user message, taken apart."""

    whole: str
    asked: str
    """The instruction without the text that it is about."""
    material: str
    """The text that the instruction is about; empty where there is none."""
    earlier: str
    """All that the assistant said before."""
    seed: int
    """A number made of all messages."""

    @property
    def wish(self) -> str:
        """The instruction in a line that is not too long."""
        return " ".join(self.asked.split())[:160]

    def asks(self, pattern: str) -> bool:
        return re.search(pattern, self.asked, re.IGNORECASE) is not None


def compose(messages: list[Message]) -> str:
    """The text that answers these messages, as Markdown or plain text."""
    last = last_user(messages)
    found = [m for m in messages[last + 1 :] if m["role"] in ("tool", "function")]
    if found:
        return results.report(messages, found, [])
    whole = said(messages[last])
    before = [said(message) for message in messages[:last] if message["role"] == "assistant"]
    asked, material = _apart(whole)
    if not material and before and not (find_subject(asked) and _FACTS.search(asked)):
        material = before[-1]
    seed = int(fingerprint(messages)[:8], 16)
    question = _Question(whole, asked, material, "\n".join(before), seed)
    for pattern, rule in _RULES:
        if question.asks(pattern) and (text := rule(question)):
            return text
    return wording(
        "practice-text",
        wish=question.wish,
        known=", ".join(subject.name for subject in SUBJECTS),
        changes=wording("changes"),
        real=wording("real-model"),
    )


_COUNTED = "one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: number for number, word in enumerate(_COUNTED.split(), start=1)}
_NUMBERS |= {"a couple of": 2, "a dozen": 12, "a": 1, "an": 1, "fifteen": 15, "twenty": 20}
_NUMBER = r"(\d{1,4}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_FACTS = re.compile(r"\b(?:facts?|things?|reasons?|insights?|points?)\b", re.IGNORECASE)
_INSTRUCTION = re.compile(
    r"(?i)\b(?:summar\w+|bullets?|rewrite|redo|revise|shorten|shorter|translate|poem|feedback|change|"
    r"title|topic|subject|facts?|e-?mail|children|kids|make it|turn it|edit|instructions?|draft|"
    r"text|article|report|research|paragraph)\b"
)
_MATERIAL_LENGTH = 60
_EDITS = r"\b(?:rewrite|redo|revise|change|make|turn|feedback|please|as a poem|shorter)\b"


def _apart(whole: str) -> tuple[str, str]:
    """Split a message into the instruction and the text that it is about."""
    head, _, rest = whole.partition(":")
    blocks = [block.strip() for block in re.split(r"\n\s*\n", whole) if block.strip()]
    ways = [(head, rest.strip())]
    if blocks:
        ways += [(blocks[0], "\n\n".join(blocks[1:])), (blocks[-1], "\n\n".join(blocks[:-1]))]
    for asked, material in ways:
        fits = len(asked) <= 300 and len(material) >= _MATERIAL_LENGTH
        if fits and _INSTRUCTION.search(asked):
            # A last paragraph that asks for a change belongs to the instruction.
            text, gap, tail = material.rpartition("\n\n")
            if gap and len(tail) <= 300 and re.search(_EDITS, tail, re.IGNORECASE):
                return f"{asked}\n{tail.strip()}", text.strip()
            return asked, material
    return whole, ""


def _number(pattern: str, text: str) -> int | None:
    """The number that stands before `pattern`, in digits or as a word."""
    found = re.search(rf"\b{_NUMBER}\s+(?:[\w'-]+\s+){{0,4}}?{pattern}", text, re.IGNORECASE)
    word = found[1].casefold() if found else ""
    return int(word) if word.isdigit() else _NUMBERS.get(word)


def _email(question: _Question) -> str:
    subject = find_subject(question.whole)
    topic = r"\b(?:report|news|results?)\s+(?:on|about)\s+([^\n.!?:;]{2,80})"
    about = re.search(topic, question.asked)
    name = about.group(1).strip(" \"'“”") if about else subject.name if subject else "the subject"
    teaser = rewriting.key_sentences(question.material, 1) or ([subject.lead] if subject else [])
    return wording("email", name=name, teaser=f"{teaser[0]}\n\n" if teaser else "")


def _bullets(question: _Question) -> str | None:
    count = _number(r"(?:bullets?\b|bullet[- ]points?)", question.asked) or 3
    material = question.material or _facts(question)
    return rewriting.as_bullets(material, count) if material else None


def _summary(question: _Question) -> str | None:
    material = question.material or _facts(question)
    if not material:
        return None
    count = _number(r"sentences?\b", question.asked)
    ranged = re.search(r"\d\s*(?:-|\u2013|to|or)\s*(\d)[- ]sentences?\b", question.asked)
    count = int(ranged.group(1)) if ranged else count or 3
    return " ".join(rewriting.key_sentences(material, max(1, count)))


def _topic(question: _Question) -> str | None:
    if not question.asks(r"\b(what|which|name|give|suggest|find|write|identify|say|tell|state)\b"):
        return None
    material = question.material or question.asked
    subject, heading = find_subject(material), rewriting.heading(material)
    if question.asks(r"\b(?:title|headline)\b"):
        known = heading or (subject.title if subject else None)
    else:
        known = subject.name if subject else heading
    if known:
        return known[:1].upper() + known[1:]
    frequent = rewriting.frequent_words(material)
    return ", ".join(frequent).capitalize() if frequent else "No subject found"


_EDIT_RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"\bshort(?:er|en)|\bbriefer|\bmore concise|\bhalf (?:as long|the length)", rewriting.shorter),
    (r"\bpoem|\bpoetry|\bverses?\b|\bhaiku", rewriting.as_poem),
    (
        r"\b(?:child|children|kids?|(?:five|ten|\d+)[- ]years?[- ]old|simpler|simple words)\b",
        rewriting.for_children,
    ),
)


def _edited(question: _Question) -> str | None:
    if question.asks(r"\btranslat\w*|\b(?:in|into) (?:german|french|spanish|italian|japanese)\b"):
        kept = f"\n\n{question.material}" if question.material else ""
        return wording("no-translation", real=wording("real-model")) + kept
    wanted = [edit for pattern, edit in _EDIT_RULES if question.asks(pattern)]
    material = question.material or (_facts(question) if wanted else "")
    if wanted and material:
        for edit in wanted:
            material = edit(material)
        return material
    subject = find_subject(question.material)
    if subject and question.asks(r"\blonger\b|\bmore detail|\bexpand|\belaborate"):
        return _told(subject, subject.facts, "")
    return None


def _facts(question: _Question) -> str | None:
    subject = find_subject(question.asked)
    more = question.asks(r"\b(?:more|another|other|further|new)\b")
    if subject is None and more and question.asks(_FACTS.pattern):
        subject = find_subject(question.earlier)
    if subject is None:
        return None
    told = {fact for fact in subject.facts if more and fact[1] in question.earlier}
    fresh = [fact for fact in subject.facts if fact not in told]
    asked_for = _number(_FACTS.pattern, question.asked)
    wanted = 5 if asked_for is None else max(1, asked_for)
    # The digest of the messages says where to begin: other words, other facts.
    start = question.seed % len(fresh) if fresh else 0
    chosen = (fresh[start:] + fresh[:start])[:wanted]
    note = ""
    if wanted > len(chosen):
        every = "every other fact" if told else "every fact"
        note = f"That is {every} that the practice model knows on this subject ({len(chosen)})."
    return _told(subject, chosen, note)


def _told(subject: Subject, facts: Sequence[tuple[str, str]], note: str) -> str:
    numbered = [f"{number}. **{lead}.** {text}" for number, (lead, text) in enumerate(facts, 1)]
    blocks = [f"# {subject.title}", subject.lead, "\n".join(numbered), note]
    return "\n\n".join(block for block in blocks if block)


def _follow_up(question: _Question) -> str | None:
    """A change that no rule can make: the text as it was, and a note that says so."""
    if not question.material:
        return None
    new = not question.earlier and _FACTS.search(question.whole)
    if new and (plain := _facts(replace(question, asked=question.whole))):
        return plain
    note = wording("practice-note", wish=question.wish, changes=wording("changes"))
    return f"{question.material}\n\n{note}"


_RULES: tuple[tuple[str, Callable[[_Question], str | None]], ...] = (
    (r"\be-?mail\b", _email),
    (r"\bbullet", _bullets),
    (r"\bsummar(?:y|ies|i[sz]e|i[sz]ed|i[sz]ing)\b|\btl;?dr\b", _summary),
    (r"\b(?:topic|subject|title|headline)\b", _topic),
    ("", _edited),
    ("", _facts),
    ("", _follow_up),
)
"""What may be asked, and the rule that answers it; the first that finds an answer does."""
