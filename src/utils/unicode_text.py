"""Texts beyond ASCII: what white space is, what cannot be seen, and what must not be in a name.

Its own module because it loads the Unicode tables, which most requests do without.
"""

from __future__ import annotations

import unicodedata

# White_Space of the Unicode Character Database; str.strip() takes the separators U+001C to U+001F besides.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

# Embeddings, overrides and isolates: they reorder the text around them.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Characters that show nothing though their category says letter, mark or symbol (Default_Ignorable_Code_Point and
# the blank Braille pattern). Format characters and separators are found by their category.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)


def trimmed(value: str) -> str:
    """`value` in NFC, without white space around it."""
    return unicodedata.normalize("NFC", value).strip(WHITE_SPACE)


def reason_against(value: str) -> tuple[str, str] | None:
    """Why a text cannot be shown as it is, as (code, message), or None."""
    categories = {unicodedata.category(character) for character in value}
    if "Cs" in categories:
        return "invalid_characters", "must not have half of a surrogate pair."
    if "Cc" in categories:
        return "invalid_characters", "must not have control characters."
    if not BIDI_CONTROLS.isdisjoint(value):
        return "invalid_characters", "must not have characters that change the direction of the text."
    if all(map(_invisible, value)):
        return "invalid_characters", "must have a character that can be seen."
    return None


def _invisible(character: str) -> bool:
    return character in BLANK or unicodedata.category(character) in ("Cf", "Zs", "Zl", "Zp")
