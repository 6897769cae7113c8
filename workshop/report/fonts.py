"""The five DejaVu faces as PDF fonts that many threads and documents share.

A PDF embeds only the characters that it shows. reportlab chooses them anew for every document,
which takes longer than everything else in a short report, and keeps its reading position in the
font while it does so, which two threads must not do at once. Here each face is cut once into fixed
parts: ASCII and common signs first, then 96 characters each. A part is made under a lock when a
document first needs it, and every later document copies it.
(https://docs.reportlab.com/reportlab/userguide/ch3_fonts/#truetype-font-support)
"""

from __future__ import annotations

import threading
import unicodedata
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

SANS = "WorkshopSans"
BOLD = "WorkshopSans-Bold"
OBLIQUE = "WorkshopSans-Oblique"
BOLD_OBLIQUE = "WorkshopSans-BoldOblique"
MONO = "WorkshopMono"

MISSING = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that no face holds."""

_FOLDER = Path(__file__).resolve().parent.parent / "fonts"
# In the order in which a character is looked for when its own face lacks it.
_FILES = {
    SANS: "DejaVuSans.ttf",
    BOLD: "DejaVuSans-Bold.ttf",
    OBLIQUE: "DejaVuSans-Oblique.ttf",
    BOLD_OBLIQUE: "DejaVuSans-BoldOblique.ttf",
    MONO: "DejaVuSansMono.ttf",
}
_COMMON = (
    "\xa0°±²³µ·×ÄÖÜßàáâãäåçèéêëíñóôöúûüœ–—‘’“”„•…‹›€→−≤≥≠≈■✓✗◦▪"  # noqa: RUF001
    + MISSING
)
"""The signs that texts in Latin script use, kept in one part with ASCII."""
_PART_SIZE = 96
# Pages stay compressed but are no longer written as ASCII as well, which reportlab does in Python:
# a tenth of the time and a fifth of the size of a page.
rl_config.useA85 = 0

_lock = threading.RLock()
_faces: dict[str, Face] = {}


class _Part(NamedTuple):
    """Some characters of a face, ready to be copied into a document."""

    last_code: int
    widths: bytes
    program: bytes
    program_length: int
    to_unicode: bytes


class _Use:
    """What one document has used of one face."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: set[int] = set()


