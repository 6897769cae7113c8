"""Changing a text by rule: sentences picked out, never invented."""

from __future__ import annotations

import html
import re
from collections import Counter

from workshop.practice.texts import wording

COMMON_WORDS = frozenset(wording("common-words").split())
"""Words that say nothing about a text's subject."""

_ENDING = re.compile(r"(?<=[.!?])[\"')\u201d\u2019]*\s+(?=[\"'(\u201c\u2018]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|Dr|Mr|Mrs|Ms|St|No|[A-Z])\.)$")
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_BOLD_LEAD = re.compile(r"^\*\*[^*\n]{1,80}\*\*[:.]?\s+(?=\S)")
_TITLE = re.compile(r"^[A-Z\d][^.!?:;,]{0,59}$")
"""A line that, with a paragraph right below it, is its title: short, and no sentence."""
_HEADING = re.compile(r"^\s*#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)


def paragraphs(text: str) -> list[str]:
    """The text's paragraphs and list items as plain text: no headings, no Markdown marks."""
    blocks: list[str] = []
    fresh = True
    lines = _without_tags(text).splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=False):
        titled = fresh and _TITLE.match(line) and len(below) > 60 and below[0].isupper()
        if titled or not line.strip() or _HEADING.match(line) or set(line.strip()) <= set("-*_="):
            fresh = True
            continue
        clean = _BOLD_LEAD.sub("", _LIST_ITEM.sub("", line).strip().lstrip("> "))
        clean = _without_marks(clean)
        if fresh or _LIST_ITEM.match(line):
            blocks.append(clean)
        else:
            blocks[-1] += " " + clean
        fresh = False
    return [" ".join(block.split()) for block in blocks if block.strip()]


def sentences(text: str) -> list[str]:
    """The text's sentences in order, as plain text, each ending in a full stop or alike."""
    found: list[str] = []
    for block in paragraphs(text):
        start = 0
        for gap in _ENDING.finditer(block):
            if not _ABBREVIATION.search(block[start : gap.start()]):
                found.append(block[start : gap.end()].strip())
                start = gap.end()
        found.append(block[start:].strip())
    ends = tuple(".!?…\"')\u201d\u2019")
    return [one if one.endswith(ends) else one.rstrip(":;,") + "." for one in found if one]


def words(text: str) -> list[str]:
    """The words that carry meaning, in lower case, roughly without plural endings."""
    found = re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?", text.casefold())
    return [_stem(word) for word in found if word not in COMMON_WORDS and len(word) > 1]


def key_sentences(text: str, count: int) -> list[str]:
    """At most `count` of the text's sentences, in their order: the first, and the most telling.

    A sentence tells much when its words are frequent in the whole text.
    """
    every = list(dict.fromkeys(sentences(text)))
    if len(every) <= count:
        return every
    weight = Counter(words(text))

    def telling(index: int) -> float:
        own = set(words(every[index]))
        return sum(weight[word] for word in own) / (len(own) + 3)

    rest = sorted(range(1, len(every)), key=lambda index: (-telling(index), index))
    return [every[index] for index in sorted([0, *rest[: count - 1]])]


def shorter(text: str) -> str:
    """About half of the text, under its heading if it has one."""
    half = max(1, len(sentences(text)) // 2)
    return _under(heading(text), " ".join(key_sentences(text, half)))


def as_bullets(text: str, count: int) -> str:
    """At most `count` bullet points, each a sentence of the text."""
    return "\n".join(f"- {sentence}" for sentence in key_sentences(text, count))


_PLAIN_WORDS: dict[str, str] = dict(re.findall(r"(?m)^- (.+): (.+)$", wording("plain-words")))


def for_children(text: str) -> str:
    """The text in short paragraphs, with plainer words where a rule knows some."""

    def plain(found: re.Match[str]) -> str:
        word = _PLAIN_WORDS[found.group().casefold()]
        return word.capitalize() if found.group()[0].isupper() else word

    pattern = re.compile(r"\b(?:" + "|".join(_PLAIN_WORDS) + r")\b", re.IGNORECASE)
    simple = [pattern.sub(plain, sentence) + "\n\n" for sentence in sentences(text)]
    title = heading(text)
    title = f"{title}, for young explorers" if title else "For young explorers"
    return _under(title, wording("for-children", sentences="".join(simple)))


def as_poem(text: str) -> str:
    """The text's sentences as free verse: a stanza each, broken where one would breathe."""
    stanzas = []
    for sentence in key_sentences(text, 6):
        lines: list[str] = []
        for phrase in re.split(r"(?<=[,;:])\s+|\s+(?=(?:and|but|while|because)\s)", sentence):
            lines.extend(_folded(phrase))
        stanzas.append("  \n".join(line[:1].upper() + line[1:] for line in lines))
    title = heading(text)
    return _under(f"{title}: a poem" if title else "A poem", "\n\n".join(stanzas))


def heading(text: str) -> str | None:
    """The text's first Markdown heading, without its marks."""
    found = _HEADING.search(text)
    return _without_marks(found.group(1)) or None if found else None


def frequent_words(text: str, count: int = 3) -> list[str]:
    """The words that the text uses most, as it spells them, the most frequent first."""
    spelled = re.findall(r"[^\W\d_]{3,}", " ".join(paragraphs(text)))
    kept = [word for word in spelled if word.casefold() not in COMMON_WORDS]
    counts = Counter(_stem(word.casefold()) for word in kept)
    first = {_stem(word.casefold()): word for word in reversed(kept)}
    return [first[stem] for stem, _ in counts.most_common(count)]


def _folded(phrase: str) -> list[str]:
    """A phrase in lines of at most 48 characters, as even as its words allow."""
    rows = -(-len(phrase) // 48)
    size = -(-len(phrase) // rows) if rows else 48
    lines = [""]
    for word in phrase.split():
        if lines[-1] and len(lines[-1]) + len(word) >= size and len(lines) < rows:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return [line for line in lines if line]


def _under(title: str | None, text: str) -> str:
    return f"# {title}\n\n{text}" if title else text


def _without_marks(text: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)", "", text).strip()


def _without_tags(text: str) -> str:
    """The readable text of a web page; any other text as it is."""
    if not re.search(r"<(?:!doctype|html|head|body|div|p)\b[^>]*>", text, re.IGNORECASE):
        return text
    text = re.sub(r"(?is)<(script|style|head)\b.*?(?:</\1\s*>|\Z)", " ", text)
    text = re.sub(r"(?i)</?(?:p|div|li|ul|ol|h\d|tr|br|section|article)\b[^>]*>", "\n\n", text)
    return html.unescape(re.sub(r"<[^>]*(?:>|\Z)", "", text))


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
