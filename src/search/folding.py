"""The form in which texts are compared: without case, width, or marks that readers of the script do without.

The steps are NFKD, case folding, removal of marks, and NFKC, repeated until nothing changes.
"""

from __future__ import annotations

import unicodedata

# Latin letters with a stroke or a ligature: Unicode does not decompose them, and people type them without.
_PLAIN = {
    0xE6: "ae",  # æ
    0xF0: "d",  # ð
    0xF8: "o",  # ø
    0xFE: "th",  # þ
    0x111: "d",  # đ
    0x127: "h",  # ħ
    0x131: "i",  # ı
    0x142: "l",  # ł
    0x153: "oe",  # œ
    0x167: "t",  # ŧ
}
# Marks of many scripts, which are accents on Latin and Greek letters.
_ACCENTS = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF))
# Hebrew points and Arabic vowels, which most texts do without; variation selectors, which choose a glyph.
_POINTS = (
    (0x0591, 0x05BD),
    (0x05BF, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x08D3, 0x08FF),
    (0x180B, 0x180F),
    (0xFE00, 0xFE0F),
    (0xE0100, 0xE01EF),
)
_TATWEEL = "\u0640"  # makes an Arabic word longer, and is no letter
_CYRILLIC = (0x0400, 0x052F)
# Cyrillic й, ї and ў are letters. Stress marks are none, and many texts write ё as е.
_STRESS = "\u0300\u0301"
_YO = "е\u0308"


def folded(text: str) -> str:
    """The form of a text that is the same for all texts that count as equal. Folding it again changes nothing."""
    if text.isascii():
        return text.lower()
    once = _folded_once(text)
    while once != text:
        text, once = once, _folded_once(once)
    return once


def _folded_once(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_PLAIN)
    kept: list[str] = []
    base = ""
    for character in plain:
        if unicodedata.category(character) == "Cf" or character == _TATWEEL:
            continue  # joiners and the like, which show nothing
        if not unicodedata.category(character).startswith("M"):
            base = character
        elif _needless(base, character):
            continue
        kept.append(character)
    return unicodedata.normalize("NFKC", "".join(kept))


def _needless(base: str, mark: str) -> bool:
    """Whether readers do without this mark on this letter. Vowel signs and voicing marks are needed."""
    if _among(_POINTS, mark):
        return True
    if not _among(_ACCENTS, mark):
        return False
    return not _among((_CYRILLIC,), base) or mark in _STRESS or base + mark == _YO


def _among(ranges: tuple[tuple[int, int], ...], character: str) -> bool:
    return bool(character) and any(low <= ord(character) <= high for low, high in ranges)
