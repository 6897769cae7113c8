"""What the practice world knows: one Markdown file a subject, beside this one.

A file has a head of `name: value` lines, then the sentence that opens an answer, `## Facts` (what
the practice model knows) and `## Page` (what the practice site says). It may lack either. How the
model words everything else is in `wording/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_FACT = re.compile(r"^- \*\*(.+?)\.\*\* (.+?)(?=\n- |\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Subject:
    """Something that the practice world knows about."""

    slug: str
    """Its file's name, and its page's in the address: /pages/{slug}."""
    name: str
    """As in "facts about …"."""
    names: tuple[str, ...]
    """Words by which the practice model finds it, in lower case."""
    lead: str
    """One sentence that opens an answer."""
    facts: tuple[tuple[str, str], ...]
    """Each with a few words that lead in, and one or two sentences."""
    page: str
    """Paragraphs in lines, with an empty line between two; empty where the site has no page."""
    places: tuple[int, int]
    """Where it stands among the subjects with facts, and among those with a page; 0: nowhere."""

    @property
    def title(self) -> str:
        return self.name[0].upper() + self.name[1:]


@cache
def with_facts() -> tuple[Subject, ...]:
    """The subjects that the practice model knows facts about, in a fixed order."""
    known = [subject for subject in map(_read, _HERE.glob("*.md")) if subject.places[0]]
    return tuple(sorted(known, key=lambda subject: subject.places[0]))


@cache
def with_pages() -> tuple[Subject, ...]:
    """The subjects of the twenty good pages, in the site's order."""
    shown = [subject for subject in map(_read, _HERE.glob("*.md")) if subject.places[1]]
    return tuple(sorted(shown, key=lambda subject: subject.places[1]))


def injection() -> Subject:
    """A page that holds an order for whoever reads it with a language model."""
    return _read(_HERE / "injection.md")


@cache
def wording(name: str, /, **values: str) -> str:
    """What the practice model says in `wording/{name}.md`, with values in their places."""
    text = (_HERE / "wording" / f"{name}.md").read_text(encoding="utf-8")
    return text.removesuffix("\n").format(**values)


@cache
def _read(file: Path) -> Subject:
    _, head, body = file.read_text(encoding="utf-8").split("---\n", 2)
    said = dict(line.split(": ", 1) for line in head.splitlines())
    body, _, page = body.partition("## Page\n")
    lead, _, facts = body.partition("## Facts\n")
    return Subject(
        slug=file.stem,
        name=said["name"],
        names=tuple(said.get("known by", said["name"]).split(", ")),
        lead=_one_line(lead),
        facts=tuple((words, _one_line(text)) for words, text in _FACT.findall(facts)),
        page=page.removeprefix("\n"),
        places=(int(said.get("place among facts", 0)), int(said.get("place among pages", 0))),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
