"""Texts beyond ASCII: what white space is, what cannot be seen, and what must not be in a name.

Its own module because it loads the Unicode tables, which most requests do without.
"""

from __future__ import annotations

import re
import unicodedata

# White_Space of the Unicode Character Database; str.strip() takes the separators U+001C to U+001F besides.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

# Embeddings, overrides and isolates: they reorder the text around them.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# PRECIS rejects these too (RFC 8264, FreeformClass), and no name needs them. They are the controls that Unicode
# deprecates, such as symmetric swapping, annotations between lines, and tags outside the flag of a region. U+FEFF is
# the byte order mark of a file: Unicode deprecates it inside a text. Scripts without spaces need U+200B.
UNSEEN_NOTES = ((0x206A, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F))
# A black flag, the letters and digits of a region as tags, and the end of them (UTS 51, ED-14a): England, Scotland, ...
FLAG_OF_A_REGION = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"

# Code points that show nothing though their category says letter, mark, symbol or nothing yet
# (Default_Ignorable_Code_Point and the blank Braille pattern). Format characters and separators are found by category.
BLANK = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
# Visible format characters: they are drawn around the digits that follow (Prepended_Concatenation_Mark).
SEEN = ((0x0600, 0x0605), (0x06DD, 0x06DD), (0x070F, 0x070F), (0x0890, 0x0891), (0x08E2, 0x08E2), (0x110BD, 0x110CD))


def trimmed(value: str) -> str:
    """`value` in NFC, without white space around it."""
    return unicodedata.normalize("NFC", value).strip(WHITE_SPACE)


def reason_against(value: str) -> tuple[str, str] | None:
    """Why a text cannot be shown as it is, as (code, message), or None."""
    categories = {unicodedata.category(character) for character in value}
    if "Cs" in categories:
        return "invalid_characters", "must not contain an unpaired surrogate."
    if "Cc" in categories:
        return "invalid_characters", "must not contain control characters."
    if not BIDI_CONTROLS.isdisjoint(value):
        return "invalid_characters", "must not contain characters that change the text direction."
    if not categories.isdisjoint(("Zl", "Zp")):
        return "invalid_characters", "must not contain line or paragraph separators."
    if "Cn" in categories and any(map(_is_no_character, value)):
        return "invalid_characters", "must not contain code points that are not characters."
    if any(_among(UNSEEN_NOTES, character) for character in re.sub(FLAG_OF_A_REGION, "", value)):
        return (
            "invalid_characters",
            "must not contain annotations, byte order marks, or tags outside the flag of a region.",
        )
    if all(map(_invisible, value)):
        return "invalid_characters", "must contain at least one visible character."
    return None


def _among(ranges: tuple[tuple[int, int], ...], character: str) -> bool:
    code = ord(character)
    return any(low <= code <= high for low, high in ranges)


def _is_no_character(character: str) -> bool:
    """A noncharacter (RFC 9839), or a code point that will show nothing should it ever become a character."""
    if unicodedata.category(character) != "Cn":
        return False
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or _among(BLANK, character)


def _invisible(character: str) -> bool:
    if unicodedata.category(character) in ("Cf", "Zs"):
        return not _among(SEEN, character)
    return _among(BLANK, character)
