"""The file of settings, `.env`: what it says, what in it cannot be read, and how a line is changed.

No remark ever quotes a value: it may be a key.
"""

from __future__ import annotations

import functools
import io
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from workshop.core import disk
from workshop.core.errors import WorkshopError

_TLS = "CLIENT_CERT CLIENT_KEY SERVER_CA_CERT"
TEMPORAL_NAMES = (
    *("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS"),
    *("TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE", "TEMPORAL_TLS_SERVER_NAME"),
    *(f"TEMPORAL_TLS_{name}_{kind}" for name in _TLS.split() for kind in ("PATH", "DATA")),
)
"""What the SDK reads (https://docs.temporal.io/develop/environment-configuration)."""
NAMES = (
    *("LLM_API_KEY", "LLM_MODEL", "LLM_API_BASE", "LLM_TIMEOUT", "DATABASE_URL"),
    *TEMPORAL_NAMES,
)
"""The names that a person writes into the file, and may misspell."""

_OTHER_NAMES = {
    "LLM_API_KEY": "API_KEY KEY LLM_KEY LLM_TOKEN LLM_API_TOKEN",
    "LLM_MODEL": "MODEL LLM_MODEL_NAME LLM",
    "LLM_API_BASE": "API_BASE BASE_URL LLM_BASE_URL LLM_BASE LLM_URL LLM_API_URL",
}

# Those of keyboards, and those that word processors make of them.
_QUOTES = "\"'`" + "".join(map(chr, (0x201C, 0x201D, 0x201E, 0x2018, 0x2019, 0x201A, 0xAB, 0xBB)))
_NAMED = re.compile(r"\s*(?:export\s+|set\s+|[-*]\s+|\$env:)?([A-Za-z_][\w.-]*)\s*([=:]?)\s*(.*)")


@dataclass(frozen=True)
class EnvFile:
    """What a file of settings says."""

    values: dict[str, str]
    """The settings that are read, empty ones left out."""
    remarks: tuple[str, ...]
    """What is in the file and is not read, each with the line and what to write instead."""


def read(file: Path) -> EnvFile:
    """Read a file of settings. One that is missing holds nothing.

    Raises:
        WorkshopError: it is not a text in UTF-8.

    https://saurabh-kumar.com/python-dotenv/reference/
    """
    try:
        text = file.read_text(encoding="utf-8-sig")  # Windows editors begin it with a mark
    except (FileNotFoundError, NotADirectoryError):
        return EnvFile({}, ())
    except (UnicodeDecodeError, IsADirectoryError):
        raise WorkshopError(
            f"{file.name} is not a text file in UTF-8.",
            "It holds lines such as LLM_MODEL=openai/gpt-4o.",
            f"Save {file.name} as UTF-8, or remove it to have it made again.",
        ) from None
    return _understood(file.name, text)


@functools.lru_cache(maxsize=4)  # it is read for each call of a model, and seldom another one
def _understood(file: str, text: str) -> EnvFile:
    lines = text.splitlines()
    remarks: list[str] = []
    for number in _unreadable(text):
        remarks += _remark(file, number, lines[number - 1])
        lines[number - 1] = ""  # so that an open quote does not take the lines below with it
    values: dict[str, str] = {}
    places: dict[str, list[int]] = {}
    read = dotenv_values(stream=io.StringIO("\n".join(lines) + "\n"))
    for name, value in read.items():
        places[name] = [n for n, line in enumerate(lines, 1) if _name(line) == name]
        cleaned = (value or "").strip()
        # Quotes of a word processor, which no program takes for quotes.
        if len(cleaned) > 1 and cleaned[0] in _QUOTES and cleaned[-1] in _QUOTES:
            cleaned = cleaned[1:-1].strip()
        if cleaned and not cleaned.startswith("#"):  # only a comment behind the sign
            values[name] = cleaned
        remarks += _about_name(file, name, places[name], name in values)
    if "LLM_API_KEY" not in values:
        remarks += _key_in_a_comment(file, lines)
    return EnvFile(values, tuple(remarks))