class Face(TTFont):  # type: ignore[misc]
    """A TrueType face whose parts are the same in every document."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path), shapable=False)
        del self.face.table["name"]  # licence texts of 15 kB, which a PDF's copy does not need
        codes = self.face.charToGlyph
        first = list(range(32, 127))
        common = [ord(c) for c in _COMMON if ord(c) in codes]
        rest = sorted(set(codes) - set(first) - set(common))
        # ASCII keeps its own codes, so that plain text needs no look-up.
        self._parts_codes = [[0] * 32 + first + common]
        for start in range(0, len(rest), _PART_SIZE):
            # Code 32 is left out: readers stretch it as a word space.
            self._parts_codes.append([0] * 33 + rest[start : start + _PART_SIZE])
        self._place = {
            chr(code): (number, position)
            for number, part in enumerate(self._parts_codes)
            for position, code in enumerate(part)
            if code
        }
        self.width: dict[str, float] = {
            char: self.face.charWidths[ord(char)] / 1000 for char in self._place
        }
        """How far each character advances, in parts of the font size."""
        self._drawable = frozenset(self._place) | {"\n"}
        self._made: dict[int, _Part] = {}
        # Written out here once, and not by reportlab for each document.
        self._measures = {
            "Type": "/FontDescriptor",
            "Ascent": f"{self.face.ascent:.5g}",
            "CapHeight": f"{self.face.capHeight:.5g}",
            "Descent": f"{self.face.descent:.5g}",
            "Flags": str(self.face.flags),
            "FontBBox": f"[ {' '.join(f'{edge:.5g}' for edge in self.face.bbox)} ]",
            "ItalicAngle": f"{self.face.italicAngle:.5g}",
            "StemV": str(self.face.stemV),
            "MissingWidth": f"{self.face.defaultWidth:.5g}",
        }

    def holds(self, text: str) -> bool:
        return self._drawable.issuperset(text)

    # reportlab's canvas calls the next four.

    def stringWidth(self, text: str, size: float, encoding: str = "utf-8") -> float:
        return sum([self.width.get(char, 0.0) for char in text]) * size

    def splitString(self, text: str, doc: Any, encoding: str = "utf-8") -> list[tuple[int, bytes]]:
        if text.isascii():
            return [(0, text.encode())]
        pieces: list[tuple[int, bytearray]] = []
        for char in text:
            part, code = self._place.get(char, (0, 0))
            if not pieces or pieces[-1][0] != part:
                pieces.append((part, bytearray()))
            pieces[-1][1].append(code)
        return [(part, bytes(codes)) for part, codes in pieces]

    def getSubsetInternalName(self, subset: int, doc: Any) -> str:
        use = self.state.get(doc)
        if use is None:
            use = self.state[doc] = _Use(f"F{len(doc.fontMapping) + 1}")
            doc.fontMapping[self.fontName] = f"/{use.name}"
            doc.delayedFonts.append(self)
        use.parts.add(subset)
        return f"/{use.name}+{subset}"

    def addObjects(self, doc: Any) -> None:
        use = self.state.pop(doc)
        for number in sorted(use.parts):
            part = self._part(number)
            # Six letters and a plus sign mark an embedded part (PDF 32000-1, 9.6.4).
            tag = "".join(chr(65 + int(digit)) for digit in f"{number:06}")
            name = f"{tag}+{self.face.name.decode('ascii')}"
            program = _stream(part.program, Length1=part.program_length)
            descriptor = pdfdoc.PDFDictionary(
                {
                    **self._measures,
                    "FontName": f"/{name}",
                    "FontFile2": doc.Reference(program, f"fontFile:{name}"),
                }
            )
            font = pdfdoc.PDFTrueTypeFont()
            font.Name = f"{use.name}+{number}"
            font.BaseFont = name
            font.FirstChar = 0
            font.LastChar = part.last_code
            font.Widths = part.widths
            font.ToUnicode = doc.Reference(_stream(part.to_unicode), f"toUnicode:{name}")
            font.FontDescriptor = doc.Reference(descriptor, f"fontDescriptor:{name}")
            doc.Reference(font, font.Name)
            doc.idToObject["BasicFonts"].dict[font.Name] = font

    def _part(self, number: int) -> _Part:
        made = self._made.get(number)
        if made is None:
            with _lock:
                made = self._made.get(number)
                if made is None:
                    made = self._made[number] = self._make(self._parts_codes[number])
        return made

    def _make(self, codes: list[int]) -> _Part:
        program = self.face.makeSubset(codes)
        widths = " ".join(f"{self.face.getCharWidth(code):.5g}" for code in codes)
        return _Part(
            last_code=len(codes) - 1,
            widths=f"[ {widths} ]".encode("ascii"),
            program=zlib.compress(program, 9),
            program_length=len(program),
            to_unicode=zlib.compress(_to_unicode(codes), 9),
        )


def _stream(compressed: bytes, **entries: int) -> Any:
    dictionary = pdfdoc.PDFDictionary({"Filter": "/FlateDecode", **entries})
    # PDF wants a line end before the word endstream, which reportlab leaves to the content.
    return pdfdoc.PDFStream(dictionary, compressed + b"\n", filters=[])


def _to_unicode(codes: list[int]) -> bytes:
    """The table from which a reader knows what text it shows (PDF 32000-1, 9.10.3)."""
    pairs = [
        f"<{position:02X}> <{chr(code).encode('utf-16-be').hex().upper()}>"
        for position, code in enumerate(codes)
        if code
    ]
    blocks = []
    for start in range(0, len(pairs), 100):  # a block holds at most 100
        block = pairs[start : start + 100]
        blocks += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <00> <FF> endcodespacerange",
            *blocks,
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    ).encode("ascii")


def face(name: str) -> Face:
    """The face of that name, read and registered with reportlab when first asked for."""
    found = _faces.get(name)
    if found is None:
        with _lock:
            found = _faces.get(name)
            if found is None:
                found = Face(name, _FOLDER / _FILES[name])
                pdfmetrics.registerFont(found)
                _faces[name] = found
    return found


@lru_cache(maxsize=8192)
def _home(char: str, name: str) -> tuple[str, str]:
    """The character, or the sign for a missing one, and the face to show it in."""
    for candidate in (name, *_FILES):
        if face(candidate).holds(char):
            return char, candidate
    return MISSING, SANS


def not_shown(text: str) -> str:
    """What the faces cannot show of a text as it is meant, in sentences, or an empty string."""
    used = set(text) - {"\n"}
    lacking = {char for char in used if _home(char, SANS)[0] != char}
    said = ""
    if lacking:
        # The first word of a letter's name is its script: CJK, DEVANAGARI, and so on.
        scripts = {
            unicodedata.name(char, "others").partition(" ")[0] if char.isalpha() else "signs"
            for char in lacking
        }
        named = ", ".join(sorted(scripts)[:3]) + (" and others" if len(scripts) > 3 else "")
        said = f"The fonts of this report lack {len(lacking)} of the characters used ({named}): "
        said += f"each is shown as {MISSING}. "
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in used):
        said += "Text that is read from right to left is set from left to right here."
    return said.strip()


def fit(text: str, name: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the name of a face that holds all of it.

    A character that `name` lacks is taken from another face; one that none has becomes U+FFFD.
    """
    if face(name).holds(text):
        return [(text, name)]
    pieces: list[tuple[list[str], str]] = []
    for char in text:
        shown, home = _home(char, name)
        if not pieces or pieces[-1][1] != home:
            pieces.append(([], home))
        pieces[-1][0].append(shown)
    return [("".join(chars), home) for chars, home in pieces]