def write(file: Path, changes: dict[str, str]) -> None:
    """Set names in a file of settings and keep every other line. The file is the owner's alone.

    A name that is set already keeps its place, further lines of it go; others are added at the end.
    The file is replaced whole, so that a full disk leaves the earlier one.

    Raises:
        OSError: the file cannot be written.
    """
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    left, lines = dict(changes), []
    for line in text.splitlines():
        name = _name(line)
        if name not in changes:
            lines.append(line)
        elif name in left:
            lines.append(f"{name}={_quoted(left.pop(name))}")
    lines += [f"{name}={_quoted(value)}" for name, value in left.items()]
    disk.write_whole(file, "\n".join(lines) + "\n")


def _unreadable(text: str) -> list[int]:
    """The numbers of the lines that cannot be read by themselves, of those that do not parse."""
    found = []
    for binding in parse_stream(io.StringIO(text)):
        over = binding.original.string.splitlines()
        # An open quote may end at another one, lines below; only data of certificates has lines.
        one_line = binding.key in NAMES and not str(binding.key).endswith("_DATA")
        swallows = one_line and len([line for line in over if line.strip()]) > 1
        alone = binding.key is not None and binding.value is None
        if not (binding.error or swallows or alone):
            continue
        for number, line in enumerate(over, binding.original.line):
            one = list(parse_stream(io.StringIO(f"{line}\n")))
            if any(b.error or (b.key is not None and b.value is None) for b in one):
                found.append(number)
    return found


def _remark(file: str, number: int, line: str) -> list[str]:
    """What is wrong with a line that cannot be read; nothing where it is none of our settings."""
    where = f"Line {number} of {file} is not read"
    if (found := _NAMED.fullmatch(line)) and (name := _meant(found[1])):
        _, sign, value = found.groups()
        if sign == ":":
            return [f"{where}: write {name}=… with = instead of a colon."]
        if not sign:
            return [f"{where}: {name} has no = behind it. Write {name}=… in one line."]
        if value[:1] in "\"'" and value.count(value[:1]) % 2:
            return [f"{where}: a quote is opened and not closed. Write {name}=… without quotes."]
        return [f"{where}: write {name}=… and nothing else in it."]
    word = line.strip().strip(_QUOTES)
    if len(word) >= 16 and word.isascii() and not re.search(r"[\s=:]", word):
        return [f"{where}: it holds one word. If that is the key, write LLM_API_KEY= before it."]
    return []


def _about_name(file: str, name: str, places: list[int], filled: bool) -> list[str]:
    """What to say of a name that is read and means nothing here, or that is there twice."""
    if name in NAMES:
        if len(places) < 2:
            return []
        which = ", ".join(map(str, places[:-1]))
        return [f"{name} is set more than once in {file}: line {places[-1]} counts, not {which}."]
    meant = _meant(name)
    if not meant and len(name) >= 16 and not name.isidentifier():
        where = f"Line {places[0]} of {file}" if places else f"A line of {file}"
        return [f"{where} has no name. If it is the key, write LLM_API_KEY= before it."]
    if not (meant and filled):
        return []
    line = f"Line {places[0]} of {file}" if places else file
    return [f"{line} sets {name}, which is not a setting. Write {meant}=…"]


def _key_in_a_comment(file: str, lines: list[str]) -> list[str]:
    found = re.compile(r"\s*#\s*LLM_API_KEY\s*=\s*\S{16,}\s*")
    return [
        f"Line {number} of {file} has LLM_API_KEY in a comment. Take the # away to have it read."
        for number, line in enumerate(lines, 1)
        if found.fullmatch(line)
    ]


def _meant(name: str) -> str:
    """The setting that somebody means who writes this name; "" where it is a name of their own."""
    bare = name.removeprefix("$env:").upper().replace("-", "_").replace(".", "_")
    for setting, others in _OTHER_NAMES.items():
        if bare in others.split():
            return setting
    return next(iter(get_close_matches(bare, NAMES, 1, 0.85)), "")


def _name(line: str) -> str | None:
    """The name that a line sets."""
    keys = [b.key for b in parse_stream(io.StringIO(f"{line}\n")) if not b.error]
    return keys[0] if keys else None


def _quoted(value: str) -> str:
    """The value as the file holds it."""
    if re.fullmatch(r"[\w.:/@+=~-]*", value, re.ASCII):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
